"""The harness itself is tested: live formulas altered by one operator, bound or name are caught."""

from __future__ import annotations

from random import Random

import pytest

from perfxl.form.library import find_form
from tests.engines.recalculated import by_ironcalc, differences

from .harness import built, generated, small_plan
from .mutants import mutants

FORMS = ("hebei-2023", "national-2021")


def caught(form_id: str, share: float, books: int) -> tuple[int, int, list[str]]:
    """How many mutants of a form the harness catches: (caught, all, those that got away)."""
    form = find_form(form_id)
    plan = small_plan(form)
    made = [generated(form, plan, seed, "IronCalc") for seed in range(books)]
    originals = [built(form, plan, book) for book in made]
    chosen = [mutant for mutant in mutants(form) if Random(mutant.now).random() < share]
    missed: list[str] = []
    for mutant in chosen:
        for book, original in zip(made, originals, strict=True):
            (calculated,) = by_ironcalc([built(mutant.form, plan, book)])
            if next(differences(original, calculated), None) is not None:
                break
        else:
            missed.append(f"{mutant.rule}: {mutant.was} -> {mutant.now}")
    return len(chosen) - len(missed), len(chosen), missed


class DescribeMutants:
    def it_catches_a_sample_of_altered_formulas(self) -> None:
        found, total, missed = caught("hebei-2023", 0.08, 14)
        print(f"mutants caught: {found} of {total} ({found / total:.1%})", *missed, sep="\n  ")
        assert found / total >= 0.95

    @pytest.mark.long
    @pytest.mark.parametrize("form_id", FORMS)
    def it_catches_95_percent_of_all_altered_formulas(self, form_id: str) -> None:
        found, total, missed = caught(form_id, 1.0, 60)
        print(f"{form_id}: mutants caught: {found} of {total} ({found / total:.1%})", *missed, sep="\n  ")
        assert found / total >= 0.95
