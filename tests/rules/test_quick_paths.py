"""Quick paths give what the plain definitions give, for every value."""

from __future__ import annotations

from decimal import ROUND_HALF_UP, Context, Decimal

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from perfxl.form.library import find_form
from perfxl.form.records import money_micro
from perfxl.rules.functions import Kind, check_char
from perfxl.rules.targets import REPLACEMENTS, _taken_apart, normal_form, read_target, spelling, target_of
from perfxl.rules.types import FieldType, number_type
from perfxl.rules.values import BLANKS, NA, left, length, mid, right, rounded, squash

_FIFTEEN = Context(prec=15, rounding=ROUND_HALF_UP)
_LETTERS = "≥≤=><-0123456789.,/%年月日季至、;万元次人😀 \u3000\u2003\x1c以上内"
_PIECES = st.sampled_from([*_LETTERS, *(old for old, _ in REPLACEMENTS)])
TARGETS = st.lists(_PIECES, max_size=12).map("".join)
TEXTS = st.text(st.sampled_from("ab字😀\ud83d\ude00 \t\u3000\xa0\u2003\x85\x1f"), max_size=9)
_CUT = st.integers(-3, 10).map(lambda places: Decimal(1).scaleb(-places))
NUMBERS = st.one_of(
    st.floats(allow_nan=False, allow_infinity=False),
    st.floats(-2000, 2000),
    st.builds(lambda number, unit: float(number * unit), st.integers(-(10**9), 10**9), _CUT),
    st.builds(lambda number, unit: float((number + Decimal("0.5")) * unit), st.integers(-(10**7), 10**7), _CUT),
)


def half_up(number: float, places: int) -> float:
    """ROUND by decimals alone."""
    kept = _FIFTEEN.create_decimal(repr(number))
    if kept.is_zero() or -int(kept.as_tuple().exponent) <= places:
        return float(kept)
    if kept.adjusted() < -places - 1:
        return 0.0
    return float(kept.quantize(Decimal(1).scaleb(-places), rounding=ROUND_HALF_UP))


def is_money(value: float, least: float, most: float, decimals: int | None) -> bool:
    """Whether a number is of a number type, by its definition alone."""
    if not -1e15 < value < 1e15 or not least <= half_up(value, 9) <= most:
        return False
    return decimals is None or half_up(value - half_up(value, decimals), 11 if abs(value) < 1000 else 7) == 0


class DescribeRounding:
    @given(NUMBERS, st.integers(-3, 12))
    @example(2.5, 0)
    @example(0.285, 2)
    @example(1.0000005, 6)
    @example(999999.9999995, 6)
    def it_is_half_away_from_zero_on_fifteen_digits(self, number: float, places: int) -> None:
        assert rounded(number, places) == half_up(number, places)


class DescribeNumberTypes:
    @pytest.mark.parametrize(
        ("least", "most", "decimals"), [(0, 99_999_999, 6), (0, 1, None), (-1e9, 1e9, 2), (0.1234567891234, 5, 6), (0, 3.3, 0)]
    )
    @given(number=NUMBERS)
    def it_accepts_what_the_definition_accepts(self, least: float, most: float, decimals: int | None, number: float) -> None:
        kind: FieldType = number_type("number", minimum=least, maximum=most, decimals=decimals, expects="")
        assert kind.kind is Kind.NUMBER
        assert kind.read(number) == (number if is_money(number, least, most, decimals) else NA)


class DescribeTargets:
    @given(TARGETS)
    @example("2023.5日")
    @example("≥2023.5")
    @example("2023/1/1")
    @example("1234567890.5元")
    @example("12345678901234567")
    def it_is_taken_apart_alike(self, text: str) -> None:
        assert read_target(text) == _taken_apart(text)
        form = normal_form(spelling(text))
        assert read_target(form) == _taken_apart(form)

    @given(st.one_of(TARGETS, st.tuples(TARGETS, st.integers(0, 10**10), TARGETS).map(lambda parts: "{}{}{}".format(*parts))))
    @example("1.")
    @example("。1．5")
    @example("不低于-1.5以上")
    @example("达到1年")
    def it_is_read_alike(self, text: str) -> None:
        assert target_of(text) == _taken_apart(normal_form(spelling(text)))

    @given(TARGETS)
    def it_is_spelled_alike(self, text: str) -> None:
        spelled = "".join(char for char in text if char not in BLANKS)
        for old, new in REPLACEMENTS:
            spelled = spelled.replace(old, new)
        assert spelling(text) == spelled


class DescribeTexts:
    @given(TEXTS)
    def it_loses_every_blank_and_nothing_else(self, text: str) -> None:
        assert squash(text) == "".join(char for char in text if char not in BLANKS)

    @given(TEXTS, st.integers(0, 12), st.integers(1, 12))
    @example("\ud83d😀", 1, 1)
    def it_is_cut_by_utf_16_units(self, text: str, count: int, start: int) -> None:
        units = text.encode("utf-16-le", "surrogatepass")

        def cut(begin: int, end: int) -> str:
            return units[2 * begin : 2 * end].decode("utf-16-le", "replace")

        whole = not any("\ud800" <= char <= "\udfff" for char in text)
        assert length(text) == len(units) // 2
        for found in (left(text, count), mid(text, start, count), right(text, count)):
            assert length(found) <= count
        if whole:
            assert left(text, count) == cut(0, count)
            assert mid(text, start, count) == cut(start - 1, start - 1 + count)
            assert right(text, count) == cut(max(0, len(units) // 2 - count), len(units) // 2)


class DescribeCheckCharacters:
    @given(st.text("0123456789ABCDEFGHJKLMNPQRTUWXYIOé", min_size=18, max_size=22))
    def it_is_the_weighted_sum_modulo_31(self, code: str) -> None:
        alphabet = "0123456789ABCDEFGHJKLMNPQRTUWXY"
        known = len(code) == 20 and set(code) <= set(alphabet)
        total = sum(alphabet.index(char) * 3**place for place, char in enumerate(code)) if known else 0
        assert check_char(code) == (alphabet[30 - total % 31] if known else "")


class DescribeMoney:
    @given(st.floats(0, 99_999_999))
    @example(0.1 + 0.2)
    @example(99_999_999.0)
    @example(12345678.123457)
    def it_is_exact_in_millionths(self, number: float) -> None:
        field = find_form("hebei-2023").fields["budget"]
        for each in (number, round(number, 6), round(number, 2)):
            exact = int((Decimal(repr(each)) * 1_000_000).to_integral_value())
            assert money_micro(field, each) in (exact, None)
        assert money_micro(field, round(number, 6)) is not None
