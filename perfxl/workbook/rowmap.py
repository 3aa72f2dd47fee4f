"""Find the rows of a sheet again after someone unlocked it and inserted or deleted rows.

Three ways, the first that fits: the locked labels stand where they were; the
defined names tell where blocks are now; the labels are searched for.  Labels
come first because a cut entry cell takes its name along, a locked label stays.
"""

from __future__ import annotations

import re
from bisect import bisect_right
from collections.abc import Mapping
from dataclasses import dataclass, field
from itertools import pairwise

from ..form.model import Mark
from ..rules.types import Raw
from ..rules.values import squash
from .layout import SheetLayout

__all__ = ["RowMap", "find_rows", "unmoved_rows"]

_AREA = re.compile(r"\$?[A-Z]{1,3}\$?([0-9]{1,7})(?::\$?[A-Z]{1,3}\$?([0-9]{1,7}))?\Z")

Values = Mapping[tuple[int, int], Raw]


@dataclass(slots=True)
class RowMap:
    """Layout rows as rows of the file, and the rows of each block there."""

    rows: dict[int, int]
    blocks: dict[tuple[str, int], tuple[int, int]]
    moved: bool = False
    edited: list[tuple[int, int, str]] = field(default_factory=list)

    def row(self, layout_row: int) -> int:
        """Where a row of the layout is in the file."""
        return self.rows[layout_row]


def find_rows(layout: SheetLayout, values: Values, names: Mapping[str, str]) -> RowMap:
    """Map the layout's rows to the file's; ``names`` are the sheet's own defined names.

    ``edited`` of the result lists labels (row and column in the file, expected
    text) that do not stand where they should.
    """
    found = unmoved_rows(layout)
    found.edited = _edited(layout, values, found)
    if not found.edited:
        return found
    for other in (_by_names(layout, names), _by_labels(layout, values)):
        if other is not None:
            other.edited = _edited(layout, values, other)
            if len(other.edited) < len(found.edited):
                found = other
    return found


def unmoved_rows(layout: SheetLayout) -> RowMap:
    """Every row where the layout has it."""
    groups = layout.sheet.groups
    blocks = {
        (name, number): layout.block_rows(name, number)
        for name in groups
        for number in range(len(layout.blocks(name)))
    }
    return RowMap({row: row for row in range(layout.rows)}, blocks)


def _edited(layout: SheetLayout, values: Values, rows: RowMap) -> list[tuple[int, int, str]]:
    found: list[tuple[int, int, str]] = []
    for label in layout.labels:
        row = rows.rows.get(label.area.row, -1)
        value = values.get((row, label.area.column))
        if label.text and squash(str(value if value is not None else "")) != squash(label.text):
            found.append((row, label.area.column, label.text))
    return found


def _from_anchors(layout: SheetLayout, anchors: Mapping[int, int], counts: Mapping[tuple[str, int], int]) -> RowMap:
    """Rows between anchors keep their distance to the anchor above."""
    rows: dict[int, int] = {}
    shift = 0
    for row in range(layout.rows):
        if row in anchors:
            shift = anchors[row] - row
        rows[row] = row + shift
    blocks: dict[tuple[str, int], tuple[int, int]] = {}
    for name in layout.sheet.groups:
        for number in range(len(layout.blocks(name))):
            first, count = layout.block_rows(name, number)
            blocks[name, number] = (rows[first], max(1, counts.get((name, number), count)))
    return RowMap(rows, blocks, moved=True)


def _rows_of(text: str) -> tuple[int, int] | None:
    match = _AREA.search(text.rpartition("!")[2])
    if match is None:
        return None
    first = int(match.group(1)) - 1
    return first, int(match.group(2)) - 1 if match.group(2) else first


def _by_names(layout: SheetLayout, names: Mapping[str, str]) -> RowMap | None:
    anchors: dict[int, int] = {}
    counts: dict[tuple[str, int], int] = {}
    for name, area in layout.singles.items():
        rows = _rows_of(names.get(f"f_{name}", ""))
        if rows is not None:
            anchors[area.row] = rows[0]
    for name in layout.sheet.groups:
        for number in range(len(layout.blocks(name))):
            rows = _rows_of(names.get(f"g_{name}_{number + 1}", ""))
            if rows is None:
                return None
            first, count = layout.block_rows(name, number)
            anchors[first] = rows[0]
            counts[name, number] = rows[1] - rows[0] + 1
            if first + count < layout.rows:
                anchors.setdefault(first + count, rows[1] + 1)
    ordered = [anchors[row] for row in sorted(anchors)]
    rising = all(later > earlier for earlier, later in pairwise(ordered))
    return _from_anchors(layout, anchors, counts) if anchors and rising else None


def _by_labels(layout: SheetLayout, values: Values) -> RowMap | None:
    by_place: dict[tuple[int, str], list[int]] = {}
    for (row, column), value in sorted(values.items()):
        if isinstance(value, str):
            by_place.setdefault((column, squash(value)), []).append(row)
    anchors: dict[int, int] = {}
    last = -1
    for label in sorted(layout.labels, key=lambda each: (each.area.row, each.area.column)):
        if label.mark is Mark.ORDINAL or not label.text or label.area.row in anchors:
            continue
        rows = by_place.get((label.area.column, squash(label.text)), [])
        later = bisect_right(rows, last)
        if later < len(rows):
            anchors[label.area.row] = last = rows[later]
    if not anchors:
        return None
    counts: dict[tuple[str, int], int] = {}
    for name in layout.sheet.groups:
        for number in range(len(layout.blocks(name))):
            first, count = layout.block_rows(name, number)
            if first in anchors and first + count in anchors:
                counts[name, number] = anchors[first + count] - anchors[first]
    return _from_anchors(layout, anchors, counts)
