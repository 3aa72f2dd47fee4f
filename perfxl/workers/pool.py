"""The side of the caller: items go to processes in batches, results come back as soon as they are there.

Where the calling process has a single thread, the others are forked from it and begin at
once with all that it has imported; else (a fork would copy locks that threads hold) a server
that imports what ``work`` needs forks them.
"""

from __future__ import annotations

import os
import signal
import sys
import threading
import time
from collections import deque
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from enum import Enum
from mmap import mmap
from multiprocessing import get_all_start_methods, get_context
from multiprocessing.connection import Connection, wait
from multiprocessing.process import BaseProcess
from typing import Any, Generic, TypeVar

from ..errors import PerfxlError
from .process import NUMBER_BYTES, READY, number_of, outcome_of, serve

__all__ = ["Bounds", "Lost", "Why", "batch_size", "mapped", "unordered", "workers_for"]

Given = TypeVar("Given")
Result = TypeVar("Result")

_WORTH_IT = 40
_TICK = 0.5
_GRACE = 5.0
"""Seconds for a killed process to go; one that waits for a dead network drive is left to the system."""


class Why(Enum):
    """How an item was lost."""

    DIED = "died"
    HUNG = "hung"


@dataclass(frozen=True, slots=True, kw_only=True)
class Lost:
    """An item that twice, the second time alone in a fresh process, ended the process or ran out of time.

    ``signal`` is the name of the signal that ended it, "" if it exited by
    itself; ``seconds`` the time it had.
    """

    why: Why
    signal: str = ""
    seconds: float = 0.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Bounds:
    """What one item may cost: ``seconds`` of wall time, ``memory`` bytes of the process (0: unbounded).

    Memory is bounded where the system can do that (Linux); ``batch`` is the
    largest number of items that go to a process at a time.
    """

    seconds: float = 0.0
    memory: int = 0
    batch: int = 50


UNBOUNDED = Bounds(batch=10)


def workers_for(count: int, jobs: int = 0, *, worth: int = _WORTH_IT) -> int:
    """How many processes ``count`` items deserve; ``jobs`` 0: one per core, two at least, once there are ``worth`` items."""
    if jobs:
        return max(1, min(jobs, count))
    return max(2, _cores()) if count >= worth else 1


def batch_size(left: int, workers: int, most: int) -> int:
    """How many of the items left go to one process: less and less, so that all end at the same time."""
    return max(1, min(most, left // (2 * workers)))


def mapped(
    work: Callable[[Given], Result],
    items: Sequence[Given],
    *,
    jobs: int,
    begin: Callable[..., None] | None = None,
    given: tuple[Any, ...] = (),
    lost: Callable[[Given, Lost], Result] | None = None,
    bounds: Bounds = UNBOUNDED,
) -> Iterator[Result]:
    """``work`` over ``items`` in ``jobs`` processes (1: in this one), results in the order of items.

    See :func:`unordered` for everything else.
    """
    waiting: dict[int, Result] = {}
    following = 0
    for number, result in unordered(work, items, jobs=jobs, begin=begin, given=given, lost=lost, bounds=bounds):
        waiting[number] = result
        while following in waiting:
            yield waiting.pop(following)
            following += 1


def unordered(
    work: Callable[[Given], Result],
    items: Sequence[Given],
    *,
    jobs: int,
    begin: Callable[..., None] | None = None,
    given: tuple[Any, ...] = (),
    lost: Callable[[Given, Lost], Result] | None = None,
    again: Callable[[Given], None] | None = None,
    bounds: Bounds = UNBOUNDED,
) -> Iterator[tuple[int, Result]]:
    """Each item's number and result, as they come.

    ``begin(*given)`` runs once in each process.  ``work``, ``begin`` and all data
    must pickle if ``jobs`` is over 1.  A :class:`PerfxlError` in a process is raised
    here.  An item that twice ends its process or runs out of time is handed to
    ``lost`` (in this process); without that it is C09; ``again`` is told of items
    that are tried a second time.  When the caller stops
    (Ctrl-C, an error), no process is left behind.
    """
    if jobs <= 1:
        if begin is not None:
            begin(*given)
        for number, item in enumerate(items):
            yield number, work(item)
        return
    pool = _Pool(work, items, jobs, begin, given, bounds, again)
    try:
        for number, outcome in pool.run():
            if isinstance(outcome, Lost):
                if lost is None:
                    raise PerfxlError("C09", reason=_told(outcome))
                yield number, lost(items[number], outcome)
            else:
                yield number, outcome_of(outcome)
    finally:
        pool.end()


def _told(lost: Lost) -> str:
    return "超过时限" if lost.why is Why.HUNG else lost.signal or "自行退出"


def may_fork() -> bool:
    """No thread holds what a forked process could wait for (elsewhere than on Linux, system libraries have threads too)."""
    return sys.platform == "linux" and threading.active_count() == 1


def _cores() -> int:
    """The cores that this process may use."""
    if hasattr(os, "sched_getaffinity"):
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1


@dataclass(slots=True, eq=False)
class _Worker(Generic[Given]):
    """A process and the items it has, in its order; ``at`` is where it writes down the one in work (see :func:`serve`).

    ``since``: when it was last heard of, so that no item was begun before.
    """

    process: BaseProcess
    pipe: Connection
    at: mmap | None
    ready: bool = False
    numbers: deque[int] = field(default_factory=deque)
    alone: bool = False
    since: float = 0.0


class _Pool(Generic[Given, Result]):
    """Items go to processes in batches; every result comes back as soon as it is there."""

    def __init__(
        self,
        work: Callable[[Given], Result],
        items: Sequence[Given],
        jobs: int,
        begin: Callable[..., None] | None,
        given: tuple[Any, ...],
        bounds: Bounds,
        again: Callable[[Given], None] | None,
    ) -> None:
        self.items = items
        self.again = again
        self.jobs = min(jobs, len(items))
        self.bounds = bounds
        self.orders = (work, begin, given, bounds.memory)
        self.work = work
        self.workers: list[_Worker[Given]] = []
        self.left = deque(range(len(items)))
        self.suspects: deque[int] = deque()
        self.stillborn = 0

    def run(self) -> Iterator[tuple[int, Any]]:
        """Number and outcome of each item."""
        while True:
            self._employ()
            busy = [each for each in self.workers if each.numbers or not each.ready]
            if not busy:
                return
            found: list[tuple[int, Any]] = []
            by_pipe = {each.pipe: each for each in busy}
            for pipe in wait(list(by_pipe), _TICK):
                found += self._heard(by_pipe[pipe])  # type: ignore[index]
            found += self._overdue()
            self._employ()  # before the caller takes its time over the results
            yield from found

    def _employ(self) -> None:
        """Give every idle process something to do; start new ones while there is more to do than processes."""
        if len(self.workers) == self.jobs and all(each.numbers or not each.ready for each in self.workers):
            return
        wanted = min(self.jobs, len(self.left) + len(self.suspects) + sum(bool(each.numbers) for each in self.workers))
        while len(self.workers) < wanted:
            self.workers.append(self._start())
        for worker in [each for each in self.workers if each.ready and not each.numbers]:
            if self.suspects:
                worker.numbers, worker.alone = deque([self.suspects.popleft()]), True
            elif self.left:
                count = batch_size(len(self.left), self.jobs, self.bounds.batch)
                worker.numbers, worker.alone = deque(self.left.popleft() for _ in range(count)), False
            else:
                return
            worker.since = time.monotonic()
            with suppress(OSError):  # it has died: its pipe will tell
                worker.pipe.send([(number, self.items[number]) for number in worker.numbers])

    def _start(self) -> _Worker[Given]:
        context = self._context()
        ours, theirs = context.Pipe()
        # Shared with a forked process for nothing; others could share a file only, for which there may be no room.
        at = mmap(-1, NUMBER_BYTES) if context.get_start_method() == "fork" else None
        arguments = (theirs, *self.orders, dict(os.environ), str(_folder()), at)
        process = context.Process(target=serve, args=arguments, daemon=True)
        with _without_interrupts():
            process.start()
        theirs.close()
        return _Worker(process, ours, at, since=time.monotonic())

    def _context(self) -> Any:
        """How a process begins: forked at once, by a server (milliseconds each, once it has imported), or anew."""
        if may_fork():
            return get_context("fork")
        if "forkserver" not in get_all_start_methods():
            return get_context("spawn")
        context = get_context("forkserver")
        context.set_forkserver_preload([__name__, self.work.__module__])
        return context

    def _heard(self, worker: _Worker[Given]) -> list[tuple[int, Any]]:
        """The next thing that a process has to say."""
        try:
            found: list[tuple[int, Any]] = worker.pipe.recv()
        except (EOFError, OSError):
            return self._bury(worker, Why.DIED)
        worker.since = time.monotonic()
        if found[0][0] == READY:
            outcome_of(found[0][1])
            worker.ready = True
            self.stillborn = 0
            return []
        for _ in found:
            worker.numbers.popleft()
        return found

    def _overdue(self) -> list[tuple[int, Any]]:
        """End what has taken too long over one item."""
        found: list[tuple[int, Any]] = []
        now = time.monotonic()
        for worker in list(self.workers):
            if self.bounds.seconds and worker.numbers and now - worker.since > self.bounds.seconds and not worker.pipe.poll():
                worker.process.kill()
                found += self._bury(worker, Why.HUNG)
        return found

    def _bury(self, worker: _Worker[Given], why: Why) -> list[tuple[int, Any]]:
        """Take up what a dead process leaves; the item that it was at is tried once more alone, then given up.

        Items before that one were done, but their results died with the process: they are done again.
        """
        self.workers.remove(worker)
        worker.process.join(_GRACE)
        worker.pipe.close()
        if not worker.ready:
            self.stillborn += 1
            if self.stillborn > self.jobs:
                raise PerfxlError("C09", reason=f"处理进程不能启动（退出码 {worker.process.exitcode}）")
        if not worker.numbers:
            return []
        if worker.alone:
            name = _signal_name(worker.process.exitcode)
            return [(worker.numbers[0], Lost(why=why, signal=name, seconds=self.bounds.seconds))]
        suspect = number_of(worker.at) if worker.at else worker.numbers[0]
        if suspect not in worker.numbers:
            suspect = worker.numbers[0]
        worker.numbers.remove(suspect)
        self.suspects.append(suspect)
        if self.again is not None:
            self.again(self.items[suspect])
        self.left.extendleft(reversed(worker.numbers))
        return []

    def end(self) -> None:
        """Leave no process behind."""
        for worker in self.workers:
            worker.process.kill()
        for worker in self.workers:
            worker.process.join(_GRACE)
            worker.pipe.close()
        self.workers.clear()


def _signal_name(code: int | None) -> str:
    if code is None or code >= 0:
        return ""
    with suppress(ValueError):
        return signal.Signals(-code).name
    return str(-code)


def _folder() -> str:
    try:
        return os.getcwd()  # noqa: PTH109 - the path itself, nothing is done with it
    except OSError:
        return ""


@contextmanager
def _without_interrupts() -> Iterator[None]:
    """Processes started meanwhile never see Ctrl-C: it is the caller's to end them."""
    if not hasattr(signal, "pthread_sigmask"):
        yield
        return
    before = signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGINT})
    try:
        yield
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, before)
