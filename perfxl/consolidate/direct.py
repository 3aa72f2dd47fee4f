"""A submission straight to rows of the store, for the processes that read files.

The same rows as ``rows_of(content_of(submission), reader)`` (a test compares
them) at a tenth of the cost: nothing is made but the text that is stored, and that once.
"""

from __future__ import annotations

from collections.abc import Callable, Container, Mapping, Sequence
from functools import lru_cache
from itertools import chain
from json.encoder import encode_basestring
from operator import methodcaller
from typing import Any

from ..check import Condition, Submission
from ..form.evaluate import Held
from ..form.model import Field, Form, Group
from ..form.records import Book, SheetRecord, data_text, money_micro
from ..form.records import Row as Record
from ..rules.types import Raw, shown
from ..rules.values import BLANKS
from ..workbook.places import SheetPlace
from .content import content_of, value_of
from .quick_json import Unwritable, as_json, plain_json
from .rows import Row, Rows, rows_of

__all__ = ["submission_rows"]

_TEXTS = ("text", "long", "target")
_MOST_HEADS = 4096
"""So many places of rows are remembered: where a workbook has a row, most workbooks do."""

_values_of = methodcaller("values")

_Head = tuple[str, int, int, str, str, str]
"""Group, block, slot, level 1, level 2 and cell of a row."""


def submission_rows(submission: Submission, reader: str) -> Rows:
    """All rows of a submission; ``reader`` marks the program and forms that read it."""
    form, book = submission.form, submission.book
    if submission.condition is not Condition.READ or form is None or book is None:
        return rows_of(content_of(submission), reader)
    try:
        return _rows(submission, form, book, reader)
    except (Unwritable, UnicodeEncodeError):  # a lone surrogate, which neither UTF-8 nor the store can hold
        return rows_of(content_of(submission), reader)


def _rows(submission: Submission, form: Form, book: Book, reader: str) -> Rows:
    findings = tuple(_finding_rows(submission))
    meta = as_json(submission.meta)
    names = (submission.unit_code, submission.unit_name, *(place.title for place in submission.places))
    writer = _writer(Held(form))
    sha256 = submission.sha256
    projects: list[Row] = []
    explanations: list[Row] = []
    elsewhere: list[int] = []
    wanted = form.project_sheet.id
    for number, (record, place) in enumerate(zip(book.all(), submission.places, strict=True)):
        for key, said in record.explanations.items():
            if (record.sheet, record.ordinal, key) not in submission.stale:
                explanations.append((sha256, len(explanations), place.title, *key, said))
        if record.sheet == wanted and record.begun:
            *row, whole = writer.project(sha256, record, place)
            projects.append(tuple(row))
            if whole:
                elsewhere.append(number)
    text = _book_text(list(book.all()), elsewhere)
    written = [text, meta, *names, *(str(row[-1]) for row in projects)]
    "".join(written + [str(value) for row in findings for value in row]).encode()
    cover = writer.cover(book.cover.raws)
    head = (sha256, reader, submission.condition.value, form.id, form.version, submission.unit_code, submission.unit_name)
    content = (*head, submission.modified, submission.size, cover, meta, text)
    return Rows(sha256, (content,), tuple(projects), tuple(explanations), findings)


def _book_text(records: Sequence[SheetRecord], elsewhere: Container[int]) -> str:
    """What :func:`~.book_text.book_text` writes."""
    return as_json(
        [
            {
                "sheet": record.sheet,
                "ordinal": record.ordinal,
                "values": record.raws,
                "rows": list(record.rows)
                if number in elsewhere
                else {name: [[row.block, row.slot, row.raws] for row in rows] for name, rows in record.rows.items()},
                "explanations": [[*key, text] for key, text in record.explanations.items()],
            }
            for number, record in enumerate(records)
        ]
    )


def _finding_rows(submission: Submission) -> list[Row]:
    found: list[Row] = []
    for each in submission.findings:
        place = (submission.sha256, len(found), each.sheet, each.cell, each.field, each.rule, each.severity.value)
        found.append((*place, each.value, each.message, int(each.explained), each.explanation))
    return found


class _Writer:
    """Writes the values of one form's sheets as JSON."""

    def __init__(self, form: Form) -> None:
        self.form = form
        self.code, self.name, self.budget = (form.fields[form.roles[role]] for role in ("project_code", "project_name", "budget"))
        self.cover = _object([form.fields[name] for name in form.cover])
        single = [each for each in form.entry_fields(form.project_sheet.id) if not each.group]
        self.single = [each.name for each in single]
        self.values = _object(single)
        self.groups = [_Group(form, form.groups[name]) for name in form.project_sheet.groups]

    def project(self, sha256: str, record: SheetRecord, place: SheetPlace) -> Row:
        """The row of a begun project sheet, and whether its indicators say all that its rows hold."""
        raws = record.raws
        code = data_text(self.code, raws.get(self.code.name))
        name = data_text(self.name, raws.get(self.name.name))
        budget = money_micro(self.budget, raws.get(self.budget.name))
        cells = _cells(tuple((each, place.cell(each)) for each in self.single))
        head = (sha256, record.ordinal, place.title, place.cell(self.code.name), code, name, budget)
        whole = list(record.rows) == [each.name for each in self.groups if each.name in record.rows]
        found: list[str] = []
        count = 0
        for group in self.groups:
            if rows := record.rows.get(group.name):
                text, exact = group.write(rows, place)
                found.append(text)
                count += len(rows)
                whole = whole and exact
        return *head, self.values(raws), cells, count, f"[{','.join(found)}]", whole


class _Group:
    """Writes the begun rows of one group."""

    def __init__(self, form: Form, group: Group) -> None:
        self.name = group.name
        self.group = group
        fields = [form.fields[name] for name in group.fields if form.fields[name].is_entry]
        self.names = tuple(each.name for each in fields)
        self.values = _object(fields)
        self.texts = all(each.type_name in _TEXTS for each in fields)
        self.heads: dict[tuple[int, int, str], _Head] = {}

    def write(self, rows: Sequence[Record], place: SheetPlace) -> tuple[str, bool]:
        """The rows, and whether they say all that was read."""
        first = self.names[0]
        heads: list[_Head] = []
        for row in rows:
            cells = place.rows.get((self.name, row.block, row.slot), {})
            at = (row.block, row.slot, cells.get(first, "") or next(filter(None, map(cells.get, self.names)), ""))
            heads.append(self.heads.get(at) or self._head(*at))
        raws = [row.raws for row in rows]
        if self.texts and self._said_plainly(raws):
            return as_json([(*head, each) for head, each in zip(heads, raws, strict=True)])[1:-1], True
        values = [self.values(each) for each in raws]
        whole = all(each == plain_json(raw) for each, raw in zip(values, raws, strict=True))
        return ",".join([f"{as_json(head)[:-1]},{each}]" for head, each in zip(heads, values, strict=True)]), whole

    def _said_plainly(self, raws: Sequence[Mapping[str, Raw]]) -> bool:
        """All values are texts without blanks around them, as most are."""
        if list(map(tuple, raws)).count(self.names) != len(raws):
            return False
        flat: list[Any] = list(chain.from_iterable(map(_values_of, raws)))
        try:
            whole = "".join(flat)
        except TypeError:  # no text
            return False
        # One look at all of them tells of most that there is no blank at all.
        return "" not in flat and (whole.split(None, 1) == [whole] or list(map(str.strip, flat)) == flat)

    def _head(self, number: int, slot: int, cell: str) -> _Head:
        block = self.group.blocks[number]
        if len(self.heads) >= _MOST_HEADS:
            self.heads.clear()
        found = self.heads[number, slot, cell] = (self.name, number, slot, block.level1, block.level2, cell)
        return found


@lru_cache(maxsize=64)
def _writer(key: Held) -> _Writer:
    return _Writer(key.form)


@lru_cache(maxsize=1024)
def _cells(cells: tuple[tuple[str, str], ...]) -> str:
    """The addresses of a project's values: most sheets have the same."""
    return as_json(dict(cells))


def _template(fields: Sequence[Field]) -> str:
    return "{" + ",".join(f"{encode_basestring(each.name).replace('%', '%%')}:%s" for each in fields) + "}"


def _object(fields: Sequence[Field]) -> Callable[[Mapping[str, Raw]], str]:
    """From raw values to a JSON object of what they hold as data, by field."""
    template = _template(fields)
    getters = [(each.name, _text if each.type_name in _TEXTS else _other(each)) for each in fields]

    def write(raws: Mapping[str, Raw]) -> str:
        return template % tuple([value(raws.get(name)) for name, value in getters])

    return write


def _text(raw: Raw) -> str:
    if raw.__class__ is str and (text := raw.strip(BLANKS)):
        return encode_basestring(text)
    return "null" if raw is None or isinstance(raw, str) else encode_basestring(shown(raw))


def _other(field: Field) -> Callable[[Raw], str]:
    def write(raw: Raw) -> str:
        value = None if raw is None else value_of(field, raw)
        if value is None:
            return "null"
        return encode_basestring(value) if isinstance(value, str) else repr(value)

    return write
