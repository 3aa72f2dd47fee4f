"""States, winners and totals are those of DEFINITIONS.md."""

from __future__ import annotations

import itertools
from decimal import Decimal

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from made_submissions import CODES, HEBEI, book, finding, project, submission, unread

from perfxl.check import Condition
from perfxl.consolidate import Choices, Content, State, common_form, content_of, dataset_of, judge
from perfxl.consolidate.run import printed
from perfxl.form.model import Severity

KEY = ("hebei-2023", 1)
HINT = finding(Severity.HINT, rule="R06")
EXPLAINED = finding(Severity.HINT, rule="R06", explained=True)
ERROR = finding()


def states(contents: list[Content], choices: Choices | None = None) -> dict[str, str]:
    return {each.content.file: each.state.value for each in judge(contents, KEY, choices)}


class DescribeStates:
    def it_gives_each_file_the_first_state_that_applies(self) -> None:
        contents = [
            content_of(each)
            for each in (
                submission("a", book("657001")),
                submission("b", book("657002"), HINT),
                submission("c", book("657003"), EXPLAINED),
                submission("d", book("657004"), HINT, ERROR),
                unread("e"),
                unread("f", Condition.UNRECOGNISED, "I06"),
            )
        ]
        assert states(contents) == {
            "a": "accepted",
            "b": "with_hints",
            "c": "accepted",
            "d": "returned",
            "e": "unreadable",
            "f": "unrecognised",
        }

    def it_takes_another_form_for_another_task(self) -> None:
        content = content_of(submission("a"))
        assert [each.state for each in judge([content], ("hebei-2023", 2))] == [State.UNRECOGNISED]
        assert "hebei-2023" in judge([content], ("hebei-2023", 2))[0].reason

    def it_takes_the_form_that_most_files_have(self) -> None:
        assert common_form([content_of(each) for each in (unread("x"), submission("a"))]) == KEY
        assert common_form([content_of(unread("x"))]) is None


class DescribeWinners:
    def it_lets_the_later_file_win_even_if_it_is_the_faulty_one(self) -> None:
        old = content_of(submission("old", modified="2023-03-01T08:00:00Z"))
        new = content_of(submission("new", None, ERROR, modified="2023-03-02T08:00:00Z"))
        assert states([old, new]) == states([new, old]) == {"old": "superseded", "new": "returned"}

    def it_compares_times_across_time_zones(self) -> None:
        early = content_of(submission("early", modified="2023-03-02T07:59:00+08:00"))
        late = content_of(submission("late", modified="2023-03-02T00:00:00Z"))
        assert states([early, late]) == {"early": "superseded", "late": "accepted"}

    def it_puts_an_unknown_time_before_any_known_one(self) -> None:
        for modified in ("", "昨天", "9999-99-99", "0001-01-01T00:00:00+14:00"):
            unknown = content_of(submission("unknown", modified=modified))
            known = content_of(submission("known", modified="1980-01-01T00:00:00Z"))
            assert states([unknown, known])["known"] == "accepted"

    def it_breaks_ties_by_hash_whatever_the_order(self) -> None:
        contents = [content_of(submission(name)) for name in "abcd"]
        winner = max(contents, key=lambda each: each.sha256).file
        for order in itertools.permutations(contents):
            found = states(list(order))
            assert [name for name, state in found.items() if state == "accepted"] == [winner]

    def it_counts_one_of_two_copies_of_the_same_file(self) -> None:
        contents = [content_of(submission(name, content="same")) for name in ("b", "a", "ab")]
        assert states(contents) == {"b": "superseded", "a": "accepted", "ab": "superseded"}
        assert "内容完全相同" in judge(contents, KEY)[0].reason

    def it_follows_the_officers_choice(self) -> None:
        old = content_of(submission("old", modified="2023-03-01T08:00:00Z"))
        new = content_of(submission("new", modified="2023-03-02T08:00:00Z"))
        choices = Choices(winners={"657001": old.sha256})
        assert states([old, new], choices) == {"old": "accepted", "new": "superseded"}

    def it_accepts_a_faulty_file_by_force_with_its_reason(self) -> None:
        faulty = content_of(submission("a", None, ERROR))
        choices = Choices(forced={("657001", faulty.sha256): "预算已批复"})
        judged = judge([faulty], KEY, choices)[0]
        assert (judged.state, judged.forced) == (State.ACCEPTED, True)
        assert "预算已批复" in judged.reason

    def it_accepts_unexplained_hints_where_the_task_does_not_want_them_explained(self) -> None:
        hinted = content_of(submission("a", None, HINT))
        judged = judge([hinted], KEY, Choices(hints_matter=False))[0]
        assert (judged.state, judged.reason) == (State.ACCEPTED, "有 1 个提示未说明，本任务不要求说明")

    def it_never_lets_files_without_a_unit_code_supersede_each_other(self) -> None:
        contents = [content_of(submission(name, book("", ""), ERROR)) for name in "ab"]
        assert states(contents) == {"a": "returned", "b": "returned"}

    def it_says_when_two_files_of_one_code_name_different_units(self) -> None:
        one = content_of(submission("one", book("657001", "甲局")))
        two = content_of(submission("two", book("657001", "乙局"), modified="2023-04-01T00:00:00Z"))
        assert "单位名称不同（甲局、乙局）" in judge([one, two], KEY)[0].reason


@st.composite
def some_files(draw: st.DrawFn) -> list[Content]:
    contents = []
    for number in range(draw(st.integers(0, 8))):
        name = f"f{number}"
        kind = draw(st.sampled_from(["read", "read", "read", "unreadable", "unrecognised"]))
        if kind != "read":
            contents.append(content_of(unread(name, Condition(kind))))
            continue
        amounts = draw(st.lists(st.integers(0, 10**9), min_size=1, max_size=3))
        unit = draw(st.sampled_from(["657001", "657002", ""]))
        made = book(unit, "单位", *[project(CODES[0], each / 10**4) for each in amounts])
        faults = draw(st.lists(st.sampled_from([HINT, EXPLAINED, ERROR]), max_size=2))
        modified = draw(st.sampled_from(["", "2023-03-01T00:00:00Z", "2023-03-02T00:00:00Z"]))
        contents.append(content_of(submission(name, made, *faults, modified=modified)))
    return contents


class DescribeTotals:
    @pytest.mark.parametrize(
        ("micro", "text"),
        [(0, "0.00"), (5_000, "0.01"), (4_999, "0.00"), (125_005_000, "125.01"), (1_234_567_894_999, "1,234,567.89")],
    )
    def it_prints_two_decimals_half_up(self, micro: int, text: str) -> None:
        assert printed(micro) == text

    def it_adds_money_exactly(self) -> None:
        made = book("657001", "甲", *[project(CODES[0], 0.1), project(CODES[1], 0.2), project(CODES[2], 1234567.891234)])
        assert dataset_of([content_of(submission("a", made))], HEBEI).budget == 1_234_568_191_234

    def it_leaves_out_money_that_is_text(self) -> None:
        made = book("657001", "甲", project(CODES[0], "０．８５"), project(CODES[1], 2.0))
        content = content_of(submission("a", made))
        assert content.budget == 2_000_000
        assert content.projects[0].values["budget"] == "０．８５"

    @settings(max_examples=150, deadline=None)
    @given(some_files(), st.randoms())
    def it_counts_every_file_once_and_no_money_twice(self, contents: list[Content], random: object) -> None:
        dataset = dataset_of(contents, HEBEI)
        assert sum(tally.files for tally in dataset.tallies) == len(contents)
        naive = sum(
            Decimal(repr(float(project.values["budget"]))) / 10**6  # type: ignore[arg-type]
            for file in dataset.files
            if file.state in (State.ACCEPTED, State.HINTS)
            for project in file.content.projects
        )
        assert Decimal(dataset.budget) / 10**6 == naive
        everything = sum(file.content.budget for file in dataset.files)
        assert sum(tally.budget for tally in dataset.tallies) == everything
        shuffled = list(contents)
        random.shuffle(shuffled)  # type: ignore[attr-defined]
        assert states(shuffled) == states(contents)
        units = [file.content.unit_code for file in dataset.files if file.state.counts]
        assert len(units) == len(set(units)) or "" in units
