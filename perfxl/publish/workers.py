"""The same work in several processes: documents of many departments, workbooks of many units."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor
from concurrent.futures.process import BrokenProcessPool
from multiprocessing import get_context
from typing import Any, TypeVar

from ..errors import PerfxlError

__all__ = ["mapped", "workers_for"]

Given = TypeVar("Given")
Result = TypeVar("Result")
Outcome = tuple[Any, tuple[str, str, str, dict[str, object]] | None]

_WORTH_IT = 40
_BATCH = 10


def workers_for(count: int, jobs: int = 0) -> int:
    """How many processes ``count`` pieces of work deserve; ``jobs`` 0: one per core once it is worth starting them."""
    if jobs:
        return max(1, min(jobs, count))
    return (os.cpu_count() or 1) if count >= _WORTH_IT else 1


def mapped(
    work: Callable[[Given], Result],
    items: Sequence[Given],
    *,
    jobs: int,
    begin: Callable[..., None] | None = None,
    given: tuple[Any, ...] = (),
) -> Iterator[Result]:
    """``work`` over ``items``, in order, in ``jobs`` processes (1: in this one).

    ``begin(*given)`` runs once in each.  A :class:`PerfxlError` in a process is
    raised here.  If a process dies, what is left is done in this one.
    """
    done = 0
    if jobs > 1:
        # Not forked: a progress bar's thread is running.
        with ProcessPoolExecutor(jobs, mp_context=get_context("spawn"), initializer=begin, initargs=given) as pool:
            try:
                for result, fault in pool.map(_Guarded(work), items, chunksize=_BATCH):
                    if fault is not None:
                        pool.shutdown(cancel_futures=True)
                        code, file, place, values = fault
                        raise PerfxlError(code, file=file, place=place, **values)
                    yield result
                    done += 1
            except BrokenProcessPool:
                pass
            else:
                return
    if begin is not None:
        begin(*given)
    for item in items[done:]:
        yield work(item)


class _Guarded:
    """Carries a fault of the user's over to the other process as data: exceptions with keywords do not pickle."""

    def __init__(self, work: Callable[[Any], Any]) -> None:
        self.work = work

    def __call__(self, item: Any) -> Outcome:
        try:
            return self.work(item), None
        except PerfxlError as fault:
            return None, (fault.code, fault.file, fault.place, dict(fault.values))
