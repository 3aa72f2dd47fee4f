"""Read the cells of one sheet's XML (ECMA-376 part 1, 18.3), only where the form has some.

The standard library's expat does it: it keeps error values, tells formulas from
typed values and never allocates by what a file claims, all of which the faster
readers at hand get wrong (see PITFALLS, "Reading").
"""

from __future__ import annotations

import math
import re
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime

from ..rules.types import CellError, Raw
from .container import Refusal, new_parser, parse
from .layout import a1

__all__ = ["SheetCells", "read_cells", "read_shared"]

MOST_CELLS = 300_000
MOST_STRINGS = 200_000
_FAR_REPORTED = 3
_ESCAPE = re.compile(r"_x([0-9A-Fa-f]{4})_")
_CELL = re.compile(r"([A-Z]{1,3})([1-9][0-9]{0,6})\Z")
_EPOCH = datetime(1899, 12, 30)

Place = tuple[int, int]


@dataclass(slots=True)
class SheetCells:
    """What stands on a sheet: values by (row, column) from 0.

    ``formulas``: cells with a formula; ``far``: addresses of cells with content
    beyond the bounds that were asked for (the first few).
    """

    values: dict[Place, Raw] = field(default_factory=dict)
    formulas: set[Place] = field(default_factory=set)
    far: list[str] = field(default_factory=list)


def unescaped(text: str) -> str:
    """Decode _xHHHH_ as Excel does."""
    if "_x" not in text:
        return text
    return _ESCAPE.sub(lambda match: chr(int(match.group(1), 16)), text)


def read_shared(content: bytes, part: str) -> list[str]:
    """The shared strings, rich text joined, phonetic guides left out."""
    found: list[str] = []
    pieces: list[str] = []
    state = {"text": False, "phonetic": 0}
    parser = new_parser()

    def start(name: str, _: dict[str, str]) -> None:
        local = name.rpartition(" ")[2]
        if local == "si":
            pieces.clear()
        elif local == "rPh":
            state["phonetic"] += 1
        elif local == "t":
            state["text"] = not state["phonetic"]

    def end(name: str) -> None:
        local = name.rpartition(" ")[2]
        if local == "t":
            state["text"] = False
        elif local == "rPh":
            state["phonetic"] -= 1
        elif local == "si":
            found.append(unescaped("".join(pieces)))
            if len(found) > MOST_STRINGS:
                raise Refusal("I10", reason=f"超过 {MOST_STRINGS} 条文字")

    def data(text: str) -> None:
        if state["text"]:
            pieces.append(text)

    parser.StartElementHandler, parser.EndElementHandler, parser.CharacterDataHandler = start, end, data
    parse(parser, content, part)
    return found


class _Reader:
    """Expat handlers for one sheet."""

    def __init__(self, shared: Sequence[str], part: str, rows: int, columns: int) -> None:
        self.shared = shared
        self.part = part
        self.rows = rows
        self.columns = columns
        self.found = SheetCells()
        self.row = -1
        self.column = -1
        self.kind = ""
        self.has_formula = False
        self.pieces: list[str] = []
        self.reading = False
        self.phonetic = 0
        self.seen = 0
        self.has_content = False

    def start(self, name: str, attributes: dict[str, str]) -> None:
        local = name.rpartition(" ")[2]
        if local == "c":
            self._open_cell(attributes)
        elif local == "v" or (local == "t" and not self.phonetic):
            self.reading = True
            self.has_content = True
        elif local == "f":
            self.has_formula = True
        elif local == "rPh":
            self.phonetic += 1
        elif local == "row":
            number = attributes.get("r", "")
            self.row = int(number) - 1 if number.isascii() and number.isdigit() and len(number) < 9 else self.row + 1
            self.column = -1

    def _open_cell(self, attributes: dict[str, str]) -> None:
        self.seen += 1
        if self.seen > MOST_CELLS:
            raise Refusal("I10", reason=f"{self.part} 超过 {MOST_CELLS} 个单元格")
        match = _CELL.match(attributes.get("r", ""))
        if match:
            column = 0
            for letter in match.group(1):
                column = column * 26 + ord(letter) - 64
            self.row, self.column = int(match.group(2)) - 1, column - 1
        else:
            self.column += 1
        self.kind = attributes.get("t", "n")
        self.has_formula = self.has_content = False
        self.pieces.clear()

    def end(self, name: str) -> None:
        local = name.rpartition(" ")[2]
        if local in ("v", "t"):
            self.reading = False
        elif local == "rPh":
            self.phonetic -= 1
        elif local == "c" and (self.has_content or self.has_formula):
            self._close_cell()

    def data(self, text: str) -> None:
        if self.reading:
            self.pieces.append(text)

    def _close_cell(self) -> None:
        place = (self.row, self.column)
        value = self._value("".join(self.pieces))
        if value is None and not self.has_formula:
            return
        if self.row >= self.rows or self.column >= self.columns or self.row < 0:
            if len(self.found.far) < _FAR_REPORTED:
                self.found.far.append(a1(self.row, self.column))
            return
        if value is not None:
            self.found.values[place] = value
        if self.has_formula:
            self.found.formulas.add(place)

    def _value(self, text: str) -> Raw:
        if self.kind == "s":
            index = int(text) if text.strip().isascii() and text.strip().isdigit() and len(text) < 12 else -1
            if not 0 <= index < len(self.shared):
                raise Refusal("I05", reason=f"{a1(self.row, self.column)} 引用了不存在的文字")
            return self.shared[index]
        if self.kind in ("str", "inlineStr"):
            return unescaped(text)
        if self.kind == "e":
            return CellError(text)
        if text == "":
            return None
        if self.kind == "b":
            return text.strip() not in ("0", "false")
        if self.kind == "d":
            return _serial(text)
        return _number(text)


def _number(text: str) -> Raw:
    try:
        value = float(text)
    except ValueError:
        return CellError("#VALUE!")
    return value if math.isfinite(value) else CellError("#NUM!")


def _serial(text: str) -> Raw:
    """An ISO date as Excel's day number."""
    try:
        moment = datetime.fromisoformat(text.strip().rstrip("Z")).replace(tzinfo=None)
    except ValueError:
        return CellError("#VALUE!")
    return (moment - _EPOCH).total_seconds() / 86_400


def read_cells(content: bytes, shared: Sequence[str], part: str, *, rows: int, columns: int) -> SheetCells:
    """The cells of a sheet within ``rows`` x ``columns``; raises Refusal I05 or I10."""
    reader = _Reader(shared, part, rows, columns)
    parser = new_parser()
    parser.StartElementHandler = reader.start
    parser.EndElementHandler = reader.end
    parser.CharacterDataHandler = reader.data
    parse(parser, content, part)
    return reader.found
