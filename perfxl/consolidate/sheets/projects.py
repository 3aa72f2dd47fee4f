"""汇总表: a row per project in official order, subtotals by department, the total."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime

from openpyxl.utils import get_column_letter

from ...form.model import Field
from ..dataset import Dataset, ProjectRow
from .cells import CellContent, Formula, Money, address, sheet_reference
from .columns import contents_of, field_columns, project_fields
from .draft import Draft
from .looks import Kind, Tone
from .page import Column, Page
from .places import Places

__all__ = ["TITLE", "ProjectsPage", "add_projects"]

TITLE = "汇总表"
SUBTOTAL = "小计"


@dataclass(frozen=True, slots=True, kw_only=True)
class ProjectsPage:
    """The sheet, and what other sheets refer to.

    ``total`` is the cell of the total 预算数; ``numbers``, ``departments`` and
    ``budgets`` are ranges of equal height: 序号 (a number beside projects only),
    department and 预算数.
    """

    page: Page
    total: str
    numbers: str
    departments: str
    budgets: str


def add_projects(draft: Draft, dataset: Dataset, places: Places, as_of: datetime) -> ProjectsPage:
    """Add the sheet 汇总表."""
    form = dataset.form
    fields = project_fields(form)
    unit = [form.fields[form.roles[role]] for role in ("unit_code", "unit_name")]
    columns = [
        Column(title="序号", width=6, kind=Kind.CENTRE),
        Column(title="主管部门", width=8.5, kind=Kind.CENTRE),
        Column(title=unit[0].label, width=8.5, kind=Kind.CODE),
        Column(title=unit[1].label, width=18),
        *field_columns(form, fields),
        Column(title="状态", width=8, kind=Kind.CENTRE),
        Column(title="文件", width=52),
        Column(title="工作表", width=10, kind=Kind.CENTRE),
        Column(title="单元格", width=8, kind=Kind.CENTRE),
    ]
    page = draft.page(TITLE, columns)
    shown = len(columns) - 4
    note = f"汇总时间：{as_of:%Y-%m-%d %H:%M}    表样：{form.id} 第 {form.version} 版    单位：{form.money_unit}"
    page.heading(f"{form.year}年{form.title}汇总表", note, shown)
    header = page.header()
    table = _Table(page, fields, places, dataset.department_name)
    for department, rows in dataset.departments():
        table.department(department, rows)
    last = page.row
    budget = 5 + [each.name for each in fields].index(form.roles["budget"])
    total = table.total(header + 1, last, dataset.projects)
    page.sheet.sheet_format.outlineLevelRow = 1
    page.freeze(header + 1, 5)
    page.filter(header, last, len(columns))
    page.print_setup(header, shown)
    return ProjectsPage(
        page=page,
        total=sheet_reference(TITLE, address(total, budget)),
        numbers=sheet_reference(TITLE, f"$A${header}:$A${total}"),
        departments=sheet_reference(TITLE, f"$B${header}:$B${total}"),
        budgets=sheet_reference(TITLE, f"${get_column_letter(budget)}${header}:${get_column_letter(budget)}${total}"),
    )


class _Table:
    def __init__(self, page: Page, fields: Sequence[Field], places: Places, name_of: Callable[[str], str]) -> None:
        self.page = page
        self.fields = fields
        self.places = places
        self.name_of = name_of
        self.number = 0

    def department(self, department: str, rows: Sequence[ProjectRow]) -> None:
        first = self.page.row + 1
        for row in rows:
            self.project(row)
        last = self.page.row
        name = self.name_of(department) or department
        label = f"{name}{SUBTOTAL}（{len(rows)} 个项目）"


        def formula(letter: str) -> str:
            return f"=ROUND(SUM({letter}{first}:{letter}{last}),6)"

        self.sums([SUBTOTAL, department, None, label], rows, Tone.SUBTOTAL, formula)

    def project(self, row: ProjectRow) -> None:
        file, project = row.file.content, row.project
        self.number += 1
        number = self.page.line(
            [
                self.number,
                file.department,
                file.unit_code,
                file.unit_name,
                *contents_of(self.fields, project.values),
                row.file.state.label,
                self.places.in_file(file.file, file.file, project.sheet, project.cell),
                project.sheet,
                project.cell,
            ],
            outline=1,
        )
        self.places.project(file.file, project.sheet, sheet_reference(TITLE, f"A{number}"))

    def total(self, first: int, last: int, rows: Sequence[ProjectRow]) -> int:
        def formula(letter: str) -> str:
            return f'=ROUND(SUMIF($A${first}:$A${last},"{SUBTOTAL}",{letter}${first}:{letter}${last}),6)'

        return self.sums(["合计", None, None, f"共 {len(rows)} 个项目"], rows, Tone.TOTAL, formula if rows else None)

    def sums(
        self,
        start: list[CellContent],
        rows: Sequence[ProjectRow],
        tone: Tone,
        formula: Callable[[str], str] | None,
    ) -> int:
        contents = list(start)
        for number, each in enumerate(self.fields, len(start) + 1):
            if each.type_name != "money":
                contents.append(None)
                continue
            amounts = (row.project.values.get(each.name) for row in rows)
            total = Money(sum(amount for amount in amounts if isinstance(amount, int)))
            contents.append(Formula(formula(get_column_letter(number)), total.number) if formula else total)
        contents.extend([None] * (len(self.page.columns) - len(contents)))
        return self.page.line(contents, tone)
