"""核对, lower part: units, projects and money by department."""

from __future__ import annotations

from ..dataset import Dataset
from .cells import CellContent, Formula, Money
from .looks import Kind, Tone
from .page import Page
from .projects import ProjectsPages

__all__ = ["add_departments"]

def add_departments(page: Page, dataset: Dataset, projects: ProjectsPages) -> None:
    """A row per department with sums taken from 汇总表."""
    form = dataset.form
    budget = form.fields[form.roles["budget"]].label
    page.gap()
    page.section("按主管部门汇总")
    header = page.header(["主管部门", "单位数", "项目数", f"{budget}（{form.money_unit}）", "占比", "部门名称"])
    kinds = {4: Kind.SHARE, 5: Kind.TEXT}
    first = header + 1
    departments = list(dataset.departments())
    last = header + len(departments)
    ranges = list(zip(projects.departments, projects.numbers, projects.budgets, strict=True))
    for department, rows in departments:
        row = page.row + 1
        money = sum(each.project.budget or 0 for each in rows)
        counts = [f'COUNTIFS({where},A{row},{numbers},">0")' for where, numbers, _ in ranges]
        sums = [f'SUMIFS({budgets},{where},A{row},{numbers},">0")' for where, numbers, budgets in ranges]
        page.line(
            [
                department,
                len({each.file.content.unit_code for each in rows}),
                Formula(f"={'+'.join(counts)}", len(rows)),
                Formula(f"=ROUND({'+'.join(sums)},6)", Money(money).number),
                Formula(f"=IF(D${last + 1}=0,0,D{row}/D${last + 1})", _share(money, dataset.budget)),
                dataset.department_name(department),
            ],
            kinds=kinds,
        )
    page.line(_total(dataset, first, last), Tone.TOTAL, kinds=kinds)


def _share(money: int, total: int) -> float:
    """What Excel calculates from the doubles in the cells."""
    return Money(money).number / Money(total).number if total else 0.0


def _total(dataset: Dataset, first: int, last: int) -> list[CellContent]:
    if last < first:
        return ["合计", 0, 0, Money(0), None, None]
    units = sum(len({row.file.content.unit_code for row in rows}) for _, rows in dataset.departments())
    return [
        "合计",
        Formula(f"=SUM(B{first}:B{last})", units),
        Formula(f"=SUM(C{first}:C{last})", len(dataset.projects)),
        Formula(f"=ROUND(SUM(D{first}:D{last}),6)", Money(dataset.budget).number),
        None,
        None,
    ]
