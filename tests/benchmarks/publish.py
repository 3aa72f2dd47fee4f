"""How fast documents are made: ``python tests/benchmarks/publish.py [--departments 300] [--tables 10] [--read 20]``.

Prints tables per second for the .docx alone and for .docx, HTML and Markdown,
where the time goes, and (``--read``) what reading the workbooks costs before it.
"""

from __future__ import annotations

import argparse
import cProfile
import pstats
import tempfile
import time
from datetime import UTC, datetime
from pathlib import Path

from perfxl.form.book_file import read_book
from perfxl.form.library import find_form
from perfxl.form.records import Book, Row, SheetRecord
from perfxl.publish.department import Department, departments_of
from perfxl.publish.run import Options, default_template, publish
from perfxl.publish.sources import read_source
from perfxl.publish.workbooks import workbook_of

ROOT = Path(__file__).resolve().parents[2]
FORM = find_form("hebei-2023")
AS_OF = datetime(2023, 1, 1, tzinfo=UTC)
STEPS = {
    "context": ("context.py", "context_of"),
    "render": ("engine.py", "render"),
    "contents": ("contents.py", "fill_contents"),
    "zip": ("docx_package.py", "write_package"),
}


def book(number: int, tables: int) -> Book:
    """The seed's lead unit under another code, with as many projects as wanted, two indicators in each level 2."""
    seed = read_book(FORM, (ROOT / "workbooks" / "657001.toml").read_text("utf-8"), "657001.toml")
    department = next(record for record in seed.sheets if record.sheet == "department")
    models = seed.of("project")
    sheets = [department]
    for ordinal in range(1, tables + 1):
        model = models[ordinal % len(models)]
        raws = {**model.raws, "code": f"13028123P{number:05d}{ordinal:06d}2", "name": f"{model.raws['name']}{ordinal}"}
        rows = [
            Row(row.block, slot, {**row.raws, "indicator": f"{row.raws['indicator']}{slot}"})
            for row in model.rows["indicators"]
            for slot in range(2)
        ]
        sheets.append(SheetRecord("project", ordinal, raws, {"indicators": rows}))
    seed.cover.raws.update(unit_code=f"{100 + number:03d}001", unit_name=f"第{number}局本级")
    return Book(seed.cover, sheets)


def run(departments: list[Department], **options: int) -> tuple[float, int, int]:
    """Seconds, tables and bytes of publishing everything."""
    start = time.perf_counter()
    made = list(publish(departments, default_template(FORM), Options(as_of=AS_OF, **options)))
    seconds = time.perf_counter() - start
    return seconds, sum(each.tables for each in made), sum(len(file) for each in made for file in each.files.values())


def shares(departments: list[Department]) -> dict[str, float]:
    """The share of each step in the time, by the profiler."""
    profile = cProfile.Profile()
    profile.runcall(run, departments, jobs=1)
    stats = pstats.Stats(profile)
    total = stats.total_tt  # type: ignore[attr-defined]
    found = dict.fromkeys(STEPS, 0.0)
    for (file, _, name), (_, _, _, cumulative, _) in stats.stats.items():  # type: ignore[attr-defined]
        for step, (where, function) in STEPS.items():
            if name == function and file.endswith(f"publish/{where}"):
                found[step] += cumulative / total
    return found


def main() -> None:
    """Run and print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--departments", type=int, default=300)
    parser.add_argument("--tables", type=int, default=10)
    parser.add_argument("--read", type=int, default=0, help="workbooks to write and read, to see what reading costs")
    given = parser.parse_args()
    books = [book(number, given.tables) for number in range(given.departments)]
    departments = departments_of(FORM, books)
    kinds = (
        ("docx, one process", {"jobs": 1}),
        ("docx, two processes", {"jobs": 2}),
        ("docx + html + markdown, two processes", {"html": True, "markdown": True, "jobs": 2}),
    )
    for label, options in kinds:
        busy = time.process_time()
        seconds, tables, size = run(departments, **options)
        busy = time.process_time() - busy
        print(f"{label}: {len(departments)} documents, {tables} tables, {seconds:.1f} s, {tables / seconds:.0f} tables/s, "
              f"{size / len(departments) / 1000:.0f} kB each; this process was busy {busy:.1f} s")
    for step, share in shares(departments[:30]).items():
        print(f"  {step}: {share:.0%}")
    if given.read:
        with tempfile.TemporaryDirectory() as folder:
            start = time.perf_counter()
            for number, each in enumerate(books[: given.read]):
                (Path(folder) / f"{number}.xlsx").write_bytes(workbook_of(FORM, each))
            written = time.perf_counter() - start
            start = time.perf_counter()
            source = read_source([Path(folder)])
            read = time.perf_counter() - start
            count = given.read * given.tables
            print(f"workbooks: written {written / given.read * 1000:.0f} ms each; read and checked "
                  f"{read / given.read * 1000:.0f} ms each, {count / read:.0f} tables/s; {len(source.left_out)} left out")


if __name__ == "__main__":
    main()
