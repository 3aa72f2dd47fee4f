"""What a round comes to, as data: units, days, departments, rules."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

from perfxl.consolidate import State
from perfxl.consolidate.standing import office_tallies, standings
from perfxl.dashboard.board import Board, board_of
from perfxl.dashboard.columns import Pool
from tests.dashboard.made_rounds import keep, returned, roster_of, units, usual


def first(board: Board) -> Any:
    return board.first(Pool())


class DescribeBoard:
    def it_agrees_with_the_standings_by_office(self, tmp_path: Path) -> None:
        dataset = usual(tmp_path / "库.db", 40, every=8).dataset
        found = [
            (each["name"], each["units"], each["late"], *each["states"].values()) for each in first(board_of(dataset))["offices"]
        ]
        expected = [(each.office, each.units, each.late, *each.states.values()) for each in office_tallies(standings(dataset))]
        assert found == expected
        assert len(found) == 6

    def it_adds_up_to_the_round(self, tmp_path: Path) -> None:
        dataset = usual(tmp_path / "库.db", 40, every=8).dataset
        data = first(board_of(dataset))
        assert sum(each["money"] for each in data["departments"]) == dataset.budget
        assert sum(each["projects"] for each in data["departments"]) == len(dataset.projects)
        assert sum(each["ceiling"] or 0 for each in data["departments"]) == dataset.roster.total
        counts = sum(each["errors"] + each["open"] + each["explained"] for each in data["rules"])
        assert counts == len(dataset.findings)
        assert sum(each["units"] for each in data["days"]) == 37

    def it_counts_a_day_by_the_mail_that_brought_a_file(self, tmp_path: Path) -> None:
        dataset = keep(tmp_path / "库.db", [returned(each) for each in units(3)]).dataset
        mailed = [replace(each, content=replace(each.content, mailed="2022-10-30T20:00:00Z")) for each in dataset.files[:1]]
        days = {
            each["day"]: each["units"] for each in first(board_of(replace(dataset, files=(*mailed, *dataset.files[1:]))))["days"]
        }
        assert days["2022-10-31"] >= 1  # 04:00 the next day in China

    def it_lists_every_file_that_stands_for_a_unit_without_a_roster(self, tmp_path: Path) -> None:
        made = units(3)
        made[0].book.cover.raws.update(unit_code=None, unit_name=None)
        board = board_of(keep(tmp_path / "库.db", [returned(each) for each in made], task=None).dataset)
        assert [each.code for each in board.units].count(State.RETURNED.value) >= 1
        assert sorted(board.unit_of_file.values()) == [0, 1, 2]
        assert not board.on_roster

    def it_keeps_units_that_are_not_on_the_roster_apart(self, tmp_path: Path) -> None:
        made = units(4)
        board = board_of(keep(tmp_path / "库.db", [returned(each) for each in made], roster=roster_of(made[:2])).dataset)
        total = first(board)["total"]
        assert (total["listed"], total["reported"], total["others"]) == (2, 2, 2)
