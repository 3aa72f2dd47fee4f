"""``python -m tests.benchmarks.consolidate [--files 1000]``: perfxl beside others on the same values.

Peers read the same labels and values in plain sheets without formulas, styles or helper columns:
python-calamine, openpyxl read-only, pandas, sheetio; making the consolidated workbook is measured
against openpyxl's write-only mode writing the same cells plain.  Runs are interleaved, medians told.
``--growth`` runs 250, 1 000 and 4 000 files.  Rounds are made once and kept in ``--work``.
"""

from __future__ import annotations

import argparse
import itertools
import json
import os
import platform
import shutil
import statistics
import sys
import tempfile
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path

from .generate import RETURNED, make_round, make_workbook
from .measure import Measured, run_stage
from .plain import plain_workbook
from .stage import STAGES
from .units import unit_codes, unit_of

__all__ = ["main"]

READERS = {"calamine": "python-calamine", "sheetio": "sheetio", "openpyxl": "openpyxl", "pandas": "pandas"}
GROWTH = (250, 1000, 4000)
_SEED, _OTHER_SEED = 1, 2


def prepared(count: int, work: Path) -> Path:
    """The folder with a round of so many files, the same values in plain sheets, and the round with 1 % changed."""
    folder = work / f"round-{count}"
    done = folder / "done"
    if done.exists() and _current(folder / RETURNED):
        return folder
    shutil.rmtree(folder, ignore_errors=True)
    plain, changed = folder / "plain", folder / "changed" / RETURNED
    for _ in make_round(count, folder, seed=_SEED):
        pass
    plain.mkdir()
    changed.mkdir(parents=True)
    for index, (path, code) in enumerate(zip(sorted((folder / RETURNED).iterdir()), unit_codes(count, _SEED), strict=True)):
        made = unit_of(index, code, _SEED)
        (plain / path.name).write_bytes(plain_workbook(made))
        if index % 100 == 50:
            (changed / path.name).write_bytes(make_workbook(unit_of(index, code, _OTHER_SEED)))
        else:
            os.link(path, changed / path.name)
    done.touch()
    return folder


def _current(returned: Path) -> bool:
    """The first workbook is what today's program writes."""
    made = unit_of(0, next(unit_codes(1, _SEED)), _SEED)
    return min(returned.iterdir()).read_bytes() == make_workbook(made)


def _perfxl(folder: Path, scratch: Path) -> dict[str, Measured]:
    """A first run into an empty store, a plain dump of its cells, a second run with 1 % changed."""
    store, output = scratch / "store.db", scratch / "out.xlsx"
    for path in scratch.iterdir():
        path.unlink()
    first = run_stage("first", RETURNED, folder, store, output, cwd=folder)
    dump = run_stage("dump", output)
    again = run_stage("again", RETURNED, folder, store, output, cwd=folder / "changed")
    return {"first": first, "dump": dump, "again": again}


def _median(runs: list[Measured]) -> dict[str, float]:
    names = runs[0].figures
    found = {name: statistics.median(run.figures[name] for run in runs) for name in names}
    return {**found, "peak_mb": max(run.peak_mb for run in runs)}


def measured(count: int, work: Path, *, runs: int, peers: bool) -> dict[str, dict[str, float]]:
    """Medians of every figure, by what was measured."""
    folder = prepared(count, work)
    found: dict[str, list[Measured]] = {}
    readers = [name for name, package in READERS.items() if _version(package)] if peers else ["calamine"]
    with tempfile.TemporaryDirectory(dir=work) as scratch:
        for number in range(runs):
            one = _perfxl(folder, Path(scratch))
            for name in readers:
                if number == 0 or name in ("calamine", "sheetio"):
                    one[name] = run_stage(name, folder / "plain")
            for name, each in one.items():
                found.setdefault(name, []).append(each)
            print(f"{count} files: run {number + 1} of {runs} done", file=sys.stderr, flush=True)
    return {name: _median(each) for name, each in found.items()}


def _version(package: str) -> str:
    try:
        return version(package)
    except PackageNotFoundError:
        return ""


def ratios(found: dict[str, dict[str, float]]) -> dict[str, float]:
    """What issue 7 asks for, by the clock and by the time that processors were busy (which other work disturbs less)."""
    told: dict[str, float] = {}
    for kind, stage, peer in (("", "", "seconds"), (", CPU", " cpu", "cpu")):
        first, again = found["first"], found["again"]
        read, whole = first[f"read_contents{stage}"], "seconds" if not stage else "cpu"
        told[f"read+rules+store / calamine{kind}"] = read / found["calamine"][peer]
        for name in ("sheetio", "openpyxl", "pandas"):
            if name in found:
                told[f"{name} reading / read+rules+store{kind}"] = found[name][peer] / read
        told[f"workbook / openpyxl write-only dump{kind}"] = first[f"write_workbook{stage}"] / found["dump"][peer]
        told[f"second run / first run{kind}"] = again[whole] / first[whole]
        told[f"second reading / first reading{kind}"] = again[f"read_contents{stage}"] / read
    return {name: round(value, 3) for name, value in told.items()}


def _tell(count: int, found: dict[str, dict[str, float]], told: dict[str, float]) -> None:
    print(f"\n{count} files{'':24}{'seconds':>10}{'CPU s':>10}{'ms/file':>10}{'peak MB':>10}")
    for name, figures in found.items():
        each = 1000 * figures["seconds"] / count
        print(f"  {name:32}{figures['seconds']:10.2f}{figures['cpu']:10.2f}{each:10.2f}{figures['peak_mb']:10.0f}")
        for stage in STAGES:
            if stage in figures:
                print(f"    {stage:30}{figures[stage]:10.2f}{figures[f'{stage} cpu']:10.2f}")
    for name in (name for name, package in READERS.items() if not _version(package)):
        print(f"  {name:32}not installed: pip install '.[bench]'")
    for name, value in told.items():
        print(f"  {name:48}{value:8.2f}")


def _growth(all_found: dict[int, dict[str, dict[str, float]]]) -> dict[str, float]:
    counts = sorted(all_found)
    told = {}
    for small, large in itertools.pairwise(counts):
        for name in ("first", "again"):
            one, other = all_found[small][name], all_found[large][name]
            told[f"{name} {small} -> {large}: time"] = round(other["seconds"] / one["seconds"], 2)
            told[f"{name} {small} -> {large}: memory"] = round(other["peak_mb"] / one["peak_mb"], 2)
    return told


def main(arguments: list[str] | None = None) -> int:
    """Measure, print a table, write JSON."""
    parser = argparse.ArgumentParser(prog="python -m tests.benchmarks.consolidate", description=__doc__)
    parser.add_argument("--files", type=int, default=1000)
    parser.add_argument("--growth", action="store_true", help="250, 1 000 and 4 000 files")
    parser.add_argument("--runs", type=int, default=3)
    parser.add_argument("--no-peers", action="store_true", help="only python-calamine beside perfxl")
    parser.add_argument("--work", type=Path, default=Path(tempfile.gettempdir()) / "perfxl-benchmarks")
    parser.add_argument("--json", type=Path, dest="target")
    given = parser.parse_args(arguments)
    given.work.mkdir(parents=True, exist_ok=True)
    packages = {name: _version(name) or "not installed" for name in READERS.values()}
    cores = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count()
    print(f"{cores} cores, Python {platform.python_version()}, load {os.getloadavg()[0]:.1f}, {packages}")
    found: dict[int, dict[str, dict[str, float]]] = {}
    told: dict[int, dict[str, float]] = {}
    for count in GROWTH if given.growth else (given.files,):
        peers = not given.no_peers and (count == given.files or not given.growth)
        found[count] = measured(count, given.work, runs=given.runs, peers=peers)
        told[count] = ratios(found[count])
        _tell(count, found[count], told[count])
    growth = _growth(found)
    for name, value in growth.items():
        print(f"  {name:48}{value:8.2f}")
    if given.target:
        whole: dict[str, object] = {"cores": cores, "python": platform.python_version(), "packages": packages, "seed": _SEED}
        whole |= {"measured": found, "ratios": told, "growth": growth}
        given.target.write_text(json.dumps(whole, indent=2) + "\n", "utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main())
