"""The zip of a .docx: read with bounds, written the same each time."""

from __future__ import annotations

import io
import zipfile
import zlib
from collections.abc import Mapping

from ..errors import PerfxlError

__all__ = ["DOCUMENT", "fixed_package", "read_package", "write_package"]

DOCUMENT = "word/document.xml"
"""The main part, where Word and this package write it."""

_LIMIT = 200_000_000
_PARTS = 2_000
_EPOCH = (1980, 1, 1, 0, 0, 0)
_FAULTS = (zipfile.BadZipFile, zlib.error, RuntimeError, NotImplementedError, UnicodeDecodeError, OSError, EOFError)


def read_package(content: bytes, file: str) -> dict[str, bytes]:
    """The parts of a .docx by name, in the order of the file.

    Raises W01 if it is none, is damaged, has over 2 000 parts or inflates
    beyond 200 MB (checked on the actual bytes).
    """
    parts: dict[str, bytes] = {}
    left = _LIMIT
    try:
        with zipfile.ZipFile(io.BytesIO(content)) as package:
            names = package.infolist()
            if len(names) > _PARTS:
                raise PerfxlError("W01", file=file, reason="部件过多")
            for info in names:
                with package.open(info) as stream:
                    part = stream.read(left + 1)
                left -= len(part)
                if left < 0:
                    raise PerfxlError("W01", file=file, reason="内容过大")
                parts[info.filename] = part
    except _FAULTS as fault:
        raise PerfxlError("W01", file=file, reason=str(fault) or type(fault).__name__) from None
    if DOCUMENT not in parts or "[Content_Types].xml" not in parts:
        raise PerfxlError("W01", file=file, reason=f"缺少 {DOCUMENT}")
    return parts


def write_package(parts: Mapping[str, bytes]) -> bytes:
    """A .docx of these parts: [Content_Types].xml first, fixed times."""
    target = io.BytesIO()
    first = "[Content_Types].xml"
    with zipfile.ZipFile(target, "w", zipfile.ZIP_DEFLATED, compresslevel=6) as package:
        for name in (first, *(name for name in parts if name != first)):
            info = zipfile.ZipInfo(name, _EPOCH)
            info.compress_type = zipfile.ZIP_DEFLATED
            info.external_attr = 0o600 << 16
            package.writestr(info, parts[name])
    return target.getvalue()


def fixed_package(content: bytes) -> bytes:
    """The same .docx with fixed times."""
    return write_package(read_package(content, ""))
