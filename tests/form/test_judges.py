"""Judges decide as their definitions say, whatever way round they take."""

from __future__ import annotations

from hypothesis import example, given
from hypothesis import strategies as st

from perfxl.form.judges import (
    _COMMON,
    Texts,
    _begun_otherwise,
    _Names,
    _pairs,
    _speaks_of_another,
    _words,
    judge,
    likeness,
    normal_name,
    plainly_alike,
)
from perfxl.form.library import find_form
from perfxl.form.records import Book, Row, SheetRecord
from perfxl.form.screen import failures_of
from perfxl.rules.types import CellError, Raw

WORDS = st.lists(st.sampled_from([*_COMMON, *"道路桥梁养护完成率项指标数a1（%）"]), max_size=9).map("".join)


NAMES = st.one_of(
    st.builds("".join, st.tuples(st.sampled_from(["道路养护", "道路桥", "群众满意", "Ａ道路", "道路", ""]), WORDS)),
    st.text("道路桥养护率Aaſß（%）_·😀İΣς \u3000", max_size=6),
)
RAWS: st.SearchStrategy[Raw] = st.one_of(NAMES, NAMES, NAMES, st.sampled_from([None, "\u3000", True, 45000.0, CellError("#N/A")]))
ROWS = st.lists(st.tuples(RAWS, RAWS), min_size=1, max_size=6)


def made_book(projects: list[list[tuple[Raw, Raw]]]) -> Book:
    """Projects with these names and descriptions of indicators."""
    made = [
        [Row(0, slot, {"indicator": name, "description": text, "value": "≥1"}) for slot, (name, text) in enumerate(rows)]
        for rows in projects
    ]
    return Book(sheets=[SheetRecord("project", at, {"name": f"项目{at}"}, {"indicators": rows}) for at, rows in enumerate(made)])


class DescribeTexts:
    @given(st.lists(ROWS, max_size=3))
    def it_reads_a_column_as_one_by_one_whoever_reads_it(self, projects: list[list[tuple[Raw, Raw]]]) -> None:
        form, book = find_form("hebei-2023"), made_book(projects)
        own, shared = Texts(form, book), Texts(form, book)
        failures_of(form, book, shared)
        for at, record in enumerate(own.projects):
            for name in ("indicator", "description"):
                expected = [_words(form.fields[name], row.raws.get(name)) for row in record.rows["indicators"]]
                assert own.column(name, "indicators", at) == expected
                assert shared.column(name, "indicators", at) == expected

    def it_finds_nothing_in_the_rows_of_another_group(self) -> None:
        form, book = find_form("hebei-2023"), made_book([[("道路", "桥梁")]])
        texts = Texts(form, book)
        failures_of(form, book, texts)
        assert texts.column("indicator", "parts", 0) == []


class DescribeCopiedIndicators:
    @given(st.lists(st.lists(NAMES, min_size=1, max_size=6), min_size=2, max_size=3), st.sampled_from([0.0, 0.2, 0.8, 1.0]))
    @example([["（%）道路养护"], ["道路养护"]], 0.8)
    @example([["", "道路养护"], ["道路养护", "桥梁养护"]], 0.8)
    @example([["AΣ道路"], ["aς道路"]], 0.8)
    def it_passes_over_no_pair_that_reaches_the_threshold(self, projects: list[list[str]], threshold: float) -> None:
        for one in projects:
            for other in projects:
                first, second = (frozenset(map(normal_name, names)) - {""} for names in (one, other))
                reached = len(first & second) >= threshold * min(len(first), len(second))
                assert not (reached and _Names(one).surely_below(threshold, _Names(other)))

    def it_is_sure_of_projects_that_start_otherwise(self) -> None:
        roads, bridges = ["道路养护率", "道路完好率", "群众满意度"], ["桥梁养护率", "桥梁完好率", "群众满意度"]
        assert _Names(roads).surely_below(0.8, _Names(bridges))
        assert not _Names(roads).surely_below(0.8, _Names(roads))
        assert not _Names(["A", *roads]).surely_below(0.8, _Names(bridges))

    def it_tells_projects_with_the_same_names_however_they_are_written(self) -> None:
        form = find_form("hebei-2023")
        rule = next(each for each in form.judges if each.python == "copied_indicators")
        rows = [("道路养护率（%）", "文"), ("道路完好率", "文"), ("群众 满意度", "文")]
        book = made_book([rows, [(name.replace("（%）", "(%)").replace(" ", ""), text) for name, text in rows]])
        assert [dict(each.values) for each in judge(form, rule, Texts(form, book))] == [
            {"other": "项目0", "shared": "3", "fewer": "3", "percent": "100"}
        ]


class DescribeUnlikeTexts:
    @given(st.lists(st.tuples(NAMES, NAMES), max_size=5))
    def it_looks_closer_wherever_a_text_may_be_unlike_its_name(self, pairs: list[tuple[str, str]]) -> None:
        names, texts = [name for name, _ in pairs], [text for _, text in pairs]
        passed = set(range(len(pairs))) - set(_begun_otherwise(names, texts))
        assert all(plainly_alike(*pairs[at]) for at in passed)

    def it_looks_no_closer_where_every_text_repeats_how_its_name_begins(self) -> None:
        assert _begun_otherwise(["道路养护完成率", "桥梁"], ["当年道路养护", "桥梁数"]) == []
        assert _begun_otherwise(["道路养护完成率", "完成率", "桥梁"], ["当年道路养护", "完成率", "道路"]) == [1, 2]

    @given(WORDS, WORDS)
    def it_is_sure_only_of_what_is_alike(self, one: str, other: str) -> None:
        assert not plainly_alike(one, other) or likeness(one, other) == 1.0

    def it_is_sure_of_texts_that_share_an_uncommon_pair(self) -> None:
        assert plainly_alike("道路养护完成率（%）", "当年完成的道路养护里程")
        assert not plainly_alike("道路养护完成率", "完成率")

    @given(WORDS, WORDS, st.lists(WORDS, max_size=4))
    def it_hears_another_name_by_any_pair_of_characters(self, text: str, name: str, names: list[str]) -> None:
        expected = any(_pairs(text) & _pairs(other) for other in names if other != name)
        assert _speaks_of_another(text, name, [name, *names]) == expected
