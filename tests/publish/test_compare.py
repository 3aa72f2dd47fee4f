"""What changed between two sets of books."""

from __future__ import annotations

import io
from datetime import UTC, datetime

import pytest
from made_departments import HEBEI, seed_book
from openpyxl import load_workbook

from perfxl.form.records import Book, Row
from perfxl.publish.compare import Change, Kind, changes_workbook, compare

FIRST = "安可计算机购置"


def changes(after: Book, before: Book | None = None) -> list[tuple[Kind, str, str, str, str]]:
    found = compare(HEBEI, [before or seed_book()], [after])
    return [(each.kind, each.project, each.item, each.before, each.after) for each in found]


class DescribeCompare:
    def it_finds_nothing_between_equal_books(self) -> None:
        assert changes(seed_book()) == []

    def it_finds_projects_added_and_gone(self) -> None:
        after = seed_book()
        after.sheets[1].raws.update(code="13028123P000284100099", name="新项目")
        assert changes(after) == [
            (Kind.PROJECT_ADDED, "新项目", "", "", "预算数0.85万元"),
            (Kind.PROJECT_GONE, FIRST, "", "预算数0.85万元", ""),
        ]

    def it_matches_by_name_what_got_another_code(self) -> None:
        after = seed_book()
        after.sheets[1].raws["code"] = "13028124P00028410002W"
        assert changes(after) == [(Kind.CHANGED, FIRST, "项目编码", "13028123P00028410002W", "13028124P00028410002W")]

    def it_finds_money_that_changed_to_the_last_digit(self) -> None:
        after = seed_book()
        after.sheets[1].raws.update(budget=0.850001, other=0.000001)
        assert changes(after) == [
            (Kind.MONEY, FIRST, "预算数", "0.85", "0.850001"),
            (Kind.MONEY, FIRST, "其他资金", "", "0.000001"),
        ]

    def it_finds_indicators_added_and_dropped(self) -> None:
        after = seed_book()
        rows = after.sheets[1].rows["indicators"]
        rows[0] = Row(0, 0, {**rows[0].raws, "indicator": "购置台数", "value": "≥20台"})
        assert changes(after) == [
            (Kind.INDICATOR_ADDED, FIRST, "数量指标：购置台数", "", "≥20台"),
            (Kind.INDICATOR_GONE, FIRST, "数量指标：安置楼房回迁率（%）", "≥90%", ""),
        ]

    @pytest.mark.parametrize(
        ("before", "after", "kind"),
        [
            ("≥90%", "≥95%", Kind.RAISED),
            ("≥90%", "≥ 85％", Kind.LOWERED),
            ("90%以上", "≥85%", Kind.LOWERED),
            ("≤3天", "≤2天", Kind.RAISED),
            ("≤3天", "≤5天", Kind.LOWERED),
            ("=12次", "10次", Kind.LOWERED),
            ("≥90%", "≤90%", Kind.CHANGED),
            ("≥90%", "≥90户", Kind.CHANGED),
            ("≥90%", "有效", Kind.CHANGED),
        ],
    )
    def it_tells_raised_targets_from_lowered_ones(self, before: str, after: str, kind: Kind) -> None:
        books = [seed_book(), seed_book()]
        for book, value in zip(books, (before, after), strict=True):
            book.sheets[1].rows["indicators"][0].raws["value"] = value
        assert [(each[0], each[3:]) for each in changes(books[1], books[0])] == [(kind, (before, after))]

    def it_ignores_blanks_and_order(self) -> None:
        after = seed_book()
        after.sheets[1].raws["goals"] = f"　{after.sheets[1].raws['goals']} "
        after.sheets[1].rows["indicators"].reverse()
        after.sheets.reverse()
        assert changes(after) == []


class DescribeChangesWorkbook:
    def it_writes_a_row_per_change_and_keeps_texts_as_texts(self) -> None:
        made = [Change(kind=Kind.MONEY, unit="657001甲", code="1", project="=1+1", item="预算数", before="http://x", after="2")]
        content = changes_workbook(made, title="甲 → 乙", as_of=datetime(2023, 1, 1, tzinfo=UTC))
        (sheet,) = load_workbook(io.BytesIO(content)).worksheets
        assert [[cell.value for cell in row] for row in sheet.rows] == [
            ["变化", "预算单位", "项目编码", "项目名称", "事项", "原来", "现在"],
            ["金额变化", "657001甲", "1", "=1+1", "预算数", "http://x", "2"],
        ]
        assert {cell.data_type for row in sheet.rows for cell in row} == {"s"}
        assert (sheet.freeze_panes, sheet.auto_filter.ref) == ("A2", "A1:G2")
