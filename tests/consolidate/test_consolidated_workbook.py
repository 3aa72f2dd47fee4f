"""The consolidated workbook as other programs read it."""

from __future__ import annotations

import io
import os
import shutil
import subprocess
import sys
import zipfile
from datetime import datetime
from pathlib import Path

import openpyxl
import pytest
from made_submissions import CODES, HEBEI, book, finding, other_form, places, project, submission, unread
from openpyxl.workbook import Workbook
from openxml_audit import OpenXmlValidator
from python_calamine import CalamineWorkbook

from perfxl.check import Condition, Submission
from perfxl.consolidate import content_of, dataset_of
from perfxl.consolidate.sheets import build_workbook
from perfxl.form.model import Form, Severity
from perfxl.form.records import Book, Row, SheetRecord

AS_OF = datetime(2023, 3, 10, 9, 30)
SECOND_ROW = places(HEBEI, book())[1].rows["indicators", 1, 0]
HINT = finding(Severity.HINT, rule="R06", cell=SECOND_ROW["value"], field="value", value="≥95%", message="成本指标通常写 ≤")


def some() -> list[Submission]:
    """A folder with a file in every state."""
    return [
        submission("收回/657002.xlsx", book("657002", "二所", project(CODES[2], 125.005, "购置"))),
        submission("收回/657001.xlsx", book("657001", "本级", project(CODES[0], 0.85, "计算机"), project(CODES[1], 10.0)), HINT),
        submission("收回/301001.xlsx", book("301001", "教育局", project(CODES[3], 1234567.89))),
        submission("收回/301001 旧.xlsx", book("301001", "教育局", project(CODES[3], 5.0)), modified="2022-01-01T00:00:00Z"),
        submission("收回/302001.xlsx", book("302001", "卫健局", project(CODES[4])), finding()),
        unread("收回/坏.xlsx"),
        unread("收回/通知.xlsx", Condition.UNRECOGNISED, "I06", "不是本任务下发的工作簿"),
    ]


def build(submissions: list[Submission], form: Form = HEBEI) -> bytes:
    dataset = dataset_of([content_of(each) for each in submissions], form)
    return build_workbook(dataset, as_of=AS_OF, links={each.file: each.file for each in submissions})


def values(data: bytes) -> Workbook:
    """As a program reads it that does not calculate."""
    return openpyxl.load_workbook(io.BytesIO(data), data_only=True)


def column(book_: Workbook, sheet: str, title: str) -> list[object]:
    rows = list(book_[sheet].iter_rows(values_only=True))
    header = next(number for number, row in enumerate(rows) if title in row)
    return [row[rows[header].index(title)] for row in rows[header + 1 :]]


class DescribeTheSummary:
    def it_lists_projects_in_official_order_with_subtotals_and_a_total(self) -> None:
        found = values(build(some()))
        assert column(found, "汇总表", "序号") == [1, "小计", 2, 3, 4, "小计", "合计"]
        assert column(found, "汇总表", "单位编码") == ["301001", None, "657001", "657001", "657002", None, None]
        assert column(found, "汇总表", "项目编码")[2:5] == [CODES[1], CODES[0], CODES[2]]
        assert column(found, "汇总表", "预算数") == [1234567.89, 1234567.89, 10, 0.85, 125.005, 135.855, 1234703.745]
        assert column(found, "汇总表", "文件")[2] == "收回/657001.xlsx"
        assert column(found, "汇总表", "工作表")[2] == "项目02"
        assert column(found, "汇总表", "单元格")[2] == "C3"

    def it_writes_the_sums_as_formulas(self) -> None:
        sheet = openpyxl.load_workbook(io.BytesIO(build(some())))["汇总表"]
        assert [sheet.cell(row, 7).value for row in (5, 9, 10)] == [
            "=ROUND(SUM(G4:G4),6)",
            "=ROUND(SUM(G6:G8),6)",
            '=ROUND(SUMIF($A$4:$A$9,"小计",G$4:G$9),6)',
        ]

    def it_stands_empty_when_nothing_counts(self) -> None:
        found = values(build([unread("坏.xlsx")]))
        assert column(found, "汇总表", "预算数") == [0]
        assert column(found, "指标明细", "序号") == []
        assert column(found, "核对", "状态")[:7] == ["通过", "有提示", "应退回", "已被取代", "非本任务", "无法读取", "合计"]


class DescribeTheDetails:
    def it_lists_every_indicator_with_its_place(self) -> None:
        found = values(build(some()))
        assert len(column(found, "指标明细", "序号")) == 9 * 4
        assert column(found, "指标明细", "二级指标")[:2] == ["数量指标", "质量指标"]
        assert column(found, "指标明细", "指标值")[0] == "≥90%"
        assert column(found, "指标明细", "单元格")[:2] == ["C20", SECOND_ROW["indicator"]]

    def it_lists_findings_of_all_files_but_superseded_ones(self) -> None:
        found = values(build(some()))
        assert list(zip(column(found, "校验问题", "规则"), column(found, "校验问题", "文件"), strict=True)) == [
            ("P07", "收回/302001.xlsx"),
            ("R06", "收回/657001.xlsx"),
            ("I06", "收回/通知.xlsx"),
            ("I01", "收回/坏.xlsx"),
        ]

    def it_links_findings_to_the_row_here_and_to_the_cell_there(self) -> None:
        sheet = openpyxl.load_workbook(io.BytesIO(build(some())))["校验问题"]
        linked = [cell for row in sheet for cell in row if cell.hyperlink]
        links = {cell.coordinate: (cell.hyperlink.target, cell.hyperlink.location) for cell in linked}
        assert links["N4"] == (None, "'文件清单'!A6")
        assert links["O4"] == ("收回/302001.xlsx", "'项目01'!C5")
        assert links["N5"][1].startswith("'指标明细'!A")
        assert links["O5"] == ("收回/657001.xlsx", f"'项目01'!{SECOND_ROW['value']}")


class DescribeTheAccounts:
    def it_ties_files_and_money_over_all_states(self) -> None:
        found = values(build(some()))
        assert column(found, "核对", "文件数")[:7] == [2, 1, 1, 1, 1, 1, 7]
        assert column(found, "核对", "预算数（万元）")[:7] == [1234692.895, 10.85, 10, 5, 0, 0, 1234718.745]
        assert [row[4].value for row in found["核对"].iter_rows(min_row=13, max_row=15)] == ["相符"] * 3
        assert len(column(found, "文件清单", "文件")) == 7
        assert all(column(found, "文件清单", "原因"))

    def it_adds_up_departments_and_draws_them(self) -> None:
        data = build(some())
        rows = [[cell.value for cell in row] for row in values(data)["核对"].iter_rows(min_row=18, max_row=21)]
        assert [row[:4] for row in rows] == [
            ["主管部门", "单位数", "项目数", "预算数（万元）"],
            ["301", 1, 1, 1234567.89],
            ["657", 2, 3, 135.855],
            ["合计", 3, 4, 1234703.745],
        ]
        assert [row[5] for row in rows[1:3]] == ["教育局", "本级"]
        with zipfile.ZipFile(io.BytesIO(data)) as package:
            assert "xl/charts/chart1.xml" in package.namelist()

    @pytest.mark.office
    @pytest.mark.skipif(shutil.which("soffice") is None, reason="LibreOffice is not installed")
    def it_holds_the_values_that_a_spreadsheet_calculates(self, tmp_path: Path) -> None:
        data = build(some())
        (tmp_path / "in").mkdir()
        blank = io.BytesIO()
        stripped = openpyxl.load_workbook(io.BytesIO(data))  # without cached values, so that they must be calculated
        stripped.save(blank)
        (tmp_path / "in" / "a.xlsx").write_bytes(blank.getvalue())
        subprocess.run(
            [
                "soffice",
                f"-env:UserInstallation={(tmp_path / 'profile').as_uri()}",
                *("--headless", "--convert-to", "xlsx", "--outdir", str(tmp_path / "out"), str(tmp_path / "in" / "a.xlsx")),
            ],
            check=True,
            capture_output=True,
            timeout=180,
        )
        calculated = openpyxl.load_workbook(tmp_path / "out" / "a.xlsx", data_only=True)
        expected = values(data)
        for name in ("汇总表", "核对"):
            for row in expected[name].iter_rows():
                for cell in row:
                    found = calculated[name][cell.coordinate].value
                    assert found == pytest.approx(cell.value) if isinstance(cell.value, float) else found == cell.value


class DescribeHostileTexts:
    @pytest.mark.parametrize(
        "text",
        [
            "=1+1",
            "=HYPERLINK(\"http://x\",\"y\")",
            "+1",
            "-1",
            "@SUM(A1)",
            "#N/A",
            "TRUE",
            "12",
            "_x0041_",
            "a<b>&\"c\"",
            "换\n行",
            " 前后 空 ",
            "😀",
            "2023-01-01",
        ],
    )
    def it_keeps_a_text_a_text(self, text: str) -> None:
        data = build([submission("a", book("657001", "本级", project(CODES[0], 1.0, "名", goals=text)))])
        cell = next(row for row in openpyxl.load_workbook(io.BytesIO(data))["汇总表"].iter_rows(min_row=4))[14]
        assert cell.data_type in ("s", "inlineStr")
        read = CalamineWorkbook.from_filelike(io.BytesIO(data)).get_sheet_by_name("汇总表").to_python()
        assert read[3][14] == text.strip()

    def it_shows_what_xml_cannot_hold_as_a_replacement_character(self) -> None:
        name = "坏\x00\x0b\ud800\uffff字"
        found = values(build([submission("a", book("657001", "本级", project(CODES[0], 1.0, name)))]))
        assert column(found, "汇总表", "项目名称")[0] == "坏\ufffd\ufffd\ufffd\ufffd字"


class DescribeThePackage:
    def it_is_the_same_when_built_twice(self) -> None:
        assert build(some()) == build(some())

    def it_is_the_same_whatever_the_order_of_files(self) -> None:
        assert build(some()) == build(some()[::-1])

    def it_carries_the_given_date_only(self) -> None:
        with zipfile.ZipFile(io.BytesIO(build(some()))) as package:
            core = package.read("docProps/core.xml").decode()
            assert core.count("2023-03-10T09:30:00Z") == 2
            assert {info.date_time for info in package.infolist()} == {(2023, 3, 10, 9, 30, 0)}

    def it_passes_an_independent_audit(self, tmp_path: Path) -> None:
        path = tmp_path / "out.xlsx"
        path.write_bytes(build(some()))
        assert list(OpenXmlValidator().validate(str(path)).errors) == []

    def it_is_built_without_lxml_too(self, tmp_path: Path) -> None:
        script = (
            "import sys; sys.path.insert(0, sys.argv[1]); import openpyxl; assert not openpyxl.LXML;"
            "import test_consolidated_workbook as t; found = t.values(t.build(t.some()));"
            "print(t.column(found, '汇总表', '预算数')[-1])"
        )
        run = subprocess.run(
            [sys.executable, "-c", script, str(Path(__file__).parent)],
            env={**os.environ, "OPENPYXL_LXML": "False"},
            capture_output=True,
            text=True,
            check=False,
        )
        assert (run.stdout.strip(), run.stderr) == ("1234703.745", "")


class DescribeASecondForm:
    def it_goes_through_without_a_line_of_code(self) -> None:
        form = other_form()
        record = SheetRecord(
            "item",
            1,
            {"what": "修路", "key": "A-1", "sum": 100.25, "share": 0.5},
            {"steps": [Row(0, 0, {"step": "勘察", "days": 12.0})], "risks": [Row(0, 0, {"risk": "雨季"})]},
        )
        made = Book(SheetRecord("cover", 1, {"org": "110", "org_name": "交通局"}), [record])
        found = values(build([submission("a.xlsx", made, form=form)], form))
        assert column(found, "汇总表", "金额") == [100.25, 100.25, 100.25]
        assert column(found, "汇总表", "机构")[0] == "交通局"
        assert column(found, "指标明细", "分组") == ["步骤", "风险"]
        assert column(found, "指标明细", "天数") == [12, None]
        assert column(found, "指标明细", "风险") == [None, "雨季"]
        assert "一级指标" not in [cell.value for cell in found["指标明细"][3]]
