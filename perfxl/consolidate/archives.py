"""Archives (.zip) as folders: what is in them, and the bytes of one member, within bounds and never on disk.

A member is known by its place in the archive (see :class:`Span`), so that any
process reads it at once, without the archive's directory.  Format: APPNOTE.TXT
6.3.10 (PKWARE), read with the standard library's parser for the directory only.
"""

from __future__ import annotations

import io
import re
import struct
import zipfile
import zlib
from collections.abc import Iterator
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import BinaryIO, NamedTuple

from ..errors import reason
from ..workbook.archive import ZIP_FAULTS
from ..workbook.container import MOST_FILE, Refusal

__all__ = ["Member", "Span", "archive_kind", "is_archive", "member_bytes", "members", "refuse_archive"]

MOST_MEMBERS = 20_000
MOST_NESTED = 64_000_000
"""Bytes of an archive within an archive."""

_MOST_DIRECTORY = 16_000_000
_MOST_RATIO, _FROM_SIZE = 100, 1_000_000
"""A workbook is compressed already: what shrinks more, from that size on, is a bomb."""

_ENCRYPTED, _UTF8 = 0x1, 0x800
_UNICODE_PATH = 0x7075
_CHINESE = "\u0800"
_LOCAL = struct.Struct("<4s22xHH")
_END = struct.Struct("<4s4xHHIIH")
_END64 = struct.Struct("<4s20xQQQQ")
_STORED, _DEFLATED = 0, 8
_KINDS = {b"Rar!\x1a\x07": ".rar", b"7z\xbc\xaf\x27\x1c": ".7z", b"\x1f\x8b\x08": ".gz", b"BZh": ".bz2", b"\xfd7zXZ\0": ".xz"}
_PACKAGES = ("[content_types].xml", "mimetype", "_rels/.rels")


class Span(NamedTuple):
    """Where a member lies: offset of its local header, bytes packed and unpacked, CRC-32, method, flags."""

    offset: int
    packed: int
    size: int
    crc: int
    method: int
    flags: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Member:
    """A file in an archive: its path there, in segments, and where it lies (in an archive within the archive: two spans)."""

    path: tuple[str, ...]
    inside: tuple[Span, ...]

    @property
    def name(self) -> str:
        """Its own name."""
        return self.path[-1]


def is_archive(name: str) -> bool:
    """The name is that of a .zip."""
    return name.lower().endswith(".zip")


def archive_kind(data: bytes) -> str:
    """The kind of an archive that is not read (.rar, .7z …), by its first bytes; "" for anything else."""
    return next((kind for mark, kind in _KINDS.items() if data.startswith(mark)), "")


def members(path: Path) -> list[Member]:
    """The files in an archive and in archives within it (one level), in its own order.

    Empty for a workbook, which is a .zip as well.  Refusal I32 if it is damaged, too large or forged.
    """
    try:
        with path.open("rb") as file:
            return list(_members(file, path, ()))
    except OSError as fault:
        raise Refusal("I32", reason=reason(fault)) from None


def refuse_archive(data: bytes) -> None:
    """Refusal I32 for an archive in an archive that was not opened, or not with what is in it; a workbook passes."""
    if _directory(io.BytesIO(data)):
        raise Refusal("I32", reason="压缩包里又套了压缩包")


def member_bytes(path: Path, inside: tuple[Span, ...]) -> bytes:
    """A member's bytes; Refusal I10 or I32, never more than a workbook may have."""
    *outer, last = inside
    if outer:
        return _unpacked(io.BytesIO(_nested(path, outer[0], path.stat().st_mtime_ns)), last, MOST_FILE)
    try:
        with path.open("rb") as file:
            return _unpacked(file, last, MOST_FILE)
    except OSError as fault:
        raise Refusal("I32", reason=reason(fault)) from None


@lru_cache(maxsize=1)
def _nested(path: Path, span: Span, _changed: int) -> bytes:
    try:
        with path.open("rb") as file:
            return _unpacked(file, span, MOST_NESTED)
    except OSError as fault:
        raise Refusal("I32", reason=reason(fault)) from None


def _members(file: BinaryIO, path: Path, within: tuple[Member, ...]) -> Iterator[Member]:
    found = _directory(file)
    encoding = _encoding(found)
    for info in found:
        names = _segments(_name(info, encoding))
        if info.is_dir() or not names:
            continue
        span = Span(info.header_offset, info.compress_size, info.file_size, info.CRC, info.compress_type, info.flag_bits)
        outer = within[0] if within else None
        member = Member(path=(*(outer.path if outer else ()), *names), inside=(*(outer.inside if outer else ()), span))
        if is_archive(names[-1]) and not within and not _left_out(names):
            try:
                content = _nested(path, span, path.stat().st_mtime_ns)
                yield from list(_members(io.BytesIO(content), path, (member,))) or [member]
            except Refusal:
                yield member  # reading it will tell why
        else:
            yield member


def _left_out(names: tuple[str, ...]) -> bool:
    return any(name == "__MACOSX" for name in names)


def _directory(file: BinaryIO) -> list[zipfile.ZipInfo]:
    """The entries of an archive; none for a workbook or an empty archive."""
    _bound_directory(file)
    try:
        with zipfile.ZipFile(file) as archive:
            found = archive.infolist()
    except ZIP_FAULTS:
        raise Refusal("I32", reason="压缩包损坏或不完整") from None
    if len(found) > MOST_MEMBERS:
        raise Refusal("I32", reason=f"含有 {len(found)} 个文件，超过 {MOST_MEMBERS} 个")
    if any(info.filename.lower() in _PACKAGES for info in found):
        return []
    end, size = 0, file.seek(0, io.SEEK_END)
    for info in sorted(found, key=lambda each: each.header_offset):
        if info.header_offset < end or info.header_offset + info.compress_size > size:
            raise Refusal("I32", reason="压缩包内的文件互相重叠")
        end = info.header_offset + info.compress_size
    return found


def _bound_directory(file: BinaryIO) -> None:
    """Refuse a directory that would take much memory, before it is read."""
    size = file.seek(0, io.SEEK_END)
    file.seek(max(0, size - 65_557 - 76))
    tail = file.read()
    at = tail.rfind(b"PK\x05\x06")
    if at < 0 or len(tail) - at < _END.size:
        raise Refusal("I32", reason="压缩包损坏或不完整")
    directory = _END.unpack_from(tail, at)[3]
    at64 = tail.rfind(b"PK\x06\x06", 0, at)
    if directory == 0xFFFFFFFF and at64 >= 0 and at - at64 >= _END64.size:
        directory = _END64.unpack_from(tail, at64)[3]
    if directory > _MOST_DIRECTORY:
        raise Refusal("I32", reason="压缩包目录过大")
    file.seek(0)


def _encoding(found: list[zipfile.ZipInfo]) -> str:
    """How the archive's unmarked names are encoded: UTF-8 if all of them can be, else GB 18030, as Chinese Windows writes.

    Two bytes of GBK may look like UTF-8 (通知, 联通), but then like letters that are no Chinese.
    """
    raw = b"\n".join(_raw(info) for info in found if not info.flag_bits & _UTF8)
    try:
        text = raw.decode("utf-8")
    except UnicodeDecodeError:
        return "gb18030"
    foreign = [char for char in text if char > "\x7f"]
    return "gb18030" if foreign and max(foreign) < _CHINESE else "utf-8"


def _raw(info: zipfile.ZipInfo) -> bytes:
    return info.orig_filename.encode("cp437", "replace")


def _name(info: zipfile.ZipInfo, encoding: str) -> str:
    """The name as its maker meant it."""
    if info.flag_bits & _UTF8:
        return info.orig_filename
    raw = _raw(info)
    return _unicode_path(info.extra, raw) or raw.decode(encoding, "replace")


def _unicode_path(extra: bytes, raw: bytes) -> str:
    """The name in Info-ZIP's extra field (4.6.9 of the format), if it belongs to this name."""
    at = 0
    while at + 4 <= len(extra):
        kind, length = struct.unpack_from("<HH", extra, at)
        content = extra[at + 4 : at + 4 + length]
        if kind == _UNICODE_PATH and length > 5 and content[1:5] == struct.pack("<I", zlib.crc32(raw)):
            return content[5:].decode("utf-8", "replace")
        at += 4 + length
    return ""


def _segments(name: str) -> tuple[str, ...]:
    """The path in segments that lead nowhere else: no drive, no root, no way up, nothing unprintable."""
    name = re.sub(r"^[A-Za-z]:", "", name.replace("\\", "/"))
    shown = "".join(char if char.isprintable() else "_" for char in name)
    return tuple(each for each in shown.split("/") if each.strip() not in ("", ".", ".."))


def _unpacked(file: BinaryIO, span: Span, most: int) -> bytes:
    if span.flags & _ENCRYPTED:
        raise Refusal("I32", reason="设有密码")
    if span.method not in (_STORED, _DEFLATED):
        raise Refusal("I32", reason="压缩方法不常见")
    if span.size > most or span.packed > most:
        raise Refusal("I10", reason=f"解压后有 {span.size // 1_000_000} MB")
    if span.size > _FROM_SIZE and span.size > _MOST_RATIO * span.packed:
        raise Refusal("I10", reason="压缩比异常，可能是压缩炸弹")
    try:
        file.seek(span.offset)
        mark, name, extra = _LOCAL.unpack(file.read(_LOCAL.size))
        if mark != b"PK\x03\x04":
            raise Refusal("I32", reason="压缩包损坏或不完整")
        file.seek(name + extra, io.SEEK_CUR)
        content = file.read(span.packed)
        if span.method == _DEFLATED:
            content = zlib.decompressobj(-15).decompress(content, span.size + 1)
    except (zlib.error, struct.error):
        raise Refusal("I32", reason="压缩包损坏或不完整") from None
    if len(content) != span.size or zlib.crc32(content) != span.crc:
        raise Refusal("I32", reason="内容与校验码不符")
    return content
