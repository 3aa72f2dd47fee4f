"""Calculation sheets whose formulas are written as in one that was read before, known by comparing.

To search a megabyte for its formulas takes as long as to inflate it.  Most
workbooks of a task were saved by a few programs, each of which writes the same
formulas in the same way: the next sheet is compared from formula to formula.
"""

from __future__ import annotations

import re
from typing import NamedTuple

__all__ = ["known_mark", "remember_mark"]

_MOST_BYTES = 12_000_000
"""Bytes of formulas that are remembered in all."""

_MOST_FORMULAS = 60_000
_MOST_SPELLINGS = 4
"""Spellings of one sheet: programs and their versions."""

# What follows an element without a text belongs to it here: a text there would look like its own to a search.
_ELEMENT = re.compile(rb"<f(?: [^<>]*)?(?:/><(?:v>|/c)|>[^<]*+</f>)")
_BEGIN = b"<f"


class _Known(NamedTuple):
    """All formulas of a sheet as they are written, each with its length, and their mark."""

    elements: tuple[tuple[bytes, int], ...]
    mark: str


_KNOWN: dict[tuple[str, str], list[_Known]] = {}
_BYTES = [0]


def known_mark(key: tuple[str, str], content: bytes) -> str | None:
    """The mark of a sheet with exactly the formulas of one that was remembered under this key; ``None`` if it has others."""
    return next((each.mark for each in _KNOWN.get(key, ()) if _has(content, each.elements)), None)


def remember_mark(key: tuple[str, str], content: bytes, mark: str) -> None:
    """Remember how the formulas of a sheet are written, and their mark."""
    count = content.count(_BEGIN)
    elements = _ELEMENT.findall(content) if count <= _MOST_FORMULAS else []
    if not elements or len(elements) != count:
        return  # There is something else that begins like a formula.
    size = sum(map(len, elements))
    if size > _MOST_BYTES:
        return
    if _BYTES[0] + size > _MOST_BYTES:
        _KNOWN.clear()
        _BYTES[0] = 0
    known = _KNOWN.setdefault(key, [])
    if len(known) < _MOST_SPELLINGS:
        once = {each: each for each in elements}
        known.append(_Known(tuple((once[each], len(each)) for each in elements), mark))
        _BYTES[0] += size


def _has(content: bytes, elements: tuple[tuple[bytes, int], ...]) -> bool:
    find, stands = content.find, content.startswith
    at = 0
    for element, length in elements:
        at = find(_BEGIN, at)
        if not stands(element, at):
            return False
        at += length
    return find(_BEGIN, at) < 0
