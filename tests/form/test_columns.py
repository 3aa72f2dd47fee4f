"""A look at a whole column tells what a look at each value tells, whatever is typed."""

from __future__ import annotations

from collections import Counter

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from perfxl.form.columns import as_they_are, column_reader, distinct, raw_column, read_targets, text_column
from perfxl.rules import Outcome, analyse_rule, python_rule
from perfxl.rules.inline import made, spellings
from perfxl.rules.proofs import Prover
from perfxl.rules.targets import read_target
from perfxl.rules.types import CellError, Raw, choice_type, number_type, text_type
from perfxl.rules.values import NA, fold, squash
from tests.rules.formulas import SCOPE, Around, read

HURTING = "aAkK\u212asSſßẞiIİıσςΣée\u0301率道😀\ud83d\u200b\ufeff\u00a0\u3000\u2003\x85\x1c\x00 \t\n\r１٣%≥9"
PLAIN = st.sampled_from(["道路养护完成率", "群众满意度（%）", "无", "≥95%", "≤3天", "abc", "ABC", "优"])
TEXTS = st.one_of(PLAIN, st.text(HURTING, max_size=6), st.just("字" * 60))
RAWS: st.SearchStrategy[Raw] = st.one_of(
    TEXTS, TEXTS, TEXTS, st.sampled_from([None, True, False, 0.0, 45000.0, CellError("#N/A"), "", "\u3000"])
)
COLUMNS = st.one_of(st.lists(TEXTS, max_size=6), st.lists(RAWS, max_size=6))
CHOICE = choice_type(("优", "良", "abc"))
MONEY = number_type("money", minimum=0, maximum=1e8, decimals=6, expects="数字")
COLOURS = frozenset(fold(each) for each in ("无", "kk", "**%", "a"))


class DescribeColumns:
    @given(COLUMNS)
    def it_takes_as_they_are_only_texts_that_read_as_themselves(self, raws: list[Raw]) -> None:
        assert as_they_are(raws) == all(isinstance(raw, str) and squash(raw) == raw for raw in raws)

    @given(COLUMNS)
    def it_reads_texts_as_one_by_one(self, raws: list[Raw]) -> None:
        texts = [squash(raw) for raw in raws if isinstance(raw, str)]
        assert text_column(raws) == (texts if len(texts) == len(raws) else None)

    @pytest.mark.parametrize("kind", [text_type("text"), text_type("long"), CHOICE, MONEY], ids=lambda kind: kind.name)
    @given(raws=COLUMNS)
    def it_reads_every_type_as_one_by_one(self, kind, raws: list[Raw]) -> None:  # type: ignore[no-untyped-def]
        expected = [kind.read(raw) for raw in raws]
        assert column_reader(kind)(raws) == (expected, NA not in expected)

    @given(COLUMNS)
    def it_reads_target_values_as_one_by_one(self, raws: list[Raw]) -> None:
        expected = [text_type("target").read(raw) for raw in raws]
        apart = [read_target(form if isinstance(form, str) else "") for form in expected]
        assert read_targets(raws) == (expected, NA not in expected, apart)

    @given(st.lists(TEXTS.map(squash), max_size=6))
    @example(["aΣ", "bς"])
    @example(["AΣ", "aς"])
    @example(["İ", "i\u0307"])
    @example(["İAΣ", "İAσ"])
    def it_calls_distinct_only_what_differs_when_folded(self, column: list[str]) -> None:
        assert not distinct(column) or max(Counter(map(fold, column)).values(), default=0) <= 1

    def it_knows_distinct_texts_from_others(self) -> None:
        assert distinct(["道路", "桥梁", "a", "Ab"])
        assert not distinct(["道路", "A", "a"])
        assert not distinct(["道路", NA])
        assert not distinct(["道路", 1.0])

    def it_takes_a_field_that_a_row_lacks_as_blank(self) -> None:
        assert raw_column([{"a": "x"}, {}], "a") == ["x", None]


FORMULAS = [
    "NOT(BLANK(t))",
    "NOT(ONE_OF(t, colours))",
    "AND(NOT(BLANK(t)), NOT(ONE_OF(u, colours)))",
    "OR(BLANK(t), OCCURS(t) <= 1)",
    "OR(NOT(BLANK(t)), NOT(BLANK(u)))",
    "NOT(OR(BLANK(t), ONE_OF(t, colours)))",
    "NOT(AND(BLANK(t), BLANK(u)))",
    "LEN(t) <= 10",
    "LEN(t) < 3",
    "LEN(t) >= 2",
    "LEN(u) > 1",
    "AND(LEN(t) >= 1, LEN(t) <= 8)",
    "OR(ROUND(n / m, 2) > 1, NOT(BLANK(t)))",
]


class DescribeProofs:
    @pytest.mark.parametrize("formula", FORMULAS)
    @given(t=st.lists(RAWS, min_size=1, max_size=4), u=st.lists(RAWS, min_size=4, max_size=4))
    @example(t=["道路养护完成率", "桥梁"], u=["群众满意度"] * 4)
    def it_proves_nothing_of_a_column_with_a_row_that_fails(self, formula: str, t: list[Raw], u: list[Raw]) -> None:
        values = [read({"t": one, "u": other, "n": 1.0}) for one, other in zip(t, u, strict=False)]
        around = Around(lists={"colours": COLOURS}, columns={"t": [each["t"] for each in values]})
        rule = python_rule(analyse_rule(formula, SCOPE))
        failing = any(rule(each, around) is Outcome.FAIL for each in values)
        assert not (failing and _proved(formula, t, u[: len(t)]))

    @pytest.mark.parametrize("formula", FORMULAS[:4])
    def it_proves_what_most_columns_are(self, formula: str) -> None:
        assert _proved(formula, ["道路养护完成率", "桥梁", "B"], ["群众满意度"] * 3)

    @pytest.mark.parametrize("formula", ["LEN(t) <> 3", "LEN(t & u) <= 9", 'CONTAINS(t, "率")', "OCCURS(t) <= 2", "t = u"])
    def it_knows_no_proof_of_other_rules(self, formula: str) -> None:
        assert Prover(["t", "u"], str).proof(analyse_rule(formula, SCOPE).tree) == ""

    def it_looks_at_no_field_of_another_place(self) -> None:
        assert Prover(["u"], str).proof(analyse_rule("NOT(BLANK(t))", SCOPE).tree) == ""

    def it_counts_rows_by_block_only_where_blocks_are_asked(self) -> None:
        tree = analyse_rule("OR(NOT(required), BEGUN(rows) >= 1)", SCOPE).tree
        assert Prover([], str).proof(tree) == ""
        assert Prover([], str, blocks=9).proof(tree) == "(around.in_blocks('rows', 9))"

    def it_does_without_a_list_whose_spellings_are_not_plain(self) -> None:
        assert Prover(["t"], lambda name: "").proof(analyse_rule("NOT(ONE_OF(t, colours))", SCOPE).tree) == ""


class _Around:
    def __init__(self, columns: dict[str, list[object]]) -> None:
        self._columns = columns

    def distinct(self, name: str) -> bool:
        return distinct(self._columns[name])  # type: ignore[arg-type]


def _proved(formula: str, t: list[Raw], u: list[Raw]) -> bool:
    columns = {"t": column_reader(text_type("text"))(t), "u": column_reader(text_type("text"))(u)}
    names: dict[str, object] = {"spelled": spellings(COLOURS)}
    for name, (column, typed) in columns.items():
        names |= {f"c_{name}": column, f"typed_{name}": typed}
    proof = Prover(["t", "u"], lambda name: "spelled").proof(analyse_rule(formula, SCOPE).tree)
    around = _Around({name: list(column) for name, (column, _) in columns.items()})
    return bool(made(["def compiled(around):", f"    return {proof or False}"], names)(around))
