"""Rules about the roster (X06): declared in the form, told in 报送情况, nobody's error."""

from __future__ import annotations

import pytest
from made_submissions import HEBEI, book, finding, submission, unread

from perfxl.consolidate import content_of, dataset_of
from perfxl.consolidate.roster import Roster, Unit
from perfxl.consolidate.standing import standings
from perfxl.consolidate.task import Task
from perfxl.errors import PerfxlError
from perfxl.form.load import load_form

TASK = Task(form=("hebei-2023", 1), year=2023, round="一上", deadline="2023-03-01")
ROSTER = Roster(units={code: Unit(code=code, name=f"单位{code}") for code in ("657001", "657002", "657003", "657004")})


def told(*files, task: Task | None = TASK) -> dict[str, tuple[str, ...]]:  # type: ignore[no-untyped-def]
    dataset = dataset_of([content_of(each) for each in files], HEBEI, task=task, roster=ROSTER)
    return {each.unit.code: each.notes for each in standings(dataset)}


class DescribeX06:
    def it_tells_who_has_not_reported_who_is_late_and_who_reported_twice(self) -> None:
        early, late = "2023-02-28T08:00:00Z", "2023-03-01T16:00:01Z"
        assert told(
            submission("甲.xlsx", book("657001"), modified=early),
            submission("乙.xlsx", book("657002"), finding(), modified=late),
            submission("丙1.xlsx", book("657003"), modified=late),
            submission("丙2.xlsx", book("657003"), modified="2023-03-02T00:00:00Z"),
            unread("坏.xlsx"),
        ) == {
            "657001": (),
            "657002": ("迟报：2023-03-02 00:00 保存，截止 2023-03-01",),
            "657003": ("迟报：2023-03-02 08:00 保存，截止 2023-03-01", "报送 2 份不同的文件，采用“丙2.xlsx”"),
            "657004": ("没有报送",),
        }

    def it_counts_copies_of_one_file_once(self) -> None:
        files = [submission(name, book("657001"), content="同一份") for name in ("1.xlsx", "2.xlsx")]
        assert told(*files, task=None)["657001"] == ()

    def it_leaves_the_states_alone(self) -> None:
        late = content_of(submission("甲.xlsx", book("657001"), modified="2024-01-01T00:00:00Z"))
        assert [each.state.value for each in dataset_of([late], HEBEI, task=TASK, roster=ROSTER).files] == ["accepted"]

    def it_stands_in_the_form_beside_the_others(self) -> None:
        assert HEBEI.severity_of("X06") == "情况"
        assert HEBEI.rules["X06"].batch_only


class DescribeItsDeclaration:
    @pytest.mark.parametrize(
        ("old", "new", "code"),
        [
            ('scope = "roster"\nseverity = "note"', 'scope = "cross"\nseverity = "note"', "F05"),
            ('scope = "roster"\nseverity = "note"', 'scope = "roster"\nseverity = "error"', "F05"),
            ('message = "没有报送"', 'message = "没有{0}"', "F05"),
        ],
    )
    def it_is_refused_where_it_is_wrong(self, old: str, new: str, code: str) -> None:
        with pytest.raises(PerfxlError) as fault:
            load_form(HEBEI.source.replace(old, new), "form.toml")
        assert fault.value.code == code

    @pytest.mark.parametrize("query", ["SELECT _unit FROM nowhere", "DELETE FROM roster", "SELECT 1 AS other FROM roster"])
    def it_can_only_read(self, query: str) -> None:
        form = load_form(HEBEI.source.replace("SELECT r._unit FROM roster r\n", query + " --"), "form.toml")
        dataset = dataset_of([content_of(submission())], form, roster=ROSTER)
        with pytest.raises(PerfxlError) as fault:
            standings(dataset)
        assert fault.value.code == "S24"
