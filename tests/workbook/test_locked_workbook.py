"""The built workbook, looked at by independent readers: protection, validation, names, cached values."""

from __future__ import annotations

import base64
import hashlib
import io
import re
import struct
from datetime import datetime
from pathlib import Path
from xml.etree import ElementTree

import openpyxl
import pytest
from openpyxl.utils import get_column_letter
from openxml_audit import OpenXmlValidator

from perfxl.demo import blank_workbook, filled_workbook
from perfxl.errors import PerfxlError
from perfxl.form import Book, SheetRecord
from perfxl.workbook.layout import layout_of, plan_of
from perfxl.workbook.package import building
from perfxl.workbook.write import BuildOptions, build_workbook
from tests.check.hebei import AS_OF, FORM, changed, faultless, workbook
from tests.check.rule_cases import CASES
from tests.workbook.parts import parts, sheet_parts

MAIN = "{http://schemas.openxmlformats.org/spreadsheetml/2006/main}"
VISIBLE = ["封面", "部门整体", "项目01", "项目02", "校验", "填报说明"]
HIDDEN = ["_perfxl", "_lists", "_c0", "_c1", "_c2"]


def twenty() -> bytes:
    book = Book(faultless().cover, [SheetRecord("project", number, {"name": f"项目{number}"}) for number in range(1, 21)])
    return build_workbook(FORM, plan_of(FORM, projects=20, lead=False), book, BuildOptions(as_of=AS_OF))


BUILT = {
    "blank": lambda: blank_workbook(FORM),
    "filled": lambda: filled_workbook(FORM)[1],
    "faulty": lambda: workbook(changed(CASES[-1].broken), hide_unused=True),
    "twenty": twenty,
}


@pytest.fixture(scope="module", params=BUILT)
def built(request: pytest.FixtureRequest) -> bytes:
    return BUILT[request.param]()


@pytest.fixture(scope="module")
def filled() -> bytes:
    return filled_workbook(FORM)[1]


def xml(package: bytes, part: str) -> ElementTree.Element:
    return ElementTree.fromstring(parts(package)[part])


def hashed(password: str, salt: str, rounds: int) -> str:
    """ECMA-376 part 1, 18.2.29: H0 = H(salt, password), Hn = H(Hn-1, n)."""
    digest = hashlib.sha512(base64.b64decode(salt) + password.encode("utf-16-le")).digest()
    for number in range(rounds):
        digest = hashlib.sha512(digest + struct.pack("<I", number)).digest()
    return base64.b64encode(digest).decode()


class DescribePackage:
    def it_is_clean_for_an_independent_validator(self, built: bytes, tmp_path: Path) -> None:
        path = tmp_path / "built.xlsx"
        path.write_bytes(built)
        assert OpenXmlValidator().validate(path).errors == []

    @pytest.mark.parametrize("name", BUILT)
    def it_has_the_same_parts_when_built_twice(self, name: str) -> None:
        assert parts(BUILT[name]()) == parts(BUILT[name]())

    def it_differs_where_the_date_differs(self) -> None:
        first, second = (
            parts(build_workbook(FORM, plan_of(FORM), None, BuildOptions(as_of=datetime(2023, 1, day)))) for day in (1, 2)
        )
        assert [name for name in first if first[name] != second[name]] == ["docProps/core.xml"]

    def it_stays_small_enough_to_mail(self) -> None:
        assert len(twenty()) < 300_000

    def it_shows_its_sheets_and_hides_the_rest_well(self, filled: bytes) -> None:
        states = {sheet.title: sheet.sheet_state for sheet in openpyxl.load_workbook(io.BytesIO(filled))}
        assert states == {**dict.fromkeys(VISIBLE, "visible"), **dict.fromkeys(HIDDEN, "veryHidden")}


class DescribeProtection:
    def it_locks_every_sheet_and_the_structure_with_the_documented_word(self, built: bytes) -> None:
        book = xml(built, "xl/workbook.xml").find(f"{MAIN}workbookProtection")
        assert book is not None
        assert (book.get("workbookAlgorithmName"), book.get("lockStructure")) == ("SHA-512", "1")
        kept = {(book.get("workbookHashValue"), book.get("workbookSaltValue"), book.get("workbookSpinCount"))}
        for part in sheet_parts(built).values():
            sheet = xml(built, part).find(f"{MAIN}sheetProtection")
            assert sheet is not None, part
            assert (sheet.get("algorithmName"), sheet.get("sheet")) == ("SHA-512", "1")
            assert (sheet.get("formatRows"), sheet.get("formatColumns")) == ("0", "0")
            kept.add((sheet.get("hashValue"), sheet.get("saltValue"), sheet.get("spinCount")))
        ((value, salt, spin),) = kept
        assert spin == "100000"
        assert salt is not None
        assert value == hashed("perfxl", salt, 100_000)
        assert value != hashed("Perfxl", salt, 100_000)

    def it_takes_another_password(self) -> None:
        package = build_workbook(FORM, plan_of(FORM, projects=1), None, BuildOptions(as_of=AS_OF, password="三月"))
        book = xml(package, "xl/workbook.xml").find(f"{MAIN}workbookProtection")
        assert book is not None
        assert book.get("workbookHashValue") == hashed("三月", book.get("workbookSaltValue") or "", 100_000)

    def it_unlocks_entry_cells_and_explanations_only(self, filled: bytes) -> None:
        book = openpyxl.load_workbook(io.BytesIO(filled))
        unlocked = {
            sheet.title: {cell.coordinate for row in sheet for cell in row if not cell.protection.locked} for sheet in book
        }
        assert unlocked["封面"] == {"B5", "B6"}
        slots = [f"{column}{row}" for row in range(10, 28) for column in "CDEFG"]
        hinted = [f"L{row}" for row in (3, 4, 8, *range(10, 28))]
        spans = {3: "BCEFG", 4: "CEG", 7: "BCDEFG", 8: "BCDEFG", 5: "I"}
        singles = [f"{column}{row}" for row, columns in spans.items() for column in columns]
        assert unlocked["项目01"] == unlocked["项目02"] == {*slots, *singles, *hinted}
        first = [f"{column}{row}" for row in range(7, 13) for column in "BCD"]
        measures = [f"{column}{row}" for row in range(14, 22) for column in "BCD"]
        assert unlocked["部门整体"] == {"A4", "B4", "C4", "D4", *first, *measures}
        assert all(unlocked[title] == set() for title in ("校验", "填报说明", *HIDDEN))

    def it_keeps_prefilled_cells_open_only_when_asked(self) -> None:
        open_cover = openpyxl.load_workbook(io.BytesIO(workbook(faultless())))["封面"]
        assert [open_cover[cell].protection.locked for cell in ("B3", "B4", "B5", "B6")] == [False] * 4


class DescribeValidation:
    def it_guides_every_entry_cell_with_a_prompt_and_an_error_text(self, built: bytes) -> None:
        book = openpyxl.load_workbook(io.BytesIO(built))
        for sheet in book:
            guided = {
                f"{cell.coordinate}"
                for each in sheet.data_validations.dataValidation
                for area in each.sqref.ranges
                for row in sheet[area.coord if ":" in area.coord else f"{area.coord}:{area.coord}"]
                for cell in row
            }
            entries = {
                cell.coordinate
                for row in sheet
                for cell in row
                if not cell.protection.locked and get_column_letter(cell.column) != _note_column(sheet.title)
            }
            assert entries - guided == set()
            for each in sheet.data_validations.dataValidation:
                assert each.showInputMessage
                assert each.showErrorMessage
                assert 0 < len(each.promptTitle) <= 32
                assert 0 < len(each.prompt) <= 255
                assert 0 < len(each.error) <= 224
                assert len(each.formula1) <= 255

    def it_limits_money_percents_and_codes_while_typing(self, filled: bytes) -> None:
        sheet = openpyxl.load_workbook(io.BytesIO(filled))["项目01"]
        found = {
            str(each.sqref): (each.type, each.operator, each.formula1, each.formula2)
            for each in sheet.data_validations.dataValidation
            if str(each.sqref) in ("C4", "B7:C7", "F10:F27")
        }
        assert found == {
            "C4": ("decimal", None, "0", "99999999"),
            "B7:C7": ("decimal", None, "0", "1"),
            "F10:F27": ("custom", None, "ISTEXT(F10)", None),
        }
        (code,) = [each.formula1 for each in sheet.data_validations.dataValidation if "B3" in str(each.sqref)]
        assert code.startswith("AND(ISTEXT(B3),")
        assert "LEN(B3)=21" in code


def _note_column(title: str) -> str:
    return {"封面": "E", "部门整体": "G"}.get(title, "L")


class DescribeNames:
    def it_names_every_field_and_block_on_its_own_sheet(self, filled: bytes) -> None:
        names = dict(openpyxl.load_workbook(io.BytesIO(filled))["项目02"].defined_names.items())
        assert names["f_budget"].attr_text == "'项目02'!$C$4"
        assert names["f_purpose"].attr_text == "'项目02'!$I$5"
        assert names["c_value"].attr_text == "'项目02'!$F$10:$F$27"
        assert names["g_indicators_4"].attr_text == "'项目02'!$A$16:$H$17"
        fields = {name for name, field in FORM.fields.items() if field.sheet == "project"}
        assert {name[2:] for name in names if name[:2] in ("f_", "c_")} == fields


class DescribeCachedValues:
    def it_gives_every_formula_its_value(self, built: bytes) -> None:
        empty = []
        for title, part in sheet_parts(built).items():
            for cell in xml(built, part).iter(f"{MAIN}c"):
                value = cell.find(f"{MAIN}v")
                if cell.find(f"{MAIN}f") is not None and (value is None or (value.text is None and cell.get("t") != "str")):
                    empty.append((title, cell.get("r")))
        assert empty == []

    def it_shows_the_seed_without_calculating(self, filled: bytes) -> None:
        book = openpyxl.load_workbook(io.BytesIO(filled), data_only=True)
        sheet = book["项目01"]
        assert sheet["A1"].value == "安可计算机购置绩效目标表"
        assert sheet["A2"].value == "657001遵化市房屋征收中心本级"
        assert sheet["B5"].value == (
            "预算数0.85万元。其中：财政资金0.85万元，其他资金0万元。主要用于：做好我市安可应用替代工作。"
        )
        assert sheet["K16"].value == "提示：成本指标通常写 ≤（不超过），现写 ≥ 或 >，请核对"
        assert book["封面"]["B8"].value == "有 2 处提示待说明"

    @pytest.mark.parametrize("text", ["\x1f", "a\x00b", "_x0041_", "\r", "\ufffe", "<&>\"'", "😀", "#N/A", "TRUE", "1E5"])
    def it_holds_any_text_in_its_formulas(self, text: str, tmp_path: Path) -> None:
        book = changed({"name": f"甲{text}", "unit_name": text})
        path = tmp_path / "odd.xlsx"
        path.write_bytes(workbook(book))
        assert OpenXmlValidator().validate(path).errors == []
        for part in sheet_parts(path.read_bytes()).values():
            xml(path.read_bytes(), part)


class DescribeRefusals:
    @pytest.mark.parametrize(
        "refused",
        [
            {"validate": "list", "source": ["长" * 256]},
            {"validate": "custom", "value": "=ISTEXT(A1)", "input_title": "长" * 33},
            {"validate": "custom", "value": "=ISTEXT(A1)", "error_message": "长" * 256},
        ],
    )
    def it_never_lets_xlsxwriter_drop_a_validation(self, refused: dict[str, object]) -> None:
        with pytest.raises(PerfxlError) as caught, building(io.BytesIO(), AS_OF, {}) as package:
            package.add_worksheet("甲").data_validation(0, 0, 0, 0, refused)
        assert caught.value.code == "C06"

    def it_refuses_a_text_that_a_cell_cannot_hold(self) -> None:
        with pytest.raises(PerfxlError) as caught:
            workbook(changed({"goals": "长" * 32_768}))
        assert caught.value.code == "C06"

    def it_refuses_values_for_sheets_that_the_plan_lacks(self) -> None:
        with pytest.raises(ValueError, match="project"):
            build_workbook(FORM, plan_of(FORM, projects=1), faultless(2), BuildOptions(as_of=AS_OF))


class DescribeConditions:
    def it_colours_by_flags_on_the_same_sheet_only(self, built: bytes) -> None:
        for part in sheet_parts(built).values():
            formulas = [element.text or "" for element in xml(built, part).iter(f"{MAIN}formula")]
            assert [text for text in formulas if "!" in text or re.search(r"[{}]", text)] == []


class DescribeLinksOfTheChecks:
    def it_leads_to_the_field_and_follows_its_row(self) -> None:
        # LibreOffice does not jump to a sheet's own names; a reference inside ROW moves with its cell everywhere.
        form, plan = FORM, plan_of(FORM, projects=2)
        content = build_workbook(form, plan, None, BuildOptions(as_of=AS_OF))
        book = openpyxl.load_workbook(io.BytesIO(content))
        layouts = {layout.sheet.title(number): layout for layout in layout_of(form, plan).values() for number in (1, 2)}
        live = [row for row in book["校验"].iter_rows(min_row=2) if row[6].value]
        assert len(live) > 40
        for row in live:
            title, letters, owner, cell = re.fullmatch(
                r"""=HYPERLINK\("#'(.+?)'!([A-Z]+)"&ROW\('(.+?)'!([A-Z]+[0-9]+)\),"查看"\)""", row[6].value
            ).groups()
            assert title == owner == row[0].value
            assert re.fullmatch(letters + "[0-9]+", cell)
            fields = {check.field for check in form.checks if check.rule == row[1].value}
            layout = layouts[title]
            assert cell in {layout.area(name).address for name in fields if name in {*layout.singles, *layout.in_rows}}
