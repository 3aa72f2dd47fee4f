"""指标值 and project codes: every spelling that DOMAIN and PITFALLS have seen."""

from __future__ import annotations

import pytest

from perfxl.rules import Outcome
from perfxl.rules.functions import check_char
from perfxl.rules.targets import normal_form, read_target, spelling
from tests.rules.formulas import outcome

NUMBERS = [
    # as typed, operator, number, unit
    ("≥90%", "≥", 90.0, "%"),
    ("≤3天", "≤", 3.0, "天"),
    ("=12次", "=", 12.0, "次"),
    (">5", ">", 5.0, ""),
    ("<5", "<", 5.0, ""),
    ("≧90%", "≥", 90.0, "%"),
    ("≦90%", "≤", 90.0, "%"),
    ("═100%", "=", 100.0, "%"),
    (">=90%", "≥", 90.0, "%"),
    ("<=3天", "≤", 3.0, "天"),
    ("＞＝90%", "≥", 90.0, "%"),
    ("＜＝3天", "≤", 3.0, "天"),
    ("＝100", "=", 100.0, ""),
    ("≥９０％", "≥", 90.0, "%"),
    ("≥９０．５％", "≥", 90.5, "%"),
    ("≥90％", "≥", 90.0, "%"),
    (" ≥ 90 % ", "≥", 90.0, "%"),
    ("≥\u300090\u00a0%", "≥", 90.0, "%"),
    ("90", "", 90.0, ""),
    ("0.85万元", "", 0.85, "万元"),
    ("90户", "", 90.0, "户"),
    ("1 人/年", "", 1.0, "人/年"),
    ("2280次", "", 2280.0, "次"),
    ("达到95%以上", "≥", 95.0, "%"),
    ("95%以上", "≥", 95.0, "%"),
    ("≥95%以上", "≥", 95.0, "%"),
    ("90%以下", "≤", 90.0, "%"),
    ("3天以内", "≤", 3.0, "天"),
    ("不低于90%", "≥", 90.0, "%"),
    ("不少于3次", "≥", 3.0, "次"),
    ("不超过5%", "≤", 5.0, "%"),
    ("大于等于90%", "≥", 90.0, "%"),
    ("大于或等于90%", "≥", 90.0, "%"),
    ("小于等于5%", "≤", 5.0, "%"),
    ("大于90%", ">", 90.0, "%"),
    ("小于5%", "<", 5.0, "%"),
    ("等于12次", "=", 12.0, "次"),
    ("≤-3℃", "≤", -3.0, "℃"),
    ("－3℃", "", -3.0, "℃"),
    ("≥1,234,567元", "≥", 1_234_567.0, "元"),
    ("≥1，234.50元", "≥", 1_234.5, "元"),
    ("5E3次", "", 5.0, "E3次"),
    ("≥0.1‰", "≥", 0.1, "‰"),
]
OTHERS = [
    ("", ""),
    ("\u3000", ""),
    ("2023.07-2024.01", "period"),
    ("2021年12月底前", "period"),
    ("2023年", "period"),
    ("2023/06/30", "period"),
    ("2023-2024", "period"),
    ("≥1,2,3%", "malformed"),
    ("≥1,2345元", "malformed"),
    ("≥12.5.6%", "malformed"),
    ("≥%", "malformed"),
    ("≥", "malformed"),
    ("≥**", "malformed"),
    ("≥XX%", "malformed"),
    ("≥.5", "malformed"),
    ("优", "words"),
    ("良", "words"),
    ("中", "words"),
    ("差", "words"),
    ("有效", "words"),
    ("明显改善", "words"),
    ("*", "words"),
    ("XX", "words"),
    ("指标1", "words"),
    ("-", "words"),
    ("人/年", "words"),
    ("90-95%", "words"),
    ("3至5天", "words"),
    ("约90%", "words"),
]


class DescribeTargetValues:
    @pytest.mark.parametrize(("typed", "op", "number", "unit"), NUMBERS)
    def it_takes_a_number_apart(self, typed: str, op: str, number: float, unit: str) -> None:
        found = read_target(normal_form(spelling(typed)))
        assert (found.op, found.number, found.unit, found.kind) == (op, number, unit, "number")

    @pytest.mark.parametrize(("typed", "kind"), OTHERS)
    def it_tells_periods_words_and_faults_apart(self, typed: str, kind: str) -> None:
        assert read_target(normal_form(spelling(typed))).kind == kind

    @pytest.mark.parametrize("typed", ["优", "≥**", "≥%", "", "约90%"])
    def it_has_no_number_where_there_is_none(self, typed: str) -> None:
        found = read_target(normal_form(spelling(typed)))
        assert (found.number, found.unit) == (0.0, "")

    @pytest.mark.parametrize("typed", [typed for typed, *_ in NUMBERS])
    def it_reads_its_own_normal_form_the_same(self, typed: str) -> None:
        normal = normal_form(spelling(typed))
        assert normal_form(spelling(normal)) == normal

    def it_feeds_the_functions_of_the_language(self) -> None:
        parts = ('TARGET_OP(goal) = "≥"', "ROUND(TARGET_NUMBER(goal), 6) = 95", 'TARGET_UNIT(goal) = "%"')
        for part in (*parts, 'TARGET_KIND(goal) = "number"', 'goal = "≥95%"'):
            assert outcome(part, goal="达到95％以上") is Outcome.PASS


class DescribeCheckCharacter:
    @pytest.mark.parametrize(
        "code", ["13028123P00028410002W", "13028123P00028210002H", "52000022P00846010008H"]
    )
    def it_fits_every_real_code_at_hand(self, code: str) -> None:
        assert check_char(code[:20]) == code[20]
        assert outcome("CHECK_CHAR(LEFT(t, 20)) = RIGHT(t, 1)", t=code) is Outcome.PASS

    @pytest.mark.parametrize("place", range(20))
    def it_sees_every_single_digit_that_is_wrong(self, place: int) -> None:
        code = "13028123P00028410002"
        wrong = code[:place] + ("9" if code[place] != "9" else "8") + code[place + 1 :]
        assert check_char(wrong) != check_char(code)

    @pytest.mark.parametrize(
        "code", ["", "13028123P0002841000", "13028123P000284100021", "13028123I00028410002", "１3028123P00028410002"]
    )
    def it_has_no_answer_for_what_is_no_code(self, code: str) -> None:
        assert check_char(code) == ""
