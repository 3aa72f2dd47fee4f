"""Everyone but the officer: who fills the roster and answers letters, on local servers (for the walk in README)."""

from __future__ import annotations

import contextlib
import email
import email.policy
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from email.message import EmailMessage
from pathlib import Path

import openpyxl
import pytest

from .letters import mail
from .office import filled, mended, project_code
from .servers import SECRET, USER, Certificates, Imap, Mailbox, imap_server, smtp_server

__all__ = ["Others", "a_mail_office"]

UNITS = {"657001": "房屋征收中心本级", "657002": "第一征收所", "657003": "第二征收所", "657004": "第三征收所"}
FAULTY, SILENT = "657002", "657004"


@dataclass
class Others:
    """Four units: one faulty at first, one silent."""

    smtp: Mailbox
    imap: Imap
    read: int = 0
    letters: Counter[str] = field(default_factory=Counter)

    def before(self, command: str, folder: Path) -> None:
        """What happens before a command of the officer's."""
        if command.startswith("perfxl template"):
            _fill_roster(folder / "2023/单位名册.xlsx")
        if not command.startswith("perfxl collect"):
            self._count()
            return
        fresh, self.read = self.smtp.taken[self.read :], len(self.smtp.taken)
        self._count()
        for number, (_, to, content) in enumerate(fresh, self.read):
            self._answer(number, to[0], content)

    def _count(self) -> None:
        self.letters.clear()
        for _, _, content in self.smtp.taken:
            self.letters[_parsed(content)["Subject"][1:3]] += 1

    def _answer(self, number: int, address: str, content: bytes) -> None:
        message = _parsed(content)
        files = [each.get_content() for each in message.iter_attachments()]
        code = address.partition("@")[0]
        if not files or code == SILENT:
            return
        if "退回" in message["Subject"]:
            answer = mended(files[0])
        else:
            place = list(UNITS).index(code)
            answer = filled(files[0], place, 12.5, 11 if code == FAULTY else 12.5)
        days = 3 if "退回" in message["Subject"] else 0
        self.imap.deliver(mail(("填好的表.xlsx", answer), sender=address, number=number, days=days))


def _parsed(content: bytes) -> EmailMessage:
    message = email.message_from_bytes(content, policy=email.policy.default)
    assert isinstance(message, EmailMessage)
    return message


def _fill_roster(path: Path) -> None:
    book = openpyxl.load_workbook(path)
    for row, (code, name) in enumerate(UNITS.items(), 2):
        for title, value in (("单位编码", code), ("单位名称", name), ("电子邮箱", f"{code}@units.test"), ("联系人", "王芳")):
            column = next(cell.column for cell in book["单位"][1] if cell.value == title)
            book["单位"].cell(row, column).value = value
        line = (code, project_code(row - 2), f"修路{row - 2}", 12.5)
        for column, value in enumerate(line, 1):
            book["项目"].cell(row, column).value = value
    book.save(path)


@contextlib.contextmanager
def a_mail_office(folder: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Others]:
    """Servers, and the environment that README tells of."""
    certificates = Certificates(folder)
    with smtp_server(certificates) as (smtp, port), imap_server(certificates) as imap:
        monkeypatch.setenv("SSL_CERT_FILE", str(certificates.ca))
        monkeypatch.setenv("PERFXL_MAIL_FROM", f"遵化市财政局绩效股 <{USER}>")
        monkeypatch.setenv("PERFXL_SMTP", f"smtp://{USER}@localhost:{port}")
        monkeypatch.setenv("PERFXL_IMAP", f"imaps://{USER}@localhost:{imap.port}")
        monkeypatch.setenv("PERFXL_MAIL_PASSWORD", SECRET)
        monkeypatch.setenv("PERFXL_MAIL_RATE", "0")
        yield Others(smtp, imap)
