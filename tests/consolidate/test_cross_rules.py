"""Rules across submissions: SQL declared in the form, findings at the place."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as some
from made_submissions import CODES, HEBEI, book, indicators, project, submission

from perfxl.check import Submission
from perfxl.consolidate import content_of, dataset_of
from perfxl.consolidate.roster import Ceiling, Roster
from perfxl.consolidate.task import Ceilings, Task
from perfxl.errors import PerfxlError
from perfxl.form.load import load_form
from perfxl.form.records import MICRO, Row, SheetRecord

Found = list[tuple[str, str, str, str]]


def found(submissions: list[Submission], last_year: list[Submission] | None = None, *rules: str, **options: object) -> Found:
    """(file, rule, sheet, message) of all findings of the given rules."""
    contents = [content_of(each) for each in submissions]
    last = [content_of(each) for each in last_year or []]
    dataset = dataset_of(contents, HEBEI, last_year=last, **options)  # type: ignore[arg-type]
    rows = [(row.finding.file, row.finding.rule, row.finding.sheet, row.finding.message) for row in dataset.findings]
    return [row for row in rows if not rules or row[1] in rules]


def own(prefix: str, code: str = CODES[0], budget: float = 10.0, name: str = "项目", count: int = 9) -> SheetRecord:
    """A project whose indicators begin with a prefix of their own."""
    made = project(code, budget, name)
    rows = [Row(row.block, row.slot, {**row.raws, "indicator": f"{prefix}{row.block}"}) for row in indicators(HEBEI)]
    made.rows = {"indicators": rows[:count]}
    return made


_NAMES = some.sets(some.integers(0, 11), min_size=2, max_size=9)
"""The names of a project's indicators, as numbers; few, so that projects are often alike."""


def named(names: set[int], code: str) -> SheetRecord:
    """A project whose indicators have these names."""
    made = own("", code, count=len(names))
    for row, name in zip(made.rows["indicators"], sorted(names), strict=True):
        row.raws["indicator"] = f"名称{name}"
    return made


def alike(one: set[int], other: set[int]) -> bool:
    """DEFINITIONS, "U03 and X04"."""
    fewest = min(len(one), len(other))
    return fewest >= 3 and len(one & other) * 5 >= fewest * 4


def unit(code: str, *projects: SheetRecord) -> Submission:
    return submission(f"{code}.xlsx", book(code, f"单位{code}", *projects))


class DescribeX01:
    def it_names_both_submissions_that_share_a_project_code(self) -> None:
        files = [unit("657001", own("甲")), unit("657002", own("乙")), unit("657003", own("丙", CODES[1]))]
        assert found(files, None, "X01") == [
            ("657001.xlsx", "X01", "项目01", f"项目编码 {CODES[0]} 也在另外 1 份报送中出现，如 657002单位657002"),
            ("657002.xlsx", "X01", "项目01", f"项目编码 {CODES[0]} 也在另外 1 份报送中出现，如 657001单位657001"),
        ]

    def it_returns_them_and_takes_their_money_out_of_the_total(self) -> None:
        files = [unit("657001", own("甲")), unit("657002", own("乙")), unit("301001", own("丙", CODES[1]))]
        dataset = dataset_of([content_of(each) for each in files], HEBEI)
        assert [file.state.value for file in dataset.files] == ["returned", "returned", "accepted"]
        assert dataset.budget == 10 * MICRO

    def it_ignores_superseded_files(self) -> None:
        old = submission("old", book("657002", "乙", own("乙")), modified="2020-01-01T00:00:00Z")
        new = submission("new", book("657002", "乙", own("乙", CODES[1])))
        assert found([unit("657001", own("甲")), old, new], None, "X01") == []


def ceilings(*rows: Ceiling) -> Roster:
    return Roster(ceilings=rows)


class DescribeX02AndX03:
    @pytest.mark.parametrize(
        ("policy", "budget", "messages"),
        [
            (Ceilings.EQUAL, 10.0, []),
            (Ceilings.EQUAL, 9.999999, ["预算数 9.999999 万元应等于控制数 10 万元"]),
            (Ceilings.MAX, 9.0, []),
            (Ceilings.MAX, 10.000001, ["预算数 10.000001 万元不应超过控制数 10 万元"]),
        ],
    )
    def it_compares_projects_as_the_task_says(self, policy: Ceilings, budget: float, messages: list[str]) -> None:
        task = Task(form=("hebei-2023", 1), year=2023, round="一上", ceilings=policy)
        roster = ceilings(Ceiling(unit="657001", code=CODES[0], amount=10 * MICRO))
        rows = found([unit("657001", own("甲", CODES[0], budget))], None, "X02", task=task, roster=roster)
        assert [row[3] for row in rows] == messages
        assert all(row[2] == "项目01" for row in rows)

    def it_compares_the_whole_unit(self) -> None:
        roster = ceilings(Ceiling(unit="657001", amount=19 * MICRO))
        files = [unit("657001", own("甲"), own("乙", CODES[1]))]
        assert found(files, None, "X02", "X03", roster=roster) == [
            ("657001.xlsx", "X02", "", "单位预算数合计 20 万元应等于控制数 19 万元")
        ]

    def it_finds_projects_on_one_side_only(self) -> None:
        roster = ceilings(
            Ceiling(unit="657001", code=CODES[0], amount=10 * MICRO),
            Ceiling(unit="657001", code=CODES[1], name="修路", amount=10 * MICRO),
        )
        files = [unit("657001", own("甲"), own("乙", CODES[2], 1.0, "绿化")), unit("657002", own("丙", CODES[3]))]
        assert found(files, None, "X03", roster=roster) == [
            ("657001.xlsx", "X03", "", f"控制数中的项目 {CODES[1]} 修路 没有报送"),
            ("657001.xlsx", "X03", "项目02", f"项目 {CODES[2]} 绿化 不在控制数中"),
            ("657002.xlsx", "X03", "项目01", f"项目 {CODES[3]} 项目 不在控制数中"),
        ]

    def it_matches_a_ceiling_without_code_by_the_projects_name(self) -> None:
        roster = ceilings(Ceiling(unit="657001", name="修 路", amount=9 * MICRO), Ceiling(unit="657001", name="绿化", amount=1))
        files = [unit("657001", own("甲", name="修路"), own("乙", CODES[1], name="其他"))]
        assert found(files, None, "X02", "X03", roster=roster) == [
            ("657001.xlsx", "X02", "项目01", "预算数 10 万元应等于控制数 9 万元"),
            ("657001.xlsx", "X03", "", "控制数中的项目 绿化 没有报送"),
            ("657001.xlsx", "X03", "项目02", f"项目 {CODES[1]} 其他 不在控制数中"),
        ]

    def it_is_silent_without_ceilings(self) -> None:
        assert found([unit("657001", own("甲"))], None, "X02", "X03") == []


class DescribeX04:
    def it_tells_the_later_unit_once(self) -> None:
        files = [unit("657001", own("同")), unit("657002", own("同", CODES[1])), unit("657003", own("异", CODES[2]))]
        assert found(files, None, "X04") == [
            ("657002.xlsx", "X04", "项目01", "9 个指标中有 9 个与 657001单位657001 的项目同名，请按本项目实际填写")
        ]

    def it_leaves_projects_of_one_unit_to_another_rule(self) -> None:
        assert found([unit("657001", own("同"), own("同", CODES[1]))], None, "X04") == []

    @pytest.mark.parametrize(("shared", "of", "expected"), [(8, 9, 1), (7, 9, 0), (4, 5, 1), (3, 4, 0), (3, 3, 1), (2, 2, 0)])
    def it_wants_eighty_per_cent_of_at_least_three(self, shared: int, of: int, expected: int) -> None:
        other = own("甲", CODES[1], count=of)
        for row in other.rows["indicators"][shared:]:
            row.raws["indicator"] = f"另{row.block}"
        assert len(found([unit("657001", own("甲")), unit("657002", other)], None, "X04")) == expected

    def it_measures_by_the_smaller_side_whichever_comes_first(self) -> None:
        for first, second in ((own("甲", count=3), own("甲", CODES[1])), (own("甲"), own("甲", CODES[1], count=3))):
            assert len(found([unit("657001", first), unit("657002", second)], None, "X04")) == 1

    def it_sees_through_width_and_blanks(self) -> None:
        other = own("甲", CODES[1])
        for row in other.rows["indicators"]:
            row.raws["indicator"] = str(row.raws["indicator"]).replace("0", "０").replace("甲", "甲　")
        assert len(found([unit("657001", own("甲")), unit("657002", other)], None, "X04")) == 1

    @pytest.mark.parametrize("first", [0, 1])
    def it_names_the_likest_project_of_a_unit_that_has_several(self, first: int) -> None:
        near, nearer = own("甲", CODES[2]), own("甲", CODES[3])
        for row in near.rows["indicators"][8:]:
            row.raws["indicator"] = f"另{row.block}"
        nearer.rows["indicators"].append(Row(0, 1, {**nearer.rows["indicators"][0].raws, "indicator": "多一个"}))
        both = [near, nearer] if first else [nearer, near]
        assert [row[3] for row in found([unit("657001", *both), unit("657002", own("甲"))], None, "X04")] == [
            "9 个指标中有 9 个与 657001单位657001 的项目同名，请按本项目实际填写"
        ]

    @settings(max_examples=40)
    @given(some.lists(some.lists(_NAMES, min_size=1, max_size=2), min_size=2, max_size=7))
    def it_finds_what_comparing_every_two_projects_finds(self, units: list[list[set[int]]]) -> None:
        files = [
            unit(f"{657001 + at}", *(named(names, f"C{at}{number}") for number, names in enumerate(mine)))
            for at, mine in enumerate(units)
        ]
        told = {(file, sheet) for file, _, sheet, _ in found(files, None, "X04")}
        assert told == {
            (f"{657001 + at}.xlsx", f"项目{number:02d}")
            for at, mine in enumerate(units)
            for number, names in enumerate(mine, 1)
            if any(alike(names, other) for others in units[:at] for other in others)
        }

    def it_takes_thousands_of_copies_in_its_stride(self) -> None:
        """In seconds; comparing every two would take an hour."""
        files = [unit(f"{number:06d}", own("同" if number % 2 else "异", f"C{number}")) for number in range(2000)]
        assert len(found(files)) == 1998


class DescribeX05:
    def it_finds_a_dropped_indicator_and_a_lowered_target(self) -> None:
        now, before = own("甲", name="征收"), own("甲", name="征收")
        before.rows["indicators"][0].raws["value"] = "≥95％"
        before.rows["indicators"][1].raws["indicator"] = "停用的指标"
        before.rows["indicators"][2].raws["value"] = "≤3天"
        now.rows["indicators"][2].raws["value"] = "≤5天"
        before.rows["indicators"][3].raws["value"] = "≥80%"
        assert found([unit("657001", now)], [unit("657001", before)], "X05") == [
            ("657001.xlsx", "X05", "项目01", "上年的指标“停用的指标”今年没有"),
            ("657001.xlsx", "X05", "项目01", "指标值 ≥90% 低于上年的 ≥95％"),
            ("657001.xlsx", "X05", "项目01", "指标值 ≤5天 低于上年的 ≤3天"),
        ]

    def it_matches_by_unit_and_name_when_the_code_is_new(self) -> None:
        before = own("乙", CODES[1], name="征收")
        rows = found([unit("657001", own("甲", name="征 收"))], [unit("657001", before)], "X05")
        assert len(rows) == 9
        assert found([unit("657002", own("甲", name="征收"))], [unit("657001", before)], "X05") == []


class DescribeAFaultyQuery:
    def it_names_the_rule(self) -> None:
        source = HEBEI.source.replace("FROM project p JOIN project q ON", "FROM projekt p JOIN project q ON")
        with pytest.raises(PerfxlError) as fault:
            dataset_of([content_of(unit("657001"))], load_form(source, "form.toml"))
        assert (fault.value.code, fault.value.values["rule"]) == ("S24", "X01")

    @pytest.mark.parametrize("query", ["ATTACH DATABASE '{path}' AS x", "DELETE FROM project", "PRAGMA user_version = 3"])
    def it_may_only_read(self, query: str, tmp_path: Path) -> None:
        path = tmp_path / "x.db"
        head, _, tail = HEBEI.source.partition('id = "X01"')
        sql, _, rest = tail.partition('sql = """')[2].partition('"""')
        source = head + 'id = "X01"' + tail.replace(sql, query.format(path=path.as_posix()), 1)
        assert rest
        with pytest.raises(PerfxlError) as fault:
            dataset_of([content_of(unit("657001"))], load_form(source, "form.toml"))
        assert (fault.value.code, "not authorized" in str(fault.value.values["reason"])) == ("S24", True)
        assert not path.exists()
