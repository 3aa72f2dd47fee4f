"""How a form's sheets lie in the official document: headings, paragraphs, tables.

Derived from the form's own pictures, so that the template maker and the
importer agree for every form, and no field is named in Python.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from ..form.model import Form, GridCell, Mark, Sheet

__all__ = ["PROJECTS_TITLE", "STYLE_IDS", "Outline", "Part", "Section", "TablePlan", "cells_of", "grid_cells", "outline_of"]


PROJECTS_TITLE = "预算项目绩效目标"
"""What the part with the projects' tables is called (workbooks/seed.txt)."""


STYLE_IDS: Mapping[str, str] = {
    "cover": "CoverTitle",
    "cover_small": "CoverLine",
    "contents": "ContentsTitle",
    "part": "PartLabel",
    "cell": "TableCell",
    "gap": "TableGap",
    "notice": "Notice",
}
"""Style ids of the template's own paragraph styles, by use."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Section:
    """A piece of a part: a heading, then one field's paragraphs or one group's rows.

    ``label`` is set for a field that stands beside its label (``label：value``).
    """

    heading: str = ""
    field: str = ""
    group: str = ""
    label: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Part:
    """A sheet that does not repeat, as running text under its title."""

    sheet: str
    title: str
    sections: tuple[Section, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class TablePlan:
    """One Word table: grid rows from the top, then a group's row once per begun slot.

    ``header`` of the rows repeat on every page; ``plain`` leading rows have no borders.
    """

    rows: tuple[int, ...]
    header: int = 0
    plain: int = 0
    group: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Outline:
    """The document's plan: parts in running text, then a heading and tables per project.

    ``title`` is the field that heads a project, ``title_row`` its grid row (-1 if none of its own).
    """

    parts: tuple[Part, ...]
    title: str
    title_row: int
    tables: tuple[TablePlan, ...]


def outline_of(form: Form) -> Outline:
    """The plan of a form's document."""
    sheet = form.project_sheet
    first = cells_of(sheet, 0)
    own = len(first) == 1 and first[0].mark is Mark.FIELD
    return Outline(
        parts=tuple(_part(form, each) for each in form.sheets.values() if not each.repeats),
        title=first[0].text if own else form.roles["project_name"],
        title_row=0 if own else -1,
        tables=_tables(form, sheet, 1 if own else 0),
    )


def cells_of(sheet: Sheet, row: int) -> list[GridCell]:
    """The cells that begin in a grid row, from the left."""
    return [cell for cell in sheet.grid.cells if cell.row == row]


def grid_cells(sheet: Sheet, row: int) -> list[GridCell]:
    """The cells that lie over a grid row, those merged from above among them."""
    over = [cell for cell in sheet.grid.cells if cell.row <= row < cell.row + cell.rows]
    return sorted(over, key=lambda cell: cell.column)


def _group_rows(form: Form, sheet: Sheet) -> dict[int, str]:
    return {form.groups[name].row: name for name in sheet.groups}


def _only_labels(sheet: Sheet, row: int) -> bool:
    return all(cell.mark is Mark.LABEL for cell in cells_of(sheet, row))


def _part(form: Form, sheet: Sheet) -> Part:
    groups = _group_rows(form, sheet)
    title = sheet.title(1)
    sections: list[Section] = []
    heading = ""
    for row in range(sheet.grid.rows):
        cells = cells_of(sheet, row)
        wide = len(cells) == 1 and cells[0].columns == sheet.grid.columns
        if row in groups:
            sections.append(Section(heading=heading, group=groups[row]))
            heading = ""
        elif _only_labels(sheet, row):
            if wide and row == 0:
                title = cells[0].text
            elif wide:
                heading = cells[0].text
        else:
            for number, cell in enumerate(cells):
                if cell.mark is Mark.FIELD and form.fields[cell.text].is_entry:
                    before = "" if wide or number == 0 else cells[number - 1].text
                    sections.append(Section(heading=heading, field=cell.text, label=before))
                    heading = ""
    return Part(sheet=sheet.id, title=title, sections=tuple(sections))


def _tables(form: Form, sheet: Sheet, start: int) -> tuple[TablePlan, ...]:
    groups = _group_rows(form, sheet)
    tables: list[TablePlan] = []
    pending: list[int] = []
    for row in range(start, sheet.grid.rows):
        if row not in groups:
            pending.append(row)
            continue
        header = [pending.pop()] if pending and _is_header(sheet, pending[-1]) else []
        if pending:
            tables.append(_field_table(form, sheet, pending, first=not tables))
        tables.append(TablePlan(rows=tuple(header), header=len(header), group=groups[row]))
        pending = []
    if pending:
        tables.append(_field_table(form, sheet, pending, first=not tables))
    return tuple(tables)


def _is_header(sheet: Sheet, row: int) -> bool:
    return _only_labels(sheet, row) and len(grid_cells(sheet, row)) == len(cells_of(sheet, row))


def _field_table(form: Form, sheet: Sheet, rows: list[int], *, first: bool) -> TablePlan:
    """``plain``: the rows above the first entry field (unit and money unit) stand without borders."""
    plain = 0
    while first and plain < len(rows) and not _has_entry(form, sheet, rows[plain]):
        plain += 1
    return TablePlan(rows=tuple(rows), plain=plain if plain < len(rows) else 0)


def _has_entry(form: Form, sheet: Sheet, row: int) -> bool:
    return any(cell.mark is Mark.FIELD and form.fields[cell.text].is_entry for cell in cells_of(sheet, row))
