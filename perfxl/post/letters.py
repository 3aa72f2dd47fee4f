"""The words of a letter: Jinja2 templates, text and HTML, in a sandbox, which an office may replace.

``templates/mail/`` holds ``下发``, ``催报``, ``退回`` and ``回执``, each as
``.txt.j2`` (its first line is the subject: ``主题：…``) and ``.html.j2``.  A
folder of the office's own goes first, template by template.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from jinja2 import FileSystemLoader, StrictUndefined, Template, TemplateError, TemplateNotFound, TemplateSyntaxError
from jinja2.sandbox import ImmutableSandboxedEnvironment

from ..consolidate.mail import Kind
from ..consolidate.roster import Unit
from ..consolidate.task import CHINA, Task
from ..errors import PerfxlError
from ..form.library import templates_folder
from .message import one_line

__all__ = ["Received", "Remark", "Words", "letter_context", "letter_words"]

_SUBJECT = "主题："
_LONGEST = 1_000_000
"""Characters of a letter: whoever writes more has a loop in the template."""

MAIL = "mail"


@dataclass(frozen=True, slots=True, kw_only=True)
class Words:
    """What a letter says."""

    subject: str
    text: str
    html: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Remark:
    """A finding in words: where, how grave, what, and 财政意见 ("" if none)."""

    sheet: str
    cell: str
    level: str
    rule: str
    message: str
    opinion: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Received:
    """A file that came in, for a receipt: ``outcome`` is one sentence."""

    name: str
    unit: str
    unit_name: str
    errors: int
    hints: int
    known: bool
    repeated: bool
    outcome: str


def letter_context(
    task: Task,
    unit: Unit,
    form_title: str,
    now: datetime,
    *,
    files: Sequence[str] = (),
    remarks: Sequence[Remark] = (),
    received: Sequence[Received] = (),
    received_at: str = "",
    reported: bool = False,
) -> dict[str, object]:
    """Everything that a template may name, for every kind alike."""
    today = now.astimezone(CHINA)
    closes = task.closes
    left = (closes.astimezone(CHINA).date() - today.date()).days if closes else None
    return {
        "unit": unit,
        "task": task,
        "title": task.title,
        "form_title": form_title,
        "office": task.mail,
        "deadline": _deadline(task),
        "days_left": left,
        "overdue": closes is not None and now > closes,
        "today": f"{today.year}年{today.month}月{today.day}日",
        "files": list(files),
        "remarks": list(remarks),
        "errors": sum(each.level == "错误" for each in remarks),
        "hints": sum(each.level == "提示" for each in remarks),
        "received": list(received),
        "received_at": received_at,
        "reported": reported,
    }


def _deadline(task: Task) -> str:
    if task.closes is None:
        return ""
    at = task.closes.astimezone(CHINA)
    day = f"{at.year}年{at.month}月{at.day}日"
    return day if len(task.deadline) == len("2023-01-01") else f"{day} {at:%H:%M}"


def letter_words(kind: Kind, context: Mapping[str, object], own: Path | None = None) -> Words:
    """Render subject, text and HTML; M10 names a template that is missing or wrong, and the line."""
    text = _rendered(f"{kind.value}.txt.j2", context, own)
    first, _, rest = text.lstrip("\ufeff\n").partition("\n")
    if not first.startswith(_SUBJECT) or not one_line(first.removeprefix(_SUBJECT)):
        raise PerfxlError("M10", template=f"{kind.value}.txt.j2", line=1, reason=f"第一行应为“{_SUBJECT}……”")
    html = _rendered(f"{kind.value}.html.j2", context, own)
    return Words(subject=one_line(first.removeprefix(_SUBJECT)), text=rest.strip("\n") + "\n", html=html)


def _environment(own: Path | None) -> ImmutableSandboxedEnvironment:
    folders = [folder for folder in (own, templates_folder() / MAIL) if folder is not None]
    return ImmutableSandboxedEnvironment(
        loader=FileSystemLoader([str(folder) for folder in folders], encoding="utf-8-sig"),
        autoescape=lambda name: bool(name and ".html" in name),
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )


def _rendered(name: str, context: Mapping[str, object], own: Path | None) -> str:
    try:
        found: str = _template(name, own).render(context)
    except TemplateNotFound as fault:
        raise PerfxlError("M10", template=fault.name or name, line=0, reason="找不到这个文件") from None
    except TemplateSyntaxError as fault:
        raise PerfxlError("M10", template=fault.name or name, line=fault.lineno, reason=fault.message or "写法不对") from None
    except (TemplateError, TypeError, ValueError, ArithmeticError, LookupError, AttributeError, OverflowError) as fault:
        raise PerfxlError("M10", template=name, line=_line(fault), reason=str(fault)) from None
    if len(found) > _LONGEST:
        raise PerfxlError("M10", template=name, line=0, reason=f"生成了 {len(found)} 个字符")
    return found


_KEPT: dict[Path | None, ImmutableSandboxedEnvironment] = {}


def _template(name: str, own: Path | None) -> Template:
    if own not in _KEPT:
        _KEPT[own] = _environment(own)
    return _KEPT[own].get_template(name)


def _line(fault: BaseException) -> int:
    """The line of the template in a traceback that Jinja2 has rewritten; 0 if there is none."""
    trace, found = fault.__traceback__, 0
    while trace is not None:
        if trace.tb_frame.f_code.co_filename.endswith(".j2"):
            found = trace.tb_lineno
        trace = trace.tb_next
    return found
