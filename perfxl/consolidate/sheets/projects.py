"""汇总表: a row per project in official order, subtotals by department, the total."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from itertools import islice

from openpyxl.utils import get_column_letter

from ...form.model import Field
from ..dataset import Dataset, ProjectRow
from .cells import CellContent, Formula, Money, address, sheet_reference
from .columns import contents_of, field_columns, project_fields, provenance
from .draft import Draft
from .looks import Kind, Tone
from .page import Column, Page
from .places import Places
from .split import Part, runs, split

__all__ = ["TITLE", "ProjectsPages", "add_projects"]

TITLE = "汇总表"
SUBTOTAL = "小计"
_ABOVE, _TOTAL = 3, 1
"""Rows of heading and column titles, and of the total."""

_SAMPLE = 300
_FIRST_FIELD = 5


@dataclass(frozen=True, slots=True, kw_only=True)
class ProjectsPages:
    """The sheets, and what other sheets refer to.

    ``total`` is the cell of the total 预算数; ``numbers``, ``departments`` and
    ``budgets`` are ranges of equal height on each sheet: 序号 (a number beside
    projects only), department and 预算数.
    """

    pages: tuple[Page, ...]
    total: str
    numbers: tuple[str, ...]
    departments: tuple[str, ...]
    budgets: tuple[str, ...]


def add_projects(draft: Draft, dataset: Dataset, places: Places, as_of: datetime) -> ProjectsPages:
    """Add the sheet 汇总表, or several where one cannot hold all projects."""
    form = dataset.form
    fields = project_fields(form)
    departments = [row.file.content.department for row in dataset.projects]
    parts = split(runs(departments), draft.most_rows - _ABOVE - _TOTAL, subtotals=True)
    table = _Table(fields, places, dataset)
    pages: list[Page] = []
    rows = iter(dataset.projects)
    for part in parts:
        page = draft.page(part.title(TITLE), _columns(dataset, fields), csv=TITLE)
        shown = _FIRST_FIELD + len(fields)
        note = f"汇总时间：{as_of:%Y-%m-%d %H:%M}    表样：{form.id} 第 {form.version} 版    单位：{form.money_unit}{part.note}"
        page.fit(map(table.contents, dataset.projects[:_SAMPLE]))
        page.heading(f"{form.year}年{form.title}汇总表", note, shown)
        header = page.header()
        table.fill(page, part, rows)
        page.sheet.sheet_format.outlineLevelRow = 1
        page.freeze(header + 1, _FIRST_FIELD)
        page.filter(header, page.row, len(page.columns))
        pages.append(page)
    table.total(pages, dataset.projects)
    for page in pages:
        page.print_setup(_ABOVE, _FIRST_FIELD + len(fields))
    budget = _FIRST_FIELD + [each.name for each in fields].index(form.roles["budget"])
    return ProjectsPages(
        pages=tuple(pages),
        total=sheet_reference(pages[-1].title, address(pages[-1].row, budget)),
        numbers=tuple(_range(page, "A") for page in pages),
        departments=tuple(_range(page, "B") for page in pages),
        budgets=tuple(_range(page, get_column_letter(budget)) for page in pages),
    )


def _range(page: Page, letter: str) -> str:
    return sheet_reference(page.title, f"${letter}${_ABOVE}:${letter}${page.row}")


def _columns(dataset: Dataset, fields: Sequence[Field]) -> list[Column]:
    form = dataset.form
    code, name = (form.fields[form.roles[role]].label for role in ("unit_code", "unit_name"))
    return [
        Column(title="序号", width=6, kind=Kind.CENTRE),
        Column(title="主管部门", width=8.5, kind=Kind.CENTRE),
        Column(title=code, width=8.5, kind=Kind.CODE),
        Column(title=name, width=18, most=30),
        *field_columns(form, fields),
        Column(title="状态", width=8, kind=Kind.CENTRE),
        *provenance(linked=True),
    ]


class _Table:
    def __init__(self, fields: Sequence[Field], places: Places, dataset: Dataset) -> None:
        self.fields = fields
        self.places = places
        self.dataset = dataset
        self.number = 0

    def fill(self, page: Page, part: Part, rows: Iterator[ProjectRow]) -> None:
        for each in part.slices:
            first = page.row + 1
            mine = list(islice(rows, each.rows))
            for row in mine:
                self.number += 1
                number = page.line([self.number, *self.contents(row)[1:]], outline=1)
                self.places.project(row.file.content.file, row.project.sheet, sheet_reference(page.title, f"A{number}"))
            self.subtotal(page, each.department, mine, first)

    def contents(self, row: ProjectRow) -> list[CellContent]:
        """A project's cells, but for its number."""
        file, project = row.file.content, row.project
        return [
            0,
            file.department,
            file.unit_code,
            file.unit_name,
            *contents_of(self.fields, project.values),
            row.file.state.label,
            self.places.in_file(file.file, "打开", project.sheet, project.cell),
            file.file,
            project.sheet,
            project.cell,
        ]

    def subtotal(self, page: Page, department: str, rows: Sequence[ProjectRow], first: int) -> None:
        last = page.row
        name = self.dataset.department_name(department) or department
        label = f"{name}{SUBTOTAL}（{len(rows)} 个项目）"

        def formula(letter: str) -> str:
            return f"=ROUND(SUM({letter}{first}:{letter}{last}),6)"

        self.sums(page, [SUBTOTAL, department, None, label], rows, Tone.SUBTOTAL, formula)

    def total(self, pages: Sequence[Page], rows: Sequence[ProjectRow]) -> None:
        """The total below the last sheet, of the subtotals of all."""
        spans = [("" if page is pages[-1] else sheet_reference(page.title, ""), page.row) for page in pages]

        def formula(letter: str) -> str:
            sums = (
                f'SUMIF({place}$A${_ABOVE + 1}:$A${last},"{SUBTOTAL}",{place}{letter}${_ABOVE + 1}:{letter}${last})'
                for place, last in ((place.removesuffix("A1"), last) for place, last in spans)
            )
            return f"=ROUND({'+'.join(sums)},6)"

        start: list[CellContent] = ["合计", None, None, f"共 {len(rows)} 个项目"]
        self.sums(pages[-1], start, rows, Tone.TOTAL, formula if rows else None)

    def sums(
        self,
        page: Page,
        start: list[CellContent],
        rows: Sequence[ProjectRow],
        tone: Tone,
        formula: Callable[[str], str] | None,
    ) -> None:
        contents = list(start)
        for number, each in enumerate(self.fields, len(start) + 1):
            if each.type_name != "money":
                contents.append(None)
                continue
            amounts = (row.project.values.get(each.name) for row in rows)
            total = Money(sum(amount for amount in amounts if isinstance(amount, int)))
            contents.append(Formula(formula(get_column_letter(number)), total.number) if formula else total)
        contents.extend([None] * (len(page.columns) - len(contents)))
        page.line(contents, tone)
