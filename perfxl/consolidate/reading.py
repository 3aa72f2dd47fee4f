"""Read files into contents, each content once: what the store knows is not read again."""

from __future__ import annotations

import hashlib
import stat
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from .. import __version__
from ..check import Submission
from ..form.library import find_form, form_ids
from .content import Content, content_of
from .files import Found
from .store import Store

__all__ = ["Progress", "Read", "ReadFile", "read_contents", "reader_mark"]

Progress = Callable[[int, int, str], None]
"""Called after each file: how many are done, of how many, and the file's name."""

ReadFile = Callable[[Path, str], Submission]
"""Reads and checks one file, given its path and the name shown; never raises for a bad file."""

_BATCH = 100
_LARGEST = 64 * 1024 * 1024


@dataclass(frozen=True, slots=True, kw_only=True)
class Read:
    """The contents of all files in the order given, and how many files were opened for it."""

    contents: tuple[Content, ...]
    opened: int


def reader_mark() -> str:
    """What decides how bytes are read: this program's version and every form at hand."""
    mark = hashlib.sha256(__version__.encode())
    for name in form_ids():
        mark.update(find_form(name).source.encode())
    return mark.hexdigest()[:16]


def read_contents(
    files: Sequence[Found], store: Store, read: ReadFile, *, progress: Progress | None = None, seals: str = ""
) -> Read:
    """Read the files that the store does not know, batch by batch into the store; take the others from it.

    A file that could not be read is tried again on every run.  ``seals`` marks
    the keys that the reader verifies with: what was read with others is read again.
    """
    mark = f"{reader_mark()}-{seals}" if seals else reader_mark()
    known = store.known(mark)
    fresh: dict[str, Content] = {}
    stored: dict[str, str] = {}
    for number, (found, content) in enumerate(_each(files, store, known, mark, read), 1):
        if isinstance(content, str):
            stored[found.shown] = content
        else:
            fresh[found.shown] = replace(content, book="")
        if progress is not None:
            progress(number, len(files), found.shown)
    old = {each.file: each for each in store.contents(stored)} if stored else {}
    contents = tuple(fresh[each.shown] if each.shown in fresh else old[each.shown] for each in files)
    return Read(contents=contents, opened=len(fresh))


def _each(
    files: Sequence[Found], store: Store, known: set[str], mark: str, read: ReadFile
) -> Iterator[tuple[Found, Content | str]]:
    """Each file with its new content, or with the hash of one that the store holds."""
    batch: list[Content] = []
    for found in files:
        sha256 = _hash(found.path)
        if sha256 in known:
            yield found, sha256
            continue
        content = content_of(read(found.path, found.shown))
        if content.sha256:
            batch.append(content)
        if len(batch) >= _BATCH:
            store.add(batch, mark)
            batch = []
        yield found, content
    if batch:
        store.add(batch, mark)


def _hash(path: Path) -> str:
    """The SHA-256 of a regular file of sensible size; "" for anything else, which only intake may touch."""
    try:
        found = path.stat()
        if not stat.S_ISREG(found.st_mode) or not 0 < found.st_size <= _LARGEST:
            return ""
        with path.open("rb") as file:
            return hashlib.file_digest(file, "sha256").hexdigest()
    except OSError:
        return ""
