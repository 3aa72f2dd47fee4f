"""The batch's quick way over a book finds what running check by check finds."""

from __future__ import annotations

from random import Random

import pytest

from perfxl.form.evaluate import Failure, evaluate
from perfxl.form.library import find_form
from perfxl.form.model import Form
from perfxl.form.records import Book
from perfxl.form.screen import failures_of
from perfxl.rules.python import Outcome
from perfxl.workbook.layout import plan_of
from tests.conformance.books import book
from tests.conformance.harness import ARRANGED

Told = tuple[int, int, int, str]


def told(failures: list[Failure]) -> list[Told]:
    """The failures as plain values: check, block, slot, message."""
    return [
        (each.check.number, each.row.block if each.row else -1, each.row.slot if each.row else -1, each.message)
        for each in failures
        if each.outcome is Outcome.FAIL
    ]


def both(form: Form, made: Book) -> tuple[list[list[Told]], list[list[Told]]]:
    """What the quick way finds, and what the plain way finds."""
    return [told(each) for each in failures_of(form, made)], [told(each.failures) for each in evaluate(form, made)]


def generated(form: Form, seed: int) -> Book:
    """A book of nasty values, three projects."""
    return book(Random(seed), form, plan_of(form, projects=3, lead=True), ARRANGED[form.id])


@pytest.mark.parametrize("form_id", ["hebei-2023", "national-2021"])
class DescribeScreening:
    def it_finds_what_every_check_alone_finds_in_the_same_order(self, form_id: str) -> None:
        form = find_form(form_id)
        failed: set[int] = set()
        for seed in range(250):
            quick, plain = both(form, generated(form, seed))
            assert quick == plain, seed
            failed |= {number for each in plain for number, *_ in each}
        never = {f"{check.rule} {check.field}" for check in form.checks if check.number not in failed}
        assert len(never) <= 4, never
