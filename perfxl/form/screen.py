"""Which checks fail in a book, quickly: all checks of a place as one generated function.

:func:`~.evaluate.evaluate` runs check by check and keeps every value, for the
writer; this gives the same failures (a test compares them), for the batch:
values are read once per row, conditions stop early, messages are made for
what fails, and undecided outcomes are left out.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from functools import lru_cache
from typing import cast

from ..rules.inline import Constants, Inliner, made
from ..rules.python import Outcome
from ..rules.targets import Target, read_target
from ..rules.values import NA, ReadValue, squash
from .evaluate import Failure, Held, Program, counted_key, message_of, program_of
from .model import COVER, Block, Check, Form, Group, Scope
from .records import Book, Row, SheetRecord
from .rules import scope_of

__all__ = ["failures_of"]

Values = Mapping[str, ReadValue]
Failed = list[tuple[int, int]]
"""Check numbers with the row (or block) that fails, -1 for a whole sheet."""

_AS_IT_IS = ("text", "long", "code")
"""Types whose read value is the text without blanks."""


class _Surroundings:
    """What a formula reads beyond its own place (see rules.python.Surroundings), of one sheet."""

    def __init__(
        self, program: Program, record: SheetRecord, alike: Mapping[str, Sequence[Values]], begun: Mapping[str, int]
    ) -> None:
        self.columns: dict[str, list[ReadValue]] = {}
        self.block: Block | None = None
        self.block_number = -1
        self._program = program
        self._record = record
        self._alike = alike
        self._begun_sheets = begun
        self._counts: dict[str, Counter[str]] = {}
        self._readable: dict[str, bool] = {}

    def _column(self, name: str) -> list[ReadValue]:
        found = self.columns.get(name)
        if found is None:
            found = self.columns[name] = [values[name] for values in self._alike[self._record.sheet]]
        return found

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

    def sheets(self, sheet: str) -> float:
        return float(self._begun_sheets.get(sheet, 0))

    def constant(self, name: str) -> str | float | bool:
        assert self.block is not None, name
        value: str | bool = getattr(self.block, name)
        return value

    def items(self, name: str) -> frozenset[str]:
        return self._program.items[name]


ScreenRows = Callable[[Sequence[Row], Values, _Surroundings, Failed], None]
ScreenSheet = Callable[[Values, _Surroundings, Failed], None]


class _Writer:
    """Writes the checks of one place as lines of Python, for a function with these ``names``."""

    def __init__(self, program: Program, names: dict[str, object], sheet: str, group: Group | None, scope: Scope) -> None:
        blocks = group.blocks if group else ()
        constants: Constants = [{"level1": each.level1, "level2": each.level2, "required": each.required} for each in blocks]
        known = scope_of(program.form, sheet, group.name if group else "", blocks=scope is Scope.GROUP)
        self._inliner = Inliner(
            known, program.items, names, constants, by_block=scope is Scope.GROUP, counted=scope is Scope.ROW
        )

    def lines(self, checks: Sequence[Check], place: str, *, guarded: bool) -> list[str]:
        """Append the number and place of each check that fails; ``guarded``: values may be ill-typed."""
        return [line for check in checks for line in self._check(check, place, guarded)]

    def _check(self, check: Check, place: str, guarded: bool) -> list[str]:
        failed = f"failed.append(({check.number}, {place}))"
        formula = check.formula
        if formula is None:
            return [f"if f_{check.field} is NA: {failed}"] if guarded else []
        guards = [f"f_{name} is not NA" for name in sorted(formula.fields)] if guarded else []
        guards += [f"around.readable({name!r})" for name in sorted(formula.columns)]
        line = f"if {' and '.join([*guards, f'not {self._inliner.condition(formula)}'])}: {failed}"
        return [line] if self._inliner.decided else ["try:", f"    {line}", "except Undecided: pass"]


def _indented(lines: Sequence[str]) -> list[str]:
    return ["    " + line for line in lines]


def _fields(checks: Sequence[Check]) -> list[str]:
    asked = {name for check in checks if check.formula for name in check.formula.fields}
    return sorted(asked | {check.field for check in checks if check.formula is None})


def _ill_typed(names: Sequence[str]) -> str:
    return " or ".join(f"f_{name} is NA" for name in names) or "False"


def _apart(form: Form, names: Sequence[str]) -> list[str]:
    targets = [name for name in names if form.fields[name].type_name == "target"]
    return [
        f"{', '.join(f'{part}_{name}' for part in Target._fields)} = target(f_{name} if f_{name}.__class__ is str else '')"
        for name in targets
    ]


def _given(form: Form, names: Sequence[str]) -> list[str]:
    return [*(f"f_{name} = values[{name!r}]" for name in names), *_apart(form, names)]


def _sheet_function(program: Program, checks: Sequence[Check], sheet: str) -> ScreenSheet:
    """The checks of a whole sheet and of the blocks of its groups."""
    form = program.form
    names: dict[str, object] = {"NA": NA, "target": read_target, "squash": squash}
    whole = [check for check in checks if not check.in_rows]
    in_blocks = [check for check in checks if check.scope is Scope.GROUP]
    writer = _Writer(program, names, sheet, None, Scope.SHEET)
    fields = _fields([*whole, *in_blocks])
    lines = _given(form, fields)
    for guarded, head in ((True, f"if {_ill_typed(fields)}:"), (False, "else:")):
        body = writer.lines(whole, "-1", guarded=guarded) or ["pass"]
        for name in dict.fromkeys(check.group for check in in_blocks):
            group = form.groups[name]
            mine = [check for check in in_blocks if check.group == name]
            own = _Writer(program, names, sheet, group, Scope.GROUP)
            asked = sorted({each for check in mine if check.formula for each in check.formula.groups})
            body += [f"begun_{each} = around.begun_by_block({each!r})" for each in asked]
            body.append(f"for block in range({len(group.blocks)}):")
            body += _indented(own.lines(mine, "block", guarded=guarded))
        lines += [head, *_indented(body)]
    return cast(ScreenSheet, made(["def compiled(values, around, failed):", *_indented(lines)], names))


def _row_function(program: Program, checks: Sequence[Check], group: Group) -> ScreenRows:
    """The checks of the rows of a group; those that ask for a column come after all rows are read."""
    form = program.form
    own = [name for name in group.fields if form.fields[name].type is not None]
    outer = [name for name in _fields(checks) if name not in own]
    soon = [check for check in checks if not (check.formula and check.formula.columns)]
    late = [check for check in checks if check.formula and check.formula.columns]
    kept = [name for name in _fields(late) if name in own]
    columns = [name for name in own if name in program.columns]
    names: dict[str, object] = {"NA": NA, "target": read_target, "squash": squash}
    names |= {f"read_{name}": kind.read for name in own if (kind := form.fields[name].type) is not None}
    writer = _Writer(program, names, group.sheet, group, Scope.ROW)
    lines = [*_given(form, outer), *(f"c_{name} = around.columns[{name!r}] = []" for name in columns)]
    lines += ["kept = []", "for at, row in enumerate(rows):"]
    body = ["block = row.block", "raw = row.raws.get"]
    body += [line for name in own for line in _reading(form, name)]
    body += [*_apart(form, own), *(f"c_{name}.append(f_{name})" for name in columns)]
    if late:
        body.append(f"kept.append(({''.join(f'f_{name}, ' for name in kept)}block))")
    for guarded, head in ((True, f"if {_ill_typed([*own, *outer])}:"), (False, "else:")):
        body += [head, *_indented(writer.lines(soon, "at", guarded=guarded) or ["pass"])]
    lines += _indented(body)
    if late:
        asked = sorted({name for check in late if check.formula for name in check.formula.columns})
        lines += [f"counts_{name} = around.counts({name!r})" for name in asked]
        lines.append(f"for at, ({''.join(f'f_{name}, ' for name in kept)}block) in enumerate(kept):")
        lines += _indented([*_apart(form, kept), *writer.lines(late, "at", guarded=True)])
    return cast(ScreenRows, made(["def compiled(rows, values, around, failed):", *_indented(lines)], names))


def _reading(form: Form, name: str) -> list[str]:
    """The lines that read a row's value: texts without white space, which are most, are taken as they are."""
    if form.fields[name].type_name not in _AS_IT_IS:
        return [f"f_{name} = read_{name}(raw({name!r}))"]
    return [
        f"v = raw({name!r})",
        "if v.__class__ is str:",
        "    w = v.split(None, 1)",
        f"    f_{name} = v if len(w) == 1 and len(w[0]) == len(v) else squash(v)",
        f"else: f_{name} = '' if v is None else read_{name}(v)",
    ]


# --- running ----------------------------------------------------------------------


class _Screen:
    """A form's checks as functions, made once per process."""

    def __init__(self, form: Form) -> None:
        self.program = program = program_of(form)
        self.sheets: dict[str, ScreenSheet] = {}
        self.rows: dict[str, list[tuple[str, ScreenRows]]] = {}
        self.readers = {
            sheet: [
                (each.name, each.type.read) for each in form.entry_fields(sheet) if not each.group and each.type is not None
            ]
            for sheet in (COVER, *form.sheets)
        }
        for sheet in (COVER, *form.sheets):
            checks = form.checks_of[sheet]
            self.sheets[sheet] = _sheet_function(program, checks, sheet)
            self.rows[sheet] = [
                (name, _row_function(program, [each for each in checks if each.scope is Scope.ROW and each.group == name], group))
                for name, group in form.groups.items()
                if group.sheet == sheet
            ]

    def failures(self, book: Book) -> list[list[Failure]]:
        form = self.program.form
        records = list(book.all())
        values = [{name: read(record.raws.get(name)) for name, read in self.readers[record.sheet]} for record in records]
        shared: dict[str, ReadValue] = {}
        alike: dict[str, list[Values]] = {}
        begun: Counter[str] = Counter()
        idle: list[bool] = []
        for record, own in zip(records, values, strict=True):
            repeats = record.sheet != COVER and form.sheets[record.sheet].repeats
            if not repeats:
                shared.update(own)
            alike.setdefault(record.sheet, []).append(own)
            is_begun = record.begun
            begun[record.sheet] += is_begun
            idle.append(repeats and not is_begun)
        found: list[list[Failure]] = []
        for record, own, skip in zip(records, values, idle, strict=True):
            around = _Surroundings(self.program, record, alike, begun)
            found.append([] if skip else self._sheet(record, {**shared, **own}, around))
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


def failures_of(form: Form, book: Book) -> list[list[Failure]]:
    """What fails on each sheet of the book (the cover first), in the form's order of rules, then of rows."""
    return _screen(Held(form)).failures(book)
