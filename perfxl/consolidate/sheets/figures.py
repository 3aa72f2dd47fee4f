"""图表: money by department, findings by rule, the progress of reporting, the spread of target values; tables with charts.

What has no figures has no chart.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from ...form.model import Severity
from ..dataset import Dataset
from ..standing import MISSING, office_tallies, standings
from ..states import State
from .cells import CellContent, Money, address
from .charts import BLUE, COLOURS, ROW_CM, bars, ring
from .draft import Draft
from .looks import Kind
from .page import Column, Page
from .targets import spreads

__all__ = ["TITLE", "add_figures"]

TITLE = "图表"
_COLUMNS = 9
_CHART_COLUMN = 11
_CHART_COLUMNS = 9
_MOST_BARS = 20
"""More bars than this are not read by anyone; what they leave out stands on other sheets."""

_LEAST_CM = 7.5
_PAGE_CM = 28.0
"""What fits on a printed page; no chart is cut in two."""

_GREEN, _YELLOW, _RED, _GREY, _DARK = "8FB08C", "E2B659", "C9736B", "C4CAD1", "8A939C"
_SHADES = ("E6ECF4", "C9D6E8", "A9BEDA", "88A5CC", "6688B8", "3F5F91", _RED)
_STATE_COLOURS = {
    State.ACCEPTED: _GREEN,
    State.HINTS: _YELLOW,
    State.RETURNED: _RED,
    State.SUPERSEDED: _GREY,
    State.UNRECOGNISED: _DARK,
    State.UNREADABLE: "5F666D",
}


@dataclass(frozen=True, kw_only=True)
class _Figures:
    """One table with its chart: ``stacked`` draws every column of figures, else the first alone."""

    title: str
    heads: Sequence[str]
    rows: Sequence[Sequence[CellContent]]
    note: str = ""
    kind: Kind = Kind.COUNT
    colours: Sequence[str] = COLOURS
    ring: bool = False
    number_format: str = "#,##0"
    stacked: bool = True


def add_figures(draft: Draft, dataset: Dataset) -> Page | None:
    """Add the sheet 图表; ``None`` if there is nothing to draw."""
    found = [each for each in _all(dataset) if each.rows]
    if not found:
        return None
    columns = [
        Column(title="", width=30),
        *(Column(title="", width=9.5, kind=Kind.COUNT) for _ in range(_COLUMNS - 1)),
        *(Column(title="", width=9) for _ in range(1 + _CHART_COLUMNS)),
    ]
    page = draft.page(TITLE, columns)
    width = _CHART_COLUMN - 1 + _CHART_COLUMNS
    page.heading(f"{dataset.form.year}年{dataset.form.title}图表", "图由左侧的表绘出，可在 Excel 中修改", width)
    used = 0.0
    for each in found:
        height = _height(each)
        if used and used + height > _PAGE_CM:
            page.break_before(page.row + 1)
            used = 0.0
        used += height + 2 * ROW_CM
        _draw(page, each, height)
    page.print_setup(1, width)
    page.freeze(3, 1)
    return page


def _all(dataset: Dataset) -> Iterator[_Figures]:
    yield from _progress(dataset)
    yield _money(dataset)
    yield _findings(dataset)
    yield from _targets(dataset)


def _height(figures: _Figures) -> float:
    """Of table and chart, in centimetres."""
    return max(_LEAST_CM, (len(figures.rows) + 3) * ROW_CM)


def _draw(page: Page, figures: _Figures, height: float) -> None:
    page.gap()
    start = page.row + 1
    page.section(figures.title + figures.note)
    header = page.header(figures.heads)
    for row in figures.rows:
        page.line(row, kinds={1: figures.kind})
    last = page.row
    place = address(start, _CHART_COLUMN)
    if figures.ring:
        ring(page, place, figures.title, header=header, last=last, height=height, colours=figures.colours)
    else:
        drawn = range(2, len(figures.heads) + 1) if figures.stacked else range(2, 3)
        bars(
            page,
            place,
            figures.title,
            header=header,
            last=last,
            columns=drawn,
            height=height,
            number_format=figures.number_format,
            colours=figures.colours,
        )
    page.gap(max(0, start + round(height / ROW_CM) + 1 - page.row))


def _progress(dataset: Dataset) -> Iterator[_Figures]:
    """Units by state, where it is known who is to report; else files by state."""
    units = [each for each in standings(dataset) if each.listed]
    if not units:
        tallies = [each for each in dataset.tallies if each.files]
        lines: list[list[CellContent]] = [[each.state.label, each.files] for each in tallies]
        colours = [_STATE_COLOURS[each.state] for each in tallies]
        yield _Figures(title="文件状态", heads=["状态", "文件数"], rows=lines, colours=colours, ring=True)
        return
    counts = Counter(each.file.state if each.file else None for each in units)
    shown = [*(state for state in reversed(State) if counts[state]), *([None] if counts[None] else [])]
    yield _Figures(
        title="报送进度",
        heads=["状态", "单位数"],
        rows=[[state.label if state else MISSING, counts[state]] for state in shown],
        colours=[_STATE_COLOURS[state] if state else _GREY for state in shown],
        ring=True,
    )
    offices = office_tallies(tuple(units))[:_MOST_BARS]
    if len(offices) > 1:
        heads = ["归口股室", *(each.label for each in (State.ACCEPTED, State.HINTS, State.RETURNED)), MISSING]
        rows: list[list[CellContent]] = [[each.office, *each.states.values()] for each in offices]
        yield _Figures(title="各股室报送进度", heads=heads, rows=rows, colours=(_GREEN, _YELLOW, _RED, _GREY))


def _money(dataset: Dataset) -> _Figures:
    form = dataset.form
    budget = form.fields[form.roles["budget"]].label
    sums = [
        (sum(row.project.budget or 0 for row in rows), department, len(rows)) for department, rows in dataset.departments()
    ]
    sums.sort(key=lambda each: (-each[0], each[1]))
    rows: list[list[CellContent]] = [
        [f"{department} {dataset.department_name(department)}".strip(), Money(money), count]
        for money, department, count in sums[:_MOST_BARS]
    ]
    rest = sums[_MOST_BARS:]
    note = f"（前 {_MOST_BARS} 个，其余 {len(rest)} 个见“核对”）" if rest else ""
    heads = ["主管部门", f"{budget}（{form.money_unit}）", "项目数"]
    if not any(money for money, _, _ in sums):
        rows = []
    title = f"各主管部门{heads[1]}"
    return _Figures(title=title, note=note, heads=heads, rows=rows, kind=Kind.MONEY, stacked=False, colours=[BLUE])


def _findings(dataset: Dataset) -> _Figures:
    rules = dataset.form.rules
    counts: dict[str, list[int]] = {}
    for row in dataset.findings:
        counts.setdefault(row.finding.rule, [0, 0])[row.finding.severity is not Severity.ERROR] += 1
    most = sorted(counts.items(), key=lambda each: (-sum(each[1]), each[0]))
    rows: list[list[CellContent]] = [
        [f"{rule} {rules[rule].title if rule in rules else ''}".strip(), *each] for rule, each in most[:_MOST_BARS]
    ]
    note = f"（前 {_MOST_BARS} 条，共 {len(most)} 条）" if len(most) > _MOST_BARS else ""
    heads = ["规则", Severity.ERROR.label, Severity.HINT.label]
    return _Figures(title="各规则的问题数", note=note, heads=heads, rows=rows, colours=(_RED, _YELLOW))


def _targets(dataset: Dataset) -> Iterator[_Figures]:
    for each, colours in zip(spreads(dataset), (COLOURS, _SHADES), strict=False):
        yield _Figures(title=each.title, heads=each.heads, rows=each.rows, colours=colours)
