"""Saved again by real clients, unlocked, pasted into: values read the same, losses are named, faults are caught."""

from __future__ import annotations

import io
import re
import zipfile
from pathlib import Path

import openpyxl
import pytest

from perfxl.check import Submission, read_submission, submission_of
from perfxl.demo import filled_workbook
from perfxl.form.library import find_form
from perfxl.form.records import Book
from tests.engines import libreoffice
from tests.engines.recalculated import sheets_of

PASSWORD = "perfxl"


@pytest.fixture(scope="module")
def filled(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("filled") / "filled.xlsx"
    path.write_bytes(filled_workbook(find_form("hebei-2023"))[1])
    return path


def _book(path: Path) -> Book:
    found = read_submission(path)
    assert found.book is not None
    return found.book


def _rules(found: Submission) -> list[tuple[str, str, str]]:
    return [(finding.rule, finding.sheet, finding.cell) for finding in found.findings]


SEED_HINTS = [("R06", "项目01", "F16"), ("U03", "项目02", "E3"), ("R06", "项目02", "F16")]


class DescribeSavedAgain:
    def it_reads_the_same_from_libreoffice(self, filled: Path, tmp_path: Path) -> None:
        (again,) = libreoffice.convert([filled], "xlsx", tmp_path)
        assert _book(again) == _book(filled)
        assert _rules(read_submission(again)) == SEED_HINTS

    def it_reads_the_same_through_ods(self, filled: Path, tmp_path: Path) -> None:
        (between,) = libreoffice.convert([filled], "ods", tmp_path / "ods")
        (again,) = libreoffice.convert([between], "xlsx", tmp_path / "xlsx")
        assert _book(again) == _book(filled)
        assert _rules(read_submission(again)) == SEED_HINTS

    def it_reads_the_same_from_openpyxl(self, filled: Path, tmp_path: Path) -> None:
        openpyxl.load_workbook(filled).save(tmp_path / "again.xlsx")
        assert _book(tmp_path / "again.xlsx") == _book(filled)

    def it_reads_the_same_from_cellrune(self, filled: Path, tmp_path: Path) -> None:
        import cellrune

        book = cellrune.Workbook.open_path(str(filled))
        book.set_text("封面", "B6", "0315-6612345")
        book.save_edits(str(tmp_path / "again.xlsx"))
        expected = _book(filled)
        expected.cover.raws["phone"] = "0315-6612345"
        assert _book(tmp_path / "again.xlsx") == expected


class DescribeUnlocked:
    def it_finds_rows_again_after_an_insertion(self, filled: Path, tmp_path: Path) -> None:
        steps = [["unprotect", "项目01", PASSWORD], ["insert", "项目01", 4, 2], ["insert", "项目01", 13, 1]]
        edited = libreoffice.edit(filled, tmp_path / "edited.xlsx", steps)
        found = read_submission(edited)
        assert found.book == _book(filled)
        assert ("I16", "项目01", "") in _rules(found)
        assert ("R06", "项目01", "F19") in _rules(found)

    def it_reads_a_row_that_was_inserted_into_a_block(self, filled: Path, tmp_path: Path) -> None:
        steps: list[list[object]] = [["unprotect", "项目01", PASSWORD], ["insert", "项目01", 10, 1]]
        texts = {"C11": "新指标", "D11": "说明", "F11": "≥1次", "G11": "依据"}
        steps += [["put", "项目01", cell, text] for cell, text in texts.items()]
        book = _book(libreoffice.edit(filled, tmp_path / "edited.xlsx", steps))
        rows = book.sheets[1].rows["indicators"]
        assert [row.raws["indicator"] for row in rows if row.block == 0] == ["安置楼房回迁率（%）", "新指标"]

    def it_finds_a_renamed_sheet(self, filled: Path, tmp_path: Path) -> None:
        steps = [["unprotect-book", PASSWORD], ["rename", "项目02", "办公经费"]]
        found = read_submission(libreoffice.edit(filled, tmp_path / "edited.xlsx", steps))
        assert found.book == _book(filled)
        assert [finding.message for finding in found.findings if finding.rule == "I08"] == [
            "工作表 项目02 被改名为 办公经费。无需处理，数据已按原表读取；请勿改名。"
        ]

    def it_keeps_its_places_when_an_entry_is_cut_and_pasted(self, filled: Path, tmp_path: Path) -> None:
        edited = libreoffice.edit(filled, tmp_path / "edited.xlsx", [["cut", "项目01", "C4", "G4"]])
        found = read_submission(edited)
        assert found.book is not None
        raws = found.book.sheets[1].raws
        assert (raws["budget"], raws["fiscal"], raws["other"]) == (None, 0.85, 0.85)
        assert ("P04", "项目01", "C4") in _rules(found)
        assert sheets_of(edited.read_bytes())["项目01"].values[3, 10] == "错误：请填写预算数（单位：万元），没有预算填 0"


def _without(content: bytes, pattern: bytes, part_name: str = "xl/worksheets/sheet3.xml") -> bytes:
    target = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(content)) as source, zipfile.ZipFile(target, "w") as made:
        for name in source.namelist():
            part = source.read(name)
            made.writestr(name, re.sub(pattern, b"", part, flags=re.DOTALL) if name == part_name else part)
    return target.getvalue()


class DescribeLostLayers:
    @pytest.mark.parametrize(
        ("pattern", "layer"),
        [
            (rb"<dataValidations.*</dataValidations>", "数据验证"),
            (rb"<conditionalFormatting.*</conditionalFormatting>", "颜色提示"),
            (rb"<sheetProtection[^>]*/>", "保护"),
            (rb"<f>[^<]*</f>", "校验公式"),
        ],
    )
    def it_names_what_was_lost(self, filled: Path, pattern: bytes, layer: str) -> None:
        found = submission_of(_without(filled.read_bytes(), pattern), "x.xlsx")
        assert [finding.message for finding in found.findings if finding.rule == "I18"] == [
            f"工作表 项目01 丢失了{layer}，数据仍已读取。无需处理；请用财政重新下发的工作簿继续填报，不要用其他软件转存。"
        ]


    def it_names_lost_names(self, filled: Path) -> None:
        content = _without(filled.read_bytes(), rb"<definedNames>.*</definedNames>", "xl/workbook.xml")
        found = submission_of(content, "x.xlsx")
        assert found.book == _book(filled)
        assert {(finding.sheet, finding.message.split("，")[0]) for finding in found.findings if finding.rule == "I18"} == {
            (sheet, f"工作表 {sheet} 丢失了单元格名称") for sheet in ("封面", "部门整体", "项目01", "项目02")
        }


PASTED = [
    ("C4", "０．８５", "P04", "错误：预算数应为不小于 0 的数字，至多 6 位小数，现为“０．８５”；请只填数字，单位万元"),
    ("E4", -1.0, "P04", "错误：财政资金应为不小于 0 的数字，至多 6 位小数，现为“-1”；请只填数字，单位万元"),
    ("B7", 30.0, "P09", "错误：3月底支出计划应在 0% 至 100% 之间，现为“30”；请填百分比，如 30%"),
    ("D7", "90 %", "P09", "错误：6月底支出计划应在 0% 至 100% 之间，现为“90 %”；请填百分比，如 30%"),
    ("B3", "13028123P00028410002WX", "P01", "错误：项目编码应为 21 位，现为 22 位"),
    ("F10", 0.9, "T01", "错误：指标值应为文本，如 ≥90%，请重新键入"),
    ("F12", "≥%", "R02", "错误：指标值“≥%”没有有效的数值，请写成 符号＋数值＋单位，如 ≥90%"),
    ("C14", "字" * 101, "R08", "错误：三级指标有 101 个字，不应超过 100 个字"),
]


class DescribePasteProof:
    def it_catches_what_was_pasted_past_validation_live_and_in_the_batch(self, filled: Path, tmp_path: Path) -> None:
        for number, half in enumerate((PASTED[0::2], PASTED[1::2])):
            steps = [["put", "项目01", cell, value] for cell, value, _, _ in half]
            edited = libreoffice.edit(filled, tmp_path / f"pasted{number}.xlsx", steps)
            batch = _rules(read_submission(edited))
            live = sheets_of(edited.read_bytes())["项目01"].values
            for cell, _, rule, remark in half:
                assert (rule, "项目01", cell) in batch
                assert live[int(cell[1:]) - 1, 10] == remark
