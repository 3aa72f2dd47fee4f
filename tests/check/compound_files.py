"""Compound files ([MS-CFB]) and the old workbooks in them ([MS-XLS]), small and made by hand."""

from __future__ import annotations

import struct

__all__ = ["biff", "compound", "record"]

SECTOR = 512
FREE, END, FAT = 0xFFFFFFFF, 0xFFFFFFFE, 0xFFFFFFFD


def compound(streams: dict[str, bytes]) -> bytes:
    """A version 3 file with these streams, each padded to 4 096 bytes at least; the FAT is sector 0, the directory sector 1."""
    sectors: list[bytes] = [b"", b""]
    table = [FAT, END]
    entries = [_entry("Root Entry", 5, 1 if streams else FREE, END, 0)]
    for number, (name, content) in enumerate(streams.items(), 1):
        content = content.ljust(4096, b"\0")
        count = -(-len(content) // SECTOR)
        first = len(sectors)
        sectors += [content[at : at + SECTOR].ljust(SECTOR, b"\0") for at in range(0, len(content), SECTOR)]
        table += [*range(first + 1, first + count), END]
        right = number + 1 if number < len(streams) else FREE
        entries.append(_entry(name, 2, FREE, first, len(content), right))
    assert len(entries) <= 4
    assert len(table) <= 128
    sectors[0] = struct.pack("<128I", *table, *[FREE] * (128 - len(table)))
    sectors[1] = b"".join(entries).ljust(SECTOR, b"\0")
    header = struct.pack(
        "<8s16xHHHHH6xIIIIIIIII109I",
        b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1",
        0x3E, 3, 0xFFFE, 9, 6, 0, 1, 1, 0, 4096, END, 0, END, 0, 0, *[FREE] * 108,
    )  # fmt: skip
    return header + b"".join(sectors)


def _entry(name: str, kind: int, child: int, first: int, size: int, right: int = FREE) -> bytes:
    raw = name.encode("utf-16-le")
    return struct.pack(
        "<64sHBBIII36xIQ", raw, len(raw) + 2, kind, 1, FREE, right, child, first, size
    )


def record(kind: int, content: bytes = b"") -> bytes:
    """One BIFF record."""
    return struct.pack("<HH", kind, len(content)) + content


def biff(*records: bytes, globals_: bytes = b"", title: str = "Sheet1") -> bytes:
    """A BIFF8 workbook of one sheet with these records."""
    name = title.encode("utf-16-le")
    begin = record(0x0809, struct.pack("<HHHHII", 0x0600, 0x0005, 0, 0, 0, 0)) + globals_
    sheet_head = struct.pack("<HBB", 0, len(title), 1) + name
    at = len(begin) + 4 + 4 + len(sheet_head) + 4
    head = begin + record(0x0085, struct.pack("<I", at) + sheet_head) + record(0x000A)
    assert len(head) == at
    return head + record(0x0809, struct.pack("<HHHHII", 0x0600, 0x0010, 0, 0, 0, 0)) + b"".join(records) + record(0x000A)
