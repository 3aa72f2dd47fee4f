"""The roster and the task: read strictly, every fault told, in the officer's words."""

from __future__ import annotations

import io
from datetime import UTC, datetime

import openpyxl
import pytest
from openxml_audit import OpenXmlValidator

from perfxl.consolidate.roster import Ceiling, Unit, read_roster
from perfxl.consolidate.roster_template import roster_template
from perfxl.consolidate.task import Ceilings, Hints, Task, read_task, write_task
from perfxl.errors import PerfxlError

AS_OF = datetime(2023, 3, 10, 9, 30)


def filled(units: list[list[object]], projects: list[list[object]]) -> bytes:
    """The template, filled by hand."""
    book = openpyxl.load_workbook(io.BytesIO(roster_template(AS_OF)))
    for title, rows in (("单位", units), ("项目", projects)):
        for number, row in enumerate(rows, 2):
            for column, value in enumerate(row, 1):
                book[title].cell(number, column).value = value
    saved = io.BytesIO()
    book.save(saved)
    return saved.getvalue()


class DescribeTheRoster:
    def it_is_read_from_the_filled_template(self) -> None:
        found = read_roster(
            filled(
                [
                    ["657002", "二所", "", "", "经建股", "", "", ""],
                    ["657001", "遵化市房屋征收中心本级", "房屋征收中心", "是", "经建股", "a@b.cn", "王芳", "0315-1"],
                    [301001, "教育局", None, None, "教科文股", None, None, 13800000000],
                ],
                [
                    ["657001", "13028123P00028410002W", "安可", 0.85],
                    ["657002", None, None, "1,234.5"],
                    ["657002", None, "修路", None],
                ],
            ),
            "名册.xlsx",
        )
        assert list(found.units) == ["301001", "657001", "657002"]
        assert found.units["657001"] == Unit(
            code="657001",
            name="遵化市房屋征收中心本级",
            department="房屋征收中心",
            lead=True,
            office="经建股",
            email="a@b.cn",
            contact="王芳",
            phone="0315-1",
        )
        assert (found.units["301001"].lead, found.units["657002"].lead) == (True, False)
        assert found.units["301001"].phone == "13800000000"
        assert found.ceilings == (
            Ceiling(unit="657001", code="13028123P00028410002W", name="安可", amount=850_000),
            Ceiling(unit="657002", amount=1_234_500_000),
            Ceiling(unit="657002", name="修路", amount=None),
        )
        assert found.total == 1_235_350_000
        assert (found.department_name("657"), found.department_name("301")) == ("房屋征收中心", "教育局")

    @pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "gb18030"])
    def it_is_read_from_csv_in_the_encodings_of_chinese_excel(self, encoding: str) -> None:
        found = read_roster("单位编码,单位名称\n657001,遵化市房屋征收中心本级\n".encode(encoding), "a.csv")
        assert [unit.name for unit in found.units.values()] == ["遵化市房屋征收中心本级"]

    def it_takes_ceilings_alone(self) -> None:
        found = read_roster("单位编码,项目编码,预算控制数(万元)\n657001,X,10\n".encode(), "a.csv")
        assert found.ceilings == (Ceiling(unit="657001", code="X", amount=10_000_000),)

    def it_tells_all_faults_at_once(self) -> None:
        content = filled(
            [
                ["65700", "甲", "", "", "", "", "", ""],
                ["657001", "", "", "", "", "", "", ""],
                ["657001", "乙", "", "也许", "", "不是邮箱", "", ""],
                ["301001", "丙", "", "是", "", "", "", ""],
                ["301002", "丁", "", "是", "", "", "", ""],
            ],
            [
                ["999999", "X", "", 1],
                ["657001", "Y", "", "十万"],
                ["657001", "Y", "", -1],
                ["657001", "Z", "", 0.0000001],
                ["657001", "W", "", 1e30],
            ],
        )
        with pytest.raises(PerfxlError) as fault:
            read_roster(content, "名册.xlsx")
        assert fault.value.code == "S30"
        assert str(fault.value.values["faults"]).strip().split("\n  ") == [
            "单位表第 2 行：单位编码“65700”不是 6 位数字",
            "单位表第 3 行：没有单位名称",
            "单位表第 4 行：单位编码 657001 与第 3 行重复",
            "单位表第 4 行：是否本级应填 是 或 否，现为“也许”",
            "单位表第 4 行：电子邮箱“不是邮箱”不是邮件地址",
            "单位表第 6 行：部门 301 已有本级单位（第 5 行）",
            "项目表第 2 行：单位 999999 不在单位表中",
            "项目表第 3 行：预算控制数“十万”不是数字",
            "项目表第 4 行：与第 3 行是同一个项目",
            "项目表第 4 行：预算控制数“-1”应为不小于 0、至多 6 位小数的数字",
            "项目表第 5 行：预算控制数“1e-07”应为不小于 0、至多 6 位小数的数字",
            "项目表第 6 行：预算控制数“1000000000000000019884624838656”应为不小于 0、至多 6 位小数的数字",
        ]

    @pytest.mark.parametrize(
        ("content", "code"),
        [
            (b"", "S30"),
            (b"PK\x03\x04broken", "S31"),
            (b"\xff\xfe\x00", "S31"),
            ("无关,内容\n1,2".encode(), "S30"),
            (b"x" * 200_000, "S31"),
        ],
    )
    def it_refuses_what_is_no_roster(self, content: bytes, code: str) -> None:
        with pytest.raises(PerfxlError) as fault:
            read_roster(content, "x")
        assert fault.value.code == code

    def it_refuses_an_empty_template(self) -> None:
        with pytest.raises(PerfxlError) as fault:
            read_roster(roster_template(AS_OF), "x")
        assert fault.value.code == "S30"

    def it_makes_a_template_that_an_audit_finds_clean(self, tmp_path: object) -> None:
        path = tmp_path / "a.xlsx"  # type: ignore[operator]
        path.write_bytes(roster_template(AS_OF))
        assert list(OpenXmlValidator().validate(str(path)).errors) == []
        assert roster_template(AS_OF) == roster_template(AS_OF)


class DescribeTheTask:
    @pytest.mark.parametrize("round_name", ["一上", '带"引号"的', "a\\b"])
    def it_reads_what_it_wrote(self, round_name: str) -> None:
        task = Task(
            form=("hebei-2023", 1),
            year=2023,
            round=round_name,
            deadline="2022-10-31 18:00",
            ceilings=Ceilings.MAX,
            hints=Hints.FREE,
        )
        assert read_task(write_task(task), "task.toml") == task

    @pytest.mark.parametrize(
        ("deadline", "closes"),
        [
            ("2022-10-31", datetime(2022, 10, 31, 15, 59, 59, tzinfo=UTC)),
            ("2022-10-31 18:00", datetime(2022, 10, 31, 10, 0, tzinfo=UTC)),
            ("2022-10-31T18:00:00+00:00", datetime(2022, 10, 31, 18, 0, tzinfo=UTC)),
        ],
    )
    def it_closes_at_the_end_of_the_day_in_china(self, deadline: str, closes: datetime) -> None:
        assert Task(form=("f", 1), year=2023, round="一上", deadline=deadline).closes == closes

    @pytest.mark.parametrize(
        ("text", "code"),
        [
            ("[task", "F02"),
            ("[task]\nform='x'", "F04"),
            ("[task]\nform='x'\nyear=2023\nround='r'\nwhat=1", "F03"),
            ("[task]\nform='x'\nyear=2023\nround='r'\ndeadline='明天'", "F05"),
            ("[task]\nform='x'\nyear=2023\nround='r'\n[policy]\nceilings='about'", "F05"),
        ],
    )
    def it_names_the_fault(self, text: str, code: str) -> None:
        with pytest.raises(PerfxlError) as fault:
            read_task(text, "task.toml")
        assert (fault.value.code, fault.value.file) == (code, "task.toml")
