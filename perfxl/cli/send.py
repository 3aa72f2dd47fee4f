"""``perfxl send``: letters to the units, by SMTP or as drafts."""

from __future__ import annotations

import json
import os
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console

from ..consolidate.ledger import form_of, keep_handed, last_run, remembered, roster_of
from ..consolidate.mail import Fate, Kind, LetterEntry, arrivals, letters
from ..consolidate.manifest import MANIFEST, read_manifest
from ..consolidate.roster import Roster, read_roster
from ..consolidate.run import Round, refuse_others, remember
from ..consolidate.store import Store
from ..consolidate.task import Task, load_task
from ..errors import PerfxlError
from ..form.library import find_form
from ..post.account import account_of
from ..post.plan import Omitted, Plan, Planned, Post, hand_outs, receipts, reminders, returns
from ..post.sending import Outcome, Sending, dispatch, mailing, sender_of, sort_out
from ..post.smtp import Courier
from . import app
from .progress import progress

__all__ = ["outgoing", "post_of", "send", "sending_of", "store_of", "tell_outcome"]

_SHOWN = 20
_RATE = 30.0
"""Letters a minute unless told otherwise: what the public mail services stand."""

TaskOption = Annotated[Path, typer.Option("--task", metavar="FILE", help="任务文件 task.toml；其中 [mail] 写发件人和服务器")]
StoreOption = Annotated[Path, typer.Option("--store", metavar="FILE", help="汇总库：记住发给谁、发没发出，不会重复发送")]
RosterOption = Annotated[Path | None, typer.Option("--roster", metavar="FILE", help="单位名册；不给时用汇总库中的")]
EmlOption = Annotated[Path | None, typer.Option("--eml", metavar="DIR", help="不发送，写成 .eml 草稿，可用邮件软件打开发送")]
RateOption = Annotated[float, typer.Option("--rate", min=0, envvar="PERFXL_MAIL_RATE", help="每分钟至多发送的封数，0 为不限")]
TemplatesOption = Annotated[Path | None, typer.Option("--templates", metavar="DIR", help="本单位的信件模板，同名的优先")]


@app.command()
def send(
    task: TaskOption,
    store: StoreOption,
    folder: Annotated[Path | None, typer.Argument(metavar="DIR", help="下发或退回的工作簿所在的文件夹")] = None,
    kind: Annotated[Kind, typer.Option("--kind", help="下发、催报、退回，或补发的回执")] = Kind.HAND_OUT,
    roster: RosterOption = None,
    unit: Annotated[list[str] | None, typer.Option("--unit", metavar="CODE", help="只发给这些单位，可多次")] = None,
    eml: EmlOption = None,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="只列出会发给谁、发什么，什么也不发")] = False,
    again: Annotated[bool, typer.Option("--again", help="已发过的也再发一次（包括不知是否发出的和退信的）")] = False,
    rate: RateOption = _RATE,
    most: Annotated[int, typer.Option("--most", min=0, help="这一次至多发送的封数，0 为不限；其余下次再发")] = 0,
    templates: TemplatesOption = None,
    as_json: Annotated[bool, typer.Option("--json", help="输出 JSON")] = False,
) -> None:
    """按名册发信：下发工作簿、催报、退回。

    已发过的不会再发；中断后再次运行，接着发。
    """
    meant = load_task(task)
    part = sending_of(meant, rate=rate, most=most, again=again)
    with mailing(store) if not dry_run else _nothing(), store_of(store, meant, roster, only_look=dry_run) as (opened, units):
        post = post_of(meant, units, only=frozenset(unit or ()), templates=templates)
        plan = _plan(opened, post, kind, folder)
        if dry_run:
            _tell_plan(opened, plan, part, as_json=as_json)
            return
        if kind is Kind.HAND_OUT and folder is not None:
            keep_handed(opened, read_manifest((folder / MANIFEST).read_bytes(), str(folder / MANIFEST), meant))
        outcome = outgoing(opened, plan.letters, part, eml, kind)
    tell_outcome(outcome, plan.omitted, kind, eml, as_json=as_json)


@contextmanager
def _nothing() -> Iterator[None]:
    yield


def sending_of(task: Task, *, rate: float, most: int = 0, again: bool = False) -> Sending:
    """Who writes and how; M06 without a sender."""
    sender = sender_of(os.environ.get("PERFXL_MAIL_FROM", "") or task.mail.sender, task.mail.reply_to)
    return Sending(sender=sender, server=task.mail.smtp, rate=rate, most=most, again=again)


@contextmanager
def store_of(path: Path, task: Task, roster: Path | None, *, only_look: bool = False) -> Iterator[tuple[Store, Roster]]:
    """The store, which remembers task and roster from now on, and the roster; a look changes nothing."""
    if roster is not None and not roster.is_file():
        raise PerfxlError("C01", path=roster)
    given = read_roster(roster.read_bytes(), str(roster)) if roster else None
    with Store(path if path.is_file() or not only_look else None, read_only=only_look and path.is_file()) as store:
        (refuse_others if only_look else remember)(store, Round(task=task, roster=given))
        units = given or roster_of(store)
        if not units.units:
            raise PerfxlError("C03", option="--roster", found="未给出，汇总库中也没有", expected="单位名册的文件名")
        yield store, units


def post_of(task: Task, roster: Roster, *, only: frozenset[str] = frozenset(), templates: Path | None = None) -> Post:
    """What all letters share; M23 for a unit that is not on the roster."""
    if templates is not None and not templates.is_dir():
        raise PerfxlError("C01", path=templates)
    unknown = sorted(only - roster.units.keys())
    if unknown:
        raise PerfxlError("M23", place="、".join(unknown))
    form = find_form(task.form[0])
    now = datetime.now(UTC).replace(microsecond=0)
    return Post(task=task, form_title=form.title, roster=roster, now=now, only=only, templates=templates)


def _plan(store: Store, post: Post, kind: Kind, folder: Path | None) -> Plan:
    if folder is not None and not folder.is_dir():
        raise PerfxlError("C01", path=folder)
    if kind is Kind.RECEIPT:
        return receipts(post, arrivals(store))
    if kind is Kind.HAND_OUT:
        return hand_outs(post, _needed(folder, "下发的工作簿所在的文件夹"))
    dataset = replace(remembered(store, find_form(form_of(store) or post.task.form[0])), task=post.task, roster=post.roster)
    if kind is Kind.REMIND:
        return reminders(post, dataset, folder, letters(store), arrivals(store))
    if last_run(store) is None:
        raise PerfxlError("S35", path=store.path)
    return returns(post, dataset, _needed(folder, "退回的工作簿所在的文件夹（perfxl reissue 生成）"))


def _needed(folder: Path | None, expected: str) -> Path:
    if folder is None:
        raise PerfxlError("C03", option="DIR", found="未给出", expected=expected)
    return folder


def outgoing(store: Store, planned: Sequence[Planned], part: Sending, eml: Path | None, kind: Kind) -> Outcome:
    """Send, or write drafts, with a progress bar on a terminal."""
    with progress(kind.value) as report:

        def tell(done: int, total: int, each: LetterEntry) -> None:
            if report is not None:
                report(done, total, f"{each.unit} {each.address}")

        if eml is not None:
            if eml.is_file():
                raise PerfxlError("C02", path=eml, reason="这是一个文件，不是文件夹")
            return dispatch(store, planned, part, eml, tell=tell)
        going, before = sort_out(store, planned, part, datetime.now(UTC))
        if not going:
            return Outcome(skipped=before)
        with Courier(account_of("smtp", part.server)) as courier:
            return dispatch(store, planned, part, courier, tell=tell)


# --- telling ------------------------------------------------------------------------


def _say(text: str) -> None:
    Console(highlight=False, soft_wrap=True).print(text, markup=False)


def _tell_plan(store: Store, plan: Plan, part: Sending, *, as_json: bool) -> None:
    """What would go where; the store is only looked at."""
    last: dict[str, LetterEntry] = {}
    for each in letters(store):
        last[each.series] = max(each, last.get(each.series, each), key=lambda entry: entry.number)
    known = {key: entry for key, entry in last.items() if not entry.fate.open and not part.again}
    going = [each for each in plan.letters if each.series not in known]
    if as_json:
        found = {
            "letters": [_as_json(each) for each in going],
            "before": [_entry_json(known[each.series]) for each in plan.letters if each.series in known],
            "omitted": [{"unit": each.unit.code, "name": each.unit.name, "reason": each.reason} for each in plan.omitted],
        }
        print(json.dumps(found, ensure_ascii=False, indent=2))
        return
    for letter in going:
        files = "".join(f"　附件 {enclosed.name}" for enclosed in letter.files)
        _say(f"{letter.unit.code} {letter.unit.name} → {'、'.join(letter.addresses)}：{letter.words.subject}{files}")
    _tell_omitted(plan.omitted)
    _say(f"试运行，没有发送：将发 {len(going)} 封，已发过 {len(plan.letters) - len(going)} 封，不能发 {len(plan.omitted)} 封")


def _as_json(each: Planned) -> dict[str, object]:
    return {
        "kind": each.kind.value,
        "unit": each.unit.code,
        "to": list(each.addresses),
        "subject": each.words.subject,
        "files": [enclosed.name for enclosed in each.files],
    }


def _entry_json(each: LetterEntry) -> dict[str, object]:
    return {
        "kind": each.kind.value,
        "unit": each.unit,
        "to": each.address,
        "message_id": each.message_id,
        "state": each.fate.value,
        "at": each.changed,
        "reason": each.reason,
    }


def tell_outcome(outcome: Outcome, omitted: Sequence[Omitted], kind: Kind, eml: Path | None, *, as_json: bool | None) -> None:
    """Print what a run came to (``None``: nothing); exit code 1 if letters did not go out, 2 if it ended early."""
    bad = [each for each in outcome.done if each.fate in (Fate.FAILED, Fate.UNCERTAIN)]
    doubtful = [each for each in outcome.skipped if each.fate in (Fate.UNCERTAIN, Fate.BOUNCED)]
    if as_json:
        found = {
            "kind": kind.value,
            "letters": [_entry_json(each) for each in outcome.done],
            "before": [_entry_json(each) for each in outcome.skipped],
            "omitted": [{"unit": each.unit.code, "name": each.unit.name, "reason": each.reason} for each in omitted],
            "left": outcome.left,
            "stopped": outcome.stopped,
        }
        print(json.dumps(found, ensure_ascii=False, indent=2))
    elif as_json is False:
        tell_doubtful([*bad, *doubtful])
        for each in outcome.done:
            if each.fate is Fate.SENT and each.reason:
                _say(f"部分地址被拒收：{each.unit}：{each.reason}")
        _tell_omitted(omitted)
        done = f"写出草稿 {outcome.count(Fate.DRAFT)} 封：{eml}" if eml else f"已发 {outcome.count(Fate.SENT)} 封"
        parts = [f"{kind.value}：{done}"]
        for count, text in (
            (outcome.count(Fate.FAILED), "失败 {} 封（再次运行会重发）"),
            (outcome.count(Fate.UNCERTAIN), "不确定 {} 封"),
            (len(outcome.skipped), "以前已发 {} 封，没有重发"),
            (len(omitted), "不能发 {} 封"),
            (outcome.left, "尚余 {} 封，下次运行再发"),
        ):
            parts += [text.format(count)] if count else []
        _say("，".join(parts))
        if outcome.stopped:
            _say(f"提前结束：{outcome.stopped}")
    if outcome.stopped:
        raise typer.Exit(2)
    if bad or omitted:
        raise typer.Exit(1)


def tell_doubtful(found: Sequence[LetterEntry]) -> None:
    """A line for each letter that did not arrive, or of which nobody knows."""
    for each in found:
        _say(f"{each.fate.label}：{each.unit} {each.address}：{each.reason}")


def _tell_omitted(omitted: Sequence[Omitted]) -> None:
    for each in omitted:
        _say(f"不能发：{each.unit.code} {each.unit.name}：{each.reason}")
