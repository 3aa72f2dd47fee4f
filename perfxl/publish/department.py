"""What is published of a department: its units' books in official order, and what is missing in them."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass

from ..form.model import COVER, Field, Form
from ..form.records import Book, Row, SheetRecord, data_text, read_value
from ..rules.values import NA

__all__ = ["DEPARTMENT_DIGITS", "Department", "Missing", "departments_of", "missing_in"]

DEPARTMENT_DIGITS = 3
"""A unit code's leading digits that name its department (DEFINITIONS, "Department")."""

_LEAD_SUFFIX = "001"
_LEAD_WORD = "本级"


@dataclass(frozen=True, slots=True, kw_only=True)
class Department:
    """One document: ``books`` by unit code, each with its begun projects in the unit's own order."""

    form: Form
    code: str
    name: str
    books: tuple[Book, ...]
    lead: Book | None

    def unit(self, book: Book) -> tuple[str, str]:
        """A book's unit code and name."""
        return _role(self.form, book.cover, "unit_code"), _role(self.form, book.cover, "unit_name")

    def projects(self) -> Iterator[tuple[Book, SheetRecord]]:
        """Every begun project: by unit code, within a unit as its workbook has them.

        Not by project code, as the consolidated workbook: the published
        document (workbooks/seed.txt) keeps the unit's order.
        """
        for book in self.books:
            for record in sorted(book.projects(self.form), key=lambda record: record.ordinal):
                yield book, record


@dataclass(frozen=True, slots=True, kw_only=True)
class Missing:
    """A value that the form requires and the document lacks; ``field`` is a label."""

    unit: str
    sheet: str
    field: str

    def __str__(self) -> str:
        return "：".join(part for part in (self.unit, self.sheet, self.field) if part)


def departments_of(
    form: Form, books: Iterable[Book], *, names: Mapping[str, str] | None = None, leads: Mapping[str, str] | None = None
) -> list[Department]:
    """Group books by department, in order of code.

    ``names`` and ``leads`` (department code -> name, lead unit's code) come from
    a roster; else the unit …001 leads and names its department.
    """
    found: dict[str, list[Book]] = {}
    for book in books:
        found.setdefault(_role(form, book.cover, "unit_code")[:DEPARTMENT_DIGITS], []).append(book)
    return [
        _department(form, code, found[code], (names or {}).get(code, ""), (leads or {}).get(code, code + _LEAD_SUFFIX))
        for code in sorted(found)
    ]


def _department(form: Form, code: str, books: list[Book], name: str, lead_code: str) -> Department:
    books = sorted(books, key=lambda book: _role(form, book.cover, "unit_code"))
    lead = next((book for book in books if _role(form, book.cover, "unit_code") == lead_code), None)
    if not name:
        name = _role(form, (lead or books[0]).cover, "unit_name")
        name = name.removesuffix(_LEAD_WORD) or name
    return Department(form=form, code=code, name=name, books=tuple(books), lead=lead)


def _role(form: Form, record: SheetRecord, role: str) -> str:
    field = form.fields[form.roles[role]]
    return data_text(field, record.raws.get(field.name))


def missing_in(department: Department) -> list[Missing]:
    """Every blank or ill-typed value where the form requires one, in the document's order."""
    return list(_missing(department))


def _missing(department: Department) -> Iterator[Missing]:
    form = department.form
    for sheet in (each for each in form.sheets.values() if not each.repeats):
        records = department.lead.of(sheet.id) if department.lead else []
        if not records:
            yield Missing(unit=f"{department.code}{department.name}", sheet=sheet.title(1), field="主管部门本级没有报送")
        for record in records:
            assert department.lead is not None
            yield from _missing_in_record(form, "".join(department.unit(department.lead)), sheet.title(1), record)
    for book in department.books:
        yield from _missing_in_record(form, "".join(department.unit(book)), "", book.cover)
    for book, record in department.projects():
        title = _role(form, record, "project_name") or form.sheets[record.sheet].title(record.ordinal)
        yield from _missing_in_record(form, "".join(department.unit(book)), title, record)


def _missing_in_record(form: Form, unit: str, title: str, record: SheetRecord) -> Iterator[Missing]:
    for field in form.entry_fields(record.sheet):
        if not field.group and _lacks(form, field, record.raws):
            yield Missing(unit=unit, sheet=title, field=field.label)
    for name in form.sheets[record.sheet].groups if record.sheet != COVER else ():
        group = form.groups[name]
        rows = record.rows.get(name, [])
        for number, block in enumerate(group.blocks):
            if block.required and not any(row.block == number for row in rows):
                yield Missing(unit=unit, sheet=title, field=block.level2)
        for row in rows:
            yield from _missing_in_row(form, unit, title, group.blocks[row.block].level2 or group.label, group.fields, row)


def _missing_in_row(
    form: Form, unit: str, title: str, place: str, fields: tuple[str, ...], row: Row
) -> Iterator[Missing]:
    for name in fields:
        field = form.fields[name]
        if field.is_entry and _lacks(form, field, row.raws):
            yield Missing(unit=unit, sheet=title, field=f"{place}第{row.slot + 1}行{field.label}")


def _lacks(form: Form, field: Field, raws: Mapping[str, object]) -> bool:
    value = read_value(field, raws.get(field.name))  # type: ignore[arg-type]
    return value is NA or (value == "" and form.is_required(field.name))
