"""``python -m tests.conformance --least 200``: every engine, counts printed; exit 1 on a disagreement."""

from __future__ import annotations

import argparse
import sys
import time

from perfxl.form.library import find_form, form_ids
from tests.engines.recalculated import ENGINES

from .harness import run


def main() -> int:
    """Run and print; 1 if an engine disagrees with perfxl."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--least", type=int, default=200, help="outcomes asked of every live rule, passing and failing each")
    parser.add_argument("--seed", type=int, default=0, help="draws other books")
    parser.add_argument("--engine", choices=list(ENGINES), action="append")
    parser.add_argument("--form", choices=form_ids(), action="append")
    given = parser.parse_args()
    bad = 0
    for form_id in given.form or form_ids():
        for engine in given.engine or list(ENGINES):
            start = time.perf_counter()
            report = run(form_id, engine, least=given.least, seed=given.seed)
            print("\n".join(report.lines(find_form(form_id))))
            for book, each in report.found[:20]:
                print(f"    book {book}: {each}")
            print(f"    {time.perf_counter() - start:.0f} s", flush=True)
            bad += len(report.found)
    return 1 if bad else 0


if __name__ == "__main__":
    sys.exit(main())
