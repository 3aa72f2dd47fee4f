"""指标明细: a row per indicator of every project that counts."""

from __future__ import annotations

from ..dataset import Dataset
from .cells import CellContent, sheet_reference
from .columns import contents_of, field_columns, group_fields
from .draft import Draft
from .looks import Kind
from .page import Column, Page
from .places import Places

__all__ = ["TITLE", "add_indicators"]

TITLE = "指标明细"
_MOST_LINKED = 5_000
"""With more rows than this each names its file without a link: tens of thousands of links make Excel slow to open."""


def add_indicators(draft: Draft, dataset: Dataset, places: Places) -> Page:
    """Add the sheet 指标明细.

    A form with several groups on its project sheet has the group named in each
    row; a row fills the columns of its own group only.
    """
    form = dataset.form
    groups = [form.groups[name] for name in form.project_sheet.groups]
    fields = group_fields(form)
    levels = any(block.level2 for group in groups for block in group.blocks)
    label = {role: form.fields[name].label for role, name in form.roles.items()}
    columns = [
        Column(title="序号", width=6, kind=Kind.CENTRE),
        Column(title=label["unit_code"], width=8.5, kind=Kind.CODE),
        Column(title=label["unit_name"], width=18),
        Column(title=label["project_code"], width=23, kind=Kind.CODE),
        Column(title=label["project_name"], width=16),
    ]
    if len(groups) > 1:
        columns.append(Column(title="分组", width=12, kind=Kind.CENTRE))
    if levels:
        columns += [
            Column(title="一级指标", width=11, kind=Kind.CENTRE),
            Column(title="二级指标", width=14, kind=Kind.CENTRE),
        ]
    columns += field_columns(form, fields)
    shown = len(columns)
    columns += [
        Column(title="文件", width=52),
        Column(title="工作表", width=10, kind=Kind.CENTRE),
        Column(title="单元格", width=8, kind=Kind.CENTRE),
    ]
    page = draft.page(TITLE, columns)
    page.heading(f"{form.year}年{form.title}指标明细", f"共 {len(dataset.indicators)} 条指标", shown)
    header = page.header()
    linked = len(dataset.indicators) <= _MOST_LINKED
    for number, row in enumerate(dataset.indicators, 1):
        file, project, indicator = row.file.content, row.project, row.indicator
        contents: list[CellContent] = [number, file.unit_code, file.unit_name, project.code, project.name]
        if len(groups) > 1:
            contents.append(form.groups[indicator.group].label)
        if levels:
            contents += [indicator.level1, indicator.level2]
        contents += contents_of(fields, indicator.values)
        link = places.in_file(file.file, file.file, project.sheet, indicator.cell) if linked else file.file
        place = page.line([*contents, link, project.sheet, indicator.cell])
        places.indicator(file.file, project.sheet, indicator.cell, sheet_reference(TITLE, f"A{place}"))
    page.freeze(header + 1, 6)
    page.filter(header, page.row, len(columns))
    page.print_setup(header, shown)
    return page
