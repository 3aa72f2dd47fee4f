"""Read files into the store, each content once: what it knows is not read again, the rest in several processes."""

from __future__ import annotations

import hashlib
import stat
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field, replace
from functools import cached_property

from .. import __version__
from ..check import Condition, Finding, Submission
from ..check.intake import refused, submission_of
from ..errors import entry
from ..form.library import form_sources
from ..form.model import Severity
from ..workbook.container import Refusal
from ..workbook.seal import KeyRing
from ..workers import Bounds, Lost, Why, mapped, unordered, workers_for
from .archives import member_bytes
from .content import Content, content_of
from .direct import submission_rows
from .files import Found, bytes_of, seems_legacy
from .rows import Rows, rows_of
from .stamps import Stamp, stamp_of, steady_devices
from .store import Store

__all__ = ["BOUNDS", "FileReader", "Progress", "Read", "ReadFile", "contents_of", "lost_content", "read_contents", "reader_mark"]

Progress = Callable[[int, int, str], None]
"""Called after each file: how many are done, of how many, and the file's name."""

ReadFile = Callable[[Found], Submission]
"""Reads and checks one file; never raises for a bad file.  It travels to other processes, so it pickles."""

BOUNDS = Bounds(seconds=30.0, memory=1 << 30, batch=50)
"""What one file may cost: far more than any file within the limits of intake needs."""

LOST_CODES = ("I30", "I31")
"""What is found of a file over which processes died or hung."""

_BATCH, _FEWEST = 250, 16
_KEEP_SECONDS = 2.0
_WORTH_IT = 48
_LARGEST = 64 * 1024 * 1024


@dataclass(frozen=True, slots=True, kw_only=True)
class FileReader:
    """Reads and checks files, and verifies their seals if it has keys."""

    ring: KeyRing | None = None

    def __call__(self, found: Found) -> Submission:
        """What the file holds and what is wrong with it."""
        try:
            data = bytes_of(found)
        except Refusal as refusal:
            return refused(found.shown, b"", refusal)
        return submission_of(data, found.shown, self.ring)


@dataclass(frozen=True, kw_only=True)
class Read:
    """What reading came to: all files by their ``names`` shown, and how many of them were ``opened`` for it.

    ``kept`` are the hashes under which the store holds what was read, ``unkept`` what it does not hold.
    ``again`` names the files that were read a second time, because a process had
    ended or hung over them, and were read well then.
    """

    store: Store = field(compare=False, repr=False)
    names: tuple[str, ...]
    kept: Mapping[str, str]
    unkept: Mapping[str, Content]
    opened: int
    again: tuple[str, ...] = ()

    @cached_property
    def contents(self) -> tuple[Content, ...]:
        """What all files hold, in the order given; taken from the store, which must be open, when first asked for."""
        kept = {each.file: each for each in self.store.contents(self.kept)} if self.kept else {}
        return tuple(self.unkept.get(each) or kept[each] for each in self.names)


def reader_mark() -> str:
    """What decides how bytes are read: this program's version and every form at hand."""
    mark = hashlib.sha256(__version__.encode())
    for source in form_sources():
        mark.update(hashlib.sha256(source.encode()).digest())
    return mark.hexdigest()[:16]


def contents_of(files: Sequence[Found], read: ReadFile, *, jobs: int = 1, bounds: Bounds = BOUNDS) -> Iterator[Content]:
    """The contents of files in their order, without a store; ``jobs`` as :func:`read_contents` takes it."""
    workers = _workers(files, jobs)
    return mapped(_ReadContent(read), files, jobs=workers, lost=lost_content, bounds=bounds)


def read_contents(
    files: Sequence[Found],
    store: Store,
    read: ReadFile,
    *,
    jobs: int = 1,
    cluster: str = "",
    progress: Progress | None = None,
    seals: str = "",
    bounds: Bounds = BOUNDS,
) -> Read:
    """Read the files that the store does not know into the store.

    ``jobs`` processes read (1: this one; 0: one per core once that is worth it),
    or the Dask cluster at the address ``cluster`` (S60–S63).
    A file that could not be read is tried again on every run.  ``seals`` marks
    the keys that the reader verifies with: what was read with others is read again.
    """
    mark = f"{reader_mark()}-{seals}" if seals else reader_mark()
    # What reads elsewhere may see another file under the same name; a store in memory sees no second run.
    stamps = _stamps(files) if store.path and not cluster else {}
    seen = store.seen() if stamps else {}
    stored = _known(files, store, mark, {name: seen[stamp] for name, stamp in stamps.items() if stamp in seen})
    fresh = [each for each in files if each.shown not in stored]
    done = len(stored)
    if progress is not None and done:
        progress(done, len(files), "")
    unkept: dict[str, Content] = {}
    work, lost = _ReadRows(read, mark), _LostRows(mark)
    again: list[str] = []
    given_up: set[str] = set()
    if cluster and fresh:
        from .cluster import on_cluster  # here, not above: processes that read do without it

        found = on_cluster(cluster, work, fresh, mark=reader_mark, lost=lost, bounds=bounds)
    else:
        workers = _workers(fresh, jobs)
        found = unordered(work, fresh, jobs=workers, lost=lost, again=lambda each: again.append(each.shown), bounds=bounds)
    with _Batch(store) as batch:
        for number, taken in found:
            name = fresh[number].shown
            if isinstance(taken, Rows):
                batch.add(taken, len(files) - done)
                stored[name] = taken.sha256
                rules = [row[5] for row in taken.finding[:1]]
            else:
                unkept[name] = taken
                rules = [each.rule for each in taken.findings[:1]]
            if rules and rules[0] in LOST_CODES:
                given_up.add(name)
            done += 1
            if progress is not None:
                progress(done, len(files), name)
    new = [each for each in files if each.shown in stored and each.shown in stamps and stamps[each.shown] not in seen]
    if new:
        after = _stamps(new)  # folders may have changed places meanwhile, which no file's own times tell
        store.keep_seen({stamp: stored[name] for name, stamp in after.items() if stamp == stamps[name]})
    return Read(
        store=store,
        names=tuple(each.shown for each in files),
        kept=stored,
        unkept=unkept,
        opened=len(fresh),
        again=tuple(each for each in again if each not in given_up),
    )


def _workers(files: Sequence[Found], jobs: int) -> int:
    """How many processes read; files of older formats are never read in this one, unless that is asked for."""
    found = workers_for(len(files), jobs, worth=_WORTH_IT)
    return 2 if found == 1 and jobs == 0 and any(map(seems_legacy, files)) else found


def _stamps(files: Sequence[Found]) -> dict[str, Stamp]:
    """What the file system says of the files that can be known again by it, by their shown names."""
    devices, now = steady_devices(), time.time_ns()
    if not devices:
        return {}
    found = ((each.shown, stamp_of(each.path, devices, now)) for each in files if not each.inside and not each.fault)
    return {name: stamp for name, stamp in found if stamp is not None}


def _known(files: Sequence[Found], store: Store, mark: str, untouched: Mapping[str, str]) -> dict[str, str]:
    """The hashes of files whose content the store holds, by their shown names.

    ``untouched`` are the hashes of files that have not changed since they were read
    (see :mod:`~perfxl.consolidate.stamps`); every other file is hashed on every run.
    """
    known = store.known(mark)
    if not known:
        return {}  # the processes that read will hash
    hashes = dict(untouched)
    others = [each for each in files if each.shown not in hashes]
    if others:
        with ThreadPoolExecutor() as threads:
            hashes.update(zip((each.shown for each in others), threads.map(_hash, others), strict=True))
    return {each.shown: hashes[each.shown] for each in files if hashes[each.shown] in known}


def _hash(found: Found) -> str:
    """The SHA-256 of a regular file of sensible size; "" for anything else, which only intake may touch."""
    try:
        if found.inside:
            return hashlib.sha256(member_bytes(found.path, found.inside)).hexdigest()
        status = found.path.stat()
        if not stat.S_ISREG(status.st_mode) or not 0 < status.st_size <= _LARGEST:
            return ""
        with found.path.open("rb") as file:
            return hashlib.file_digest(file, "sha256").hexdigest()
    except (OSError, Refusal):
        return ""


class _Batch:
    """Rows on their way into the store; whatever ends the run, what was read is kept."""

    def __init__(self, store: Store) -> None:
        self.store = store
        self.rows: list[Rows] = []
        self.since = time.monotonic()

    def __enter__(self) -> _Batch:
        return self

    def __exit__(self, *_: object) -> None:
        self._write()

    def add(self, rows: Rows, left: int) -> None:
        """``left``: how many are still to come; the last ones are written in small lots, while others are read."""
        self.rows.append(rows)
        if len(self.rows) >= min(_BATCH, max(_FEWEST, left)) or time.monotonic() - self.since > _KEEP_SECONDS:
            self._write()

    def _write(self) -> None:
        rows, self.rows = self.rows, []
        if rows:
            self.store.insert(rows)
        self.since = time.monotonic()


# --- what the processes do ------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class _ReadContent:
    read: ReadFile

    def __call__(self, found: Found) -> Content:
        return replace(content_of(self.read(found)), book="")


@dataclass(frozen=True, slots=True)
class _ReadRows:
    """Rows for the store; a content where there is nothing to know it again by."""

    read: ReadFile
    mark: str

    def __call__(self, found: Found) -> Rows | Content:
        submission = self.read(found)
        return submission_rows(submission, self.mark) if submission.sha256 else content_of(submission)


@dataclass(frozen=True, slots=True)
class _LostRows:
    mark: str

    def __call__(self, found: Found, lost: Lost) -> Rows | Content:
        content = lost_content(found, lost)
        return rows_of(content, self.mark) if content.sha256 else content


def lost_content(found: Found, lost: Lost) -> Content:
    """The content of a file over which a process died or hung: one finding."""
    if lost.why is Why.HUNG:
        code, values = "I31", {"seconds": f"{lost.seconds:g}"}
    else:
        code, values = "I30", {"reason": lost.signal or "内存不足或异常退出"}
    said = entry(code)
    finding = Finding(
        file=found.shown,
        sheet="",
        cell="",
        field="",
        rule=code,
        severity=Severity.ERROR,
        value="",
        message=f"{said.message}。{said.remedy}".format(**values),
    )
    return Content(file=found.shown, sha256=_hash(found), condition=Condition.UNREADABLE, findings=(finding,))
