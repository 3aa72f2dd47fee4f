"""Where everything lies in a unit's workbook: one layout for writer, reader and add-in.

A sheet is the form's grid with group rows repeated, then to its right a narrow
gap, the entry cells that stand beside the table, the remark, the explanation
(审核说明) and one hidden column of flags.  Its live checks are computed on a
hidden calculation sheet (``_c…``) whose rows run parallel to it: the visible
sheet stays small to read and to preview, and conditional formats refer to the
flags on their own sheet only.

Rows and columns count from 0; A1 addresses are made by :func:`a1`.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property

from ..form.grid import read_grid
from ..form.model import COVER, Block, Check, Form, Grid, GridCell, Mark, Scope, Severity, Sheet
from ..form.records import RowKey
from ..rules.analyse import Expression
from ..rules.targets import PARTS

__all__ = ["Area", "Label", "Plan", "SheetLayout", "a1", "column_letters", "cover_sheet", "layout_of", "plan_of"]

HEADER_ROWS = 5
"""Rows above the parallel rows of a calculation block."""

COUNT_ROW, FIRST_ROW, MESSAGE_ROW = 1, 2, 3
"""Header rows of a calculation block, above the header column of a check.

The number of places that fail, the position of the first among the check's
rows (0 if none), the message of that one.
"""

ACTIVE_ROW, ERRORS_ROW, HINTS_ROW, EXPLAINED_ROW, STATUS_ROW = 0, 1, 2, 3, 4
"""Header rows of a calculation block's first column.

Begun, errors, open hints, explained hints, the sheet's status line.
"""


def column_letters(column: int) -> str:
    """0 -> A, 26 -> AA."""
    letters = ""
    column += 1
    while column:
        column, rest = divmod(column - 1, 26)
        letters = chr(65 + rest) + letters
    return letters


def a1(row: int, column: int, *, absolute: bool = False) -> str:
    """An A1 address from 0-based row and column."""
    letters = column_letters(column)
    return f"${letters}${row + 1}" if absolute else f"{letters}{row + 1}"


@dataclass(frozen=True, slots=True)
class Area:
    """A cell, merged over ``rows`` x ``columns``."""

    row: int
    column: int
    rows: int = 1
    columns: int = 1

    @property
    def address(self) -> str:
        """The address of its top left cell."""
        return a1(self.row, self.column)


@dataclass(frozen=True, slots=True)
class Label:
    """A locked cell with a fixed text."""

    area: Area
    text: str
    mark: Mark


@dataclass(frozen=True, slots=True, kw_only=True)
class Plan:
    """What differs between two workbooks of one form: how many sheets and slots.

    ``counts``: sheets per sheet id.  ``slots``: slots per group and block.
    """

    counts: Mapping[str, int]
    slots: Mapping[tuple[str, int], int]


def plan_of(
    form: Form, *, projects: int | None = None, lead: bool = True, slots: Mapping[str, int] | None = None
) -> Plan:
    """A plan; ``slots`` is keyed by level 2 or group name.  KeyError for a name the form lacks."""
    counts = {
        sheet.id: (projects or sheet.default_count) if sheet.repeats else int(lead or not sheet.lead_only)
        for sheet in form.sheets.values()
    }
    found = {
        (group.name, number): block.slots for group in form.groups.values() for number, block in enumerate(group.blocks)
    }
    for name, count in (slots or {}).items():
        places = _places(form, name)
        if not places:
            raise KeyError(name)
        found.update(dict.fromkeys(places, count))
    return Plan(counts=counts, slots=found)


def _places(form: Form, name: str) -> list[tuple[str, int]]:
    return [
        (group.name, number)
        for group in form.groups.values()
        for number, block in enumerate(group.blocks)
        if name in (block.level2, group.name, group.label)
    ]


def cover_sheet(form: Form) -> Sheet:
    """The cover as a sheet of its own, its grid made from the form's cover fields."""
    rows = [(f"{form.year}年{form.title}", ">"), ("填报单位信息", ">")]
    rows += [(form.fields[name].label, f"{{{name}}}") for name in form.cover]
    return Sheet(
        id=COVER,
        name="封面",
        grid=read_grid(rows),
        widths=(22.0, 46.0),
        groups=(),
        fields=form.cover,
    )


class SheetLayout:
    """Positions on one kind of sheet and on its calculation sheet."""

    def __init__(self, form: Form, sheet: Sheet, plan: Plan) -> None:
        self.form = form
        self.sheet = sheet
        self.plan = plan
        self.columns = sheet.grid.columns
        self.row_at: list[int] = []
        self._block_rows: dict[tuple[str, int], tuple[int, int]] = {}
        self.rows = self._place_rows()
        beside = [name for name in sheet.fields if form.fields[name].beside]
        # A locked column on either side of entry cells: see LiveSheet.visible_cell.
        self.gaps = (self.columns, self.columns + 2) if beside else (self.columns,)
        self.beside = self.columns + 1 if beside else None
        self.remark = self.gaps[-1] + 1
        self.explanation = self.remark + 1
        self.flags = self.explanation + 1
        self.labels: list[Label] = []
        self.singles: dict[str, Area] = {}
        self.in_rows: dict[str, Area] = {}
        self._place_cells(sheet.grid)
        for name in beside:
            anchor = self.singles[form.fields[name].beside]
            self.singles[name] = Area(anchor.row, self.columns + 1, anchor.rows)
        self._place_calculation()

    # --- the visible sheet ------------------------------------------------------

    def _place_rows(self) -> int:
        groups = {self.form.groups[name].row: self.form.groups[name] for name in self.sheet.groups}
        at = 0
        for grid_row in range(self.sheet.grid.rows):
            self.row_at.append(at)
            group = groups.get(grid_row)
            if group is None:
                at += 1
                continue
            for number in range(len(group.blocks)):
                count = self.plan.slots[group.name, number]
                self._block_rows[group.name, number] = (at, count)
                at += count
        return at

    def _span(self, cell: GridCell) -> int:
        after = cell.row + cell.rows
        end = self.row_at[after] if after < len(self.row_at) else self.rows
        return end - self.row_at[cell.row]

    def _place_cells(self, grid: Grid) -> None:
        group_rows = {self.form.groups[name].row: name for name in self.sheet.groups}
        for cell in grid.cells:
            group = group_rows.get(cell.row)
            if group is None:
                area = Area(self.row_at[cell.row], cell.column, self._span(cell), cell.columns)
                if cell.mark is Mark.FIELD:
                    self.singles[cell.text] = area
                else:
                    self.labels.append(Label(area, cell.text, cell.mark))
            elif cell.mark is Mark.FIELD:
                self.in_rows[cell.text] = Area(0, cell.column, 1, cell.columns)
            else:
                self._repeat_label(cell, group)

    def _repeat_label(self, cell: GridCell, name: str) -> None:
        blocks = self.form.groups[name].blocks
        spans = [(self._block_rows[name, number], block) for number, block in enumerate(blocks)]
        if cell.mark is Mark.LEVEL2:
            for (first, count), block in spans:
                self._label(cell, first, count, block.level2)
        elif cell.mark is Mark.LEVEL1:
            for first, count, text in _runs(spans):
                self._label(cell, first, count, text)
        else:
            for (first, count), _ in spans:
                for slot in range(count):
                    text = str(slot + 1) if cell.mark is Mark.ORDINAL else cell.text
                    self._label(cell, first + slot, 1, text)

    def _label(self, cell: GridCell, row: int, rows: int, text: str) -> None:
        self.labels.append(Label(Area(row, cell.column, rows, cell.columns), text, cell.mark))

    def block_rows(self, group: str, block: int) -> tuple[int, int]:
        """First row and number of slots of a block."""
        return self._block_rows[group, block]

    def group_rows(self, group: str) -> tuple[int, int]:
        """First and last row of a group."""
        last = len(self.form.groups[group].blocks) - 1
        first, count = self._block_rows[group, last]
        return self._block_rows[group, 0][0], first + count - 1

    def area(self, field: str, block: int = 0, slot: int = 0) -> Area:
        """Where a field's cell lies; in a group, that of one slot."""
        if field in self.singles:
            return self.singles[field]
        group = self.form.fields[field].group
        inside = self.in_rows[field]
        first, _ = self._block_rows[group, block]
        return Area(first + slot, inside.column, 1, inside.columns)

    @cached_property
    def keys(self) -> dict[int, RowKey]:
        """The row key of every table row."""
        found = {}
        for grid_row, row in enumerate(self.row_at):
            found[row] = RowKey("", 0, grid_row)
        for (group, block), (first, count) in self._block_rows.items():
            for slot in range(count):
                found[first + slot] = RowKey(group, block, slot)
        return found

    @cached_property
    def entries_in_row(self) -> dict[int, tuple[str, ...]]:
        """The entry fields of every row that has some, from left to right."""
        found: dict[int, list[tuple[int, str]]] = {}
        for name, area in self.singles.items():
            if self.form.fields[name].is_entry:
                found.setdefault(area.row, []).append((area.column, name))
        for name, area in self.in_rows.items():
            first, last = self.group_rows(self.form.fields[name].group)
            for row in range(first, last + 1):
                found.setdefault(row, []).append((area.column, name))
        return {row: tuple(name for _, name in sorted(names)) for row, names in sorted(found.items())}

    def flagged(self, row: int) -> list[tuple[str, int]]:
        """The row's columns from the left as (entry field or "", number of columns)."""
        found: list[tuple[str, int]] = []
        at = 0
        for name in self.entries_in_row[row]:
            area = self.in_rows.get(name) or self.singles[name]
            if area.column > at:
                found.append(("", area.column - at))
            found.append((name, area.columns))
            at = area.column + area.columns
        return found

    def blank_flags(self, row: int) -> str:
        """The flags of a row without faults."""
        return "." * sum(columns for _, columns in self.flagged(row))

    @cached_property
    def explained_rows(self) -> frozenset[int]:
        """The rows beside which a hint may have to be explained."""
        judged = {rule.field for rule in self.form.judges}
        return frozenset(
            row
            for row, names in self.entries_in_row.items()
            if judged & set(names) or any(check.severity is Severity.HINT for check in self.checks_in_row.get(row, ()))
        )

    def shelter(self, field: str) -> tuple[int, int] | None:
        """The locked columns left and right of a field's cell, ``None`` unless both hold constants.

        Between them lie entry cells only, so a reference from one to the other
        neither moves with a cut cell nor depends on a formula.
        """
        row = self.area(field).row
        taken = {}
        for name in self.sheet.fields:
            area = self.area(name)
            if area.row <= row < area.row + area.rows or (name in self.in_rows and self._same_group(name, field)):
                taken.update(dict.fromkeys(range(area.column, area.column + area.columns), name))
        left = right = self.column_of(field)
        while left in taken and self.form.fields[taken[left]].is_entry:
            left -= 1
        while right in taken and self.form.fields[taken[right]].is_entry:
            right += 1
        return None if left < 0 or left in taken or right in taken else (left, right)

    def _same_group(self, name: str, field: str) -> bool:
        return self.form.fields[name].group == self.form.fields[field].group != ""

    # --- the calculation block ------------------------------------------------------

    def _place_calculation(self) -> None:
        """Columns of the calculation block, from 0; the first copy the visible geometry.

        Raw values lie under the columns of their cells, read values ``width``
        columns further.  Checks in rows share one text per row, ``packed``: a
        character for each (see ``digits``); checks of the whole sheet have a
        cell each, ``singles_state``.  Rows of groups and other rows use the
        columns after the common ones each for their own purposes.
        """
        checks = self.form.checks_of[self.sheet.id]
        self.width = self.flags
        at = 2 * self.width
        self.begun, self.explained, self.remark_text, self.flag_text = range(at, at + 4)
        at += 4
        self.parts: dict[str, int] = {}
        at = self._place_parts(at, self.singles)
        in_rows = self._place_in_rows(checks, at)
        in_singles = self._place_singles(checks, at)
        headers = [check for check in checks if check.in_rows or check.has_figures]
        self.headers = {check.number: number for number, check in enumerate(headers, 1)}
        width = max(in_rows, in_singles, len(headers) + 1)
        # Whole alphabets: the same column of two blocks then ends in the same letter, which packs better.
        self.block_width = -(-width // 26) * 26

    def _place_parts(self, at: int, fields: Mapping[str, Area]) -> int:
        for name in fields:
            if self.form.fields[name].type_name == "target":
                self.parts[name] = at
                at += len(PARTS)
        return at

    def _place_in_rows(self, checks: tuple[Check, ...], at: int) -> int:
        """The columns that only rows of groups use; returns the first free one."""
        self.slot = at
        at += 1
        self.constants = {name: at + number for number, name in enumerate(_constants(checks))}
        at = self._place_parts(at + len(self.constants), self.in_rows)
        self.packed = at
        self.digits: dict[int, int] = {}
        groups: dict[str, int] = {}
        for check in checks:
            if check.in_rows:
                groups[check.group] = groups.get(check.group, 0) + 1
                self.digits[check.number] = groups[check.group]
        return at + 1

    def _place_singles(self, checks: tuple[Check, ...], at: int) -> int:
        """The columns that only other rows use; returns the first free one."""
        self.spaced = {name: at for name in self.singles if name in _stripped(self.form)}
        at += bool(self.spaced)
        self.computed = {name: at for name in self.sheet.fields if self.form.fields[name].formula is not None}
        at += bool(self.computed)
        self.singles_state: dict[int, int] = {}
        taken: dict[int, int] = {}
        for check in checks:
            if not check.in_rows:
                row = self.singles[check.field].row
                self.singles_state[check.number] = at + taken.get(row, 0)
                taken[row] = taken.get(row, 0) + 1
        return at + max(taken.values(), default=0)

    def column_of(self, field: str) -> int:
        """The column of a field's cell."""
        return (self.in_rows.get(field) or self.singles[field]).column

    def check_rows(self, check: Check) -> list[int]:
        """The rows in which a check has an outcome."""
        if check.scope.value == "row":
            first, last = self.group_rows(check.group)
            return list(range(first, last + 1))
        if check.scope.value == "group":
            return [self._block_rows[check.group, number][0] for number in range(len(self.blocks(check.group)))]
        return [self.singles[check.field].row]

    def blocks(self, group: str) -> tuple[Block, ...]:
        """The blocks of a group."""
        return self.form.groups[group].blocks

    @cached_property
    def checks_in_row(self) -> dict[int, tuple[Check, ...]]:
        """The checks that may have an outcome in each row: errors first, then the form's order.

        Group checks count in every row of their group, so that all rows are alike.
        """
        found: dict[int, list[Check]] = {}
        for check in self.form.checks_of[self.sheet.id]:
            rows = self.check_rows(check)
            for row in range(rows[0], self.group_rows(check.group)[1] + 1) if check.in_rows else rows:
                found.setdefault(row, []).append(check)
        return {row: tuple(sorted(checks, key=_remark_order)) for row, checks in found.items()}


def _stripped(form: Form) -> set[str]:
    """The text fields that some computed field shows as data, without outer blanks."""
    return {
        name
        for field in form.fields.values()
        for name in (field.formula.fields if field.formula is not None else ())
        if form.fields[name].type_name in ("text", "long")
    }


def _constants(checks: tuple[Check, ...]) -> list[str]:
    """The constants of rows and groups that some formula reads."""
    found: dict[str, None] = {}
    for check in checks:
        expressions = [check.formula, *(part for part in check.message if isinstance(part, Expression))]
        for expression in expressions:
            found.update(dict.fromkeys(sorted(expression.constants) if expression else ()))
        if check.scope is Scope.GROUP:
            # Tells the rows of one block from another's.
            found["level2"] = None
    return list(found)


def _remark_order(check: Check) -> tuple[str, int]:
    return check.severity.value, check.number


def _runs(spans: list[tuple[tuple[int, int], Block]]) -> list[tuple[int, int, str]]:
    """Neighbouring blocks with the same level 1 as (first row, rows, level 1)."""
    found: list[tuple[int, int, str]] = []
    for (first, count), block in spans:
        if found and found[-1][2] == block.level1:
            start, rows, text = found[-1]
            found[-1] = (start, rows + count, text)
        else:
            found.append((first, count, block.level1))
    return found


def layout_of(form: Form, plan: Plan) -> dict[str, SheetLayout]:
    """The layouts of the cover and of every sheet id that the plan includes."""
    cover = cover_sheet(form)
    found = {COVER: SheetLayout(form, cover, plan)}
    for sheet in form.sheets.values():
        if plan.counts[sheet.id]:
            found[sheet.id] = SheetLayout(form, sheet, plan)
    return found
