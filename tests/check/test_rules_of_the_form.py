"""Each rule of hebei-2023: one workbook that breaks it, one just within, as whole tables of findings."""

from __future__ import annotations

import pytest

from perfxl.check import submission_of
from perfxl.form.library import find_form
from tests.check.hebei import changed, faultless, findings, workbook
from tests.check.rule_cases import CASES, PART_ONE, Case

IDS = [f"{case.rule}-{number}" for number, case in enumerate(CASES, 1)]
RULES = (
    "U01 U02 U04 D01 D02 D03 P01 P02 P03 P04 P05 P07 P08 P09 P11 P12 G01 R01 R02 R03 R04 R05 R06 R07 R08 R09 R11 T01"
)


class DescribeRulesOfTheForm:
    @pytest.mark.parametrize("projects", [1, 2])
    def it_finds_nothing_in_a_faultless_unit(self, projects: int) -> None:
        assert findings(faultless(projects)) == []

    @pytest.mark.parametrize("case", CASES, ids=IDS)
    def it_is_found_where_it_is_broken(self, case: Case) -> None:
        assert findings(case.books()[0]) == case.findings

    @pytest.mark.parametrize("case", CASES, ids=IDS)
    def it_is_silent_just_within(self, case: Case) -> None:
        assert findings(case.books()[1]) == []

    def it_is_broken_by_some_case(self) -> None:
        live = {rule.id for rule in find_form("hebei-2023").rules.values() if not rule.batch_only}
        assert {case.rule for case in CASES} == live == set(RULES.split())

    def it_leaves_part_one_alone_where_the_unit_does_not_lead(self) -> None:
        book = faultless()
        book.sheets = book.sheets[1:]
        assert findings(book) == []
        assert PART_ONE not in [place.title for place in submission_of(workbook(book), "x").places]

    def it_says_in_words_what_is_wrong(self) -> None:
        change = {"budget": 11.0, "code": "13028123P", "plan_jun": 0.295, "plan_mar": 30.0, "measures1.measure": None}
        told = [each.message for each in submission_of(workbook(changed(change)), "x").findings]
        assert told == [
            "请至少填写一条工作保障措施",
            "项目编码应为 21 位，现为 9 位",
            "预算数应等于财政资金与其他资金之和（差额 0.15 万元）",
            "3月底支出计划应在 0% 至 100% 之间，现为“30”；请填百分比，如 30%",
        ]

    def it_counts_a_hint_once_and_as_explained_from_five_characters_on(self) -> None:
        for note, open_hints in (("四个字　的", 1), ("有五个 字的", 0), ("", 1)):
            book = changed({"成本指标1.value": "≥3万元"}, notes={"成本指标1.value": note})
            submission = submission_of(workbook(book), "x")
            assert (submission.errors, submission.open_hints, len(submission.findings)) == (0, open_hints, 1)
