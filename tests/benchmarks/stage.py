"""One measured thing in a process of its own; prints a line of JSON with seconds and figures.

``first`` and ``again``: the whole command, its stages timed where it calls them.  The others
are peers, which only read (or, ``dump``, only write); imports are not counted for anyone.
"""

from __future__ import annotations

import json
import os
import resource
import sys
import time
from collections.abc import Callable, Iterable, Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

__all__ = ["main"]

STAGES = ("gather", "read_contents", "dataset_of", "record_run", "write_workbook")
"""The functions of perfxl.consolidate.run that make up a consolidation."""


def _cpu() -> float:
    used = (resource.getrusage(each) for each in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN))
    return sum(each.ru_utime + each.ru_stime for each in used)


def _timed(figures: dict[str, float], name: str, call: Callable[..., Any]) -> Callable[..., Any]:
    def timed(*arguments: Any, **named: Any) -> Any:
        start, busy = time.perf_counter(), _cpu()
        try:
            return call(*arguments, **named)
        finally:
            figures[name] = figures.get(name, 0.0) + time.perf_counter() - start
            figures[f"{name} cpu"] = figures.get(f"{name} cpu", 0.0) + _cpu() - busy

    return timed


def _perfxl(returned: Path, beside: Path, store: Path, output: Path) -> dict[str, float]:
    from perfxl.consolidate import run
    from perfxl.consolidate.keys import find_ring
    from perfxl.consolidate.roster import read_roster
    from perfxl.consolidate.task import load_task

    figures: dict[str, float] = {}
    for name in STAGES:
        if hasattr(run, name):
            setattr(run, name, _timed(figures, name, getattr(run, name)))
    task = load_task(beside / "task.toml")
    roster = read_roster((beside / "名册.xlsx").read_bytes(), "名册.xlsx")
    part = run.Round(store=store, task=task, roster=roster, keys=find_ring(beside / "task.toml", task))
    start, busy = time.perf_counter(), _cpu()
    as_of, every_core = datetime(2022, 11, 1, tzinfo=UTC), 0  # as the command does it
    summary = run.consolidate_files([returned], output, as_of=as_of, part=part, jobs=every_core)
    figures["seconds"], figures["cpu"] = time.perf_counter() - start, _cpu() - busy
    return {**figures, "files": summary.files, "opened": summary.opened, "output_mb": output.stat().st_size / 1e6}


Rows = list[list[object]]


def _reading(returned: Path, read: Callable[[str], Iterable[Rows]]) -> dict[str, float]:
    """Read every sheet of every file into lists; ``cells`` are those of the last file that hold something (NaN does not)."""
    paths = sorted(map(str, returned.iterdir()))
    for _ in read(paths[0]):
        pass
    start, busy = time.perf_counter(), _cpu()
    for path in paths:
        sheets = list(read(path))
    seconds, busy = time.perf_counter() - start, _cpu() - busy
    cells = sum(value not in (None, "") and value == value for rows in sheets for row in rows for value in row)
    return {"seconds": seconds, "cpu": busy, "files": len(paths), "cells": cells}


def _calamine(returned: Path) -> dict[str, float]:
    from python_calamine import CalamineWorkbook

    def read(path: str) -> Iterator[Rows]:
        with CalamineWorkbook.from_path(path) as book:
            for name in book.sheet_names:
                yield book.get_sheet_by_name(name).to_python()

    return _reading(returned, read)


def _openpyxl(returned: Path) -> dict[str, float]:
    from openpyxl import load_workbook

    def read(path: str) -> Iterator[Rows]:
        book = load_workbook(path, read_only=True, data_only=True)
        for sheet in book:
            yield [list(row) for row in sheet.iter_rows(values_only=True)]
        book.close()

    return _reading(returned, read)


def _pandas(returned: Path) -> dict[str, float]:
    import pandas

    def read(path: str) -> Iterator[Rows]:
        for frame in pandas.read_excel(path, sheet_name=None, header=None).values():
            yield frame.values.tolist()

    return _reading(returned, read)


def _sheetio(returned: Path) -> dict[str, float]:
    import sheetio

    from .plain import sheetio_config

    config, paths = sheetio_config(), sorted(map(str, returned.iterdir()))
    start, busy = time.perf_counter(), _cpu()
    found = json.loads(sheetio.excel_extract(paths, config, os.cpu_count() or 1))
    seconds, busy = time.perf_counter() - start, _cpu() - busy
    return {"seconds": seconds, "cpu": busy, "files": len(paths), "cells": _leaves(found) / len(paths)}


def _leaves(found: object) -> int:
    if isinstance(found, dict):
        return sum(map(_leaves, found.values()))
    if isinstance(found, list):
        return sum(map(_leaves, found))
    return int(found not in (None, ""))


def _dump(output: Path) -> dict[str, float]:
    """The cells of a consolidated workbook written once more, plain, by openpyxl's write-only mode."""
    from openpyxl import Workbook
    from python_calamine import CalamineWorkbook

    source = CalamineWorkbook.from_path(str(output))
    sheets = {name: source.get_sheet_by_name(name).to_python(skip_empty_area=False) for name in source.sheet_names}
    start, busy = time.perf_counter(), _cpu()
    book = Workbook(write_only=True)
    for name, rows in sheets.items():
        sheet = book.create_sheet(name)
        for row in rows:
            sheet.append([None if value == "" else value for value in row])
    target = output.with_suffix(".dump.xlsx")
    book.save(target)
    seconds, busy = time.perf_counter() - start, _cpu() - busy
    target.unlink()
    cells = sum(value != "" for rows in sheets.values() for row in rows for value in row)
    return {"seconds": seconds, "cpu": busy, "cells": cells}


_KINDS: dict[str, Callable[..., dict[str, float]]] = {
    "first": _perfxl,
    "again": _perfxl,
    "calamine": _calamine,
    "openpyxl": _openpyxl,
    "pandas": _pandas,
    "sheetio": _sheetio,
    "dump": _dump,
}


def main() -> int:
    """Measure what the arguments say."""
    stage, *paths = sys.argv[1:]
    print(json.dumps(_KINDS[stage](*map(Path, paths))))
    return 0
