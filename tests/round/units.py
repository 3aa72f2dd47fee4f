"""Units that fill what they were handed: real files in, real files out, every state that DEFINITIONS knows."""

from __future__ import annotations

import contextlib
import hashlib
import io
import sys
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import pytest

from perfxl.check import Submission
from perfxl.check.intake import submission_of
from perfxl.cli import main
from perfxl.form.records import Book, Row, SheetRecord
from perfxl.workbook.seal import KeyRing, seal_meta
from perfxl.workbook.write import BuildOptions, build_workbook

__all__ = ["SAVED", "Change", "fill", "filled", "forged", "kept_code", "of", "ordinary", "run_here"]

SAVED = datetime(2022, 10, 20, 8, 0, tzinfo=UTC)
_SEAL = ("task", "unit", "key", "seal")

Change = Callable[[Book], None]
"""What a unit does differently from an ordinary one."""


def kept_code(unit: str, number: int = 1) -> str:
    """A project code of the 特定目标类, one per unit and number."""
    return f"13028123T{int(unit):09d}{number:03d}"


def ordinary(book: Book, unit: str) -> None:
    """Fill cover and every project that finance has prefilled, faultlessly."""
    book.cover.raws.update({"contact": "王芳", "phone": "0315-6612345"})
    for record in book.sheets:
        if record.sheet == "project" and record.raws.get("code"):
            fill(record, unit)
        elif record.sheet == "department":
            record.raws["overall"] = "完成全年征收任务。"
            record.rows["measures"] = [Row(0, 0, {"measure": "加强组织领导。"})]


def fill(record: SheetRecord, unit: str) -> None:
    """A faultless project with names of its own."""
    budget = record.raws.get("budget")
    record.raws.update(
        {
            "fiscal": budget,
            "purpose": "修建道路。",
            "plan_mar": 0.3,
            "plan_jun": 0.6,
            "plan_oct": 0.9,
            "plan_dec": 1.0,
            "goals": "按时保质保量完成道路修建任务。",
        }
    )
    levels = ("数量", "质量", "时效", "成本", "经济效益", "社会效益", "生态效益", "可持续影响", "满意度")
    rows = []
    for block, level in enumerate(levels):
        # Words that no other unit uses, so that nobody is told of copying.
        word = "".join("甲乙丙丁戊己庚辛壬癸"[int(digit)] for digit in f"{int(unit)}{record.ordinal}")
        rows.append(
            Row(
                block,
                0,
                {
                    "indicator": f"{word}{level}完成率（%）",
                    "description": f"{word}{level}完成数占总数的比例",
                    "value": "≤90%" if level == "成本" else "≥90%",
                    "basis": "遵机编字（2019）5号文件",
                },
            )
        )
    record.rows["indicators"] = rows


def filled(content: bytes, ring: KeyRing, *changes: Change, saved: datetime = SAVED) -> bytes:
    """The workbook as a unit returns it: what it was handed, filled, its seal untouched."""
    handed = submission_of(content, "下发.xlsx", ring)
    assert handed.book is not None and handed.form is not None and handed.plan is not None and handed.seal is not None, handed
    book = handed.book
    if not any(record.rows for record in book.sheets):
        ordinary(book, handed.unit_code)
    for change in changes:
        change(book)
    meta = {key: text for key, text in handed.meta.items() if key in _SEAL or key.startswith("sealed")}
    options = BuildOptions(as_of=saved, password=ring.current.password, locked_on=handed.seal.fields, meta=meta)
    return build_workbook(handed.form, handed.plan, book, options)


def forged(content: bytes, ring: KeyRing, unit: str) -> bytes:
    """The same workbook made out to another unit by someone without the key."""
    handed = submission_of(content, "收回.xlsx", ring)
    assert handed.book is not None and handed.form is not None and handed.plan is not None and handed.seal is not None
    handed.book.cover.raws["unit_code"] = unit
    other = replace(ring, keys=(replace(ring.current, secret=hashlib.sha256(b"guess").digest()),))
    meta = seal_meta(other, handed.form, handed.plan, handed.book, handed.seal.fields)
    options = BuildOptions(as_of=SAVED, password="perfxl", locked_on=handed.seal.fields, meta=meta)
    return build_workbook(handed.form, handed.plan, handed.book, options)


def of(content: bytes, ring: KeyRing) -> Submission:
    """What reading says of it."""
    return submission_of(content, "a.xlsx", ring)


def run_here(*arguments: object, cwd: Path) -> str:
    """What a command prints, run in this process: starting one for each costs more than most of them do."""
    before, sys.argv = sys.argv, ["perfxl", *map(str, arguments)]
    try:
        with contextlib.chdir(cwd), contextlib.redirect_stdout(io.StringIO()) as said, pytest.raises(SystemExit) as done:
            main()
    finally:
        sys.argv = before
    assert done.value.code == 0, said.getvalue()
    return said.getvalue()
