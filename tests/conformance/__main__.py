"""``python -m tests.conformance --books 460``: every engine, counts printed; exit 1 on a disagreement."""

from __future__ import annotations

import argparse
import sys

from perfxl.form.library import find_form
from perfxl.rules.python import Outcome
from tests.engines.recalculated import ENGINES

from .harness import run


def main() -> int:
    """Run and print; 1 if engines disagree with perfxl or a rule was exercised too little."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--books", type=int, default=460)
    parser.add_argument("--first", type=int, default=0, help="the first seed")
    parser.add_argument("--engine", choices=list(ENGINES), action="append")
    parser.add_argument("--form", action="append")
    parser.add_argument("--least", type=int, default=200, help="outcomes asked of every rule, passing and failing each")
    given = parser.parse_args()
    bad = 0
    for form_id in given.form or ["hebei-2023", "national-2021"]:
        form = find_form(form_id)
        for engine in given.engine or list(ENGINES):
            report = run(form_id, engine, range(given.first, given.first + given.books))
            print(f"--- {form_id}")
            print("\n".join(report.lines(form)), flush=True)
            for seed, each in report.found[:20]:
                print(f"    seed {seed}: {each}")
            few = [
                (check.rule, outcome.name, report.counts[check.rule, outcome])
                for check in form.checks
                for outcome in (Outcome.PASS, Outcome.FAIL)
                if report.counts[check.rule, outcome] < given.least
            ]
            for rule, name, count in sorted(set(few)):
                print(f"    too few: {rule} {name} {count}")
            bad += len(report.found) + len(few)
    return 1 if bad else 0


if __name__ == "__main__":
    sys.exit(main())
