"""What makes XML text plain enough to be read without a parser, and its character references."""

from __future__ import annotations

import re
from itertools import chain

__all__ = ["fit_text", "has_escape", "resolved"]

_FEW = 100

_CONTROLS = set(range(32)) - {9, 10}
"""Not allowed in XML, or (CR) changed by a parser."""

_TABLE = bytes(0 if byte in _CONTROLS else byte for byte in range(256))
_REFERENCE = re.compile(r"#([0-9]{1,7})|#x([0-9A-Fa-f]{1,6})")
_MOST_REMEMBERED = 30_000


def fit_text(content: bytes) -> str | None:
    """UTF-8 decoded, ``None`` where it is not that or has a character that XML forbids or a parser would change."""
    # A single byte is searched for many times faster than two or three.
    if b"\0" in content.translate(_TABLE) or (b"]" in content and b"]]>" in content):
        return None
    try:
        text = content.decode("utf-8")
    except UnicodeDecodeError:
        return None
    return None if "\ufffe" in text or "\uffff" in text else text


def has_escape(text: str) -> bool:
    """There may be an _xHHHH_ of Excel's in it."""
    if text.count("_") > _FEW:
        return "_x" in text
    at = text.find("_")
    while at >= 0:
        if text.startswith("x", at + 1):
            return True
        at = text.find("_", at + 1)
    return False


def resolved(text: str) -> str | None:
    """The text with its references resolved; ``None`` where one is wrong."""
    if "&" not in text:
        return text
    pieces = text.split("&")
    try:
        # Some programs write every Chinese character as a reference.
        names, rests = zip(*(piece.split(";", 1) for piece in pieces[1:]), strict=True)
        characters = map(_CHARACTERS.__getitem__, names)
        return pieces[0] + "".join(chain.from_iterable(zip(characters, rests, strict=True)))
    except ValueError:
        return None


class _Characters(dict[str, str]):
    """What references stand for, by what is between ``&`` and ``;``; ValueError for what is none."""

    def __missing__(self, name: str) -> str:
        match = _REFERENCE.fullmatch(name)
        if match is None:
            raise ValueError(name)
        code = int(match[1]) if match[1] else int(match[2], 16)
        if (code < 32 and code not in (9, 10, 13)) or 0xD800 <= code < 0xE000 or code in (0xFFFE, 0xFFFF):
            raise ValueError(name)
        if len(self) < _MOST_REMEMBERED:
            self[name] = chr(code)
        return chr(code)


_CHARACTERS = _Characters(amp="&", lt="<", gt=">", quot='"', apos="'")
