"""The parts of a zip archive, found by its directory and inflated within bounds.

What is read is little (some eight parts of twenty), so the directory is parsed
here and only the parts that are asked for are inflated; the standard library's
``zipfile`` serves for archives of unusual build.  Stored and deflated parts
alone are read, as ECMA-376 part 2 wants it: other methods inflate without bounds.
"""

from __future__ import annotations

import io
import struct
import zipfile
import zlib
from collections.abc import Iterable, Mapping, Sequence
from itertools import repeat
from typing import NamedTuple

from .inflate import INFLATE_FAULTS, crc32, inflate, inflate_within

__all__ = ["MOST_PART", "ZIP_FAULTS", "Archive", "Entry", "Refusal", "inflated"]

MOST_PARTS = 2_000
MOST_PART = 12_000_000
"""Inflated bytes of one part (a project sheet has 20 000, as LibreOffice saves it 27 000)."""

_RATIO = 1_040
"""Deflate makes at most 1 032 bytes of one."""

_END = struct.Struct("<4s4H2LH")
_CENTRAL = struct.Struct("<4s4xHH4xLLLHHH8xL")
_LOCAL = struct.Struct("<4s22xHH")
_OURS = bytes((20, 0, 0, 0, 8, 0, 0, 0, 33, 0))
"""Version 2.0, no flags, deflated, 1 January 1980: how perfxl's own writer marks a part, and no office program all of them."""
_ENCRYPTED, _UTF8 = 0x1, 0x800
_STORED, _DEFLATED = 0, 8
_LARGE = 0xFFFFFFFF
"""In place of a number that stands in zip64's own field."""

_MOST_LAYOUTS, _LONGEST_LAYOUT = 64, 20_000
"""Directories that are remembered; bytes that one of them may have."""

ZIP_FAULTS = (
    zipfile.BadZipFile,
    zlib.error,
    RuntimeError,
    NotImplementedError,
    OSError,
    EOFError,
    UnicodeError,
    ValueError,
    struct.error,
    OverflowError,
)
"""What a damaged archive may raise while it is read or inflated (PITFALLS, "Reading")."""


class Refusal(Exception):  # noqa: N818 - becomes a finding, is no program fault
    """A file cannot be read; ``code`` and ``values`` belong to the catalogue."""

    def __init__(self, code: str, **values: object) -> None:
        super().__init__(code)
        self.code = code
        self.values = values


class Entry(NamedTuple):
    """A line of the directory: sizes in bytes, ``offset`` of the local header."""

    name: bytes
    flags: int
    method: int
    crc: int
    compressed: int
    size: int
    offset: int


class Archive:
    """The directory of an archive and its parts; names are compared without case.

    ``as_built``: packed as perfxl itself packs, so no other program has saved it since.
    """

    def __init__(self, data: bytes) -> None:
        self._data = data
        try:
            entries, self.as_built = _directory(data)
        except ZIP_FAULTS as fault:
            raise Refusal("I05", reason=_reason(fault)) from None
        if len(entries) > MOST_PARTS:
            raise Refusal("I10", reason=f"含有 {len(entries)} 个部件")
        self.entries: Mapping[str, Entry] = entries

    def packed(self, name: str) -> tuple[Entry, bytes]:
        """A part's line and its bytes as they lie in the archive; I05 if missing or damaged."""
        entry = self.entries.get(name.lstrip("/").lower())
        if entry is None:
            raise Refusal("I05", reason=f"缺少部件 {name}")
        data, offset = self._data, entry.offset
        if entry.flags & _ENCRYPTED:
            raise Refusal("I05", reason=f"{name}：压缩包设有密码")
        if offset + 30 > len(data):
            raise Refusal("I05", reason=f"{name}：压缩包结构损坏")
        sign, length, extra = _LOCAL.unpack_from(data, offset)
        begin = offset + 30 + length + extra
        end = begin + entry.compressed
        sound = sign == b"PK\x03\x04" and end <= len(data) and data[offset + 30 : offset + 30 + length] == entry.name
        if not sound or entry.method not in (_STORED, _DEFLATED):
            raise Refusal("I05", reason=f"{name}：压缩包结构损坏")
        return entry, data[begin:end]


def inflated(name: str, entry: Entry, packed: bytes, most: int) -> bytes:
    """The bytes of a part; I10 beyond ``most`` bytes, I05 unless they fit their checksum."""
    limit = min(MOST_PART, most)
    try:
        if entry.method == _STORED:
            content = packed
        elif len(packed) * _RATIO <= limit:
            # It cannot inflate beyond the limit, so the quick way needs none.
            content = inflate(packed, min(max(1, entry.size), limit))
        else:
            content = inflate_within(packed, entry.size, limit + 1)
    except INFLATE_FAULTS:
        raise Refusal("I05", reason=f"{name}：压缩包结构损坏") from None
    if len(content) > limit:
        raise Refusal("I10", reason=f"{name} 解压后超过 {limit // 1_000_000} MB")
    if crc32(content) != entry.crc:
        raise Refusal("I05", reason=f"{name}：内容与校验码不符")
    return content


def _directory(data: bytes) -> tuple[dict[str, Entry], bool]:
    """The parts, and whether every one is marked as perfxl's writer marks them."""
    end = len(data) - _END.size
    if end < 0 or data[end : end + 4] != b"PK\x05\x06":
        return _by_zipfile(data), False
    _, disk, first_disk, here, count, size, offset, comment = _END.unpack_from(data, end)
    plain = disk == first_disk == comment == 0 and here == count != 0xFFFF and offset + size == end
    if not plain or count > MOST_PARTS:
        return _by_zipfile(data), False
    known = _LAYOUTS.get((count, size))
    if known is not None:
        found = known.entries(data, offset)
        if found is not None:
            return found, True
    return _line_by_line(data, offset, count, size)


def _line_by_line(data: bytes, offset: int, count: int, size: int) -> tuple[dict[str, Entry], bool]:
    found: dict[str, Entry] = {}
    names: list[bytes] = []
    ours = plain = True
    at, end = offset, offset + size
    unpack, head = _CENTRAL.unpack_from, _CENTRAL.size
    for _ in range(count):
        sign, flags, method, crc, compressed, full, length, extra, remark, local = unpack(data, at)
        name = data[at + head : at + head + length]
        if sign != b"PK\x01\x02" or _LARGE in (full, compressed, local) or b"\0" in name:
            return _by_zipfile(data), False
        ours = ours and data[at + 6 : at + 16] == _OURS
        text = name.decode("ascii" if name.isascii() else "utf-8" if flags & _UTF8 else "cp437")
        found[text.lstrip("/").lower()] = Entry(name, flags, method, crc, compressed, full, local)
        names.append(name)
        plain = plain and not extra and not remark
        at += head + length + extra + remark
    if at != end:
        return _by_zipfile(data), False
    if ours and plain and len(found) == count and size <= _LONGEST_LAYOUT:
        if len(_LAYOUTS) >= _MOST_LAYOUTS:
            _LAYOUTS.clear()
        _LAYOUTS[count, size] = _Layout(names, found)
    return found, ours


class _Layout:
    """A directory as perfxl's writer makes it, to be taken apart at once: most workbooks have the same parts."""

    def __init__(self, names: Sequence[bytes], keys: Iterable[str]) -> None:
        self._keys, self._names = tuple(keys), tuple(names)
        self._lines = struct.Struct("<" + "".join(f"4s2x10sLLL6s8xL{len(name)}s" for name in names))
        self._signs, self._marks = (b"PK\x01\x02",) * len(names), (_OURS,) * len(names)
        self._lengths = tuple(len(name).to_bytes(6, "little") for name in names)

    def entries(self, data: bytes, offset: int) -> dict[str, Entry] | None:
        """The parts of a directory that differs in checksums, sizes and places alone, ``None`` for any other."""
        found = self._lines.unpack_from(data, offset)
        signs, marks, crcs, compressed, sizes, lengths, places, names = (found[field::8] for field in range(8))
        same = names == self._names and signs == self._signs and marks == self._marks and lengths == self._lengths
        if not same or _LARGE in compressed or _LARGE in sizes or _LARGE in places:
            return None
        entries = map(Entry._make, zip(names, repeat(0), repeat(_DEFLATED), crcs, compressed, sizes, places))
        return dict(zip(self._keys, entries, strict=True))


_LAYOUTS: dict[tuple[int, int], _Layout] = {}


def _by_zipfile(data: bytes) -> dict[str, Entry]:
    """The directory of an archive with a comment, with something before it, of zip64 or of no sound build."""
    infos = zipfile.ZipFile(io.BytesIO(data)).infolist()
    if len(infos) > MOST_PARTS:
        raise Refusal("I10", reason=f"含有 {len(infos)} 个部件")
    found: dict[str, Entry] = {}
    for info in infos:
        raw = info.orig_filename.encode("utf-8" if info.flag_bits & _UTF8 else "cp437")
        entry = Entry(
            raw, info.flag_bits, info.compress_type, info.CRC, info.compress_size, info.file_size, info.header_offset
        )
        found[info.filename.lstrip("/").lower()] = entry
    return found


def _reason(fault: BaseException) -> str:
    text = str(fault).lower()
    return "压缩包设有密码" if "encrypt" in text or "password" in text else "压缩包结构损坏"
