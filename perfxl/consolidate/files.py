"""Which files to read: workbooks in folders and archives, in natural order, lock files left alone."""

from __future__ import annotations

import os
import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field, replace
from pathlib import Path

from ..check.intake import file_bytes
from ..check.legacy import OLE
from ..errors import PerfxlError
from ..workbook.container import Refusal
from .archives import Member, Span, archive_kind, is_archive, member_bytes, members, refuse_archive

__all__ = ["Found", "Gathered", "bytes_of", "gather", "real_path", "seems_legacy", "shown_path"]

_WORKBOOKS = frozenset({".xlsx", ".xlsm", ".xls", ".xlsb", ".et", ".ett", ".xltx", ".xltm", ".ods"})
_PACKED = (".rar", ".7z", ".tar", ".gz", ".tgz", ".bz2", ".xz", ".tar.gz")
"""Archives that are not read; they are listed as files, so that nobody thinks they were."""

_LEGACY = (".xls", ".et", ".ett", ".ods")
_DIGITS = re.compile(r"(\d+)")
_LOCK = ("~$", ".")


@dataclass(frozen=True, slots=True, kw_only=True)
class Found:
    """A file to read and its name as people see it.

    In an archive: ``path`` is the archive's, ``inside`` where the file lies in it.
    ``fault`` is why the archive itself could not be opened, "" if it could.
    ``data`` are the bytes where they travel along, to machines that do not see the path.
    """

    path: Path
    shown: str
    inside: tuple[Span, ...] = ()
    fault: str = ""
    data: bytes | None = field(default=None, repr=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class Gathered:
    """The files to read, and what else lay in the folders (by its shown name)."""

    files: tuple[Found, ...]
    others: tuple[str, ...]


def gather(paths: Iterable[Path], *, but: Iterable[Path] = ()) -> Gathered:
    """Files given by name, and workbooks of every kind in folders, archives and below.

    Hidden files, lock files (``~$…``, ``.~lock…``) and ``but`` (the output, the
    roster) are left out.  A file reached twice counts once; a folder that cannot
    be opened stands among the others.  C01 for a path that does not exist, C05
    if no file is found.
    """
    seen = {_real(path) for path in but}
    files: list[Found] = []
    others: list[str] = []
    closed: list[Path] = []
    names: set[str] = set()
    for given in paths:
        if not _exists(given):
            files.append(_member(given, names))
            continue
        for path, real in _below(given, closed) if given.is_dir() else [(given, _real(given))]:
            if real in seen:
                continue
            seen.add(real)
            if is_archive(path.name) and path.is_file():
                _open(path, names, files, others)
            elif path == given or _wanted(path.name):
                files.append(Found(path=path, shown=_unlike(shown_path(path), names)))
            else:
                others.append(shown_path(path))
    others += [f"{shown_path(path)}（文件夹无法打开）" for path in closed]
    if not files:
        raise PerfxlError("C05")
    return Gathered(files=tuple(files), others=tuple(others))


def _wanted(name: str) -> bool:
    name = name.lower()
    return os.path.splitext(name)[1] in _WORKBOOKS or name.endswith(_PACKED)  # noqa: PTH122 - a Path takes ten times as long


def real_path(path: Path) -> Path:
    """The path without links; where these lead in a circle, the path as it is, from the root."""
    try:
        return path.resolve()
    except (OSError, RuntimeError):
        return path.absolute()


def _real(path: Path) -> str:
    return os.path.normcase(real_path(path))


def _exists(path: Path) -> bool:
    try:
        return path.exists() or path.is_symlink()
    except (OSError, ValueError):  # a name that the system does not take
        return False


def _member(given: Path, names: set[str]) -> Found:
    """A file in an archive, given by the name under which it is shown; C01 if there is none."""
    for archive in given.parents:
        if is_archive(archive.name) and archive.is_file():
            found: list[Found] = []
            _open(archive, set(), found, [])
            for each in found:
                if each.shown == shown_path(given):
                    return replace(each, shown=_unlike(each.shown, names))
    raise PerfxlError("C01", path=shown_path(given))


def _open(path: Path, names: set[str], files: list[Found], others: list[str]) -> None:
    """The workbooks of an archive join the files, what else is in it the others."""
    shown = shown_path(path)
    try:
        found = [each for each in members(path) if not any(map(_left_out, each.path))]
    except Refusal as refusal:
        files.append(Found(path=path, shown=_unlike(shown, names), fault=str(refusal.values["reason"])))
        return
    if not found:  # a workbook of that name, or nothing at all
        files.append(Found(path=path, shown=_unlike(shown, names)))
        return
    for each in sorted(found, key=_order):
        name = "/".join((shown, *each.path))
        if _wanted(each.name) or is_archive(each.name):
            files.append(Found(path=path, shown=_unlike(name, names), inside=each.inside))
        else:
            others.append(name)


def _order(member: Member) -> tuple[list[list[tuple[int, int, str]]], list[tuple[int, int, str]]]:
    """As folders go: the files of a folder before its subfolders."""
    *folders, name = map(_natural, member.path)
    return folders, name


def bytes_of(found: Found) -> bytes:
    """A file's bytes; Refusal I10, I14, I32 or I33 where there are none to read."""
    if found.fault:
        raise Refusal("I32", reason=found.fault)
    if found.data is not None:
        return found.data
    data = member_bytes(found.path, found.inside) if found.inside else file_bytes(found.path)
    kind = archive_kind(data) or (".tar" if data[257:262] == b"ustar" else "")
    if kind:
        raise Refusal("I33", kind=kind)
    if found.inside and is_archive(found.shown):
        refuse_archive(data)
    return data


def seems_legacy(found: Found) -> bool:
    """The file is, or claims to be, of an older format, which takes a larger library to read."""
    if found.shown.lower().endswith(_LEGACY):
        return True
    try:
        if found.inside or not found.path.is_file():
            return False
        with found.path.open("rb") as file:
            return file.read(len(OLE)) == OLE
    except OSError:
        return False


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


def _below(folder: Path, closed: list[Path]) -> Iterator[tuple[Path, str]]:
    """Every file below with its real path."""

    def keep(fault: OSError) -> None:
        closed.append(Path(fault.filename or folder))

    for where, folders, names in os.walk(folder, onerror=keep):
        folders[:] = sorted((name for name in folders if not _left_out(name)), key=_natural)
        here, base = Path(where), _real(Path(where))
        for name in sorted((name for name in names if not _left_out(name)), key=_natural):
            path = here / name
            # Only the folder has to be looked up, once: a file that is no link is where it is.
            yield path, _real(path) if os.path.islink(path) else os.path.join(base, os.path.normcase(name))  # noqa: PTH114, PTH118


def _left_out(name: str) -> bool:
    return name.startswith(_LOCK) or name == "__MACOSX"


def _natural(name: str) -> list[tuple[int, int, str]]:
    parts = _DIGITS.split(name.casefold())
    return [(0, int(part), "") if part.isdigit() and part.isascii() else (1, 0, part) for part in parts if part]
