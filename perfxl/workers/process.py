"""The side of the process: do what the pipe says, bounded and quiet, and hand faults over as data."""

from __future__ import annotations

import faulthandler
import gc
import os
import signal
import sys
import threading
import time
import traceback
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from mmap import mmap
from multiprocessing import parent_process
from multiprocessing.connection import Connection
from pathlib import Path
from typing import Any, TypeVar

from ..errors import PerfxlError

__all__ = ["NUMBER_BYTES", "READY", "guarded", "number_of", "outcome_of", "serve"]

Given = TypeVar("Given")
Result = TypeVar("Result")

READY = -1
"""In place of an item's number: the process has begun."""

NUMBER_BYTES = 8
"""Bytes in which a process writes down the number of the item in work."""

_COLLECTED = (50_000, 20, 20)
"""Objects between collections of garbage: one item makes thousands and leaves none in circles."""

_TOGETHER, _SECONDS = 32, 0.02
"""Results travel together: so many at the most, none later than this after the one before."""


@dataclass(frozen=True, slots=True)
class _Fault:
    """A fault of the user's (a code) or of a programmer's (a traceback)."""

    code: str
    file: str
    place: str
    values: dict[str, object]
    trace: str


def guarded(work: Callable[[Given], Result], item: Given) -> Result | _Fault:
    """The result of one item, or its fault as data."""
    try:
        return work(item)
    except PerfxlError as fault:
        return _Fault(fault.code, fault.file, fault.place, dict(fault.values), "")
    except MemoryError:
        raise  # the process is spent
    except Exception:
        return _Fault("", "", "", {}, traceback.format_exc())


def outcome_of(found: Any) -> Any:
    """What :func:`guarded` gave; a fault is raised."""
    if not isinstance(found, _Fault):
        return found
    if found.code:
        raise PerfxlError(found.code, file=found.file, place=found.place, **found.values)
    raise RuntimeError(f"in a worker process:\n{found.trace}")


def serve(
    pipe: Connection,
    work: Callable[[Any], Any],
    begin: Callable[..., None] | None,
    given: tuple[Any, ...],
    memory: int,
    environment: dict[str, str],
    folder: str,
    at: mmap | None,
) -> None:
    """Do what the pipe says, until it is closed; ``at`` (shared) holds the number of the item in work.

    What comes back are lists of numbers and results; of one each where nobody could tell otherwise what was in work.
    """
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    threading.Thread(target=_end_with_caller, daemon=True).start()
    os.environ.clear()  # of a server that was started long ago
    os.environ.update(environment)
    if folder:
        with suppress(OSError):
            os.chdir(folder)
    _bound(memory)
    gc.freeze()  # what a forked process has of its caller is never looked through, so that it stays shared
    gc.set_threshold(*_COLLECTED)
    _quiet()
    pipe.send([(READY, guarded(lambda _: begin(*given) if begin else None, None))])
    while True:
        try:
            batch = pipe.recv()
        except EOFError:
            return
        done: list[tuple[int, Any]] = []
        due = time.monotonic() + _SECONDS
        for number, item in batch:
            if at is not None:
                at[:] = number.to_bytes(NUMBER_BYTES, "little")
            done.append((number, guarded(work, item)))
            if at is None or len(done) >= _TOGETHER or time.monotonic() >= due:
                pipe.send(done)
                done, due = [], time.monotonic() + _SECONDS
        if done:
            pipe.send(done)


def number_of(at: mmap) -> int:
    """The number that a process has written down."""
    return int.from_bytes(at[:], "little")


def _end_with_caller() -> None:
    parent = parent_process()
    if parent is not None:
        parent.join()
        os._exit(1)


def _bound(memory: int) -> None:
    """No more address space than this, and no core file of what crashes."""
    if sys.platform == "win32":
        return
    import resource

    with suppress(ValueError, OSError):
        resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
        if memory:
            resource.setrlimit(resource.RLIMIT_AS, (memory, memory))
    if sys.platform == "linux":  # if memory runs out in spite of that, this process goes first
        with suppress(OSError):
            Path("/proc/self/oom_score_adj").write_text("500")


def _quiet() -> None:
    """What native code says when it crashes does not belong on the terminal."""
    faulthandler.disable()  # of a caller that was forked
    with suppress(OSError):
        nothing = os.open(os.devnull, os.O_WRONLY)
        os.dup2(nothing, 2)
        os.close(nothing)
