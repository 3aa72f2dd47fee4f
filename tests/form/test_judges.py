"""Judges decide as their definitions say, whatever way round they take."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from perfxl.form.judges import _COMMON, _pairs, _speaks_of_another, likeness, plainly_alike

WORDS = st.lists(st.sampled_from([*_COMMON, *"道路桥梁养护完成率项指标数a1（%）"]), max_size=9).map("".join)


class DescribeUnlikeTexts:
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
