"""``python -m tests.benchmarks.rules [--files 60]``: what becomes of a workbook once it is read, stage by stage.

Prints milliseconds of CPU per three-project workbook for: every rule of every scope (screen), the
rules that Python judges (judges), all findings (findings), rows for the store (rows) and their
insertion (insert).  Caches by text are emptied before each run, as values of other units are new.
"""

from __future__ import annotations

import argparse
import json
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

from perfxl.check.intake import submission_of
from perfxl.check.run import findings_of
from perfxl.consolidate.direct import submission_rows
from perfxl.consolidate.store import Store
from perfxl.form import judges
from perfxl.form.screen import failures_of
from perfxl.rules import functions, targets, types

from .generate import FORM, make_workbook
from .units import unit_codes, unit_of

_SEED = 1


def _forget() -> None:
    types.KNOWN_TARGETS.clear()
    for cached in (functions.check_char, targets.read_target, judges._pieces):
        cached.cache_clear()


def _milliseconds(call: Callable[[], object], files: int, runs: int) -> float:
    found = []
    for _ in range(runs):
        _forget()
        start = time.process_time()
        call()
        found.append(time.process_time() - start)
    return 1000 * min(found) / files


def measured(files: int, runs: int) -> dict[str, float]:
    """Milliseconds of CPU per file, by stage."""
    made = [unit_of(index, code, _SEED) for index, code in enumerate(unit_codes(files, _SEED))]
    read = [submission_of(make_workbook(each), f"{number}.xlsx") for number, each in enumerate(made)]
    books = [(each.book, each.places) for each in read if each.book is not None]
    rows = [submission_rows(each, "reader") for each in read]
    with tempfile.TemporaryDirectory() as folder:

        def insert() -> None:
            path = Path(folder) / "store.db"
            path.unlink(missing_ok=True)
            with Store(path) as store:
                store.insert(rows)

        stages: dict[str, Callable[[], object]] = {
            "screen": lambda: [failures_of(FORM, book) for book, _ in books],
            "judges": lambda: [
                list(judges.judge(FORM, rule, texts))
                for texts in (judges.Texts(FORM, book) for book, _ in books)
                for rule in FORM.judges
            ],
            "findings": lambda: [findings_of(FORM, book, places, "a.xlsx") for book, places in books],
            "rows": lambda: [submission_rows(each, "reader") for each in read],
            "insert": insert,
        }
        found = {name: round(_milliseconds(call, files, runs), 3) for name, call in stages.items()}
    found["findings+rows+insert"] = round(found["findings"] + found["rows"] + found["insert"], 3)
    found["findings per file"] = round(sum(len(each.findings) for each in read) / files, 2)
    begun = [len(rows) for each in read if each.book for record in each.book.projects(FORM) for rows in record.rows.values()]
    return {**found, "rows per project": round(sum(begun) / len(begun), 2)}


def main() -> int:
    """Measure and print a table and JSON."""
    parser = argparse.ArgumentParser(prog="python -m tests.benchmarks.rules", description=__doc__)
    parser.add_argument("--files", type=int, default=60)
    parser.add_argument("--runs", type=int, default=9)
    given = parser.parse_args()
    found = measured(given.files, given.runs)
    for name, value in found.items():
        print(f"{name:28}{value:9.3f}")
    print(json.dumps(found))
    return 0


if __name__ == "__main__":
    sys.exit(main())
