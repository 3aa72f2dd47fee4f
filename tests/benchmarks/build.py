"""``python -m tests.benchmarks.build``: building unit workbooks, and how fast LibreOffice loads the largest.

Prints milliseconds per prefilled three-project workbook with its verdicts (one
core, the form already loaded), the ratio to XlsxWriter writing the same number
of plain cells, the size of a 20-project workbook, and LibreOffice's seconds to
load and recalculate it.
"""

from __future__ import annotations

import io
import json
import statistics
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

import xlsxwriter

from perfxl.demo import FORM
from perfxl.form.book_file import read_book
from perfxl.form.library import examples_folder, find_form
from perfxl.form.records import Book
from perfxl.workbook.layout import plan_of
from perfxl.workbook.write import BuildOptions, blank_date, build_workbook
from tests.engines import libreoffice
from tests.engines.recalculated import sheets_of

RUNS = 15


def _seconds(call: Callable[[], object]) -> float:
    call()
    found = []
    for _ in range(RUNS):
        start = time.process_time()
        call()
        found.append(time.process_time() - start)
    return statistics.median(found)


def _plain(cells: int) -> None:
    book = xlsxwriter.Workbook(io.BytesIO(), {"in_memory": True})
    sheet = book.add_worksheet()
    for number in range(cells):
        sheet.write_number(number // 50, number % 50, number)
    book.close()


def main() -> int:
    """Measure and print a table and JSON."""
    form = find_form(FORM)
    path = examples_folder() / "657001.toml"
    book: Book = read_book(form, path.read_text("utf-8"), path.name)
    options = BuildOptions(as_of=blank_date(form))
    plan = plan_of(form, projects=3)
    content = build_workbook(form, plan, book, options)
    cells = sum(len(sheet.values) for sheet in sheets_of(content).values())
    built = _seconds(lambda: build_workbook(form, plan, book, options))
    plain = _seconds(lambda: _plain(cells))
    large = build_workbook(form, plan_of(form, projects=20), book, options)
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder) / "large.xlsx"
        file.write_bytes(large)
        small = Path(folder) / "small.xlsx"
        small.write_bytes(build_workbook(form, plan_of(form, projects=1), None, options))
        load = libreoffice.load_seconds([small, file])[1]
    figures = {
        "build_ms": round(built * 1000, 1),
        "cells": cells,
        "plain_cells_ms": round(plain * 1000, 1),
        "ratio_to_plain_cells": round(built / plain, 2),
        "twenty_projects_kb": round(len(large) / 1000, 1),
        "libreoffice_load_and_recalculate_s": round(load, 2),
    }
    for name, figure in figures.items():
        print(f"{name:40}{figure:>10}")
    print(json.dumps(figures))
    return 0


if __name__ == "__main__":
    sys.exit(main())
