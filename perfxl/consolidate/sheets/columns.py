"""Columns that come from the form: which fields a table shows, in grid order, and how."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence

from ...form.model import Field, Form, Mark
from ..content import Value
from .cells import CellContent, Money
from .looks import Kind
from .page import Column

__all__ = ["contents_of", "cover_fields", "field_columns", "group_fields", "project_fields", "provenance"]

_WIDTHS = {
    "text": (16.0, 36.0),
    "long": (26.0, 44.0),
    "code": (15.0, 15.0),
    "target": (12.0, 18.0),
    "money": (12.5, 12.5),
    "percent": (8.0, 8.0),
    "number": (10.0, 10.0),
    "choice": (11.0, 16.0),
}
"""Width and greatest width of the columns of each type; numbers are always shown whole."""

_OTHER_WIDTHS = (18.0, 30.0)
_KINDS = {"money": Kind.MONEY, "percent": Kind.PERCENT, "number": Kind.NUMBER, "code": Kind.CODE}


def _grid_order(form: Form) -> dict[str, tuple[int, int, int]]:
    sheet = form.project_sheet
    places = {
        cell.text: (cell.row, cell.column, 0) for cell in sheet.grid.cells if cell.mark is Mark.FIELD
    }
    for name in sheet.fields:
        beside = form.fields[name].beside
        if beside in places:
            places[name] = (places[beside][0], places[beside][1], 1)
    return places


def project_fields(form: Form) -> tuple[Field, ...]:
    """The entry fields of the project sheet outside groups, in grid order."""
    order = _grid_order(form)
    fields = [each for each in form.entry_fields(form.project_sheet.id) if not each.group]
    return tuple(sorted(fields, key=lambda each: order[each.name]))


def group_fields(form: Form) -> tuple[Field, ...]:
    """The entry fields of all groups of the project sheet, group by group, in grid order."""
    order = _grid_order(form)
    found: list[Field] = []
    for name in form.project_sheet.groups:
        fields = [form.fields[each] for each in form.groups[name].fields if form.fields[each].is_entry]
        found.extend(sorted(fields, key=lambda each: order[each.name]))
    return tuple(found)


def cover_fields(form: Form) -> tuple[Field, ...]:
    """The entry fields of the cover but the unit's code and name: whom to call."""
    unit = (form.roles["unit_code"], form.roles["unit_name"])
    return tuple(form.fields[name] for name in form.cover if name not in unit and form.fields[name].is_entry)


def field_columns(form: Form, fields: Iterable[Field]) -> list[Column]:
    """One column per field, headed by its label."""
    code = form.roles["project_code"]
    return [
        Column(
            title=each.label,
            width=23.0 if each.name == code else _WIDTHS.get(each.type_name, _OTHER_WIDTHS)[0],
            kind=_KINDS.get(each.type_name, Kind.TEXT),
            most=_WIDTHS.get(each.type_name, _OTHER_WIDTHS)[1],
        )
        for each in fields
    ]


def provenance(*, linked: bool) -> list[Column]:
    """Where a row comes from: a link to its cell if ``linked``, then file, sheet and cell, folded away."""
    link = [Column(title="来源", width=6, kind=Kind.CENTRE, on_screen=True)] if linked else []
    return [
        *link,
        Column(title="文件", width=40, hidden=True),
        Column(title="工作表", width=10, kind=Kind.CENTRE, hidden=True),
        Column(title="单元格", width=8, kind=Kind.CENTRE, hidden=True),
    ]


def contents_of(fields: Sequence[Field], values: Mapping[str, Value]) -> list[CellContent]:
    """The cells of these fields; money as money, what is ill-typed as the text it is."""
    found: list[CellContent] = []
    for each in fields:
        value = values.get(each.name)
        found.append(Money(value) if each.type_name == "money" and isinstance(value, int) else value)
    return found
