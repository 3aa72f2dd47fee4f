"""The mail journal in the store: what was sent and to whom, what came in, and what became of both.

A letter is written down before it is sent and again when its fate is known.
``perfxl/post`` writes the journal; consolidation takes mail dates from it, and
status what each unit has been sent.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime
from enum import Enum

from .store import Store

__all__ = [
    "Arrival",
    "Enclosure",
    "EnclosureState",
    "Fate",
    "Kind",
    "LetterEntry",
    "MailKind",
    "arrivals",
    "has_journal",
    "letters",
    "mail_dates",
    "mark_letter",
    "next_version",
    "record_arrival",
    "record_letters",
    "seen_uids",
]


class Kind(Enum):
    """What a letter is for; the value is what people read and type."""

    HAND_OUT = "下发"
    REMIND = "催报"
    RETURN = "退回"
    RECEIPT = "回执"


class Fate(Enum):
    """What became of a letter."""

    QUEUED = "queued"
    SENDING = "sending"
    SENT = "sent"
    FAILED = "failed"
    UNCERTAIN = "uncertain"
    DRAFT = "draft"
    BOUNCED = "bounced"

    @property
    def label(self) -> str:
        """The word that people read."""
        return _FATES[self]

    @property
    def open(self) -> bool:
        """It certainly has not gone out: the next run sends it."""
        return self in (Fate.QUEUED, Fate.FAILED)


_FATES = {
    Fate.QUEUED: "待发",
    Fate.SENDING: "发送中",
    Fate.SENT: "已发",
    Fate.FAILED: "失败",
    Fate.UNCERTAIN: "不确定",
    Fate.DRAFT: "草稿",
    Fate.BOUNCED: "退信",
}


class MailKind(Enum):
    """What a mail that came in is."""

    REPORT = "report"
    DUPLICATE = "duplicate"
    BOUNCE = "bounce"
    AUTOMATIC = "automatic"
    OTHER = "other"
    REFUSED = "refused"

    @property
    def label(self) -> str:
        """The word that people read."""
        return _MAILS[self]


_MAILS = {
    MailKind.REPORT: "报送",
    MailKind.DUPLICATE: "重复邮件",
    MailKind.BOUNCE: "退信",
    MailKind.AUTOMATIC: "自动回复",
    MailKind.OTHER: "无报送文件",
    MailKind.REFUSED: "未拆开",
}


class EnclosureState(Enum):
    """What became of a file found in a mail."""

    FILED = "filed"
    REPEATED = "repeated"
    UNRECOGNISED = "unrecognised"
    OTHER = "other"

    @property
    def label(self) -> str:
        """The word that people read."""
        return _ENCLOSURES[self]


_ENCLOSURES = {
    EnclosureState.FILED: "已收",
    EnclosureState.REPEATED: "内容重复",
    EnclosureState.UNRECOGNISED: "未识别",
    EnclosureState.OTHER: "其他附件",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class LetterEntry:
    """A letter as the journal knows it.

    ``series`` says which occasion it belongs to, ``number`` counts the letters
    of that occasion from 1; ``files`` are name and SHA-256 of its enclosures;
    ``answers`` is the key of the mail that a receipt answers.  Times are ISO 8601 in UTC.
    """

    message_id: str
    series: str
    number: int
    kind: Kind
    unit: str
    address: str
    subject: str
    files: tuple[tuple[str, str], ...] = ()
    fate: Fate = Fate.QUEUED
    attempts: int = 0
    made: str = ""
    changed: str = ""
    reason: str = ""
    answers: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Enclosure:
    """A file found in a mail; ``path`` is where it lies in the collecting folder, "" if only the mail holds it.

    ``received`` is the date of the message that carried it, which for a
    forwarded message is that message's own.  ``errors`` and ``hints`` are what
    checking this one file found.
    """

    name: str
    sha256: str
    size: int
    state: EnclosureState
    unit: str = ""
    unit_name: str = ""
    version: int = 0
    received: str = ""
    path: str = ""
    errors: int = 0
    hints: int = 0
    reason: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Arrival:
    """A mail that came in.

    ``key`` is the SHA-256 of its bytes (for one that was not fetched, of its
    place); ``original`` where its bytes lie in the collecting folder; ``answer_to``
    the address that a receipt goes to, "" if none is due.
    """

    key: str
    message_id: str
    received: str
    sender: str
    subject: str
    kind: MailKind
    reason: str = ""
    original: str = ""
    answer_to: str = ""
    enclosures: tuple[Enclosure, ...] = ()


def has_journal(store: Store) -> bool:
    """Whether the store has the tables: one of an older version, opened for reading only, has not."""
    return bool(store.rows("SELECT 1 FROM sqlite_master WHERE name = 'letter'"))


# --- letters ----------------------------------------------------------------------

_LETTER = "message_id, series, number, kind, unit, address, subject, files, fate, attempts, made, changed, reason, answers"


def letters(store: Store) -> list[LetterEntry]:
    """Every letter, in the order in which they were first written down."""
    if not has_journal(store):
        return []
    return [_letter(row) for row in store.rows(f"SELECT {_LETTER} FROM letter ORDER BY made, unit, message_id")]


def _letter(row: tuple[object, ...]) -> LetterEntry:
    message_id, series, number, kind, unit, address, subject, files, fate, attempts, made, changed, reason, answers = row
    return LetterEntry(
        message_id=str(message_id),
        series=str(series),
        number=int(str(number)),
        kind=Kind(kind),
        unit=str(unit),
        address=str(address),
        subject=str(subject),
        files=tuple((str(name), str(sha256)) for name, sha256 in json.loads(str(files))),
        fate=Fate(fate),
        attempts=int(str(attempts)),
        made=str(made),
        changed=str(changed),
        reason=str(reason),
        answers=str(answers),
    )


def record_letters(store: Store, entries: Iterable[LetterEntry]) -> None:
    """Write down letters that are going to be sent; those known already stay as they are."""
    with store.transaction() as connection:
        for each in entries:
            files = json.dumps(each.files, ensure_ascii=False)
            head = (each.message_id, each.series, each.number, each.kind.value, each.unit, each.address, each.subject, files)
            tail = (each.fate.value, each.attempts, each.made, each.changed, each.reason, each.answers)
            connection.execute("INSERT OR IGNORE INTO letter VALUES (?,?,?,?,?,?,?,?,?,?,?,?,?,?)", (*head, *tail))


def mark_letter(store: Store, message_id: str, fate: Fate, at: datetime, reason: str = "", *, was: Fate | None = None) -> bool:
    """Write down what became of a letter; with ``was`` only if that still holds.  Whether a line changed."""
    attempt = int(fate in (Fate.SENT, Fate.FAILED, Fate.UNCERTAIN, Fate.DRAFT))
    only = " AND fate = ?" if was else ""
    query = f"UPDATE letter SET fate = ?, changed = ?, reason = ?, attempts = attempts + ? WHERE message_id = ?{only}"
    values: list[object] = [fate.value, at.isoformat(), reason, attempt, message_id, *([was.value] if was else [])]
    with store.transaction() as connection:
        return connection.execute(query, values).rowcount > 0


# --- mail that came in ------------------------------------------------------------


def seen_uids(store: Store, box: str) -> set[int]:
    """The UIDs of a mailbox folder (with its UIDVALIDITY in its name) that were collected."""
    return {int(str(uid)) for (uid,) in store.rows("SELECT uid FROM mail_place WHERE box = ?", (box,))}


def next_version(store: Store, unit: str) -> int:
    """The number of the next version that a unit's file is filed under."""
    rows = store.rows("SELECT coalesce(max(version), 0) + 1 FROM enclosure WHERE unit = ?", (unit,))
    return int(str(rows[0][0]))


def record_arrival(store: Store, arrival: Arrival | None, *, now: datetime, place: tuple[str, int] | None, key: str = "") -> None:
    """Write down a mail with everything in it, and where it was seen, at once; a known mail (by ``key``) only where."""
    with store.transaction() as connection:
        if arrival is not None:
            head = (arrival.key, arrival.message_id, arrival.received, arrival.sender, arrival.subject, arrival.kind.value)
            values = (*head, arrival.reason, arrival.original, arrival.answer_to, now.isoformat())
            connection.execute("INSERT INTO mail VALUES (?,?,?,?,?,?,?,?,?,?)", values)
            rows = (_enclosure_row(arrival.key, number, each) for number, each in enumerate(arrival.enclosures))
            connection.executemany("INSERT INTO enclosure VALUES (?,?,?,?,?,?,?,?,?,?,?,?,?,?)", rows)
        if place is not None:
            known = arrival.key if arrival else key
            connection.execute("INSERT OR IGNORE INTO mail_place VALUES (?,?,?)", (*place, known))


def _enclosure_row(mail: str, number: int, each: Enclosure) -> tuple[object, ...]:
    head = (mail, number, each.name, each.sha256, each.size, each.state.value, each.unit, each.unit_name, each.version)
    return *head, each.received, each.path, each.errors, each.hints, each.reason


def arrivals(store: Store) -> list[Arrival]:
    """Every mail that came in, with what was in it, by date."""
    if not has_journal(store):
        return []
    inside: dict[str, list[Enclosure]] = {}
    for mail, enclosure in _enclosures(store):
        inside.setdefault(mail, []).append(enclosure)
    found = []
    columns = "key, message_id, received, sender, subject, kind, reason, original, answer_to"
    for row in store.rows(f"SELECT {columns} FROM mail ORDER BY received, key"):
        key, message_id, received, sender, subject, kind, reason, original, answer_to = (str(each) for each in row)
        found.append(
            Arrival(
                key=key,
                message_id=message_id,
                received=received,
                sender=sender,
                subject=subject,
                kind=MailKind(kind),
                reason=reason,
                original=original,
                answer_to=answer_to,
                enclosures=tuple(inside.get(key, ())),
            )
        )
    return found


def _enclosures(store: Store) -> Iterator[tuple[str, Enclosure]]:
    for row in store.rows("SELECT * FROM enclosure ORDER BY mail, number"):
        mail, _, name, sha256, size, state, unit, unit_name, version, received, path, errors, hints, reason = row
        yield (
            str(mail),
            Enclosure(
                name=str(name),
                sha256=str(sha256),
                size=int(str(size)),
                state=EnclosureState(state),
                unit=str(unit),
                unit_name=str(unit_name),
                version=int(str(version)),
                received=str(received),
                path=str(path),
                errors=int(str(errors)),
                hints=int(str(hints)),
                reason=str(reason),
            ),
        )


def mail_dates(store: Store) -> dict[str, str]:
    """When each content first came by mail, by SHA-256 (ISO 8601, UTC).

    The first time counts: replies carry old attachments along, and an old
    version must not win because it came once more.
    """
    if not has_journal(store):
        return {}
    query = "SELECT sha256, min(received) FROM enclosure WHERE unit <> '' AND received <> '' GROUP BY sha256"
    return {str(sha256): str(received) for sha256, received in store.rows(query)}
