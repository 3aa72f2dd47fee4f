"""The seed's text, parsed here without perfxl, against the data file that everything else uses."""

from __future__ import annotations

import hashlib
import re
from pathlib import Path

import pytest

from perfxl.errors import PerfxlError
from perfxl.form.book_file import read_book
from perfxl.form.library import find_form
from perfxl.form.records import Book, SheetRecord

HERE = Path(__file__).resolve().parents[2] / "workbooks"
FORM = find_form("hebei-2023")
BLANKS = " \u00a0\u3000\t\r\n"
LEVELS = {
    "产出指标": ["数量指标", "质量指标", "时效指标", "成本指标"],
    "效益指标": ["经济效益指标", "社会效益指标", "生态效益指标", "可持续影响指标"],
    "满意度指标": ["服务对象满意度指标"],
}


def seed_lines() -> list[str]:
    """The seed's lines without bookmark markers, outer blanks and empty lines."""
    text = (HERE / "seed.txt").read_text("utf-8")
    lines = [re.sub(r"\[bookmark: \w+\]", "", line).strip(BLANKS) for line in text.split("\n")]
    return [line for line in lines if line]


def part_one() -> dict[str, object]:
    lines = seed_lines()
    overall, parts = lines.index("一、总体绩效目标"), lines.index("二、分项绩效目标")
    measures, end = lines.index("三、工作保障措施"), lines.index("第二部分")
    found = lines[parts + 1 : measures]
    assert len(found) % 3 == 0
    return {
        "overall": "\n".join(lines[overall + 1 : parts]),
        "parts": [
            {
                "part_name": name,
                "part_goal": goal.removeprefix("绩效目标："),
                "part_indicator": indicator.removeprefix("绩效指标："),
            }
            for name, goal, indicator in zip(found[::3], found[1::3], found[2::3], strict=True)
        ],
        "measures": [{"measure": re.sub(r"^\d、", "", line)} for line in lines[measures + 1 : end]],
    }


def after(lines: list[str], label: str) -> str:
    return lines[lines.index(label) + 1]


def percent(text: str) -> float:
    return int(text.removesuffix("%")) / 100


def table(lines: list[str]) -> dict[str, object]:
    """One project's table from its lines: heading, unit, …, last indicator."""
    heading = re.fullmatch(r"\d+\.(.+)绩效目标表", lines[0])
    assert heading is not None
    found: dict[str, object] = {"unit": lines[1]}
    assert lines[2] == "单位：万元"
    found["code"] = after(lines, "项目编码")
    found["name"] = after(lines, "项目名称")
    assert heading.group(1) == found["name"]
    found["budget"] = float(after(lines, "预算数"))
    found["fiscal"] = float(after(lines, "其中：财政    资金"))
    narrative = after(lines, "其他资金")
    assert narrative.startswith("预算数"), "其他资金 is blank in the seed"
    found["narrative"] = narrative
    found["purpose"] = narrative.partition("主要用于：")[2]
    plan = lines.index("12月底")
    names = ("plan_mar", "plan_jun", "plan_oct", "plan_dec")
    found.update(zip(names, map(percent, lines[plan + 1 : plan + 5]), strict=True))
    found["goals"] = after(lines, "绩效目标")
    rest = lines[lines.index("指标值确定依据") + 1 :]
    rows: list[tuple[str, str, dict[str, str]]] = []
    level1 = ""
    while rest:
        if rest[0] in LEVELS:
            level1 = rest.pop(0)
        level2, *values = rest[:5]
        rest = rest[5:]
        assert level2 in LEVELS[level1]
        rows.append((level1, level2, dict(zip(("indicator", "description", "value", "basis"), values, strict=True))))
    found["rows"] = rows
    return found


def part_two() -> list[dict[str, object]]:
    lines = seed_lines()
    starts = [number for number, line in enumerate(lines) if re.fullmatch(r"\d+\..+绩效目标表", line)]
    return [table(lines[start:end]) for start, end in zip(starts, [*starts[1:], len(lines)], strict=True)]


def book() -> Book:
    return read_book(FORM, (HERE / "657001.toml").read_text("utf-8"), "657001.toml")


def rows_of(record: SheetRecord, group: str) -> list[dict[str, object]]:
    return [dict(row.raws) for row in record.rows[group]]


class DescribeSeed:
    def it_is_committed_byte_for_byte(self) -> None:
        digest = hashlib.sha256((HERE / "seed.txt").read_bytes()).hexdigest()
        assert digest == "776285a193daf646b2643b2475e64cfeccbc32ba411d949ea649850e6e677f1d"

    def it_has_two_tables_of_nine_indicators(self) -> None:
        assert [len(project["rows"]) for project in part_two()] == [9, 9]  # type: ignore[arg-type]

    def it_has_the_cover_of_the_data_file(self) -> None:
        cover = book().cover.raws
        assert {project["unit"] for project in part_two()} == {f"{cover['unit_code']}{cover['unit_name']}"}

    def it_has_part_one_of_the_data_file(self) -> None:
        (record,) = book().of("department")
        expected = part_one()
        assert record.raws == {"overall": expected["overall"]}
        assert rows_of(record, "parts") == expected["parts"]
        assert rows_of(record, "measures") == expected["measures"]
        assert len(record.rows["measures"]) == 3

    @pytest.mark.parametrize("number", [0, 1])
    def it_has_every_field_of_every_table_of_the_data_file(self, number: int) -> None:
        record = book().of("project")[number]
        expected = part_two()[number]
        names = ("code", "name", "budget", "fiscal", "purpose", "plan_mar", "plan_jun", "plan_oct", "plan_dec", "goals")
        assert record.raws == {name: expected[name] for name in names}
        blocks = FORM.groups["indicators"].blocks
        rows = [(blocks[row.block].level1, blocks[row.block].level2, dict(row.raws)) for row in record.rows["indicators"]]
        assert rows == expected["rows"]

    def it_has_no_outer_blanks_in_the_data_file(self) -> None:
        for record in book().all():
            raws = [*record.raws.values(), *(raw for rows in record.rows.values() for row in rows for raw in row.raws.values())]
            assert [raw for raw in raws if isinstance(raw, str) and raw != raw.strip(BLANKS)] == []


class DescribeBookFile:
    HEAD = 'form = "hebei-2023"\n'

    @pytest.mark.parametrize(
        ("text", "code", "place"),
        [
            ('form = "other"', "F05", "form"),
            ('[cover]\nunit_code = "1"', "F04", "form"),
            (HEAD + "version = 2", "F15", "version"),
            (HEAD + '[cover]\nunit = "1"', "F03", "cover.unit"),
            (HEAD + "[cover]\nunit_code = 657001", "F05", "cover.unit_code"),
            (HEAD + '[[project]]\nbudget = "10"', "F05", "project[1].budget"),
            (HEAD + '[[project]]\nnarrative = "预算数"', "F03", "project[1].narrative"),
            (HEAD + '[project]\nname = "甲"', "F05", "project"),
            (HEAD + '[[project]]\n[project.indicators]\n"数量" = []', "F03", "project[1].indicators.数量"),
            (
                HEAD + '[[project]]\n[project.indicators]\n"数量指标" = [{ goal = "" }]',
                "F03",
                "project[1].indicators.数量指标[1].goal",
            ),
            (HEAD + "x = [", "F02", ""),
        ],
    )
    def it_names_file_and_key_of_what_it_refuses(self, text: str, code: str, place: str) -> None:
        with pytest.raises(PerfxlError) as caught:
            read_book(FORM, text, "unit.toml")
        assert (caught.value.code, caught.value.file, caught.value.place) == (code, "unit.toml", place)

    def it_drops_rows_that_are_not_begun(self) -> None:
        read = read_book(FORM, self.HEAD + '[department]\nmeasures = [{ measure = " " }, { measure = "甲" }]', "x")
        assert [(row.slot, row.raws) for row in read.sheets[0].rows["measures"]] == [(1, {"measure": "甲"})]
