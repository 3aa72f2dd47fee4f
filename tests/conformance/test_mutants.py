"""The harness itself is tested: live formulas altered by one operator, bound or name are caught."""

from __future__ import annotations

from itertools import islice

import pytest

from perfxl.form.library import find_form, form_ids

from .mutants import BOOKS, EQUIVALENT, LEAST, Mutant, altered, catch, is_equivalent, mutants, outcomes, rounds
from .suite import Suite


class DescribeMutants:
    def it_catches_a_sample_of_altered_formulas(self) -> None:
        result = catch("hebei-2023", books=200, one_in=12)
        print(*result.lines(), sep="\n")
        assert result.total >= 18
        assert result.share >= LEAST

    @pytest.mark.long
    @pytest.mark.parametrize("form_id", form_ids())
    def it_catches_95_percent_of_all_altered_formulas(self, form_id: str) -> None:
        result = catch(form_id, books=BOOKS)
        print(*result.lines(), sep="\n")
        assert result.total >= 100
        assert result.share >= LEAST


class DescribeEquivalentMutants:
    @pytest.mark.parametrize("form_id", form_ids())
    def it_finds_no_book_that_tells_one(self, form_id: str) -> None:
        form = find_form(form_id)
        listed = [mutant for mutant in mutants(form) if is_equivalent(form, mutant)]
        assert len(listed) == sum(len(each.now) for each in EQUIVALENT if each.form == form_id)
        books = [book for _, book in islice(Suite(form), 80)]
        right = [outcomes(form, book) for book in books]
        told: list[Mutant] = []
        for each in rounds(listed):
            wrong = altered(form, each)
            for book, true in zip(books, right, strict=True):
                found = outcomes(wrong, book)
                told += [mutant for mutant in each if found.get(mutant.check.number) != true.get(mutant.check.number)]
        assert told == []
