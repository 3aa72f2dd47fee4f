"""Read a plainly written sheet quickly; leave whatever differs in any way to the careful reader.

A sheet is its frame and its rows.  The rows are cut at the values in them: numbers
of shared strings, what was typed, what formulas made of it.  The stretch between
two values is much the same in every sheet of a form, so it is verified and
understood once and remembered.  With the frame verified (:mod:`.frames`), every
byte belongs to something that was verified: a sheet is read here exactly as
:func:`~.cells.read_carefully` reads it, or not at all.
"""

from __future__ import annotations

import re
import secrets
from collections.abc import Callable, Sequence
from contextlib import suppress
from itertools import chain, compress
from operator import not_
from typing import TYPE_CHECKING, NamedTuple

from ..rules.types import CellError, Raw
from .bounded_xml import Budget
from .cells import LONGEST_TEXT, SheetCells, WrittenFormula, cell_number, unescaped
from .compiled import cut
from .frames import Frame
from .plain_text import fit_text, resolved
from .strings import Strings

if TYPE_CHECKING:
    from ._cut import Stretches

__all__ = ["read_plainly"]

_MOST_REMEMBERED = 4_000
_LONGEST_REMEMBERED = 2_000
_USUAL_CELL, _LONG = 40, 200_000
"""Bytes that a cell takes; beyond the other, cells are counted."""

# Texts of nothing or dots, which most formulas show, are left in the stretches: they are the same in all files.
_VALUE = re.compile(rb"<v>([^<.][^<]*+)</v></c>")
_VALUE_OR_INLINE = re.compile(
    rb'<(?:v>([^<.][^<]*+)</v>|is><t(?: xml:space="preserve")?>([^<.][^<]*+)</t></is>)</c>'
)
_WITHIN = re.compile(rb'<(?:v>([^<]*)</v>|is><t(?: xml:space="preserve")?>([^<]*)</t></is>)</c>')

_CELL = r'<c r="([A-Z]{1,3}+[1-9][0-9]{0,6}+)"(?: s="[0-9]{1,9}+")?+'
_FORMULA = (
    r'<f((?: [a-zA-Z][a-zA-Z0-9]*+="[^"<>&]*+"){0,12}+)(?:/>|>([^<&]*+(?:&(?:amp|lt|gt|quot|apos);[^<&]*+)*+)</f>)'
)
_ROW = re.compile(r'<row((?: [a-zA-Z][a-zA-Z0-9:]*+="[^"<>&]*+"){0,20}+)(/?+)>|(</row>)')
_TOKEN = re.compile(rf'{_CELL}(?: t="([a-zA-Z]{{1,9}}+)")?+(?:(/>|></c>)|>(?:{_FORMULA}((?:<v/>)?+</c>)?+)?+)')
_SHARED = "s"
_ATTRIBUTE = re.compile(r' ([a-zA-Z0-9:]+)="')


class _Differs(Exception):  # noqa: N818 - says that the careful reader has to read the sheet
    """Something is not written plainly."""


class _Inline(Exception):  # noqa: N818 - likewise
    """Texts stand in their cells, which the compiled reader leaves in the stretches."""


class _Piece(NamedTuple):
    """Tags and blank cells up to a value, or up to the end of the rows.

    ``inside``, ``leaves``: it begins and ends within a row.  ``bare``: formulas
    without a value and what they show.  The cell whose value comes next:
    ``address`` ("" where none does), ``kind`` as written, ``formula``.
    ``formulas``: all of them as they are written.
    """

    inside: bool
    leaves: bool
    bare: dict[str, Raw]
    address: str
    kind: str
    formula: bool
    formulas: tuple[WrittenFormula, ...]


class _Shape(NamedTuple):
    """A stretch without its values: formulas without a value, (address, kind, has a formula) of the cells with one.

    ``first``, ``last``: its first and last piece.
    """

    first: _Piece
    last: _Piece
    bare: dict[str, Raw]
    cells: tuple[tuple[str, _Kind, bool], ...]
    formulas: tuple[WrittenFormula, ...]


_Kind = Callable[[str], Raw]
"""What a cell of a kind holds with a text in it."""

_Formulas = tuple[WrittenFormula, ...]

_Stretch = tuple[str, tuple[_Kind, bool] | None, dict[str, Raw], dict[str, Raw], _Formulas]
"""The cell of the value that comes next: address, kind and whether it has a formula (``None`` for the
number of a shared string); values and formulas' results on the way there; all formulas as written."""

_Cells = tuple[dict[str, Raw], dict[str, Raw], Sequence[_Formulas]]
"""Values, formulas' results and formulas of a whole sheet."""


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


def _learn(stretch: bytes, inside: int, leaves: int) -> tuple[_Stretch, bool]:
    """What an unknown stretch means and whether to remember it, for the compiled reader."""
    if b"<is>" in stretch:
        raise _Inline
    found = _understood(stretch, bool(inside), bool(leaves))
    return found, len(stretch) <= _LONGEST_REMEMBERED and _is_structure(found)


def _is_structure(stretch: _Stretch) -> bool:
    """No number and no text that somebody typed or a formula made (flags are dots)."""
    _, _, values, results, _ = stretch
    return not values and not any(isinstance(each, str) and each.strip(".") for each in results.values())


_MIDDLE = _Memory(inside=True, leaves=True)
_FIRST = _Memory(inside=False, leaves=True)
_LAST = _Memory(inside=True, leaves=False)
_ONLY = _Memory(inside=False, leaves=False)
_SHAPES: dict[tuple[bytes, ...], _Shape] = {}


_STRETCHES = None if cut is None else cut.Stretches(_learn, cell_number, _MOST_REMEMBERED, secrets.randbits(64))
"""Those that the compiled reader remembers; a secret decides where, so that nobody can crowd them on purpose."""


def read_plainly(content: bytes, frame: Frame, strings: Strings, budget: Budget) -> SheetCells | None:
    """The cells of a sheet with this frame, ``None`` where they are not written plainly."""
    begin, end = len(frame.head), len(content) - len(frame.tail)
    size = end - begin
    cells = size // _USUAL_CELL if size < _LONG else max(content.count(b"<c "), content.count(b"<v>"))
    if cells > budget.cells:
        return None
    try:
        values, results, formulas = _read(content, begin, end, strings) if size else ({}, {}, ())
    except (_Differs, KeyError, IndexError):
        return None
    budget.cells -= cells
    return SheetCells(values, results, frame.protected, frame.validated, frame.coloured, formulas)


def _read(content: bytes, begin: int, end: int, strings: Strings) -> _Cells:
    if _STRETCHES is not None:
        with suppress(_Inline):
            return _compiled(_STRETCHES, content, begin, end, strings)
    return _sheet(content[begin:end], strings)


def _compiled(stretches: Stretches, content: bytes, begin: int, end: int, strings: Strings) -> _Cells:
    """What :func:`_sheet` gives, and _Inline where texts stand in their cells."""
    found = stretches.cells(content, begin, end, strings.texts)
    if found is None:
        raise _Differs
    values, results, others, formulas, count = found
    if others:
        for (address, (kind, formula), _), text in zip(others, _texts([each[2] for each in others]), strict=True):
            if kind is _inline:
                raise _Differs
            (results if formula else values)[address] = kind(text)
    if len(values) + len(results) != count or not results.keys().isdisjoint(values):
        raise _Differs  # A cell stands there twice.
    return values, results, formulas


def _sheet(rows: bytes, strings: Strings) -> _Cells:
    if b"<is>" not in rows:
        parts = _VALUE.split(rows)
        return _joined(parts[::2], parts[1::2], None, strings)
    parts = _VALUE_OR_INLINE.split(rows)
    written = [plain if inline is None else inline for plain, inline in zip(parts[1::3], parts[2::3], strict=True)]
    return _joined(parts[::3], written, [each is not None for each in parts[2::3]], strings)


def _joined(stretches: list[bytes], written: list[bytes], inline: list[bool] | None, strings: Strings) -> _Cells:
    """A sheet from the stretches and the values between them; ``inline`` says which are written as texts of a cell."""
    if not written:
        alone = _ONLY[stretches[0]]
        return dict(alone[2]), dict(alone[3]), alone[4:]
    found = [_FIRST[stretches[0]], *map(_MIDDLE.__getitem__, stretches[1:-1]), _LAST[stretches[-1]]]
    addresses, kinds, more_typed, more_shown, formulas = zip(*found, strict=True)
    results: dict[str, Raw] = {}
    own: dict[str, Raw] = {}
    shared, numbers = addresses[:-1], written
    places = [place for place, kind in enumerate(kinds) if kind is not None]
    if inline is not None and [kind is not None and kind[0] is _inline for kind in kinds[:-1]] != inline:
        raise _Differs
    if places:
        others = list(map(not_, kinds[:-1]))
        shared, numbers = tuple(compress(shared, others)), list(compress(written, others))
        for place, text in zip(places, _texts([written[place] for place in places]), strict=True):
            kind, formula = kinds[place]
            if kind is _inline and inline is None:
                raise _Differs
            (results if formula else own)[addresses[place]] = kind(text)
    texts = map(strings.texts.__getitem__, map(strings.numbers.__getitem__, numbers))
    values: dict[str, Raw] = dict(zip(shared, texts, strict=True))
    values.update(own)
    count = len(written)
    for more in filter(None, more_typed):
        values.update(more)
        count += len(more)
    for more in filter(None, more_shown):
        results.update(more)
        count += len(more)
    if len(values) + len(results) != count or not results.keys().isdisjoint(values):
        raise _Differs  # A cell stands there twice.
    return values, results, formulas


def _texts(written: list[bytes]) -> list[str]:
    """Values that have no markup, decoded."""
    text = fit_text(b"<".join(written))
    if text is None:
        raise _Differs
    return text.split("<") if "&" not in text else [_resolved(each) for each in text.split("<")]


def _understood(stretch: bytes, inside: bool, leaves: bool) -> _Stretch:
    """Verify a stretch and take the values that were left in it."""
    if fit_text(stretch) is None:
        raise _Differs
    parts = _WITHIN.split(stretch)
    tags = tuple(parts[::3])
    shape = _SHAPES.get(tags)
    if shape is None:
        shape = _shape(tags)
        if len(stretch) <= _LONGEST_REMEMBERED:
            if len(_SHAPES) >= _MOST_REMEMBERED:
                _SHAPES.clear()
            _SHAPES[tags] = shape
    _, _, _, address, kind, formula, _ = shape.last
    if shape.first.inside is not inside or shape.last.leaves is not leaves or bool(address) is not leaves:
        raise _Differs
    values: dict[str, Raw] = {}
    results: dict[str, Raw] = dict(shape.bare)
    for (cell, own, made), plain, inline in zip(shape.cells, parts[1::3], parts[2::3], strict=True):
        if (inline is not None) is not (own is _inline):
            raise _Differs
        text = _resolved(_decoded(plain if inline is None else inline))
        value = own(text) if text or own not in _EMPTY_IS_NOTHING else None
        if made:
            results[cell] = value
        elif value is not None:
            values[cell] = value
    follows = (_kind(kind, formula), formula) if address and (kind != _SHARED or formula) else None
    return address, follows, values, results, shape.formulas


def _kind(written: str, formula: bool) -> _Kind:
    """What the attribute t of a cell means; a formula shows no text of its own."""
    kind = _KINDS.get(written)
    if kind is None or (kind is _inline and formula):
        raise _Differs
    return kind


def _resolved(text: str) -> str:
    found = resolved(text)
    if found is None:
        raise _Differs
    return found


def _text(text: str) -> Raw:
    text = unescaped(text)
    if len(text) > LONGEST_TEXT:
        raise _Differs
    return text


def _inline(text: str) -> Raw:
    return _text(text)


def _truth(text: str) -> Raw:
    return text.strip() not in ("0", "false")


_KINDS: dict[str, _Kind] = {
    "": cell_number,
    "n": cell_number,
    "str": _text,
    "inlineStr": _inline,
    "e": CellError,
    "b": _truth,
}
_EMPTY_IS_NOTHING = (cell_number, _truth)


def _shape(tags: tuple[bytes, ...]) -> _Shape:
    """What the tags of a stretch say, each verified."""
    pieces = [_piece(content) for content in tags]
    if not all(piece.inside for piece in pieces[1:]) or not all(piece.address for piece in pieces[:-1]):
        raise _Differs
    bare = {cell: shown for piece in pieces for cell, shown in piece.bare.items()}
    cells = tuple((piece.address, _kind(piece.kind, piece.formula), piece.formula) for piece in pieces[:-1])
    if len({*bare, *(cell[0] for cell in cells)}) != sum(len(piece.bare) for piece in pieces) + len(cells):
        raise _Differs
    return _Shape(pieces[0], pieces[-1], bare, cells, tuple(chain.from_iterable(piece.formulas for piece in pieces)))


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
    formulas: list[WrittenFormula] = []
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
        address, kind, blank, attributes, formula, closed = cell.groups()
        if attributes is not None:
            _refuse_doubles(attributes)
            formulas.append((address, attributes, formula or ""))
        if closed:
            if address in bare or kind not in (None, "n", "b", "str"):
                raise _Differs
            bare[address] = "" if kind == "str" else None
        elif not blank:
            opened = (address, kind or "", attributes is not None)
        at = cell.end()
    if at < end or inside is None:
        raise _Differs
    return _Piece(inside, within, bare, *opened, tuple(formulas))


def _refuse_doubles(attributes: str) -> None:
    names = _ATTRIBUTE.findall(attributes)
    if len(set(names)) != len(names):
        raise _Differs
