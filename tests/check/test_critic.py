"""What a critic found once: each stays mended."""

from __future__ import annotations

import io
import json
import zipfile
from collections.abc import Callable
from datetime import datetime
from pathlib import Path

import openpyxl
import pytest

from perfxl.check import Submission, submission_of
from perfxl.demo import filled_workbook
from perfxl.errors import PerfxlError
from perfxl.form.judges import likeness
from perfxl.form.library import find_form
from perfxl.form.load import load_form
from perfxl.form.records import Book, Row, SheetRecord
from perfxl.workbook.layout import plan_of
from perfxl.workbook.write import BuildOptions, build_workbook

FORM = find_form("hebei-2023")


@pytest.fixture(scope="module")
def filled() -> bytes:
    return filled_workbook(FORM)[1]


def changed(content: bytes, change: Callable[[openpyxl.Workbook], None]) -> Submission:
    book = openpyxl.load_workbook(io.BytesIO(content))
    change(book)
    made = io.BytesIO()
    book.save(made)
    return submission_of(made.getvalue(), "x.xlsx")


def part_changed(content: bytes, part: str, old: bytes, new: bytes) -> Submission:
    made = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(content)) as source, zipfile.ZipFile(made, "w") as target:
        for name in source.namelist():
            data = source.read(name)
            if name == part:
                assert old in data
                data = data.replace(old, new, 1)
            target.writestr(name, data)
    return submission_of(made.getvalue(), "x.xlsx")


def rules(found: Submission) -> list[tuple[str, str, str]]:
    return [(each.rule, each.sheet, each.severity.value) for each in found.findings if each.rule.startswith("I")]


class DescribeSheetsThatDoNotBelong:
    def it_makes_a_copied_project_sheet_an_error(self, filled: bytes) -> None:
        def copy(book: openpyxl.Workbook) -> None:
            book.copy_worksheet(book["项目01"]).title = "项目03"

        assert ("I19", "项目03", "error") in rules(changed(filled, copy))

    def it_mentions_a_foreign_sheet(self, filled: bytes) -> None:
        assert rules(changed(filled, lambda book: book.create_sheet("草稿"))) == [("I19", "草稿", "hint")]

    def it_reads_sheets_whose_names_were_swapped(self, filled: bytes) -> None:
        def swap(book: openpyxl.Workbook) -> None:
            one, other = book["项目01"], book["项目02"]
            one.title, other.title, one.title = "x", "项目01", "项目02"

        found = changed(filled, swap)
        assert found.book == submission_of(filled, "x.xlsx").book
        assert rules(found) == [("I08", "项目02", "hint"), ("I08", "项目01", "hint")]


class DescribeHostileNumbers:
    @pytest.mark.parametrize("number", ["²", "9" * 5000, "-1"])
    def it_ignores_a_sheet_number_that_is_none(self, filled: bytes, number: str) -> None:
        found = part_changed(filled, "xl/workbook.xml", b'localSheetId="3"', f'localSheetId="{number}"'.encode())
        assert found.book is not None

    def it_refuses_a_plan_without_end(self, filled: bytes) -> None:
        found = part_changed(filled, "xl/sharedStrings.xml", b'"project": 2', b'"project": Infinity')
        assert [each.rule for each in found.findings] == ["I06"]


class DescribeExplanations:
    @pytest.mark.parametrize("value", [20230512, "=\"文号20230512\"", "按发放到位率考核"])
    def it_counts_what_the_live_check_counts(self, filled: bytes, value: object) -> None:
        book = openpyxl.load_workbook(io.BytesIO(filled))
        column = next(cell.column for cell in book["项目01"][2] if str(cell.value).startswith("审核说明"))
        content = io.BytesIO()
        book["项目01"].cell(16, column, value)
        book.save(content)
        found = submission_of(content.getvalue(), "x.xlsx")
        hints = [each.explained for each in found.findings if (each.rule, each.sheet) == ("R06", "项目01")]
        # openpyxl saves no result of a formula: nothing can be read there.
        assert hints == [not str(value).startswith("=")]

    def it_does_not_take_a_note_on_the_code_for_one_on_copied_indicators(self, filled: bytes) -> None:
        def explain(book: openpyxl.Workbook) -> None:
            column = next(cell.column for cell in book["项目02"][2] if str(cell.value).startswith("审核说明"))
            book["项目02"].cell(3, column, "编码由系统生成无误")

        assert [each.explained for each in changed(filled, explain).findings if each.rule == "U03"] == [False]


class DescribeWhatFindingsShow:
    def it_shows_a_project_code_whole(self, filled: bytes) -> None:
        def spoil(book: openpyxl.Workbook) -> None:
            book["项目01"]["B3"] = "13028123P00028410002X"

        found = changed(filled, spoil)
        assert [each.value for each in found.findings if each.rule == "P02"] == ["13028123P00028410002X"]


SILENT = [
    ("出勤率", "实际到岗天数与应到天数之比"),
    ("资金发放及时性", "补助款是否按时到账"),
    ("经济效益", "带动周边农户增收"),
    ("媒体报道", "省级以上刊发稿件篇数"),
    ("患者满意度", "就诊病人评价"),
]


class DescribeUnlikeDescriptions:
    def _found(self, pairs: list[tuple[str, str]]) -> list[str]:
        record = SheetRecord("project", 1, {"name": "项目"})
        record.rows["indicators"] = [
            Row(number // 2, number % 2, {"indicator": name, "description": text, "value": "≥90%", "basis": "文件"})
            for number, (name, text) in enumerate(pairs)
        ]
        options = BuildOptions(as_of=datetime(2023, 1, 1))
        found = submission_of(build_workbook(FORM, plan_of(FORM, projects=1), Book(sheets=[record]), options), "x.xlsx")
        return [each.value for each in found.findings if each.rule == "R10"]

    def it_is_silent_where_a_description_words_its_name_anew(self) -> None:
        assert all(likeness(name, text) < 0.5 for name, text in SILENT[:1])
        assert self._found(SILENT) == []

    def it_speaks_where_the_description_is_another_rows(self) -> None:
        assert self._found([("房屋征收补偿", "补偿户数"), ("课桌采购数量", "房屋征收的补偿面积")]) == ["房屋征收的补偿面积"]


def faulty(old: str, new: str) -> str:
    assert old in FORM.source
    with pytest.raises(PerfxlError) as caught:
        load_form(FORM.source.replace(old, new, 1), "form.toml")
    return caught.value.code


class DescribeFaultyForms:
    @pytest.mark.parametrize(
        ("old", "new", "code"),
        [
            ('message = "请填写项目名称"', 'message = "请填写{code"', "F05"),
            ('message = "请填写项目名称"', 'message = " "', "F05"),
            ('message = "请填写项目名称"', f'message = "{"长" * 256}"', "F11"),
            ("widths = [15, 14", "widths = [2200, 14", "F05"),
            ('label = "项目名称"', 'label = " "', "F05"),
            ("lines = 8", "lines = 26", "F05"),
            ('id = "P08"', 'id = "P07"', "F14"),
            ("placeholders = [", 'empty = []\nplaceholders = [', "F05"),
            ("placeholders = [", 'placeholders = ["", ', "F05"),
        ],
    )
    def it_is_refused(self, old: str, new: str, code: str) -> None:
        assert faulty(old, new) == code

    def it_refuses_a_range_without_any_number(self) -> None:
        source = find_form("national-2021").source
        with pytest.raises(PerfxlError, match="不大于 maximum（0）"):
            load_form(source.replace("maximum = 10\n", "maximum = 0\n", 1), "form.toml")

    def it_refuses_a_copy_that_bears_another_forms_id(self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        (tmp_path / "mine-2024").mkdir()
        (tmp_path / "mine-2024" / "form.toml").write_text(FORM.source, "utf-8")
        monkeypatch.setenv("PERFXL_FORMS", str(tmp_path))
        with pytest.raises(PerfxlError, match="mine-2024，与文件夹同名，现为 hebei-2023"):
            find_form("mine-2024")

    def it_shows_the_line_that_is_no_toml(self) -> None:
        with pytest.raises(PerfxlError, match=r"第 [0-9]+ 行第 [0-9]+ 个字符处有误：值的写法不对.*label = “项目名称”"):
            load_form(FORM.source.replace('label = "项目名称"', "label = “项目名称”", 1), "form.toml")

    def it_tells_every_fault_of_a_stage_at_once(self) -> None:
        source = FORM.source.replace('id = "P07"', 'id = "P7"').replace('id = "P08"', 'id = "P8"')
        source = source.replace("LEN(goals)", "LENG(goals)")
        with pytest.raises(PerfxlError) as caught:
            load_form(source, "form.toml")
        assert [each.code for each in (caught.value, *caught.value.more)] == ["F13", "F13", "L02"]

    def it_names_the_byte_of_a_form_that_is_not_utf8(self, tmp_path: Path) -> None:
        path = tmp_path / "form.toml"
        path.write_bytes(FORM.source.encode("gb18030"))
        with pytest.raises(PerfxlError, match="UTF-8") as caught:
            find_form(str(path))
        assert caught.value.code == "F02"

    def it_reads_a_form_saved_by_notepad(self, tmp_path: Path) -> None:
        path = tmp_path / "form.toml"
        path.write_text(FORM.source, "utf-8-sig")
        assert find_form(str(path)).id == FORM.id


def test_json_keeps_its_keys(filled: bytes) -> None:
    found = [each.as_json() for each in submission_of(filled, "x.xlsx").findings]
    assert json.loads(json.dumps(found))[0].keys() == {
        "file", "sheet", "cell", "field", "rule", "severity", "value", "message",
    }  # fmt: skip
