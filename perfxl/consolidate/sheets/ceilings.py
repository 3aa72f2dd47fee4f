"""预算控制数 against what was reported, by the state of the units: why the totals differ."""

from __future__ import annotations

from ..dataset import Dataset
from ..standing import MISSING, Standing, standings
from ..states import WINNING
from .cells import CellContent, Formula, Money
from .looks import Kind, Tone
from .page import Page

__all__ = ["add_ceilings"]


def add_ceilings(page: Page, dataset: Dataset) -> None:
    """A row per state of units with reported money and ceilings; nothing without ceilings."""
    total = dataset.roster.total
    if total is None:
        return
    form = dataset.form
    budget = form.fields[form.roles["budget"]].label
    page.gap()
    page.section("按报送情况核对控制数")
    page.header(["报送情况", "单位数", "项目数", f"{budget}（{form.money_unit}）", "控制数", "差额"])
    units = standings(dataset)
    groups = [(label, [each for each in units if each.label == label]) for label in (*(s.label for s in WINNING), MISSING)]
    kinds = {4: Kind.MONEY, 5: Kind.MONEY}
    first = page.row + 1
    for label, mine in groups:
        page.line(_line(label, mine, page.row + 1), kinds=kinds)
    rest = total - sum(each.ceiling or 0 for each in units)
    if rest:
        page.line(["不在名册，未报送", None, None, Money(0), Money(rest), _difference(page.row + 1, -rest)], kinds=kinds)
    last = page.row
    reported = sum(each.file.content.budget for each in units if each.file)
    sums: list[CellContent] = ["合计"]
    for letter, value in (("B", len(units)), ("C", sum(len(each.file.content.projects) for each in units if each.file))):
        sums.append(Formula(f"=SUM({letter}{first}:{letter}{last})", value))
    for letter, money in (("D", reported), ("E", total)):
        sums.append(Formula(f"=ROUND(SUM({letter}{first}:{letter}{last}),6)", Money(money).number))
    page.line([*sums, _difference(page.row + 1, reported - total)], Tone.TOTAL, kinds=kinds)


def _line(label: str, units: list[Standing], row: int) -> list[CellContent]:
    files = [each.file.content for each in units if each.file]
    reported, ceiling = sum(each.budget for each in files), sum(each.ceiling or 0 for each in units)
    projects = sum(len(each.projects) for each in files)
    return [label, len(units), projects, Money(reported), Money(ceiling), _difference(row, reported - ceiling)]


def _difference(row: int, micro: int) -> Formula:
    return Formula(f"=ROUND(D{row}-E{row},6)", Money(micro).number)
