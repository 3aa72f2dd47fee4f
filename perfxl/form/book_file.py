"""One unit's data as a readable TOML file: the seed's, a demo's, a test's.

Keys are the form's own field names.  A sheet that repeats is an array of
tables (``[[project]]``), any other a table; a group with an indicator tree is
a table with one list of rows per level 2, any other group a list of rows.
"""

from __future__ import annotations

from ..rules.types import Raw
from .model import COVER, Field, Form, Group, Sheet
from .records import Book, Row, SheetRecord
from .toml import Table, read_toml

__all__ = ["read_book"]

_NUMBERS = ("money", "percent", "number")


def read_book(form: Form, text: str, file: str) -> Book:
    """The book that a data file describes, with raw values as cells would hold them.

    Money in 万元 and percents as fractions (0.3) are floats, all else texts.
    ``file`` is used in messages only.  Raises F02–F05 with file and key for
    anything that the form does not know.
    """
    top = read_toml(text, file)
    if top.text("form") != form.id:
        raise top.wrong("form", form.id)
    if top.integer("version", form.version) != form.version:
        raise top.fault("F15", "version", found=top.integer("version", form.version), expected=form.version)
    cover = SheetRecord(COVER)
    if COVER in top:
        table = top.table(COVER)
        cover.raws = _values(table, tuple(form.fields[name] for name in form.cover))
        table.done()
    sheets: list[SheetRecord] = []
    for sheet in form.sheets.values():
        sheets += [_record(form, sheet, ordinal, table) for ordinal, table in enumerate(_tables(top, sheet), 1)]
    top.done()
    return Book(cover, sheets)


def _tables(top: Table, sheet: Sheet) -> list[Table]:
    if sheet.repeats:
        return top.tables(sheet.id)
    return [top.table(sheet.id)] if sheet.id in top else []


def _record(form: Form, sheet: Sheet, ordinal: int, table: Table) -> SheetRecord:
    singles = tuple(each for each in form.entry_fields(sheet.id) if not each.group)
    record = SheetRecord(sheet.id, ordinal, _values(table, singles))
    for name in sheet.groups:
        if name in table:
            record.rows[name] = _rows(form, form.groups[name], table)
    table.done()
    return record


def _rows(form: Form, group: Group, table: Table) -> list[Row]:
    fields = tuple(form.fields[name] for name in group.fields if form.fields[name].is_entry)
    lists: list[tuple[int, list[Table]]] = []
    if group.blocks[0].level2:
        branches = table.table(group.name)
        for number, block in enumerate(group.blocks):
            lists.append((number, branches.tables(block.level2) if block.level2 in branches else []))
        _refuse_others(branches, group)
    else:
        lists.append((0, table.tables(group.name)))
    rows: list[Row] = []
    for number, tables in lists:
        for slot, each in enumerate(tables):
            rows.append(Row(number, slot, _values(each, fields)))
            each.done()
    return [row for row in rows if row.begun]


def _refuse_others(branches: Table, group: Group) -> None:
    """F03 for a level 2 that the form does not have, naming those that it has."""
    known = [block.level2 for block in group.blocks]
    for name in branches.names():
        if name not in known:
            raise branches.fault("F03", name, key=branches.place(name), known="、".join(known))


def _values(table: Table, fields: tuple[Field, ...]) -> dict[str, Raw]:
    found: dict[str, Raw] = {}
    for field in fields:
        # A default marks the key as known, so that a misspelt one is answered with the whole list.
        number = field.type_name in _NUMBERS
        value: Raw = table.number(field.name, 0.0) if number else table.text(field.name, "")
        if field.name in table:
            found[field.name] = value
    return found
