"""核对: files in = the sum of the states, and every sum ties, by formulas that a reader can follow."""

from __future__ import annotations

from openpyxl.workbook import Workbook

from ..dataset import Dataset
from .files import TONES, FilesPage
from .page import Column, Formula, Kind, Money, Page, Styles, Tone
from .projects import ProjectsPage

__all__ = ["TITLE", "add_accounts"]

TITLE = "核对"
_TIES, _DIFFERS = "相符", "不符"


def add_accounts(book: Workbook, styles: Styles, dataset: Dataset, projects: ProjectsPage, files: FilesPage) -> Page:
    """Add the sheet 核对."""
    form = dataset.form
    budget = form.fields[form.roles["budget"]].label
    columns = [
        Column(title="状态", width=22, kind=Kind.CENTRE),
        Column(title="文件数", width=12, kind=Kind.COUNT),
        Column(title="项目数", width=12, kind=Kind.COUNT),
        Column(title=f"{budget}（{form.money_unit}）", width=18, kind=Kind.MONEY),
        Column(title="计入汇总表", width=12, kind=Kind.CENTRE),
        Column(title="说明", width=52),
    ]
    page = Page(book, TITLE, columns, styles)
    page.heading("核对", "收到的文件 = 各状态文件之和；汇总表只计“通过”和“有提示”", len(columns))
    header = page.header()
    first = header + 1
    for tally in dataset.tallies:
        row = page.row + 1
        page.line(
            [
                tally.state.label,
                Formula(f"=COUNTIF({files.states},A{row})", tally.files),
                Formula(f"=SUMIF({files.states},A{row},{files.projects})", tally.projects),
                Formula(f"=ROUND(SUMIF({files.states},A{row},{files.budgets}),6)", Money(tally.budget).number),
                "计入" if tally.state.counts else "不计入",
                tally.state.meaning,
            ],
            tones={0: TONES[tally.state]},
        )
    last = page.row
    tallies = dataset.tallies
    total = page.line(
        [
            "合计",
            Formula(f"=SUM(B{first}:B{last})", sum(each.files for each in tallies)),
            Formula(f"=SUM(C{first}:C{last})", sum(each.projects for each in tallies)),
            Formula(f"=ROUND(SUM(D{first}:D{last}),6)", Money(sum(each.budget for each in tallies)).number),
            None,
            "所有文件",
        ],
        Tone.TOTAL,
    )
    page.gap()
    _checks(page, dataset, projects, (first, last, total))
    page.print_setup(header, len(columns))
    page.freeze(header + 1, 1)
    return page


def _checks(page: Page, dataset: Dataset, projects: ProjectsPage, rows: tuple[int, int, int]) -> None:
    """Three comparisons: each side's figure and whether they agree."""
    first, last, total = rows
    counted = f'$E${first}:$E${last},"计入"'
    mine = [each for each in dataset.tallies if each.state.counts]
    page.header(["核对项", "左方", "右方", "差额", "结果", "说明"])
    checks = [
        (
            "文件",
            (len(dataset.files), len(dataset.files)),
            (f"=B{total}", sum(each.files for each in dataset.tallies)),
            "收到的文件数 = 各状态文件数之和",
            Kind.COUNT,
        ),
        (
            "项目",
            (f"=COUNT({projects.numbers})", len(dataset.projects)),
            (f"=SUMIF({counted},C{first}:C{last})", sum(each.projects for each in mine)),
            "汇总表的项目数 = 计入文件的项目数",
            Kind.COUNT,
        ),
        (
            "预算数",
            (f"={projects.total}", Money(dataset.budget).number),
            (f"=ROUND(SUMIF({counted},D{first}:D{last}),6)", Money(sum(each.budget for each in mine)).number),
            "汇总表合计 = 计入文件的预算数之和",
            Kind.MONEY,
        ),
    ]
    for name, left, right, meaning, kind in checks:
        row = page.row + 1
        difference = round(left[1] - right[1], 6)
        page.line(
            [
                name,
                Formula(left[0], left[1]) if isinstance(left[0], str) else left[1],
                Formula(right[0], right[1]),
                Formula(f"=ROUND(B{row}-C{row},6)", difference),
                Formula(f'=IF(D{row}=0,"{_TIES}","{_DIFFERS}")', _TIES if difference == 0 else _DIFFERS),
                meaning,
            ],
            tones={4: Tone.GOOD if difference == 0 else Tone.ERROR},
            kinds={1: kind, 2: kind, 3: kind},
        )
