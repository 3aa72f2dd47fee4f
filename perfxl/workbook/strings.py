"""Shared strings (ECMA-376 part 1, 18.4): rich text joined, phonetic guides left out.

A plain table, as most programs write it, is cut into its texts at once; any
other is read by expat to the same result.
"""

from __future__ import annotations

import re
from functools import lru_cache
from itertools import takewhile
from operator import eq
from typing import NamedTuple

from .archive import Refusal
from .bounded_xml import Budget, local_name, parse
from .cells import LONGEST_TEXT, unescaped
from .compiled import cut
from .plain_text import fit_text, has_escape, resolved

__all__ = ["Strings", "read_strings"]

MOST_STRINGS = 200_000
_LONGEST_REMEMBERED = 2_000
_LONGEST_BEGUN, _FEWEST_BEGUN, _MOST_BEGUN = 200_000, 50, 16
"""Bytes of a table that is compared with the next; items that two begin with to be remembered; beginnings remembered."""

_NUMBERS: dict[bytes, int] = {}

_OPEN = re.compile(
    rb'(?:<\?xml version="1\.0" encoding="(?:UTF|utf)-8"(?: standalone="(?:yes|no)")?\?>\s*)?'
    rb'<sst xmlns="http://schemas\.openxmlformats\.org/spreadsheetml/2006/main"'
    rb'(?: count="[0-9]{1,9}")?(?: uniqueCount="[0-9]{1,9}")?>'
)
_FIRST, _LAST, _BETWEEN, _END = "<si>", "</si></sst>", "</si><si>", "</sst>"
_PLAIN, _SPACED, _CLOSE = "<t>", '<t xml:space="preserve">', "</t>"
_RUN = r'<r>(?:<rPr>(?:<[a-zA-Z0-9]+(?: [a-zA-Z]+="[^"<&]*")?/>)*</rPr>)?<t(?: xml:space="preserve")?>([^<]*)</t></r>'
_RUNS, _RUN_TEXT = re.compile(f"(?:{_RUN})+"), re.compile(_RUN)


class Strings:
    """The texts in order; ``numbers`` maps the digits that may refer to them to their places."""

    __slots__ = ("numbers", "texts")

    def __init__(self, texts: list[str]) -> None:
        self.texts = texts
        if len(texts) > len(_NUMBERS):
            _NUMBERS.update((b"%d" % number, number) for number in range(len(_NUMBERS), len(texts)))
        self.numbers = _NUMBERS


def read_strings(content: bytes, part: str, budget: Budget) -> Strings:
    """The shared strings; raises Refusal I05 or I10."""
    texts = _plainly(content)
    if texts is None:
        texts = _carefully(content, part, budget)
    elif len(texts) > MOST_STRINGS:
        raise Refusal("I10", reason=f"超过 {MOST_STRINGS} 条文字")
    if len(content) > LONGEST_TEXT and max(map(len, texts), default=0) > LONGEST_TEXT:
        raise Refusal("I10", reason=f"一条文字超过 {LONGEST_TEXT} 个字符")
    return Strings(texts)


class _Begun(NamedTuple):
    """The first items of a table as they are written, and their texts."""

    written: bytes
    texts: list[str]


def _length(begun: _Begun) -> int:
    return len(begun.written)


_BEGUN: list[_Begun] = []
_BEFORE: list[_Begun] = []
"""The table that was read last."""


def _plainly(content: bytes) -> list[str] | None:
    """The texts of a plain table, ``None`` where it is not one."""
    head = _OPEN.match(content)
    if head is None:
        return None
    begin = head.end()
    known = max((each for each in _BEGUN if content.startswith(each.written, begin)), key=_length, default=None)
    if known is not None:
        # Workbooks of a form begin alike; what was verified need not be verified again.
        others = _texts(content, begin + len(known.written))
        return None if others is None else known.texts + others
    found = _texts(content, begin)
    written = content[begin:]
    if found is not None and len(written) <= _LONGEST_BEGUN:
        _compare(_Begun(written, found))
    return found


def _compare(table: _Begun) -> None:
    """Remember what a table has in common with the one before."""
    before = _BEFORE[0] if _BEFORE else _Begun(b"", [])
    _BEFORE[:] = [table]
    alike = len(list(takewhile(bool, map(eq, table.texts, before.texts))))
    if alike < _FEWEST_BEGUN:
        return
    rest = table.written.split(b"</si>", alike)[-1]
    begun = table.written[: len(table.written) - len(rest)]
    if before.written.startswith(begun):
        _BEGUN.insert(0, _Begun(begun, table.texts[:alike]))
        del _BEGUN[_MOST_BEGUN:]


def _texts(content: bytes, begin: int) -> list[str] | None:
    """The texts of the items from a place to the end of the table, ``None`` where they are not plain."""
    return _items(content[begin:]) if cut is None else cut.texts(content, begin, _marked_text, _unusual_item)


def _marked_text(written: bytes) -> str | None:
    """A text with references or escapes, for the compiled reader."""
    text = fit_text(written)
    whole = None if text is None else resolved(text)
    return None if whole is None else unescaped(whole)


def _unusual_item(written: bytes) -> str | None:
    """An item that is no plain text, likewise."""
    item = fit_text(written)
    text = None if item is None else _text_of(item)
    whole = None if text is None else resolved(text)
    return None if whole is None else unescaped(whole)


def _items(written: bytes) -> list[str] | None:
    """The texts of the items up to the end of the table, ``None`` where they are not plain."""
    text = fit_text(written)
    body = "" if text is None else text.rstrip(" \t\n")
    if body == _END:
        return []
    if not body.startswith(_FIRST) or not body.endswith(_LAST):
        return None
    items = body[len(_FIRST) : -len(_LAST)]
    found = _cut(items, _SPACED if items.startswith((_SPACED, "<r>")) else _PLAIN)
    if found is None:
        return None
    escaped = has_escape(items)
    if "&" in items:
        for number, each in enumerate(found):
            if "&" in each:
                whole = resolved(each)
                if whole is None:
                    return None
                found[number] = whole
                # A reference may stand for a letter of an escape.
                escaped = escaped or has_escape(whole)
    return [unescaped(each) for each in found] if escaped else found


def _cut(items: str, opened: str) -> list[str] | None:
    """The texts between the tags; most are opened and closed alike."""
    pieces = items.split(f"{_CLOSE}{_BETWEEN}{opened}")
    last = len(pieces) - 1
    if items.count("<") == 4 * last + 2 and items.startswith(opened) and items.endswith(_CLOSE):
        pieces[0] = pieces[0][len(opened) :]
        pieces[last] = pieces[last][: -len(_CLOSE)]
        return pieces
    found: list[str] = []
    for number, piece in enumerate(pieces):
        if "<" not in piece and 0 < number < last:
            found.append(piece)
            continue
        whole = (opened if number else "") + piece + (_CLOSE if number < last else "")
        for item in whole.split(_BETWEEN):
            text = _text_of(item)
            if text is None:
                return None
            found.append(text)
    return found


def _item(item: str) -> str | None:
    for opened in (_PLAIN, _SPACED):
        if item.startswith(opened) and item.endswith(_CLOSE):
            text = item[len(opened) : -len(_CLOSE)]
            return None if "<" in text else text
    if item == "<t/>":
        return ""
    return "".join(_RUN_TEXT.findall(item)) if _RUNS.fullmatch(item) else None


# Guides in rich text, which are the same in all workbooks of a form.
_known_item = lru_cache(maxsize=2_000)(_item)


def _text_of(item: str) -> str | None:
    return _known_item(item) if len(item) <= _LONGEST_REMEMBERED else _item(item)


def _carefully(content: bytes, part: str, budget: Budget) -> list[str]:
    found: list[str] = []
    pieces: list[str] = []
    reading = False
    phonetic = 0

    def start(name: str, _: dict[str, str]) -> None:
        nonlocal reading, phonetic
        local = local_name(name)
        if local == "si":
            pieces.clear()
        elif local == "rPh":
            phonetic += 1
        elif local == "t":
            reading = not phonetic

    def end(name: str) -> None:
        nonlocal reading, phonetic
        local = local_name(name)
        if local == "t":
            reading = False
        elif local == "rPh":
            phonetic -= 1
        elif local == "si":
            found.append(unescaped("".join(pieces)))
            if len(found) > MOST_STRINGS:
                raise Refusal("I10", reason=f"超过 {MOST_STRINGS} 条文字")

    def data(text: str) -> None:
        if reading:
            pieces.append(text)

    parse(content, part, budget, start, end, data)
    return found
