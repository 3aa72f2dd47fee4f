"""指标明细: a row per indicator of every project that counts."""

from __future__ import annotations

from itertools import islice

from ...form.model import Form
from ..dataset import Dataset, IndicatorRow
from .cells import CellContent
from .columns import contents_of, field_columns, group_fields, provenance
from .draft import Draft
from .looks import Kind
from .page import Column, Page
from .places import Places
from .split import runs, split

__all__ = ["TITLE", "add_indicators"]

TITLE = "指标明细"
_ABOVE = 3
_SAMPLE = 600
_MOST_LINKED = 5_000
"""With more rows than this they have no links: tens of thousands of links make Excel slow to open."""


def add_indicators(draft: Draft, dataset: Dataset, places: Places) -> list[Page]:
    """Add the sheet 指标明细, or several where one cannot hold all indicators.

    A form with several groups on its project sheet has the group named in each
    row; a row fills the columns of its own group only.
    """
    table = _Table(dataset, places)
    counts = [(row.file.content.department, len(row.project.indicators)) for row in dataset.projects]
    departments = (department for department, count in counts for _ in range(count))
    total = sum(count for _, count in counts)
    rows = iter(dataset.indicators)
    pages: list[Page] = []
    number = 0
    for part in split(runs(departments), draft.most_rows - _ABOVE):
        page = draft.page(part.title(TITLE), table.columns, csv=TITLE)
        page.fit(map(table.contents, islice(dataset.indicators, _SAMPLE)))
        page.heading(table.title, f"共 {total} 条指标{part.note}", table.shown)
        header = page.header()
        for row in islice(rows, part.rows):
            number += 1
            place = page.line([number, *table.contents(row)[1:]])
            places.indicator(row.file.content.file, row.project.sheet, row.indicator.cell, page.title, place)
        page.freeze(header + 1, 6)
        page.table(f"{TITLE}{part.number}", header, page.row)
        page.print_setup(header, table.shown)
        pages.append(page)
    return pages


class _Table:
    def __init__(self, dataset: Dataset, places: Places) -> None:
        form = dataset.form
        self.form: Form = form
        self.places = places
        self.groups = [form.groups[name] for name in form.project_sheet.groups]
        self.fields = group_fields(form)
        self.levels = any(block.level2 for group in self.groups for block in group.blocks)
        self.linked = len(dataset.indicators) <= _MOST_LINKED
        self.title = f"{form.year}年{form.title}指标明细"
        columns = self._columns()
        self.shown = len(columns)
        self.columns = [*columns, *provenance(linked=self.linked)]

    def _columns(self) -> list[Column]:
        form = self.form
        label = {role: form.fields[name].label for role, name in form.roles.items()}
        columns = [
            Column(title="序号", width=7, kind=Kind.CENTRE),
            Column(title=label["unit_code"], width=8.5, kind=Kind.CODE),
            Column(title=label["unit_name"], width=18, most=30),
            Column(title=label["project_code"], width=23, kind=Kind.CODE),
            Column(title=label["project_name"], width=16, most=30),
        ]
        if len(self.groups) > 1:
            columns.append(Column(title="分组", width=12, kind=Kind.CENTRE))
        if self.levels:
            columns += [
                Column(title="一级指标", width=11, kind=Kind.CENTRE, most=16),
                Column(title="二级指标", width=14, kind=Kind.CENTRE, most=22),
            ]
        return [*columns, *field_columns(form, self.fields)]

    def contents(self, row: IndicatorRow) -> list[CellContent]:
        """An indicator's cells, but for its number."""
        file, project, indicator = row.file.content, row.project, row.indicator
        contents: list[CellContent] = [0, file.unit_code, file.unit_name, project.code, project.name]
        if len(self.groups) > 1:
            contents.append(self.form.groups[indicator.group].label)
        if self.levels:
            contents += [indicator.level1, indicator.level2]
        contents += contents_of(self.fields, indicator.values)
        if self.linked:
            contents.append(self.places.in_file(file.file, "打开", project.sheet, indicator.cell))
        return [*contents, file.file, project.sheet, indicator.cell]
