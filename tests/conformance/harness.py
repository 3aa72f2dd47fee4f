"""Run generated books through the engines and count what every rule did."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from random import Random

from perfxl.form.evaluate import evaluate
from perfxl.form.library import find_form
from perfxl.form.model import Form, Scope
from perfxl.form.records import Book
from perfxl.rules.python import Outcome
from perfxl.workbook.layout import Plan, plan_of
from perfxl.workbook.write import BuildOptions, build_workbook
from tests.engines.recalculated import ENGINES, Difference, differences

from . import books
from .faults import SPARED

AS_OF = datetime(2023, 1, 1)
ARRANGED = {"hebei-2023": books.arrange_hebei, "national-2021": books.arrange_national}
BATCH = 25


def small_plan(form: Form) -> Plan:
    """Few slots and two projects: many outcomes a second."""
    return plan_of(form, projects=5, slots=dict.fromkeys(form.groups, 2 if len(form.groups) > 1 else 1))


def generated(form: Form, plan: Plan, seed: int, engine: str) -> Book:
    """One book, the same for the same seed; values that trip the engine's own faults are spared."""
    return books.book(Random(seed), form, plan, ARRANGED[form.id], SPARED[engine])


def built(form: Form, plan: Plan, book: Book) -> bytes:
    """The workbook of a generated book."""
    return build_workbook(form, plan, book, BuildOptions(as_of=AS_OF))


def outcomes(form: Form, book: Book) -> Counter[tuple[str, Outcome]]:
    """How often each live rule passed, failed or was undecided, on begun rows and sheets."""
    found: Counter[tuple[str, Outcome]] = Counter()
    for result in evaluate(form, book):
        record = result.record
        sheet = form.sheets.get(record.sheet)
        if sheet is not None and sheet.repeats and not record.begun:
            continue
        for check in form.checks_of[record.sheet]:
            places = 1
            if check.scope is Scope.ROW:
                places = len(record.rows.get(check.group, ()))
            elif check.scope is Scope.GROUP:
                places = len(form.groups[check.group].blocks)
            wrong = Counter(each.outcome for each in result.failures if each.check is check)
            found.update({(check.rule, outcome): count for outcome, count in wrong.items()})
            found[check.rule, Outcome.PASS] += places - wrong.total()
    return found


@dataclass
class Report:
    """What one engine did with a number of books."""

    engine: str
    books: int = 0
    formulas: int = 0
    counts: Counter[tuple[str, Outcome]] = field(default_factory=Counter)
    found: list[tuple[int, Difference]] = field(default_factory=list)

    def lines(self, form: Form) -> Iterator[str]:
        """A table: rule, passed, failed, undecided."""
        yield f"{self.engine}: {self.books} books, {len(self.found)} differences"
        yield f"{'rule':6}{'pass':>9}{'fail':>9}{'undecided':>11}"
        for rule in sorted({check.rule for check in form.checks}):
            passed, failed, undecided = (self.counts[rule, outcome] for outcome in Outcome)
            yield f"{rule:6}{passed:9}{failed:9}{undecided:11}"


def run(form_id: str, engine: str, seeds: Sequence[int]) -> Report:
    """Build a book per seed, let the engine calculate, compare every formula."""
    form = find_form(form_id)
    plan = small_plan(form)
    report = Report(engine)
    for start in range(0, len(seeds), BATCH):
        batch = seeds[start : start + BATCH]
        made = [generated(form, plan, seed, engine) for seed in batch]
        contents = [built(form, plan, book) for book in made]
        for seed, book, content, calculated in zip(batch, made, contents, ENGINES[engine](contents), strict=True):
            report.books += 1
            report.counts += outcomes(form, book)
            report.found += [(seed, each) for each in differences(content, calculated)]
    return report
