"""The made-up round that benchmarks are measured on."""

from __future__ import annotations

import hashlib
from pathlib import Path

from perfxl.check import Condition
from perfxl.check.intake import read_submission
from perfxl.consolidate.keys import needed_ring
from perfxl.consolidate.roster import read_roster
from perfxl.consolidate.task import load_task

from .generate import FORM, RETURNED, ROSTER, TASK, make_round, make_workbook
from .units import unit_codes, unit_of


def written(count: int, folder: Path) -> dict[str, str]:
    list(make_round(count, folder, jobs=1))
    return {path.name: hashlib.sha256(path.read_bytes()).hexdigest() for path in (folder / RETURNED).iterdir()}


class DescribeRound:
    def it_is_the_same_again_and_a_smaller_one_is_its_beginning(self, tmp_path: Path) -> None:
        large, again, small = (written(count, tmp_path / name) for count, name in ((5, "a"), (5, "b"), (2, "c")))
        assert large == again
        assert small.items() <= large.items()
        assert len(set(large.values())) == 5

    def it_differs_by_seed(self) -> None:
        code = next(unit_codes(1, 1))
        assert unit_of(0, code, 1).book != unit_of(0, code, 2).book
        assert make_workbook(unit_of(0, code, 1)) != make_workbook(unit_of(0, code, 2))

    def it_is_read_as_a_sealed_round_with_a_roster(self, tmp_path: Path) -> None:
        written(4, tmp_path)
        ring = needed_ring(tmp_path / TASK, load_task(tmp_path / TASK))
        read = [read_submission(path, shown=path.name, ring=ring) for path in sorted((tmp_path / RETURNED).iterdir())]
        roster = read_roster((tmp_path / ROSTER).read_bytes(), ROSTER)
        assert [each.condition for each in read] == [Condition.READ] * 4
        assert {finding.rule for each in read for finding in each.findings} <= FORM.rules.keys()
        assert {each.unit_code for each in read} == {code for code in roster.units if code[3] != "9"}
        assert [len(each.book.projects(FORM)) for each in read if each.book] == [3] * 4
        assert len(roster.ceilings) == 12

    def it_is_clean_for_the_most_part_and_says_why_where_not(self) -> None:
        units = [unit_of(index, code, 1) for index, code in enumerate(unit_codes(300, 1))]
        explained = [each for each in units if any(record.explanations for record in each.book.sheets)]
        assert len(units) == len({each.unit.code for each in units}) == 300
        assert 10 < len(explained) < 60
        assert len({str(record.raws["code"]) for each in units for record in each.book.projects(FORM)}) > 890
