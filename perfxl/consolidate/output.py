"""Write an output file so that it is either the old one or the complete new one."""

from __future__ import annotations

import contextlib
import glob
import os
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import BinaryIO

from ..check.intake import read_submission
from ..errors import PerfxlError, reason
from .files import shown_path

__all__ = ["check_writable", "completed", "refuse_filled", "write_complete"]

_OLD_SECONDS = 3600.0


def write_complete(path: Path, content: bytes, *, mode: int | None = None) -> None:
    """Write beside, flush to disk, then replace; C02 if that cannot be done.

    ``mode``: who may read it, if not everyone whom the system's default lets.
    """
    with completed(path, mode=mode) as file:
        file.write(content)


@contextmanager
def completed(path: Path, *, mode: int | None = None) -> Iterator[BinaryIO]:
    """A file to write, which takes the place of ``path`` when all is written; as :func:`write_complete`."""
    beside: Path | None = None
    try:
        if path.exists() and not path.is_file():
            raise PerfxlError("C02", path=shown_path(path), reason="不是普通文件")
        path.parent.mkdir(parents=True, exist_ok=True)
        _remove_leftovers(path)
        handle, name = tempfile.mkstemp(prefix=f".{path.name[:40]}.", suffix=".tmp", dir=path.parent)
        beside = Path(name)
        with os.fdopen(handle, "w+b") as file:
            yield file
            file.flush()
            os.fsync(file.fileno())
        beside.chmod(_mode(path) if mode is None else mode)
        beside.replace(path)
        beside = None
    except OSError as fault:
        raise PerfxlError("C02", path=shown_path(path), reason=reason(fault)) from None
    finally:
        if beside is not None:
            with contextlib.suppress(OSError):
                beside.unlink(missing_ok=True)


def _remove_leftovers(path: Path) -> None:
    """Delete what a killed run left beside; younger ones may belong to a run that is still writing."""
    for left in path.parent.glob(f".{glob.escape(path.name[:40])}.*.tmp"):
        with contextlib.suppress(OSError):
            if time.time() - left.stat().st_mtime > _OLD_SECONDS:
                left.unlink()


def refuse_filled(path: Path) -> None:
    """C07 if a filled unit workbook would be overwritten: it may be the only copy of somebody's work."""
    if not path.is_file():
        return
    book = read_submission(path).book
    if book is not None and any(record.begun for record in book.sheets):
        raise PerfxlError("C07", path=shown_path(path))


def check_writable(path: Path) -> None:
    """C02 now rather than after an hour's work, if the folder cannot take the output."""
    folder = path.parent
    while not folder.exists() and folder != folder.parent:
        folder = folder.parent
    odd = path.exists() and not path.is_file()
    if odd or not folder.is_dir() or not os.access(folder, os.W_OK):
        reason = "不是普通文件" if odd else "文件夹不可写"
        raise PerfxlError("C02", path=shown_path(path), reason=reason)


def _mode(path: Path) -> int:
    if path.exists():
        return path.stat().st_mode & 0o777
    mask = os.umask(0)
    os.umask(mask)
    return 0o666 & ~mask
