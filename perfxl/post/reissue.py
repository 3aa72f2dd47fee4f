"""Reissue: a fresh workbook with a returned one's values, and remarks on the cells at fault.

The returned file is never edited: its values are read and written anew, which
heals whatever happened to rows, names, sheets, validation and labels.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime

from ..check import Finding, SheetPlace, Submission
from ..check.intake import submission_of
from ..consolidate.dataset import place_of
from ..consolidate.ledger import OpinionKey
from ..consolidate.manifest import HandedOut, Occasion
from ..consolidate.roster import Roster
from ..consolidate.task import Task
from ..errors import CATALOGUE, PerfxlError, entry
from ..form.library import find_form, form_version
from ..form.model import COVER, Form, Severity
from ..form.records import Book, Row, RowKey, SheetRecord
from ..rules.types import is_blank
from ..rules.values import squash
from ..workbook.layout import Plan, layout_of, plan_of
from ..workbook.protect import DEFAULT_PASSWORD
from ..workbook.returned import Explained, Place, ReturnedLine
from ..workbook.said import noted_in, said_meta
from ..workbook.seal import KeyRing, Seal, cover_locked, same_value, seal_meta
from ..workbook.write import BuildOptions, build_workbook
from .migrate import migrated
from .names import workbook_name
from .prefill import project_values, roomy

__all__ = ["Reissued", "Round", "reissue"]

_NO_PLACE = frozenset({"I09", "I19"})
"""What stood outside the table, or on sheets that someone added."""

_ORDER = {"错误": 0, "提示": 1}


@dataclass(frozen=True, kw_only=True)
class Round:
    """What reissuing needs to know: the task and its keys (both or neither), the roster, 财政意见, the date."""

    as_of: datetime
    task: Task | None = None
    ring: KeyRing | None = None
    roster: Roster = field(default_factory=Roster)
    opinions: Mapping[OpinionKey, str] = field(default_factory=dict)


@dataclass(frozen=True, kw_only=True)
class Reissued:
    """A fresh workbook: its line for the store, its bytes, how many remarks it carries.

    ``healed`` are the faults of the file that it no longer has, ``lost`` what had no place in it.
    """

    line: HandedOut
    content: bytes = field(repr=False)
    errors: int
    hints: int
    healed: tuple[str, ...]
    lost: tuple[str, ...]


@dataclass(slots=True)
class _Fresh:
    """What is going to be written."""

    form: Form
    book: Book
    plan: Plan
    locked: dict[tuple[str, int], frozenset[str]]
    places: dict[Place, Place] | None = None
    upgraded: list[Finding] = field(default_factory=list)
    lost: list[Finding] = field(default_factory=list)


def reissue(submission: Submission, part: Round, cross: Sequence[Finding] = ()) -> Reissued:
    """Build the workbook again from a submission that was read; ``cross`` are findings across submissions.

    Where keys are given it is sealed anew: prefilled values are those of the
    old seal, else of the roster.  S46 if neither knows the unit; C03 for a sealed
    file without keys, since its fresh workbook would be refused when it returns.
    """
    if part.ring is None and submission.meta.get("seal"):
        raise PerfxlError("C03", option="--task", found="未给出", expected="任务文件：原工作簿有封签，须重新封签")
    fresh = _fresh(submission, part)
    options = _options(fresh, part, submission)
    plain = build_workbook(fresh.form, fresh.plan, fresh.book, options)
    again = submission_of(plain, submission.file, part.ring)
    assert again.book is not None
    before, after = _Located(submission, fresh.places), _Located(again)
    opinions = _opinions(submission, (*submission.findings, *cross), before, part.opinions)
    remaining = [(each, after.place(each)) for each in again.findings]
    remaining += [(each, before.place(each)) for each in cross]
    remaining.sort(key=lambda each: _ORDER.get(each[0].severity.label, 9))
    lines = [_line(fresh, after, finding, place, opinions) for finding, place in remaining]
    wrong = {(each.rule, place) for each, place in remaining}
    healed = fresh.upgraded + [each for each in submission.findings if _is_healed(fresh, each, before.place(each), wrong)]
    lost = [each for each in submission.findings if each.rule in _NO_PLACE] + fresh.lost
    lines += [_short_line(each, "已恢复") for each in healed] + [_short_line(each, "未保留") for each in lost]
    remarks = _remarks(remaining, opinions)
    options = replace(options, remarks=remarks, returned=tuple(lines))
    levels = [finding.severity for finding, _ in remaining if not finding.explained]
    content = build_workbook(fresh.form, fresh.plan, fresh.book, options)
    line = HandedOut(
        unit=again.unit_code,
        name=again.unit_name,
        file=workbook_name(again.unit_code, again.unit_name, part.task.year if part.task else fresh.form.year),
        sha256=hashlib.sha256(content).hexdigest(),
        seal=options.meta.get("seal", "")[:12],
        key=options.meta.get("key", ""),
        task=options.meta.get("task", ""),
        at=part.as_of.isoformat(timespec="minutes"),
        occasion=Occasion.AGAIN,
    )
    return Reissued(
        line=line,
        content=content,
        errors=levels.count(Severity.ERROR),
        hints=levels.count(Severity.HINT),
        healed=tuple(dict.fromkeys(map(_said, healed))),
        lost=tuple(map(_said, lost)),
    )


def _said(finding: Finding) -> str:
    where = f"{finding.sheet} {finding.cell}".strip()
    text = finding.message.partition("。")[0]
    if finding.rule == "I29":  # What has lost its place is told whole.
        text = finding.message.removesuffix(f"。{entry('I29').remedy}")
    return f"{where}：{text}" if where else text


# --- values -----------------------------------------------------------------------


def _fresh(submission: Submission, part: Round) -> _Fresh:
    form, old, plan = submission.form, submission.book, submission.plan
    assert form is not None and old is not None and plan is not None, "only what was read can be reissued"
    book = Book(_copy(old.cover), [_copy(record) for record in old.sheets])
    fresh = _Fresh(form, book, plan, {})
    _upgrade(fresh, submission, part)
    form, book = fresh.form, fresh.book
    if part.ring is None:
        unit = cover_locked(form)[COVER, 1]
        at_fault = {each.field for each in submission.findings}
        keep = {name for name in unit if not is_blank(book.cover.raws.get(name)) and name not in at_fault}
        fresh.locked[COVER, 1] = frozenset(keep)
    elif submission.seal is not None:
        _restore(fresh, submission.seal)
    else:
        _from_roster(fresh, submission, part)
    fresh.plan = _with_explanations(roomy(fresh.plan, book), book)
    return fresh


def _upgrade(fresh: _Fresh, submission: Submission, part: Round) -> None:
    """Move an older version's content into the task's form, without a task into the current one."""
    old = fresh.form
    new = form_version(*part.task.form) if part.task else find_form(old.id)
    if new.id != old.id or new.version <= old.version:
        return
    moved = migrated(fresh.book, old, new)
    repeats = old.project_sheet.id
    lead = any(fresh.plan.counts.get(sheet.id) for sheet in old.sheets.values() if sheet.lead_only)
    fresh.form, fresh.book, fresh.places = new, moved.book, moved.places
    fresh.plan = plan_of(new, projects=max(1, fresh.plan.counts[repeats]), lead=lead)
    titles = _Located(submission).titles

    def told(code: str, title: str, cell: str, **values: object) -> Finding:
        said = entry(code)
        return Finding(
            file=submission.file,
            sheet=title,
            cell=cell,
            field="",
            rule=code,
            severity=Severity.HINT,
            value="",
            message=f"{said.message}。{said.remedy}".format(**values),
        )

    fresh.upgraded.append(told("I40", "", "", old=old.version, new=new.version))
    for each in moved.lost:
        place = titles.get((each.place.sheet, each.place.ordinal))
        group = old.fields[each.place.field].group if each.place.field in old.fields else ""
        row = (group, each.place.block, each.place.slot)
        cell = place.rows.get(row, {}).get(each.place.field, "") if place and group else ""
        cell = cell or (place.cells.get(each.place.field, "") if place else "")
        fresh.lost.append(told("I29", place.title if place else "", cell, label=each.label, value=each.value[:200]))


def _copy(record: SheetRecord) -> SheetRecord:
    rows = {name: [Row(row.block, row.slot, dict(row.raws)) for row in found] for name, found in record.rows.items()}
    return SheetRecord(record.sheet, record.ordinal, dict(record.raws), rows, dict(record.explanations))


def _record(book: Book, sheet: str, ordinal: int) -> SheetRecord:
    """The record of a sheet, a new one where the file had lost it."""
    for each in book.all():
        if (each.sheet, each.ordinal) == (sheet, ordinal):
            return each
    made = SheetRecord(sheet, ordinal)
    book.sheets.append(made)
    return made


def _restore(fresh: _Fresh, seal: Seal) -> None:
    fresh.locked.update(seal.fields)
    for each in seal.locked:
        raws = _record(fresh.book, each.sheet, each.ordinal).raws
        if not same_value(each.value, raws.get(each.field)):
            raws[each.field] = each.value


def _from_roster(fresh: _Fresh, submission: Submission, part: Round) -> None:
    assert part.task is not None
    form, book, sheet = fresh.form, fresh.book, fresh.form.project_sheet.id
    unit = part.roster.units.get(squash(submission.unit_code))
    if unit is None:
        raise PerfxlError("S46", unit=submission.unit_code or "（未填）")
    book.cover.raws.update({form.roles["unit_code"]: unit.code, form.roles["unit_name"]: unit.name})
    fresh.locked.update(cover_locked(form))
    code, count = form.roles["project_code"], fresh.plan.counts[sheet]
    for each in part.roster.ceilings:
        if each.unit != unit.code or not each.code:
            continue
        values, locked = project_values(form, each, part.task.ceilings)
        mine = [record for record in book.projects(form) if squash(str(record.raws.get(code) or "")) == squash(each.code)]
        if mine:
            mine[0].raws.update({name: values[name] for name in locked})
            fresh.locked[sheet, mine[0].ordinal] = locked
        else:
            count += 1
            book.sheets.append(SheetRecord(sheet, count, values))
            fresh.locked[sheet, count] = locked
    fresh.plan = replace(fresh.plan, counts={**fresh.plan.counts, sheet: count})


def _with_explanations(plan: Plan, book: Book) -> Plan:
    """Slots enough for every explanation too."""
    slots = dict(plan.slots)
    for record in book.all():
        for group, block, slot in record.explanations:
            if group:
                slots[group, block] = max(slots[group, block], slot + 1)
    return replace(plan, slots=slots)


def _options(fresh: _Fresh, part: Round, submission: Submission) -> BuildOptions:
    ring = part.ring
    before = noted_in(submission.meta) if fresh.form is submission.form else None
    said = said_meta(fresh.form, fresh.plan, fresh.book, before)
    meta = seal_meta(ring, fresh.form, fresh.plan, fresh.book, fresh.locked, said) if ring else dict(said)
    if part.task:
        meta["year"] = str(part.task.year)
    return BuildOptions(
        as_of=part.as_of,
        password=ring.current.password if ring else DEFAULT_PASSWORD,
        hide_unused=True,
        locked_on=fresh.locked,
        meta=meta,
    )


# --- remarks ----------------------------------------------------------------------


class _Located:
    """Finds the field at a sheet and cell of one file."""

    def __init__(self, submission: Submission, moved: Mapping[Place, Place] | None = None) -> None:
        assert submission.book is not None
        self._moved = moved
        self._places: dict[tuple[str, str], Place] = {}
        self.titles: dict[tuple[str, int], SheetPlace] = {}
        for record, place in zip(submission.book.all(), submission.places, strict=True):
            self.titles[record.sheet, record.ordinal] = place
            for name, cell in place.cells.items():
                self._places[place.title, cell] = Place(record.sheet, record.ordinal, name)
            for (_, block, slot), cells in place.rows.items():
                for name, cell in cells.items():
                    self._places[place.title, cell] = Place(record.sheet, record.ordinal, name, block, slot)

    def place(self, finding: Finding) -> Place | None:
        """Its place in the form that is written (that of an older version may be gone)."""
        found = self._places.get((finding.sheet, finding.cell))
        return found if found is None or self._moved is None else self._moved.get(found)


def _opinions(
    submission: Submission, findings: Sequence[Finding], before: _Located, said: Mapping[OpinionKey, str]
) -> dict[tuple[str, Place | None], str]:
    """财政意见 by rule and place, wherever the rows were in the returned file."""
    whose = submission.unit_code or submission.file
    found = {(each.rule, before.place(each)): said.get((whose, each.rule, place_of(each)), "") for each in findings}
    return {key: text for key, text in found.items() if text}


def _remarks(
    remaining: Sequence[tuple[Finding, Place | None]], opinions: Mapping[tuple[str, Place | None], str]
) -> dict[Place, str]:
    found: dict[Place, list[str]] = {}
    for finding, place in remaining:
        if place is None or finding.explained:
            continue
        text = f"【{finding.severity.label}】{finding.message}（{finding.rule}）"
        opinion = opinions.get((finding.rule, place), "")
        found.setdefault(place, []).append(f"{text}\n财政意见：{opinion}" if opinion else text)
    return {place: "\n".join(dict.fromkeys(texts))[:8000] for place, texts in found.items()}


def _line(
    fresh: _Fresh,
    after: _Located,
    finding: Finding,
    place: Place | None,
    opinions: Mapping[tuple[str, Place | None], str],
) -> ReturnedLine:
    form = fresh.form
    layouts = layout_of(form, fresh.plan)
    title, cell, meant, explanation = finding.sheet, "", None, ""
    if place is not None:
        layout = layouts[place.sheet]
        group = form.fields[place.field].group
        area = layout.area(place.field, place.block, place.slot)
        title, cell = layout.sheet.title(place.ordinal), area.address
        batch_only = finding.rule in {*(each.id for each in form.judges), *(each.id for each in form.cross)}
        if batch_only and finding.severity is Severity.HINT:
            key = RowKey(group, place.block, place.slot) if group else layout.keys[area.row]
            meant = Explained(place.sheet, place.ordinal, key)
            if area.row not in layout.explained_rows:
                explanation = _record(fresh.book, place.sheet, place.ordinal).explanations.get(key, "")
    return ReturnedLine(
        title=title,
        cell=cell,
        rule=finding.rule,
        level=finding.severity.label + ("（已说明）" if finding.explained else ""),
        message=finding.message,
        opinion=opinions.get((finding.rule, place), ""),
        explained=meant,
        explanation=explanation,
    )


def _is_healed(fresh: _Fresh, finding: Finding, place: Place | None, wrong: set[tuple[str, Place | None]]) -> bool:
    """A fault of the file itself, or of a prefilled value that was restored, which the fresh workbook no longer has."""
    if place is not None and (finding.rule, place) in wrong:
        return False
    if finding.rule in CATALOGUE or place is None:
        return finding.rule in CATALOGUE and finding.rule not in _NO_PLACE
    return place.field in fresh.locked.get((place.sheet, place.ordinal), ())


def _short_line(finding: Finding, level: str) -> ReturnedLine:
    return ReturnedLine(title=finding.sheet, cell="", rule=finding.rule, level=level, message=_said(finding))
