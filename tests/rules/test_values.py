"""Excel's semantics in Python: blanks, rounding, digits, lengths, comparison, undecided."""

from __future__ import annotations

import pytest

from perfxl.rules import NA, Outcome
from perfxl.rules.types import CellError, Raw, choice_type, is_blank, number_type, shown, text_type
from perfxl.rules.values import plain, rounded, squash, strip
from tests.rules import formulas
from tests.rules.formulas import Around, outcome

PASS, FAIL, UNDECIDED = Outcome.PASS, Outcome.FAIL, Outcome.UNDECIDED
MONEY = number_type("money", minimum=0, maximum=99_999_999, decimals=6, expects="")
PERCENT = number_type("percent", minimum=0, maximum=1, decimals=None, expects="")


class DescribeBlanks:
    @pytest.mark.parametrize("raw", [None, "", " ", "\u00a0", "\u3000", "\t", "\r\n", " \u3000\u00a0\t\r\n"])
    def it_counts_as_blank(self, raw: Raw) -> None:
        assert is_blank(raw)
        assert [kind.read(raw) for kind in (text_type("text"), text_type("target"), MONEY, choice_type(("是",)))] == [""] * 4
        assert outcome("BLANK(t)", t=raw) is PASS

    @pytest.mark.parametrize("raw", [0.0, False, "0", "\u200b", "\u2003", ".", CellError("#N/A")])
    def it_does_not_count_as_blank(self, raw: Raw) -> None:
        assert not is_blank(raw)

    def it_loses_outer_blanks_as_data_and_all_blanks_as_read(self) -> None:
        assert strip(" 财政    资金\u3000") == "财政    资金"
        assert squash(" 财政\u00a0\u3000资\r\n金\t") == "财政资金"

    def it_is_zero_in_arithmetic_and_empty_in_text(self) -> None:
        assert outcome("ROUND(n - m, 6) = 0") is PASS
        assert outcome('t & "x" = "x"') is PASS
        assert formulas.shown('"其他资金" & ROUND(n, 6) & "万元"') == "其他资金0万元"

    def it_is_not_zero_for_blank(self) -> None:
        assert [outcome("BLANK(n)", n=raw) for raw in (None, "\u3000", 0.0)] == [PASS, PASS, FAIL]


class DescribeRounding:
    @pytest.mark.parametrize(
        ("number", "digits", "expected"),
        [
            (0.5, 0, 1.0),
            (1.5, 0, 2.0),
            (2.5, 0, 3.0),
            (-0.5, 0, -1.0),
            (-2.5, 0, -3.0),
            (1.005, 2, 1.01),
            (-1.005, 2, -1.01),
            (2.675, 2, 2.68),
            (0.285, 2, 0.29),
            (8.345, 2, 8.35),
            (10.85 - 10 - 0.85, 6, 0.0),
            (1e-9, 6, 0.0),
            (5e-7, 6, 1e-6),
            (1500, -3, 2000.0),
            (499, -3, 0.0),
            (50, -2, 100.0),
            (49, -2, 0.0),
            (12, 0, 12.0),
        ],
    )
    def it_goes_half_away_from_zero(self, number: float, digits: int, expected: float) -> None:
        assert rounded(number, digits) == expected

    @pytest.mark.parametrize(
        ("number", "text"),
        [
            (0.1 + 0.2, "0.3"),
            (1 / 3, "0.333333333333333"),
            (2 / 3, "0.666666666666667"),
            (123456789012345678.0, "123456789012346000"),
            (1e15, "1000000000000000"),
            (10.0, "10"),
            (0.85, "0.85"),
            (-0.0, "0"),
            (-2.5, "-2.5"),
        ],
    )
    def it_shows_fifteen_digits_without_trailing_zeros(self, number: float, text: str) -> None:
        assert plain(number) == text


class DescribeText:
    @pytest.mark.parametrize(
        ("text", "length"),
        [("", 0), ("甲乙", 2), ("a b\u3000c", 3), ("😀", 2), ("甲😀乙", 4), ("𠮷", 2), ("é", 1), ("e\u0301", 2)],
    )
    def it_counts_utf_16_units_without_blanks(self, text: str, length: int) -> None:
        assert outcome(f"LEN(t) = {length}", t=text) is PASS

    @pytest.mark.parametrize(
        ("formula", "expected"),
        [
            ("LEFT(t, 2)", "甲乙"),
            ("LEFT(t, 9)", "甲乙丙丁"),
            ("LEFT(t, 0)", ""),
            ("RIGHT(t, 1)", "丁"),
            ("RIGHT(t, 9)", "甲乙丙丁"),
            ("MID(t, 2, 2)", "乙丙"),
            ("MID(t, 5, 2)", ""),
            ('SUBSTITUTE(t, "乙", "XX")', "甲XX丙丁"),
        ],
    )
    def it_cuts_like_excel(self, formula: str, expected: str) -> None:
        assert formulas.shown(formula, t="甲 乙丙丁") == expected

    def it_compares_without_case_and_blanks(self) -> None:
        assert outcome("t = u", t="ab C", u="AB c") is PASS
        assert outcome("t <> u", t="甲", u="乙") is PASS
        assert outcome("ONE_OF(t, colours)", Around(lists={"colours": frozenset({"red"})}), t="R ed") is PASS
        assert outcome("OCCURS(t) = 2", Around(columns={"t": ["ab", "AB", "abc"]}), t="aB") is PASS

    def it_looks_for_characters_with_case(self) -> None:
        assert [outcome('CONTAINS(t, "率")', t=text) for text in ("回迁率（%）", "回迁")] == [PASS, FAIL]
        assert [outcome('ONLY(t, "0123")', t=text) for text in ("3 21", "", "34")] == [PASS, PASS, FAIL]
        assert outcome('ONLY(t, "abc")', t="A") is FAIL


class DescribeUndecided:
    @pytest.mark.parametrize(
        ("formula", "raws"),
        [
            ("ROUND(n, 2) = 0", {"n": "十"}),
            ("ROUND(n, 2) = 0", {"n": True}),
            ("ROUND(n, 2) = 0", {"n": CellError("#DIV/0!")}),
            ("NOT(BLANK(t))", {"t": 5.0}),
            ("OR(TRUE, t = u)", {"t": False}),
            ("IF(TRUE, TRUE, t = u)", {"t": 1.0}),
            ('TARGET_OP(goal) = "≥"', {"goal": 0.9}),
            ("ROUND(n / m, 2) = 0", {"n": 1.0}),
            ("LEFT(t, INT(n)) = u", {"t": "甲", "n": -1.0}),
            ('MID(t, INT(n), 1) = "甲"', {"t": "甲"}),
        ],
    )
    def it_stays_undecided_over_a_value_that_fails_its_type_or_an_excel_error(
        self, formula: str, raws: dict[str, Raw]
    ) -> None:
        assert outcome(formula, **raws) is UNDECIDED

    def it_stays_undecided_over_a_column_with_such_a_value(self) -> None:
        sums = "ROUND(SUM(prices), 2) = 3"
        assert outcome(sums, Around(columns={"prices": [1.0, "", 2.0]})) is PASS
        assert outcome(sums, Around(columns={"prices": [1.0, NA, 2.0]})) is UNDECIDED


class DescribeTypes:
    @pytest.mark.parametrize(
        ("raw", "read"),
        [
            (0.85, 0.85),
            (0.0, 0.0),
            (0.000001, 0.000001),
            (0.0000001, NA),
            (0.0000005, NA),
            (99_999_999.0, 99_999_999.0),
            (100_000_000.0, NA),
            (-0.01, NA),
            (1e300, NA),
            ("0.85", NA),
            ("０．８５", NA),
            ("0.85万元", NA),
            (True, NA),
            (CellError("#N/A"), NA),
            (10.85 - 10, 10.85 - 10),
            (12345678.123456, 12345678.123456),
        ],
    )
    def it_reads_money(self, raw: Raw, read: object) -> None:
        assert MONEY.read(raw) == read

    @pytest.mark.parametrize(
        ("raw", "read"), [(0.3, 0.3), (1.0, 1.0), (1.0000000001, 1.0000000001), (1.01, NA), (30.0, NA), ("90 %", NA), (-0.1, NA)]
    )
    def it_reads_percents(self, raw: Raw, read: object) -> None:
        assert PERCENT.read(raw) == read

    @pytest.mark.parametrize(("raw", "read"), [("是", "是"), (" 是 ", "是"), ("b", "b"), ("或", NA), (1.0, NA), (None, "")])
    def it_reads_choices(self, raw: Raw, read: object) -> None:
        assert choice_type(("是", "否", "B")).read(raw) == read

    @pytest.mark.parametrize(
        ("raw", "text"),
        [
            (None, ""),
            ("０．８５", "０．８５"),
            ("长" * 21, "长" * 20),
            (30.0, "30"),
            (0.1 + 0.2, "0.3"),
            (1e300, "过大的数值"),
            (True, "TRUE"),
            (CellError("#N/A"), "错误值"),
        ],
    )
    def it_names_a_value_in_messages(self, raw: Raw, text: str) -> None:
        assert shown(raw) == text
