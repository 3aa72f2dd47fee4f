"""Forms with one formula altered by one operator, bound or name, and which of them the harness catches.

A mutant is caught where an engine's outcome of the altered formula differs from
the outcome that Python has for the true one.  One workbook carries an altered
formula of every check at once: each check has its own cells, and no outcome is
read by another's formula.
"""

from __future__ import annotations

import re
import sys
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import islice

from perfxl.errors import PerfxlError
from perfxl.form.evaluate import evaluate
from perfxl.form.library import find_form, form_ids
from perfxl.form.model import Check, Form
from perfxl.form.records import Book
from perfxl.form.rules import scope_of
from perfxl.rules.analyse import Expression, Role, analyse_rule
from perfxl.rules.python import Outcome
from perfxl.workbook.layout import HEADER_ROWS, Plan
from perfxl.workbook.write import live_plan
from tests.engines.recalculated import Calculated, a1, by_ironcalc, sheets_of

from .faults import SPARED
from .harness import built
from .suite import Suite

_TOKEN = re.compile(r'"(?:[^"]|"")*"|<>|<=|>=|[A-Za-z_][A-Za-z0-9_]*|\d+(?:\.\d+)?|\S')
_OPERATORS = {
    "=": ("<>",), "<>": ("=",), ">=": (">", "<="), "<=": ("<", ">="), ">": (">=", "<"), "<": ("<=", ">"),
    "+": ("-",), "-": ("+",), "AND": ("OR",), "OR": ("AND",), "LEFT": ("RIGHT",), "RIGHT": ("LEFT",), "MIN": ("MAX",), "MAX": ("MIN",),
}  # fmt: skip
_TRIES = 3
"""Books in which the engine may catch a mutant."""
BOOKS = 440
"""As many as the harness draws for 200 outcomes of every rule."""
LEAST = 0.95


@dataclass(frozen=True)
class Mutant:
    """One altered formula."""

    check: Check
    formula: Expression

    @property
    def now(self) -> str:
        """The altered formula."""
        return self.formula.source

    def __str__(self) -> str:
        was = self.check.formula.source if self.check.formula else ""
        return f"{self.check.rule} {self.check.field}: {was} -> {self.now}"


@dataclass(frozen=True, kw_only=True)
class Equivalent:
    """Alterations that no typed value can tell: in ``rule``, ``was`` becomes one of ``now``."""

    form: str
    rule: str
    was: str
    now: tuple[str, ...]
    because: str

    def matches(self, form: Form, mutant: Mutant) -> bool:
        """``mutant`` is one of these."""
        source = mutant.check.formula.source if mutant.check.formula else ""
        altered = [source.replace(self.was, now, 1) for now in self.now]
        return (form.id, mutant.check.rule) == (self.form, self.rule) and self.was in source and mutant.now in altered


Outcomes = dict[int, set[tuple[int, int, int, Outcome]]]

EQUIVALENT = (
    Equivalent(
        form="hebei-2023",
        rule="P09",
        was="OR(BLANK(plan_mar), BLANK(plan_jun)",
        now=("OR(BLANK(plan_jun), BLANK(plan_jun)",),
        because="a blank plan_mar counts 0, and plan_jun is no percentage unless ROUND(plan_jun, 9) >= 0: the difference is not negative",
    ),
    Equivalent(
        form="hebei-2023",
        rule="P09",
        was="OR(BLANK(plan_jun), BLANK(plan_oct)",
        now=("OR(BLANK(plan_oct), BLANK(plan_oct)",),
        because="the same of plan_jun and plan_oct",
    ),
    Equivalent(
        form="hebei-2023",
        rule="P05",
        was="ROUND(budget, 6)",
        now=("ROUND(budget, 7)",),
        because="money below 1 000 lies within 5e-12 of a multiple of 1e-6 (rules.types.number_type), so both are 0 or neither is",
    ),
    Equivalent(
        form="hebei-2023",
        rule="P01",
        was="ONLY(RIGHT(code, 1)",
        now=("ONLY(RIGHT(code, 2)",),
        because="character 20 is a digit wherever ONLY(MID(code, 10, 11), digits) holds, and digits are among the characters allowed last",
    ),
    Equivalent(
        form="national-2021",
        rule="R12",
        was="ROUND(weight, 4)",
        now=("ROUND(weight, 3)", "ROUND(weight, 5)"),
        because="a weight lies within 5e-12 of a multiple of 0.01 (decimals = 2): three, four and five digits round alike",
    ),
    *(
        Equivalent(
            form="national-2021",
            rule="N06",
            was=f"ROUND(SUM(weight), 4) = {bound}",
            now=(f"ROUND(SUM(weight), 3) = {bound}", f"ROUND(SUM(weight), 5) = {bound}"),
            because="each weight lies within 5e-12 of a multiple of 0.01, and so do a few dozen of them within 1e-9",
        )
        for bound in (90, 100)
    ),
)


def is_equivalent(form: Form, mutant: Mutant) -> bool:
    """Some entry of EQUIVALENT argues that nothing can catch this mutant."""
    return any(each.matches(form, mutant) for each in EQUIVALENT)


def mutants(form: Form) -> list[Mutant]:
    """Every formula of a rule that differs in one token and still loads."""
    return [each for check in form.checks if check.formula is not None for each in _of(form, check, check.formula.source)]


def _of(form: Form, check: Check, source: str) -> Iterator[Mutant]:
    scope = scope_of(form, check.sheet, check.group, blocks=check.scope.value == "group")
    roles = {name: each.role for name, each in scope.items()}
    for match in _TOKEN.finditer(source):
        before, after = source[: match.start()], source[match.end() :]
        for others in _others(match.group(), roles):
            for other in others:
                try:
                    formula = analyse_rule(before + other + after, scope)
                except PerfxlError:
                    continue
                yield Mutant(check, formula)
                break


def _others(token: str, roles: dict[str, Role]) -> list[list[str]]:
    """What a token may be altered to; of each list the first that loads."""
    if token in _OPERATORS:
        return [[other] for other in _OPERATORS[token]]
    if token.isdigit():
        return [[str(int(token) + 1)], [str(int(token) - 1)]] if int(token) else [["1"]]
    if token in roles:
        alike = [name for name, role in roles.items() if role is roles[token]]
        at = alike.index(token)
        return [alike[at + 1 :] + alike[:at]]
    return []


def altered(form: Form, chosen: Sequence[Mutant]) -> Form:
    """The form with the mutants' formulas, at most one for each check."""
    by_number = {each.check.number: each.formula for each in chosen}
    checks = tuple(replace(check, formula=by_number.get(check.number, check.formula)) for check in form.checks)
    # The source is the key of every cache: it must differ too.
    own = form.source + "".join(f"\n# {number} {formula.source}" for number, formula in by_number.items())
    return replace(form, checks=checks, source=own)


def rounds(found: Sequence[Mutant]) -> list[list[Mutant]]:
    """Mutants in as few sets as possible, each with at most one for every check."""
    sets: list[list[Mutant]] = []
    seen: dict[int, int] = {}
    for each in found:
        at = seen.get(each.check.number, 0)
        seen[each.check.number] = at + 1
        if at == len(sets):
            sets.append([])
        sets[at].append(each)
    return sets


def states(form: Form, plan: Plan, check: Check) -> Iterator[tuple[str, str, int]]:
    """The cells with a check's outcomes: sheet, address, and which of a packed text's characters (-1: the whole)."""
    live = live_plan(form, plan)
    for ordinal in range(1, plan.counts.get(check.sheet, 1) + 1):
        sheet = live.sheet(check.sheet, ordinal)
        assert sheet is not None
        for row in sheet.layout.check_rows(check):
            if check.in_rows:
                column, digit = sheet.layout.packed, sheet.layout.digits[check.number] - 1
            else:
                column, digit = sheet.layout.singles_state[check.number], -1
            yield sheet.title, a1(row + HEADER_ROWS, sheet.column(column)), digit


def _differs(form: Form, plan: Plan, check: Check, expected: Calculated, found: Calculated) -> bool:
    for title, cell, digit in states(form, plan, check):
        was, now = expected(title, cell), found(title, cell)
        if digit >= 0:
            was, now = str(was)[digit : digit + 1], str(now)[digit : digit + 1]
        if was != now:
            return True
    return False


def _cached(content: bytes) -> Calculated:
    """What perfxl put into a workbook: Python's outcomes."""
    sheets = sheets_of(content)

    def value(title: str, cell: str) -> object:
        letters = cell.rstrip("0123456789")
        column = 0
        for letter in letters:
            column = column * 26 + ord(letter) - 64
        return sheets[title].values.get((int(cell[len(letters) :]) - 1, column - 1))

    return value  # type: ignore[return-value]


@dataclass(frozen=True, kw_only=True)
class Catch:
    """How many mutants of a form the harness caught; equivalent ones are counted apart."""

    form: str
    total: int
    equivalent: int
    missed: tuple[Mutant, ...]

    @property
    def share(self) -> float:
        """Caught of those that can be caught."""
        return 1 - len(self.missed) / (self.total - self.equivalent)

    def lines(self) -> Iterator[str]:
        """The share, then what got away."""
        able = self.total - self.equivalent
        yield (
            f"{self.form}: {self.total} altered formulas, {self.equivalent} of them equivalent; "
            f"caught {able - len(self.missed)} of {able} ({self.share:.1%})"
        )
        yield from (f"  missed {each}" for each in self.missed)


def catch(form_id: str, *, books: int, one_in: int = 1) -> Catch:
    """Try every mutant of a form, or every n-th."""
    form = find_form(form_id)
    found = mutants(form)[::one_in]
    able = [each for each in found if not is_equivalent(form, each)]
    away = tuple(missed(form, able, books))
    return Catch(form=form_id, total=len(found), equivalent=len(found) - len(able), missed=away)


def missed(form: Form, chosen: Sequence[Mutant], books: int) -> list[Mutant]:
    """The mutants that no book catches, as IronCalc calculates them.

    Python says which books may tell a mutant; the engine has to calculate those only.
    """
    drawn = list(islice(Suite(form, spare=SPARED["IronCalc"]), books))
    right = [outcomes(form, book) for _, book in drawn]
    found: list[Mutant] = []
    for each in rounds(chosen):
        wrong = altered(form, each)
        telling = _telling(wrong, each, drawn, right)
        left = list(each)
        for at in sorted({at for books in telling.values() for at in books}):
            asked = [mutant for mutant in left if at in telling[mutant.check.number]]
            if asked:
                plan, book = drawn[at]
                true = _cached(built(form, plan, book))
                (calculated,) = by_ironcalc([built(wrong, plan, book)])
                left = [mutant for mutant in left if not _differs(wrong, plan, mutant.check, true, calculated)]
        found += left
    return found


def outcomes(form: Form, book: Book) -> Outcomes:
    """What does not pass in a book, by check number: sheet, block, slot, outcome."""
    found: Outcomes = {}
    for at, result in enumerate(evaluate(form, book)):
        for failure in result.failures:
            block, slot = (failure.row.block, failure.row.slot) if failure.row else (-1, -1)
            found.setdefault(failure.check.number, set()).add((at, block, slot, failure.outcome))
    return found


def _telling(
    wrong: Form, chosen: Sequence[Mutant], drawn: Sequence[tuple[Plan, Book]], right: Sequence[Outcomes]
) -> dict[int, list[int]]:
    """By check number, the first books whose outcomes an altered formula changes."""
    telling: dict[int, list[int]] = {mutant.check.number: [] for mutant in chosen}
    for at, (_, book) in enumerate(drawn):
        wanted = [number for number, books in telling.items() if len(books) < _TRIES]
        if not wanted:
            break
        found = outcomes(wrong, book)
        for number in wanted:
            if found.get(number) != right[at].get(number):
                telling[number].append(at)
    return telling


def main() -> int:
    """``python -m tests.conformance.mutants``: every mutant of every form; 1 if too many got away."""
    enough = True
    for form_id in form_ids():
        result = catch(form_id, books=BOOKS)
        print(*result.lines(), sep="\n", flush=True)
        enough &= result.share >= LEAST
    return 0 if enough else 1


if __name__ == "__main__":
    sys.exit(main())
