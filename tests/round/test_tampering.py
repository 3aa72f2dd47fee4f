"""Locked cells that are no labels: changed ones are told with rule and cell, programs that save again raise no alarm."""

from __future__ import annotations

import io
import re
import zipfile
from collections.abc import Callable
from pathlib import Path

import openpyxl
import pytest
from test_reissue import CODES, RING, project, read, returned, unit_book

from perfxl.check.intake import submission_of
from perfxl.form.library import find_form
from perfxl.workbook.layout import plan_of
from perfxl.workbook.tampering import _tokens
from perfxl.workbook.write import live_plan
from tests.engines import libreoffice

OWN = ("I25", "I26", "I27", "I28")
HEBEI = find_form("hebei-2023")
BLOCK = live_plan(HEBEI, plan_of(HEBEI, projects=2, lead=False)).sheet("project", 1)
assert BLOCK is not None


def state_cell(rule: str) -> tuple[str, str]:
    """Where the calculation sheet decides a rule of the first project; the field's visible cell."""
    assert BLOCK is not None
    check = next(each for each in BLOCK.checks if each.rule == rule and not each.in_rows)
    area = BLOCK.layout.singles[check.field]
    return BLOCK.cell(area.row, BLOCK.layout.singles_state[check.number]), area.address


P07, AT = state_cell("P07")


def told(content: bytes) -> list[tuple[str, str, str]]:
    return [(each.rule, each.sheet, each.cell) for each in read(content).findings if each.rule in OWN]


def put(sheet: str, cell: str, value: object) -> Callable[[openpyxl.Workbook], None]:
    def change(book: openpyxl.Workbook) -> None:
        book[sheet][cell].value = value

    return change


def harmless(book: openpyxl.Workbook) -> None:
    text = str(book["_c2"][P07].value)
    book["_c2"][P07].value = text.replace("IF(", "if( ").replace("_c2", "'_c2'")


def without_packed(book: openpyxl.Workbook) -> None:
    assert BLOCK is not None
    for row in range(9, 27):
        book["_c2"][BLOCK.cell(row, BLOCK.layout.packed)].value = "000000000000000"


def pieces(content: bytes) -> list[str]:
    with zipfile.ZipFile(io.BytesIO(content)) as source:
        return [source.read(name).decode() for name in source.namelist() if "worksheets/sheet" in name]


class DescribeATamperedWorkbook:
    @pytest.mark.parametrize(
        ("change", "expected"),
        [
            (put("_c2", P07, 0), [("I25", "项目01", AT)]),
            (put("_c2", P07, None), [("I25", "项目01", AT)]),
            (put("_c2", P07, "=0"), [("I26", "项目01", AT)]),
            (put("_c2", P07, "=IF(A1=1,0,0)"), [("I26", "项目01", AT)]),
            (without_packed, [("I25", "项目01", "C10")]),
            (put("项目01", "B5", "预算数很多"), [("I27", "项目01", "B5")]),
            (put("项目02", "K4", "通过"), [("I27", "项目02", "K4")]),
            (put("项目01", "K1", "通过"), [("I27", "项目01", "K1")]),
            (put("项目01", "K4", "='_c2'!$A$1"), [("I27", "项目01", "K4")]),
            (put("填报说明", "A3", "随便填"), [("I28", "填报说明", "")]),
            (lambda book: book.remove(book["填报说明"]), [("I28", "填报说明", "")]),
            (harmless, []),
        ],
    )
    def it_is_told_with_the_cell(self, change: Callable[[openpyxl.Workbook], None], expected: list[object]) -> None:
        assert told(returned(unit_book(), change)) == expected

    def it_names_the_rule_and_says_what_to_do(self) -> None:
        [found] = [each for each in read(returned(unit_book(), put("_c2", P07, 0))).findings if each.rule == "I25"]
        assert found.message == (
            "工作表 项目01 的校验公式被删除 1 处（规则 P07）。"
            "财政端已重新校验，数据不受影响；请用财政重新下发的工作簿继续填报，不要解除保护。"
        )

    def it_does_not_get_away_with_another_mark(self) -> None:
        def forged(book: openpyxl.Workbook) -> None:
            put("_c2", P07, 0)(book)
            row = next(row for row in book["_perfxl"].iter_rows(max_col=2) if row[0].value == "rules")
            row[1].value = "_c0=00000000"

        found = submission_of(returned(unit_book(), forged), "a.xlsx", RING)
        assert "I21" in [each.rule for each in found.findings]


class DescribeAWorkbookSavedAgain:
    @pytest.mark.long
    def it_is_left_alone(self, tmp_path: Path) -> None:
        content = returned(unit_book(project(1, CODES[0]), project(2, CODES[1], fiscal=11)))
        assert told(content) == []
        assert told(returned(unit_book(), lambda book: None)) == []
        (tmp_path / "a.xlsx").write_bytes(content)
        (again,) = libreoffice.convert([tmp_path / "a.xlsx"], "xlsx", tmp_path / "lo")
        assert told(again.read_bytes()) == []
        steps: list[list[object]] = [["unprotect", "项目01", "perfxl"], ["insert", "项目01", 4, 2], ["insert", "项目01", 13, 1]]
        assert told(libreoffice.edit(again, tmp_path / "moved.xlsx", steps).read_bytes()) == []
        steps = [["unprotect-book", "perfxl"], ["rename", "项目02", "办公经费"], ["cut", "项目01", "C4", "G4"]]
        assert told(libreoffice.edit(again, tmp_path / "renamed.xlsx", steps).read_bytes()) == []

    def it_is_left_alone_when_a_program_has_rewritten_every_formula(self) -> None:
        def rewritten(book: openpyxl.Workbook) -> None:
            for row in book["_c2"].iter_rows():
                for cell in row:
                    if isinstance(cell.value, str) and cell.value.startswith("="):
                        cell.value = f"=0+{cell.value[1:]}"

        assert told(returned(unit_book(), rewritten)) == []

    def it_is_left_alone_where_formulas_are_shared(self) -> None:
        content = returned(unit_book())
        assert any(re.search(r'<f t="shared" si="\d+"/>', each) for each in pieces(content))
        assert told(content) == []

    @pytest.mark.parametrize(
        ("written", "again"),
        [
            ("IF(ROUND(C4-E4,6)=0,0,1)", "if( ROUND(C4 - E4, 6) = 0, 0, 1 )"),
            ("'_c2'!$AD$6", "_c2!AD6"),
            ("SUM('项目01'!$B$2:$B$9)", "SUM(项目01!B2:B9)"),
            ('IF(A1="$1 x",TRUE,1E+15)', 'IF(A1="$1 x",TRUE(),1000000000000000)'),
            ("IFERROR(A1,0.90)", "_xlfn.IFERROR(A1,0.9)"),
        ],
    )
    def it_is_compared_without_what_programs_write_differently(self, written: str, again: str) -> None:
        assert _tokens(written) == _tokens(again)

    @pytest.mark.parametrize(
        ("written", "again"), [("A1=0", "A1>=0"), ('A1="x"', 'A1="X"'), ("A1+1", "A1+2"), ("A1", "A2"), ("SUM(A1)", "MAX(A1)")]
    )
    def it_is_another_formula_where_the_meaning_differs(self, written: str, again: str) -> None:
        assert _tokens(written) != _tokens(again)
