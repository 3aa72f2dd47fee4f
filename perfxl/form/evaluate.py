"""Run a form's checks and computed fields over records: the batch's side of every rule.

The writer uses the same outcomes for the values that it caches in the workbook,
so that a phone preview shows what Excel would calculate.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from functools import lru_cache
from typing import NamedTuple

from ..rules.analyse import Expression
from ..rules.python import Outcome, Surroundings, python_rule, python_text
from ..rules.types import Raw, is_blank, shown
from ..rules.values import NA, ReadValue, Undecided, fold, plain, rounded, squash, strip
from .model import COVER, Block, Check, Field, Form, Scope, Sheet, Shown
from .records import Book, Row, SheetRecord, values_of

__all__ = ["Failure", "SheetResult", "computed_values", "evaluate"]


class Failure(NamedTuple):
    """A check that did not pass; ``row`` is ``None`` for checks of a whole sheet.

    For a group check ``row`` is the (blank) first slot of its block.
    """

    check: Check
    row: Row | None
    outcome: Outcome
    message: str


@dataclass(slots=True)
class SheetResult:
    """What the checks say of one sheet, in the form's order of rules."""

    record: SheetRecord
    failures: list[Failure] = field(default_factory=list)
    values: dict[str, ReadValue] = field(default_factory=dict)
    row_values: dict[str, list[dict[str, ReadValue]]] = field(default_factory=dict)


Runner = Callable[[Mapping[str, ReadValue], Surroundings], Outcome]
Shower = Callable[[Mapping[str, ReadValue], Surroundings], str]


class Program:
    """A form's checks, compiled once per process."""

    def __init__(self, form: Form) -> None:
        self.form = form
        self.items = {name: frozenset(fold(squash(item)) for item in items) for name, items in form.lists.items()}
        self.checks: dict[str, list[tuple[Check, Runner]]] = {}
        for sheet in (COVER, *form.sheets):
            self.checks[sheet] = [(check, _runner(form, check)) for check in form.checks_of[sheet]]
        self.computed = {
            name: python_text(each.formula) for name, each in form.fields.items() if each.formula is not None
        }
        self._figures: dict[int, Shower] = {}
        expressions = [check.formula for check in form.checks if check.formula]
        expressions += [part for check in form.checks for part in check.message if isinstance(part, Expression)]
        self.columns = frozenset(name for each in expressions for name in each.columns)
        settings = [value for rule in form.judges for value in (rule.field, *rule.settings.values())]
        self.judged = frozenset(value for value in settings if isinstance(value, str))

    def row_values(self, group: str, row: Row) -> dict[str, ReadValue]:
        """The read values of a row."""
        readers = ((name, self.form.fields[name].type) for name in self.form.groups[group].fields)
        return {name: kind.read(row.raws.get(name)) for name, kind in readers if kind is not None}

    def figure(self, expression: Expression) -> Shower:
        found = self._figures.get(id(expression))
        if found is None:
            found = self._figures[id(expression)] = python_text(expression)
        return found


def _runner(form: Form, check: Check) -> Runner:
    if check.formula is not None:
        return python_rule(check.formula)
    name = check.field

    def well_typed(values: Mapping[str, ReadValue], around: Surroundings) -> Outcome:
        return Outcome.FAIL if values[name] is NA else Outcome.PASS

    return well_typed


class Held:
    """A cache key: forms are immutable, their dicts are not hashable."""

    __slots__ = ("form",)

    def __init__(self, form: Form) -> None:
        self.form = form

    def __hash__(self) -> int:
        return hash(self.form.source)

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Held) and (
            other.form is self.form
            or (other.form.source, other.form.id, other.form.version) == (self.form.source, self.form.id, self.form.version)
        )


@lru_cache(maxsize=16)
def _program(key: Held) -> Program:
    return Program(key.form)


def program_of(form: Form) -> Program:
    """The form's checks, compiled once per process."""
    return _program(Held(form))


class _Around:
    """What a formula reads beyond its own place (see rules.python.Surroundings)."""

    def __init__(self, program: Program, book: _BookView, result: SheetResult) -> None:
        self._program = program
        self._book = book
        self._result = result
        self._counts: dict[str, Counter[str] | None] = {}
        self._columns: dict[str, list[ReadValue]] = {}
        self.block: Block | None = None
        self.block_number = -1

    def _column(self, name: str) -> list[ReadValue]:
        found = self._columns.get(name)
        if found is None:
            group = self._book.form.fields[name].group
            if group:
                found = [values[name] for values in self._result.row_values.get(group, ())]
            else:
                found = [result.values[name] for result in self._book.of(self._result.record.sheet)]
            self._columns[name] = found
        return found

    def readable(self, name: str) -> bool:
        return not any(value is NA for value in self._column(name))

    def occurs(self, name: str, value: ReadValue) -> float:
        counts = self._counts.get(name)
        if counts is None:
            counts = self._counts[name] = Counter(counted_key(each) for each in self._column(name))
        return float(counts[counted_key(value)])

    def total(self, name: str) -> float:
        return sum(value for value in self._column(name) if isinstance(value, float))

    def begun(self, group: str) -> float:
        rows = self._result.record.rows.get(group, ())
        if self.block_number < 0 or self._book.form.groups[group].blocks[0].level2 == "":
            return float(len(rows))
        return float(sum(row.block == self.block_number for row in rows))

    def sheets(self, sheet: str) -> float:
        return float(sum(result.record.begun for result in self._book.of(sheet)))

    def constant(self, name: str) -> str | float | bool:
        assert self.block is not None, name
        value: str | bool = getattr(self.block, name)
        return value

    def items(self, name: str) -> frozenset[str]:
        return self._program.items[name]


def counted_key(value: ReadValue) -> str:
    """By what OCCURS counts a value."""
    return fold(value) if isinstance(value, str) else plain(value) if isinstance(value, float) else ""


class _BookView:
    """The results of all sheets of one book, for what looks across sheets."""

    def __init__(self, form: Form, results: list[SheetResult]) -> None:
        self.form = form
        self.results = results
        self._of: dict[str, list[SheetResult]] = {}
        for result in results:
            self._of.setdefault(result.record.sheet, []).append(result)
        self.shared: dict[str, ReadValue] = {}
        for result in results:
            sheet = result.record.sheet
            if sheet == COVER or not form.sheets[sheet].repeats:
                self.shared.update(result.values)

    def of(self, sheet: str) -> list[SheetResult]:
        return self._of.get(sheet, [])


def evaluate(form: Form, book: Book) -> list[SheetResult]:
    """Every live check over every sheet; one result per sheet, the cover first.

    A check in a row runs on begun rows, one on a project sheet on begun sheets.
    """
    program = program_of(form)
    results = [_read(form, record) for record in book.all()]
    view = _BookView(form, results)
    for result in results:
        _run(form, program, view, result)
    return results


def _read(form: Form, record: SheetRecord) -> SheetResult:
    result = SheetResult(record, values=values_of(form, record.sheet, record.raws))
    for name, rows in record.rows.items():
        readers = [(field, form.fields[field].type) for field in form.groups[name].fields]
        result.row_values[name] = [
            {field: kind.read(row.raws.get(field)) for field, kind in readers if kind is not None} for row in rows
        ]
    return result


def _run(form: Form, program: Program, view: _BookView, result: SheetResult) -> None:
    record = result.record
    sheet = form.sheets.get(record.sheet)
    if sheet is not None and sheet.repeats and not record.begun:
        return
    values = {**view.shared, **result.values}
    around = _Around(program, view, result)
    rows = {name: _row_places(form, values, result, name) for name in (sheet.groups if sheet else ())}
    for check, runner in program.checks[record.sheet]:
        if check.scope is Scope.ROW:
            for row, row_values in rows[check.group]:
                around.block = form.groups[check.group].blocks[row.block]
                outcome = runner(row_values, around)
                if outcome:
                    _fail(program, result, check, row, outcome, row_values, around)
        elif check.scope is Scope.GROUP:
            _run_group(form, program, result, check, runner, values, around)
        else:
            outcome = runner(values, around)
            if outcome:
                _fail(program, result, check, None, outcome, values, around)


def _row_places(
    form: Form, values: Mapping[str, ReadValue], result: SheetResult, name: str
) -> list[tuple[Row, dict[str, ReadValue]]]:
    rows = result.record.rows.get(name, ())
    return [
        (row, {**values, **own}) for row, own in zip(rows, result.row_values.get(name, ()), strict=True)
    ]


def _run_group(
    form: Form,
    program: Program,
    result: SheetResult,
    check: Check,
    runner: Runner,
    values: Mapping[str, ReadValue],
    around: _Around,
) -> None:
    for number, block in enumerate(form.groups[check.group].blocks):
        around.block, around.block_number = block, number
        outcome = runner(values, around)
        if outcome:
            _fail(program, result, check, Row(number, 0, {}), outcome, values, around)
    around.block_number = -1


def _fail(
    program: Program,
    result: SheetResult,
    check: Check,
    row: Row | None,
    outcome: Outcome,
    values: Mapping[str, ReadValue],
    around: _Around,
) -> None:
    message = "" if outcome is Outcome.UNDECIDED else message_of(program, check, row, result.record, values, around)
    result.failures.append(Failure(check, row, outcome, message))


def message_of(
    program: Program,
    check: Check,
    row: Row | None,
    record: SheetRecord,
    values: Mapping[str, ReadValue],
    around: Surroundings,
) -> str:
    """What people read where a check fails: its figures filled in, ？ for one that has no value."""
    parts: list[str] = []
    for part in check.message:
        if isinstance(part, str):
            parts.append(part)
        elif isinstance(part, Shown):
            parts.append(shown((row.raws if row else record.raws).get(check.field)))
        else:
            try:
                parts.append(program.figure(part)(values, around))
            except Undecided:
                parts.append("？")
    return "".join(parts)


def computed_values(form: Form, book: Book, record: SheetRecord) -> dict[str, str]:
    """The computed fields of a sheet; "" where a value that they read is ill-typed.

    Text is read as data (inner blanks kept).  On a blank project sheet the
    fields that read the sheet's own values are "".
    """
    program = program_of(form)
    sheet = form.sheets[record.sheet]
    values: dict[str, ReadValue] = {}
    for each in book.all():
        if each is record or each.sheet == COVER or not form.sheets[each.sheet].repeats:
            values.update(_data_values(form, each))
    around = _Around(program, _BookView(form, []), SheetResult(record))
    found: dict[str, str] = {}
    for name in sheet.fields:
        formula = form.fields[name].formula
        if formula is None:
            continue
        try:
            hidden = not record.begun and sheet.repeats and reads_own(form, sheet, formula)
            found[name] = "" if hidden else program.computed[name](values, around)
        except Undecided:
            found[name] = ""
    return found


def reads_own(form: Form, sheet: Sheet, formula: Expression) -> bool:
    """The formula reads a field of this very sheet."""
    return any(form.fields[name].sheet == sheet.id for name in formula.fields)


def _data_values(form: Form, record: SheetRecord) -> dict[str, ReadValue]:
    found: dict[str, ReadValue] = {}
    for each in form.entry_fields(record.sheet):
        if not each.group:
            found[each.name] = _data_value(each, record.raws.get(each.name))
    return found


def _data_value(each: Field, raw: Raw) -> ReadValue:
    if each.type is not None and isinstance(raw, str) and each.type_name not in ("code", "choice", "target"):
        read = each.type.read(raw)
        return strip(raw) if isinstance(read, str) else read
    if each.type is None or is_blank(raw):
        return ""
    read = each.type.read(raw)
    return rounded(read, 9) if isinstance(read, float) else read
