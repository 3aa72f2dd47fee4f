"""What was handed out, from the manifest through the store to 报送情况 and ``perfxl status``."""

from __future__ import annotations

import json
import sqlite3
from datetime import UTC, datetime
from pathlib import Path

import openpyxl
import pytest
from hypothesis import given
from hypothesis import strategies as st
from test_handout import NAMES, roster_file, run
from test_reissue_command import filled
from units import run_here as done

from perfxl.consolidate.ledger import handed_of, keep_handed
from perfxl.consolidate.manifest import HandedOut, Occasion, latest, manifest_text, read_manifest
from perfxl.consolidate.schema import APPLICATION_ID, MIGRATIONS, VERSION
from perfxl.consolidate.store import Store
from perfxl.consolidate.task import Task
from perfxl.errors import PerfxlError

TASK = Task(form=("hebei-2023", 1), year=2023, round="一上")
NAME = "hebei-2023/1/2023/一上"

LINE = st.builds(
    HandedOut,
    unit=st.from_regex(r"[0-9]{6}", fullmatch=True),
    name=st.text(st.characters(codec="utf-8", exclude_categories=("Cc", "Cs", "Zs"), exclude_characters="'"), max_size=9),
    file=st.sampled_from(["=a.xlsx", "657001_甲,乙_2023.xlsx", '"引".xlsx']),
    sha256=st.from_regex(r"[0-9a-f]{64}", fullmatch=True),
    seal=st.from_regex(r"[0-9a-f]{12}", fullmatch=True),
    task=st.just(NAME),
    at=st.sampled_from(["", "2022-11-01T08:30:00+08:00"]),
    occasion=st.sampled_from(Occasion),
)


def cells(path: Path) -> list[tuple[object, ...]]:
    return [row[3:10] for row in openpyxl.load_workbook(path)["报送情况"].iter_rows(min_row=4, values_only=True) if row[3]]


class DescribeTheManifest:
    @given(lines=st.lists(LINE, max_size=4))
    def it_is_read_as_it_was_written(self, lines: list[HandedOut]) -> None:
        assert read_manifest(manifest_text(lines), "清单", TASK) == lines

    def it_is_read_as_excel_saves_it_again(self) -> None:
        line = HandedOut(unit="657001", name="甲", file="a.xlsx", sha256="0" * 64, at="2022-11-01T08:30:00+08:00")
        text = manifest_text([line]).decode("utf-8-sig").replace("2022-11-01 08:30", "2022/11/1 8:30")
        assert read_manifest(text.encode("gb18030"), "清单") == [line]

    @pytest.mark.parametrize(
        ("text", "code", "said"),
        [
            ("", "S50", "“单位编码”“文件”“SHA-256”"),
            ("单位编码,文件,SHA-256\n甲,a.xlsx,00\n", "S50", "有 2 处问题"),
            (f"单位编码,文件,SHA-256,下发时间\n657001,a.xlsx,{'0' * 64},昨天\n", "S50", "第 2 行：下发时间“昨天”"),
            (f"单位编码,文件,SHA-256,任务\n657001,a.xlsx,{'0' * 64},hebei-2023/1/2022/一上\n", "S51", NAME),
            ("单位编码\0", "S50", "UTF-8"),
        ],
    )
    def it_is_refused_with_what_is_wrong(self, text: str, code: str, said: str) -> None:
        with pytest.raises(PerfxlError) as fault:
            read_manifest(text.encode(), "下发清单.csv", TASK)
        assert (fault.value.code, said in str(fault.value)) == (code, True)


class DescribeTheStore:
    def it_remembers_each_workbook_once(self) -> None:
        first = HandedOut(unit="657001", name="甲", file="a.xlsx", sha256="0" * 64, at="2022-11-01T08:30:00+08:00")
        again = HandedOut(
            unit="657001", name="甲", file="b.xlsx", sha256="1" * 64, at="2022-11-02T08:30:00+08:00", occasion=Occasion.AGAIN
        )
        with Store() as store:
            keep_handed(store, [again, first])
            keep_handed(store, [first])
            assert handed_of(store) == (first, again)
        assert latest([again, first]) == {"657001": again}

    def it_is_taken_over_from_the_first_version(self, tmp_path: Path) -> None:
        path = tmp_path / "旧.db"
        old = sqlite3.connect(path)
        old.executescript(MIGRATIONS[0])
        old.execute(f"PRAGMA application_id = {APPLICATION_ID}")
        old.execute("PRAGMA user_version = 1")
        old.execute("INSERT INTO forced VALUES ('657001', 'abc', '已批复')")
        old.commit()
        old.close()
        before = path.read_bytes()
        with Store(path, read_only=True) as store:
            assert (handed_of(store), store.rows("SELECT reason FROM forced")) == ((), [("已批复",)])
        assert path.read_bytes() == before
        with Store(path) as store:
            assert (handed_of(store), store.rows("SELECT reason FROM forced")) == ((), [("已批复",)])
            assert store.rows("PRAGMA user_version") == [(VERSION,)]


def it_goes_from_the_handing_out_to_the_account(tmp_path: Path) -> None:
    roster_file(tmp_path / "名册.xlsx")
    done("task", "new", "--year", "2023", cwd=tmp_path)
    options = ("--task", "task.toml", "--roster", "名册.xlsx")
    done("template", *options, "-o", "下发", "--store", "库.db", cwd=tmp_path)
    shown = done("status", "库.db", cwd=tmp_path)
    assert "还没有汇总过" in shown and "未报送：657002" in shown and "未下发" not in shown
    found = json.loads(done("status", "库.db", "--json", cwd=tmp_path))
    assert [(each["unit_code"], each["state"], len(each["handed_out"])) for each in found["units"]] == [
        ("301001", "missing", 1), ("657001", "missing", 1), ("657002", "missing", 1),
    ]  # fmt: skip

    filled(tmp_path / "下发" / NAMES[2], tmp_path / "收回" / "二所.xlsx", 11)
    done("consolidate", "收回", "-o", "汇总.xlsx", "--store", "库.db", "--task", "task.toml", cwd=tmp_path)
    done("reissue", "--store", "库.db", "--task", "task.toml", "-o", "退回", cwd=tmp_path)
    done("consolidate", "收回", "-o", "汇总.xlsx", "--store", "库.db", cwd=tmp_path)
    rows = cells(tmp_path / "汇总.xlsx")
    assert [(row[0], *row[3:6]) for row in rows[:3]] == [
        ("301001", 1, "未报送", 0), ("657001", 1, "未报送", 0), ("657002", 2, "应退回", 1),
    ]  # fmt: skip
    assert all(datetime.strptime(str(row[2]), "%Y-%m-%d %H:%M").replace(tzinfo=UTC) for row in rows[:3])

    # The same from the manifest alone, by a store that was not told; a unit that got nothing is told.
    text = (tmp_path / "下发" / "下发清单.csv").read_text("utf-8-sig").splitlines()
    (tmp_path / "清单.csv").write_text("\n".join(text[:1] + text[2:]), "utf-8")
    more = ("--store", "另.db", "--handed-out", "清单.csv", "--roster", "名册.xlsx")
    done("consolidate", "收回", "-o", "另.xlsx", "--task", "task.toml", *more, cwd=tmp_path)
    assert [(row[0], row[2] == "未下发", row[4]) for row in cells(tmp_path / "另.xlsx")[:3]] == [
        ("301001", True, "未报送"), ("657001", False, "未报送"), ("657002", False, "应退回"),
    ]  # fmt: skip
    assert "未下发：301001 教育局" in done("status", "另.db", cwd=tmp_path)


def it_refuses_another_tasks_store_before_anything_is_made(tmp_path: Path) -> None:
    roster_file(tmp_path / "名册.xlsx")
    done("task", "new", "--year", "2023", cwd=tmp_path)
    done("task", "new", "--year", "2024", "-o", "二.toml", cwd=tmp_path)
    options = ("--roster", "名册.xlsx", "--store", "库.db")
    done("template", "--task", "task.toml", *options, "-o", "下发", cwd=tmp_path)
    found = run("template", "--task", "二.toml", *options, "-o", "又", cwd=tmp_path)
    assert (found.returncode, found.stderr.strip()[-5:]) == (2, "[S23]"), found
    assert not (tmp_path / "又").exists()
