"""Run a command, and see what it and all its children hold in memory while it runs.

Memory is PSS (/proc/PID/smaps_rollup): pages that processes share count once in all.
Linux only; elsewhere memory is told as 0.
"""

from __future__ import annotations

import contextlib
import json
import subprocess
import sys
import threading
from dataclasses import dataclass
from pathlib import Path

__all__ = ["Measured", "run_stage"]

_EVERY_SECONDS = 0.1
_PROC = Path("/proc")


@dataclass(frozen=True, slots=True)
class Measured:
    """What a child printed (JSON of figures) and the peak memory of it and its children, in MB."""

    figures: dict[str, float]
    peak_mb: float


def run_stage(stage: str, *arguments: object, cwd: Path | None = None) -> Measured:
    """Run ``python -m tests.benchmarks.stage STAGE …``; RuntimeError with its words if it fails."""
    root = Path(__file__).resolve().parents[2]
    code = f"import sys; sys.path.insert(0, {str(root)!r}); from tests.benchmarks.stage import main; sys.exit(main())"
    command = [sys.executable, "-c", code, stage, *map(str, arguments)]
    process = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, cwd=cwd, text=True)
    peak, done = [0.0], threading.Event()

    def watch() -> None:
        while not done.wait(_EVERY_SECONDS):
            peak[0] = max(peak[0], sum(map(_pss, _tree(process.pid))))

    watcher = threading.Thread(target=watch, daemon=True)
    watcher.start()
    said, faults = process.communicate()
    done.set()
    watcher.join()
    if process.returncode:
        raise RuntimeError(f"{stage} {arguments}: {faults or said}")
    return Measured(json.loads(said.strip().splitlines()[-1]), peak[0])


def _tree(root: int) -> list[int]:
    found, at = [root], 0
    while at < len(found):
        pid = found[at]
        at += 1
        with contextlib.suppress(OSError):
            for thread in (_PROC / str(pid) / "task").iterdir():
                found += [int(child) for child in (thread / "children").read_text().split()]
    return found


def _pss(pid: int) -> float:
    with contextlib.suppress(OSError, ValueError):
        for line in (_PROC / str(pid) / "smaps_rollup").read_text().splitlines():
            if line.startswith("Pss:"):
                return int(line.split()[1]) / 1024
    return 0.0
