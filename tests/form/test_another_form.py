"""A form that shares nothing with the first goes the whole way without Python of its own."""

from __future__ import annotations

from datetime import datetime
from pathlib import Path

import openpyxl
import pytest
from openxml_audit import OpenXmlValidator

from perfxl.check import Submission, read_submission
from perfxl.consolidate.run import consolidate_files
from perfxl.form import Form
from perfxl.form.book_file import read_book
from perfxl.form.library import find_form, form_ids
from perfxl.workbook.layout import plan_of
from perfxl.workbook.write import BuildOptions, build_workbook
from tests.form.books import filled

HERE = Path(__file__).parent
AS_OF = datetime(2025, 1, 1)
FAULTLESS = """
form = "tools-2025"
version = 2
[cover]
org = "A7"
org_name = "河湾合作社"
[pledge]
pledge = "三年内不转卖。"
[[lot]]
batch = "01"
batch_name = "春耕"
total = 186000.5
share = 0.4
items = [
  { item = "旋耕机", kind = "耕整地机械", count = 3, price = 6000.5 },
  { item = "收割机", kind = "收获机械", count = 10, price = 180000 },
]
[[lot]]
batch = "02"
batch_name = "秋收"
total = 90
share = 1
items = [{ item = "麻袋架", kind = "其他机械", count = 99, price = 1 }]
"""


@pytest.fixture
def form(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Form:
    folder = tmp_path / "forms" / "tools-2025"
    folder.mkdir(parents=True)
    (folder / "form.toml").write_bytes((HERE / "second_form.toml").read_bytes())
    monkeypatch.setenv("PERFXL_FORMS", str(tmp_path / "forms"))
    return find_form("tools-2025")


def returned(form: Form, folder: Path, data: str = FAULTLESS, name: str = "A7.xlsx") -> Path:
    book = read_book(form, data, "data.toml")
    path = folder / name
    path.parent.mkdir(exist_ok=True)
    path.write_bytes(build_workbook(form, plan_of(form, projects=2), book, BuildOptions(as_of=AS_OF)))
    return path


def found(submission: Submission) -> list[tuple[str, str, str]]:
    return [(each.rule, each.sheet, each.cell) for each in submission.findings]


class DescribeSecondForm:
    def it_is_found_in_the_folders_of_perfxl_forms(self, form: Form) -> None:
        assert "tools-2025" in form_ids()
        assert "hebei-2023" in form_ids()

    def it_comes_back_equal_without_a_finding(self, form: Form, tmp_path: Path) -> None:
        submission = read_submission(returned(form, tmp_path))
        assert found(submission) == []
        assert submission.book is not None
        assert filled(submission.book) == filled(read_book(form, FAULTLESS, "data.toml"))
        assert (submission.unit_code, submission.unit_name) == ("A7", "河湾合作社")

    @pytest.mark.parametrize(
        ("old", "new", "findings"),
        [
            ('batch = "02"', 'batch = "01"', [("A01", "第1批", "B2"), ("A01", "第2批", "B2")]),
            ('batch = "02"', 'batch = "2"', [("A01", "第2批", "B2")]),
            ("total = 186000.5", "total = 186000.49", [("A02", "第1批", "B3")]),
            ('items = [{ item = "麻袋架", kind = "其他机械", count = 99, price = 1 }]', "", [("A03", "第2批", "B5")]),
            ("count = 10,", "count = 11,", [("A04", "第1批", "D6")]),
            ('pledge = "三年内不转卖。"', "", [("A05", "承诺", "B2")]),
            ('kind = "其他机械"', 'kind = "飞机"', [("T02", "第2批", "C5")]),
            ("count = 3,", "count = 3.5,", [("T03", "第1批", "D5")]),
            ("count = 3,", "count = 0,", [("T03", "第1批", "D5")]),
            ("price = 6000.5", "price = 6000.001", [("T03", "第1批", "E5")]),
            ("share = 0.4", "share = 40", [("T05", "第1批", "D3")]),
        ],
    )
    def it_judges_by_its_own_rules(
        self, form: Form, tmp_path: Path, old: str, new: str, findings: list[tuple[str, str, str]]
    ) -> None:
        assert old in FAULTLESS
        assert found(read_submission(returned(form, tmp_path, FAULTLESS.replace(old, new)))) == findings

    def it_builds_a_clean_landscape_workbook_with_a_drop_down(self, form: Form, tmp_path: Path) -> None:
        path = returned(form, tmp_path)
        assert OpenXmlValidator().validate(path).errors == []
        book = openpyxl.load_workbook(path, data_only=True)
        assert [sheet.title for sheet in book if sheet.sheet_state == "visible"] == [
            "封面", "承诺", "第1批", "第2批", "校验", "填报说明",
        ]  # fmt: skip
        lot = book["第1批"]
        assert lot.page_setup.orientation == "landscape"
        assert lot["A1"].value == "河湾合作社第01批农机（共186000.5元）"
        lists = [(str(each.sqref), each.formula1) for each in lot.data_validations.dataValidation if each.type == "list"]
        assert lists == [("C5:C8", '"耕整地机械,收获机械,其他机械"')]

    def it_is_consolidated_in_its_own_words(self, form: Form, tmp_path: Path) -> None:
        returned(form, tmp_path / "in")
        returned(form, tmp_path / "in", FAULTLESS.replace('"A7"', '"B1"').replace("河湾", "山前"), "B1.xlsx")
        summary = consolidate_files([tmp_path / "in"], tmp_path / "out.xlsx", as_of=AS_OF)
        assert (summary.files, len(summary.dataset.projects), len(summary.dataset.indicators)) == (2, 4, 6)
        assert summary.budget == 2 * 186_090_500_000
        texts = {
            str(cell.value) for sheet in openpyxl.load_workbook(tmp_path / "out.xlsx") for row in sheet for cell in row
        }
        assert {"河湾合作社", "山前合作社", "麻袋架", "台数"} <= texts
