"""Which files to read: workbooks in folders, in natural order, lock files left alone."""

from __future__ import annotations

import os
import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path

from ..errors import PerfxlError

__all__ = ["Found", "Gathered", "gather", "shown_path"]

_WORKBOOKS = frozenset({".xlsx", ".xlsm", ".xls", ".xlsb", ".et", ".ett", ".xltx", ".xltm", ".ods"})
_DIGITS = re.compile(r"(\d+)")
_LOCK = ("~$", ".")


@dataclass(frozen=True, slots=True, kw_only=True)
class Found:
    """A file to read and its name as people see it."""

    path: Path
    shown: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Gathered:
    """The files to read, and what else lay in the folders (by its shown name)."""

    files: tuple[Found, ...]
    others: tuple[str, ...]


def gather(paths: Iterable[Path], *, but: Iterable[Path] = ()) -> Gathered:
    """Files given by name, and workbooks of every kind in folders and below.

    Hidden files, lock files (``~$…``, ``.~lock…``) and ``but`` (the output, the
    roster) are left out.  A file reached twice counts once; a folder that cannot
    be opened stands among the others.  C01 for a path that does not exist, C05
    if no file is found.
    """
    seen: set[Path] = {path.resolve() for path in but}
    files: list[Found] = []
    others: list[str] = []
    closed: list[Path] = []
    names: set[str] = set()
    for given in paths:
        if not given.exists():
            raise PerfxlError("C01", path=shown_path(given))
        for path in _below(given, closed) if given.is_dir() else [given]:
            real = path.resolve()
            if real in seen:
                continue
            seen.add(real)
            if path == given or path.suffix.lower() in _WORKBOOKS:
                files.append(Found(path=path, shown=_unlike(shown_path(path), names)))
            else:
                others.append(shown_path(path))
    others += [f"{shown_path(path)}（文件夹无法打开）" for path in closed]
    if not files:
        raise PerfxlError("C05")
    return Gathered(files=tuple(files), others=tuple(others))


def shown_path(path: Path) -> str:
    """A path as text: names that are not UTF-8 are tried as GB 18030, as Chinese archives have them."""
    text = str(path)
    try:
        text.encode("utf-8")
    except UnicodeEncodeError:
        return os.fsencode(text).decode("gb18030", "replace")
    return text


def _unlike(name: str, names: set[str]) -> str:
    """The name, or the name with a number where two files would look alike (names that are no text)."""
    shown, number = name, 1
    while shown in names:
        number += 1
        shown = f"{name}（{number}）"
    names.add(shown)
    return shown


def _below(folder: Path, closed: list[Path]) -> Iterator[Path]:
    def keep(fault: OSError) -> None:
        closed.append(Path(fault.filename or folder))

    for where, folders, names in os.walk(folder, onerror=keep):
        folders[:] = sorted((name for name in folders if not _left_out(name)), key=_natural)
        for name in sorted((name for name in names if not _left_out(name)), key=_natural):
            yield Path(where) / name


def _left_out(name: str) -> bool:
    return name.startswith(_LOCK) or name == "__MACOSX"


def _natural(name: str) -> list[tuple[int, int, str]]:
    parts = _DIGITS.split(name.casefold())
    return [(0, int(part), "") if part.isdigit() and part.isascii() else (1, 0, part) for part in parts if part]
