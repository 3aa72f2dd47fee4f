"""Where the reader finds what on a sheet: addresses, made once for all sheets of a layout."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import NamedTuple

from ..form.model import COVER
from ..form.records import RowKey
from ..rules.types import Raw, is_blank
from .cells import SheetCells, place_of
from .layout import SheetLayout, a1
from .rowmap import RowMap, find_rows

__all__ = ["MOST_INSERTED", "SheetTable", "Slot", "rows_of", "table_of"]

MOST_INSERTED = 500
"""Rows below the layout's last that still belong to the sheet."""


class Slot(NamedTuple):
    """One slot of a group: the names of its fields and the address of each."""

    key: RowKey
    names: tuple[str, ...]
    addresses: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class SheetTable:
    """The addresses of a sheet whose rows are where ``rows`` says.

    ``singles``: names and addresses of the entry fields outside groups;
    ``explanations``: the row beside which each explanation stands; ``entries``: every entry cell;
    ``known``: every cell that may hold something, to which harmless ones are
    added as they are met.  ``cells`` and ``places`` are what
    :class:`~.places.SheetPlace` holds, shared by all sheets with this table.
    """

    layout: SheetLayout
    rows: RowMap
    singles: tuple[tuple[str, ...], tuple[str, ...]]
    groups: dict[str, tuple[Slot, ...]]
    explanations: dict[str, RowKey]
    entries: frozenset[str]
    remarks: frozenset[str]
    flags: frozenset[str]
    labels: tuple[str, ...]
    texts: tuple[str, ...]
    known: set[str]
    cells: dict[str, str]
    places: dict[tuple[str, int, int], dict[str, str]]

    @property
    def marker(self) -> str:
        """The address of the sheet's marker."""
        return a1(0, self.layout.flags)

    def fits(self, cells: SheetCells) -> bool:
        """Every locked label stands where it should."""
        return tuple(map(cells.values.get, self.labels)) == self.texts

    def astray(self, cells: SheetCells) -> tuple[list[str], list[str]]:
        """Cells with content beyond the sheet, and those beside its entry cells; both in reading order."""
        known = self.known
        if cells.values.keys() <= known and cells.results.keys() <= known:
            return [], []
        rows, columns = self.layout.rows + MOST_INSERTED, self.layout.flags + 1
        # The cover has a list of the sheets below its table.
        own = self.layout.rows if self.layout.sheet.id == COVER else rows
        far: list[tuple[int, int, str]] = []
        beside: list[tuple[int, int, str]] = []
        for address in (cells.values.keys() | cells.results.keys()) - known:
            row, column = place_of(address)
            if row >= rows or column >= columns:
                far.append((row, column, address))
            elif row >= own:
                known.add(address)
            elif address not in cells.values or not is_blank(cells.values[address]):
                beside.append((row, column, address))
        return [each[2] for each in sorted(far)], [each[2] for each in sorted(beside)]


def table_of(layout: SheetLayout, rows: RowMap) -> SheetTable:
    """The addresses of a layout whose rows are where ``rows`` says."""
    form = layout.form
    entry_names = [name for name in layout.singles if form.fields[name].is_entry]
    cells = {name: a1(rows.row(layout.singles[name].row), layout.singles[name].column) for name in entry_names}
    groups: dict[str, tuple[Slot, ...]] = {}
    places: dict[tuple[str, int, int], dict[str, str]] = {}
    for group in layout.sheet.groups:
        groups[group] = tuple(_slots(layout, rows, group))
        places.update({slot.key: dict(zip(slot.names, slot.addresses, strict=True)) for slot in groups[group]})
    explanations = {
        a1(rows.row(row), layout.explanation): layout.keys[row]
        for grid_row, row in enumerate(layout.row_at)
        if layout.keys[row] == RowKey("", 0, grid_row) and row in layout.explained_rows
    }
    for group, slots in groups.items():
        if layout.group_rows(group)[0] in layout.explained_rows:
            explanations.update({a1(place_of(slot.addresses[0])[0], layout.explanation): slot.key for slot in slots})
    entries = {*cells.values(), *(address for slots in groups.values() for slot in slots for address in slot.addresses)}
    labelled = [label for label in layout.labels if label.text]
    every = sorted({*rows.rows.values(), *(place_of(address)[0] for address in entries)})
    remarks = frozenset(a1(row, layout.remark) for row in every if row >= 0)
    flags = frozenset(a1(row, layout.flags) for row in every if row >= 0)
    return SheetTable(
        layout=layout,
        rows=rows,
        singles=(tuple(cells), tuple(cells.values())),
        groups=groups,
        explanations=explanations,
        entries=frozenset(entries),
        remarks=remarks,
        flags=flags,
        labels=tuple(a1(max(0, rows.row(label.area.row)), label.area.column) for label in labelled),
        texts=tuple(label.text for label in labelled),
        known={*entries, *explanations, *remarks, *flags, *_fixed(layout, rows)},
        cells=cells,
        places=places,
    )


def _slots(layout: SheetLayout, rows: RowMap, group: str) -> Iterator[Slot]:
    names = layout.form.groups[group].fields
    for block in range(len(layout.blocks(group))):
        first, count = rows.blocks[group, block]
        for slot in range(count):
            addresses = tuple(a1(first + slot, layout.in_rows[name].column) for name in names)
            yield Slot(RowKey(group, block, slot), names, addresses)


def _fixed(layout: SheetLayout, rows: RowMap) -> Iterator[str]:
    """What the writer itself puts besides entry cells, remarks and flags."""
    for label in layout.labels:
        yield a1(max(0, rows.row(label.area.row)), label.area.column)
    for name, area in layout.singles.items():
        row = max(0, rows.row(area.row))
        if not layout.form.fields[name].is_entry:
            yield a1(row, area.column)
        elif layout.form.fields[name].beside:
            yield a1(max(0, row - 1), area.column)
    for row in (0, min(1, layout.rows - 1)):
        for moved in {row, max(0, rows.row(row))}:
            yield a1(moved, layout.remark)
            yield a1(moved, layout.explanation)


def rows_of(layout: SheetLayout, cells: SheetCells, names: Mapping[str, str]) -> RowMap:
    """Where the rows of a sheet are whose labels do not stand as written; ``names`` are its own defined names."""
    values: dict[tuple[int, int], Raw] = {}
    for address in (*cells.values, *cells.results):
        place = place_of(address)
        if place[0] < layout.rows + MOST_INSERTED and place[1] <= layout.flags:
            values[place] = cells.shown(address)
    return find_rows(layout, values, names)
