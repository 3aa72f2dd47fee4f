"""``python -m tests.benchmarks.generate N DIR``: a round of N returned workbooks, as N units would fill them.

Makes ``DIR/收回/*.xlsx`` by the real writer from the form hebei-2023, sealed for
the task, all different, three projects each, Part One where the unit leads;
``DIR/名册.xlsx`` (units and ceilings; some units' budgets differ from theirs);
``DIR/task.toml`` and its key.  The same seed gives the same bytes, and the first
1 000 of 4 000 are those of 1 000.
"""

from __future__ import annotations

import argparse
import os
import sys
import time
from collections.abc import Iterator
from concurrent.futures import ProcessPoolExecutor
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from functools import partial
from itertools import islice
from multiprocessing import get_context
from pathlib import Path

from openpyxl import Workbook

from perfxl.consolidate.keys import key_path, sealed_task, write_ring
from perfxl.consolidate.roster import PROJECT_COLUMNS, UNIT_COLUMNS, Ceiling
from perfxl.consolidate.task import Task, write_task
from perfxl.form.library import find_form
from perfxl.form.records import MICRO
from perfxl.post.names import workbook_name
from perfxl.post.prefill import roomy
from perfxl.workbook.layout import plan_of
from perfxl.workbook.seal import KeyRing, SealKey, cover_locked, seal_meta
from perfxl.workbook.write import BuildOptions, build_workbook

from .units import PROJECTS, MadeUnit, unit_codes, unit_of

__all__ = ["CLOSES", "RETURNED", "ROSTER", "TASK", "main", "make_round", "make_workbook"]

FORM = find_form("hebei-2023")
RETURNED, ROSTER, TASK = "收回", "名册.xlsx", "task.toml"
CLOSES = datetime(2022, 10, 31, 15, 59, tzinfo=UTC)
_TASK = Task(form=(FORM.id, FORM.version), year=FORM.year, round="一上", deadline="2022-10-31")
_RING = KeyRing(
    task=sealed_task(_TASK),
    keys=(SealKey(id="be5c8a01", secret=bytes(range(32)), password="benchmark", created="2022-09-01T00:00:00+00:00"),),
)
_BATCH = 20

Code = tuple[int, int, int]


def make_workbook(made: MadeUnit) -> bytes:
    """The unit's workbook, sealed and filled, saved at the unit's own time."""
    plan = roomy(plan_of(FORM, projects=PROJECTS, lead=made.unit.lead), made.book)
    locked = cover_locked(FORM)
    options = BuildOptions(
        as_of=CLOSES - timedelta(minutes=made.minutes),
        password=_RING.current.password,
        locked_on=locked,
        meta=seal_meta(_RING, FORM, plan, made.book, locked),
    )
    return build_workbook(FORM, plan, made.book, options)


def _one(folder: str, seed: int, order: tuple[int, Code]) -> tuple[str, int]:
    index, code = order
    made = unit_of(index, code, seed)
    name = workbook_name(made.unit.code, made.unit.name, FORM.year)
    content = make_workbook(made)
    (Path(folder) / name).write_bytes(content)
    return name, len(content)


def make_round(count: int, folder: Path, *, seed: int = 1, jobs: int = 0) -> Iterator[tuple[str, int]]:
    """Write everything into ``folder``; yields the name and size of each workbook when it is written."""
    returned = folder / RETURNED
    returned.mkdir(parents=True, exist_ok=True)
    orders = list(enumerate(unit_codes(count, seed)))
    (folder / TASK).write_text(write_task(_TASK), "utf-8")
    write_ring(key_path(folder / TASK), _RING)
    _roster(folder / ROSTER, orders, seed)
    one = partial(_one, str(returned), seed)
    workers = min(jobs or (os.cpu_count() or 1), max(1, count // _BATCH))
    if workers == 1:
        yield from map(one, orders)
        return
    with ProcessPoolExecutor(workers, mp_context=get_context("spawn")) as pool:
        yield from pool.map(one, orders, chunksize=_BATCH)


def _roster(path: Path, orders: list[tuple[int, Code]], seed: int) -> None:
    """Every unit and one in fifty that has not reported; one unit in forty has another ceiling than it asks for."""
    book = Workbook(write_only=True)
    units, projects = book.create_sheet("单位"), book.create_sheet("项目")
    units.append(UNIT_COLUMNS)
    projects.append(PROJECT_COLUMNS)
    for index, place in orders:
        made = unit_of(index, place, seed)
        each = made.unit
        units.append(_unit_row(made))
        for number, ceiling in enumerate(made.ceilings):
            raised = 0 if index % 40 or number else MICRO
            projects.append(_ceiling_row(replace(ceiling, amount=(ceiling.amount or 0) + raised)))
        if index % 50 == 0:
            code, name = f"{each.code[:3]}{900 + index // 50 % 99:03d}", f"{each.department}筹建处{index // 50}"
            missing = replace(each, code=code, name=name, lead=False)
            units.append(_unit_row(replace(made, unit=missing)))
    book.save(path)


def _unit_row(made: MadeUnit) -> list[str]:
    each = made.unit
    return [each.code, each.name, each.department, "是" if each.lead else "否", each.office, each.email, each.contact, each.phone]


def _ceiling_row(ceiling: Ceiling) -> list[str | float]:
    return [ceiling.unit, ceiling.code, ceiling.name, (ceiling.amount or 0) / MICRO]


def main(arguments: list[str] | None = None) -> int:
    """Make a round and print what was made."""
    parser = argparse.ArgumentParser(prog="python -m tests.benchmarks.generate", description=__doc__)
    parser.add_argument("count", metavar="N", type=int)
    parser.add_argument("folder", metavar="DIR", type=Path)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--jobs", type=int, default=0, help="processes; one per core if not given")
    given = parser.parse_args(arguments)
    start = time.perf_counter()
    sizes = [size for _, size in islice(make_round(given.count, given.folder, seed=given.seed, jobs=given.jobs), given.count)]
    seconds = time.perf_counter() - start
    mean = sum(sizes) / max(len(sizes), 1) / 1000
    print(f"{len(sizes)} workbooks, {mean:.1f} kB each, in {given.folder / RETURNED}: {seconds:.1f} s")
    return 0


if __name__ == "__main__":
    sys.exit(main())
