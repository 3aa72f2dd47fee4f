"""kill -9 while sending and while collecting: run again, and everything is there exactly once."""

from __future__ import annotations

import os
import subprocess
import sys
import time
from collections import Counter
from pathlib import Path
from random import Random

import pytest

from .letters import mail
from .office import Office, unit_code
from .servers import Imap, Mailbox
from .test_collect import listed
from .test_send import fates


def killed(office: Office, seconds: float, *arguments: str) -> bool:
    """Run a command in a process of its own and kill it after so long; whether it was still running."""
    environment = {**os.environ, "PYTHONPATH": str(Path(__file__).resolve().parents[2])}
    command = [sys.executable, "-m", "perfxl", *arguments, "--task", "task.toml", "--store", "库.db", "--rate", "0"]
    with subprocess.Popen(command, cwd=office.folder, env=environment, stdout=subprocess.DEVNULL) as started:
        time.sleep(seconds)
        running = started.poll() is None
        started.kill()
        started.wait()
    return running


def moments(office: Office, random: Random, count: int, *arguments: str) -> None:
    """Kill a command at random moments, later and later, until it gets through or often enough."""
    for number in range(count):
        if not killed(office, random.uniform(0.3, 0.9 + 0.25 * number), *arguments):
            return


@pytest.mark.long
class DescribeAKilledRun:
    @pytest.mark.parametrize("seed", range(4))
    def it_sends_each_letter_at_most_once_and_knows_which_are_uncertain(self, office: Office, smtp: Mailbox, seed: int) -> None:
        moments(office, Random(seed), 8, "send", "下发", "--roster", "名册.csv")
        office.hand_out()
        taken = Counter(to[0] for _, to, _ in smtp.taken)
        assert set(taken.values()) <= {1}
        found = dict(fates(office))
        assert set(found.values()) <= {"sent", "uncertain"} and len(found) == 5
        assert {office.address(number) for number in range(5) if found[unit_code(number)] == "sent"} <= taken.keys()

    @pytest.mark.parametrize("seed", range(4))
    def it_collects_each_mail_and_file_exactly_once(self, office: Office, imap: Imap, smtp: Mailbox, seed: int) -> None:
        assert office.hand_out("--eml", "草稿")[0] == 0
        for number in range(5):
            for version in range(3):
                content = office.filled(number, fiscal=12.5 - version)
                imap.deliver(mail(("a.xlsx", content), sender=office.address(number), number=number * 9 + version, days=version))
        moments(office, Random(seed), 10, "collect", "-o", "收件")
        assert office.collect()[0] == 0
        filed = sorted(path.name for path in (office.folder / "收件/报送").rglob("*.xlsx"))
        assert filed == sorted(
            f"{unit_code(number)}_第{number + 1}征收所_2023_第{version + 1}版.xlsx" for number in range(5) for version in range(3)
        )
        assert Counter(row["结果"] for row in listed(office)) == {"已收": 15}
        assert len(list((office.folder / "收件/原件").rglob("*.eml"))) == 15
        assert len(list((office.folder / "收件").rglob("*.tmp"))) <= 10
        receipts = Counter(content.split(b"In-Reply-To: ")[1].split(b"\r\n")[0] for _, _, content in smtp.taken)
        assert set(receipts.values()) == {1}
        found = office.status()["mail"]["sent"]["回执"]
        assert found.get("sent", 0) + found.get("uncertain", 0) == 15 >= len(receipts) >= found.get("sent", 0)
