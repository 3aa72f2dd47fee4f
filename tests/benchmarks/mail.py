"""How long handing out by mail takes: ``python -m tests.benchmarks.mail [units]``.

Personalised, sealed workbooks for all units of a roster with two projects
each, written to disk, then mailed to a local SMTP server (TLS, login, in a
process of its own).  Prints wall and CPU seconds of each step.  Not counted as
CPU: the server's own, and that of the processes that build workbooks, which
is measured apart on a few of them.
"""

from __future__ import annotations

import multiprocessing
import os
import resource
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime
from multiprocessing.connection import Connection
from pathlib import Path

import openpyxl

from perfxl.consolidate.keys import new_ring
from perfxl.consolidate.roster import read_roster
from perfxl.consolidate.roster_template import roster_template
from perfxl.consolidate.task import Task
from perfxl.post.handout import Handout, hand_out
from tests.mail.office import project_code, unit_code
from tests.mail.servers import SECRET, USER, Certificates, smtp_server

BUDGET_SECONDS = 100.0
PROJECTS = 2
SAMPLE = 30


def _serve(folder: str, pipe: Connection) -> None:
    with smtp_server(Certificates(Path(folder))) as (mailbox, port):
        pipe.send(port)
        pipe.recv()
        pipe.send((len(mailbox.taken), sum(len(content) for _, _, content in mailbox.taken)))


def _roster(path: Path, units: int) -> None:
    path.write_bytes(roster_template(datetime.now(UTC)))
    book = openpyxl.load_workbook(path)
    titles = [cell.value for cell in book["单位"][1]]
    for number in range(units):
        code = unit_code(number)
        for title, value in (("单位编码", code), ("单位名称", f"第{number + 1}征收所"), ("电子邮箱", f"u{number}@units.test")):
            book["单位"].cell(number + 2, titles.index(title) + 1).value = value
        for project in range(PROJECTS):
            line = (code, project_code(number * PROJECTS + project), f"修路{number}-{project}", 12.5)
            for column, value in enumerate(line, 1):
                book["项目"].cell(number * PROJECTS + project + 2, column).value = value
    book.save(path)


def _timed(what: str, work: Callable[[], None]) -> float:
    before, started = resource.getrusage(resource.RUSAGE_CHILDREN), time.perf_counter()
    work()
    after, wall = resource.getrusage(resource.RUSAGE_CHILDREN), time.perf_counter() - started
    cpu = after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime
    print(f"{what:<28}{wall:8.1f} s wall{cpu:8.1f} s CPU")
    return wall


def _building(path: Path) -> float:
    """CPU milliseconds for one workbook, in this process."""
    task = Task(form=("hebei-2023", 1), year=2023, round="一上")
    now = datetime.now(UTC)
    handout = Handout(task=task, ring=new_ring(task, now), spare=2, at=now)
    roster = read_roster(path.read_bytes(), path.name)
    some = replace(roster, units=dict(list(roster.units.items())[: SAMPLE + 1]))
    made = hand_out(handout, some, {}, jobs=1)
    next(made)
    started = time.process_time()
    count = sum(1 for _ in made)
    return (time.process_time() - started) / count * 1000


def main(units: int) -> None:
    """Hand out to so many units and print what it took."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        near, far = multiprocessing.get_context("spawn").Pipe()
        server = multiprocessing.get_context("spawn").Process(target=_serve, args=(str(folder / "tls"), far), daemon=True)
        server.start()
        port = near.recv()
        environment = {
            **os.environ,
            "SSL_CERT_FILE": str(folder / "tls/ca.pem"),
            "PERFXL_SMTP": f"smtp://{USER}@localhost:{port}",
            "PERFXL_MAIL_PASSWORD": SECRET,
            "PERFXL_MAIL_FROM": f"绩效股 <{USER}>",
            "PERFXL_MAIL_RATE": "0",
        }

        def perfxl(*arguments: str) -> Callable[[], None]:
            command = [sys.executable, "-m", "perfxl", *arguments]
            return lambda: subprocess.run(command, cwd=folder, env=environment, check=True, stdout=subprocess.DEVNULL) and None

        _roster(folder / "名册.xlsx", units)
        perfxl("task", "new", "--year", "2023", "--deadline", "2099-10-31")()
        print(f"{units} units, {PROJECTS} projects each, {os.cpu_count()} cores, load {os.getloadavg()[0]:.1f}")
        print(f"building takes {_building(folder / '名册.xlsx'):.0f} ms CPU a workbook")
        made = perfxl("template", "--task", "task.toml", "--roster", "名册.xlsx", "-o", "下发", "--store", "库.db")
        wall = _timed("make the workbooks", made)
        wall += _timed("send them", perfxl("send", "下发", "--task", "task.toml", "--store", "库.db"))
        near.send("stop")
        taken, size = near.recv()
        server.join(20)
        assert taken == units, (taken, units)
        wanted = BUDGET_SECONDS * units / 1000
        print(f"{taken} letters, {size / 1e6:.0f} MB; together {wall:.1f} s wall, at most {wanted:.0f} s wanted")


if __name__ == "__main__":
    main(int(sys.argv[1]) if len(sys.argv) > 1 else 1000)
