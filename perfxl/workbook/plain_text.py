"""What makes XML text plain enough to be read without a parser, and its character references."""

from __future__ import annotations

import re

__all__ = ["fit_text", "has_escape", "resolved"]

_FEW = 100

_CONTROLS = set(range(32)) - {9, 10}
"""Not allowed in XML, or (CR) changed by a parser."""

_TABLE = bytes(0 if byte in _CONTROLS else byte for byte in range(256))
_REFERENCE = re.compile(r"&(?:(amp|lt|gt|quot|apos)|#([0-9]{1,7})|#x([0-9A-Fa-f]{1,6}));")
_NAMED = {"amp": "&", "lt": "<", "gt": ">", "quot": '"', "apos": "'"}


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
    try:
        found, count = _REFERENCE.subn(_character, text)
    except ValueError:
        return None
    return found if count == text.count("&") else None


def _character(match: re.Match[str]) -> str:
    name, decimal, hexadecimal = match.groups()
    if name:
        return _NAMED[name]
    code = int(decimal) if decimal else int(hexadecimal, 16)
    if (code < 32 and code not in (9, 10, 13)) or 0xD800 <= code < 0xE000 or code in (0xFFFE, 0xFFFF):
        raise ValueError(code)
    return chr(code)
