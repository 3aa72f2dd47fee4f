"""The live checks: every formula of the calculation blocks beside a unit's sheets.

A block runs parallel to its visible sheet, on a hidden sheet; the blocks of the
project sheets stand side by side.  A visible cell is read once, into its mirror
cell, by ``INDEX`` over a piece of its row that begins and ends in locked cells:
such a reference survives both inserted rows and cut-and-paste between entry cells.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import cached_property

from ..form.evaluate import reads_own
from ..form.model import Check, Form, Scope, Severity, Shown
from ..rules.analyse import Expression
from ..rules.excel import excel_rule, excel_text
from ..rules.targets import PARTS, part_formulas, quoted, spaced_formula, squash_formula
from ..rules.types import CellError, shown_formula
from .addresses import FirstFailing, Places, block_offset, calculation_title, rows_range
from .layout import (
    ACTIVE_ROW,
    COUNT_ROW,
    ERRORS_ROW,
    EXPLAINED_ROW,
    FIRST_ROW,
    HEADER_ROWS,
    HINTS_ROW,
    MESSAGE_ROW,
    STATUS_ROW,
    Plan,
    SheetLayout,
    a1,
    column_letters,
)
from .status import status_formula, status_text

__all__ = [
    "EXPLAINED_LENGTH",
    "LISTS_SHEET",
    "LIST_COLUMN",
    "META_SHEET",
    "CellValue",
    "Formula",
    "LivePlan",
    "LiveSheet",
]

META_SHEET = "_perfxl"
"""Says what the workbook is; read from every workbook that comes back, so nothing else stands there."""

LISTS_SHEET = "_lists"
"""Lists of the form and what is collected from all sheets, for rules to look things up in."""

LIST_COLUMN = 0
EXPLAINED_LENGTH = 5
"""Non-blank characters that make an explanation (DEFINITIONS, "Severity")."""

CellValue = str | float | int | CellError


@dataclass(frozen=True, slots=True)
class Formula:
    """One cell of a calculation sheet: its formula and the value it has when the sheet is blank."""

    row: int
    column: int
    text: str
    blank: CellValue


class LivePlan:
    """The calculation blocks of one form and plan."""

    def __init__(self, form: Form, plan: Plan, layouts: Mapping[str, SheetLayout]) -> None:
        self.form = form
        self.plan = plan
        self.layouts = layouts
        self._sheets = {
            (name, ordinal): LiveSheet(self, layout, ordinal)
            for name, layout in layouts.items()
            for ordinal in range(1, plan.counts.get(name, 1) + 1)
        }

    def sheet(self, name: str, ordinal: int) -> LiveSheet | None:
        """The block of a sheet, ``None`` if the plan leaves it out."""
        return self._sheets.get((name, ordinal))

    @cached_property
    def by_title(self) -> Mapping[str, tuple[LiveSheet, ...]]:
        """The blocks on each calculation sheet."""
        found: dict[str, list[LiveSheet]] = {}
        for live in self._sheets.values():
            found.setdefault(live.title, []).append(live)
        return {title: tuple(blocks) for title, blocks in found.items()}

    @cached_property
    def listed(self) -> tuple[str, ...]:
        """The fields of repeating sheets that some rule counts over all sheets."""
        names: dict[str, None] = {}
        for check in self.form.checks:
            expressions = [check.formula, *(part for part in check.message if isinstance(part, Expression))]
            for expression in expressions:
                for name in sorted(expression.columns) if expression else ():
                    if not self.form.fields[name].group:
                        names[name] = None
        return tuple(names)

    def list_range(self, name: str) -> str:
        """The cells of the lists' sheet that collect a field, or "" the begun flags, of all sheets."""
        sheet = self.form.project_sheet.id
        offset = self.listed.index(name) + 1 if name else 0
        letters = column_letters(LIST_COLUMN + offset)
        return f"'{LISTS_SHEET}'!${letters}$2:${letters}${1 + self.plan.counts[sheet]}"

    def items_range(self, name: str) -> str:
        """The cells of the lists' sheet with the items of a list, absolute."""
        letters = column_letters(self.items_column(name))
        return f"'{LISTS_SHEET}'!${letters}$2:${letters}${1 + len(self.form.lists[name])}"

    @staticmethod
    def items_name(name: str) -> str:
        """The defined name of those cells."""
        return f"px_l_{name}"

    def items_column(self, name: str) -> int:
        """The column of the lists' sheet with the items of a list."""
        return LIST_COLUMN + 1 + len(self.listed) + list(self.form.lists).index(name)

    def formula_texts(self) -> dict[int, str]:
        """The Excel text of every check, in its first row on the first sheet."""
        return {
            check.number: live.check_text(check)
            for (_, ordinal), live in self._sheets.items()
            if ordinal == 1
            for check in live.checks
        }

    def list_formulas(self) -> Iterable[Formula]:
        """The collecting formulas themselves, on the lists' sheet."""
        sheet = self.form.project_sheet
        for ordinal in range(1, self.plan.counts[sheet.id] + 1):
            live = self._sheets[sheet.id, ordinal]
            yield Formula(ordinal, LIST_COLUMN, live.total(ACTIVE_ROW), 0)
            for number, name in enumerate(self.listed):
                area = live.layout.area(name)
                cell = live.elsewhere(area.row, area.column + live.layout.width)
                yield Formula(ordinal, LIST_COLUMN + 1 + number, cell, "")


class LiveSheet:
    """The calculation block of one visible sheet."""

    def __init__(self, plan: LivePlan, layout: SheetLayout, ordinal: int) -> None:
        self.plan = plan
        self.form = plan.form
        self.layout = layout
        self.ordinal = ordinal
        self.checks = self.form.checks_of[layout.sheet.id]
        self.offset = block_offset(ordinal, layout.block_width)
        self.title = calculation_title(layout.sheet.id, ordinal, self.form)
        self.visible_title = layout.sheet.title(ordinal)

    # --- addresses -----------------------------------------------------------------

    def column(self, column: int) -> int:
        """A block column as a column of the calculation sheet."""
        return column + self.offset

    def cell(self, row: int, column: int) -> str:
        """The address of a block column in the row parallel to a visible one."""
        return a1(row + HEADER_ROWS, column + self.offset)

    def cells(self, first: int, last: int, column: int) -> str:
        """A block column over parallel rows."""
        return rows_range(first, last, column + self.offset)

    def elsewhere(self, row: int, column: int) -> str:
        """A parallel cell as seen from another sheet."""
        return f"'{self.title}'!{a1(row + HEADER_ROWS, column + self.offset, absolute=True)}"

    def total(self, row: int) -> str:
        """One of the block's totals as seen from another sheet."""
        return f"'{self.title}'!{a1(row, self.offset, absolute=True)}"

    def header(self, check: Check, row: int) -> str:
        """A header cell of a check as seen from another sheet."""
        column = self.column(self.layout.headers[check.number])
        return f"'{self.title}'!{a1(row, column, absolute=True)}"

    def fails(self, check: Check, row: int) -> str:
        """Excel text: the check fails in this row."""
        if check.in_rows:
            return f'MID({self.cell(row, self.layout.packed)},{self.layout.digits[check.number]},1)="1"'
        return f"{self.cell(self.layout.singles[check.field].row, self.layout.singles_state[check.number])}=1"

    def visible_cell(self, row: int, name: str) -> str:
        """Excel text for a field's cell on the visible sheet (a reference, so that ISBLANK works)."""
        title = "'" + self.visible_title.replace("'", "''") + "'!"
        column = self.layout.column_of(name)
        shelter = self.layout.shelter(name)
        if shelter is None:
            return title + a1(row, column)
        left, right = (column_letters(each) for each in shelter)
        return f"INDEX({title}${left}{row + 1}:${right}{row + 1},{column - shelter[0] + 1})"

    def explanation_cell(self, row: int) -> str:
        """Excel text for the explanation beside a row."""
        title = "'" + self.visible_title.replace("'", "''") + "'!"
        return title + a1(row, self.layout.explanation)

    # --- formulas ------------------------------------------------------------------

    @cached_property
    def formulas(self) -> tuple[Formula, ...]:
        """Every formula of the block."""
        found: list[Formula] = []
        for row, names in self.layout.entries_in_row.items():
            found += self._reads(row, names)
            found += self._row(row, names)
        for check in self.checks:
            if not check.in_rows:
                found.append(self._single_state(check))
            if check.number in self.layout.headers:
                found += self._header(check)
        for name, column in self.layout.computed.items():
            area = self.layout.singles[name]
            found.append(self._at(area.row, column, self._computed(name), ""))
        return (*found, *self._totals())

    @cached_property
    def constants(self) -> tuple[tuple[int, int, str | float | bool], ...]:
        """Fixed cells: the constants of rows."""
        found: list[tuple[int, int, str | float | bool]] = []
        for row, key in self.layout.keys.items():
            if not key.group:
                continue
            block = self.form.groups[key.group].blocks[key.block]
            for name, column in self.layout.constants.items():
                # What only group checks read stands in the first slot, where they have their outcome.
                if key.slot == 0 or name in self._read_in_rows:
                    found.append((row + HEADER_ROWS, self.column(column), getattr(block, name)))
            if key.slot:
                found.append((row + HEADER_ROWS, self.column(self.layout.slot), key.slot))
        return tuple(found)

    @cached_property
    def _read_in_rows(self) -> frozenset[str]:
        """The constants that every row needs; level 2 tells the rows of a block."""
        found = {"level2"}
        for check in self.checks:
            if check.scope is Scope.ROW:
                for part in (check.formula, *check.message):
                    found |= part.constants if isinstance(part, Expression) else set()
        return frozenset(found)

    def _at(self, row: int, column: int, text: str, blank: CellValue) -> Formula:
        return Formula(row + HEADER_ROWS, self.column(column), text, blank)

    def _reads(self, row: int, names: tuple[str, ...]) -> list[Formula]:
        here = Places(self, row)
        found: list[Formula] = []
        for name in names:
            kind = self.form.fields[name].type
            assert kind is not None
            column, cell = self.layout.column_of(name), self.visible_cell(row, name)
            found.append(self._at(row, column, f'IF(ISBLANK({cell}),"",{cell})', ""))
            found.append(self._at(row, column + self.layout.width, kind.excel(here.raw(name)), ""))
            if name in self.layout.spaced:
                spaced = f'IF(ISTEXT({here.raw(name)}),{spaced_formula(here.raw(name))},"")'
                found.append(self._at(row, self.layout.spaced[name], spaced, ""))
            if name not in self.layout.parts:
                continue
            start = self.layout.parts[name]
            cells = {part: self.cell(row, start + number) for number, part in enumerate(PARTS)}
            texts = part_formulas(here.field(name), cells)
            for number, part in enumerate(PARTS):
                blank: CellValue = 0 if part in ("size", "number") else ""
                found.append(self._at(row, start + number, texts[part], blank))
        return found

    def _row(self, row: int, names: tuple[str, ...]) -> list[Formula]:
        layout, here = self.layout, Places(self, row)
        lengths = "+".join(f"LEN({here.field(name)})" for name in names)
        found = [self._at(row, layout.begun, f"IFERROR(IF({lengths}=0,0,1),1)", 0)]
        checks = layout.checks_in_row.get(row, ())
        if any(check.severity is Severity.HINT for check in checks):
            note = self.cell(row, layout.explanation)
            found.append(self._at(row, layout.explanation, f'{self.explanation_cell(row)}&""', ""))
            squashed = squash_formula(note)
            found.append(self._at(row, layout.explained, f"IFERROR(IF(LEN({squashed})>={EXPLAINED_LENGTH},1,0),0)", 0))
        group = layout.keys[row].group
        if group:
            found.append(self._at(row, layout.packed, self._packed(row, group), self.blank_states(group)))
        if checks:
            found.append(self._at(row, layout.remark_text, self._remark(row, checks), ""))
        found.append(self._at(row, layout.flag_text, self._flags(row, checks), layout.blank_flags(row)))
        return found

    def blank_states(self, group: str) -> str:
        """The packed outcomes of a row in which every check passes."""
        return "0" * sum(check.in_rows and check.group == group for check in self.checks)

    def _packed(self, row: int, group: str) -> str:
        states = [self._state(check, row) for check in self.checks if check.in_rows and check.group == group]
        return "&".join(states) or '""'

    def _state(self, check: Check, row: int) -> str:
        places = Places(self, row, check)
        state = f"IF(ISERROR({places.field(check.field)}),1,0)"
        if check.formula is not None:
            state = excel_rule(check.formula, places)
        if check.scope is Scope.ROW:
            return f"IF({places.here(self.layout.begun)}=0,0,{state})"
        active = f"{column_letters(self.offset)}${ACTIVE_ROW + 1}=0" if self.layout.sheet.repeats else ""
        if check.scope is Scope.GROUP:
            later = f"{places.here(self.layout.slot)}>0"
            return f"IF({f'OR({active},{later})' if active else later},0,{state})"
        return f"IF({active},0,{state})" if active else state

    def check_text(self, check: Check) -> str:
        """The Excel text of a check's outcome in its first row."""
        return self._state(check, self.layout.check_rows(check)[0])

    def _single_state(self, check: Check) -> Formula:
        row = self.layout.singles[check.field].row
        return self._at(row, self.layout.singles_state[check.number], self._state(check, row), 0)

    def _flags(self, row: int, checks: Iterable[Check]) -> str:
        """One character per column of the visible sheet."""
        texts: list[str] = []
        for name, columns in self.layout.flagged(row):
            flag = self._flag(row, name, checks) if name else '"."'
            calm = flag == '"."'
            texts.append(quoted("." * columns) if calm else f"REPT({flag},{columns})" if columns > 1 else flag)
        return "&".join(texts)

    def _flag(self, row: int, name: str, checks: Iterable[Check]) -> str:
        mine = [check for check in checks if check.field == name]
        text = '"."'
        for severity, flag in ((Severity.HINT, '"H"'), (Severity.ERROR, '"E"')):
            failing = [self.fails(check, row) for check in mine if check.severity is severity]
            if not failing:
                continue
            if severity is Severity.HINT:
                flag = f'IF({self.cell(row, self.layout.explained)}=1,"X","H")'
            text = f"IF({_any(failing)},{flag},{text})"
        return text

    def _remark(self, row: int, checks: tuple[Check, ...]) -> str:
        text = '""'
        for check in reversed(checks):
            prefix = '"错误："'
            if check.severity is Severity.HINT:
                prefix = f'IF({self.cell(row, self.layout.explained)}=1,"已说明：","提示：")'
            message = self._message(check, Places(self, row, check))
            text = f"IF({self.fails(check, row)},{prefix}&{message},{text})"
        if len(checks) == 1:
            return text
        number = self._failing(row)
        return f'{text}&IF({number}>1,"（另有 "&({number}-1)&" 处）","")'

    def _failing(self, row: int) -> str:
        """Excel text for the number of checks that fail in a row."""
        if self.layout.keys[row].group:
            packed = self.cell(row, self.layout.packed)
            return f'(LEN({packed})-LEN(SUBSTITUTE({packed},"1","")))'
        columns = [column for number, column in self.layout.singles_state.items() if self._single_row(number) == row]
        return f"COUNTIF({self.cell(row, min(columns))}:{self.cell(row, max(columns))},1)"

    def _single_row(self, number: int) -> int:
        return self.layout.singles[self.form.checks[number].field].row

    def _message(self, check: Check, places: Places) -> str:
        parts: list[str] = []
        for part in check.message:
            if isinstance(part, str):
                parts.append(quoted(part))
            elif isinstance(part, Shown):
                parts.append(shown_formula(places.raw(check.field)))
            else:
                parts.append(f'IFERROR({excel_text(part, places)}&"","？")')
        return "&".join(parts)

    def _computed(self, name: str) -> str:
        formula = self.form.fields[name].formula
        assert formula is not None
        text = excel_text(formula, Places(self, 0, as_data=True))
        if self.layout.sheet.repeats and reads_own(self.form, self.layout.sheet, formula):
            text = f'IF({column_letters(self.offset)}${ACTIVE_ROW + 1}=0,"",{text})'
        return f'IFERROR({text},"")'

    # --- totals --------------------------------------------------------------------

    def places(self) -> list[tuple[Check, ...]]:
        """Checks of one rule and severity at one field: together they count once per place."""
        found: dict[tuple[str, Severity, str], list[Check]] = {}
        for check in self.checks:
            found.setdefault((check.rule, check.severity, check.field), []).append(check)
        return [tuple(checks) for checks in found.values()]

    def _pattern(self, check: Check, character: str) -> str:
        """A COUNTIF pattern for packed outcomes: "??1*"."""
        return quoted("?" * (self.layout.digits[check.number] - 1) + character + "*")

    def _header(self, check: Check) -> list[Formula]:
        column = self.layout.headers[check.number]
        if not check.in_rows:
            row = self.layout.singles[check.field].row
            message = f'IF({self.fails(check, row)},{self._message(check, Places(self, row, check))},"")'
            return [Formula(MESSAGE_ROW, self.column(column), message, "")]
        states = self.cells(*self.layout.group_rows(check.group), self.layout.packed)
        count = f"COUNTIF({states},{self._pattern(check, '1')})"
        if check.severity is Severity.HINT:
            # Explained ones are settled.
            count += f"-{self.explained((check,))}"
        first = f"IFERROR(MATCH({self._pattern(check, '1')},{states},0),0)"
        found = [Formula(COUNT_ROW, self.column(column), count, 0)]
        if check.has_figures:
            found.append(Formula(FIRST_ROW, self.column(column), first, 0))
            message = self._message(check, FirstFailing(self, 0, check))
            text = f'IF({a1(FIRST_ROW, self.column(column))}=0,"",{message})'
            found.append(Formula(MESSAGE_ROW, self.column(column), text, ""))
        return found

    def count(self, checks: tuple[Check, ...], *, outside: bool = False) -> str:
        """Excel text for the number of places at which these checks fail, explained hints left out."""
        if checks[0].in_rows:
            # Checks of one rule at one field of a row exclude each other (the loader sees to it).
            cells = [a1(COUNT_ROW, self.column(self.layout.headers[check.number])) for check in checks]
            return "+".join(self.header(check, COUNT_ROW) for check in checks) if outside else "+".join(cells)
        row = self.layout.singles[checks[0].field].row
        columns = [self.layout.singles_state[check.number] for check in checks]
        cells = [self.elsewhere(row, column) if outside else self.cell(row, column) for column in columns]
        place = "1"
        if checks[0].severity is Severity.HINT:
            explained = self.elsewhere(row, self.layout.explained) if outside else self.cell(row, self.layout.explained)
            place = f"1-{explained}"
        return f"IF({_any([f'{cell}=1' for cell in cells])},{place},0)"

    def fails_somewhere(self, check: Check) -> str:
        """Excel text for another sheet: the check fails at some place."""
        if check.in_rows:
            return f"{self.header(check, COUNT_ROW)}>0"
        row = self.layout.singles[check.field].row
        return f"{self.elsewhere(row, self.layout.singles_state[check.number])}=1"

    def explained(self, checks: tuple[Check, ...]) -> str:
        """Excel text for the number of places at which these checks fail and are explained."""
        if not checks[0].in_rows:
            row = self.layout.singles[checks[0].field].row
            fails = _any([self.fails(check, row) for check in checks])
            return f"IF({fails},{self.cell(row, self.layout.explained)},0)"
        rows = self.layout.group_rows(checks[0].group)
        states, notes = (self.cells(*rows, column) for column in (self.layout.packed, self.layout.explained))
        return "+".join(f"SUMIF({states},{self._pattern(check, '1')},{notes})" for check in checks)

    def _totals(self) -> list[Formula]:
        layout, column = self.layout, self.column(0)
        counts: dict[Severity, list[str]] = {Severity.ERROR: [], Severity.HINT: []}
        explained: list[str] = []
        for checks in self.places():
            counts[checks[0].severity].append(self.count(checks))
            if checks[0].severity is Severity.HINT:
                explained.append(self.explained(checks))
        repeats = layout.sheet.repeats
        hints = "+".join(counts[Severity.HINT]) or "0"
        errors, status = (a1(row, column) for row in (ERRORS_ROW, HINTS_ROW))
        return [
            Formula(ACTIVE_ROW, column, f"IF(SUM({self.cells(0, layout.rows - 1, layout.begun)})>0,1,0)", 0),
            Formula(ERRORS_ROW, column, "+".join(counts[Severity.ERROR]) or "0", 0),
            Formula(EXPLAINED_ROW, column, "+".join(explained) or "0", 0),
            Formula(HINTS_ROW, column, hints, 0),
            Formula(STATUS_ROW, column, status_formula(a1(ACTIVE_ROW, column), errors, status, repeats), _blank_status(repeats)),
        ]


def _blank_status(repeats: bool) -> str:
    return status_text(active=False, errors=0, hints=0, repeats=repeats)


def _any(conditions: list[str]) -> str:
    return conditions[0] if len(conditions) == 1 else f"OR({','.join(conditions)})"
