"""The task (任务): which form, year and round, until when, and the policy. ``task.toml`` says it."""

from __future__ import annotations

from dataclasses import dataclass, field, fields
from datetime import UTC, date, datetime, time, timedelta, timezone
from enum import Enum
from pathlib import Path

from ..errors import PerfxlError
from ..form.toml import Table, read_toml
from .content import FormKey

__all__ = ["Ceilings", "Hints", "Office", "Task", "load_task", "read_task", "write_task"]

CHINA = timezone(timedelta(hours=8))
"""Deadlines are meant in Chinese time, which has no summer time."""


class Ceilings(Enum):
    """How 预算数 relates to its 预算控制数 (DEFINITIONS, "X02")."""

    EQUAL = "equal"
    MAX = "max"


class Hints(Enum):
    """Whether an unexplained hint keeps a submission from being accepted."""

    EXPLAIN = "explain"
    FREE = "free"


@dataclass(frozen=True, slots=True, kw_only=True)
class Office:
    """Who writes to the units: ``sender`` as in a mail's From, ``office`` signs the letters; servers without passwords."""

    sender: str = ""
    office: str = ""
    contact: str = ""
    phone: str = ""
    reply_to: str = ""
    smtp: str = ""
    imap: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Task:
    """One round of one budget year.

    ``deadline`` is a date (its whole day counts, Chinese time) or a time, as
    ISO 8601; "" means none.
    """

    form: FormKey
    year: int
    round: str
    deadline: str = ""
    ceilings: Ceilings = Ceilings.EQUAL
    hints: Hints = Hints.EXPLAIN
    mail: Office = field(default_factory=Office)

    @property
    def title(self) -> str:
        """What people call it."""
        return f"{self.year}年{self.round}"

    @property
    def closes(self) -> datetime | None:
        """The last moment that is in time, in UTC."""
        return _moment(self.deadline) if self.deadline else None


_MAIL_KEYS = {"from" if each.name == "sender" else each.name: each.name for each in fields(Office)}


def _moment(text: str) -> datetime:
    if len(text) == len("2023-01-01"):
        end = datetime.combine(date.fromisoformat(text), time(23, 59, 59), CHINA)
    else:
        end = datetime.fromisoformat(text)
        end = end if end.tzinfo else end.replace(tzinfo=CHINA)
    return end.astimezone(UTC)


def read_task(text: str, file: str) -> Task:
    """Read ``task.toml``; F02–F05 name the key, what was found and what was expected."""
    top = read_toml(text, file)
    table = top.table("task")
    policy = top.table("policy", {})
    mail = top.table("mail", {})
    task = Task(
        form=(table.text("form"), table.integer("version", 1, least=1)),
        year=table.integer("year", least=2000),
        round=table.text("round"),
        deadline=_deadline(table),
        ceilings=Ceilings(_one_of(policy, "ceilings", [each.value for each in Ceilings])),
        hints=Hints(_one_of(policy, "hints", [each.value for each in Hints])),
        mail=Office(**{name: mail.text(key, "") for key, name in _MAIL_KEYS.items()}),
    )
    for each in (table, policy, mail, top):
        each.done()
    return task


def load_task(path: Path) -> Task:
    """The task in a file; C01 if there is none, else as :func:`read_task`."""
    if not path.is_file():
        raise PerfxlError("C01", path=path)
    return read_task(path.read_bytes().decode("utf-8", "replace"), str(path))


def _one_of(table: Table, key: str, allowed: list[str]) -> str:
    found = table.text(key, allowed[0])
    if found not in allowed:
        raise table.wrong(key, " 或 ".join(allowed))
    return found


def _deadline(table: Table) -> str:
    found = table.text("deadline", "")
    try:
        if found:
            _moment(found)
    except (ValueError, OverflowError):
        raise table.wrong("deadline", '日期或时间，如 "2022-10-31" 或 "2022-10-31 18:00"') from None
    return found


_MAIL_NOTES = {
    "from": "发件人，如 预算绩效股 <name@example.com>",
    "office": "落款",
    "contact": "联系人",
    "phone": "联系电话",
    "reply_to": "回复地址，空为发件人",
    "smtp": "发信服务器，如 smtps://name@smtp.example.com；口令不写在这里",
    "imap": "收信服务器，如 imaps://name@imap.example.com",
}


def _mail_text(office: Office) -> str:
    lines = ["", "[mail]"]
    for key, name in _MAIL_KEYS.items():
        value = getattr(office, name).replace("\\", "\\\\").replace('"', '\\"')
        lines.append(f'{key} = "{value}"   # {_MAIL_NOTES[key]}')
    return "\n".join(lines) + "\n"


def write_task(task: Task) -> str:
    """The text of ``task.toml``, with its keys explained."""
    form, version = task.form
    round_name = task.round.replace("\\", "\\\\").replace('"', '\\"')
    text = f"""# 任务：一个预算年度的一轮报送。由 perfxl task new 生成，可用文本编辑器修改。

[task]
form = "{form}"          # 表样
version = {version}
year = {task.year}             # 预算年度
round = "{round_name}"            # 轮次：一上、二上、调整 …
deadline = "{task.deadline}"   # 截止日期（当天有效）或时间（北京时间）；空为不限

[policy]
ceilings = "{task.ceilings.value}"      # equal 预算数须等于控制数；max 不超过即可
hints = "{task.hints.value}"       # explain 提示须说明才算通过；free 不要求
{_mail_text(task.mail)}"""
    if read_task(text, "task.toml") != task:
        raise PerfxlError("C03", option="task", found=task.title, expected="不含控制字符的文字")
    return text
