"""Who gets which letter: a pure function of the store, the roster and a folder of workbooks."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from pathlib import Path

from ..consolidate.dataset import Dataset, place_of
from ..consolidate.keys import sealed_task
from ..consolidate.mail import Arrival, Enclosure, EnclosureState, Kind, LetterEntry, MailKind
from ..consolidate.manifest import MANIFEST, HandedOut, Occasion, latest, read_manifest
from ..consolidate.roster import Roster, Unit
from ..consolidate.standing import Standing, standings
from ..consolidate.states import State, moment
from ..consolidate.task import CHINA, Task
from ..errors import PerfxlError, entry
from .letters import Received, Remark, Words, letter_context, letter_words
from .message import addresses_of, one_line, valid_address

__all__ = ["Enclosed", "Omitted", "Plan", "Planned", "Post", "hand_outs", "receipts", "reminders", "returns"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Enclosed:
    """A workbook to go with a letter, as it was made."""

    name: str
    path: Path
    sha256: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Planned:
    """One letter: to whom, what it says, what goes with it.

    ``series`` names its occasion: letters of the same one are the same letter.
    ``answers`` is the key of the mail that it answers, ``answers_id`` that mail's Message-ID.
    """

    kind: Kind
    unit: Unit
    addresses: tuple[str, ...]
    series: str
    words: Words
    files: tuple[Enclosed, ...] = ()
    answers: str = ""
    answers_id: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Omitted:
    """A unit that should get a letter and cannot, with the reason."""

    unit: Unit
    reason: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Plan:
    """The letters and those that are wanting."""

    letters: tuple[Planned, ...]
    omitted: tuple[Omitted, ...] = ()


@dataclass(frozen=True, kw_only=True)
class Post:
    """What all letters share; ``only`` these units (empty: all), ``templates`` the office's own."""

    task: Task
    form_title: str
    roster: Roster
    now: datetime
    only: frozenset[str] = frozenset()
    templates: Path | None = None

    def wants(self, code: str) -> bool:
        """Whether the unit is among those asked for."""
        return not self.only or code in self.only


@dataclass(slots=True)
class _Making:
    """Collects letters and omissions."""

    post: Post
    kind: Kind
    letters: list[Planned] = field(default_factory=list)
    omitted: list[Omitted] = field(default_factory=list)

    def omit(self, unit: Unit, code: str, **values: object) -> None:
        found = entry(code)
        self.omitted.append(Omitted(unit=unit, reason=f"{found.message}。{found.remedy}".format(**values)))

    def write(self, unit: Unit, occasion: str, context: Mapping[str, object], files: Sequence[Enclosed] = ()) -> None:
        addresses = addresses_of(unit.email)
        wrong = [each for each in addresses if not valid_address(each)]
        if not addresses:
            self.omit(unit, "M20")
        elif wrong:
            self.omit(unit, "M21", address=one_line(wrong[0])[:80])
        else:
            words = letter_words(self.kind, context, self.post.templates)
            series = _series(self.post.task, self.kind, unit.code, occasion, addresses)
            self.letters.append(
                Planned(kind=self.kind, unit=unit, addresses=addresses, series=series, words=words, files=tuple(files))
            )

    @property
    def plan(self) -> Plan:
        return Plan(letters=tuple(self.letters), omitted=tuple(self.omitted))


def _series(task: Task, kind: Kind, unit: str, occasion: str, addresses: Iterable[str]) -> str:
    return "\n".join((sealed_task(task), kind.value, unit, occasion, *addresses))


# --- 下发 ---------------------------------------------------------------------------


def hand_outs(post: Post, folder: Path) -> Plan:
    """A letter to every unit of the manifest in ``folder``; once per unit and address.

    Raises C01 without a manifest, M12 if a workbook is not the one that the manifest names.
    """
    making = _Making(post, Kind.HAND_OUT)
    for line, enclosed in _manifest(post, folder):
        unit = post.roster.units.get(line.unit)
        if unit is None:
            making.omit(Unit(code=line.unit, name=line.name), "M23")
            continue
        context = letter_context(post.task, unit, post.form_title, post.now, files=[enclosed.name])
        making.write(unit, "", context, [enclosed])
    return making.plan


def _manifest(post: Post, folder: Path) -> Iterator[tuple[HandedOut, Enclosed]]:
    path = folder / MANIFEST
    if not path.is_file():
        raise PerfxlError("C01", path=path)
    for line in latest(read_manifest(path.read_bytes(), str(path), post.task)).values():
        if post.wants(line.unit):
            yield line, _enclosed(folder, line, path)


def _enclosed(folder: Path, line: HandedOut, source: Path) -> Enclosed:
    path = folder / Path(line.file.replace("\\", "/")).name
    try:
        sha256 = hashlib.sha256(path.read_bytes()).hexdigest()
    except OSError as fault:
        raise PerfxlError("M12", path=source, reason=f"{path.name}：{fault.strerror}") from None
    if sha256 != line.sha256:
        raise PerfxlError("M12", path=source, reason=f"{path.name} 的内容已被改动")
    return Enclosed(name=path.name, path=path, sha256=sha256)


# --- 催报 ---------------------------------------------------------------------------


def reminders(
    post: Post, dataset: Dataset, folder: Path | None, sent: Sequence[LetterEntry], came: Sequence[Arrival]
) -> Plan:
    """A letter to every unit that has not reported, or not again after its workbook was sent back; one a day.

    Units whose mail has come in since the last consolidation are left alone.
    With a ``folder`` its workbook goes along once more.
    """
    making = _Making(post, Kind.REMIND)
    waiting = {each.unit for mail in came for each in mail.enclosures if each.state is EnclosureState.FILED}
    consolidated = {each.content.sha256 for each in dataset.files}
    fresh = {each.unit for mail in came for each in mail.enclosures if each.sha256 not in consolidated and each.unit}
    back = {each.series.split("\n")[3] for each in sent if each.kind is Kind.RETURN and not each.fate.open}
    books = dict(_by_unit(post, folder)) if folder else {}
    today = post.now.astimezone(CHINA).date().isoformat()
    for each in standings(dataset):
        if not each.listed or not post.wants(each.unit.code):
            continue
        reported = each.file is not None
        code = each.unit.code
        if _unmended(each, back) and code not in fresh if reported else code not in waiting:
            unit = post.roster.units.get(each.unit.code, each.unit)
            files = [books[unit.code]] if unit.code in books and not reported else []
            names = [each.name for each in files]
            context = letter_context(post.task, unit, post.form_title, post.now, files=names, reported=reported)
            making.write(unit, today, context, files)
    return making.plan


def _unmended(each: Standing, back: set[str]) -> bool:
    return each.file is not None and each.file.state is State.RETURNED and each.file.content.sha256 in back


def _by_unit(post: Post, folder: Path) -> Iterator[tuple[str, Enclosed]]:
    for line, enclosed in _manifest(post, folder):
        yield line.unit, enclosed


# --- 退回 ---------------------------------------------------------------------------


def returns(post: Post, dataset: Dataset, folder: Path) -> Plan:
    """A letter with the reissued workbook in ``folder`` to every unit whose file was returned; once per returned file.

    Which workbook is whose the store knows by its SHA-256, never the file's name.
    """
    making = _Making(post, Kind.RETURN)
    if not folder.is_dir():
        raise PerfxlError("C01", path=folder)
    mine = {(each.unit, each.sha256): each for each in dataset.handed if each.occasion is Occasion.AGAIN}
    books: dict[str, list[tuple[HandedOut, Enclosed]]] = {}
    for path in sorted(folder.glob("*.xlsx")):
        sha256 = hashlib.sha256(path.read_bytes()).hexdigest()
        for (code, known), line in mine.items():
            if known == sha256:
                books.setdefault(code, []).append((line, Enclosed(name=path.name, path=path, sha256=sha256)))
    for each in standings(dataset):
        if each.file is None or each.file.state is not State.RETURNED or not post.wants(each.unit.code):
            continue
        unit = post.roster.units.get(each.unit.code)
        found = max(books.get(each.unit.code, []), key=lambda pair: pair[0].at, default=None)
        if unit is None:
            making.omit(each.unit, "M23")
        elif found is None:
            making.omit(unit, "M22")
        elif moment(found[0].at) < moment(each.file.content.mailed):
            making.omit(unit, "M30")
        else:
            # What the unit should see is under its own name, whatever the folder calls it.
            enclosed = replace(found[1], name=found[0].file)
            remarks = list(_remarks(dataset, each))
            context = letter_context(post.task, unit, post.form_title, post.now, files=[enclosed.name], remarks=remarks)
            making.write(unit, each.file.content.sha256, context, [enclosed])
    return making.plan


def _remarks(dataset: Dataset, each: Standing) -> Iterator[Remark]:
    assert each.file is not None
    content = each.file.content
    found = [finding for finding in content.findings if not finding.explained]
    for finding in sorted(found, key=lambda finding: finding.severity.label != "错误"):
        yield Remark(
            sheet=finding.sheet,
            cell=finding.cell,
            level=finding.severity.label,
            rule=finding.rule,
            message=finding.message,
            opinion=dataset.opinions.get((content.unit_code or content.file, finding.rule, place_of(finding)), ""),
        )


# --- 回执 ---------------------------------------------------------------------------


def receipts(post: Post, came: Sequence[Arrival]) -> Plan:
    """An answer to every mail that asks for one (see :class:`~perfxl.consolidate.mail.Arrival`); once per mail."""
    making = _Making(post, Kind.RECEIPT)
    for mail in came:
        if not mail.answer_to or mail.kind not in (MailKind.REPORT, MailKind.OTHER):
            continue
        unit = _whose(post.roster, mail)
        if not post.wants(unit.code):
            continue
        at = f"{moment(mail.received).astimezone(CHINA):%Y-%m-%d %H:%M}"
        received = [_received(each) for each in mail.enclosures if each.state is not EnclosureState.OTHER]
        context = letter_context(post.task, unit, post.form_title, post.now, received=received, received_at=at)
        before = len(making.letters)
        making.write(replace(unit, email=mail.answer_to), mail.key, context)
        if len(making.letters) > before:
            making.letters[-1] = replace(making.letters[-1], answers=mail.key, answers_id=mail.message_id)
    return making.plan


def _whose(roster: Roster, mail: Arrival) -> Unit:
    """The unit that wrote: by its address, else by what it sent."""
    for unit in roster.units.values():
        if mail.sender.casefold() in (each.casefold() for each in addresses_of(unit.email)):
            return unit
    for each in mail.enclosures:
        if each.unit:
            return roster.units.get(each.unit) or Unit(code=each.unit, name=each.unit_name)
    return Unit(code="", name="")


def _received(each: Enclosure) -> Received:
    return Received(
        name=each.name,
        unit=each.unit,
        unit_name=each.unit_name,
        errors=each.errors,
        hints=each.hints,
        known=each.state in (EnclosureState.FILED, EnclosureState.REPEATED),
        repeated=each.state is EnclosureState.REPEATED,
        outcome=_outcome(each),
    )


def _outcome(each: Enclosure) -> str:
    if each.state is EnclosureState.UNRECOGNISED:
        return f"没有收下。{each.reason}"
    if each.errors:
        told = f"校验发现 {each.errors} 处错误" + (f"、{each.hints} 处提示未说明" if each.hints else "") + "，请改正后重新报送"
    elif each.hints:
        told = f"校验没有错误，有 {each.hints} 处提示未说明，请改正或在“审核说明”中说明"
    else:
        told = "校验通过"
    return f"{'与以前收到的内容相同' if each.state is EnclosureState.REPEATED else f'已收，第 {each.version} 版'}，{told}。"
