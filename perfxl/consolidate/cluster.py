"""The same batches on an existing Dask cluster (extra ``cluster``): many machines read, this one keeps the store.

Files are read where the workers see them under the same path with the same
content (a shared folder); otherwise their bytes travel inside the tasks.  The
workers must have this perfxl with the same forms.  A worker that is lost takes
nothing along: Dask does its batch again elsewhere; a batch that keeps on ending
workers is split until the file is found.
"""

from __future__ import annotations

import hashlib
import time
import warnings
from asyncio import CancelledError
from collections import deque
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, TypeVar

from ..errors import PerfxlError
from ..workbook.container import Refusal
from ..workers import Bounds, Lost, Why, batch_size, guarded, outcome_of
from .archives import Span
from .files import Found, bytes_of

__all__ = ["on_cluster"]

Result = TypeVar("Result")

_ENDED = ("KilledWorker", "MemoryError")
_LOST = ("CancelledError", "FutureCancelledError", "FuturesCancelledError", "TimeoutError", "CommClosedError")
"""How Dask says that a batch ended its workers, and that a worker took a result along."""

_TRIES = 4

_MOST_BATCH, _MOST_BYTES = 100, 8_000_000
"""Files and bytes of one task: a task costs Dask some 2 ms, and large ones fill the scheduler's memory."""

_TICK = 0.5
_CONNECT_SECONDS = 15.0
_PATIENCE = 60.0
"""Seconds to wait for workers when there are none."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Parcel:
    """A file on its way to another machine: its path there, the size it must have, or its bytes."""

    number: int
    path: str
    shown: str
    inside: tuple[Span, ...]
    fault: str
    size: int
    data: bytes | None = None

    def found(self) -> Found:
        """The file as this machine knows it."""
        return Found(path=Path(self.path), shown=self.shown, inside=self.inside, fault=self.fault, data=self.data)


class _Missing:
    """What a worker answers that does not see a file."""


def on_cluster(
    address: str,
    work: Callable[[Found], Result],
    files: Sequence[Found],
    *,
    mark: Callable[[], str],
    lost: Callable[[Found, Lost], Result],
    bounds: Bounds,
) -> Iterator[tuple[int, Result]]:
    """Number and result of each file, as they come; like :func:`~perfxl.workers.unordered`.

    ``mark()`` must say the same on every worker as here.  Raises S60 without
    dask.distributed, S61 where no cluster answers, S62 for one without workers,
    S63 where its workers have another perfxl.
    """
    try:
        from distributed import Client
    except ImportError:
        raise PerfxlError("S60") from None
    try:
        client: Any = Client(address, timeout=_CONNECT_SECONDS)  # type: ignore[no-untyped-call]
    except ValueError:
        raise PerfxlError("S61", address=address, reason="地址写法不对") from None
    except OSError:
        raise PerfxlError("S61", address=address, reason="没有应答") from None
    try:
        with client:
            yield from _Run(client, address, work, files, lost, bounds).each(mark)
    except OSError:  # the scheduler has gone
        raise PerfxlError("S61", address=address, reason="连接中断") from None


class _Run:
    """One pass over files."""

    def __init__(
        self,
        client: Any,
        address: str,
        work: Callable[[Found], Result],
        files: Sequence[Found],
        lost: Callable[[Found, Lost], Result],
        bounds: Bounds,
    ) -> None:
        self.client = client
        self.address = address
        self.work = work
        self.files = files
        self.lost = lost
        self.bounds = bounds
        self.left = deque(range(len(files)))
        self.again: deque[tuple[int, ...]] = deque()
        """Batches to do once more, smaller than they were."""
        self.sent: set[int] = set()
        """Files that some worker did not see: their bytes go along."""
        self.busy: dict[Any, tuple[tuple[int, ...], float]] = {}
        self.tries: dict[tuple[int, ...], int] = {}
        self.idle_since = time.monotonic()

    def each(self, mark: Callable[[], str]) -> Iterator[tuple[int, Any]]:
        from distributed import wait

        self._wait_for_workers()
        self._same_program(mark)
        if not self._shared():
            self.sent.update(range(len(self.files)))
        try:
            while self.left or self.again or self.busy:
                yield from self._submit()
                if self.busy:
                    for future in self._done(wait):
                        yield from self._take(future)
                    yield from self._overdue()
        finally:
            self.client.cancel(list(self.busy))

    def _done(self, wait: Any) -> list[Any]:
        try:
            return list(wait(list(self.busy), timeout=_TICK, return_when="FIRST_COMPLETED").done)
        except TimeoutError:
            return []

    # --- before the first batch -----------------------------------------------------------

    def _threads(self) -> int:
        return sum(self.client.nthreads().values())

    def _wait_for_workers(self) -> None:
        deadline = time.monotonic() + _PATIENCE
        while not self._threads():
            if time.monotonic() > deadline:
                raise PerfxlError("S62", address=self.address)
            time.sleep(_TICK)

    def _same_program(self, mark: Callable[[], str]) -> None:
        try:
            found = self.client.run(mark, on_error="return")
        except Exception as fault:  # whatever a worker says that cannot even load the function
            raise PerfxlError("S63", worker=self.address, reason=type(fault).__name__) from None
        mine = mark()
        for worker, theirs in found.items():
            if theirs != mine:
                why = "程序或表样版本不同" if isinstance(theirs, str) else type(theirs).__name__
                raise PerfxlError("S63", worker=worker, reason=why)

    def _shared(self) -> bool:
        """Every worker sees the first and the last file with the same content."""
        for found in (self.files[0], self.files[-1]) if self.files else ():
            seen = self.client.run(_hash, str(found.path.absolute()), on_error="return")
            mine = _hash(str(found.path.absolute()))
            if not mine or any(each != mine for each in seen.values()):
                return False
        return True

    # --- batches ---------------------------------------------------------------------------

    def _submit(self) -> Iterator[tuple[int, Any]]:
        threads = self._threads()
        now = time.monotonic()
        if threads:
            self.idle_since = now
        elif now - self.idle_since > _PATIENCE:
            raise PerfxlError("S62", address=self.address)
        while (self.left or self.again) and len(self.busy) < threads + 1:
            numbers = self._next(threads)
            parcels: list[Parcel] = []
            for number in numbers:
                try:
                    parcels.append(self._parcel(number))
                except Refusal:  # no bytes to send: told here, as reading here would
                    yield number, self.work(self.files[number])
            if parcels:
                with warnings.catch_warnings():
                    warnings.filterwarnings("ignore", message="Sending large graph")  # one large file
                    future = self.client.submit(_read_batch, self.work, parcels, pure=False)
                self.busy[future] = tuple(each.number for each in parcels), now

    def _next(self, threads: int) -> tuple[int, ...]:
        if self.again:
            return self.again.popleft()
        count = batch_size(len(self.left), threads, _MOST_BATCH)
        numbers: list[int] = []
        size = 0
        while self.left and len(numbers) < count and size < _MOST_BYTES:
            number = self.left.popleft()
            numbers.append(number)
            size += _size(self.files[number]) if number in self.sent else 0
        return tuple(numbers)

    def _parcel(self, number: int) -> Parcel:
        found = self.files[number]
        data = bytes_of(found) if number in self.sent else None
        return Parcel(
            number=number,
            path=str(found.path.absolute()),
            shown=found.shown,
            inside=found.inside,
            fault=found.fault,
            size=_size(found),
            data=data,
        )

    def _take(self, future: Any) -> Iterator[tuple[int, Any]]:
        numbers, _ = self.busy.pop(future)
        try:
            outcomes = future.result(timeout=_CONNECT_SECONDS)
        except (Exception, CancelledError) as fault:
            yield from self._failed(numbers, fault)
            return
        for number, outcome in zip(numbers, outcomes, strict=True):
            if isinstance(outcome, _Missing):
                self.sent.add(number)
                self.left.append(number)
            else:
                yield number, outcome_of(outcome)
        future.release()

    def _failed(self, numbers: tuple[int, ...], fault: BaseException) -> Iterator[tuple[int, Any]]:
        """A batch that ends workers is split; one whose result was lost with its worker is done again."""
        kind = type(fault).__name__
        if kind not in _ENDED and kind not in _LOST:
            raise RuntimeError(f"on the cluster: {fault!r}") from fault
        self.tries[numbers] = self.tries.get(numbers, 0) + 1
        if kind in _ENDED or self.tries[numbers] > _TRIES:
            yield from self._split(numbers, Why.DIED)
        else:
            self.again.append(numbers)

    def _overdue(self) -> Iterator[tuple[int, Any]]:
        now = time.monotonic()
        for future, (numbers, since) in list(self.busy.items()):
            if self.bounds.seconds and now - since > self.bounds.seconds * (len(numbers) + 2):
                del self.busy[future]
                self.client.cancel([future], force=True)
                yield from self._split(numbers, Why.HUNG)

    def _split(self, numbers: tuple[int, ...], why: Why) -> Iterator[tuple[int, Any]]:
        if len(numbers) == 1:
            yield numbers[0], self.lost(self.files[numbers[0]], Lost(why=why, seconds=self.bounds.seconds))
            return
        half = len(numbers) // 2
        self.again += (numbers[:half], numbers[half:])


def _size(found: Found) -> int:
    """Bytes of the file that must be seen."""
    try:
        return found.path.stat().st_size
    except OSError:
        return -1


# --- what the workers do -------------------------------------------------------------------


def _hash(path: str) -> str:
    try:
        with Path(path).open("rb") as file:
            return hashlib.sha256(file.read(1 << 20)).hexdigest()
    except OSError:
        return ""


def _read_batch(work: Callable[[Found], Any], parcels: Sequence[Parcel]) -> list[Any]:
    """The outcome of each file, or that it is not seen here."""
    return [_read_one(work, each) for each in parcels]


def _read_one(work: Callable[[Found], Any], parcel: Parcel) -> Any:
    found = parcel.found()
    if parcel.data is None and _size(found) != parcel.size:
        return _Missing()
    return guarded(work, replace(found, data=parcel.data))
