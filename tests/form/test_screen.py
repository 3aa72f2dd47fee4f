"""The batch's quick way over a book finds what running check by check finds."""

from __future__ import annotations

from itertools import islice

import pytest

from perfxl.form.library import find_form
from perfxl.form.screen import failures_of
from tests.conformance.harness import batch_differences
from tests.conformance.suite import Suite


@pytest.mark.parametrize("form_id", ["hebei-2023", "national-2021"])
class DescribeScreening:
    def it_finds_what_every_check_alone_finds_in_the_same_order(self, form_id: str) -> None:
        form = find_form(form_id)
        failed: set[int] = set()
        for _, made in islice(Suite(form), 150):
            assert list(batch_differences(form, made)) == []
            failed |= {failure.check.number for failures in failures_of(form, made) for failure in failures}
        assert {f"{check.rule} {check.field}" for check in form.checks if check.number not in failed} == set()
