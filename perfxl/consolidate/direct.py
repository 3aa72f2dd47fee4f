"""A submission straight to rows of the store, for the processes that read files.

The same rows as ``rows_of(content_of(submission), reader)`` (a test compares
them) at a fifth of the cost: nothing is made but the text that is stored.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping, Sequence
from functools import lru_cache
from json.encoder import encode_basestring

from ..check import Condition, Submission
from ..form.evaluate import Held
from ..form.model import Field, Form, Group
from ..form.records import SheetRecord, data_text, money_micro
from ..rules.types import CellError, Raw, shown
from ..rules.values import BLANKS
from ..workbook.places import SheetPlace
from .content import content_of, value_of
from .rows import Row, Rows, rows_of

__all__ = ["submission_rows"]

_TEXTS = ("text", "long", "target")


def _error(value: object) -> dict[str, str]:
    assert isinstance(value, CellError), value
    return {"error": value.code}


_ENCODER = json.JSONEncoder(ensure_ascii=False, separators=(",", ":"), default=_error)


def submission_rows(submission: Submission, reader: str) -> Rows:
    """All rows of a submission; ``reader`` marks the program and forms that read it."""
    form, book = submission.form, submission.book
    if submission.condition is not Condition.READ or form is None or book is None:
        return rows_of(content_of(submission), reader)
    text = _book_text(list(book.all()))
    findings = tuple(_finding_rows(submission))
    meta = _ENCODER.encode(submission.meta)
    names = (submission.unit_code, submission.unit_name, *(place.title for place in submission.places))
    if not _sound(text, meta, *names, *(str(value) for row in findings for value in row)):
        return rows_of(content_of(submission), reader)
    writer = _writer(Held(form))
    sha256 = submission.sha256
    projects: list[Row] = []
    indicators: list[Row] = []
    explanations: list[Row] = []
    wanted = form.project_sheet.id
    for record, place in zip(book.all(), submission.places, strict=True):
        for key, said in record.explanations.items():
            explanations.append((sha256, len(explanations), place.title, *key, said))
        if record.sheet == wanted and record.begun:
            projects.append(writer.project(sha256, record, place))
            writer.indicators(sha256, record, place, indicators)
    cover = writer.cover(book.cover.raws)
    head = (sha256, reader, submission.condition.value, form.id, form.version, submission.unit_code, submission.unit_name)
    content = (*head, submission.modified, submission.size, cover, meta, text)
    return Rows(sha256, (content,), tuple(projects), tuple(indicators), tuple(explanations), findings)


def _sound(*texts: str) -> bool:
    """No lone surrogate, which neither UTF-8 nor the store can hold."""
    try:
        "".join(texts).encode()
    except UnicodeEncodeError:
        return False
    return True


def _book_text(records: Sequence[SheetRecord]) -> str:
    """What :func:`~.book_text.book_text` writes."""
    return _ENCODER.encode(
        [
            {
                "sheet": record.sheet,
                "ordinal": record.ordinal,
                "values": record.raws,
                "rows": {name: [[row.block, row.slot, row.raws] for row in rows] for name, rows in record.rows.items()},
                "explanations": [[*key, text] for key, text in record.explanations.items()],
            }
            for record in records
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
        groups = [form.groups[name] for name in form.project_sheet.groups]
        self.groups = [(group, *_of_group(form, group)) for group in groups]

    def project(self, sha256: str, record: SheetRecord, place: SheetPlace) -> Row:
        """The row of a begun project sheet."""
        raws = record.raws
        code = data_text(self.code, raws.get(self.code.name))
        name = data_text(self.name, raws.get(self.name.name))
        budget = money_micro(self.budget, raws.get(self.budget.name))
        cells = _cells(tuple((each, place.cell(each)) for each in self.single))
        head = (sha256, record.ordinal, place.title, place.cell(self.code.name), code, name, budget)
        return *head, self.values(raws), cells

    def indicators(self, sha256: str, record: SheetRecord, place: SheetPlace, found: list[Row]) -> None:
        """The begun rows of a project sheet, appended to what is found."""
        number = 0
        for group, names, values in self.groups:
            for row in record.rows.get(group.name, ()):
                block = group.blocks[row.block]
                cell = place.cell(names[0], group.name, row) or _any_cell(place, names, group.name, row.block, row.slot)
                place_of = (sha256, record.ordinal, number, group.name, row.block, row.slot)
                found.append((*place_of, block.level1, block.level2, cell, values(row.raws)))
                number += 1


def _of_group(form: Form, group: Group) -> tuple[list[str], Callable[[Mapping[str, Raw]], str]]:
    fields = [form.fields[name] for name in group.fields if form.fields[name].is_entry]
    return [each.name for each in fields], _object(fields)


def _any_cell(place: SheetPlace, names: Sequence[str], group: str, block: int, slot: int) -> str:
    cells = place.rows.get((group, block, slot), {})
    return next((cell for each in names if (cell := cells.get(each, ""))), "")


@lru_cache(maxsize=64)
def _writer(key: Held) -> _Writer:
    return _Writer(key.form)


@lru_cache(maxsize=1024)
def _cells(cells: tuple[tuple[str, str], ...]) -> str:
    """The addresses of a project's values: most sheets have the same."""
    return _ENCODER.encode(dict(cells))


def _object(fields: Sequence[Field]) -> Callable[[Mapping[str, Raw]], str]:
    """From raw values to a JSON object of what they hold as data, by field."""
    template = "{" + ",".join(f"{encode_basestring(each.name).replace('%', '%%')}:%s" for each in fields) + "}"
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
