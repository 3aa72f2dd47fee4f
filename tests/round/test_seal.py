"""The seal: what was handed out is told from what was tampered with."""

from __future__ import annotations

import dataclasses
import io
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path

import openpyxl
import pytest

from perfxl.check import Condition, Submission
from perfxl.check.intake import submission_of
from perfxl.consolidate.keys import find_ring, key_path, needed_ring, new_ring, read_ring, ring_text, rotated, write_ring
from perfxl.consolidate.task import Task
from perfxl.errors import PerfxlError
from perfxl.form.library import find_form
from perfxl.form.records import Book, SheetRecord
from perfxl.workbook.layout import Plan, plan_of
from perfxl.workbook.seal import KeyRing, cover_locked, seal_meta
from perfxl.workbook.write import BuildOptions, build_workbook

NOW = datetime(2022, 10, 1, 8, 0, tzinfo=UTC)
HEBEI = find_form("hebei-2023")
TASK = Task(form=("hebei-2023", 1), year=2023, round="一上")
RING = new_ring(TASK, NOW)
LOCKED = {**cover_locked(HEBEI), ("project", 1): frozenset({"code", "name", "budget"})}


def sealed(ring: KeyRing = RING, plan: Plan | None = None) -> bytes:
    cover = SheetRecord("cover", 1, {"unit_code": "657002", "unit_name": "二所"})
    project = SheetRecord("project", 1, {"code": "13028123P00028410002W", "name": "修路", "budget": 12.5})
    book = Book(cover, [project])
    plan = plan or plan_of(HEBEI, projects=2, lead=False)
    meta = seal_meta(ring, HEBEI, plan, book, LOCKED)
    return build_workbook(HEBEI, plan, book, BuildOptions(as_of=NOW, meta=meta))


def edited(change: Callable[[openpyxl.Workbook], None], content: bytes | None = None) -> bytes:
    book = openpyxl.load_workbook(io.BytesIO(content or sealed()))
    change(book)
    saved = io.BytesIO()
    book.save(saved)
    return saved.getvalue()


def meta_cell(book: openpyxl.Workbook, key: str):  # type: ignore[no-untyped-def]
    return next(row[1] for row in book["_perfxl"].iter_rows(max_col=2) if row[0].value == key)


def put(sheet: str, cell: str, value: object) -> Callable[[openpyxl.Workbook], None]:
    def change(book: openpyxl.Workbook) -> None:
        book[sheet][cell].value = value

    return change


def tampered(key: str, old: str, new: str) -> Callable[[openpyxl.Workbook], None]:
    def change(book: openpyxl.Workbook) -> None:
        cell = meta_cell(book, key)
        assert old in cell.value
        cell.value = cell.value.replace(old, new)

    return change


def without_seal(book: openpyxl.Workbook) -> None:
    for row in book["_perfxl"].iter_rows(max_col=2):
        if row[0].value in ("seal", "sealed1", "key", "task"):
            row[0].value = row[1].value = None


def of_the_seal(found: Submission) -> list[tuple[str, str, str]]:
    """Rule, sheet and cell of what the seal brings to light."""
    said = ("I2", "U01")
    return [(each.rule, each.sheet, each.cell) for each in found.findings if each.rule.startswith(said)]


class DescribeAWorkbookThatWasHandedOut:
    def it_is_what_it_says(self) -> None:
        found = submission_of(sealed(), "a.xlsx", RING)
        assert of_the_seal(found) == []
        assert found.seal is not None
        assert (found.unit_code, found.unit_name) == ("657002", "二所")

    def it_never_holds_a_key(self) -> None:
        book = openpyxl.load_workbook(io.BytesIO(sealed()))
        texts = [str(cell.value) for sheet in book for row in sheet.iter_rows() for cell in row if cell.value is not None]
        assert not any(RING.current.secret.hex() in text or RING.current.password in text for text in texts)

    def it_stays_valid_when_the_key_is_rotated(self) -> None:
        later = rotated(RING, NOW)
        assert later.current != RING.current and later.mark != RING.mark
        assert of_the_seal(submission_of(sealed(), "a.xlsx", later)) == []
        assert of_the_seal(submission_of(sealed(later), "a.xlsx", later)) == []

    def it_is_not_looked_at_without_keys(self) -> None:
        found = submission_of(edited(put("封面", "B3", "657003")), "a.xlsx")
        assert (of_the_seal(found), found.unit_code) == ([], "657003")

    @pytest.mark.parametrize(
        ("change", "expected", "unit"),
        [
            (put("封面", "B3", "657003"), [("U01", "封面", "B3")], "657002"),
            (put("封面", "B4", "三所"), [("U01", "封面", "B4")], "657002"),
            (put("项目01", "B3", "13028123P00028210002H"), [("I23", "项目01", "B3")], "657002"),
            (put("项目01", "C4", 99), [("I23", "项目01", "C4")], "657002"),
            (put("项目01", "C4", "12.5"), [("I23", "项目01", "C4")], "657002"),
            (put("项目01", "E3", None), [("I23", "项目01", "E3")], "657002"),
            (tampered("sealed1", "657002", "657003"), [("I21", "", "")], "657002"),
            (tampered("sealed1", "12.5", "99.5"), [("I21", "", "")], "657002"),
            (tampered("seal", "", "0"), [("I21", "", "")], "657002"),
            (tampered("key", RING.current.id, "00000000"), [("I21", "", "")], "657002"),
            (without_seal, [("I20", "", "")], "657002"),
        ],
    )
    def it_is_told_from_a_tampered_one(
        self, change: Callable[[openpyxl.Workbook], None], expected: list[tuple[str, str, str]], unit: str
    ) -> None:
        found = submission_of(edited(change), "a.xlsx", RING)
        assert of_the_seal(found) == expected
        assert found.unit_code == unit

    def it_is_forged_when_its_plan_was_changed(self) -> None:
        change = tampered("plan", '"indicators", 0, 2', '"indicators", 0, 3')
        assert of_the_seal(submission_of(edited(change), "a.xlsx", RING)) == [("I21", "", "")]

    def it_says_what_the_clerk_should_do(self) -> None:
        found = submission_of(edited(put("项目01", "C4", 99)), "a.xlsx", RING)
        [message] = [each.message for each in found.findings if each.rule == "I23"]
        assert message.startswith("财政预填的预算数被改动，下发时为“12.5”。请改回下发时的内容")

    def it_belongs_to_one_task(self) -> None:
        other = new_ring(dataclasses.replace(TASK, round="二上"), NOW)
        found = submission_of(sealed(other), "a.xlsx", RING)
        assert (found.condition, of_the_seal(found)) == (Condition.UNRECOGNISED, [("I22", "", "")])


class DescribeTheKeyFile:
    def it_is_read_as_written_and_only_by_its_owner(self, tmp_path: Path) -> None:
        path = tmp_path / "task.key"
        write_ring(path, RING)
        assert path.stat().st_mode & 0o777 == 0o600
        assert find_ring(tmp_path / "task.toml", TASK) == RING == read_ring(ring_text(RING).encode(), "k")

    def it_is_kept_apart_by_task(self, tmp_path: Path) -> None:
        task_file = tmp_path / "task.toml"
        with pytest.raises(PerfxlError, match="S40"):
            needed_ring(task_file, TASK)
        write_ring(key_path(task_file), new_ring(dataclasses.replace(TASK, year=2024), NOW))
        with pytest.raises(PerfxlError, match="S42"):
            find_ring(task_file, TASK)

    @pytest.mark.parametrize("content", [b"", b"{}", b"\xff", b'{"perfxl": "task-key", "task": "a", "keys": []}'])
    def it_is_refused_when_damaged(self, content: bytes) -> None:
        with pytest.raises(PerfxlError, match="S41"):
            read_ring(content, "task.key")
