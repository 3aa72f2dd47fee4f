"""审核说明 and the values that they were written for (DEFINITIONS, "Severity").

In the workbook that a unit was handed first nobody can tell which came first,
value or explanation.  A reissued workbook notes every explanation that it
carries, with the values of its row at that moment: as long as the text is the
same, it explains only values that are the same too.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator, Mapping

from ..form.model import Form
from ..form.records import Book, RowKey, SheetRecord
from ..rules.types import Raw, shown
from ..rules.values import strip
from .layout import Plan
from .write import live_plan

__all__ = ["SAID_KEY", "Noted", "Stale", "noted_in", "said_meta", "stale_in"]

SAID_KEY = "said"
_PIECE = 30_000
_PIECES = 20
_PIECE_KEYS = tuple(f"{SAID_KEY}{number}" for number in range(1, _PIECES + 1))

NotedKey = tuple[str, int, RowKey]
"""Sheet, ordinal and row beside which an explanation stands."""

Noted = Mapping[NotedKey, tuple[str, Mapping[str, str]]]
"""Digests of an explanation and of each value of its row."""

Stale = Mapping[NotedKey, frozenset[str]]
"""The fields of a row whose values have changed since its explanation was written."""


def _digest(raw: Raw) -> str:
    text = "" if raw is None else raw if isinstance(raw, str) else shown(raw)
    return hashlib.sha256(strip(text).encode("utf-8", "surrogatepass")).hexdigest()[:12]


def _values(form: Form, plan: Plan, record: SheetRecord, key: RowKey) -> dict[str, Raw]:
    """The values beside which an explanation stands."""
    if key.group:
        rows = (row for row in record.rows.get(key.group, ()) if (row.block, row.slot) == key[1:])
        raws: Mapping[str, Raw] = next((row.raws for row in rows), {})
        return {name: raws.get(name) for name in form.groups[key.group].fields if form.fields[name].is_entry}
    layout = live_plan(form, plan).layouts[record.sheet]
    names = (name for name, area in layout.singles.items() if layout.keys.get(area.row) == key)
    return {name: record.raws.get(name) for name in names if form.fields[name].is_entry}


def said_meta(form: Form, plan: Plan, book: Book, before: Noted | None = None) -> dict[str, str]:
    """The lines of the very hidden sheet that note a book's explanations.

    ``before`` is what the workbook that came back had noted: an explanation that was stale stays so.
    """
    stale = stale_in(form, plan, book, before or {})
    found: list[list[object]] = []
    for key, text, values in _explained(form, plan, book):
        digests = {name: _digest(raw) for name, raw in values.items()}
        old = (before or {})[key][1] if key in stale else {}
        found.append([*key[:2], *key[2], _digest(text), {**digests, **old}])
    if not found:
        return {}
    whole = json.dumps(found, ensure_ascii=False, separators=(",", ":"))
    pieces = [whole[at : at + _PIECE] for at in range(0, len(whole), _PIECE)]
    if len(pieces) > _PIECES:
        raise ValueError("too many explanations to note")
    return dict(zip(_PIECE_KEYS, pieces, strict=False))


def _explained(form: Form, plan: Plan, book: Book) -> Iterator[tuple[NotedKey, str, dict[str, Raw]]]:
    for record in book.all():
        for key, text in sorted(record.explanations.items()):
            if strip(text):
                yield (record.sheet, record.ordinal, key), text, _values(form, plan, record, key)


def noted_in(meta: Mapping[str, str]) -> Noted:
    """What a workbook notes; nothing where it does not, or not as it was written."""
    whole = "".join([meta[key] for key in _PIECE_KEYS if key in meta])
    if not whole:
        return {}
    try:
        return {
            (str(sheet), int(ordinal), RowKey(str(group), int(block), int(slot))): (str(text), dict(values))
            for sheet, ordinal, group, block, slot, text, values in json.loads(whole)
        }
    except (ValueError, TypeError):
        return {}


def stale_in(form: Form, plan: Plan, book: Book, noted: Noted) -> Stale:
    """The explanations that still have their old text although values of their row have changed."""
    if not noted:
        return {}
    found: dict[NotedKey, frozenset[str]] = {}
    for key, text, values in _explained(form, plan, book):
        digest, before = noted.get(key, ("", {}))
        if digest == _digest(text):
            changed = frozenset(name for name, raw in values.items() if name in before and before[name] != _digest(raw))
            if changed:
                found[key] = changed
    return found
