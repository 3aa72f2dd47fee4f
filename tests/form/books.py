"""Books as plain values, for comparing what was meant with what was read."""

from __future__ import annotations

from perfxl.form.records import Book
from perfxl.rules.types import Raw, is_blank

Values = dict[str, Raw]
Rows = dict[str, list[tuple[int, int, Values]]]
Notes = dict[tuple[str, int, int], str]


def _filled(raws: Values) -> Values:
    return {name: raw for name, raw in raws.items() if not is_blank(raw)}


def filled(book: Book) -> list[tuple[str, int, Values, Rows, Notes]]:
    """Every begun sheet with its values, rows and explanations; blank cells left out."""
    return [
        (
            record.sheet,
            record.ordinal,
            _filled(record.raws),
            {group: [(row.block, row.slot, _filled(row.raws)) for row in rows] for group, rows in sorted(record.rows.items())},
            {tuple(key): text for key, text in record.explanations.items()},
        )
        for record in book.all()
        if record.begun
    ]
