"""What the peers read: the same labels and values in plain sheets, without formulas, styles or helper columns."""

from __future__ import annotations

import io
from collections.abc import Iterator
from functools import lru_cache

import xlsxwriter

from perfxl.form.model import COVER
from perfxl.form.records import SheetRecord
from perfxl.workbook.layout import SheetLayout, a1, layout_of, plan_of

from .generate import FORM
from .units import PROJECTS, MadeUnit

__all__ = ["plain_workbook", "sheetio_config"]


@lru_cache(maxsize=2)
def _layout(*, lead: bool) -> dict[str, SheetLayout]:
    return layout_of(FORM, plan_of(FORM, projects=PROJECTS, lead=lead))


def plain_workbook(made: MadeUnit) -> bytes:
    """The unit's values where its workbook has them."""
    target = io.BytesIO()
    book = xlsxwriter.Workbook(target, {"in_memory": True})
    layouts = _layout(lead=made.unit.lead)
    for record in made.book.all():
        layout = layouts[record.sheet]
        sheet = book.add_worksheet("封面" if record.sheet == COVER else FORM.sheets[record.sheet].title(record.ordinal))
        for row, column, value in _cells(record, layout):
            if isinstance(value, str):
                sheet.write_string(row, column, value)
            elif isinstance(value, float):
                sheet.write_number(row, column, value)
    book.close()
    return target.getvalue()


def _cells(record: SheetRecord, layout: SheetLayout) -> Iterator[tuple[int, int, object]]:
    for label in layout.labels:
        yield label.area.row, label.area.column, label.text
    for name, value in record.raws.items():
        area = layout.area(name)
        yield area.row, area.column, value
    for rows in record.rows.values():
        for row in rows:
            for name, value in row.raws.items():
                area = layout.area(name, row.block, row.slot)
                yield area.row, area.column, value
    for row_number, key in layout.keys.items():
        if key in record.explanations:
            yield row_number, layout.explanation, record.explanations[key]


def sheetio_config() -> list[dict[str, object]]:
    """sheetio's instructions for the same entry cells: single ones by address, rows of groups by column."""
    layouts = _layout(lead=True)
    names = {"cover": "封面", "department": "部门整体", "project": "项目*"}
    return [{"sheets": [names[sheet]], "extractions": list(_extractions(layout))} for sheet, layout in layouts.items()]


def _extractions(layout: SheetLayout) -> Iterator[dict[str, object]]:
    single = {name: a1(area.row, area.column) for name, area in layout.singles.items() if FORM.fields[name].is_entry}
    yield {"function": "single_cells", "label": "single", "instructions": single}
    for group in layout.sheet.groups:
        first, last = layout.group_rows(group)
        columns = {
            name: a1(0, layout.in_rows[name].column)[:-1] for name in FORM.groups[group].fields if FORM.fields[name].is_entry
        }
        # Blank slots between filled ones are usual; by default it stops at the first.
        never = {"mode": "row", "consecutive": last - first + 2}
        instructions = {"row_range": [first + 1, last + 1], "columns": columns, "stop_if_empty": never}
        yield {"function": "multirow_patterns", "label": group, "instructions": instructions}
