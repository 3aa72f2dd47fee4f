"""Rows of a sheet as XML, written one after the other: no cell stays in memory.

The first texts go to the workbook's shared strings (ECMA-376 18.4.9); beyond a
number of different ones they stand in their cells (18.3.1.53), so that memory
does not grow with the workbook.
"""

from __future__ import annotations

import tempfile
from collections.abc import Iterator
from itertools import islice
from xml.sax.saxutils import escape

from ...errors import PerfxlError, reason
from .cells import Formula, clean

__all__ = ["RowFile", "SharedStrings", "formula_cell"]

_MAIN = "http://schemas.openxmlformats.org/spreadsheetml/2006/main"
_MOST_SHARED = 20_000
_LATEST = 5_000
_IN_MEMORY = 1 << 20
_FLUSH_ROWS = 256


class SharedStrings:
    """The workbook's texts; :attr:`cells` maps a text to what follows its cell's style.

    It holds all texts that are shared and the latest of the others, of which many come again soon.
    """

    def __init__(self, most: int = _MOST_SHARED) -> None:
        self.cells: dict[str, str] = {}
        self._items: dict[str, int] = {}
        self._most = most
        self._kept: dict[str, str] = {}

    def cell(self, text: str) -> str:
        """What follows the style of a cell that holds this text: ``"/>"`` if nothing of it is left."""
        found = self.cells.get(text)
        if found is not None:
            return found
        item = _item(text)
        if not item:
            return "/>"
        if len(self._kept) < self._most:
            number = self._items.setdefault(item, len(self._items))
            found = self._kept[text] = self.cells[text] = f' t="s"><v>{number}</v></c>'
            return found
        if len(self.cells) >= self._most + _LATEST:
            self.cells.clear()
            self.cells.update(self._kept)
        found = self.cells[text] = f' t="inlineStr"><is>{item}</is></c>'
        return found

    def part(self) -> Iterator[str]:
        """The part xl/sharedStrings.xml, in pieces."""
        yield '<?xml version="1.0" encoding="UTF-8" standalone="yes"?>\n'
        yield f'<sst xmlns="{_MAIN}" uniqueCount="{len(self._items)}">'
        items = iter(self._items)
        while some := list(islice(items, _FLUSH_ROWS)):
            yield f"<si>{'</si><si>'.join(some)}</si>"
        yield "</sst>"


def _item(text: str) -> str:
    text = clean(text)
    if not text:
        return ""
    if "&" in text or "<" in text or ">" in text:
        text = escape(text)
    if text[0].isspace() or text[-1].isspace() or "\n" in text:
        return f'<t xml:space="preserve">{text}</t>'
    return f"<t>{text}</t>"


def formula_cell(formula: Formula) -> str:
    """What follows the style of a cell with a formula: the formula and the value that it has (18.3.1.96)."""
    text, value = escape(formula.text.removeprefix("=")), formula.value
    if isinstance(value, str):
        return f' t="str"><f>{text}</f><v>{escape(clean(value))}</v></c>'
    return f"><f>{text}</f><v>{value!r}</v></c>"


class RowFile:
    """Rows in a temporary file, once they are many."""

    def __init__(self) -> None:
        # Closed with the draft that it belongs to, when the package is written or given up.
        self._file = tempfile.SpooledTemporaryFile(max_size=_IN_MEMORY)  # noqa: SIM115
        self._rows: list[str] = []

    def add(self, row: str) -> None:
        """One ``<row>`` element; C02 if the temporary file cannot be written."""
        self._rows.append(row)
        if len(self._rows) >= _FLUSH_ROWS:
            self._flush()

    def _flush(self) -> None:
        try:
            self._file.write("".join(self._rows).encode("utf-8"))
        except OSError as fault:
            raise PerfxlError("C02", path=tempfile.gettempdir(), reason=reason(fault)) from None
        self._rows.clear()

    def pieces(self) -> Iterator[bytes]:
        """All rows, in order, in pieces."""
        self._flush()
        self._file.seek(0)
        while piece := self._file.read(_IN_MEMORY):
            yield piece

    def close(self) -> None:
        """Drop the file."""
        self._file.close()
