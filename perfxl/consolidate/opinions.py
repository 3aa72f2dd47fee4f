"""财政意见: what the officer wrote into 校验问题 of an earlier consolidated workbook."""

from __future__ import annotations

import io
from collections.abc import Iterator, Sequence
from itertools import islice
from pathlib import Path

from openpyxl import load_workbook

from ..errors import PerfxlError
from .files import shown_path
from .ledger import OpinionKey

__all__ = ["COLUMN", "opinions_in"]

COLUMN = "财政意见"
_SHEET = "校验问题"
_MOST_COLUMNS = 40
_HEADER_ROWS = 10


def opinions_in(path: Path, unit_label: str) -> dict[OpinionKey, str]:
    """The opinions in the workbook at ``path``, with "" where the officer left or made the cell empty.

    ``unit_label`` heads the column of unit codes.  A file that is no workbook
    or no consolidated workbook holds none.  Raises S25 if a workbook cannot be
    read, because writing over it would lose them.
    """
    try:
        content = path.read_bytes() if path.is_file() else b""
        if content[:2] != b"PK":
            return {}
        book = load_workbook(io.BytesIO(content), read_only=True, data_only=True)
        found: dict[OpinionKey, str] = {}
        for name in book.sheetnames:
            if name.startswith(_SHEET):  # and further ones, 校验问题（2）, where one could not hold all
                _read_opinions(book[name].iter_rows(max_col=_MOST_COLUMNS, values_only=True), unit_label, found)
    except Exception as fault:
        # Whatever it is that a damaged package makes the library raise, the officer's words are at stake.
        raise PerfxlError("S25", path=shown_path(path), reason=str(fault) or type(fault).__name__) from None
    return found


def _read_opinions(rows: Iterator[Sequence[object]], unit_label: str, found: dict[OpinionKey, str]) -> None:
    wanted = (unit_label, "文件", "规则", "工作表", "单元格", COLUMN)
    header = next((row for row in islice(rows, _HEADER_ROWS) if all(each in row for each in wanted)), None)
    if header is None:
        return
    places = [header.index(each) for each in wanted]
    for row in rows:
        unit, file, rule, sheet, cell, text = ("" if row[place] is None else str(row[place]).strip() for place in places)
        if not rule:
            continue
        key = (unit or file, rule, f"{sheet}!{cell}")
        before = found.get(key, "")
        found[key] = f"{before}；{text}" if before and text and text not in before.split("；") else before or text
