"""``perfxl collect``: from a mailbox or a folder of .eml to workbooks filed by unit, with receipts."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterator, Sequence
from datetime import date, datetime
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console

from ..consolidate.keys import find_ring
from ..consolidate.ledger import handed_of
from ..consolidate.mail import Arrival, EnclosureState, Fate, Kind, MailKind, arrivals, letters, seen_uids
from ..consolidate.output import write_complete
from ..consolidate.store import Store
from ..consolidate.task import load_task
from ..errors import PerfxlError
from ..post.account import Account, account_of
from ..post.collect import FILED, LIST, Collector, list_text, utc_now
from ..post.headers import received_at
from ..post.imap import Box, BoxLost, Listed
from ..post.opened import MOST_MAIL, head_of
from ..post.plan import Omitted, receipts
from ..post.sending import Outcome, mailing, settle
from . import app
from .progress import progress
from .send import (
    EmlOption,
    RateOption,
    RosterOption,
    StoreOption,
    TaskOption,
    TemplatesOption,
    outgoing,
    post_of,
    sending_of,
    store_of,
    tell_doubtful,
    tell_outcome,
)

__all__ = ["collect"]

_TRIES = 3
_SHOWN = 30
_RATE = 30.0


@app.command()
def collect(
    task: TaskOption,
    store: StoreOption,
    output: Annotated[Path, typer.Option("-o", "--output", metavar="DIR", help="收件文件夹；其中“报送”交给 consolidate")],
    folders: Annotated[list[Path] | None, typer.Argument(metavar="DIR…", help="不连邮箱，读取这些文件夹中的 .eml")] = None,
    roster: RosterOption = None,
    folder: Annotated[str, typer.Option("--folder", metavar="NAME", help="邮箱中的文件夹")] = "INBOX",
    since: Annotated[datetime | None, typer.Option("--since", formats=["%Y-%m-%d"], help="只收这一天及以后到的")] = None,
    unseen: Annotated[bool, typer.Option("--unseen", help="只收未读的")] = False,
    mark_seen: Annotated[bool, typer.Option("--mark-seen", help="收完后标为已读；不给时不改动邮箱")] = False,
    no_receipts: Annotated[bool, typer.Option("--no-receipts", help="不发回执")] = False,
    eml: EmlOption = None,
    rate: RateOption = _RATE,
    templates: TemplatesOption = None,
    as_json: Annotated[bool, typer.Option("--json", help="输出 JSON")] = False,
) -> None:
    """收件：从邮件中找出填报表，凭封签认单位，按单位和版本存放，并发回执。

    邮箱中的邮件不会删除。
    """
    meant = load_task(task)
    if output.is_file():
        raise PerfxlError("C02", path=output, reason="这是一个文件，不是文件夹")
    part = None if no_receipts else sending_of(meant, rate=rate)
    fault: PerfxlError | None = None
    with mailing(store), store_of(store, meant, roster) as (opened, units):
        doubtful = settle(opened, utc_now())
        before = {each.key for each in arrivals(opened)}
        collector = Collector(
            store=opened,
            folder=output,
            roster=units,
            ring=find_ring(task, meant),
            year=meant.year,
            own=part.sender.address if part else "",
            blanks=_ours(opened),
            now=utc_now(),
        )
        try:
            if folders:
                _from_folders(collector, folders)
            else:
                account = account_of("imap", meant.mail.imap)
                _from_mailbox(collector, account, folder, since.date() if since else None, unseen=unseen, mark=mark_seen)
        except PerfxlError as why:
            fault = why
        came = arrivals(opened)
        if came:
            write_complete(output / LIST, list_text(came))
        fresh = [each for each in came if each.key not in before]
        if not as_json:
            _tell(fresh, output)
        outcome = Outcome()
        omitted: tuple[Omitted, ...] = ()
        if fault is None and part is not None:
            answered = {each.answers for each in letters(opened) if not each.fate.open}
            post = post_of(meant, units, templates=templates)
            plan = receipts(post, [each for each in came if each.key not in answered])
            omitted = plan.omitted
            try:
                outcome = outgoing(opened, plan.letters, part, eml, Kind.RECEIPT) if plan.letters else outcome
            except PerfxlError as why:
                fault = why
    if as_json:
        sent = {fate.value: outcome.count(fate) for fate in Fate if outcome.count(fate)}
        doubts = [each.message_id for each in doubtful]
        print(json.dumps({**_json(fresh), "receipts": sent, "uncertain": doubts}, ensure_ascii=False, indent=2))
    else:
        tell_doubtful(doubtful)
    if fault is not None:
        raise fault
    if outcome.done or outcome.stopped or omitted:
        tell_outcome(outcome, omitted, Kind.RECEIPT, eml, as_json=None if as_json else False)


def _ours(store: Store) -> frozenset[str]:
    """What the office itself made and sent: coming back untouched it is no report."""
    sent = {sha256 for each in letters(store) for _, sha256 in each.files}
    return frozenset(sent | {each.sha256 for each in handed_of(store)})


# --- where mails come from ------------------------------------------------------------


def _from_folders(collector: Collector, folders: Sequence[Path]) -> None:
    paths: list[Path] = []
    for folder in folders:
        if not folder.exists():
            raise PerfxlError("C01", path=folder)
        found = sorted(folder.rglob("*.eml")) if folder.is_dir() else [folder]
        paths += [path for path in found if collector.folder.resolve() not in path.resolve().parents and path.is_file()]
    if not paths:
        raise PerfxlError("M09", reason="没有 .eml 文件")
    dated = []
    for path in paths:
        with path.open("rb") as file:
            head = head_of(file.read(64_000))
        dated.append((received_at(head, None, collector.now), str(path), path))
    for _, _, path in sorted(dated):
        if path.stat().st_size > MOST_MAIL:
            with path.open("rb") as file:
                head_bytes = file.read(64_000)
            collector.pass_by(head_bytes, path.stat().st_size, (str(path.resolve()), 0), None)
        else:
            collector.take(path.read_bytes())


def _from_mailbox(collector: Collector, account: Account, folder: str, since: date | None, *, unseen: bool, mark: bool) -> None:
    """Go through the mailbox; after a broken connection go on where it broke, a few times."""
    broken = 0
    while True:
        done = 0
        try:
            with Box(account, folder, change_flags=mark) as box:
                for place in _mails(collector, box, since, unseen=unseen):
                    done += 1
                    if mark:
                        box.mark_seen(place)
            return
        except BoxLost as why:
            broken = 1 if done else broken + 1
            if broken >= _TRIES:
                raise PerfxlError("M11", server=account.host, reason=str(why)) from None


def _mails(collector: Collector, box: Box, since: date | None, *, unseen: bool) -> Iterator[int]:
    listed = box.listed(since=since, unseen=unseen, but=seen_uids(collector.store, box.name))
    with progress("收件") as report:
        for number, each in enumerate(listed, 1):
            if _take(collector, box, each):
                yield each.uid
            if report is not None:
                report(number, len(listed), each.arrived.isoformat() if each.arrived else "")


def _take(collector: Collector, box: Box, each: Listed) -> bool:
    """Take one message; whether it was still there."""
    place = (box.name, each.uid)
    if each.size > MOST_MAIL:
        collector.pass_by(box.fetch_head(each.uid), each.size, place, each.arrived)
        return True
    raw = box.fetch(each.uid)
    if raw is not None:
        collector.take(raw, place, each.arrived)
    return raw is not None


# --- telling ------------------------------------------------------------------------


def _json(fresh: Sequence[Arrival]) -> dict[str, object]:
    kinds, states = _counts(fresh)
    return {
        "mails": len(fresh),
        "kinds": {kind.value: kinds[kind] for kind in MailKind},
        "files": {state.value: states[state] for state in EnclosureState},
        "list": [_as_json(each) for each in fresh],
    }


def _counts(fresh: Sequence[Arrival]) -> tuple[Counter[MailKind], Counter[EnclosureState]]:
    return Counter(each.kind for each in fresh), Counter(each.state for mail in fresh for each in mail.enclosures)


def _tell(fresh: Sequence[Arrival], output: Path) -> None:
    kinds, states = _counts(fresh)
    console = Console(highlight=False, soft_wrap=True)

    def say(text: str) -> None:
        console.print(text, markup=False)

    counts = "，".join(f"{kind.label} {kinds[kind]}" for kind in MailKind if kinds[kind])
    say(f"新收 {len(fresh)} 封邮件" + (f"：{counts}" if counts else ""))
    files = "，".join(f"{state.label} {states[state]}" for state in EnclosureState if states[state])
    if files:
        say(f"其中的文件：{files}")
    told = [f"退信：{each.subject}：{each.reason}" for each in fresh if each.kind is MailKind.BOUNCE]
    told += [f"未拆开：{each.sender}：{each.subject}：{each.reason}" for each in fresh if each.kind is MailKind.REFUSED]
    told += [
        f"未识别：{mail.sender}：{each.name}：{each.reason}"
        for mail in fresh
        for each in mail.enclosures
        if each.state is EnclosureState.UNRECOGNISED
    ]
    for line in told[:_SHOWN]:
        say(line)
    if len(told) > _SHOWN:
        say(f"……另有 {len(told) - _SHOWN} 条")
    if fresh:
        say(f"报送的工作簿：{output / FILED}，全部邮件和附件：{output / LIST}")


def _as_json(mail: Arrival) -> dict[str, object]:
    return {
        "received": mail.received,
        "sender": mail.sender,
        "subject": mail.subject,
        "kind": mail.kind.value,
        "reason": mail.reason,
        "original": mail.original,
        "files": [
            {
                "name": each.name,
                "state": each.state.value,
                "unit": each.unit,
                "version": each.version,
                "errors": each.errors,
                "hints": each.hints,
                "path": each.path,
                "reason": each.reason,
            }
            for each in mail.enclosures
        ],
    }
