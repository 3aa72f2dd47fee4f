"""Sheets as rows of values (as Excel and xlwings give them) -> records, with the place of each value."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta
from decimal import Decimal

from ..form.records import Row, SheetRecord
from ..rules.types import Raw, is_blank
from ..workbook.layout import SheetLayout, a1
from ..workbook.places import SheetPlace

__all__ = ["Grid", "cell_of", "place_of", "raw_of", "record_of"]

_EPOCH = datetime(1899, 12, 30)

Grid = Sequence[Sequence[object]]
"""Values from A1 on, row by row; may be smaller or larger than the sheet's table."""


def record_of(layout: SheetLayout, ordinal: int, grid: Grid) -> SheetRecord:
    """The entry values of one sheet and its explanations; begun rows only."""
    record = SheetRecord(layout.sheet.id, ordinal)
    for name, area in layout.singles.items():
        if layout.form.fields[name].is_entry:
            record.raws[name] = cell_of(grid, area.row, area.column)
    for group in layout.sheet.groups:
        names = [name for name in layout.form.groups[group].fields if name in layout.in_rows]
        found = []
        for number in range(len(layout.blocks(group))):
            first, slots = layout.block_rows(group, number)
            for slot in range(slots):
                raws = {name: cell_of(grid, first + slot, layout.in_rows[name].column) for name in names}
                found.append(Row(number, slot, raws))
        record.rows[group] = [row for row in found if row.begun]
    for row_number in layout.entries_in_row:
        note = cell_of(grid, row_number, layout.explanation)
        if isinstance(note, str):
            record.explanations[layout.keys[row_number]] = note
    return record


def place_of(layout: SheetLayout, title: str) -> SheetPlace:
    """The addresses of every value on an unmoved sheet."""
    place = SheetPlace(title, {name: area.address for name, area in layout.singles.items()})
    for row_number, key in layout.keys.items():
        if key.group:
            inside = [name for name in layout.in_rows if layout.form.fields[name].group == key.group]
            place.rows[key.group, key.block, key.slot] = {
                name: a1(row_number, layout.in_rows[name].column) for name in inside
            }
    return place


def cell_of(grid: Grid, row: int, column: int) -> Raw:
    """The raw value at a place, ``None`` outside the grid and where blank."""
    if row >= len(grid) or column >= len(grid[row]):
        return None
    return raw_of(grid[row][column])


def raw_of(value: object) -> Raw:
    """What a cell holds of what Excel hands over for it."""
    if isinstance(value, bool | str):
        return None if is_blank(value) else value
    if isinstance(value, int | float | Decimal):
        return float(value)
    if isinstance(value, datetime):
        # Excel hands dates over as such; the cell holds a number, and that is what the batch reads.
        return (value.replace(tzinfo=None) - _EPOCH) / timedelta(days=1)
    return None if value is None else str(value)
