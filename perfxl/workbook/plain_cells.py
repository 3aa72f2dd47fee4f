"""Read a plainly written sheet quickly; leave whatever differs in any way to the careful reader.

A sheet is its frame and its rows.  The rows are cut at the shared strings that
they refer to; the stretch between two of them is much the same in every sheet of
a form, so it is verified and understood once and remembered.  With the frame
verified (:mod:`.frames`), every byte belongs to something that was verified: a
sheet is read here exactly as :func:`~.cells.read_carefully` reads it, or not at all.
"""

from __future__ import annotations

import math
import re
from typing import NamedTuple

from ..rules.types import CellError, Raw
from .bounded_xml import Budget
from .cells import LONGEST_TEXT, SheetCells, cell_number, unescaped
from .frames import Frame
from .plain_text import fit_text, resolved
from .strings import Strings

__all__ = ["read_plainly"]

_MOST_REMEMBERED = 4_000
_LONGEST_REMEMBERED = 2_000
_USUAL_CELL, _LONG = 40, 200_000
"""Bytes that a cell takes; beyond the other, cells are counted."""

_SHARED = re.compile(rb' t="s"><v>([0-9]{1,6})</v></c>')
_VALUE = re.compile(rb'<(?:v>([^<]*)</v>|is><t(?: xml:space="preserve")?>([^<]*)</t></is>)</c>')

_CELL = r'<c r="([A-Z]{1,3}+[1-9][0-9]{0,6}+)"(?: s="[0-9]{1,9}+")?+'
_FORMULA = (
    r'<f((?: [a-zA-Z][a-zA-Z0-9]*+="[^"<>&]*+"){0,12}+)(?:/>|>[^<&]*+(?:&(?:amp|lt|gt|quot|apos);[^<&]*+)*+</f>)'
)
_ROW = re.compile(r'<row((?: [a-zA-Z][a-zA-Z0-9:]*+="[^"<>&]*+"){0,20}+)(/?+)>|(</row>)')
_TOKEN = re.compile(
    rf'{_CELL}(?: t="([a-zA-Z]{{1,9}}+)")?+(?:(/>|></c>)|>(?:{_FORMULA}((?:<v/>)?+</c>)?+)?+)|{_CELL}\Z'
)
_KINDS = {"": "number", "n": "number", "str": "str", "inlineStr": "inlineStr", "e": "e", "b": "b"}
_ATTRIBUTE = re.compile(r' ([a-zA-Z0-9:]+)="')


class _Differs(Exception):  # noqa: N818 - says that the careful reader has to read the sheet
    """Something is not written plainly."""


class _Piece(NamedTuple):
    """Tags and blank cells up to a value, or up to a cell that is open at the end of a stretch.

    ``inside``, ``leaves``: it begins and ends within a row.  ``bare``: formulas
    without a value and what they show.  ``address`` is "" where no cell is open.
    """

    inside: bool
    leaves: bool
    bare: dict[str, Raw]
    address: str
    kind: str
    formula: bool


class _Shape(NamedTuple):
    """A stretch without its values: where it begins and ends, formulas without a value, (address, kind, formula) of cells.

    ``address``: the cell that is open at its end, "" if none is.
    """

    inside: bool
    address: str
    leaves: bool
    bare: dict[str, Raw]
    cells: tuple[tuple[str, str, bool], ...]


_Stretch = tuple[str, dict[str, Raw], dict[str, Raw]]
"""The address of the cell that refers to the next shared string; values and formulas' results on the way there."""


_Sheet = tuple[tuple[str, ...], dict[str, Raw], dict[str, Raw], int]
"""The addresses of the cells that refer to shared strings, in order; other values; formulas' results; cells in all."""


class _Memory(dict[bytes, _Stretch]):
    """Stretches by their bytes; an unknown one is verified, and remembered if others will have it too."""

    def __init__(self, *, inside: bool, leaves: bool) -> None:
        super().__init__()
        self.inside = inside
        self.leaves = leaves

    def __missing__(self, stretch: bytes) -> _Stretch:
        found = _understood(stretch, self.inside, self.leaves)
        if len(stretch) <= _LONGEST_REMEMBERED and _is_structure(found):
            if len(self) >= _MOST_REMEMBERED:
                self.clear()
            self[stretch] = found
        return found


def _is_structure(stretch: _Stretch) -> bool:
    """No number and no text that somebody typed or a formula made (flags are dots)."""
    _, values, results = stretch
    return not values and not any(isinstance(each, str) and each.strip(".") for each in results.values())


_MIDDLE = _Memory(inside=True, leaves=True)
_FIRST = _Memory(inside=False, leaves=True)
_LAST = _Memory(inside=True, leaves=False)
_ONLY = _Memory(inside=False, leaves=False)
_SHAPES: dict[tuple[bytes, ...], _Shape] = {}


def read_plainly(rows: bytes, frame: Frame, strings: Strings, budget: Budget) -> SheetCells | None:
    """The cells of a sheet from its rows, ``None`` where they are not written plainly."""
    cells = len(rows) // _USUAL_CELL if len(rows) < _LONG else rows.count(b"<c ")
    if cells > budget.cells:
        return None
    parts = _SHARED.split(rows)
    try:
        addresses, values, results, count = _alone(rows) if len(parts) == 1 else _together(parts[::2])
        texts = map(strings.texts.__getitem__, map(strings.numbers.__getitem__, parts[1::2]))
        values.update(zip(addresses, texts, strict=True))
        if len(values) + len(results) != count or not results.keys().isdisjoint(values):
            return None
    except (_Differs, KeyError, IndexError):
        return None
    budget.cells -= cells
    return SheetCells(values, results, frame.protected, frame.validated, frame.coloured)


def _alone(rows: bytes) -> _Sheet:
    """Rows that refer to no shared string."""
    _, values, results = _ONLY[rows] if rows else ("", {}, {})
    return (), dict(values), results, len(values) + len(results)


def _together(stretches: list[bytes]) -> _Sheet:
    """The cells that refer to shared strings, and what else there is, of a whole sheet."""
    found = [_FIRST[stretches[0]], *map(_MIDDLE.__getitem__, stretches[1:-1]), _LAST[stretches[-1]]]
    addresses, typed, shown = zip(*found, strict=True)
    values: dict[str, Raw] = {}
    results: dict[str, Raw] = {}
    count = len(addresses) - 1
    for more in filter(None, typed):
        values.update(more)
        count += len(more)
    for more in filter(None, shown):
        results.update(more)
        count += len(more)
    return addresses[:-1], values, results, count


def _understood(stretch: bytes, inside: bool, leaves: bool) -> _Stretch:
    """Verify a stretch and take its values."""
    if fit_text(stretch) is None:
        raise _Differs
    parts = _VALUE.split(stretch)
    tags = tuple(parts[::3])
    shape = _SHAPES.get(tags)
    if shape is None:
        shape = _shape(tags)
        if len(stretch) <= _LONGEST_REMEMBERED:
            if len(_SHAPES) >= _MOST_REMEMBERED:
                _SHAPES.clear()
            _SHAPES[tags] = shape
    if shape.inside is not inside or shape.leaves is not leaves:
        raise _Differs
    values: dict[str, Raw] = {}
    results: dict[str, Raw] = dict(shape.bare)
    for (address, kind, formula), plain, inline in zip(shape.cells, parts[1::3], parts[2::3], strict=True):
        value = _number(plain) if kind == "number" and plain else _value(kind, plain, inline)
        if formula:
            results[address] = value
        elif value is not None:
            values[address] = value
    return shape.address, values, results


def _number(written: bytes) -> Raw:
    try:
        value = float(written)
    except ValueError:
        return _value("number", written, None)
    return value if math.isfinite(value) and b"_" not in written else cell_number(_decoded(written))


def _value(kind: str, plain: bytes | None, inline: bytes | None) -> Raw:
    written = inline if plain is None else plain
    if written is None or (plain is None) is not (kind == "inlineStr"):
        raise _Differs
    text = resolved(_decoded(written))
    if text is None:
        raise _Differs
    if kind == "number":
        return cell_number(text) if text else None
    if kind in ("str", "inlineStr"):
        text = unescaped(text)
        if len(text) > LONGEST_TEXT:
            raise _Differs
        return text
    if kind == "e":
        return CellError(text)
    return text.strip() not in ("0", "false") if text else None


def _shape(tags: tuple[bytes, ...]) -> _Shape:
    """What the tags of a stretch say, each verified."""
    bare: dict[str, Raw] = {}
    cells: list[tuple[str, str, bool]] = []
    last = len(tags) - 1
    for number, content in enumerate(tags):
        piece = _piece(content)
        if number == 0:
            inside = piece.inside
        elif not piece.inside:
            raise _Differs
        bare.update(piece.bare)
        if number < last:
            kind = _KINDS.get(piece.kind)
            if not piece.address or kind is None or (kind == "inlineStr" and piece.formula):
                raise _Differs
            cells.append((piece.address, kind, piece.formula))
        elif piece.address and piece.kind != "open":
            raise _Differs
        if len(bare) + len(cells) > len({*bare, *(cell[0] for cell in cells)}):
            raise _Differs
    return _Shape(inside, piece.address, piece.leaves, bare, tuple(cells))


def _decoded(content: bytes) -> str:
    try:
        return content.decode("utf-8")
    except UnicodeDecodeError:
        raise _Differs from None


def _piece(content: bytes) -> _Piece:
    """Verify what lies between two values, tag by tag."""
    text = _decoded(content)
    inside: bool | None = None
    within = True
    bare: dict[str, Raw] = {}
    at, end = 0, len(text)
    opened = ("", "", False)
    while at < end and not opened[0]:
        row = _ROW.match(text, at)
        if row is not None:
            closes = row.group(3) is not None
            inside = closes if inside is None else inside
            if at and closes is not within:
                raise _Differs
            _refuse_doubles(row.group(1) or "")
            within = not closes and not row.group(2)
            at = row.end()
            continue
        cell = _TOKEN.match(text, at)
        if cell is None or (at and not within):
            raise _Differs
        inside = True if inside is None else inside
        address, kind, blank, attributes, closed, last = cell.groups()
        _refuse_doubles(attributes or "")
        if last:
            opened = (last, "open", False)
        elif closed:
            if address in bare or kind not in (None, "n", "b", "str"):
                raise _Differs
            bare[address] = "" if kind == "str" else None
        elif not blank:
            opened = (address, kind or "", attributes is not None)
        at = cell.end()
    if at < end or inside is None:
        raise _Differs
    return _Piece(inside, within, bare, *opened)


def _refuse_doubles(attributes: str) -> None:
    names = _ATTRIBUTE.findall(attributes)
    if len(set(names)) != len(names):
        raise _Differs
