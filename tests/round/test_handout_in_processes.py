"""Handing out in processes: a bar on a terminal, and a process that dies stops nobody."""

from __future__ import annotations

import csv
import io
import os
import pty
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest
from test_handout import done

CODE = "from perfxl.cli import main; main()"


def roster(path: Path, units: int) -> None:
    rows = [f"{600001 + number},单位{number}" for number in range(units)]
    path.write_text("\n".join(["单位编码,单位名称", *rows]) + "\n", "utf-8")


def children(process: int) -> list[int]:
    found = Path(f"/proc/{process}/task/{process}/children")
    mine = found.read_text().split() if found.exists() else []
    return [int(each) for each in mine if b"resource_tracker" not in Path(f"/proc/{each}/cmdline").read_bytes()]


@pytest.mark.long
def it_shows_a_bar_on_a_terminal(tmp_path: Path) -> None:
    roster(tmp_path / "名册.csv", 3)
    done("task", "new", "--year", "2023", cwd=tmp_path)
    command = [sys.executable, "-c", CODE, "template", "--task", "task.toml", "--roster", "名册.csv", "-o", "下发"]
    ours, theirs = pty.openpty()
    with subprocess.Popen(command, cwd=tmp_path, stdout=subprocess.PIPE, stderr=theirs) as process:
        os.close(theirs)
        shown = b""
        while True:
            try:
                piece = os.read(ours, 4096)
            except OSError:  # the other end is closed
                break
            if not piece:
                break
            shown += piece
    os.close(ours)
    assert process.returncode == 0
    assert "生成" in shown.decode() and "3/3" in shown.decode()


@pytest.mark.long
@pytest.mark.skipif(not Path("/proc/self/task").exists(), reason="needs /proc")
def it_goes_on_when_a_process_is_killed(tmp_path: Path) -> None:
    roster(tmp_path / "名册.csv", 40)
    done("task", "new", "--year", "2023", cwd=tmp_path)
    arguments = ["template", "--task", "task.toml", "--roster", "名册.csv", "-o", "下发", "--jobs", "2"]
    process = subprocess.Popen([sys.executable, "-c", CODE, *arguments], cwd=tmp_path, stdout=-1, stderr=-1, text=True)
    until = time.monotonic() + 120
    while not list((tmp_path / "下发").glob("*.xlsx")) and time.monotonic() < until:
        time.sleep(0.05)
    os.kill(children(process.pid)[-1], signal.SIGKILL)
    said, wrong = process.communicate(timeout=300)
    assert (process.returncode, wrong) == (0, ""), wrong
    assert "已生成 40 个单位" in said
    rows = list(csv.DictReader(io.StringIO((tmp_path / "下发" / "下发清单.csv").read_text("utf-8-sig"))))
    assert len({row["文件"] for row in rows}) == len(list((tmp_path / "下发").glob("*.xlsx"))) == 40
