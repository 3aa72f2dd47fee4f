"""A unit's book as text (JSON) and back, exactly: what the store keeps for publication, reissue and next year.

In the store the rows of a project stand once, as its indicators: where these
say exactly what the book's rows hold, the book has the names of their groups only.
"""

from __future__ import annotations

import json
from collections.abc import Collection, Iterable, Mapping, Sequence
from typing import Any

from ..form.records import Book, Row, RowKey, SheetRecord
from ..rules.types import CellError, Raw

__all__ = ["book_from", "book_text", "same_rows"]

Known = tuple[str, int, int, Mapping[str, Any]]
"""A row as a project's indicators tell it: group, block, slot, values."""


def book_text(book: Book, elsewhere: Collection[int] = ()) -> str:
    """Every value, row and explanation of a book; of its sheets (by number, the cover is 0) ``elsewhere`` without rows."""
    return _dump([_sheet(record, number not in elsewhere) for number, record in enumerate(book.all())])


def book_from(text: str, rows: Mapping[int, Iterable[Sequence[Any]]] | None = None) -> Book:
    """The book that :func:`book_text` wrote; ``rows`` are its projects' indicators as the store has them, by ordinal."""
    cover, *sheets = (_record(each, rows or {}) for each in json.loads(text))
    return Book(cover, sheets)


def same_rows(record: SheetRecord, groups: Sequence[str], known: Iterable[Known]) -> bool:
    """Whether a project's indicators, of these groups, say all that its sheet's rows hold."""
    if list(record.rows) != [name for name in groups if name in record.rows]:
        return False
    mine = [[name, row.block, row.slot, _values(row.raws)] for name, rows in record.rows.items() for row in rows]
    return _dump(mine) == _dump([list(each) for each in known])


def _dump(value: object) -> str:
    return json.dumps(value, ensure_ascii=False, separators=(",", ":"))


def _sheet(record: SheetRecord, whole: bool) -> dict[str, Any]:
    rows = {name: [[row.block, row.slot, _values(row.raws)] for row in rows] for name, rows in record.rows.items()}
    return {
        "sheet": record.sheet,
        "ordinal": record.ordinal,
        "values": _values(record.raws),
        "rows": rows if whole else list(rows),
        "explanations": [[*key, text] for key, text in record.explanations.items()],
    }


def _record(each: Mapping[str, Any], known: Mapping[int, Iterable[Sequence[Any]]]) -> SheetRecord:
    written = each["rows"]
    if isinstance(written, dict):
        rows = {name: [Row(block, slot, _raws(values)) for block, slot, values in rows] for name, rows in written.items()}
    else:
        rows = {name: [] for name in written}
        for group, block, slot, _, _, _, values in known[each["ordinal"]]:
            rows[group].append(Row(block, slot, dict(values)))
    return SheetRecord(
        each["sheet"],
        each["ordinal"],
        _raws(each["values"]),
        rows,
        {RowKey(group, block, slot): text for group, block, slot, text in each["explanations"]},
    )


def _values(raws: Mapping[str, Raw]) -> dict[str, Any]:
    return {name: {"error": raw.code} if isinstance(raw, CellError) else raw for name, raw in raws.items()}


def _raws(values: Mapping[str, Any]) -> dict[str, Raw]:
    return {name: CellError(value["error"]) if isinstance(value, dict) else value for name, value in values.items()}
