"""Send planned letters, each at most once: written down before, written down after.

What SMTP can guarantee: between the final dot of a letter and the server's
answer nobody can know whether it goes out.  That window is kept to these two
lines; a letter caught in it is *uncertain* and is not sent again unless asked.
Everything before the dot is certainly not delivered (RFC 5321 4.1.1.4) and is
sent by the next run; everything after the answer stands in the journal.
"""

from __future__ import annotations

import sqlite3
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import closing, contextmanager
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from email.utils import parseaddr
from pathlib import Path

from ..consolidate.mail import Fate, LetterEntry, letters, mark_letter, record_letters
from ..consolidate.output import write_complete
from ..consolidate.store import Store
from ..errors import PerfxlError, entry
from .message import Attachment, Draft, composed, message_id_of, one_line, valid_address
from .names import joined_name
from .plan import Planned
from .smtp import Courier, Lost, Refused, Unsure

__all__ = ["Outcome", "Sender", "Sending", "dispatch", "mailing", "sender_of", "settle", "sort_out"]

_TRIES = 3
_MOST_REFUSALS = 10
"""Refusals in a row after which the server has had enough of us."""

_PAUSE_SECONDS = 2.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Sender:
    """Who writes."""

    address: str
    name: str = ""
    reply_to: str = ""


@dataclass(frozen=True, kw_only=True)
class Sending:
    """How: through ``server`` (unless the environment names another), at most ``most`` letters (0: all).

    ``rate`` is how many a minute (0: as fast as the server takes them); ``again`` sends even what went before.
    """

    sender: Sender
    server: str = ""
    rate: float = 0.0
    most: int = 0
    again: bool = False


@dataclass(slots=True)
class Outcome:
    """What a run came to, letter by letter; ``stopped`` says why it ended early."""

    done: list[LetterEntry] = field(default_factory=list)
    skipped: list[LetterEntry] = field(default_factory=list)
    left: int = 0
    stopped: str = ""

    def count(self, fate: Fate) -> int:
        """How many letters of this run met this fate."""
        return sum(each.fate is fate for each in self.done)


def sender_of(text: str, reply_to: str) -> Sender:
    """From ``名称 <address>``; M06 if there is no such address."""
    name, address = parseaddr(one_line(text))
    if not valid_address(address):
        raise PerfxlError("M06")
    return Sender(address=address, name=name, reply_to=one_line(reply_to))


@contextmanager
def mailing(store: Path) -> Iterator[None]:
    """Keep others from mailing with this store at the same time; M07 if one does.

    A lock of SQLite's on a file beside it: it goes with the process that holds it.
    """
    beside = store.with_name(f".{store.name}.mail")
    with closing(sqlite3.connect(beside, isolation_level=None, timeout=0.0)) as lock:
        try:
            lock.execute("BEGIN EXCLUSIVE")
        except sqlite3.OperationalError as fault:
            if "locked" in str(fault):
                raise PerfxlError("M07", path=store) from None
            raise PerfxlError("C02", path=store.parent, reason=str(fault)) from None
        yield


def settle(store: Store, now: datetime) -> list[LetterEntry]:
    """The letters that a killed run left *sending*: uncertain from now on.  For whom :func:`mailing` lets in."""
    found: list[LetterEntry] = []
    for each in letters(store):
        if each.fate is Fate.SENDING:
            reason = entry("M31").message
            mark_letter(store, each.message_id, Fate.UNCERTAIN, now, reason, was=Fate.SENDING)
            found.append(replace(each, fate=Fate.UNCERTAIN, reason=reason))
    return found


# --- which letters ------------------------------------------------------------------


def sort_out(
    store: Store, planned: Sequence[Planned], part: Sending, now: datetime
) -> tuple[list[tuple[Planned, LetterEntry]], list[LetterEntry]]:
    """The letters that are to go, with their lines of the journal, and those that went before."""
    settle(store, now)
    last: dict[str, LetterEntry] = {}
    for known in letters(store):
        if known.series not in last or known.number > last[known.series].number:
            last[known.series] = known
    going: list[tuple[Planned, LetterEntry]] = []
    before: list[LetterEntry] = []
    for letter in planned:
        line = last.get(letter.series)
        if line is not None and not line.fate.open and not part.again:
            before.append(line)
        elif line is not None and line.fate.open:
            going.append((letter, line))
        else:
            going.append((letter, _entry(letter, line.number + 1 if line else 1, part, now)))
    return going, before


def _entry(letter: Planned, number: int, part: Sending, now: datetime) -> LetterEntry:
    return LetterEntry(
        message_id=message_id_of(letter.series, number, part.sender.address),
        series=letter.series,
        number=number,
        kind=letter.kind,
        unit=letter.unit.code,
        address=", ".join(letter.addresses),
        subject=letter.words.subject,
        files=tuple((each.name, each.sha256) for each in letter.files),
        made=now.isoformat(),
        changed=now.isoformat(),
        answers=letter.answers,
    )


# --- sending ------------------------------------------------------------------------


def dispatch(
    store: Store,
    planned: Sequence[Planned],
    part: Sending,
    way: Courier | Path,
    *,
    clock: Callable[[], datetime] = lambda: datetime.now(UTC),
    tell: Callable[[int, int, LetterEntry], None] = lambda *_: None,
) -> Outcome:
    """Send by SMTP (a :class:`Courier`) or write drafts (``.eml``) into a folder.

    Raises M04 or M05 if the server cannot be reached at all; M12 for a workbook
    that changed since it was planned: it does not go out.
    """
    going, before = sort_out(store, planned, part, clock())
    record_letters(store, (line for _, line in going))
    outcome = Outcome(skipped=before)
    if isinstance(way, Courier) and going:
        way.connect()
    refusals, next_at = 0, time.monotonic()
    for number, (letter, line) in enumerate(going):
        if outcome.stopped or (part.most and number >= part.most):
            outcome.left = len(going) - number
            break
        if part.rate and isinstance(way, Courier):
            time.sleep(max(0.0, next_at - time.monotonic()))
            next_at = time.monotonic() + 60.0 / part.rate
        content = composed(_draft(letter, line, part, clock()), unsent=isinstance(way, Path))
        if isinstance(way, Path):
            done = _write(store, line, letter, content, way, clock)
        else:
            done, outcome.stopped = _send(store, line, letter, content, way, part, clock)
        outcome.done.append(done)
        tell(number + 1, len(going), done)
        refusals = refusals + 1 if done.fate is Fate.FAILED else 0
        if refusals >= _MOST_REFUSALS and not outcome.stopped:
            outcome.stopped = f"服务器连续拒绝 {refusals} 封：{done.reason}"
    return outcome


def _draft(letter: Planned, line: LetterEntry, part: Sending, now: datetime) -> Draft:
    return Draft(
        message_id=line.message_id,
        sender=part.sender.address,
        sender_name=part.sender.name,
        recipients=letter.addresses,
        recipient_name=letter.unit.contact or letter.unit.name,
        reply_to=part.sender.reply_to,
        subject=letter.words.subject,
        text=letter.words.text,
        html=letter.words.html,
        date=now,
        attachments=tuple(_attachment(each.path, each.name, each.sha256) for each in letter.files),
        answers=letter.answers_id,
    )


def _attachment(path: Path, name: str, sha256: str) -> Attachment:
    try:
        content = path.read_bytes()
    except OSError as fault:
        raise PerfxlError("M12", path=path, reason=fault.strerror or str(fault)) from None
    made = Attachment.of(name, content)
    if made.sha256 != sha256:
        raise PerfxlError("M12", path=path, reason="内容已被改动")
    return made


def _write(
    store: Store, line: LetterEntry, letter: Planned, content: bytes, folder: Path, clock: Callable[[], datetime]
) -> LetterEntry:
    number = line.message_id.partition("@")[0].split(".")[1][:6] if letter.answers or line.number > 1 else ""
    name = joined_name(letter.unit.code, letter.unit.name, letter.kind.value, number)
    write_complete(folder / f"{name}.eml", content)
    mark_letter(store, line.message_id, Fate.DRAFT, clock())
    return replace(line, fate=Fate.DRAFT)


def _send(
    store: Store,
    line: LetterEntry,
    letter: Planned,
    content: bytes,
    courier: Courier,
    part: Sending,
    clock: Callable[[], datetime],
) -> tuple[LetterEntry, str]:
    """What became of the letter, and why no more should be tried ("" to go on)."""
    key = line.message_id
    reason = ""
    for attempt in range(_TRIES):
        if attempt:
            time.sleep(_PAUSE_SECONDS * attempt)
        try:
            refused = courier.deliver(
                part.sender.address, letter.addresses, content, lambda: _mark_sending(store, key, clock())
            )
        except Refused as said:
            mark_letter(store, key, Fate.FAILED, clock(), str(said))
            return replace(line, fate=Fate.FAILED, reason=str(said)), ""
        except Unsure as said:
            reason = f"{entry('M31').message}（{said}）"
            mark_letter(store, key, Fate.UNCERTAIN, clock(), reason, was=Fate.SENDING)
            return replace(line, fate=Fate.UNCERTAIN, reason=reason), ""
        except Lost as said:
            reason = f"连接中断：{said}"
        except PerfxlError as fault:
            reason = fault.message
        else:
            mark_letter(store, key, Fate.SENT, clock(), refused, was=Fate.SENDING)
            return replace(line, fate=Fate.SENT, reason=refused), ""
    mark_letter(store, key, Fate.FAILED, clock(), reason)
    return replace(line, fate=Fate.FAILED, reason=reason), reason


def _mark_sending(store: Store, key: str, now: datetime) -> None:
    mark_letter(store, key, Fate.SENDING, now)
