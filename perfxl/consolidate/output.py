"""Write an output file so that it is either the old one or the complete new one."""

from __future__ import annotations

import contextlib
import glob
import os
import tempfile
import time
from pathlib import Path

from ..errors import PerfxlError
from .files import shown_path

__all__ = ["check_writable", "write_complete"]

_OLD_SECONDS = 3600.0


def write_complete(path: Path, content: bytes, *, mode: int | None = None) -> None:
    """Write beside, flush to disk, then replace; C02 if that cannot be done.

    ``mode``: who may read it, if not everyone whom the system's default lets.
    """
    beside: Path | None = None
    try:
        if path.is_dir():
            raise IsADirectoryError("这是一个文件夹")
        path.parent.mkdir(parents=True, exist_ok=True)
        _remove_leftovers(path)
        handle, name = tempfile.mkstemp(prefix=f".{path.name[:40]}.", suffix=".tmp", dir=path.parent)
        beside = Path(name)
        with os.fdopen(handle, "wb") as file:
            file.write(content)
            file.flush()
            os.fsync(file.fileno())
        beside.chmod(_mode(path) if mode is None else mode)
        beside.replace(path)
    except OSError as fault:
        if beside is not None:
            with contextlib.suppress(OSError):
                beside.unlink(missing_ok=True)
        raise PerfxlError("C02", path=shown_path(path), reason=fault.strerror or str(fault)) from None


def _remove_leftovers(path: Path) -> None:
    """Delete what a killed run left beside; younger ones may belong to a run that is still writing."""
    for left in path.parent.glob(f".{glob.escape(path.name[:40])}.*.tmp"):
        with contextlib.suppress(OSError):
            if time.time() - left.stat().st_mtime > _OLD_SECONDS:
                left.unlink()


def check_writable(path: Path) -> None:
    """C02 now rather than after an hour's work, if the folder cannot take the output."""
    folder = path.parent
    while not folder.exists() and folder != folder.parent:
        folder = folder.parent
    if path.is_dir() or not folder.is_dir() or not os.access(folder, os.W_OK):
        reason = "这是一个文件夹" if path.is_dir() else "文件夹不可写"
        raise PerfxlError("C02", path=shown_path(path), reason=reason)


def _mode(path: Path) -> int:
    if path.exists():
        return path.stat().st_mode & 0o777
    mask = os.umask(0)
    os.umask(mask)
    return 0o666 & ~mask
