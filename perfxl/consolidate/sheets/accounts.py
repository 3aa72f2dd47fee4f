"""核对: files in = the sum of the states, and every sum ties, by formulas that a reader can follow."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

from ..dataset import Dataset
from .ceilings import add_ceilings
from .cells import Formula, Money
from .departments import add_departments
from .draft import Draft
from .files import TONES, FilesPages
from .looks import Kind, Tone
from .page import Column, Page
from .projects import ProjectsPages

__all__ = ["TITLE", "add_accounts"]

TITLE = "核对"
_TIES, _DIFFERS = "相符", "不符"


def add_accounts(draft: Draft, dataset: Dataset, projects: ProjectsPages, files: FilesPages) -> Page:
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
    page = draft.page(TITLE, columns, csv=TITLE, whole=True)
    page.heading("核对", "收到的文件 = 各状态文件之和；汇总表只计“通过”和“有提示”", len(columns))
    header = page.header()
    first = header + 1
    for tally in dataset.tallies:
        row = page.row + 1
        money = _sums("SUMIF({},A{row},{})", row, files.states, files.budgets)
        page.line(
            [
                tally.state.label,
                Formula(f"={_sums('COUNTIF({},A{row})', row, files.states)}", tally.files),
                Formula(f"={_sums('SUMIF({},A{row},{})', row, files.states, files.projects)}", tally.projects),
                Formula(f"=ROUND({money},6)", Money(tally.budget).number),
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
    _checks(page, _comparisons(dataset, projects, (first, last, total)))
    add_departments(page, dataset, projects)
    add_ceilings(page, dataset)
    page.print_setup(header, len(columns))
    page.freeze(header + 1, 1)
    return page


def _sums(call: str, row: int, *ranges: Sequence[str]) -> str:
    """The call for each sheet's ranges, added up."""
    return "+".join(call.format(*each, row=row) for each in zip(*ranges, strict=True))


@dataclass(frozen=True, slots=True, kw_only=True)
class _Comparison:
    """Two figures that should agree; ``binding``: a difference is a fault, not just a fact."""

    name: str
    left: Formula | Money | int
    right: Formula | Money | int
    meaning: str
    kind: Kind
    binding: bool = True


def _number(figure: Formula | Money | int) -> float:
    if isinstance(figure, Formula):
        return float(figure.value)
    return figure.number if isinstance(figure, Money) else figure


def _comparisons(dataset: Dataset, projects: ProjectsPages, rows: tuple[int, int, int]) -> Iterator[_Comparison]:
    first, last, total = rows
    counted = f'$E${first}:$E${last},"计入"'
    mine = [each for each in dataset.tallies if each.state.counts]
    label = dataset.form.fields[dataset.form.roles["budget"]].label
    budget = Formula(f"={projects.total}", Money(dataset.budget).number)
    yield _Comparison(
        name="文件",
        left=len(dataset.files),
        right=Formula(f"=B{total}", sum(each.files for each in dataset.tallies)),
        meaning="收到的文件数 = 各状态文件数之和",
        kind=Kind.COUNT,
    )
    yield _Comparison(
        name="项目",
        left=Formula(f"=COUNT({','.join(projects.numbers)})", len(dataset.projects)),
        right=Formula(f"=SUMIF({counted},C{first}:C{last})", sum(each.projects for each in mine)),
        meaning="汇总表的项目数 = 计入文件的项目数",
        kind=Kind.COUNT,
    )
    yield _Comparison(
        name=label,
        left=budget,
        right=Formula(f"=ROUND(SUMIF({counted},D{first}:D{last}),6)", Money(sum(each.budget for each in mine)).number),
        meaning=f"汇总表合计 = 计入文件的{label}之和",
        kind=Kind.MONEY,
    )
    ceilings = dataset.roster.total
    if ceilings is not None:
        meaning = "汇总表合计与预算控制数合计；有单位未报或应退回时二者不等"
        yield _Comparison(name="控制数", left=budget, right=Money(ceilings), meaning=meaning, kind=Kind.MONEY, binding=False)


def _checks(page: Page, comparisons: Iterable[_Comparison]) -> None:
    """One line per comparison: both figures, the difference, and whether they agree."""
    page.header(["核对项", "左方", "右方", "差额", "结果", "说明"])
    for each in comparisons:
        row = page.row + 1
        difference = round(_number(each.left) - _number(each.right), 6) + 0.0  # never -0.0
        wrong = Tone.ERROR if each.binding else Tone.HINT
        page.line(
            [
                each.name,
                each.left,
                each.right,
                Formula(f"=ROUND(B{row}-C{row},6)", difference),
                Formula(f'=IF(D{row}=0,"{_TIES}","{_DIFFERS}")', _TIES if difference == 0 else _DIFFERS),
                each.meaning,
            ],
            tones={4: wrong if difference else Tone.GOOD},
            kinds={1: each.kind, 2: each.kind, 3: each.kind},
        )
