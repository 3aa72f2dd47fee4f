"""Deflated bytes (RFC 1951) inflated, and checksums: by ISA-L where it is installed (extra ``fast``), else by zlib.

Both give the same bytes for sound data; ISA-L takes half the time.  Some damage that
zlib refuses ISA-L inflates to something: the checksum of the part refuses that.
"""

from __future__ import annotations

import zlib
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import zlib as quickest
else:
    try:
        from isal import isal_zlib as quickest
    except ImportError:
        quickest = zlib

__all__ = ["INFLATE_FAULTS", "crc32", "inflate", "inflate_within"]

INFLATE_FAULTS: tuple[type[Exception], ...] = (zlib.error, quickest.error)
"""What damaged data raises."""

_RAW = -15
"""The largest window, neither header nor checksum."""

crc32 = quickest.crc32


_ROOM = 0 if quickest is zlib else 1
"""ISA-L takes twice the memory where the last byte fills what was expected."""


def inflate(packed: bytes, size: int) -> bytes:
    """All that the bytes inflate to; ``size`` is what is expected, and no bound."""
    return quickest.decompress(packed, _RAW, size + _ROOM)


def inflate_within(packed: bytes, size: int, most: int) -> bytes:
    """The first ``most`` bytes at the most of what the bytes inflate to; memory is taken for no more.

    ``size`` is what is expected: where it is true, no memory is moved about, which takes most of the time.
    """
    for bound in (size + 1, most) if 0 < size < most else (most,):
        try:
            stream = quickest.decompressobj(_RAW)
            content: bytes = stream.decompress(packed, bound)
        except quickest.error:
            break
        if stream.eof and len(content) < bound:
            return content
    # Where data are damaged or too long, the one sees the damage first, the other the bound: zlib decides.
    return zlib.decompressobj(_RAW).decompress(packed, most)
