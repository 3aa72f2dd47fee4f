"""What the mail journal says of each unit: sent, taken by the server, bounced; reminded; reported by mail; returned."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field

from .mail import EnclosureState, Fate, Kind, LetterEntry, MailKind, arrivals, letters
from .states import moment
from .store import Store
from .task import CHINA

__all__ = ["MailTally", "UnitMail", "mail_json", "mail_tally", "unit_mail"]

_GONE = (Fate.SENT, Fate.BOUNCED, Fate.DRAFT, Fate.UNCERTAIN)


@dataclass(frozen=True, slots=True, kw_only=True)
class UnitMail:
    """One unit's mail: its letters by kind, oldest first, and when its reports came (ISO 8601, UTC)."""

    letters: Mapping[Kind, tuple[LetterEntry, ...]] = field(default_factory=dict)
    came: tuple[str, ...] = ()

    def last(self, kind: Kind) -> LetterEntry | None:
        """The latest letter of a kind."""
        mine = self.letters.get(kind, ())
        return mine[-1] if mine else None

    def shown(self, kind: Kind) -> str:
        """The latest letter of a kind in a few words, Chinese time: ``10-09 16:30 已发``; "" if there is none."""
        mine = self.letters.get(kind, ())
        if not mine:
            return ""
        gone = sum(each.fate in _GONE for each in mine)
        times = f"（第 {gone} 次）" if gone > 1 else ""
        return f"{_short(mine[-1].changed)} {mine[-1].fate.label}{times}"

    @property
    def came_shown(self) -> str:
        """The mails that reported, in a few words."""
        if not self.came:
            return ""
        times = f"（共 {len(self.came)} 封）" if len(self.came) > 1 else ""
        return f"{_short(self.came[-1])}{times}"

    @property
    def trouble(self) -> LetterEntry | None:
        """The latest letter, if it did not arrive or may not have."""
        last = max((each for mine in self.letters.values() for each in mine), key=lambda each: each.changed, default=None)
        return last if last and last.fate in (Fate.BOUNCED, Fate.FAILED, Fate.UNCERTAIN) else None


@dataclass(frozen=True, slots=True, kw_only=True)
class MailTally:
    """The whole round's mail: letters by kind and fate, mails that came by kind, files in them by state."""

    letters: Mapping[Kind, Mapping[Fate, int]]
    mails: Mapping[MailKind, int]
    files: Mapping[EnclosureState, int]


def _short(at: str) -> str:
    return f"{moment(at).astimezone(CHINA):%m-%d %H:%M}"


def unit_mail(store: Store) -> dict[str, UnitMail]:
    """Every unit's mail by unit code; empty if nothing was mailed."""
    sent: dict[str, dict[Kind, list[LetterEntry]]] = {}
    for letter in letters(store):
        sent.setdefault(letter.unit, {}).setdefault(letter.kind, []).append(letter)
    came: dict[str, list[str]] = {}
    for mail in arrivals(store):
        for code in sorted({each.unit for each in mail.enclosures if each.unit and mail.kind is not MailKind.DUPLICATE}):
            came.setdefault(code, []).append(mail.received)
    return {
        code: UnitMail(
            letters={kind: tuple(mine) for kind, mine in sent.get(code, {}).items()}, came=tuple(came.get(code, ()))
        )
        for code in sorted({*sent, *came} - {""})
    }


def mail_tally(store: Store) -> MailTally | None:
    """The counts of the whole journal, ``None`` if nothing was mailed."""
    sent, came = letters(store), arrivals(store)
    if not sent and not came:
        return None
    return MailTally(
        letters={kind: Counter(each.fate for each in sent if each.kind is kind) for kind in Kind},
        mails=Counter(each.kind for each in came),
        files=Counter(each.state for mail in came for each in mail.enclosures),
    )


def mail_json(tally: MailTally) -> dict[str, object]:
    """The same for programs."""
    return {
        "sent": {kind.value: {fate.value: count for fate, count in fates.items()} for kind, fates in tally.letters.items()},
        "mails": {kind.value: tally.mails.get(kind, 0) for kind in MailKind},
        "files": {state.value: tally.files.get(state, 0) for state in EnclosureState},
    }
