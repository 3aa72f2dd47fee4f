"""A whole round of 40 units, and a consolidation that is killed again and again."""

from __future__ import annotations

import hashlib
import os
import random
import signal
import sqlite3
import subprocess
import sys
import time
from datetime import UTC, datetime, timedelta
from pathlib import Path

import openpyxl
import pytest
from test_consolidation import AS_OF, save, unit_book

from perfxl.consolidate import State
from perfxl.consolidate.roster import Roster, Unit
from perfxl.consolidate.run import Round, Summary, consolidate_files
from perfxl.consolidate.standing import standings
from perfxl.consolidate.task import Task
from perfxl.form.records import Book, RowKey

TASK = Task(form=("hebei-2023", 1), year=2023, round="一上", deadline="2023-03-12")
BEFORE = datetime(2023, 3, 9, tzinfo=UTC)
LATE = datetime(2023, 3, 13, tzinfo=UTC)
UNITS = 40


def roster() -> Roster:
    offices = ("经建股", "社保股", "教科文股")
    units = [
        Unit(code=f"{657000 + number}", name=f"单位{number}", lead=number == 1, office=offices[number % 3])
        for number in range(1, UNITS + 1)
    ]
    return Roster(units={unit.code: unit for unit in units})


def faulty(number: int) -> Book:
    made = unit_book(number, 10.0 + number)
    made.sheets[-1].raws["fiscal"] = 1.0
    return made


def hinted(number: int, explanation: str = "") -> Book:
    made = unit_book(number, 0.0)
    if explanation:
        made.sheets[-1].explanations[RowKey("", 0, 3)] = explanation
    return made


def first_returns(folder: Path) -> dict[str, str]:
    """Write what 40 units return; the state that DEFINITIONS gives each file."""
    expected: dict[str, str] = {}

    def returned(name: str, made: Book | bytes, state: str, saved: datetime = AS_OF) -> None:
        expected[name] = state
        if isinstance(made, bytes):
            (folder / name).write_bytes(made)
        else:
            save(folder / name, made, saved)

    folder.mkdir()
    for number in range(1, 21):
        returned(f"{number}.xlsx", unit_book(number, 1.25 * number), "accepted")
    for number in range(21, 25):
        returned(f"{number}.xlsx", faulty(number), "returned")
    for number in range(25, 28):
        returned(f"{number}.xlsx", hinted(number), "with_hints")
    for number in range(28, 30):
        returned(f"{number}.xlsx", hinted(number, "本年没有安排预算资金"), "accepted")
    # Two versions: the later one wins although it is the faulty one; a copy counts once; a new name does not matter.
    returned("30 初稿.xlsx", unit_book(30, 3.0), "superseded", BEFORE)
    returned("30 定稿.xlsx", faulty(30), "returned")
    returned("31.xlsx", unit_book(31, 3.1), "accepted")
    returned("31（转发）.xlsx", (folder / "31.xlsx").read_bytes(), "superseded")
    returned("随便起的名字 😀.xlsx", unit_book(32, 3.2), "accepted")
    returned("33.xlsx", (folder / "1.xlsx").read_bytes()[:4000], "unreadable")
    returned("34.xlsx", b"", "unreadable")
    returned("35.xlsx", unit_book(35, 3.5), "accepted", LATE)
    foreign = openpyxl.Workbook()
    foreign.save(folder / "通知.xlsx")
    expected["通知.xlsx"] = "unrecognised"
    returned("不在名册.xlsx", unit_book(99, 9.9), "accepted")
    return expected


def states(summary: Summary) -> dict[str, str]:
    return {Path(each.content.file).name: each.state.value for each in summary.dataset.files}


def recount(summary: Summary) -> int:
    """The total, counted naively from the files that count, as openpyxl reads them; in 10⁻⁶ 万元."""
    total = 0
    for each in summary.dataset.files:
        if each.state in (State.ACCEPTED, State.HINTS):
            book = openpyxl.load_workbook(each.content.file, data_only=True)
            for project in each.content.projects:
                total += round(float(book[project.sheet][project.cells["budget"]].value) * 10**6)  # type: ignore[arg-type]
    return total


def ties(summary: Summary) -> bool:
    sheet = openpyxl.load_workbook(summary.output, data_only=True)["核对"]
    checks = [row for row in sheet.iter_rows(min_row=12, values_only=True) if row[4] in ("相符", "不符")]
    return len(checks) == 3 and all(row[4] == "相符" for row in checks)


@pytest.mark.long
def it_walks_a_round(tmp_path: Path) -> None:
    folder = tmp_path / "收回"
    expected = first_returns(folder)
    hashes = {path: hashlib.sha256(path.read_bytes()).digest() for path in folder.iterdir()}
    part = Round(store=tmp_path / "库.db", task=TASK, roster=roster())
    first = consolidate_files([folder], tmp_path / "汇总.xlsx", as_of=AS_OF, part=part)

    assert states(first) == expected
    assert sum(first.states.values()) == len(expected)
    assert first.budget == recount(first)
    assert ties(first)
    found = {each.unit.code[3:]: each for each in standings(first.dataset)}
    assert [code for code, each in found.items() if each.file is None] == ["033", "034", "036", "037", "038", "039", "040"]
    assert [code for code, each in found.items() if each.late] == ["035"]
    assert [code for code, each in found.items() if not each.listed] == ["099"]
    assert (found["030"].versions, found["031"].versions) == (2, 1)

    # The faulty ones are mended and sent again, beside the old files; two missing units report.
    for number in (21, 22, 23, 24, 30):
        save(folder / f"{number} 改正.xlsx", unit_book(number, 10.0 + number), AS_OF + timedelta(hours=1))
    for number in (33, 36):
        save(folder / f"{number} 补报.xlsx", unit_book(number, 1.0 * number), LATE)
    second = consolidate_files([folder], tmp_path / "汇总.xlsx", as_of=AS_OF, part=Round(store=tmp_path / "库.db"))

    expected.update({f"{number}.xlsx": "superseded" for number in range(21, 25)})
    expected.update({f"{number} 改正.xlsx": "accepted" for number in (21, 22, 23, 24, 30)})
    expected.update({"30 定稿.xlsx": "superseded", "33 补报.xlsx": "accepted", "36 补报.xlsx": "accepted"})
    assert states(second) == expected
    assert second.opened == 7 + 2  # the new ones, and the unreadable ones tried again
    assert second.budget == recount(second)
    assert ties(second)
    missing = [each.unit.code[3:] for each in standings(second.dataset) if each.file is None]
    assert missing == ["034", "037", "038", "039", "040"]
    assert hashes == {path: hashlib.sha256(path.read_bytes()).digest() for path in hashes}


SCRIPT = """
import sys
from datetime import datetime, timezone
from pathlib import Path
from perfxl.consolidate.run import Round, consolidate_files
as_of = datetime(2023, 3, 10, 9, 30, tzinfo=timezone.utc)
consolidate_files([Path(sys.argv[1])], Path(sys.argv[2]), as_of=as_of, part=Round(store=Path(sys.argv[3])))
"""


def rows(path: Path) -> dict[str, list[tuple[object, ...]]]:
    """Every row of every table but the list of runs, which tells how often it was tried, and ``seen``, which tells when."""
    connection = sqlite3.connect(path)
    query = "SELECT name FROM sqlite_master WHERE type = 'table' AND name NOT IN ('run', 'seen')"
    tables = [row[0] for row in connection.execute(query)]
    found = {table: connection.execute(f"SELECT * FROM {table} ORDER BY 1, 2, 3").fetchall() for table in tables}
    connection.close()
    return found


def killed_again_and_again(tmp_path: Path, files: int, times: int) -> None:
    folder = tmp_path / "收回"
    for number in range(1, files + 1):
        save(folder / f"{number}.xlsx", faulty(number) if number % 7 == 0 else unit_book(number, 1.25 * number))
    hashes = {path: hashlib.sha256(path.read_bytes()).digest() for path in folder.iterdir()}
    calm, tried = ([str(tmp_path / f"{name}.{kind}") for kind in ("xlsx", "db")] for name in ("平静", "中断"))
    command = [sys.executable, "-c", SCRIPT, str(folder)]
    start = time.monotonic()
    subprocess.run([*command, *calm], check=True)
    takes = time.monotonic() - start
    dice = random.Random(20230310)
    killed = 0
    for _ in range(times):
        run = subprocess.Popen([*command, *tried])
        time.sleep(dice.uniform(0.2, takes))
        os.kill(run.pid, signal.SIGKILL)
        killed += run.wait() == -signal.SIGKILL
    assert killed
    subprocess.run([*command, *tried], check=True)
    assert rows(Path(tried[1])) == rows(Path(calm[1]))
    assert Path(tried[0]).read_bytes() == Path(calm[0]).read_bytes()
    assert hashes == {path: hashlib.sha256(path.read_bytes()).digest() for path in hashes}


def it_ends_as_if_undisturbed_after_being_killed(tmp_path: Path) -> None:
    killed_again_and_again(tmp_path, files=40, times=4)


@pytest.mark.long
def it_ends_as_if_undisturbed_after_being_killed_20_times_over_200_files(tmp_path: Path) -> None:
    killed_again_and_again(tmp_path, files=200, times=20)


