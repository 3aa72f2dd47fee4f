"""A rule written out in a larger function decides as the rule on its own, whatever is typed."""

from __future__ import annotations

from collections.abc import Callable
from functools import lru_cache

import pytest
from hypothesis import given
from hypothesis import strategies as st

from perfxl.rules import Outcome, analyse_rule, python_rule
from perfxl.rules.inline import Inliner, made, spellings
from perfxl.rules.types import CellError, Raw
from perfxl.rules.values import NA, ReadValue, Undecided, fold, unfolded
from tests.rules.formulas import SCOPE, Around, read

LISTED = ["xx", "k", "无", "同上", "指标1", "×", "**%", "ß", "i", "é2", "σας"]
COLOURS = {"colours": frozenset(fold(each) for each in LISTED)}
_HURTING = "abkKxXsSiIİıßẞſσςΣéÉ\u212a率ＡａⅧ😀\ud83d\u0301\u200b\u00a0\u3000 \t\n０٣0123456789%％.,≥<-/*×P"
TEXTS: st.SearchStrategy[Raw] = st.one_of(
    st.sampled_from([*LISTED, *(each.upper() for each in LISTED), "\u212a", "İ", "13028122P000000121387"]),
    st.sampled_from(["字" * 60, "😀" * 50, "a" * 101, "😀1234567P", "1234567😀P", "1234567P", "12345678P9", "a😀", "😀1"]),
    st.text(_HURTING, max_size=24),
    st.sampled_from([None, True, 0.0, 45000.0, CellError("#N/A")]),
)
_OFF = [0.0, 4.9e-7, -4.9e-7, 5e-7, -5e-7, 1e-9, -1e-13]
NUMBERS: st.SearchStrategy[Raw] = st.one_of(
    st.integers(-300, 300).map(lambda tenths: tenths / 100),
    st.builds(lambda whole, off: whole + off, st.integers(-3, 102), st.sampled_from(_OFF)),
    st.floats(allow_nan=False, allow_infinity=False),
    st.sampled_from([None, "", "1", True, CellError("#VALUE!")]),
)
FORMULAS = [
    'NOT(ONE_OF(t, colours))',
    'ONE_OF(SUBSTITUTE(t, "率", ""), colours)',
    'ONE_OF(TARGET_UNIT(goal), colours)',
    't <> "kilo"',
    'MID(t, 9, 1) = "P"',
    'LEFT(t, 1) = "ß"',
    't = "Σ"',
    't = u',
    'TARGET_UNIT(goal) = "%"',
    'TARGET_KIND(goal) <> "NUMBER"',
    'TARGET_OP(goal) = "≥"',
    'AND(LEN(t) = 6, ONLY(t, "0123456789"))',
    'LEN(t) <> 2',
    'LEN(t) <= 10',
    'LEN(t) > 10',
    'ONLY(LEFT(t, 8), "0123456789")',
    'ONLY(RIGHT(t, 1), "0123X")',
    'ONLY(MID(t, 10, 11), "0123456789")',
    'RIGHT(t, 0) = ""',
    'LEFT(t, n) = "a"',
    'ROUND(n - m, 6) = 0',
    'ROUND(n, 6) <> 0',
    'ROUND(n - m, 6) >= 0',
    'NOT(ROUND(n, 2) <= 1)',
    'ROUND(n, 0) < 2',
    'ROUND(n, 6) > 100',
    'ROUND(n, 2) = 0.5',
    'ROUND(n, -1) = 5',
    'ROUND(n / m, 2) >= 1',
    'ROUND(n * m * m * m, 0) >= 1',
    'OR(BLANK(n), ROUND(TARGET_NUMBER(goal), 6) <= 100)',
]  # fmt: skip


class DescribeWrittenOutRules:
    @pytest.mark.parametrize("formula", FORMULAS)
    @given(t=TEXTS, u=TEXTS, goal=TEXTS, n=NUMBERS, m=NUMBERS)
    def it_has_the_outcome_of_the_rule(self, formula: str, t: Raw, u: Raw, goal: Raw, n: Raw, m: Raw) -> None:
        rule = analyse_rule(formula, SCOPE)
        values = read({"t": t, "u": u, "goal": goal, "n": n, "m": m})
        expected = python_rule(rule)(values, Around(lists=COLOURS))
        assert _written_out(formula)(values) is expected


@lru_cache
def _written_out(formula: str) -> Callable[[dict[str, ReadValue]], Outcome]:
    rule = analyse_rule(formula, SCOPE)
    names: dict[str, object] = {}
    inliner = Inliner(SCOPE, COLOURS, names)
    condition = inliner.condition(rule)
    parts = ", ".join(f"{part}_goal" for part in ("form", "op", "number", "unit", "kind", "rest", "size"))
    lines = [
        "def compiled(values):",
        *(f"    f_{name} = values[{name!r}]" for name in sorted(rule.fields)),
        *([f"    {parts} = target(f_goal if f_goal.__class__ is str else '')"] if "goal" in rule.fields else []),
        f"    return {condition}",
    ]
    holds = made(lines, names)

    def outcome(values: dict[str, ReadValue]) -> Outcome:
        if any(values[name] is NA for name in rule.fields):
            return Outcome.UNDECIDED
        try:
            return Outcome.PASS if holds(values) else Outcome.FAIL
        except Undecided:
            return Outcome.UNDECIDED

    return outcome


class DescribeSpellings:
    def it_knows_every_character_that_folds_to_another(self) -> None:
        # No character beyond the second plane has two cases (a new Unicode version would show in the second).
        for code in range(0x20000):
            char = chr(code)
            known = unfolded(fold(char))
            assert known is None or char in known, hex(code)

    @given(st.text(_HURTING, max_size=5))
    def it_lists_every_text_that_folds_to_one(self, text: str) -> None:
        known = unfolded(fold(text))
        assert known is None or (text in known and {fold(each) for each in known} == {fold(text)})

    def it_does_without_where_they_are_many_or_not_plain(self) -> None:
        assert unfolded("x" * 30) is None
        assert unfolded("σ") is None
        assert spellings(frozenset({"无", "σ"})) is None
        assert spellings(frozenset({"无", "k%"})) == {"无", "k%", "K%", "\u212a%"}
        assert spellings(frozenset()) == frozenset()
