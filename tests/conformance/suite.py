"""Books for one form, drawn until every rule has passed and failed often enough.

Everything comes from the form: values at random by field type, then, place by
place, probes at the edges of the rules that have had too few outcomes so far
(see :mod:`.edges`).  The same seed draws the same books.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from random import Random

from perfxl.form.evaluate import evaluate
from perfxl.form.model import COVER, Check, Field, Form, Scope
from perfxl.form.records import Book, Row, SheetRecord
from perfxl.rules.python import Outcome
from perfxl.rules.types import Raw, is_blank
from perfxl.rules.values import NA, ReadValue
from perfxl.workbook.layout import Plan, SheetLayout, layout_of, plan_of

from . import pools
from .edges import Edges, calls, sums
from .pools import Spare

PROJECTS = 3
_TRIES = 60
_SOME = 40
_LEFT = 0.1
_AIMED = (Outcome.PASS, Outcome.FAIL)

Tally = Counter[tuple[int, Outcome]]
"""How often each check (by number) had an outcome."""


def small_plan(form: Form, projects: int = PROJECTS) -> Plan:
    """Few sheets and slots, so that a second brings many outcomes: two slots in each group's first block, else one."""
    plan = plan_of(form, projects=projects, slots=dict.fromkeys(form.groups, 1))
    first = dict.fromkeys(((name, 0) for name in form.groups), 2)
    return Plan(counts=plan.counts, slots={**plan.slots, **first})


def tally(form: Form, book: Book) -> Tally:
    """How often each live check passed, failed or was undecided, on begun rows and sheets."""
    found: Tally = Counter()
    for result in evaluate(form, book):
        record = result.record
        sheet = form.sheets.get(record.sheet)
        if sheet is not None and sheet.repeats and not record.begun:
            continue
        wrong = Counter((each.check.number, each.outcome) for each in result.failures)
        found += wrong
        for check in form.checks_of[record.sheet]:
            places = 1
            if check.scope is Scope.ROW:
                places = len(record.rows.get(check.group, ()))
            elif check.scope is Scope.GROUP:
                places = len(form.groups[check.group].blocks)
            bad = sum(wrong[check.number, outcome] for outcome in (Outcome.FAIL, Outcome.UNDECIDED))
            found[check.number, Outcome.PASS] += places - bad
    return found


def by_rule(form: Form, counts: Tally) -> Counter[tuple[str, Outcome]]:
    """The same by rule."""
    found: Counter[tuple[str, Outcome]] = Counter()
    for (number, outcome), count in counts.items():
        found[form.checks[number].rule, outcome] += count
    return found


@dataclass
class Suite:
    """An endless iterator of (plan, book)."""

    form: Form
    seed: int = 0
    spare: Spare = pools.nothing
    counts: Tally = field(default_factory=Counter)

    def __post_init__(self) -> None:
        form = self.form
        self._rng = Random(f"{form.id} {self.seed}")
        # Drawn apart, so that what stands in the explanations changes no other value.
        self._said = Random(f"{form.id} {self.seed} explanations")
        # Rules that count over rows or sheets are aimed at by copying and leaving out, not by probes.
        self._counting = {check.number: calls(check, "OCCURS") for check in form.checks}
        self._columns = {name for names in self._counting.values() for name in names}
        self._columns |= {each.column for check in form.checks for each in sums(check)}
        probed = (check for check in form.checks if check.scope is not Scope.GROUP and not self._counting[check.number])
        self._edges = {edges.check.number: edges for check in probed if (edges := Edges(form, check)).fields}
        self._at: Counter[tuple[int, Outcome]] = Counter()
        self._by_rule: Counter[tuple[str, Outcome]] = Counter()
        self._sums_at = 0
        self._wants_no_sheet = [check for check in form.checks if calls(check, "SHEETS")]

    def __iter__(self) -> Iterator[tuple[Plan, Book]]:
        while True:
            yield self._next()

    def fewest(self) -> int:
        """The smallest number of passing or failing outcomes that a live rule has had so far."""
        rules = {check.rule for check in self.form.checks}
        return min(self._by_rule[rule, outcome] for rule in rules for outcome in _AIMED)

    # --- a book ---------------------------------------------------------------------

    def _next(self) -> tuple[Plan, Book]:
        form, rng = self.form, self._rng
        empty = any(self._lacks(check, Outcome.FAIL) for check in self._wants_no_sheet)
        plan = small_plan(form, 1 if empty else PROJECTS)
        layouts = layout_of(form, plan)
        begun = rng.choice((1, 2, *[PROJECTS] * 8))
        book = Book()
        # A formula that looks over rows or sheets is undecided if one value of them is broken: seldom, then.
        calm = rng.random() < 0.85
        for name in form.cover:
            book.cover.raws[name] = self._value(form.fields[name], calm)
        self._aim(book.cover, book.cover.raws, {}, form.checks_of[COVER])
        for sheet in form.sheets.values():
            for ordinal in range(1, plan.counts[sheet.id] + 1):
                record = SheetRecord(sheet.id, ordinal)
                book.sheets.append(record)
                if not sheet.repeats or (not empty and ordinal <= begun):
                    self._fill(book, record, plan, calm)
                    self._explain(record, layouts[sheet.id])
        self._copy_over_sheets(book)
        found = tally(form, book)
        self.counts += found
        self._by_rule += by_rule(form, found)
        return plan, book

    def _lacks(self, check: Check, outcome: Outcome) -> bool:
        other = Outcome.PASS if outcome is Outcome.FAIL else Outcome.FAIL
        return self.counts[check.number, outcome] <= self.counts[check.number, other]

    def _value(self, each: Field, calm: bool) -> Raw:
        rng = self._rng
        while True:
            chance = rng.random()
            if chance < (0.07 if each.group else 0.22):
                found = rng.choice(pools.BLANKS)
            elif chance < (0.10 if each.group else 0.25) and not (calm and each.name in self._columns):
                found = rng.choice(pools.BROKEN)
            else:
                found = pools.well_meant(rng, each)
            typed = each.type is None or each.type.read(found) is not NA or not (calm and each.name in self._columns)
            if typed and not self.spare(found):
                return found

    # --- a sheet --------------------------------------------------------------------

    def _fill(self, book: Book, record: SheetRecord, plan: Plan, calm: bool) -> None:
        form, rng = self.form, self._rng
        checks = form.checks_of[record.sheet]
        for each in form.entry_fields(record.sheet):
            if not each.group:
                record.raws[each.name] = self._value(each, calm)
        around = self._shared(book)
        self._aim(record, record.raws, around, [check for check in checks if not check.group])
        around |= self._read(record.raws)
        for name in form.sheets[record.sheet].groups:
            group = form.groups[name]
            begin = rng.choice((0.1, 0.85, 0.85, 0.85) if len(group.blocks) > 1 else (0.0, 0.9))
            rows: list[Row] = []
            for number in range(len(group.blocks)):
                for slot in range(plan.slots[name, number]):
                    if rng.random() < begin:
                        row = Row(number, slot, {each: self._value(form.fields[each], calm) for each in group.fields})
                        own = [check for check in checks if check.group == name and check.scope is Scope.ROW]
                        drawn = dict(row.raws)
                        self._aim(record, row.raws, around, own, row)
                        if not row.begun:
                            one = rng.choice(list(drawn))
                            row.raws[one] = drawn[one]
                        if row.begun:
                            rows.append(row)
            if rows:
                record.rows[name] = rows
                self._copy_over_rows(rows, checks)
                self._add_up(rows, checks)

    def _explain(self, record: SheetRecord, layout: SheetLayout) -> None:
        """Explain some hints, and some that are none, with five characters or too few."""
        for row in sorted(layout.explained_rows):
            if self._said.random() < 0.2:
                record.explanations[layout.keys[row]] = self._said.choice(pools.EXPLANATIONS)

    def _shared(self, book: Book) -> dict[str, ReadValue]:
        found = self._read(book.cover.raws)
        for record in book.sheets:
            if not self.form.sheets[record.sheet].repeats:
                found |= self._read(record.raws)
        return found

    def _read(self, raws: Mapping[str, Raw]) -> dict[str, ReadValue]:
        found: dict[str, ReadValue] = {}
        for name, raw in raws.items():
            kind = self.form.fields[name].type
            if kind is not None:
                found[name] = kind.read(raw)
        return found

    def _aim(
        self,
        record: SheetRecord,
        raws: dict[str, Raw],
        around: Mapping[str, ReadValue],
        checks: tuple[Check, ...] | list[Check],
        row: Row | None = None,
    ) -> None:
        """Probe the checks with the fewest outcomes first; a field once probed is left alone."""
        goals = [(check, outcome) for check in checks if check.number in self._edges for outcome in _AIMED]
        self._rng.shuffle(goals)
        # Half of the places serve the rules with too few outcomes, half go on through the probes.
        goals.sort(key=self._had if self._rng.random() < 0.7 else self._walked)
        # Some places keep what was drawn at random.
        claimed = {name for name in raws if self._rng.random() < _LEFT}
        for check, outcome in goals:
            edges = self._edges[check.number]
            free = [name for name in edges.fields if name in raws and name not in claimed]
            if free and self._probe(edges, outcome, raws, around, free, row):
                claimed.update(edges.fields)

    def _had(self, goal: tuple[Check, Outcome]) -> tuple[int, int]:
        """Every check comes first until it has had some; then its rule counts."""
        check, outcome = goal
        return min(self.counts[check.number, outcome], _SOME), self._by_rule[check.rule, outcome]

    def _walked(self, goal: tuple[Check, Outcome]) -> float:
        """How far a check's probes were used up."""
        check, outcome = goal
        return self._at[check.number, outcome] / len(self._edges[check.number].probes)

    def _probe(
        self,
        edges: Edges,
        outcome: Outcome,
        raws: dict[str, Raw],
        around: Mapping[str, ReadValue],
        free: list[str],
        row: Row | None,
    ) -> bool:
        block = edges.blocks[row.block if row else 0]
        if not edges.leads_to(outcome, block):
            return False
        key = (edges.check.number, outcome)
        values = {**around, **self._read(raws)}
        for _ in range(min(_TRIES, len(edges.probes))):
            probe = edges.probes[self._at[key] % len(edges.probes)]
            self._at[key] += 1
            drawn = {name: probe[name] for name in free if name in probe}
            if any(self.spare(raw) for raw in drawn.values()):
                continue
            if edges.outcome({**values, **self._read(drawn)}, block) is outcome:
                raws.update(drawn)
                return True
        return False

    # --- rules that count -------------------------------------------------------------

    def _copy_over_rows(self, rows: list[Row], checks: tuple[Check, ...]) -> None:
        """Let a value stand in two rows or three where OCCURS should fail."""
        for check in checks:
            for name in self._counting[check.number]:
                if name in rows[0].raws and len(rows) > 2 and self._lacks(check, Outcome.FAIL):
                    chosen = self._rng.sample(rows, self._rng.choice((2, 2, 3)))
                    self._copy([row.raws for row in chosen], name)

    def _copy_over_sheets(self, book: Book) -> None:
        for check in self.form.checks:
            for name in self._counting[check.number]:
                records = [record for record in book.of(check.sheet) if record.begun]
                if not check.group and len(records) > 1 and self._lacks(check, Outcome.FAIL):
                    chosen = self._rng.sample(records, self._rng.choice((2, len(records))))
                    self._copy([record.raws for record in chosen], name)

    def _copy(self, places: list[dict[str, Raw]], name: str) -> None:
        kind = self.form.fields[name].type
        found = [raws.get(name) for raws in places]
        wanted = [raw for raw in found if isinstance(raw, str) and not is_blank(raw) and kind and kind.read(raw) is not NA]
        if wanted:
            one = wanted[0]
            # The small form of İ is two characters: for CellRune the same text (see test_agreement).
            small = one.lower() if len(one.lower()) == len(one) else one
            for raws in places:
                raws[name] = self._rng.choice((one, one, f" {one}\u3000", small))

    def _add_up(self, rows: list[Row], checks: tuple[Check, ...]) -> None:
        """Let a column add up to a bound that some check compares it with, or to what lies beside it."""
        for check in checks:
            found = [each for each in sums(check) if each.column in rows[0].raws]
            if not found or self._rng.random() < 0.3:
                continue
            each = self._rng.choice(found)
            beside = each.beside()
            self._sums_at += 1
            total = each.bound if self._lacks(check, Outcome.PASS) else beside[self._sums_at % len(beside)]
            kept = self._rng.randrange(len(rows))
            if not self._share(rows, each.column, total, kept):
                self._share(rows, each.column, total, 0)

    def _share(self, rows: list[Row], name: str, total: float, kept: int) -> bool:
        """Let a column add up to ``total``, the first rows as they stand; False where its type does not allow that."""
        kind = self.form.fields[name].type
        assert kind is not None
        read = [kind.read(row.raws[name]) for row in rows[:kept]]
        rest = total - sum(each for each in read if isinstance(each, float))
        share = round(rest / (len(rows) - kept))
        shares = [float(share)] * (len(rows) - kept - 1)
        shares.append(round(rest - sum(shares), 9))
        if NA in read or any(kind.read(each) is NA for each in shares):
            return False
        for row, each in zip(rows[kept:], shares, strict=True):
            row.raws[name] = each
        return True
