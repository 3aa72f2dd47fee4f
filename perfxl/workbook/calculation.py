"""The cells of a calculation sheet as XML, ready but for names and values.

A calculation block holds hundreds of formulas.  They are the same in every
workbook of a form and plan, so their XML is made once; a build fills in the
cached values.  Formulas down a column that differ only by their row become
shared formulas (ECMA-376 part 1, 18.3.1.40).
"""

from __future__ import annotations

import re
import zlib
from collections.abc import Mapping
from functools import cached_property
from xml.sax.saxutils import escape

from ..rules.types import CellError
from .layout import a1
from .live import CellValue, Formula, LiveSheet

__all__ = ["CalculationXml", "cell_text", "controls_escaped", "formula_mark"]

_CONTROL = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\ufffe\uffff]|_x[0-9A-Fa-f]{4}_")
_SURROGATES = re.compile("[\ud800-\udfff]")


_FORMULA = re.compile(rb"<f(?: [^>]*)?>([^<]*)</f>")


def formula_mark(content: bytes) -> str:
    """A mark of the formulas' texts in a sheet's XML; values and styles do not matter."""
    texts = b"\n".join(_FORMULA.findall(content))
    return f"{zlib.crc32(texts):08x}"


def controls_escaped(text: str) -> str:
    """Text with what XML cannot hold as _xHHHH_ (ECMA-376 part 1, 22.9.2.19)."""
    text = _CONTROL.sub(lambda match: f"_x{ord(match.group()[0]):04X}_" + match.group()[1:], text)
    return _SURROGATES.sub("\ufffd", text).replace("\r", "_x000D_")


def cell_text(text: str) -> str:
    """Text as it stands in a cell: control characters as _xHHHH_, markup escaped."""
    return escape(controls_escaped(text))


def _value(value: CellValue) -> tuple[str, str]:
    """Type attribute and content of a cached value."""
    if isinstance(value, bool):
        return ' t="b"', str(int(value))
    if isinstance(value, CellError):
        return ' t="e"', escape(value.code)
    if isinstance(value, str):
        return ' t="str"', cell_text(value)
    return "", repr(value)


class CalculationXml:
    """The sheet data of one calculation sheet with its blocks."""

    def __init__(self, blocks: tuple[LiveSheet, ...]) -> None:
        cells: dict[tuple[int, int], tuple[str, str, str]] = {}
        formulas = tuple(formula for live in blocks for formula in live.formulas)
        for live in blocks:
            for row, column, content in live.constants:
                cells[row, column] = (_fixed(row, column, content), "", "")
        shared = _shared(formulas)
        for formula in formulas:
            element = shared.get((formula.row, formula.column)) or f"<f>{escape(formula.text)}</f>"
            start = f'<c r="{a1(formula.row, formula.column)}"'
            kind, content = _value(formula.blank)
            blank = f"{start}{kind}>{element}<v>{content}</v></c>"
            cells[formula.row, formula.column] = (blank, start, f">{element}<v>")
        self._cells = sorted(cells.items())
        self.dimension = (max(row for row, _ in cells), max(column for _, column in cells))

    @cached_property
    def mark(self) -> str:
        """The :func:`formula_mark` of every sheet that is rendered."""
        return formula_mark(self.render({}).encode())

    def render(self, cached: Mapping[tuple[int, int], CellValue]) -> str:
        """The rows of the sheet, with cached values where they differ from a blank sheet's."""
        parts: list[str] = []
        last = -1
        for place, (blank, start, element) in self._cells:
            if place[0] != last:
                parts.append(f'{"</row>" if parts else ""}<row r="{place[0] + 1}">')
                last = place[0]
            if start and place in cached:
                kind, content = _value(cached[place])
                parts += (start, kind, element, content, "</v></c>")
            else:
                parts.append(blank)
        return "".join(parts) + "</row>"


def _fixed(row: int, column: int, content: str | float | bool) -> str:
    if isinstance(content, bool):
        return f'<c r="{a1(row, column)}" t="b"><v>{int(content)}</v></c>'
    if not isinstance(content, str):
        return f'<c r="{a1(row, column)}"><v>{content}</v></c>'
    return f'<c r="{a1(row, column)}" t="inlineStr"><is><t xml:space="preserve">{cell_text(content)}</t></is></c>'


def _shared(formulas: tuple[Formula, ...]) -> dict[tuple[int, int], str]:
    """The ``<f>`` elements of formulas that repeat down a column with only their row changed.

    Formulas that refer to other sheets stay as they are: Excel does not share those.
    """
    columns: dict[int, list[Formula]] = {}
    for formula in formulas:
        if "!" not in formula.text:
            columns.setdefault(formula.column, []).append(formula)
    found: dict[tuple[int, int], str] = {}
    index = 0
    for column, cells in sorted(columns.items()):
        for run in _runs(sorted(cells, key=lambda each: each.row)):
            if len(run) < 2:
                continue
            area = f"{a1(run[0].row, column)}:{a1(run[-1].row, column)}"
            found[run[0].row, column] = f'<f t="shared" ref="{area}" si="{index}">{escape(run[0].text)}</f>'
            for formula in run[1:]:
                found[formula.row, column] = f'<f t="shared" si="{index}"/>'
            index += 1
    return found


def _runs(cells: list[Formula]) -> list[list[Formula]]:
    runs: list[list[Formula]] = []
    pattern = ""
    for formula in cells:
        own = re.sub(rf"(?<![A-Z$])(\$?[A-Z]{{1,3}}){formula.row + 1}(?![0-9])", "\\1\x01", formula.text)
        if runs and own == pattern and formula.row == runs[-1][-1].row + 1:
            runs[-1].append(formula)
        else:
            runs.append([formula])
        pattern = own
    return runs
