"""What one file holds, reduced to data: small, frozen, ready for the store and for other processes.

A :class:`Content` is made once per file and carries everything that the
consolidated workbook shows, with the place of each value.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import NamedTuple

from ..check import Condition, Finding, SheetPlace, Submission
from ..form.model import Field, Form, Severity
from ..form.records import Book, Row, SheetRecord, data_number, data_text, money_micro
from ..rules.types import Raw, is_blank, shown
from .book_text import book_text, same_rows

__all__ = ["Content", "Explanation", "FormKey", "Indicator", "Project", "Value", "content_of", "value_of"]

_SURROGATE = re.compile("[\ud800-\udfff]")

Value = str | int | float | None
"""A value as data: text; money as ``int`` of 10⁻⁶ 万元; other numbers as ``float``; ``None`` if blank.

What is ill-typed is the text that messages show of it, and counts nowhere.
"""

FormKey = tuple[str, int]
"""A form's id and version."""


class Indicator(NamedTuple):
    """A begun row of a project sheet.

    ``group`` names the form's group, ``block`` and ``slot`` count from 0;
    ``cell`` is the A1 address of the row's first value.
    """

    group: str
    block: int
    slot: int
    level1: str
    level2: str
    cell: str
    values: Mapping[str, Value]


@dataclass(frozen=True, slots=True, kw_only=True)
class Project:
    """A begun project sheet.

    ``sheet`` is its actual title in the file, ``cell`` the address of the
    project code, ``cells`` those of all its values; ``budget`` is ``None`` where
    the file gives no usable number.
    """

    ordinal: int
    sheet: str
    cell: str
    code: str
    name: str
    budget: int | None
    values: Mapping[str, Value]
    cells: Mapping[str, str] = field(default_factory=dict)
    indicators: Sequence[Indicator] = ()


class Explanation(NamedTuple):
    """A 审核说明: the sheet's title, the row it stands beside (see :class:`~perfxl.form.records.RowKey`), the text."""

    sheet: str
    group: str
    block: int
    slot: int
    text: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Content:
    """One file: what was read and what was found.

    ``file`` is the path shown to people, ``form`` ``None`` unless it was read.
    ``modified`` is the workbook's own time (ISO 8601, "" if unknown), ``mailed``
    the date of the mail that first brought it ("" if none did).  ``book``
    is the book as text on its way into the store (see :mod:`~perfxl.consolidate.book_text`), "" afterwards,
    as ``meta``, what the workbook says of itself, is empty.
    """

    file: str
    sha256: str
    condition: Condition
    size: int = 0
    modified: str = ""
    form: FormKey | None = None
    unit_code: str = ""
    unit_name: str = ""
    cover: Mapping[str, Value] = field(default_factory=dict)
    projects: tuple[Project, ...] = ()
    explanations: tuple[Explanation, ...] = ()
    findings: tuple[Finding, ...] = ()
    book: str = field(default="", compare=False, repr=False)
    meta: Mapping[str, str] = field(default_factory=dict, compare=False, repr=False)
    mailed: str = ""

    @property
    def when(self) -> str:
        """What decides which of two files wins and whether one is late: the mail date, else the workbook's own time."""
        return self.mailed or self.modified

    @property
    def errors(self) -> int:
        """The number of errors."""
        return sum(each.severity is Severity.ERROR for each in self.findings)

    @property
    def open_hints(self) -> int:
        """The number of hints that no 审核说明 explains."""
        return sum(each.severity is Severity.HINT and not each.explained for each in self.findings)

    @property
    def explained_hints(self) -> int:
        """The number of hints that a 审核说明 explains."""
        return sum(each.severity is Severity.HINT and each.explained for each in self.findings)

    @property
    def budget(self) -> int:
        """The sum of its projects' 预算数 in 10⁻⁶ 万元, as far as readable."""
        return sum(project.budget or 0 for project in self.projects)

    @property
    def department(self) -> str:
        """The first three digits of the unit code (DEFINITIONS, "Department")."""
        return self.unit_code[:3]


def content_of(submission: Submission) -> Content:
    """Reduce a submission to data."""
    form = submission.form if submission.condition is Condition.READ and submission.book is not None else None
    cover = submission.book.cover.raws if submission.book is not None else {}
    projects = tuple(_projects(form, submission)) if form else ()
    return Content(
        file=submission.file,
        sha256=submission.sha256,
        condition=submission.condition if form or submission.condition is not Condition.READ else Condition.UNREADABLE,
        size=submission.size,
        modified=submission.modified,
        form=(form.id, form.version) if form else None,
        unit_code=_sound(submission.unit_code),
        unit_name=_sound(submission.unit_name),
        cover={name: value_of(form.fields[name], cover.get(name)) for name in form.cover} if form else {},
        projects=projects,
        explanations=tuple(_explanations(submission)) if form else (),
        findings=tuple(_sound_finding(each) for each in submission.findings),
        book=_sound(_book_text(form, submission.book, projects)) if form and submission.book else "",
        meta={_sound(name): _sound(value) for name, value in submission.meta.items()},
    )


def _book_text(form: Form, book: Book, projects: Sequence[Project]) -> str:
    """The book, but for rows that its projects' indicators hold."""
    sheet = form.project_sheet
    rows = {each.ordinal: [(row.group, row.block, row.slot, row.values) for row in each.indicators] for each in projects}
    elsewhere = [
        number
        for number, record in enumerate(book.all())
        if record.sheet == sheet.id and record.ordinal in rows and same_rows(record, sheet.groups, rows[record.ordinal])
    ]
    return book_text(book, elsewhere)


def _explanations(submission: Submission) -> Iterator[Explanation]:
    assert submission.book is not None
    for record, place in zip(submission.book.all(), submission.places, strict=True):
        for key, text in record.explanations.items():
            if (record.sheet, record.ordinal, key) in submission.stale:
                continue  # Written for other values: it explains nothing across submissions either.
            yield Explanation(_sound(place.title), *key, _sound(text))


def _projects(form: Form, submission: Submission) -> Iterator[Project]:
    assert submission.book is not None
    code, name, budget = (form.roles[role] for role in ("project_code", "project_name", "budget"))
    single = [each for each in form.entry_fields(form.project_sheet.id) if not each.group]
    wanted = form.project_sheet.id
    for record, place in zip(submission.book.all(), submission.places, strict=True):
        if record.sheet != wanted or not record.begun:
            continue
        yield Project(
            ordinal=record.ordinal,
            sheet=_sound(place.title),
            cell=place.cell(code),
            code=_sound(data_text(form.fields[code], record.raws.get(code))),
            name=_sound(data_text(form.fields[name], record.raws.get(name))),
            budget=money_micro(form.fields[budget], record.raws.get(budget)),
            values={each.name: value_of(each, record.raws.get(each.name)) for each in single},
            cells={each.name: place.cell(each.name) for each in single},
            indicators=tuple(_indicators(form, record, place)),
        )


def _indicators(form: Form, record: SheetRecord, place: SheetPlace) -> Iterator[Indicator]:
    for group_name in form.project_sheet.groups:
        group = form.groups[group_name]
        fields = [form.fields[name] for name in group.fields if form.fields[name].is_entry]
        for row in record.rows.get(group_name, ()):
            block = group.blocks[row.block]
            yield Indicator(
                group=group_name,
                block=row.block,
                slot=row.slot,
                level1=block.level1,
                level2=block.level2,
                cell=_first_cell(place, group_name, fields, row),
                values={each.name: value_of(each, row.raws.get(each.name)) for each in fields},
            )


def _first_cell(place: SheetPlace, group: str, fields: list[Field], row: Row) -> str:
    return next((cell for each in fields if (cell := place.cell(each.name, group, row))), "")


def value_of(each: Field, raw: Raw) -> Value:
    """A raw value as data."""
    if is_blank(raw):
        return None
    if each.type_name == "money":
        micro = money_micro(each, raw)
        return shown(raw) if micro is None else micro
    if each.type_name in ("percent", "number"):
        number = data_number(each, raw)
        return shown(raw) if number is None else number
    return _sound(data_text(each, raw) or shown(raw))


def _sound(text: str) -> str:
    """Text that can be written anywhere: lone surrogates, which no encoding takes, are replaced."""
    if text.isascii() or not _SURROGATE.search(text):
        return text
    return text.encode("utf-16-le", "surrogatepass").decode("utf-16-le", "replace")


def _sound_finding(finding: Finding) -> Finding:
    texts = (finding.sheet, finding.value, finding.message, finding.explanation)
    if not any(_SURROGATE.search(text) for text in texts):
        return finding
    sheet, value, message, explanation = map(_sound, texts)
    return replace(finding, sheet=sheet, value=value, message=message, explanation=explanation)
