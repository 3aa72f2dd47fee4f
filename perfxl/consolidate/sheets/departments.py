"""核对, lower part: units, projects and money by department, with a native chart."""

from __future__ import annotations

from openpyxl.chart import BarChart, Reference
from openpyxl.chart.label import DataLabelList
from openpyxl.chart.shapes import GraphicalProperties

from ..dataset import Dataset
from .cells import CellContent, Formula, Money, address
from .looks import Kind, Tone
from .page import Page
from .projects import ProjectsPage

__all__ = ["add_departments"]

_MOST_BARS = 30
"""More bars than this are not read by anyone; the table has them all."""

_ROW_CM = 0.53
_BLUE = "5B7DB1"


def add_departments(page: Page, dataset: Dataset, projects: ProjectsPage) -> None:
    """A row per department with sums taken from 汇总表, and a bar chart of the money."""
    form = dataset.form
    budget = form.fields[form.roles["budget"]].label
    page.gap()
    page.section("按主管部门汇总")
    header = page.header(["主管部门", "单位数", "项目数", f"{budget}（{form.money_unit}）", "占比", "部门名称"])
    kinds = {4: Kind.SHARE, 5: Kind.TEXT}
    first = header + 1
    departments = list(dataset.departments())
    last = header + len(departments)
    mine = f"{projects.departments},A{{row}},{projects.numbers},\">0\""
    for department, rows in departments:
        row = page.row + 1
        money = sum(each.project.budget or 0 for each in rows)
        criteria = mine.format(row=row)
        page.line(
            [
                department,
                len({each.file.content.unit_code for each in rows}),
                Formula(f"=COUNTIFS({criteria})", len(rows)),
                Formula(f"=ROUND(SUMIFS({projects.budgets},{criteria}),6)", Money(money).number),
                Formula(f"=IF(D${last + 1}=0,0,D{row}/D${last + 1})", _share(money, dataset.budget)),
                dataset.department_name(department),
            ],
            kinds=kinds,
        )
    page.line(_total(dataset, first, last), Tone.TOTAL, kinds=kinds)
    if departments:
        _chart(page, header, min(last, header + _MOST_BARS), budget, form.money_unit)


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


def _chart(page: Page, header: int, last: int, budget: str, unit: str) -> None:
    chart = BarChart()
    chart.type = "bar"
    chart.style = 10
    chart.title = f"各主管部门{budget}（{unit}）"
    chart.add_data(Reference(page.sheet, min_col=4, min_row=header, max_row=last), titles_from_data=True)
    chart.set_categories(Reference(page.sheet, min_col=1, min_row=header + 1, max_row=last))
    chart.legend = None
    chart.gapWidth = 60
    chart.series[0].graphicalProperties = GraphicalProperties(solidFill=_BLUE)
    chart.dataLabels = DataLabelList()
    chart.dataLabels.showVal = True
    for shown in ("showSerName", "showCatName", "showLegendKey", "showPercent"):
        setattr(chart.dataLabels, shown, False)
    chart.x_axis.scaling.orientation = "maxMin"
    chart.x_axis.delete = chart.y_axis.delete = False
    chart.y_axis.majorGridlines = None
    chart.y_axis.numFmt = "#,##0"
    chart.width, chart.height = 24, 3 + round(0.8 * (last - header))
    page.gap()
    page.sheet.add_chart(chart, address(page.row + 1, 1))
    page.row += round(chart.height / _ROW_CM) + 2
