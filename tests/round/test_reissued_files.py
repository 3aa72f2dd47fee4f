"""Reissuing through real files: whatever was typed is kept, whatever was broken is whole, what is wrong can be seen."""

from __future__ import annotations

import io
import subprocess
from collections.abc import Callable
from functools import cache
from pathlib import Path

import openpyxl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from openpyxl.cell.cell import ILLEGAL_CHARACTERS_RE, Cell
from test_reissue import CODES, PART, project, read, returned, rules, unit_book

from perfxl.form.library import find_form
from perfxl.post.reissue import reissue
from perfxl.workbook.layout import layout_of, plan_of
from tests.engines import libreoffice

HEBEI = find_form("hebei-2023")
DAMAGE = ("I07", "I08", "I16", "I17", "I18", "I25", "I26", "I27", "I28")
ENTRIES = ("E3", "E4", "G4", "I5", "B7", "D7", "E7", "G7", "B8", "C10", "D10", "F10", "G10", "C11", "F11", "L8", "L4")
"""Cells of a project sheet that the unit fills, two explanations among them."""

TEXT = st.text(max_size=30).filter(lambda text: not ILLEGAL_CHARACTERS_RE.search(text))
ODD = st.sampled_from(
    ["=1+1", "+86", "-", "@x", "'引号", "≥90%", "30％", " 前后 ", "第一行\n第二行", "１２", "0123", "1e5", "𠮷田"]
)
VALUE = st.one_of(TEXT, ODD, st.integers(-5, 10**9), st.floats(allow_nan=False, allow_infinity=False, width=32), st.none())

Damage = Callable[[openpyxl.Workbook], None]


def nothing(book: openpyxl.Workbook) -> None:
    """As it was handed out."""


def renamed(book: openpyxl.Workbook) -> None:
    book["项目01"].title = "道路"


def unvalidated(book: openpyxl.Workbook) -> None:
    for sheet in book:
        sheet.data_validations.dataValidation = []
        sheet.conditional_formatting = type(sheet.conditional_formatting)()
        sheet.protection.sheet = False


def without_rules(book: openpyxl.Workbook) -> None:
    for title in [title for title in book.sheetnames if title.startswith("_c")]:
        del book[title]


def relabelled(book: openpyxl.Workbook) -> None:
    book["项目01"]["A9"].value = "改过的表头"


def inserted(book: openpyxl.Workbook) -> None:
    book["项目01"].insert_rows(5, 2)


@cache
def handed() -> bytes:
    return returned(unit_book(project(1, CODES[0]), project(2, CODES[1])))


@given(
    typed=st.dictionaries(st.sampled_from(ENTRIES), VALUE, max_size=8),
    damage=st.sampled_from([nothing, renamed, unvalidated, without_rules, relabelled, inserted]),
)
@settings(max_examples=3, deadline=None)
def it_keeps_every_value(typed: dict[str, object], damage: Damage) -> None:
    keeps(typed, damage)


@pytest.mark.long
@given(
    typed=st.dictionaries(st.sampled_from(ENTRIES), VALUE, max_size=12),
    damage=st.sampled_from([nothing, renamed, unvalidated, without_rules, relabelled, inserted]),
)
@settings(max_examples=100, deadline=None)
def it_keeps_every_value_in_the_long_run(typed: dict[str, object], damage: Damage) -> None:
    keeps(typed, damage)


def keeps(typed: dict[str, object], damage: Damage) -> None:
    book = openpyxl.load_workbook(io.BytesIO(handed()))
    for address, value in typed.items():
        cell = book["项目01"][address]
        assert isinstance(cell, Cell), address
        cell.value = value  # type: ignore[assignment]
        if isinstance(value, str):
            cell.data_type = "s"
    damage(book)
    saved = io.BytesIO()
    book.save(saved)
    before = read(saved.getvalue())
    assert before.book is not None
    made = reissue(before, PART)
    after = read(made.content)
    assert after.book == before.book
    assert (after.seal is None) == (before.seal is None)
    assert [each.rule for each in after.findings if each.rule in DAMAGE] == []
    if damage is not inserted:
        raws = before.book.sheets[0].raws
        singles = layout_of(HEBEI, plan_of(HEBEI, projects=2, lead=False))["project"].singles
        for name, address in ((name, area.address) for name, area in singles.items()):
            if address in typed and isinstance(typed[address], str) and str(typed[address]).strip():
                assert raws[name] == typed[address], (name, address)


@pytest.mark.long
def it_heals_what_a_person_does_in_libreoffice(tmp_path: Path) -> None:
    (tmp_path / "a.xlsx").write_bytes(handed())
    steps: list[list[object]] = [["unprotect", "项目01", "perfxl"], ["insert", "项目01", 4, 2], ["insert", "项目01", 13, 1]]
    steps += [["unprotect-book", "perfxl"], ["rename", "项目02", "办公经费"], ["put", "项目01", "E4", 11]]
    before = read(libreoffice.edit(tmp_path / "a.xlsx", tmp_path / "b.xlsx", steps).read_bytes())
    assert {"I08", "I16", "I18"} <= {each.rule for each in before.findings}
    made = reissue(before, PART)
    after = read(made.content)
    assert after.book == before.book
    assert before.book is not None and before.book.sheets[0].raws["fiscal"] == 11
    assert [each for each in rules(after) if each[0] in DAMAGE] == []
    assert openpyxl.load_workbook(io.BytesIO(made.content)).sheetnames[2:4] == ["项目01", "项目02"]
    assert len(made.healed) >= 3


@pytest.mark.long
def it_shows_comments_and_fills_in_libreoffices_picture(tmp_path: Path) -> None:
    wrong = project(1, CODES[0], fiscal=11, goals="修好道路")
    made = reissue(read(returned(unit_book(wrong))), PART)
    (tmp_path / "a.xlsx").write_bytes(made.content)
    picture = libreoffice.edit(tmp_path / "a.xlsx", tmp_path / "a.pdf", [["comments", "项目01"]])
    page = "3"  # after the cover and 退回意见
    text = subprocess.run(["pdftotext", "-f", page, "-l", page, str(picture), "-"], capture_output=True, check=True, text=True)
    assert "【错误】预算数应等于" in text.stdout and "【提示】绩效目标只有 4 个字" in text.stdout
    drawn = subprocess.run(["pdftoppm", "-f", page, "-l", page, "-r", "40", str(picture)], capture_output=True, check=True)
    red, yellow = (drawn.stdout.count(bytes.fromhex(colour)) for colour in ("ffc7ce", "ffeb9c"))
    assert red > 100 and yellow > 1000
