"""Older versions of a form: read by their own definition, moved into the current one by declared renames."""

from __future__ import annotations

import io
import os
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import openpyxl
import pytest
from test_walk import command

from perfxl.check import Submission
from perfxl.check.intake import submission_of
from perfxl.consolidate.keys import new_ring
from perfxl.consolidate.task import Task
from perfxl.errors import PerfxlError
from perfxl.form.library import find_form, form_version, form_versions
from perfxl.form.load import load_form
from perfxl.form.records import Book, Row, RowKey, SheetRecord
from perfxl.post.migrate import migrated
from perfxl.post.prefill import last_year_book
from perfxl.post.reissue import Round, reissue
from perfxl.workbook.layout import plan_of
from perfxl.workbook.seal import cover_locked, seal_meta
from perfxl.workbook.write import BuildOptions, build_workbook
from tests.consolidate.made_submissions import OTHER

AS_OF = datetime(2023, 5, 1, tzinfo=UTC)

SECOND = (
    OTHER.replace("version = 3", "version = 2")
    .replace('budget = "sum"', 'budget = "amount"')
    .replace("{sum}", "{amount}")
    .replace("[field.sum]", "[field.amount]")
    .replace('id = "item"', 'id = "thing"')
    .replace('["{#}", "{risk}", ">", ">"],', '["{#}", "{risk}", ">", ">"],\n  ["备注", "{note}", ">", ">"],')
    + '\n[field.note]\ntype = "text"\nlabel = "备注"\n'
    + '\n[[migration]]\nfrom = 1\nfields = { danger = "risk" }\ngroups = { dangers = "risks" }\n'
)
FIRST = (
    SECOND.split("\n[[migration]]")[0]
    .replace("version = 2", "version = 1")
    .replace("{risk}", "{danger}")
    .replace("[field.risk]", "[field.danger]")
    .replace('fields = ["risk"]', 'fields = ["danger"]')
    .replace("[group.risks]", "[group.dangers]")
)
THIRD = OTHER + '\n[[migration]]\nfrom = 2\nfields = { amount = "sum" }\nsheets = { thing = "item" }\n'


@pytest.fixture
def forms(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    folder = tmp_path / "表样" / "other"
    folder.mkdir(parents=True)
    for name, text in (("form.toml", THIRD), ("form-v2.toml", SECOND), ("form-v1.toml", FIRST)):
        (folder / name).write_text(text, "utf-8")
    monkeypatch.setenv("PERFXL_FORMS", str(folder.parent))
    yield folder


def old_book() -> Book:
    raws = {"what": "修路", "key": "A1", "amount": 12.5, "share": 0.5, "note": "雨季停工。秋后再开工。"}
    rows = {
        "steps": [Row(0, 0, {"step": "勘察", "days": 30.0}), Row(0, 1, {"step": "施工", "days": 90.0})],
        "dangers": [Row(0, 1, {"danger": "雨季"})],
    }
    said = {RowKey("", 0, 1): "金额已经核定过。", RowKey("dangers", 0, 1): "风险可控可防。"}
    thing = SheetRecord("thing", 2, raws, rows, said)  # type: ignore[arg-type]
    return Book(SheetRecord("cover", 1, {"org": "657001", "org_name": "甲"}), [SheetRecord("thing", 1), thing])


def old_workbook(meta: dict[str, str] | None = None) -> bytes:
    form = form_version("other", 1)
    return build_workbook(form, plan_of(form, projects=2), old_book(), BuildOptions(as_of=AS_OF, meta=meta or {}))


def read(content: bytes) -> Submission:
    return submission_of(content, "甲.xlsx")


class DescribeOlderVersions:
    def it_finds_them_beside_the_current_one(self, forms: Path) -> None:
        assert form_versions("other") == (1, 2, 3)
        assert [form_version("other", number).version for number in (1, 2, 3)] == [1, 2, 3]
        assert find_form("other").version == 3
        with pytest.raises(PerfxlError, match="F15"):
            form_version("other", 4)
        (forms / "form-v1.toml").write_text(SECOND, "utf-8")
        os.utime(forms / "form-v1.toml", (1, 1))
        with pytest.raises(PerfxlError, match="F05"):
            form_version("other", 1)

    def it_reads_a_workbook_by_its_own_version(self, forms: Path) -> None:
        found = read(old_workbook())
        assert found.form is not None and found.form.version == 1
        assert found.book is not None and found.book.sheets[1].raws["amount"] == 12.5
        (forms / "form-v1.toml").unlink()
        assert [each.rule for each in read(old_workbook_of(found)).findings] == ["I11"]

    @pytest.mark.usefixtures("forms")
    def it_moves_everything_that_has_a_place_through_every_version(self) -> None:
        moved = migrated(old_book(), form_version("other", 1), find_form("other"))
        item = moved.book.sheets[-1]
        assert (item.sheet, item.ordinal) == ("item", 2)
        assert item.raws == {"what": "修路", "key": "A1", "sum": 12.5, "share": 0.5}
        assert item.rows["steps"] == [Row(0, 0, {"step": "勘察", "days": 30.0}), Row(0, 1, {"step": "施工", "days": 90.0})]
        assert item.rows["risks"] == [Row(0, 1, {"risk": "雨季"})]
        assert item.explanations == {RowKey("", 0, 1): "金额已经核定过。", RowKey("risks", 0, 1): "风险可控可防。"}
        assert [(each.label, each.value, each.place.sheet, each.place.ordinal) for each in moved.lost] == [
            ("备注", "雨季停工。秋后再开工。", "thing", 2)
        ]

    @pytest.mark.usefixtures("forms")
    def it_carries_last_year_over_by_the_renames(self) -> None:
        item = last_year_book(find_form("other"), ("other", 1), old_book()).sheets[-1]
        assert item.raws == {"what": "修路", "key": "A1", "share": 0.5}  # but no money
        assert item.rows["risks"] == [Row(0, 1, {"risk": "雨季"})]

    @pytest.mark.usefixtures("forms")
    def it_is_reissued_in_the_current_version(self) -> None:
        made = reissue(read(old_workbook()), Round(as_of=AS_OF))
        found = read(made.content)
        assert found.form is not None and found.form.version == 3
        assert found.book is not None and found.book.sheets[1].raws["sum"] == 12.5
        assert made.healed == ("表样由第 1 版升为第 3 版，内容已移入",)
        assert len(made.lost) == 1 and made.lost[0].endswith("“备注”在新版表样中没有位置，未移入：雨季停工。秋后再开工。")
        lines = openpyxl.load_workbook(io.BytesIO(made.content))["退回意见"].iter_rows(min_row=2, max_col=6, values_only=True)
        assert [line[3:] for line in lines] == [
            ("I40", "已恢复", "表样由第 1 版升为第 3 版，内容已移入"),
            ("I29", "未保留", made.lost[0]),
        ]

    @pytest.mark.usefixtures("forms")
    def it_is_sealed_anew_for_the_task_of_the_current_version(
        self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
    ) -> None:
        monkeypatch.chdir(tmp_path)
        old_task = Task(form=("other", 1), year=2024, round="一上")
        form = form_version("other", 1)
        meta = seal_meta(new_ring(old_task, AS_OF), form, plan_of(form, projects=2), old_book(), cover_locked(form))
        (tmp_path / "甲.xlsx").write_bytes(old_workbook(meta))
        (tmp_path / "名册.csv").write_text("单位编码,单位名称\n657001,甲\n", "utf-8")
        command("task", "new", "--form", "other", "--year", "2024")
        command("reissue", "甲.xlsx", "--task", "task.toml", "--roster", "名册.csv", "-o", "新")
        shown = capsys.readouterr().out
        assert "已恢复：表样由第 1 版升为第 3 版" in shown and "未保留：" in shown
        command("consolidate", "新", "-o", "汇总.xlsx", "--task", "task.toml")
        assert "通过 1" in capsys.readouterr().out


def old_workbook_of(found: Submission) -> bytes:
    assert found.form is not None and found.plan is not None
    return build_workbook(found.form, found.plan, found.book, BuildOptions(as_of=AS_OF))


class DescribeDeclarations:
    @pytest.mark.parametrize(
        ("text", "code"),
        [
            ("[[migration]]\nfrom = 3\n", "F05"),
            ("[[migration]]\n", "F04"),
            ('[[migration]]\nfrom = 2\nfields = { amount = "nothing" }\n', "F05"),
            ('[[migration]]\nfrom = 2\nsheets = { thing = "nothing" }\n', "F05"),
            ("[[migration]]\nfrom = 2\nfeilds = {}\n", "F03"),
        ],
    )
    def it_refuses_what_cannot_be(self, text: str, code: str) -> None:
        with pytest.raises(PerfxlError) as fault:
            load_form(f"{OTHER}\n{text}", "form.toml")
        assert fault.value.code == code

    def it_refuses_a_name_that_the_older_version_does_not_have(self) -> None:
        new = load_form(OTHER + '\n[[migration]]\nfrom = 2\nfields = { amuont = "sum" }\n', "form.toml")
        with pytest.raises(PerfxlError, match="F30"):
            migrated(Book(), load_form(SECOND, "form-v2.toml"), new)
