"""Read the cells of one sheet's XML (ECMA-376 part 1, 18.3).

Most sheets are written plainly and read in :mod:`.plain_cells`; whatever differs
from the plain shape in any way is read here by the standard library's expat, to
the same result.  Both keep error values, tell formulas from typed values and
never allocate by what a file claims, all of which the faster readers at hand
get wrong (see PITFALLS, "Reading").
"""

from __future__ import annotations

import math
import re
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime
from functools import lru_cache

from ..rules.types import CellError, Raw
from .archive import Refusal
from .bounded_xml import MOST_CELLS, Budget, local_name, parse
from .layout import a1

__all__ = ["LONGEST_TEXT", "MOST_CELLS", "SheetCells", "WrittenFormula", "cell_number", "place_of", "read_carefully", "unescaped"]

LONGEST_TEXT = 32_767
"""Characters that a cell can hold (Excel's limit)."""

_ESCAPE = re.compile(r"_x([0-9A-Fa-f]{4})_")
_CELL = re.compile(r"([A-Z]{1,3})([1-9][0-9]{0,6})\Z")
_EPOCH = datetime(1899, 12, 30)


WrittenFormula = tuple[str, str, str]


@dataclass(slots=True)
class SheetCells:
    """What stands on a sheet, by address.

    ``values``: what was typed; ``results``: what the cells with a formula show
    (``None`` for nothing), believed by nobody.  The others tell which layers are
    there: protection, data validation, conditional formats.  ``formulas``: address,
    attributes and text of every formula as written, in lots; ``None`` where nobody kept them.
    """

    values: dict[str, Raw] = field(default_factory=dict)
    results: dict[str, Raw] = field(default_factory=dict)
    protected: bool = False
    validated: bool = False
    coloured: bool = False
    formulas: Sequence[tuple[WrittenFormula, ...]] | None = field(default=None, compare=False)

    def shown(self, address: str) -> Raw:
        """What a cell shows, typed or calculated."""
        found = self.values.get(address)
        return found if found is not None else self.results.get(address)


@lru_cache(maxsize=20_000)
def place_of(address: str) -> tuple[int, int]:
    """Row and column of an address, from 0."""
    letters = address.rstrip("0123456789")
    column = 0
    for letter in letters:
        column = column * 26 + ord(letter) - 64
    return int(address[len(letters) :]) - 1, column - 1


def unescaped(text: str) -> str:
    """Decode _xHHHH_ as Excel does."""
    if "_x" not in text:
        return text
    return _ESCAPE.sub(lambda match: chr(int(match.group(1), 16)), text)


def cell_number(text: str) -> Raw:
    """A number as a cell holds it; an error value where it is none (Python would take 1_000 and other digits)."""
    try:
        value = float(text)
    except ValueError:
        return CellError("#VALUE!")
    if "_" in text or not text.isascii():
        return CellError("#VALUE!")
    return value if math.isfinite(value) else CellError("#NUM!")


def _serial(text: str) -> Raw:
    """An ISO date as Excel's day number."""
    try:
        moment = datetime.fromisoformat(text.strip().rstrip("Z")).replace(tzinfo=None)
    except ValueError:
        return CellError("#VALUE!")
    return (moment - _EPOCH).total_seconds() / 86_400


class _Reader:
    """Expat handlers for one sheet."""

    def __init__(self, texts: Sequence[str], budget: Budget) -> None:
        self.texts = texts
        self.budget = budget
        self.found = SheetCells()
        self.row = -1
        self.column = -1
        self.kind = ""
        self.has_formula = False
        self.pieces: list[str] = []
        self.reading = False
        self.phonetic = 0
        self.has_content = False

    def start(self, name: str, attributes: dict[str, str]) -> None:
        local = local_name(name)
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
        self.budget.take_cells(1)
        match = _CELL.match(attributes.get("r", ""))
        if match:
            self.row, self.column = place_of(match.group())
        else:
            self.column += 1
        self.kind = attributes.get("t", "n")
        self.has_formula = self.has_content = False
        self.pieces.clear()

    def end(self, name: str) -> None:
        local = local_name(name)
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
        address = a1(max(0, self.row), self.column)
        value = self._value(address, "".join(self.pieces))
        found = self.found
        if self.has_formula or address in found.results:
            if value is not None or address not in found.results:
                found.results[address] = value if value is not None else found.values.get(address)
            found.values.pop(address, None)
        elif value is not None:
            found.values[address] = value

    def _value(self, address: str, text: str) -> Raw:
        if self.kind == "s":
            index = int(text) if text.strip().isascii() and text.strip().isdigit() and len(text) < 12 else -1
            if not 0 <= index < len(self.texts):
                raise Refusal("I05", reason=f"{address} 引用了不存在的文字")
            return self.texts[index]
        if self.kind in ("str", "inlineStr"):
            value = unescaped(text)
            if len(value) > LONGEST_TEXT:
                raise Refusal("I10", reason=f"{address} 的文字超过 {LONGEST_TEXT} 个字符")
            return value
        if self.kind == "e":
            return CellError(text)
        if text == "":
            return None
        if self.kind == "b":
            return text.strip() not in ("0", "false")
        if self.kind == "d":
            return _serial(text)
        return cell_number(text)


def read_carefully(content: bytes, texts: Sequence[str], part: str, budget: Budget) -> SheetCells:
    """The cells of any sheet; ``texts`` are the shared strings.  Raises Refusal I05 or I10."""
    reader = _Reader(texts, budget)
    parse(content, part, budget, reader.start, reader.end, reader.data)
    found = reader.found
    found.protected = b"sheetProtection" in content
    found.validated = b"dataValidation " in content
    found.coloured = b"conditionalFormatting" in content
    return found
