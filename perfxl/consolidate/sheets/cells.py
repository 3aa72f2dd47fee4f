"""What a cell of the consolidated workbook may hold, and texts as cells can hold them."""

from __future__ import annotations

import re
from dataclasses import dataclass

from openpyxl.utils import get_column_letter

from ...form.records import MICRO

__all__ = ["CachedValue", "CellContent", "Formula", "Link", "Money", "address", "clean", "sheet_reference", "wide"]

_NOT_IN_XML = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\ud800-\udfff\ufffe\uffff]")
_LOOKS_ESCAPED = re.compile("_(?=x[0-9A-Fa-f]{4}_)")
_CELL_LIMIT = 32_767

CachedValue = str | float


@dataclass(frozen=True, slots=True)
class Money:
    """An amount in 10⁻⁶ 万元."""

    micro: int

    @property
    def number(self) -> float:
        """The cell's number, in 万元: the double nearest to the exact amount."""
        return self.micro / MICRO


@dataclass(frozen=True, slots=True)
class Formula:
    """A formula with the value that it has."""

    text: str
    value: CachedValue


@dataclass(frozen=True, slots=True)
class Link:
    """A text that leads to ``location``: in this workbook, or in ``target`` (a URI reference)."""

    text: str
    location: str = ""
    target: str = ""


CellContent = None | str | int | float | Money | Formula | Link


def address(row: int, column: int) -> str:
    """A1 address; rows and columns count from 1."""
    return f"{get_column_letter(column)}{row}"


def sheet_reference(title: str, cell: str) -> str:
    """A place in a workbook, as hyperlinks and formulas write it."""
    quoted = title.replace("'", "''")
    return f"'{quoted}'!{cell}" if cell else f"'{quoted}'!A1"


def clean(text: str) -> str:
    """Text as a cell can hold it: XML's characters, one kind of line break, Excel's length."""
    if not text.isprintable():
        text = _NOT_IN_XML.sub("\ufffd", text.replace("\r\n", "\n").replace("\r", "\n"))
    if "_x" in text:
        # _x0041_ is Excel's escape for a character (ECMA-376 22.9.2.19); the literal text needs escaping itself.
        text = _LOOKS_ESCAPED.sub("_x005F_", text)
    return text[:_CELL_LIMIT]


def wide(text: str) -> int:
    """The width of a text: one for a narrow character, two for a wide one."""
    return len(text) if text.isascii() else len(text.encode("gb18030", "replace"))
