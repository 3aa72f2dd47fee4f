"""Formulas that are refused when a form is loaded, each with its code and place."""

from __future__ import annotations

import pytest

from perfxl.errors import CATALOGUE, PerfxlError
from perfxl.rules import Expression, analyse_rule, analyse_shown, excel_rule
from tests.rules.formulas import SCOPE


class Column:
    """Every name lies in column A."""

    def field(self, name: str) -> str:
        return "A1"

    column = constant = items = field

    def part(self, name: str, part: str) -> str:
        return "A1"

    def begun(self, group: str) -> str:
        return "A1"

    sheets = begun


RULES = [
    # formula, code, place, values that say what is wrong
    ("n = ", "L01", "", {"column": 5}),
    ("XLOOKUP(t, u, u) = t", "L02", "第 1 个字符", {"name": "XLOOKUP"}),
    ("LET(n, 1, n) = 1", "L02", "第 1 个字符", {"name": "LET"}),
    ("AND(BLANK(n), VALUE(t) = 1)", "L02", "第 15 个字符", {"name": "VALUE"}),
    ("COUNTIF(names, t) = 1", "L02", "第 1 个字符", {"name": "COUNTIF"}),
    ("TEXT(n, t) = u", "L02", "第 1 个字符", {"name": "TEXT"}),
    ("ROUND(budget, 2) = 0", "L03", "第 7 个字符", {"name": "budget"}),
    ("ROUND(n) = 0", "L04", "第 1 个字符", {"name": "ROUND", "expected": "2", "found": 1}),
    ("NOT()", "L04", "第 1 个字符", {"name": "NOT", "expected": "1", "found": 0}),
    ("AND()", "L04", "第 1 个字符", {"name": "AND", "expected": "1 个以上", "found": 0}),
    ("t = n", "L05", "第 3 个字符", {"expected": "文本", "found": "数值"}),
    ("t + 1 = 2", "L05", "第 3 个字符", {"expected": "数值", "found": "文本"}),
    ("ABS(t) = 2", "L05", "第 5 个字符", {"expected": "数值", "found": "文本"}),
    ("AND(t)", "L05", "第 5 个字符", {"expected": "逻辑值", "found": "文本"}),
    ("-t = 1", "L05", "第 1 个字符", {"expected": "数值", "found": "文本"}),
    ("required = TRUE", "L05", "第 10 个字符", {"expected": "可比较的值"}),
    ('t < "b"', "L05", "第 3 个字符", {"expected": "可比较的值"}),
    ("n", "L05", "第 1 个字符", {"what": "规则公式", "expected": "逻辑值"}),
    ('IF(n = 1, "a", 1) = "a"', "L06", "第 6 个字符", {}),
    ('IF(BLANK(n), "a", 1) = "a"', "L05", "第 1 个字符", {"what": "IF 的两个结果"}),
    ("names = t", "L05", "第 1 个字符", {"expected": "单个值", "found": "重复行的字段"}),
    ("colours = t", "L05", "第 1 个字符", {"expected": "单个值", "found": "清单"}),
    ("ONE_OF(t, names)", "L05", "第 11 个字符", {"expected": "清单名"}),
    ("OCCURS(u) = 1", "L05", "第 8 个字符", {"expected": "可计次数的字段名"}),
    ("ROUND(SUM(names), 2) = 1", "L05", "第 11 个字符", {"expected": "重复行的字段名"}),
    ("BEGUN(page) = 1", "L05", "第 7 个字符", {"expected": "分组名"}),
    ("SHEETS(rows) = 1", "L05", "第 8 个字符", {"expected": "表名"}),
    ('TARGET_OP(t) = "="', "L05", "第 11 个字符", {"expected": "指标值字段名"}),
    ("CONTAINS(t, u)", "L05", "第 13 个字符", {"expected": "带引号的文字"}),
    ('ONLY(t, "")', "L05", "第 9 个字符", {"expected": "带引号的文字"}),
    ("n - m = 0", "L06", "第 7 个字符", {"what": "“=”两边"}),
    ("n >= 0", "L06", "第 3 个字符", {"what": "“>=”两边"}),
    ("TARGET_NUMBER(goal) > 1", "L06", "第 21 个字符", {"what": "“>”两边"}),
    ("n / 2 = 1", "L06", "第 7 个字符", {"what": "“=”两边"}),
    ('t & n = "x"', "L06", "第 5 个字符", {"what": "“&”两边"}),
    ('OCCURS("a") = 1', "L08", "第 8 个字符", {"found": "表达式"}),
    ('TARGET_UNIT(t & u) = "%"', "L08", "第 15 个字符", {"found": "表达式"}),
    ("(" * 40 + "n" + ")" * 40 + " = 1", "L09", "", {"limit": 32}),
    (f't = "{"长" * 256}"', "F11", "第 5 个字符", {"length": 256, "limit": 255}),
]


def refusal(formula: str) -> PerfxlError:
    with pytest.raises(PerfxlError) as caught:
        analyse_rule(formula, SCOPE)
    return caught.value


class DescribeRefusals:
    @pytest.mark.parametrize(("formula", "code", "place", "values"), RULES)
    def it_names_what_is_wrong_and_where(self, formula: str, code: str, place: str, values: dict[str, object]) -> None:
        fault = refusal(formula)
        assert (fault.code, fault.place) == (code, place)
        assert {name: fault.values[name] for name in values} == values

    def it_offers_the_functions_and_names_that_are_known(self) -> None:
        assert "ROUND、" in refusal("SUMPRODUCT(n) = 1").remedy
        assert refusal("x = 1").remedy == f"本处可用：{'、'.join(sorted(SCOPE))}"

    def it_refuses_a_formula_longer_than_excel_takes(self) -> None:
        long = analyse_rule("AND(" + ",".join(['t <> "甲乙丙丁"'] * 1000) + ")", SCOPE)
        with pytest.raises(PerfxlError) as caught:
            excel_rule(long, Column())
        assert (caught.value.code, caught.value.values["limit"]) == ("L07", 8192)
        assert caught.value.values["length"] > 8192  # type: ignore[operator]

    def it_refuses_to_show_an_unrounded_number(self) -> None:
        with pytest.raises(PerfxlError) as caught:
            analyse_shown("n - m", SCOPE)
        assert (caught.value.code, caught.value.place) == ("L06", "第 3 个字符")

    def it_provokes_every_code_of_the_language(self) -> None:
        provoked = {code for _, code, _, _ in RULES} | {"L07"}
        assert provoked - {"F11"} == {code for code in CATALOGUE if code.startswith("L")}


class DescribeAcceptance:
    @pytest.mark.parametrize(
        ("formula", "fields", "columns"),
        [
            ("ROUND(n - m, 6) = 0", {"n", "m"}, set()),
            ("INT(n) = 3", {"n"}, set()),
            ("ROUND(n / 2, 2) >= 0.5", {"n"}, set()),
            ("MAX(ROUND(n, 2), 1) = 1", {"n"}, set()),
            ("LEN(t) + 1 <= 10", {"t"}, set()),
            ('IF(required, ROUND(n, 2) & "元", t) = u', {"n", "t", "u"}, set()),
            ("OCCURS(t) <= 1", {"t"}, {"t"}),
            ("ROUND(SUM(prices) - n, 2) = 0", {"n"}, {"prices"}),
            ("AND(BEGUN(rows) >= 1, SHEETS(page) >= 1)", set(), set()),
            ('TARGET_KIND(goal) = "number"', {"goal"}, set()),
        ],
    )
    def it_knows_what_a_formula_reads(self, formula: str, fields: set[str], columns: set[str]) -> None:
        found: Expression = analyse_rule(formula, SCOPE)
        assert (found.fields, found.columns) == (fields, columns)
