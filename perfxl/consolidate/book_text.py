"""A unit's book as text (JSON) and back, exactly: what the store keeps for publication, reissue and next year."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from ..form.records import Book, Row, RowKey, SheetRecord
from ..rules.types import CellError, Raw

__all__ = ["book_from", "book_text"]


def book_text(book: Book) -> str:
    """Every value, row and explanation of a book."""
    return json.dumps([_sheet(record) for record in book.all()], ensure_ascii=False, separators=(",", ":"))


def book_from(text: str) -> Book:
    """The book that :func:`book_text` wrote."""
    cover, *sheets = (_record(each) for each in json.loads(text))
    return Book(cover, sheets)


def _sheet(record: SheetRecord) -> dict[str, Any]:
    return {
        "sheet": record.sheet,
        "ordinal": record.ordinal,
        "values": _values(record.raws),
        "rows": {name: [[row.block, row.slot, _values(row.raws)] for row in rows] for name, rows in record.rows.items()},
        "explanations": [[*key, text] for key, text in record.explanations.items()],
    }


def _record(each: Mapping[str, Any]) -> SheetRecord:
    return SheetRecord(
        each["sheet"],
        each["ordinal"],
        _raws(each["values"]),
        {name: [Row(block, slot, _raws(values)) for block, slot, values in rows] for name, rows in each["rows"].items()},
        {RowKey(group, block, slot): text for group, block, slot, text in each["explanations"]},
    )


def _values(raws: Mapping[str, Raw]) -> dict[str, Any]:
    return {name: {"error": raw.code} if isinstance(raw, CellError) else raw for name, raw in raws.items()}


def _raws(values: Mapping[str, Any]) -> dict[str, Raw]:
    return {name: CellError(value["error"]) if isinstance(value, dict) else value for name, value in values.items()}
