"""Scripts over the workbook that is open in Excel: ``python -m perfxl.excel.scripts deep|consolidate``.

The add-in starts them; under xlwings' server code the same functions take the
workbook as the browser sends it.
"""

from __future__ import annotations

import sys
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import xlwings as xw

from ..consolidate.run import consolidate_files
from ..errors import PerfxlError
from ..workbook.live import META_SHEET
from .open_book import findings_in

__all__ = ["consolidate_folder", "deep_check", "main"]

RESULT = "深度校验"
_HEAD = ("表", "单元格", "规则", "级别", "内容", "问题", "审核说明")


def deep_check(book: Any, target: Any = None) -> int:
    """Check an open workbook as the batch does and list the findings from A1 of ``target``.

    ``target`` is a sheet, by default a new one in a new workbook.  Returns the number of findings.
    """
    # The calculation sheets (_c…) are large and never believed.
    sheets = [sheet for sheet in book.sheets if sheet.name == META_SHEET or not sheet.name.startswith("_")]
    grids = {sheet.name: sheet.used_range.options(ndim=2).value for sheet in sheets}
    found = findings_in(grids, book.name)
    sheet = target if target is not None else book.app.books.add().sheets[0]
    lines = [
        [each.sheet, each.cell, each.rule, each.severity.label, each.value, each.message, each.explanation] for each in found
    ]
    sheet["A1"].value = [list(_HEAD), *(lines or [["没有问题", *[""] * (len(_HEAD) - 1)]])]
    return len(found)


def consolidate_folder(folder: Path) -> Path:
    """Consolidate a folder's workbooks into 汇总表.xlsx inside it."""
    output = folder / "汇总表.xlsx"
    consolidate_files([folder], output, as_of=datetime.now(UTC).astimezone())
    return output


def main(arguments: list[str]) -> int:
    """Run one script on the workbook in front; 2 for wrong usage or a fault of the user's."""
    try:
        if arguments[:1] == ["deep"] and len(arguments) == 1:
            deep_check(xw.books.active)
        elif arguments[:1] == ["consolidate"] and len(arguments) == 2:
            output = consolidate_folder(Path(arguments[1]))
            xw.Book(str(output))
        else:
            print("python -m perfxl.excel.scripts deep | consolidate DIR", file=sys.stderr)
            return 2
    except PerfxlError as fault:
        print(f"错误：{fault}", file=sys.stderr)
        return 2
    return 0


if __name__ == "__main__":
    raise SystemExit(main(sys.argv[1:]))
