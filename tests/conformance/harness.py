"""Run generated books through the engines and count what every rule did.

Three things must agree on every formula of every book: what the engine
calculates, what Python says check by check (perfxl caches it in the workbook),
and what the batch's quick way over a book finds.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from itertools import islice

from perfxl.form.evaluate import Failure, evaluate
from perfxl.form.library import find_form
from perfxl.form.model import Form
from perfxl.form.records import Book
from perfxl.form.screen import failures_of
from perfxl.rules.python import Outcome
from perfxl.workbook.layout import Plan
from perfxl.workbook.write import BuildOptions, build_workbook
from tests.engines.recalculated import ENGINES, Difference, differences

from .faults import SPARED
from .suite import Suite, by_rule

AS_OF = datetime(2023, 1, 1)
BATCH = 25


def built(form: Form, plan: Plan, book: Book) -> bytes:
    """The workbook of a generated book."""
    return build_workbook(form, plan, book, BuildOptions(as_of=AS_OF))


Told = tuple[int, int, int, str]


def told(failures: Sequence[Failure]) -> list[Told]:
    """What fails as plain values: check, block, slot, message; undecided outcomes left out."""
    return [
        (each.check.number, each.row.block if each.row else -1, each.row.slot if each.row else -1, each.message)
        for each in failures
        if each.outcome is Outcome.FAIL
    ]


def batch_differences(form: Form, book: Book) -> Iterator[Difference]:
    """Where the batch's quick way over a book finds other failures than its checks one by one."""
    for result, quick in zip(evaluate(form, book), failures_of(form, book), strict=True):
        plain = told(result.failures)
        if told(quick) != plain:
            record = result.record
            yield Difference(f"{record.sheet} {record.ordinal}", "batch", plain, told(quick))


@dataclass
class Report:
    """What one engine did with a number of books; a difference is told with the number of its book."""

    engine: str
    books: int = 0
    counts: Counter[tuple[str, Outcome]] = field(default_factory=Counter)
    found: list[tuple[int, Difference]] = field(default_factory=list)

    def lines(self, form: Form) -> Iterator[str]:
        """A table: rule, passed, failed, undecided."""
        yield f"{form.id}, {self.engine}: {self.books} books, {len(self.found)} differences"
        yield f"{'rule':6}{'pass':>9}{'fail':>9}{'undecided':>11}"
        for rule in sorted({check.rule for check in form.checks}):
            passed, failed, undecided = (self.counts[rule, outcome] for outcome in Outcome)
            yield f"{rule:6}{passed:9}{failed:9}{undecided:11}"


def run(form_id: str, engine: str, *, least: int = 0, books: int = 0, seed: int = 0) -> Report:
    """Draw ``books``, or until every live rule has passed and failed ``least`` times; compare every formula."""
    form = find_form(form_id)
    suite = Suite(form, seed=seed, spare=SPARED[engine])
    drawn = iter(suite)
    report = Report(engine)
    while report.books < books or suite.fewest() < least:
        batch = list(islice(drawn, min(BATCH, books - report.books) if books else BATCH))
        contents = [built(form, plan, book) for plan, book in batch]
        for (_, book), content, calculated in zip(batch, contents, ENGINES[engine](contents), strict=True):
            found = [*differences(content, calculated), *batch_differences(form, book)]
            report.found += [(report.books, each) for each in found]
            report.books += 1
    report.counts = by_rule(form, suite.counts)
    return report
