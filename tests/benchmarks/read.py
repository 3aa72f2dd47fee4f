"""``python -m tests.benchmarks.read [N]``: bytes of a returned workbook -> Reading, stage by stage.

N made-up workbooks (default 60) as perfxl writes them; some of them saved again
by LibreOffice and openpyxl, and dressed as Excel saves.  Milliseconds of CPU per
workbook, single process, calamine on the same values in plain sheets interleaved;
the best of several rounds.  Prints a table and JSON.
"""

from __future__ import annotations

import argparse
import io
import json
import re
import tempfile
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

import openpyxl
import python_calamine
import xlsxwriter

from perfxl.form.library import find_form
from perfxl.workbook.cells import place_of
from perfxl.workbook.container import Container
from perfxl.workbook.live import META_SHEET
from perfxl.workbook.read import read_workbook
from perfxl.workbook.sheets import Sheets
from tests.benchmarks.generate import RETURNED, make_round
from tests.engines import libreoffice
from tests.workbook.parts import packed, parts, sheet_parts

FORM = find_form("hebei-2023")
RESAVED = 12
ROUNDS = 7
SHEETS = re.compile("封面|部门整体|项目[0-9]+")
COLUMNS = 7


@dataclass(frozen=True, kw_only=True)
class Measured:
    """Milliseconds of CPU per workbook of one kind."""

    kind: str
    files: int
    container: float
    shared: float
    sheets: float
    total: float
    calamine: float

    @property
    def records(self) -> float:
        """What is left after parts and cells."""
        return self.total - self.container - self.shared - self.sheets

    @property
    def ratio(self) -> float:
        """To calamine on the same values in plain sheets."""
        return self.total / self.calamine


def plain(data: bytes) -> bytes:
    """The table's values, cover and labels among them, in a workbook without anything else."""
    sheets = Sheets(Container(data))
    target = io.BytesIO()
    book = xlsxwriter.Workbook(target, {"in_memory": True})
    for title in sheets.container.sheets:
        if SHEETS.fullmatch(title):
            sheet = book.add_worksheet(title)
            cells = sheets.cells(title)
            for address in sorted(cells.values.keys() | cells.results.keys(), key=place_of):
                value = cells.shown(address)
                if place_of(address)[1] < COLUMNS and value is not None:
                    sheet.write(*place_of(address), value if isinstance(value, str | float | bool) else str(value))
    book.close()
    return target.getvalue()


def excel_like(data: bytes) -> bytes:
    """The workbook with what Excel adds when it saves: identifiers, spans, selections, an extension list."""
    content = parts(data)
    for number, name in enumerate(sheet_parts(data).values()):
        xml = content[name].decode()
        uid = f"{hash((number, data)) & 0xFFFFFFFF:08X}-0000-4000-8000-{len(data):012X}"
        space = (
            ' xmlns:mc="http://schemas.openxmlformats.org/markup-compatibility/2006" mc:Ignorable="x14ac xr xr2 xr3"'
            ' xmlns:x14ac="http://schemas.microsoft.com/office/spreadsheetml/2009/9/ac"'
            ' xmlns:xr="http://schemas.microsoft.com/office/spreadsheetml/2014/revision"'
            f' xr:uid="{{{uid}}}">'
        )
        before, root, rest = xml.partition("<worksheet")
        xml = before + root + rest.replace(">", space, 1)
        xml = re.sub(r'<row r="(\d+)"([^>]*)>', r'<row r="\1" spans="1:13"\2 x14ac:dyDescent="0.25">', xml)
        selection = f'<selection activeCell="B{number + 3}" sqref="B{number + 3}"/>'
        xml = xml.replace('workbookViewId="0"/></sheetViews>', f'workbookViewId="0">{selection}</sheetView></sheetViews>')
        xml = xml.replace("</worksheet>", '<extLst><ext uri="{1}"/></extLst></worksheet>')
        content[name] = xml.encode()
    return packed(content)


def resaved_by_openpyxl(data: bytes) -> bytes:
    """Loaded and saved."""
    target = io.BytesIO()
    openpyxl.load_workbook(io.BytesIO(data)).save(target)
    return target.getvalue()


def _stage(call: Callable[[bytes], object], files: Sequence[bytes]) -> float:
    begun = time.process_time()
    for data in files:
        call(data)
    return (time.process_time() - begun) / len(files) * 1000


def _cells(data: bytes) -> None:
    sheets = Sheets(Container(data))
    for title in sheets.container.sheets:
        if SHEETS.fullmatch(title) or title == META_SHEET:
            sheets.cells(title)


def _calamine(data: bytes) -> None:
    book = python_calamine.CalamineWorkbook.from_filelike(io.BytesIO(data))
    for name in book.sheet_names:
        book.get_sheet_by_name(name).to_python()


def measure(kind: str, files: Sequence[bytes]) -> Measured:
    """The best round of every stage; calamine takes its turn in each round."""
    plains = [plain(data) for data in files]
    read = [_stage(lambda data: read_workbook(data, lambda *_: FORM), files) for _ in range(2)]  # warm caches
    best: dict[str, float] = {}
    for _ in range(ROUNDS):
        round_ = {"calamine": _stage(_calamine, plains), "container": _stage(Container, files)}
        round_["shared"] = _stage(lambda data: Sheets(Container(data)), files)
        round_["sheets"] = _stage(_cells, files)
        round_["total"] = _stage(lambda data: read_workbook(data, lambda *_: FORM), files)
        best = {name: min(figure, best.get(name, figure)) for name, figure in round_.items()}
    assert read
    return Measured(
        kind=kind,
        files=len(files),
        container=best["container"],
        shared=best["shared"] - best["container"],
        sheets=best["sheets"] - best["shared"],
        total=best["total"],
        calamine=best["calamine"],
    )


def main() -> int:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("count", nargs="?", type=int, default=60)
    count = parser.parse_args().count
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        made = [folder / RETURNED / file for file, _ in make_round(count, folder)]
        written = [path.read_bytes() for path in made]
        some = made[: min(count, RESAVED)]
        libre = [path.read_bytes() for path in libreoffice.convert(some, "xlsx", folder / "again")]
    kinds = {
        "perfxl": written,
        "as Excel saves": [excel_like(data) for data in written[: len(some)]],
        "LibreOffice": libre,
        "openpyxl": [resaved_by_openpyxl(data) for data in written[: len(some)]],
    }
    found = [measure(kind, files) for kind, files in kinds.items()]
    columns = ("container", "shared", "sheets", "records", "total", "calamine", "ratio")
    print(f"{'ms per workbook':16}" + "".join(f"{column:>10}" for column in columns))
    for each in found:
        print(f"{each.kind:16}" + "".join(f"{getattr(each, column):10.3f}" for column in columns))
    print(json.dumps([{"kind": each.kind, **{column: round(getattr(each, column), 3) for column in columns}} for each in found]))
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
