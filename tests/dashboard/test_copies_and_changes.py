"""Clusters of copied indicators, and this year against last year."""

from __future__ import annotations

from dataclasses import replace
from itertools import combinations
from pathlib import Path

from hypothesis import given, settings
from hypothesis import strategies as st

from perfxl.consolidate import content_of
from perfxl.dashboard.board import board_of
from perfxl.dashboard.changes import changes_between, last_projects
from perfxl.dashboard.columns import exact, shown
from perfxl.dashboard.copies import Likeness, clusters, likeness_of, names_of
from perfxl.dashboard.records import records_of
from perfxl.dashboard.run import build_dashboard
from perfxl.form.records import Row
from tests.dashboard.made_rounds import HEBEI, copied, keep, project_of, returned, units

LIKE = Likeness(field="indicator", threshold=0.8, least=3)
SETS = st.lists(st.frozensets(st.sampled_from("甲乙丙丁戊己庚辛"), max_size=7), max_size=14)


def alike(one: frozenset[str], other: frozenset[str]) -> bool:
    """DEFINITIONS, "U03 and X04", as it stands there."""
    fewer = min(len(one), len(other))
    return fewer >= 3 and len(one & other) / fewer >= 0.8


class DescribeClusters:
    @given(SETS)
    @settings(max_examples=100, deadline=None)
    def it_joins_exactly_the_projects_that_are_alike(self, projects: list[frozenset[str]]) -> None:
        group = {number: number for number in range(len(projects))}
        for one, other in combinations(range(len(projects)), 2):
            if alike(projects[one], projects[other]):
                old, new = group[other], group[one]
                group = {number: new if each == old else each for number, each in group.items()}
        expected = {frozenset(n for n in group if group[n] == each) for each in group.values()}
        found = clusters(projects, LIKE)
        assert {frozenset(each.project for each in cluster) for cluster in found} == {each for each in expected if len(each) > 1}

    @given(SETS)
    @settings(max_examples=100, deadline=None)
    def it_shows_each_member_one_that_it_is_really_like(self, projects: list[frozenset[str]]) -> None:
        for first, *rest in clusters(projects, LIKE):
            assert first.like == -1
            for each in rest:
                one, other = projects[each.project], projects[each.like]
                assert alike(one, other)
                assert (each.shared, each.fewer) == (len(one & other), min(len(one), len(other)))
                if any(alike(one, projects[earlier]) for earlier in range(each.project)):
                    assert each.like < each.project

    def it_finds_every_project_that_the_rules_name_as_copied(self, tmp_path: Path) -> None:
        made = units(12)
        copied(made[0], made[5])
        copied(made[2], made[9])
        project_of(made[3].book, 2).rows = {name: list(rows) for name, rows in project_of(made[3].book, 1).rows.items()}
        dataset = keep(tmp_path / "库.db", [returned(each) for each in made]).dataset
        records = records_of(board_of(dataset), lambda _: None)
        names = [names_of([row.values.get("indicator") for row in project.indicators]) for _, project in records.projects]
        mine = {each.project for cluster in clusters(names, LIKE) for each in cluster}
        named = {(row.finding.file, row.finding.sheet) for row in dataset.findings if row.finding.rule in ("U03", "X04")}
        assert len(named) == 3
        assert named <= {(records.projects[each][0].content.file, records.projects[each][1].sheet) for each in mine}
        assert len(mine) == 6

    def it_takes_what_counts_as_copied_from_the_form(self) -> None:
        assert likeness_of(HEBEI) == LIKE


class DescribeChanges:
    def it_tells_every_change_with_both_places(self) -> None:
        this, last = units(3), units(3)
        now, before = project_of(this[0].book), project_of(last[0].book)
        before.raws["budget"] = before.raws["fiscal"] = 1.5
        before.raws["other"] = now.raws["other"]
        now.raws["budget"] = now.raws["fiscal"] = 2.5
        rows, old = now.rows["indicators"], before.rows["indicators"]
        rows[0].raws["value"], old[0].raws["value"] = "≥90%", "≥95%"
        rows[1].raws["value"], old[1].raws["value"] = "≥96%", "≥95%"
        gone = old[2].raws["indicator"]
        rows[2].raws["indicator"] = "新的指标"
        last[1].book.sheets.append(project_of(units(4)[3].book))
        last[1].book.sheets[-1].ordinal = 4
        contents = [content_of(returned(each)) for each in this[:2]]
        rows_now = [(content, project) for content in contents for project in content.projects]
        found = changes_between(HEBEI, rows_now, last_projects([content_of(returned(each)) for each in last]))
        told = [(each.kind.value, each.this, each.before, each.after) for each in found]
        assert told[:5] == [
            ("金额变化", 0, "1.50", "2.50"),
            ("金额变化", 0, "1.50", "2.50"),
            ("指标值降低", 0, "≥95%", "≥90%"),
            ("指标值提高", 0, "≥95%", "≥96%"),
            ("新增指标", 0, "", str(rows[2].raws["value"])),
        ]
        assert [(each.kind.value, each.item.split("：")[1]) for each in found if each.kind.value == "取消指标"] == [
            ("取消指标", gone)
        ]
        assert [each.kind.value for each in found[-1:]] == ["取消项目"]
        assert found[-1].last and found[-1].last.content.unit_code == last[1].unit.code
        assert found[0].cell == found[0].last_cell == "C4"
        assert not [each for each in found if each.last and each.last.content.unit_code == last[2].unit.code]

    def it_matches_by_code_first_then_by_unit_and_name(self) -> None:
        this, last = units(1), units(1)
        one, other = project_of(last[0].book, 1), project_of(last[0].book, 2)
        one.raws["code"], other.raws["code"] = other.raws["code"], "13028123P00000000000X"
        content, before = content_of(returned(this[0])), last_projects([content_of(returned(last[0]))])
        found = changes_between(HEBEI, [(content, each) for each in content.projects], before)
        pairs = {each.this: each.last.project.code for each in found if each.last and each.this >= 0}
        assert pairs == {1: one.raws["code"]}
        assert [each.kind.value for each in found if not each.last] == ["新增项目"]
        one.raws["code"] = "13028123P00000000001X"
        before = last_projects([content_of(returned(last[0]))])
        found = changes_between(HEBEI, [(content, each) for each in content.projects], before)
        assert {each.kind.value for each in found} == {"内容变化"}
        assert {(each.this, each.item) for each in found} == {(0, "项目编码"), (1, "项目编码")}

    def it_compares_only_the_fields_that_last_years_form_had(self) -> None:
        content = content_of(returned(units(1)[0]))
        old = [
            replace(
                each,
                values={name: value for name, value in each.values.items() if name != "goals"},
                indicators=tuple(
                    row._replace(values={name: value for name, value in row.values.items() if name != "basis"})
                    for row in each.indicators
                ),
            )
            for each in content.projects
        ]
        before = last_projects([replace(content, projects=tuple(old))])
        assert changes_between(HEBEI, [(content, each) for each in content.projects], before) == []

    def it_sees_none_where_nothing_changed(self, tmp_path: Path) -> None:
        sent = [returned(each) for each in units(4)]
        made = keep(tmp_path / "库.db", sent)
        page = build_dashboard(
            made.dataset, lambda _: None, as_of=made.dataset.task.closes, last_year=[content_of(each) for each in sent]
        )  # type: ignore[union-attr,arg-type]
        assert page.changes == 0


class DescribeFigures:
    def it_sends_money_exactly(self) -> None:
        assert (exact(12_345_678), exact(2**53), exact(-(2**60)), exact(None)) == (12_345_678, str(2**53), str(-(2**60)), None)

    def it_prints_values_as_tables_do(self) -> None:
        budget, plan = HEBEI.fields["budget"], HEBEI.fields["plan_mar"]
        assert [shown(budget, each) for each in (5_000, 4_999, 1_234_567_895_000, "十万", None)] == [
            "0.01",
            "0.00",
            "1,234,567.90",
            "十万",
            "",
        ]
        assert (shown(plan, 0.3), shown(plan, 1.0)) == ("30%", "100%")

    def it_knows_rows_by_the_forms_own_groups(self) -> None:
        content = content_of(returned(units(1)[0]))
        assert {row.group for project in content.projects for row in project.indicators} == set(HEBEI.project_sheet.groups)
        assert Row(0, 0, {}).begun is False
