"""Let independent engines calculate a workbook and compare every formula with what perfxl cached.

What perfxl caches is what its Python side says, so one difference is one
disagreement between live and batch.  Caches are overwritten first: an engine
that did not calculate would be caught by the decoys.
"""

from __future__ import annotations

import io
import re
import tempfile
import zipfile
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path

from perfxl.rules.types import CellError, Raw
from perfxl.workbook.cells import place_of
from perfxl.workbook.container import Container
from perfxl.workbook.layout import a1
from perfxl.workbook.sheets import Sheets

from . import libreoffice

ERROR = "<error>"
_CACHED = re.compile(rb'(<c r="[A-Z]+[0-9]+"(?: s="[0-9]+")?)(?: t="[a-z]+")?>(<f[^>]*/>|<f[^>]*>[^<]*</f>)<v>[^<]*</v>')
_DECOY = rb"\1>\2<v>-7</v>"

Calculated = Callable[[str, str], Raw]


@dataclass(frozen=True)
class Difference:
    """A formula on whose value an engine and perfxl disagree."""

    sheet: str
    cell: str
    perfxl: object
    engine: object


def stripped(content: bytes) -> bytes:
    """The workbook with -7 for every cached formula result."""
    target = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(content)) as source, zipfile.ZipFile(target, "w", zipfile.ZIP_DEFLATED) as made:
        for name in source.namelist():
            part = source.read(name)
            if name.startswith("xl/worksheets/"):
                part = _CACHED.sub(_DECOY, part)
            made.writestr(name, part)
    return target.getvalue()


@dataclass(frozen=True)
class SheetCells:
    """What the cells of a sheet show by (row, column), and which of them are formulas."""

    values: dict[tuple[int, int], Raw]
    formulas: set[tuple[int, int]]


def sheets_of(content: bytes) -> dict[str, SheetCells]:
    """Every sheet's cells, formulas marked."""
    container = Container(content)
    sheets = Sheets(container)
    found = {}
    for title in container.sheets:
        cells = sheets.cells(title)
        shown = {place_of(address): value for address, value in (cells.results | cells.values).items() if value is not None}
        found[title] = SheetCells(shown, {place_of(address) for address in cells.results})
    return found


def _plain(value: object) -> object:
    if value is None or value == "":
        return ""
    if isinstance(value, CellError):
        return ERROR
    if isinstance(value, bool):
        return value
    if isinstance(value, int | float):
        return float(f"{value:.12g}")
    # Some engines write line breaks their own way when they save.
    return value.replace("\r\n", "\n") if isinstance(value, str) else value


def differences(content: bytes, calculated: Calculated) -> Iterator[Difference]:
    """Every formula of the workbook whose value an engine sees differently."""
    for title, cells in sheets_of(content).items():
        for place in sorted(cells.formulas):
            expected = _plain(cells.values.get(place))
            found = _plain(calculated(title, a1(*place)))
            if expected != found:
                yield Difference(title, a1(*place), expected, found)


def by_libreoffice(contents: list[bytes]) -> list[Calculated]:
    """LibreOffice, all workbooks in one start."""
    with tempfile.TemporaryDirectory() as folder:
        files = [Path(folder) / f"{number}.xlsx" for number in range(len(contents))]
        for path, content in zip(files, contents, strict=True):
            path.write_bytes(stripped(content))
        return [_office_value(sheets) for sheets in libreoffice.calculate(files)]


def _office_value(sheets: dict[str, dict[str, list[list[object]]]]) -> Calculated:
    errors = {(title, row, column) for title, sheet in sheets.items() for row, column in sheet["errors"]}

    def value(title: str, cell: str) -> Raw:
        letters = cell.rstrip("0123456789")
        column = 0
        for letter in letters:
            column = column * 26 + ord(letter) - 64
        row, column = int(cell[len(letters) :]) - 1, column - 1
        if (title, row, column) in errors:
            return CellError("error")
        data = sheets[title]["data"]
        return data[row][column] if row < len(data) and column < len(data[row]) else None  # type: ignore[return-value]

    return value


def by_ironcalc(contents: Iterable[bytes]) -> list[Calculated]:
    """IronCalc, in this process."""
    import ironcalc

    found: list[Calculated] = []
    for content in contents:
        with tempfile.NamedTemporaryFile(suffix=".xlsx") as file:
            file.write(stripped(content))
            file.flush()
            model = ironcalc.load_from_xlsx(file.name, "en", "UTC")
        model.evaluate()
        titles = list(Container(content).sheets)
        found.append(_ironcalc_value(model, titles))
    return found


def _ironcalc_value(model: object, titles: list[str]) -> Calculated:
    def value(title: str, cell: str) -> Raw:
        letters = cell.rstrip("0123456789")
        column = 0
        for letter in letters:
            column = column * 26 + ord(letter) - 64
        index, row = titles.index(title), int(cell[len(letters) :])
        found = model.get_cell_value(index, row, column)  # type: ignore[attr-defined]
        if isinstance(found, str) and found.startswith("#") and _is_error(model, index, row, column):
            return CellError(found)
        return found  # type: ignore[no-any-return]

    return value


def _is_error(model: object, index: int, row: int, column: int) -> bool:
    return "error" in str(model.get_cell_type(index, row, column)).lower()  # type: ignore[attr-defined]


def by_cellrune(contents: Iterable[bytes]) -> list[Calculated]:
    """CellRune, in this process."""
    import cellrune

    found: list[Calculated] = []
    for content in contents:
        book = cellrune.Workbook.from_bytes(stripped(content))
        book.calculate()
        values: dict[tuple[str, str], Raw] = {}
        for sheet in book.summary()["sheets"]:
            if not sheet["used_range"]:
                continue
            first, _, last = sheet["used_range"].partition(":")
            offset = 0
            while True:
                page = book.read_range(sheet["name"], first, last or first, offset=offset, limit=5000, omit_empty=True)
                for cell in page["cells"]:
                    if cell.get("formula") is not None:
                        values[sheet["name"], cell["address"]] = _cellrune_value(cell["calculated"])
                if page.get("next_offset") is None:
                    break
                offset = page["next_offset"]
        found.append(lambda title, cell, values=values: values.get((title, cell)))
    return found


def _cellrune_value(value: dict[str, object]) -> Raw:
    while isinstance(value.get("value"), dict):
        value = value["value"]  # type: ignore[assignment]
    kind = value.get("kind")
    if kind in ("error", "unavailable"):
        return CellError(str(value.get("value") or value.get("code")))
    if kind == "blank":
        return None
    return value.get("value")  # type: ignore[return-value]


ENGINES: dict[str, Callable[[list[bytes]], list[Calculated]]] = {
    "LibreOffice": by_libreoffice,
    "CellRune": by_cellrune,
    "IronCalc": by_ironcalc,
}
