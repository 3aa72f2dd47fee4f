"""Work for the tests' processes: some of it ends the process that does it."""

from __future__ import annotations

import os
import signal
import time
from dataclasses import dataclass
from pathlib import Path

from perfxl.errors import PerfxlError


def doubled(number: int) -> int:
    return number * 2


def faulty(number: int) -> int:
    if number == 7:
        raise PerfxlError("C01", file="a.toml", path="b.xlsx")
    return number


def broken(number: int) -> int:
    return 1 // (number - 7)


def greedy(number: int) -> int:
    return len(bytearray(2 << 30)) if number == 7 else number


def where(_: int) -> tuple[str, str]:
    return os.environ["PERFXL_TEST_WORD"], str(Path.cwd())


@dataclass(frozen=True)
class Deadly:
    """Doubles; ``killers`` end the process in various ways, ``once`` do so one time only (a file remembers)."""

    killers: frozenset[int]
    once: Path | None = None

    def __call__(self, number: int) -> int:
        if number in self.killers and not self._spared(number):
            if number % 3 == 0:
                os.kill(os.getpid(), signal.SIGKILL)
            elif number % 3 == 1:
                os.abort()
            os._exit(3)
        return number * 2

    def _spared(self, number: int) -> bool:
        if self.once is None:
            return False
        mark = self.once / str(number)
        if mark.exists():
            return True
        mark.touch()
        return False


@dataclass(frozen=True)
class Blocked:
    """Waits for ever at some numbers, reading a named pipe that nobody writes to."""

    pipe: Path
    at: frozenset[int]

    def __call__(self, number: int) -> int:
        if number in self.at:
            self.pipe.read_bytes()
        return number


@dataclass(frozen=True)
class Slow:
    """Says which process it is, then takes its time."""

    folder: Path

    def __call__(self, number: int) -> int:
        (self.folder / str(os.getpid())).touch()
        time.sleep(0.02)
        return number
