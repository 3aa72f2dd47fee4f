"""Collect: from mails that came in to workbooks filed by unit and version, each mail and file accounted for.

What is recognised is decided by the seal (without one, by the cells), never by
a file's name.  A mail is done when the journal has it: whatever a killed run
left on disk before that is written again, the same, under the same names.
"""

from __future__ import annotations

import csv
import hashlib
import io
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from pathlib import Path

from ..check import Condition
from ..check.intake import submission_of
from ..consolidate.mail import (
    Arrival,
    Enclosure,
    EnclosureState,
    Fate,
    MailKind,
    arrivals,
    letters,
    mark_letter,
    next_version,
    record_arrival,
)
from ..consolidate.output import write_complete
from ..consolidate.roster import Roster
from ..consolidate.states import moment
from ..consolidate.store import Store
from ..consolidate.task import CHINA
from ..errors import entry
from ..workbook.container import MOST_FILE
from ..workbook.seal import KeyRing
from .message import addresses_of, valid_address
from .names import joined_name, safe_name, workbook_name
from .opened import Found, Opened, open_mail

__all__ = ["FILED", "LIST", "ORIGINALS", "PENDING", "Collector", "list_text"]

FILED, PENDING, ORIGINALS = "报送", "待处理", "原件"
"""The folders within the collecting folder: the first is what ``consolidate`` takes."""

LIST = "收件清单.csv"
_OF_MAIL = ("收到时间", "发件人", "主题", "邮件")
_OF_FILE = ("附件", "结果", "单位编码", "单位名称", "版本", "错误", "提示", "文件", "说明")
_COLUMNS = (*_OF_MAIL, *_OF_FILE, "原件")

Place = tuple[str, int]
"""A mailbox folder and a UID in it."""


@dataclass(kw_only=True)
class Collector:
    """Takes mails one by one; ``own`` is the office's address, ``blanks`` the workbooks that it sent out itself."""

    store: Store
    folder: Path
    roster: Roster
    ring: KeyRing | None
    year: int
    own: str
    blanks: frozenset[str]
    now: datetime
    _known: dict[str, Arrival] = field(init=False)
    _fates: dict[str, Fate] = field(init=False)
    _addresses: set[str] = field(init=False)

    def __post_init__(self) -> None:
        self._known = {each.key: each for each in arrivals(self.store)}
        self._fates = {each.message_id: each.fate for each in letters(self.store)}
        self._addresses = {
            each.casefold() for unit in self.roster.units.values() for each in addresses_of(unit.email)
        }

    def take(self, raw: bytes, place: Place | None = None, arrived: datetime | None = None) -> Arrival:
        """File a mail's workbooks and write everything down; a mail known already is only noted at its place."""
        key = hashlib.sha256(raw).hexdigest()
        if key in self._known:
            record_arrival(self.store, None, now=self.now, place=place, key=key)
            return self._known[key]
        opened = open_mail(raw, self.now, arrived)
        month = f"{opened.received.astimezone(CHINA):%Y-%m}"
        original = Path(ORIGINALS) / month / f"{opened.received:%Y%m%dT%H%M%SZ}_{key[:12]}.eml"
        write_complete(self.folder / original, raw)
        arrival = self._arrival(key, opened, original.as_posix())
        record_arrival(self.store, arrival, now=self.now, place=place)
        self._known[key] = arrival
        self._letters(opened)
        return arrival

    def pass_by(self, head: bytes, size: int, place: Place, arrived: datetime | None) -> Arrival:
        """List a mail that is too large to be fetched."""
        key = hashlib.sha256(f"{place[0]}/{place[1]}".encode()).hexdigest()
        if key in self._known:
            return self._known[key]
        opened = open_mail(head, self.now, arrived)
        said = entry("M24")
        arrival = replace(
            self._arrival(key, replace(opened, refused="", files=()), ""),
            kind=MailKind.REFUSED,
            reason=f"{said.message}。{said.remedy}".format(size=round(size / 1_000_000)),
            answer_to="",
        )
        record_arrival(self.store, arrival, now=self.now, place=place)
        self._known[key] = arrival
        return arrival

    # --- one mail -----------------------------------------------------------------

    def _arrival(self, key: str, opened: Opened, original: str) -> Arrival:
        base = Arrival(
            key=key,
            message_id=opened.message_id,
            received=opened.received.isoformat(),
            sender=opened.sender,
            subject=opened.subject,
            kind=MailKind.OTHER,
            original=original,
        )
        if opened.own:
            return replace(base, kind=MailKind.AUTOMATIC, reason="本单位发出的信")
        if opened.refused:
            said = entry("M25")
            return replace(base, kind=MailKind.REFUSED, reason=f"{said.message}。{said.remedy}".format(reason=opened.refused))
        if opened.bounce is not None:
            return replace(base, kind=MailKind.BOUNCE, reason=opened.bounce.reason)
        twin = self._twin(opened)
        if twin is not None:
            again = tuple(replace(each, state=EnclosureState.REPEATED) if each.unit else each for each in twin.enclosures)
            return replace(base, kind=MailKind.DUPLICATE, reason=f"与 {twin.original} 相同", enclosures=again)
        filed = tuple(self._enclosures(key, opened))
        kind = MailKind.AUTOMATIC if opened.automatic else MailKind.OTHER
        kind = MailKind.REPORT if any(each.unit for each in filed) else kind
        return replace(base, kind=kind, enclosures=filed, answer_to=self._answer_to(opened, filed))

    def _answer_to(self, opened: Opened, filed: tuple[Enclosure, ...]) -> str:
        """Who gets a receipt: whoever sent a workbook of ours, or a unit that sent something else instead; no machines."""
        if opened.automatic or not valid_address(opened.sender) or opened.sender.casefold() == self.own.casefold():
            return ""
        listed = opened.sender.casefold() in self._addresses
        ours = any(each.unit in self.roster.units for each in filed)
        wrong = any(each.state is EnclosureState.UNRECOGNISED for each in filed)
        return opened.sender if ours or (listed and wrong) else ""

    def _twin(self, opened: Opened) -> Arrival | None:
        """The same Message-ID with the same files is the same mail, from another folder or sent on by a server."""
        files = sorted(hashlib.sha256(each.content).hexdigest() for each in opened.files)
        for known in self._known.values():
            same = bool(opened.message_id) and known.message_id == opened.message_id
            if same and known.kind is not MailKind.REFUSED and sorted(each.sha256 for each in known.enclosures) == files:
                return known
        return None

    # --- its files ----------------------------------------------------------------

    def _enclosures(self, key: str, opened: Opened) -> Iterator[Enclosure]:
        mine: list[Enclosure] = []
        for number, found in enumerate(opened.files, 1):
            made = self._enclosure(key, number, found, mine)
            mine.append(made)
            yield made

    def _enclosure(self, key: str, number: int, found: Found, mine: list[Enclosure]) -> Enclosure:
        content = found.content
        base = Enclosure(
            name=found.name,
            sha256=hashlib.sha256(content).hexdigest(),
            size=len(content),
            state=EnclosureState.UNRECOGNISED,
            received=found.received.isoformat(),
        )
        code, detail = found.trouble
        if code:
            said = f"{entry(code).message}。{entry(code).remedy}"
            return self._keep(base, content, key, number, said.format(kind=detail, reason=detail))
        if not found.workbook:
            return replace(base, state=EnclosureState.OTHER)
        if len(content) > MOST_FILE:
            said = f"{entry('M29').message}。{entry('M29').remedy}"
            return self._keep(base, content, key, number, said.format(size=len(content) // 1_000_000))
        if base.sha256 in self.blanks:
            return self._keep(base, content, key, number, "是下发的原表，没有填报")
        return self._recognised(base, content, key, number, mine)

    def _recognised(self, base: Enclosure, content: bytes, key: str, number: int, mine: list[Enclosure]) -> Enclosure:
        known = self._before(base.sha256, mine)
        if known is not None:
            date = f"{moment(known.received).astimezone(CHINA):%Y-%m-%d %H:%M}"
            reason = entry("M28").message.format(date=date)
            return replace(known, name=base.name, received=base.received, state=EnclosureState.REPEATED, reason=reason)
        submission = submission_of(content, base.name, self.ring)
        if submission.condition is not Condition.READ:
            return self._keep(base, content, key, number, submission.findings[0].message if submission.findings else "")
        if not submission.unit_code:
            return self._keep(base, content, key, number, f"{entry('I13').message}。{entry('I13').remedy}")
        unit, name = submission.unit_code, submission.unit_name
        version = max([next_version(self.store, unit), *(each.version + 1 for each in mine if each.unit == unit)])
        stem = workbook_name(unit, name, self.year).removesuffix(".xlsx")
        path = Path(FILED) / joined_name(unit, name) / f"{stem}_第{version}版.xlsx"
        write_complete(self.folder / path, content)
        return replace(
            base,
            state=EnclosureState.FILED,
            unit=unit,
            unit_name=name,
            version=version,
            path=path.as_posix(),
            errors=submission.errors,
            hints=submission.open_hints,
        )

    def _before(self, sha256: str, mine: list[Enclosure]) -> Enclosure | None:
        """The first time that a content was filed; within one mail the earlier of its places counts."""
        for each in mine:
            if each.sha256 == sha256 and each.unit:
                return each
        for mail in self._known.values():
            for each in mail.enclosures:
                if each.sha256 == sha256 and each.state is EnclosureState.FILED:
                    return each
        return None

    def _keep(self, base: Enclosure, content: bytes, key: str, number: int, reason: str) -> Enclosure:
        path = Path(PENDING) / f"{key[:12]}_{number}_{safe_name(base.name)}"
        write_complete(self.folder / path, content)
        return replace(base, path=path.as_posix(), reason=reason)

    # --- what it says of our letters ----------------------------------------------

    def _letters(self, opened: Opened) -> None:
        """A bounce marks its letter; an answer to a letter proves that it arrived."""
        fates = self._fates
        if opened.bounce is not None:
            for message_id in opened.bounce.letters if opened.bounce.failed else ():
                if fates.get(message_id, Fate.BOUNCED) is not Fate.BOUNCED:
                    mark_letter(self.store, message_id, Fate.BOUNCED, self.now, opened.bounce.reason)
                    fates[message_id] = Fate.BOUNCED
            return
        for message_id in opened.ours:
            if fates.get(message_id) is Fate.UNCERTAIN:
                mark_letter(self.store, message_id, Fate.SENT, self.now, "收件人已回复")
                fates[message_id] = Fate.SENT


def list_text(came: list[Arrival]) -> bytes:
    """Every mail and every file in it, as CSV that Chinese Excel opens rightly."""
    text = io.StringIO()
    lines = csv.writer(text, lineterminator="\r\n")
    lines.writerow(_COLUMNS)
    for mail in came:
        at = f"{moment(mail.received).astimezone(CHINA):%Y-%m-%d %H:%M}"
        for each in mail.enclosures or (None,):
            inside: tuple[object, ...] = ("", "", "", "", "", "", "", "", mail.reason)
            if each is not None:
                counts = (each.version, each.errors, each.hints) if each.unit else ("", "", "")
                inside = (each.name, each.state.label, each.unit, each.unit_name, *counts, each.path, each.reason or mail.reason)
            row = (at, mail.sender, mail.subject, mail.kind.label, *inside, mail.original)
            # A text that Excel would take for a formula is marked as text.
            lines.writerow([f"'{value}" if str(value)[:1] in ("=", "+", "-", "@") else value for value in row])
    return text.getvalue().encode("utf-8-sig", "replace")


def utc_now() -> datetime:
    """Now, to the second."""
    return datetime.now(UTC).replace(microsecond=0)
