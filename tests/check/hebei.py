"""A faultless unit of hebei-2023, small changes to it, and the workbooks made from both."""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import datetime

from perfxl.check import Submission, submission_of
from perfxl.form import Book, Row, RowKey, SheetRecord
from perfxl.form.library import find_form
from perfxl.rules.types import Raw
from perfxl.workbook.layout import plan_of
from perfxl.workbook.write import BuildOptions, build_workbook

FORM = find_form("hebei-2023")
AS_OF = datetime(2023, 1, 1)
CODES = ("13028123P00028410002W", "13028123P00028210002H")
LEVEL2 = [block.level2 for block in FORM.groups["indicators"].blocks]

_ROW = {"description": "完成数占总数的比例", "value": "≥90%", "basis": "遵机编字（2019）5号文件"}
_VALUES = {"数量指标": "≥12次", "成本指标": "≤10万元"}
_NAMES = {
    "数量指标": "走访次数",
    "质量指标": "征收完成率（%）",
    "时效指标": "按时完成率（%）",
    "成本指标": "征收成本",
    "经济效益指标": "返迁率（%）",
    "社会效益指标": "执行率（%）",
    "生态效益指标": "绿化率（%）",
    "可持续影响指标": "信访解决率（%）",
    "服务对象满意度指标": "群众满意度",
}
_ADDRESS = re.compile(r"(?:([^.]+?)(\d+)\.)?(\w+)\Z")

Change = Mapping[str, Raw]


def _project(number: int) -> SheetRecord:
    raws: dict[str, Raw] = {
        "code": CODES[number - 1],
        "name": f"综合办公经费之{number}",
        "budget": 10.85,
        "fiscal": 10.0,
        "other": 0.85,
        "purpose": "房屋征收工作。",
        "plan_mar": 0.3,
        "plan_jun": 0.6,
        "plan_oct": 0.9,
        "plan_dec": 1.0,
        "goals": "按时保质保量完成征收范围内的房屋调查登记。",
    }
    rows = [
        Row(block, 0, {"indicator": _NAMES[level2] + "甲乙"[number - 1], **_ROW, "value": _VALUES.get(level2, "≥90%")})
        for block, level2 in enumerate(LEVEL2)
    ]
    return SheetRecord("project", number, raws, {"indicators": rows})


def faultless(projects: int = 1) -> Book:
    """A lead unit's book over which every rule passes."""
    cover = SheetRecord("cover", 1, {"unit_code": "657001", "unit_name": "遵化市房屋征收中心本级"})
    part_one = SheetRecord("department", 1, {"overall": "全力推进房屋征收工作。"})
    part_one.rows["parts"] = [Row(0, 0, {"part_name": "征收", "part_goal": "完成调查。", "part_indicator": "完成率 90%。"})]
    part_one.rows["measures"] = [Row(0, 0, {"measure": "加强学习。"})]
    return Book(cover, [part_one, *(_project(number) for number in range(1, projects + 1))])


def changed(change: Change, projects: int = 1, notes: Mapping[str, str] | None = None) -> Book:
    """The faultless book with some cells changed; the last project is meant where several could be.

    A key is a field (``budget``), or a row and a field: ``数量指标1.value``,
    ``measures1.measure``; rows count from 1.  ``notes`` are explanations, by the same keys.
    """
    book = faultless(projects)
    for key, raw in change.items():
        row, name = _place(key)
        record = _record(book, name)
        if row is None:
            record.raws[name] = raw
        else:
            _row(record, row).raws[name] = raw
    for key, text in (notes or {}).items():
        row, name = _place(key)
        _record(book, name).explanations[row or _single_key(name)] = text
    for record in book.sheets:
        for group, rows in record.rows.items():
            record.rows[group] = sorted((row for row in rows if row.begun), key=lambda row: (row.block, row.slot))
    return book


def _place(key: str) -> tuple[RowKey | None, str]:
    match = _ADDRESS.match(key)
    assert match, key
    place, number, name = match.groups()
    if place is None:
        return None, name
    if place in LEVEL2:
        return RowKey("indicators", LEVEL2.index(place), int(number) - 1), name
    return RowKey(place, 0, int(number) - 1), name


def _record(book: Book, field: str) -> SheetRecord:
    return book.of(FORM.fields[field].sheet)[-1]


def _row(record: SheetRecord, key: RowKey) -> Row:
    rows = record.rows.setdefault(key.group, [])
    for row in rows:
        if (row.block, row.slot) == (key.block, key.slot):
            return row
    rows.append(Row(key.block, key.slot, {}))
    return rows[-1]


def _single_key(field: str) -> RowKey:
    sheet = FORM.sheets[FORM.fields[field].sheet]
    name = FORM.fields[field].beside or field
    return RowKey("", 0, next(cell.row for cell in sheet.grid.cells if cell.text == name))


def without_project() -> Book:
    """A book whose project sheet is blank."""
    book = faultless()
    return Book(book.cover, [book.sheets[0]])


def workbook(book: Book, **options: object) -> bytes:
    """The unit's workbook, as it comes back."""
    projects = max(1, len(book.of("project")))
    plan = plan_of(FORM, projects=projects, lead=bool(book.of("department")))
    return build_workbook(FORM, plan, book, BuildOptions(as_of=AS_OF, **options))  # type: ignore[arg-type]


def found(submission: Submission) -> list[tuple[str, str, str]]:
    """The whole table of findings as (rule, sheet, cell)."""
    return [(finding.rule, finding.sheet, finding.cell) for finding in submission.findings]


def findings(book: Book) -> list[tuple[str, str, str]]:
    """What reading and checking a book's workbook finds."""
    return found(submission_of(workbook(book), "657001.xlsx"))
