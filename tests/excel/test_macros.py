"""The macros, run in LibreOffice and in pyOpenVBA's interpreter, judged by the cells they leave behind."""

from __future__ import annotations

import copy
import zipfile
from datetime import datetime
from pathlib import Path

import openpyxl
import pytest

from perfxl import __version__
from perfxl.form.records import Book, Row
from perfxl.post.names import workbook_name
from perfxl.workbook.layout import a1, layout_of, plan_of
from perfxl.workbook.write import BuildOptions, build_workbook
from tests.excel.conftest import FORM, built, seed
from tests.excel.hosts import Host, Interpreter, Office

LAYOUT = layout_of(FORM, plan_of(FORM))["project"]
BLOCKS = range(len(LAYOUT.blocks("indicators")))
LATER_SLOTS = [
    first + slot + 1
    for first, slots in (LAYOUT.block_rows("indicators", block) for block in BLOCKS)
    for slot in range(1, slots)
]
"""The numbers of the rows that hold the second and later slots of a level 2."""


def at(field: str, block: int = 0) -> str:
    """The cell of a project's field; of an indicator, in the first slot of a block."""
    return LAYOUT.area(field, block).address


VALUES = [at("value", block) for block in BLOCKS]


class DescribeChecking:
    def it_jumps_through_errors_and_open_hints_and_goes_round(self, host: Host, addin: Path, faulty_book: Path) -> None:
        go = [("run", "PxNext"), ("selection",), ("state", "status")]
        assert host.play(addin, faulty_book, ("select", "封面", "A1"), *go, *go, *go, *go, ("run", "PxNext"), ("selection",)) == [
            f"项目01!{at('budget')}",
            "第 1 处，共 4 处：错误：预算数应等于财政资金与其他资金之和（差额 10.15 万元）",
            f"项目01!{VALUES[7]}",
            "第 2 处，共 4 处：提示：三级指标是比率，指标值的单位却不是 %，请核对",
            f"项目02!{at('plan_dec')}",
            "第 3 处，共 4 处：错误：12月底计划应为 100%，现为 90%",
            f"项目02!{VALUES[3]}",
            "第 4 处，共 4 处：提示：成本指标通常写 ≤（不超过），现写 ≥ 或 >，请核对",
            f"项目01!{at('budget')}",
        ]

    def it_jumps_backwards_from_the_start_to_the_last(self, host: Host, addin: Path, faulty_book: Path) -> None:
        steps = [("select", "封面", "A1"), ("run", "PxPrevious"), ("selection",), ("run", "PxPrevious"), ("selection",)]
        assert host.play(addin, faulty_book, *steps) == [f"项目02!{VALUES[3]}", f"项目02!{at('plan_dec')}"]

    def it_checks_one_sheet(self, host: Host, addin: Path, faulty_book: Path) -> None:
        steps = [("select", "项目02", "A1"), ("run", "PxCheckSheet"), ("selection",), ("state", "status")]
        assert host.play(addin, faulty_book, *steps) == [f"项目02!{at('plan_dec')}", "项目02：还有 1 处错误、1 处提示待说明"]

    def it_checks_all_and_opens_the_list(self, host: Host, addin: Path, faulty_book: Path) -> None:
        steps = [("run", "PxCheckAll"), ("selection",), ("state", "status")]
        assert host.play(addin, faulty_book, *steps) == ["校验!A1", "绩效目标：还有 2 处错误、2 处提示待说明"]

    def it_follows_what_is_typed(self, host: Host, addin: Path, faulty_book: Path) -> None:
        steps = [
            ("select", "项目01", "A1"),
            ("put", "项目01", at("budget"), 0.85),
            ("put", "项目02", at("plan_dec"), 1),
            ("run", "Application.Calculate"),
            ("run", "PxOnChange ActiveSheet"),
            ("state", "status"),
            ("run", "PxNext"),
            ("selection",),
        ]
        assert host.play(addin, faulty_book, *steps) == ["绩效目标：有 2 处提示待说明", f"项目01!{VALUES[7]}"]

    def it_refuses_a_sheet_that_is_no_part_of_the_form(self, host: Host, addin: Path, faulty_book: Path) -> None:
        steps = [("select", "校验", "A1"), ("run", "PxCheckSheet"), ("state", "message")]
        assert host.play(addin, faulty_book, *steps) == ["请先选中封面、部门整体或某张项目表。"]


class DescribeNormalising:
    CHANGED = tuple(VALUES[block] for block in (0, 1, 2, 3, 4, 7))

    def it_shows_what_it_would_change_then_changes_it(self, host: Host, addin: Path, faulty_book: Path) -> None:
        cells = [("get", "项目01", cell) for cell in VALUES]
        assert host.play(
            addin, faulty_book, ("run", "PxNormalise"), ("state", "message"), *cells, ("formula", "项目01", VALUES[3])
        ) == [
            "将规范 6 处指标值的写法，确定吗？\n"
            f"项目01!{VALUES[0]}  大于等于90% → ≥90%\n"
            f"项目01!{VALUES[1]}  >=90％ → ≥90%\n"
            f"项目01!{VALUES[2]}  不低于 95% → ≥95%\n"
            f"项目01!{VALUES[3]}  等于12次 → =12次\n"
            f"项目01!{VALUES[4]}  90%以上 → ≥90%\n"
            f"项目01!{VALUES[7]}  ＝5天 → =5天",
            *("≥90%", "≥90%", "≥95%", "=12次", "≥90%", "优", "2023.07-2024.01", "=5天", "≥90%"),
            False,
        ]

    def it_changes_nothing_when_the_answer_is_no(self, host: Host, addin: Path, faulty_book: Path) -> None:
        steps = [("run", "PxNormalise"), ("get", "项目01", VALUES[0]), ("run", "PxRestore"), ("state", "message")]
        assert host.play(addin, faulty_book, *steps, answer="no") == ["大于等于90%", "没有可以恢复的修改。"]

    def it_takes_one_step_back_but_not_over_later_changes(self, host: Host, addin: Path, faulty_book: Path) -> None:
        assert host.play(
            addin,
            faulty_book,
            ("run", "PxNormalise"),
            ("put", "项目01", VALUES[1], "≥99%"),
            ("run", "PxRestore"),
            ("state", "message"),
            *[("get", "项目01", cell) for cell in self.CHANGED],
            ("run", "PxRestore"),
            ("state", "message"),
        ) == [
            "已恢复 5 处；1 处后来又改过，没有动。",
            *("大于等于90%", "≥99%", "不低于 95%", "等于12次", "90%以上", "＝5天"),
            "没有可以恢复的修改。",
        ]

    def it_says_so_when_all_is_normal(self, host: Host, addin: Path, good_book: Path) -> None:
        assert host.play(addin, good_book, ("run", "PxNormalise"), ("state", "message")) == ["指标值的写法都已规范。"]


class DescribeCopyingAProject:
    CELLS = (
        *(at(field) for field in ("code", "name", "budget", "fiscal", "other", "purpose", "plan_mar", "plan_dec")),
        *(at("indicator"), at("value"), at("basis", 8)),
    )

    def it_fills_the_next_blank_sheet_and_takes_it_back(self, host: Host, addin: Path, faulty_book: Path) -> None:
        source = [("get", "项目01", cell) for cell in self.CELLS]
        copy = [("get", "项目03", cell) for cell in self.CELLS]
        found = host.play(
            addin,
            faulty_book,
            ("select", "项目01", "A1"),
            ("run", "PxCopyProject"),
            ("selection",),
            ("state", "status"),
            *source,
            *copy,
            ("run", "PxRestore"),
            *copy,
        )
        size = len(self.CELLS)
        assert found[:2] == [f"项目03!{at('code')}", "已把“项目01”复制到“项目03”，请修改项目编码、名称和指标；可用“恢复”退回。"]
        assert found[2 : 2 + size] == found[2 + size : 2 + 2 * size]
        assert found[2] == "13028123P00028410002W"
        assert found[2 + 2 * size :] == [None] * size

    def it_shows_the_copy_as_a_code_used_twice(self, host: Host, addin: Path, faulty_book: Path) -> None:
        remark = a1(LAYOUT.area("code").row, LAYOUT.remark)
        steps = [("select", "项目01", "A1"), ("run", "PxCopyProject"), ("get", "项目03", remark)]
        assert host.play(addin, faulty_book, *steps) == [
            "错误：项目编码 13028123P00028410002W 在本工作簿中出现了 2 次，每个项目只填一张表"
        ]

    @pytest.mark.parametrize(
        ("sheet", "message"),
        [
            ("项目03", "“项目03”还没有填写，无可复制。"),
            ("校验", "请先选中要复制的项目表。"),
            ("部门整体", "请先选中要复制的项目表。"),
        ],
    )
    def it_refuses_what_is_no_filled_project(
        self, host: Host, addin: Path, faulty_book: Path, sheet: str, message: str
    ) -> None:
        steps = [("select", sheet, "A1"), ("run", "PxCopyProject"), ("state", "message")]
        assert host.play(addin, faulty_book, *steps) == [message]

    def it_says_so_when_no_sheet_is_blank(self, host: Host, addin: Path, tmp_path: Path) -> None:
        full = tmp_path / "full.xlsx"
        full.write_bytes(built(seed(), projects=2))
        steps = [("select", "项目01", "A1"), ("run", "PxCopyProject"), ("state", "message")]
        assert host.play(addin, full, *steps) == ["没有空白的项目表了；请向财政部门索取项目表更多的工作簿。"]


class DescribeCarryingOver:
    def it_fills_blank_cells_by_name_and_blank_sheets_in_order(
        self, host: Host, addin: Path, blank_book: Path, good_book: Path
    ) -> None:
        carry = ("run", f'PxCarryFrom "{good_book}"')
        cells = [
            *(("封面", "B3"), ("部门整体", "A4"), ("项目01", at("code"))),
            *(("项目02", at("code")), ("项目02", at("budget")), ("项目01", VALUES[0])),
        ]
        found = host.play(
            addin, blank_book, ("put", "封面", "B3", "657009"), carry, ("state", "message"), *[("get", *each) for each in cells],
            ("get", "项目03", at("code")),
        )  # fmt: skip
        assert str(found[0]).startswith("将带入 ")
        assert "（0 个项目本表已有，0 个项目没有空表可放）" in str(found[0])
        assert found[1] == "657009"
        book = seed()
        first, second = book.of("project")
        assert found[2:] == [
            book.of("department")[0].raws["overall"],
            first.raws["code"],
            second.raws["code"],
            second.raws["budget"],
            first.rows["indicators"][0].raws["value"],
            None,
        ]

    @pytest.mark.long
    def it_goes_one_step_back(self, addin: Path, blank_book: Path, good_book: Path) -> None:
        # LibreOffice without windows has no active workbook once last year's is closed.
        host = Interpreter()
        carry = ("run", f'PxCarryFrom "{good_book}"')
        cells = [("get", "项目01", at("code")), ("get", "部门整体", "A4")]
        found = host.play(addin, blank_book, carry, *cells, ("run", "PxRestore"), ("state", "message"), *cells)
        assert None not in found[:2]
        assert str(found[2]).startswith("已恢复 ")
        assert found[3:] == [None, None]

    def it_leaves_out_projects_that_are_there_already(
        self, host: Host, addin: Path, good_book: Path, tmp_path: Path
    ) -> None:
        last_year = tmp_path / "last_year.xlsx"
        last_year.write_bytes(good_book.read_bytes())
        steps = [("run", f'PxCarryFrom "{last_year}"'), ("state", "message"), ("get", "项目03", at("code"))]
        assert host.play(addin, good_book, *steps) == [
            "没有可带入的内容（2 个项目本表已有，0 个项目没有空表可放）。",
            None,
        ]

    def it_refuses_a_file_of_the_same_name(self, host: Host, addin: Path, good_book: Path, tmp_path: Path) -> None:
        (tmp_path / "2022").mkdir()
        other = tmp_path / "2022" / good_book.name
        other.write_bytes(good_book.read_bytes())
        steps = [("run", f'PxCarryFrom "{other}"'), ("state", "message"), ("selection",)]
        assert host.play(addin, good_book, *steps) == [
            "上年的工作簿与当前工作簿同名（good.xlsx），Excel 不能同时打开；请先给上年的文件改名。",
            "封面!A1",
        ]

    def it_says_so_when_the_file_cannot_be_opened(
        self, office: Office, addin: Path, good_book: Path, tmp_path: Path
    ) -> None:
        # The interpreter answers a missing file with an error of its own, outside VBA.
        steps = [("run", f'PxCarryFrom "{tmp_path / "missing.xlsx"}"'), ("state", "message")]
        assert str(office.play(addin, good_book, *steps)[0]).startswith("没有完成：")

    def it_counts_projects_that_find_no_blank_sheet(
        self, host: Host, addin: Path, good_book: Path, tmp_path: Path
    ) -> None:
        small = tmp_path / "small.xlsx"
        small.write_bytes(built(Book(), projects=2))
        other = tmp_path / "other.xlsx"
        book = seed()
        third = copy.deepcopy(book.of("project")[0])
        third.ordinal = 3
        third.raws["code"] = "13028123P00028610002D"
        book.sheets.append(third)
        other.write_bytes(built(book))
        found = host.play(addin, small, ("run", f'PxCarryFrom "{other}"'), ("state", "message"), answer="no")
        assert "（0 个项目本表已有，1 个项目没有空表可放）" in str(found[0])

    def it_counts_what_has_no_row_here(self, host: Host, addin: Path, blank_book: Path, tmp_path: Path) -> None:
        last_year = tmp_path / "last_year.xlsx"
        book = seed()
        rows = book.of("project")[0].rows["indicators"]
        room = LAYOUT.block_rows("indicators", 0)[1]
        rows += [Row(0, slot, {**rows[0].raws, "indicator": f"指标{slot}号"}) for slot in range(1, room + 2)]
        options = BuildOptions(as_of=datetime(2023, 1, 1))
        last_year.write_bytes(build_workbook(FORM, plan_of(FORM, slots={"数量指标": room + 2}), book, options))
        found = host.play(addin, blank_book, ("run", f'PxCarryFrom "{last_year}"'), ("state", "message"), answer="no")
        assert "\n另有 8 处超出本表的指标行数，不带入，请手工补填。\n" in str(found[0])

    def it_refuses_a_foreign_workbook(self, host: Host, addin: Path, blank_book: Path, tmp_path: Path) -> None:
        foreign = tmp_path / "foreign.xlsx"
        openpyxl.Workbook().save(foreign)
        steps = [("run", f'PxCarryFrom "{foreign}"'), ("state", "message"), ("get", "项目01", at("code"))]
        assert host.play(addin, blank_book, *steps) == ["这不是 perfxl 下发的绩效目标工作簿。", None]


class DescribeHidingRows:
    def it_hides_blank_slots_and_shows_them_again(self, host: Host, addin: Path, faulty_book: Path) -> None:
        assert host.play(
            addin,
            faulty_book,
            ("select", "项目01", "A1"),
            ("run", "PxToggleRows"),
            ("hidden", "项目01"),
            ("state", "status"),
            ("run", "PxToggleRows"),
            ("hidden", "项目01"),
            ("state", "status"),
        ) == [
            LATER_SLOTS,
            f"已隐藏 {len(LATER_SLOTS)} 个空行，再按一次全部显示。",
            [],
            f"已显示 {len(LATER_SLOTS)} 个空行。",
        ]

    def it_keeps_the_first_slot_of_a_blank_block(self, host: Host, addin: Path, blank_book: Path) -> None:
        steps = [("select", "项目01", "A1"), ("run", "PxToggleRows"), ("hidden", "项目01")]
        assert host.play(addin, blank_book, *steps) == [LATER_SLOTS]


class DescribeExporting:
    NAME = workbook_name("657001", "遵化市房屋征收中心本级", 2023)

    def it_refuses_while_errors_remain_and_jumps_to_one(self, host: Host, addin: Path, faulty_book: Path) -> None:
        steps = [("select", "封面", "A1"), ("run", "PxExport"), ("state", "message"), ("selection",)]
        assert host.play(addin, faulty_book, *steps) == [
            "不能导出：还有 2 处错误、2 处提示待说明。已跳到错误处，请改正。",
            f"项目01!{at('budget')}",
        ]
        assert not (faulty_book.parent / self.NAME).exists()

    def it_asks_while_hints_are_open(self, host: Host, addin: Path, good_book: Path) -> None:
        found = host.play(addin, good_book, ("run", "PxExport"), ("state", "message"), answer="no")
        assert found == ["有 2 处提示待说明。仍要导出吗？"]
        assert not (good_book.parent / self.NAME).exists()

    def it_knows_the_official_name(self, host: Host, addin: Path, good_book: Path) -> None:
        steps = [("run", 'PxSetState "name", PxOfficialName(ActiveWorkbook)'), ("state", "name")]
        assert host.play(addin, good_book, *steps) == [self.NAME]

    def it_names_the_file_as_it_was_handed_out(self, host: Host, addin: Path, tmp_path: Path) -> None:
        # Code and name locked, a year that is not the form's, blanks and forbidden characters in the name.
        book = Book()
        name = "遵化市 A/B\u3000中心"
        book.cover.raws |= {"unit_code": "657001", "unit_name": name}
        path = tmp_path / "handed out.xlsx"
        path.write_bytes(built(book, meta={"year": "2031"}, locked=frozenset({"unit_code", "unit_name"})))
        steps = [("run", 'PxSetState "name", PxOfficialName(ActiveWorkbook)'), ("state", "name")]
        assert host.play(addin, path, *steps) == [workbook_name("657001", name, 2031)]

    @pytest.mark.long
    def it_saves_without_macros_under_the_official_name(self, addin: Path, good_book: Path) -> None:
        # LibreOffice's Workbook.SaveAs has no .xlsx filter for VBA, so this one runs in the interpreter alone.
        saved = good_book.parent / self.NAME
        found = Interpreter().play(addin, good_book, ("run", "PxExport"), ("state", "message"))
        assert found == [f"已保存报送文件：{saved}\n请用邮件发回财政部门。"]
        with zipfile.ZipFile(saved) as package:
            assert not [name for name in package.namelist() if "vba" in name.lower() or "customui" in name.lower()]
        before, after = (openpyxl.load_workbook(path) for path in (good_book, saved))
        assert before.sheetnames == after.sheetnames
        assert before["项目01"][at("code")].value == after["项目01"][at("code")].value == seed().of("project")[0].raws["code"]
        assert after["项目01"].protection.sheet


class DescribeLiveEvents:
    def it_asks_once_before_saving_with_errors(self, host: Host, addin: Path, faulty_book: Path) -> None:
        twice = """
            Dim first As Boolean
            Dim second As Boolean
            PxOnSave ActiveWorkbook, first
            PxOnSave ActiveWorkbook, second
            PxSetState "cancelled", first & "/" & second"""
        steps = [("run", twice), ("state", "cancelled"), ("state", "message")]
        assert host.play(addin, faulty_book, *steps, answer="no") == [
            "True/False",
            "本工作簿还有 2 处错误、2 处提示待说明。\n仍要保存吗？（可以先保存，报送前必须改正错误；本次不再提醒）",
        ]

    def it_saves_a_clean_workbook_without_a_word(self, host: Host, addin: Path, good_book: Path) -> None:
        code = 'Dim stop_it As Boolean\nPxOnSave ActiveWorkbook, stop_it\nPxSetState "cancelled", CStr(stop_it)'
        steps = [("run", code), ("state", "cancelled"), ("state", "message")]
        assert host.play(addin, good_book, *steps, answer="no") == ["False", ""]

    def it_shows_the_light_when_a_workbook_opens(self, host: Host, addin: Path, faulty_book: Path) -> None:
        steps = [("run", "PxOnOpen ActiveWorkbook"), ("state", "status"), ("state", "message")]
        assert host.play(addin, faulty_book, *steps) == ["绩效目标：还有 2 处错误、2 处提示待说明", ""]

    def it_is_silent_in_other_workbooks(self, host: Host, addin: Path, tmp_path: Path) -> None:
        foreign = tmp_path / "foreign.xlsx"
        openpyxl.Workbook().save(foreign)
        code = """
            Dim stop_it As Boolean
            PxOnOpen ActiveWorkbook
            PxOnChange ActiveSheet
            PxOnActivate ActiveWorkbook
            PxOnSave ActiveWorkbook, stop_it
            PxSetState "cancelled", CStr(stop_it)"""
        steps = [("run", code), ("state", "status"), ("state", "message"), ("state", "cancelled")]
        assert host.play(addin, foreign, *steps) == ["", "", "False"]

    def it_says_that_the_workbook_is_of_another_version(self, host: Host, addin: Path, tmp_path: Path) -> None:
        other = tmp_path / "other.xlsx"
        other.write_bytes(built(seed(), meta={"program": "9.3.1"}))
        note = f"注意：工作簿由 perfxl 9.3.1 生成，加载项是 {__version__} 版，请向财政部门索取相同版本的加载项。"
        steps = [("run", "PxOnOpen ActiveWorkbook"), ("state", "message"), ("state", "status")]
        assert host.play(addin, other, *steps) == [note, f"绩效目标：有 2 处提示待说明  {note}"]

    def it_tells_versions_and_form(self, host: Host, addin: Path, good_book: Path) -> None:
        assert host.play(addin, good_book, ("run", "PxAbout"), ("state", "message")) == [
            f"绩效目标加载项（perfxl）{__version__} 版\n不含密码，不解除任何保护；离线可用。\n"
            "当前工作簿：表样 hebei-2023 第 1 版，有 2 处提示待说明"
        ]
