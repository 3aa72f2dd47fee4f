"""Reissuing: what the unit typed is kept, what was broken is whole again, what is wrong is said where it is."""

from __future__ import annotations

import io
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime
from functools import cache
from itertools import islice
from pathlib import Path
from random import Random

import openpyxl
import pytest
from openxml_audit import OpenXmlValidator

from perfxl.check import Finding, Submission
from perfxl.check.intake import submission_of
from perfxl.consolidate.keys import new_ring
from perfxl.consolidate.roster import Ceiling, Roster, Unit
from perfxl.consolidate.task import Task
from perfxl.errors import PerfxlError
from perfxl.form.library import find_form
from perfxl.form.model import Severity
from perfxl.form.records import Book, Row, RowKey, SheetRecord
from perfxl.post.reissue import Reissued, Round, reissue
from perfxl.workbook.layout import Plan, plan_of
from perfxl.workbook.seal import cover_locked, seal_meta
from perfxl.workbook.write import BuildOptions, build_workbook
from tests.conformance.suite import Suite

HEBEI = find_form("hebei-2023")
AS_OF = datetime(2022, 11, 1, 8, 0, tzinfo=UTC)
TASK = Task(form=("hebei-2023", 1), year=2023, round="一上")
RING = new_ring(TASK, AS_OF)
CODES = ("13028123P00028410002W", "13028123P00028210002H")
ROSTER = Roster(
    units={"657002": Unit(code="657002", name="二所")},
    ceilings=(Ceiling(unit="657002", code=CODES[0], name="修路", amount=12_500_000),),
)


def project(ordinal: int, code: str, **changes: object) -> SheetRecord:
    rows = [
        Row(number, 0, {"indicator": f"{code[-3:]}{block.level2}完成率（%）", "description": "完成数占总数的比例",
                        "value": "≤90%" if block.level2 == "成本指标" else "≥90%", "basis": "遵机编字（2019）5号文件"})
        for number, block in enumerate(HEBEI.groups["indicators"].blocks)
    ]  # fmt: skip
    raws = {
        "code": code, "name": f"修路{ordinal}", "budget": 12.5, "fiscal": 12.5, "purpose": "修路。",
        "plan_mar": 0.3, "plan_jun": 0.6, "plan_oct": 0.9, "plan_dec": 1.0, "goals": "按时保质保量完成道路修建任务。",
        **changes,
    }
    return SheetRecord("project", ordinal, raws, {"indicators": rows})  # type: ignore[arg-type]


def unit_book(*projects: SheetRecord) -> Book:
    cover = {"unit_code": "657002", "unit_name": "二所", "contact": "王芳", "phone": "0315-6612345"}
    return Book(SheetRecord("cover", 1, dict(cover)), list(projects) or [project(1, CODES[0])])


def returned(book: Book, change: Callable[[openpyxl.Workbook], None] | None = None, *, sealed: bool = True) -> bytes:
    plan = plan_of(HEBEI, projects=2, lead=False)
    locked = {**cover_locked(HEBEI), ("project", 1): frozenset({"code", "budget"})}
    meta = seal_meta(RING, HEBEI, plan, book, locked) if sealed else {}
    content = build_workbook(HEBEI, plan, book, BuildOptions(as_of=AS_OF, meta=meta))
    if change is None:
        return content
    opened = openpyxl.load_workbook(io.BytesIO(content))
    change(opened)
    saved = io.BytesIO()
    opened.save(saved)
    return saved.getvalue()


def read(content: bytes, *, sealed: bool = True) -> Submission:
    return submission_of(content, "二所.xlsx", RING if sealed else None)


PART = Round(as_of=AS_OF, task=TASK, ring=RING)
PLAIN = Round(as_of=AS_OF)


def rules(found: Submission) -> list[tuple[str, str, str]]:
    return [(each.rule, each.sheet, each.cell) for each in found.findings if not each.explained]


def opened(made: Reissued) -> openpyxl.Workbook:
    return openpyxl.load_workbook(io.BytesIO(made.content))


def comments(made: Reissued) -> dict[tuple[str, str], str]:
    return {
        (sheet.title, cell.coordinate): cell.comment.text
        for sheet in opened(made)
        for row in sheet.iter_rows()
        for cell in row
        if cell.comment
    }


def lines(made: Reissued) -> list[tuple[object, ...]]:
    return [row[1:8] for row in opened(made)["退回意见"].iter_rows(min_row=2, values_only=True)]


class DescribeAReissuedWorkbook:
    def it_keeps_every_value_and_explanation(self) -> None:
        made = unit_book(project(1, CODES[0], fiscal=11), project(2, CODES[1], other="3万元", goals="短"))
        made.sheets[1].explanations[RowKey("", 0, 7)] = "目标只有一句话。"
        made.sheets[0].explanations[RowKey("indicators", 3, 1)] = "预留的第二行。"
        before = read(returned(made))
        after = read(reissue(before, PART).content)
        assert before.book == after.book
        assert rules(before) == rules(after)
        assert after.seal is not None and after.seal.unit == "657002"

    def it_says_at_the_cell_what_is_wrong(self, tmp_path: Path) -> None:
        made = reissue(read(returned(unit_book(project(1, CODES[0], fiscal=11)))), PART)
        assert made.line.file == "657002_二所_2023.xlsx"
        assert (made.errors, made.hints) == (1, 0)
        assert list(comments(made)) == [("项目01", "C4")]
        assert comments(made)["项目01", "C4"].startswith("【错误】预算数应等于")
        assert [line[:4] for line in lines(made)] == [("项目01", "C4", "P07", "错误")]
        (tmp_path / "a.xlsx").write_bytes(made.content)
        assert [str(each) for each in OpenXmlValidator().validate(tmp_path / "a.xlsx").errors] == []

    def it_passes_once_mended(self) -> None:
        made = reissue(read(returned(unit_book(project(1, CODES[0], fiscal=11)))), PART)
        book = opened(made)
        book["项目01"]["E4"].value = 12.5
        saved = io.BytesIO()
        book.save(saved)
        assert read(saved.getvalue()).errors == 0

    def it_carries_what_finance_wrote(self) -> None:
        part = replace(PART, opinions={("657002", "P07", "项目01!C4"): "请按批复数填"})
        made = reissue(read(returned(unit_book(project(1, CODES[0], fiscal=11)))), part)
        assert comments(made)["项目01", "C4"].endswith("财政意见：请按批复数填")
        assert lines(made)[0][5] == "请按批复数填"

    def it_gives_batch_only_hints_a_fixed_row_to_explain_in(self) -> None:
        copied = project(2, CODES[1])
        copied.rows = project(1, CODES[0]).rows
        before = read(returned(unit_book(project(1, CODES[0]), copied)))
        assert ("U03", "项目02", "E3") in rules(before)
        cross = Finding(
            file="二所.xlsx", sheet="项目01", cell="C4", field="budget", rule="X05", severity=Severity.HINT,
            value="12.5", message="与上年不同",
        )  # fmt: skip
        made = reissue(before, PART, [cross])
        assert [line[:4] for line in lines(made)] == [("项目02", "E3", "U03", "提示"), ("项目01", "C4", "X05", "提示")]
        book = opened(made)
        for row in (2, 3):
            assert not book["退回意见"].cell(row, 8).protection.locked
            book["退回意见"].cell(row, 8).value = f"两个项目性质相同{row}"
        saved = io.BytesIO()
        book.save(saved)
        after = read(saved.getvalue())
        assert rules(after) == []
        assert after.book is not None
        assert after.book.sheets[0].explanations == {RowKey("", 0, 3): "两个项目性质相同3"}
        again = read(reissue(after, PART, [cross]).content)
        assert again.book == after.book

    def it_says_nothing_of_a_faultless_one(self) -> None:
        made = reissue(read(returned(unit_book())), PART)
        assert (made.errors, made.hints, comments(made)) == (0, 0, {})
        assert "退回意见" not in opened(made).sheetnames


class DescribeHealing:
    def it_makes_room_for_inserted_rows(self) -> None:
        before = read(returned(unit_book()))
        assert before.book is not None
        more = Row(0, 4, {"indicator": "插入的一行", "description": "插入", "value": "≥1次", "basis": "会议纪要"})
        before.book.sheets[0].rows["indicators"].insert(1, more)
        before.book.sheets[0].explanations[RowKey("indicators", 1, 5)] = "也是插入的一行。"
        after = read(reissue(before, PART).content)
        assert after.book == before.book
        assert after.seal is not None

    def it_heals_names_labels_and_validation(self) -> None:
        def change(book: openpyxl.Workbook) -> None:
            sheet = book["项目01"]
            sheet.title = "修路项目"
            sheet.data_validations.dataValidation = []
            sheet["Z90"].value = "便条"
            sheet["A9"].value = "改过的表头"

        before = read(returned(unit_book(), change))
        assert {"I08", "I09", "I17", "I18"} <= {each.rule for each in before.findings}
        made = reissue(before, PART)
        after = read(made.content)
        assert rules(after) == []
        assert before.book == after.book
        assert any("Z90" in text for text in made.lost)
        assert any("改名" in text for text in made.healed)
        assert {line[3] for line in lines(made)} == {"已恢复", "未保留"}

    def it_restores_what_finance_prefilled(self) -> None:
        def change(book: openpyxl.Workbook) -> None:
            book["封面"]["B3"].value = "657003"
            book["项目01"]["C4"].value = 99

        before = read(returned(unit_book(), change))
        assert [each[0] for each in rules(before)] == ["U01", "I23", "P07"]
        made = reissue(before, PART)
        after = read(made.content)
        assert rules(after) == []
        assert opened(made)["项目01"]["C4"].value == 12.5
        assert [line[2:4] for line in lines(made)] == [("U01", "已恢复"), ("I23", "已恢复"), ("P07", "已恢复")]

    def it_seals_an_unsealed_one_as_the_roster_says(self) -> None:
        made = unit_book()
        made.sheets[0].raws["budget"] = 13
        before = read(returned(made, sealed=False))
        assert before.seal is None
        after = read(reissue(before, replace(PART, roster=ROSTER)).content)
        assert after.seal is not None
        assert [each.value for each in after.seal.locked if each.sheet == "project"] == [12.5, CODES[0], "修路"]
        with pytest.raises(PerfxlError, match="S46"):
            reissue(before, PART)

    def it_does_not_drop_a_seal(self) -> None:
        with pytest.raises(PerfxlError, match="C03"):
            reissue(read(returned(unit_book()), sealed=False), PLAIN)

    def it_needs_no_task(self) -> None:
        before = read(returned(unit_book(project(1, CODES[0], fiscal=11)), sealed=False), sealed=False)
        made = reissue(before, PLAIN)
        assert read(made.content, sealed=False).book == before.book
        assert (made.line.file, made.errors) == ("657002_二所_2023.xlsx", 1)


@cache
def drawn_books() -> list[tuple[Plan, Book]]:
    return [(plan, made) for plan, made in islice(Suite(HEBEI), 30) if plan.counts["project"] > 1]


@pytest.mark.parametrize("seed", range(12))
def it_keeps_whatever_was_typed(seed: int) -> None:
    rng = Random(seed)
    plan, made = drawn_books()[seed]
    if seed % 2:
        plan = replace(plan, counts={**plan.counts, "department": 0})
        made.sheets = [record for record in made.sheets if record.sheet != "department"]
    for record in made.all():
        for key in [RowKey("", 0, 3)] if record.sheet == "project" else []:
            record.explanations[key] = rng.choice(["按批复执行，不再调整。", "好", "=1+1", " 前后有空格 "]).strip()
    before = read(build_workbook(HEBEI, plan, made, BuildOptions(as_of=AS_OF)), sealed=False)
    after = read(reissue(before, PLAIN).content, sealed=False)
    assert after.book == before.book
    # An error value is a formula wherever it is written; the order among the file's own faults is the reader's.
    assert sorted(rules(after)) == sorted(rules(before))
