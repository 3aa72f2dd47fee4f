"""The frame of a sheet: everything but its rows, verified by expat, once for all sheets with the same."""

from __future__ import annotations

import re
from typing import NamedTuple
from xml.parsers import expat

from .bounded_xml import local_name

__all__ = ["Frame", "frame_of"]

_ROWS, _ROWS_END = b"<sheetData>", b"</sheetData>"
_MOST_FRAME = 60_000
_MOST_REMEMBERED = 64

# Excel marks every sheet of every file anew, and each remembers its own selection: both make no other frame.
_MARK = re.compile(
    rb'(\A(?:\xef\xbb\xbf)?(?:<\?xml [^<>]*\?>\s*)?<worksheet(?: [a-zA-Z0-9:]+="[^"<>&]*")*?)'
    rb' xr:uid="\{[0-9A-F-]{36}\}"'
)
_SELECTION = re.compile(
    rb'(<sheetView(?: [a-zA-Z]+="[^"<>&]*")*+>)<selection(?: activeCell="[A-Z0-9]+")?+(?: sqref="[A-Z0-9:]+")?+/>(</sheetView>)'
)


class Frame(NamedTuple):
    """What stands before and after the rows, and which layers are in it."""

    head: bytes
    tail: bytes
    protected: bool
    validated: bool
    coloured: bool
    length: int


_FRAMES: list[Frame] = []
_SHAPES: dict[tuple[bytes, bytes], tuple[bool, bool, bool]] = {}


def frame_of(content: bytes) -> Frame | None:
    """The verified frame of a sheet, ``None`` where it is not plain."""
    for frame in _FRAMES:
        if content.startswith(frame.head) and content.endswith(frame.tail) and len(content) >= frame.length:
            return frame
    begin, end = content.find(_ROWS) + len(_ROWS), content.rfind(_ROWS_END)
    if not len(_ROWS) <= begin <= end or len(content) - end + begin > _MOST_FRAME:
        return None
    head, tail = content[:begin], content[end:]
    plain_head = _SELECTION.sub(rb"\1\2", _MARK.sub(rb"\1", head, 1), 1)
    shape = _SHAPES.get((plain_head, tail))
    if shape is None:
        if not _is_sound(head, tail):
            return None
        whole = head + tail
        shape = (b"sheetProtection" in whole, b"dataValidation " in whole, b"conditionalFormatting" in whole)
        if len(_SHAPES) >= _MOST_REMEMBERED:
            _SHAPES.clear()
        _SHAPES[plain_head, tail] = shape
    frame = Frame(head, tail, *shape, len(head) + len(tail))
    if plain_head == head:
        if len(_FRAMES) >= _MOST_REMEMBERED:
            _FRAMES.clear()
        _FRAMES.append(frame)
    return frame


def _is_sound(head: bytes, tail: bytes) -> bool:
    """Well-formed UTF-8 around an empty ``sheetData`` that is a child of the root; no cell elsewhere, no document type."""
    parser = expat.ParserCreate()
    path: list[str] = []
    rows: list[int] = []
    faults: list[object] = []

    def start(name: str, _: dict[str, str]) -> None:
        if name == "sheetData":
            rows.append(parser.CurrentByteIndex)
            faults.extend(path[1:] if path[:1] == ["worksheet"] else ["root"])
        elif local_name(name) in ("c", "sheetData"):
            faults.append(name)
        path.append(name)

    def end(_: str) -> None:
        path.pop()

    def declared(_: str, encoding: str | None, __: object) -> None:
        if encoding is not None and encoding.lower() != "utf-8":
            faults.append(encoding)

    parser.StartElementHandler, parser.EndElementHandler = start, end
    parser.XmlDeclHandler = declared
    parser.StartDoctypeDeclHandler = lambda *_: faults.append("document type")
    try:
        parser.Parse(head + tail, True)
    except (expat.ExpatError, ValueError, LookupError):
        return False
    return not faults and rows == [len(head) - len(_ROWS)]
