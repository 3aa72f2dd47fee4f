"""No room, no right to write, no key, another year's roster, a newer store: one clear line, nothing half-written."""

from __future__ import annotations

import hashlib
import json
import os
import shutil
import sqlite3
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import suppress
from pathlib import Path

import pytest
from test_handout import roster_file
from test_walk import command, faulty
from units import filled

from perfxl.consolidate.keys import needed_ring
from perfxl.consolidate.schema import VERSION
from perfxl.consolidate.task import load_task

COMMANDS = {
    "template": ["template", "--task", "task.toml", "--roster", "名册.xlsx", "-o", "又下发", "--store", "新.db"],
    "consolidate": ["consolidate", "收回", "-o", "汇总.xlsx", "--store", "库.db", "--task", "task.toml"],
    "reissue": ["reissue", "--store", "库.db", "--task", "task.toml", "-o", "退回"],
    "accept": ["accept", "--store", "库.db", "--unit", "657001", "--reason", "已批复"],
    "status": ["status", "库.db"],
}
RUN = """
import contextlib, io, json, resource, sys
limit = int(sys.argv[1])
if limit:
    resource.setrlimit(resource.RLIMIT_FSIZE, (limit, limit))
from perfxl.cli import main
found = {}
for name, arguments in json.loads(sys.argv[2]).items():
    sys.argv = ["perfxl", *arguments]
    said, wrong = io.StringIO(), io.StringIO()
    with contextlib.redirect_stdout(said), contextlib.redirect_stderr(wrong):
        try:
            main()
        except SystemExit as done:
            found[name] = [done.code, said.getvalue(), wrong.getvalue()]
print(json.dumps(found))
"""


def answers(folder: Path, commands: dict[str, list[str]], *, limit: int = 0) -> dict[str, tuple[int, str, str]]:
    """What each command says: exit code, output, errors; all in one process, which may write ``limit`` bytes to a file."""
    # Without bytecode (-B): what Python could write of it would be cut off, too, and hurt every later run.
    arguments = [sys.executable, "-B", "-c", RUN, str(limit), json.dumps(commands)]
    done = subprocess.run(arguments, capture_output=True, text=True, check=False, cwd=folder, timeout=300)
    assert (done.returncode, done.stderr) == (0, ""), done
    return {name: tuple(found) for name, found in json.loads(done.stdout).items()}


def contents(folder: Path) -> dict[str, str]:
    files = (path for path in sorted(folder.rglob("*")) if path.is_file() and path.name != "填满")
    return {str(path.relative_to(folder)): hashlib.sha256(path.read_bytes()).hexdigest() for path in files}


@pytest.fixture(scope="module")
def office(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A round with one unit's faulty workbook returned, consolidated once."""
    folder = tmp_path_factory.mktemp("office")
    before = Path.cwd()
    os.chdir(folder)
    try:
        roster_file(folder / "名册.xlsx")
        command("task", "new", "--year", "2023")
        command("template", "--task", "task.toml", "--roster", "名册.xlsx", "-o", "下发", "--jobs", "1")
        (folder / "收回").mkdir()
        ring = needed_ring(Path("task.toml"), load_task(Path("task.toml")))
        [mine] = (folder / "下发").glob("301001*.xlsx")
        (folder / "收回" / "甲.xlsx").write_bytes(filled(mine.read_bytes(), ring, lambda book: None))
        [mine] = (folder / "下发").glob("657001*.xlsx")
        (folder / "收回" / "乙.xlsx").write_bytes(filled(mine.read_bytes(), ring, faulty))
        shutil.rmtree(folder / "下发")
        options = ("--store", "库.db", "--task", "task.toml", "--roster", "名册.xlsx")
        command("consolidate", "收回", "-o", "汇总.xlsx", *options)
    finally:
        os.chdir(before)
    return folder


def mounted(folder: Path, options: str) -> bool:
    done = subprocess.run(["mount", "-t", "tmpfs", "-o", options, "tmpfs", str(folder)], capture_output=True, check=False)
    return done.returncode == 0


@pytest.fixture
def disk(office: Path, tmp_path: Path) -> Iterator[Path]:
    """A file system of one megabyte with the office's files; skips where it cannot be made."""
    folder = tmp_path / "盘"
    folder.mkdir()
    if not mounted(folder, "size=1m"):
        pytest.skip("no file system can be mounted here")
    try:
        shutil.copytree(office, folder, dirs_exist_ok=True)
        yield folder
    finally:
        subprocess.run(["umount", "-l", str(folder)], check=True)


def full(folder: Path) -> None:
    """Leave room for a name, but not for a file."""
    with (folder / "填满").open("wb", buffering=0) as file, suppress(OSError):
        while True:
            file.write(b"\0" * 1024)


def read_only(folder: Path) -> None:
    subprocess.run(["mount", "-o", "remount,ro", str(folder)], check=True, capture_output=True)


def refused(found: dict[str, tuple[int, str, str]]) -> None:
    """Every command that writes says so in one line; what only reads works."""
    code, said, wrong = found.pop("status")
    assert (code, wrong) == (0, "") and "未报送：657002" in said
    for name, (code, _, wrong) in found.items():
        lines = [line for line in wrong.splitlines() if line]
        assert code == 2 and len(lines) == 1 and lines[0].endswith(("[C02]", "[S20]")), (name, code, wrong)


class DescribeNoRoom:
    @pytest.mark.long
    def it_is_told_on_a_full_disk(self, disk: Path) -> None:
        full(disk)
        before = contents(disk)
        refused(answers(disk, COMMANDS))
        assert contents(disk) == before

    @pytest.mark.long
    def it_is_told_where_nothing_may_be_written(self, disk: Path) -> None:
        read_only(disk)
        before = contents(disk)
        refused(answers(disk, COMMANDS))
        assert contents(disk) == before

    def it_is_told_where_files_may_not_grow(self, office: Path, tmp_path: Path) -> None:
        folder = tmp_path / "盘"
        shutil.copytree(office, folder)
        before = contents(folder)

        refused(answers(folder, COMMANDS, limit=4096))
        assert contents(folder) == before


def without_key(folder: Path) -> None:
    (folder / "task.key").unlink()


def another_year(folder: Path) -> None:
    (folder / "名册.csv").write_text("预算年度,2022\n单位编码,单位名称\n657001,甲\n", "utf-8")


def newer(folder: Path) -> None:
    store = sqlite3.connect(folder / "库.db")
    store.execute(f"PRAGMA user_version = {VERSION + 1}")
    store.commit()
    store.close()


class DescribeWrongUsage:
    @pytest.mark.parametrize(
        ("change", "expected"),
        [
            (
                lambda folder: (folder / "task.toml").unlink(),
                {"template": "[C01]", "consolidate": "[C01]", "reissue": "[C01]"},
            ),
            (without_key, {"template": "[S40]", "reissue": "[S40]"}),
            (another_year, {"roster": "[S36]", "handout": "[S36]"}),
            (newer, {"consolidate": "[S22]", "reissue": "[S22]", "accept": "[S22]", "status": "[S22]"}),
        ],
    )
    def it_is_answered_in_one_line(
        self, change: Callable[[Path], None], expected: dict[str, str], office: Path, tmp_path: Path
    ) -> None:
        folder = tmp_path / "盘"
        shutil.copytree(office, folder)
        change(folder)
        before = contents(folder)
        commands = {
            **COMMANDS,
            "roster": [*COMMANDS["consolidate"], "--roster", "名册.csv"],
            "handout": ["template", "--task", "task.toml", "--roster", "名册.csv", "-o", "又下发"],
        }
        found = answers(folder, {name: commands[name] for name in expected})
        assert {name: (code, wrong.strip()[-5:]) for name, (code, _, wrong) in found.items()} == {
            name: (2, code) for name, code in expected.items()
        }
        assert all(len(wrong.splitlines()) == 1 for _, _, wrong in found.values())
        assert contents(folder) == before
