"""Which checks fail in a book, quickly: all checks of a place as one generated function.

:func:`~.evaluate.evaluate` runs check by check and keeps every value, for the
writer; this gives the same failures (a test compares them), for the batch:
values are read once per row, conditions stop early, messages are made for
what fails, and undecided outcomes are left out.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Mapping
from functools import lru_cache

from ..rules.python import Outcome
from ..rules.values import NA, ReadValue
from .columns import Column, distinct
from .evaluate import Failure, Held, Program, counted_key, message_of, program_of
from .generated import Failed, ScreenRows, ScreenSheet, Values, row_function, sheet_function, single_reader
from .judges import Texts
from .model import COVER, Block, Form, Scope
from .records import Book, Row, SheetRecord

__all__ = ["failures_of"]


class _Alike:
    """The sheets of one id: a field that stands on each of them is a column too."""

    def __init__(self) -> None:
        self.values: list[Values] = []
        self._columns: dict[str, Column] = {}
        self._distinct: dict[str, bool] = {}

    def column(self, name: str) -> Column:
        found = self._columns.get(name)
        if found is None:
            found = self._columns[name] = [values[name] for values in self.values]
        return found

    def distinct(self, name: str) -> bool:
        found = self._distinct.get(name)
        if found is None:
            found = self._distinct[name] = distinct(self.column(name))
        return found


class _Surroundings:
    """What a formula reads beyond its own place (see rules.python.Surroundings), of one sheet."""

    def __init__(self, program: Program, record: SheetRecord, alike: _Alike, begun: Mapping[str, int]) -> None:
        self.columns: dict[str, Column] = {}
        self.texts: dict[str, list[str]] = {}
        self.block: Block | None = None
        self.block_number = -1
        self._program = program
        self._record = record
        self._alike = alike
        self._begun_sheets = begun
        self._counts: dict[str, Counter[str]] = {}
        self._readable: dict[str, bool] = {}

    def _column(self, name: str) -> Column:
        found = self.columns.get(name)
        return self._alike.column(name) if found is None else found

    def readable(self, name: str) -> bool:
        found = self._readable.get(name)
        if found is None:
            found = self._readable[name] = not any(value is NA for value in self._column(name))
        return found

    def occurs(self, name: str, value: ReadValue) -> float:
        return float(self.counts(name)[counted_key(value)])

    def counts(self, name: str) -> Counter[str]:
        """How often each value stands in the column."""
        found = self._counts.get(name)
        if found is None:
            found = self._counts[name] = Counter(map(counted_key, self._column(name)))
        return found

    def distinct(self, name: str) -> bool:
        """Surely no value of the column stands there twice."""
        found = self.columns.get(name)
        return self._alike.distinct(name) if found is None else distinct(found)

    def total(self, name: str) -> float:
        return sum(value for value in self._column(name) if isinstance(value, float))

    def begun(self, group: str) -> float:
        if self.block_number < 0:
            return float(len(self._record.rows.get(group, ())))
        return self.begun_by_block(group)[self.block_number]

    def begun_by_block(self, group: str) -> list[float]:
        """The begun rows at each block; of a group without blocks all of them at any."""
        rows = self._record.rows.get(group, ())
        groups = self._program.form.groups
        most = max(len(each.blocks) for each in groups.values())
        if groups[group].blocks[0].level2 == "":
            return [float(len(rows))] * most
        found = [0.0] * most
        for row in rows:
            found[row.block] += 1
        return found

    def in_blocks(self, group: str, count: int) -> bool:
        """There is a begun row of the group at each of the first ``count`` blocks."""
        rows = self._record.rows.get(group, ())
        blocks = self._program.form.groups[group].blocks
        if blocks[0].level2 == "":
            return bool(rows)
        return len({row.block for row in rows}) == len(blocks) >= count

    def sheets(self, sheet: str) -> float:
        return float(self._begun_sheets.get(sheet, 0))

    def constant(self, name: str) -> str | float | bool:
        assert self.block is not None, name
        value: str | bool = getattr(self.block, name)
        return value

    def items(self, name: str) -> frozenset[str]:
        return self._program.items[name]


class _Screen:
    """A form's checks as functions, made once per process."""

    def __init__(self, form: Form) -> None:
        self.program = program = program_of(form)
        self.sheets: dict[str, ScreenSheet] = {}
        self.rows: dict[str, list[tuple[str, ScreenRows]]] = {}
        self.readers = {sheet: single_reader(form, sheet) for sheet in (COVER, *form.sheets)}
        for sheet in (COVER, *form.sheets):
            checks = form.checks_of[sheet]
            self.sheets[sheet] = sheet_function(program, checks, sheet)
            self.rows[sheet] = [
                (name, row_function(program, [each for each in checks if each.scope is Scope.ROW and each.group == name], group))
                for name, group in form.groups.items()
                if group.sheet == sheet
            ]

    def failures(self, book: Book, texts: Texts | None) -> list[list[Failure]]:
        form = self.program.form
        records = list(book.all())
        values = [self.readers[record.sheet](record.raws) for record in records]
        shared: dict[str, ReadValue] = {}
        alike: defaultdict[str, _Alike] = defaultdict(_Alike)
        begun: dict[str, int] = {}
        idle: list[bool] = []
        for record, own in zip(records, values, strict=True):
            repeats = record.sheet != COVER and form.sheets[record.sheet].repeats
            if not repeats:
                shared.update(own)
            alike[record.sheet].values.append(own)
            is_begun = record.begun
            begun[record.sheet] = begun.get(record.sheet, 0) + is_begun
            idle.append(repeats and not is_begun)
        found: list[list[Failure]] = []
        for record, own, skip in zip(records, values, idle, strict=True):
            around = _Surroundings(self.program, record, alike[record.sheet], begun)
            found.append([] if skip else self._sheet(record, {**shared, **own}, around))
            if texts is not None:
                texts.take(record, around.texts)
        return found

    def _sheet(self, record: SheetRecord, values: Values, around: _Surroundings) -> list[Failure]:
        failed: Failed = []
        for name, screen in self.rows[record.sheet]:
            screen(record.rows.get(name, ()), values, around, failed)
        self.sheets[record.sheet](values, around, failed)
        failed.sort()
        return [self._failure(number, at, record, values, around) for number, at in failed]

    def _failure(self, number: int, at: int, record: SheetRecord, values: Values, around: _Surroundings) -> Failure:
        program = self.program
        check = program.form.checks[number]
        row: Row | None = None
        if check.scope is Scope.ROW:
            row = record.rows[check.group][at]
        elif check.scope is Scope.GROUP:
            row = Row(at, 0, {})
        if check.has_figures:
            around.block_number = at if check.scope is Scope.GROUP else -1
            around.block = program.form.groups[check.group].blocks[row.block] if row else None
            if check.scope is Scope.ROW and row is not None:
                values = {**values, **program.row_values(check.group, row)}
        return Failure(check, row, Outcome.FAIL, message_of(program, check, row, record, values, around))


@lru_cache(maxsize=16)
def _screen(key: Held) -> _Screen:
    return _Screen(key.form)


def failures_of(form: Form, book: Book, texts: Texts | None = None) -> list[list[Failure]]:
    """What fails on each sheet of the book (the cover first), in the form's order of rules, then of rows.

    ``texts`` takes what was read of the rows, for the judges.
    """
    return _screen(Held(form)).failures(book, texts)
