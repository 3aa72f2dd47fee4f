"""States of files and winners among files of one unit, exactly as DEFINITIONS.md says."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from enum import Enum

from ..check import Condition
from ..errors import entry
from .content import Content, FormKey

__all__ = ["WINNING", "Choices", "Judged", "State", "is_late", "judge", "moment"]


class State(Enum):
    """The state of a file; the first that applies, in this order."""

    UNREADABLE = "unreadable"
    UNRECOGNISED = "unrecognised"
    SUPERSEDED = "superseded"
    RETURNED = "returned"
    HINTS = "with_hints"
    ACCEPTED = "accepted"

    @property
    def label(self) -> str:
        """The word that people read."""
        return _WORDS[self][0]

    @property
    def meaning(self) -> str:
        """One line of explanation."""
        return _WORDS[self][1]

    @property
    def counts(self) -> bool:
        """Its projects stand in the tables and totals."""
        return self in (State.ACCEPTED, State.HINTS)


WINNING = (State.ACCEPTED, State.HINTS, State.RETURNED)
"""The states of the one file that stands for its unit."""

_WORDS = {
    State.UNREADABLE: ("无法读取", "文件打不开，或不是工作簿"),
    State.UNRECOGNISED: ("非本任务", "不是本任务下发的工作簿"),
    State.SUPERSEDED: ("已被取代", "同一单位另有较新的文件"),
    State.RETURNED: ("应退回", "有错误，须改正后重报"),
    State.HINTS: ("有提示", "没有错误，尚有提示未说明"),
    State.ACCEPTED: ("通过", "没有错误，提示均已说明"),
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Choices:
    """What the officer decided.

    ``winners`` maps a unit code to the SHA-256 that wins.  A forced acceptance
    belongs to one content: ``forced`` maps (unit code, SHA-256) to the reason.
    ``hints_matter``: the task wants hints explained (else open ones are accepted).
    """

    winners: Mapping[str, str] = field(default_factory=dict)
    forced: Mapping[tuple[str, str], str] = field(default_factory=dict)
    hints_matter: bool = True


@dataclass(frozen=True, slots=True, kw_only=True)
class Judged:
    """A file with its state and the reason, in words that people read."""

    content: Content
    state: State
    reason: str
    forced: bool = False


def judge(contents: Sequence[Content], form: FormKey | None, choices: Choices | None = None) -> list[Judged]:
    """The state of every file, in the order given.

    ``form`` is the task's form; files of another are unrecognised.  The result
    does not depend on the order in which files are given.
    """
    choices = choices or Choices()
    mine = [each for each in contents if each.condition is Condition.READ and each.form == form]
    winners = _winners(mine, choices)
    return [_judged(each, form, winners, choices) for each in contents]


def moment(modified: str) -> datetime:
    """A workbook's own time as UTC; unknown or malformed is the earliest of all."""
    try:
        found = datetime.fromisoformat(modified.strip())
    except ValueError:
        return datetime.min.replace(tzinfo=UTC)
    try:
        return (found if found.tzinfo else found.replace(tzinfo=UTC)).astimezone(UTC)
    except (OverflowError, ValueError):
        return datetime.min.replace(tzinfo=UTC)


def is_late(content: Content, closes: datetime | None) -> bool:
    """Mailed (or, in a folder, saved) after the task's last moment."""
    return closes is not None and moment(content.when) > closes


def _winners(contents: Iterable[Content], choices: Choices) -> dict[str, Content]:
    found: dict[str, Content] = {}
    for each in contents:
        if not each.unit_code:
            continue
        best = found.get(each.unit_code)
        if best is None or _rank(each, choices) > _rank(best, choices):
            found[each.unit_code] = each
    return found


def _rank(content: Content, choices: Choices) -> tuple[bool, datetime, str, list[int]]:
    chosen = choices.winners.get(content.unit_code) == content.sha256
    # Copies of one file are alike in all but the name; the first name wins.
    return chosen, moment(content.when), content.sha256, [-ord(char) for char in content.file] + [1]


def _judged(content: Content, form: FormKey | None, winners: Mapping[str, Content], choices: Choices) -> Judged:
    if content.condition is Condition.UNREADABLE:
        return Judged(content=content, state=State.UNREADABLE, reason=_first_message(content))
    if content.condition is Condition.UNRECOGNISED:
        return Judged(content=content, state=State.UNRECOGNISED, reason=_first_message(content))
    if content.form != form:
        name, version = content.form or ("", 0)
        reason = entry("I11").message.format(form=name, version=version)
        return Judged(content=content, state=State.UNRECOGNISED, reason=reason)
    winner = winners.get(content.unit_code, content)
    if winner is not content:
        return Judged(content=content, state=State.SUPERSEDED, reason=_superseded(content, winner, choices))
    forced = choices.forced.get((content.unit_code, content.sha256))
    if content.errors and forced is None:
        reason = entry("S04").message.format(errors=content.errors)
        return Judged(content=content, state=State.RETURNED, reason=reason)
    if forced is not None and content.errors:
        reason = entry("S07").message.format(errors=content.errors, reason=forced)
        state = State.HINTS if content.open_hints and choices.hints_matter else State.ACCEPTED
        return Judged(content=content, state=state, reason=reason, forced=True)
    if content.open_hints:
        state, code = (State.HINTS, "S05") if choices.hints_matter else (State.ACCEPTED, "S11")
        return Judged(content=content, state=state, reason=entry(code).message.format(hints=content.open_hints))
    return Judged(content=content, state=State.ACCEPTED, reason=entry("S06").message)


def _first_message(content: Content) -> str:
    return content.findings[0].message if content.findings else entry("S08").message


def _superseded(content: Content, winner: Content, choices: Choices) -> str:
    if choices.winners.get(content.unit_code) == winner.sha256:
        code = "S03"
    elif content.sha256 == winner.sha256:
        code = "S02"
    elif moment(content.when) == moment(winner.when):
        code = "S10"
    else:
        code = "S01"
    reason = entry(code).message.format(file=winner.file)
    if content.unit_name != winner.unit_name:
        names = {"name": content.unit_name or "空", "other": winner.unit_name or "空"}
        reason += "；" + entry("S09").message.format(**names)
    return reason
