"""Consolidation in several processes: the same result, and a file that kills or blocks one costs itself alone."""

from __future__ import annotations

import io
import json
import os
import pty
import re
import select
import signal
import subprocess
import sys
import time
from pathlib import Path

import openpyxl
import pytest
from deadly_reader import Deadly
from test_store import contents_of, folder, text_reader

from perfxl.check import Condition
from perfxl.consolidate.files import gather
from perfxl.consolidate.reading import Read, read_contents
from perfxl.consolidate.reading import contents_of as read_only_contents
from perfxl.consolidate.store import Store
from perfxl.workers import Bounds
from tests.check.bad_files import seed
from tests.workbook.parts import edited

BOUNDS = Bounds(seconds=2.0, memory=1 << 30, batch=20)
KILLERS = {"abort": "I30", "killed": "I30", "memory": "I30", "calamine": "I30", "hangs": "I31"}


def read(files: Path, store: Store, jobs: int) -> Read:
    return read_contents(gather([files]).files, store, Deadly(), jobs=jobs, bounds=BOUNDS)


def far_cell() -> bytes:
    """A workbook of one value, at XFD1048576: calamine aborts over it."""
    book = openpyxl.Workbook()
    assert book.active is not None
    book.active["A1"], book.active["XFD1048576"] = 1, 1
    target = io.BytesIO()
    book.save(target)
    return target.getvalue()


class DescribeReadingInProcesses:
    def it_stores_what_one_process_stores(self, tmp_path: Path) -> None:
        files = folder(tmp_path / "in", 60)
        (files / "x.xlsx").write_text("nothing")
        (files / "folder.xlsx").mkdir()
        found = []
        for jobs in (1, 2):
            with Store(tmp_path / f"{jobs}.db") as store:
                found.append(read_contents(gather([files]).files, store, text_reader, jobs=jobs))
        assert found[0] == found[1]
        assert found[0].opened == 61
        assert contents_of(tmp_path / "1.db") == contents_of(tmp_path / "2.db")

    def it_names_the_files_that_kill_and_reads_all_others(self, tmp_path: Path) -> None:
        files = folder(tmp_path / "in", 60)
        with Store() as store:
            good = read(files, store, 1).contents
        for name in KILLERS:
            (files / f"{name}.xlsx").write_bytes(far_cell() if name == "calamine" else name.encode())
        with Store(tmp_path / "s.db") as store:
            found = read(files, store, 2).contents
            kept = store.rows("SELECT count(*) FROM content")[0][0]
        lost = {Path(each.file).stem: each for each in found if Path(each.file).stem in KILLERS}
        assert tuple(each for each in found if each.file not in {other.file for other in lost.values()}) == good
        assert {name: [one.rule for one in each.findings] for name, each in lost.items()} == {
            name: [code] for name, code in KILLERS.items()
        }
        assert {each.condition for each in lost.values()} == {Condition.UNREADABLE}
        assert "SIGABRT" in lost["calamine"].findings[0].message
        assert "2 秒" in lost["hangs"].findings[0].message
        assert kept == 60 + len(KILLERS)

    def it_reads_a_file_again_whose_process_was_killed_and_names_it(self, tmp_path: Path) -> None:
        files = folder(tmp_path / "in", 20)
        (files / "once.xlsx").write_text("657099,1.0")
        (files / "abort.xlsx").write_text("abort")
        with Store() as store:
            found = read(files, store, 2)
        assert [Path(name).stem for name in found.again] == ["once"]
        assert [Path(each.file).stem for each in found.contents if each.condition is not Condition.READ] == ["abort"]

    def it_reads_them_for_a_check_too(self, tmp_path: Path) -> None:
        files = folder(tmp_path / "in", 10)
        (files / "abort.xlsx").write_text("657099,1.0")
        found = read_only_contents(gather([files]).files, Deadly(), jobs=2, bounds=BOUNDS)
        assert [(Path(each.file).stem, each.condition is Condition.READ) for each in found] == [
            *((str(number), True) for number in range(10)),
            ("abort", False),
        ]


COMMAND = """
import sys
sys.path.insert(0, sys.argv.pop(1))
import perfxl.consolidate.run as run
from deadly_reader import Deadly
run.FileReader = lambda ring: Deadly(pause=0.05)
from perfxl.cli import main
main()
"""
"""The real command with a slow reader of small texts."""


def in_session(leader: int) -> list[int]:
    """The living processes of a session."""
    found = []
    for each in Path("/proc").iterdir():
        try:
            fields = (each / "stat").read_text().rpartition(") ")[2].split()
        except (OSError, IndexError):
            continue
        if each.name.isdigit() and int(fields[3]) == leader and fields[0] not in "ZX":
            found.append(int(each.name))
    return found


class DescribeTheCommand:
    def it_comes_to_the_same_with_two_processes(self, tmp_path: Path) -> None:
        files = tmp_path / "in"
        files.mkdir()
        for number in range(8):
            mark = b"<!-- %d -->" % number
            (files / f"{number}.xlsx").write_bytes(edited(seed(), "docProps/app.xml", lambda xml, mark=mark: xml + mark))
        told = []
        for jobs in ("1", "2"):
            command = [sys.executable, "-m", "perfxl", "consolidate", str(files), "-o", str(tmp_path / "o.xlsx"), "--json"]
            done = subprocess.run([*command, "--jobs", jobs], capture_output=True, encoding="utf-8", timeout=200, check=True)
            assert done.stderr == ""
            told.append(json.loads(done.stdout))
        assert told[0] == told[1]
        assert told[0]["files"] == 8

    @pytest.mark.skipif(sys.platform != "linux", reason="needs a pseudo-terminal and /proc")
    def it_stops_at_ctrl_c_and_keeps_what_is_done(self, tmp_path: Path) -> None:
        ours, theirs = pty.openpty()
        given = [folder(tmp_path / "in", 200), "-o", tmp_path / "o.xlsx", "--store", tmp_path / "s.db", "--jobs", "2"]
        command = [sys.executable, "-c", COMMAND, str(Path(__file__).parent), "consolidate", *map(str, given)]
        run = subprocess.Popen(
            command, stdin=theirs, stdout=theirs, stderr=theirs, start_new_session=True, preexec_fn=own_terminal
        )
        os.close(theirs)
        screen = seen(ours, r"[1-9]\d*/200")
        os.write(ours, b"\x03")
        screen += seen(ours, "")
        assert run.wait(20) == 130
        assert "已中断" in screen
        assert "Traceback" not in screen
        deadline = time.monotonic() + 10
        while in_session(run.pid) and time.monotonic() < deadline:
            time.sleep(0.05)
        assert in_session(run.pid) == []
        os.close(ours)
        assert not (tmp_path / "o.xlsx").exists()
        with Store(tmp_path / "s.db") as store:
            assert 0 < int(str(store.rows("SELECT count(*) FROM content")[0][0])) < 200


def own_terminal() -> None:
    """Make standard input the controlling terminal, so that ^C reaches the whole group and means what it means there."""
    import fcntl
    import termios

    signal.signal(signal.SIGINT, signal.SIG_DFL)  # a shell's background jobs ignore it, and so would what they start

    fcntl.ioctl(0, termios.TIOCSCTTY, 0)


def seen(terminal: int, wanted: str, seconds: float = 60) -> str:
    """What a terminal shows until it shows ``wanted`` (a pattern; "": until it is closed)."""
    found = b""
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline:
        if select.select([terminal], [], [], 0.2)[0]:
            try:
                piece = os.read(terminal, 65536)
            except OSError:  # closed at the other end
                break
            if not piece:
                break
            found += piece
        if wanted and re.search(wanted, re.sub(r"\x1b\[[0-9;?]*[A-Za-z]", "", found.decode(errors="replace"))):
            break
    return found.decode(errors="replace")


