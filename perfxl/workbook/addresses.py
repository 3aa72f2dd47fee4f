"""Where the formulas of a calculation block find what they read (see rules.excel.Addresses)."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ..form.model import COVER, Check, Form, Scope
from ..rules.targets import PARTS, strip_formula
from .layout import FIRST_ROW, HEADER_ROWS, a1, column_letters

if TYPE_CHECKING:
    from .live import LiveSheet

__all__ = ["BLOCKS_PER_SHEET", "FirstFailing", "Places", "block_offset", "calculation_title"]

BLOCKS_PER_SHEET = 19
"""Calculation blocks side by side on one sheet (older LibreOffice has 1 024 columns)."""


def calculation_title(sheet: str, ordinal: int, form: Form) -> str:
    """The name of the hidden sheet with the block that checks a visible sheet (``_c0``: the cover)."""
    if sheet == COVER:
        return "_c0"
    number = list(form.sheets).index(sheet) + 1
    part = (ordinal - 1) // BLOCKS_PER_SHEET + 1
    return f"_c{number}" if part == 1 else f"_c{number}_{part}"


def block_offset(ordinal: int, width: int) -> int:
    """The first column of a block on its calculation sheet."""
    return (ordinal - 1) % BLOCKS_PER_SHEET * width


class Places:
    """Addresses as seen from one row of a block; fields in rows are those of this row."""

    def __init__(self, live: LiveSheet, row: int, check: Check | None = None, *, as_data: bool = False) -> None:
        self.live = live
        self.layout = live.layout
        self.row = row
        self.check = check
        self.as_data = as_data

    def here(self, column: int) -> str:
        """A block column in the formula's own row."""
        return self.live.cell(self.row, column)

    def own(self, name: str, column: int) -> str:
        """A block column in the field's row, the formula's own for fields in rows."""
        if name in self.layout.in_rows:
            return self.here(column)
        return self.live.cell(self.layout.singles[name].row, column)

    def raw(self, name: str) -> str:
        """The mirrored raw value of a field ("" where empty)."""
        return self.own(name, self.layout.column_of(name))

    def field(self, name: str) -> str:
        """The read value of a field."""
        field = self.live.form.fields[name]
        if field.sheet != self.layout.sheet.id:
            return self._elsewhere(name)
        read = self.own(name, self.layout.column_of(name) + self.layout.width)
        if self.as_data and field.type_name in ("text", "long"):
            return f"IF(ISERROR({read}),{read},{strip_formula(self.raw(name), self.own(name, self.layout.spaced[name]))})"
        return read

    def _elsewhere(self, name: str) -> str:
        form = self.live.form
        sheet = form.fields[name].sheet
        other = self.live.plan.sheet(sheet, 1)
        if other is None:
            return '""'
        area = other.layout.area(name)
        read = other.elsewhere(area.row, area.column + other.layout.width)
        if self.as_data and form.fields[name].type_name in ("text", "long"):
            raw, spaced = (other.elsewhere(area.row, column) for column in (area.column, other.layout.spaced[name]))
            return f"IF(ISERROR({read}),{read},{strip_formula(raw, spaced)})"
        return read

    def column(self, name: str) -> str:
        """The read values of a repeated field."""
        field = self.live.form.fields[name]
        if not field.group:
            return self.live.plan.list_range(name)
        column = self.layout.in_rows[name].column + self.layout.width
        if field.type_name == "target":
            column = self.layout.parts[name] + PARTS.index("form")
        return self.live.cells(*self.layout.group_rows(field.group), column)

    def part(self, name: str, part: str) -> str:
        """A part of a target value."""
        return self.own(name, self.layout.parts[name] + PARTS.index(part))

    def begun(self, group: str) -> str:
        """Excel text for the number of begun rows, of the own block in a group check."""
        rows = self.layout.group_rows(group)
        begun = self.live.cells(*rows, self.layout.begun)
        in_blocks = len(self.layout.blocks(group)) > 1
        if in_blocks and self.check is not None and self.check.scope is Scope.GROUP and self.check.group == group:
            level2 = self.layout.constants["level2"]
            return f"SUMIF({self.live.cells(*rows, level2)},{self.here(level2)},{begun})"
        return f"SUM({begun})"

    def sheets(self, sheet: str) -> str:
        """The begun flags of all sheets."""
        return self.live.plan.list_range("")

    def constant(self, name: str) -> str:
        """A constant of the row."""
        return self.here(self.layout.constants[name])

    def items(self, name: str) -> str:
        """The name of a list's cells."""
        return self.live.plan.items_name(name)


class FirstFailing(Places):
    """Addresses in the first row in which a check fails."""

    def here(self, column: int) -> str:
        """A block column in that row."""
        assert self.check is not None
        rows = self.layout.group_rows(self.check.group)
        position = a1(FIRST_ROW, self.live.column(self.layout.headers[self.check.number]))
        return f"INDEX({self.live.cells(*rows, column)},{position})"


def rows_range(first: int, last: int, column: int) -> str:
    """Cells of one column over parallel rows, the rows absolute."""
    letters = column_letters(column)
    return f"{letters}${first + HEADER_ROWS + 1}:{letters}${last + HEADER_ROWS + 1}"
