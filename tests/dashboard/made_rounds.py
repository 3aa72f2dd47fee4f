"""Rounds for the dashboard's tests: made-up units as a store holds them, judged by every rule, without any workbook."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

from perfxl.check import Condition, Finding, SheetPlace, Submission
from perfxl.check.run import findings_of
from perfxl.consolidate import Dataset, content_of, dataset_of
from perfxl.consolidate.ledger import keep_opinions, keep_roster, keep_task, record_run
from perfxl.consolidate.roster import Roster
from perfxl.consolidate.store import Store
from perfxl.consolidate.task import Task
from perfxl.excel.grids import place_of
from perfxl.form.library import find_form
from perfxl.form.model import COVER, Field, Form, Severity
from perfxl.form.records import MICRO, Book, Row, SheetRecord
from perfxl.rules.types import Raw
from perfxl.workbook.layout import SheetLayout, plan_of
from perfxl.workbook.write import live_plan
from tests.benchmarks.generate import CLOSES
from tests.benchmarks.units import MadeUnit, unit_codes, unit_of

HEBEI = find_form("hebei-2023")
TASK = Task(form=("hebei-2023", 1), year=2023, round="一上", deadline="2022-10-31")
AS_OF = datetime(2022, 11, 1, 9, 30, tzinfo=UTC)


@dataclass(frozen=True, kw_only=True)
class MadeRound:
    """A round in a store, and the dataset that was recorded."""

    store: Path
    dataset: Dataset


_KNOWN: dict[tuple[str, int], dict[str, SheetLayout]] = {}


def _layouts(form: Form, slots: int) -> dict[str, SheetLayout]:
    if (form.id, slots) not in _KNOWN:
        _KNOWN[form.id, slots] = _made_layouts(form, slots)
    return _KNOWN[form.id, slots]


def _made_layouts(form: Form, slots: int) -> dict[str, SheetLayout]:
    plan = plan_of(form, projects=1, slots=dict.fromkeys(form.groups, slots))
    return dict(live_plan(form, plan).layouts)


def places(form: Form, book: Book, slots: int = 4) -> list[SheetPlace]:
    """Where a workbook with this many slots per block would hold the book's values."""
    layouts = _layouts(form, slots)
    return [place_of(layouts[each.sheet], layouts[each.sheet].sheet.title(each.ordinal)) for each in book.all()]


def submission(book: Book, file: str, saved: datetime, *, form: Form = HEBEI) -> Submission:
    """A file with this book, checked by every rule of the form."""
    where = places(form, book)
    return Submission(
        file=file,
        sha256=hashlib.sha256(f"{file} {saved}".encode()).hexdigest(),
        condition=Condition.READ,
        modified=f"{saved:%Y-%m-%dT%H:%M:%SZ}",
        form=form,
        book=book,
        places=where,
        findings=findings_of(form, book, where, file),
    )


def unreadable(file: str) -> Submission:
    """A file that could not be read."""
    message = "文件是空的（0 字节）"
    fault = Finding(file=file, sheet="", cell="", field="", rule="I01", severity=Severity.ERROR, value="", message=message)
    return Submission(
        file=file, sha256=hashlib.sha256(file.encode()).hexdigest(), condition=Condition.UNREADABLE, findings=[fault]
    )


def returned(made: MadeUnit, *, later: int = 0) -> Submission:
    """What a made-up unit sends; ``later`` days after its first file."""
    name = f"收回/{made.unit.code}_{made.unit.name}{f'（修改{later}）' if later else ''}.xlsx"
    return submission(made.book, name, CLOSES - timedelta(minutes=made.minutes) + timedelta(days=later))


def units(count: int, seed: int = 1) -> list[MadeUnit]:
    """The first units of a made-up province."""
    return [unit_of(index, code, seed) for index, code in enumerate(unit_codes(count, seed))]


def roster_of(made: Iterable[MadeUnit], *, raised: Sequence[int] = (), ceilings: bool = True) -> Roster:
    """The roster of these units, the ceilings of those at ``raised`` one 万元 higher than asked for."""
    made = list(made)
    found = [
        replace(each, amount=(each.amount or 0) + (MICRO if at in raised and not number else 0))
        for at, unit in enumerate(made)
        for number, each in enumerate(unit.ceilings)
    ]
    return Roster(units={each.unit.code: each.unit for each in made}, ceilings=tuple(found) if ceilings else ())


def keep(
    path: Path,
    submissions: Sequence[Submission],
    *,
    form: Form = HEBEI,
    task: Task | None = TASK,
    roster: Roster | None = None,
    last_year: Sequence[Submission] = (),
    opinion: str = "",
) -> MadeRound:
    """Consolidate submissions into a store, as ``perfxl consolidate`` does; ``opinion`` is written beside every third finding."""
    path.parent.mkdir(parents=True, exist_ok=True)
    contents = [content_of(each) for each in submissions]
    with Store(path) as store:
        if task is not None:
            keep_task(store, task)
        keep_roster(store, units=roster, ceilings=roster)
        store.add(contents, "tests")
        dataset = dataset_of(contents, form, task=task, roster=roster, last_year=[content_of(each) for each in last_year])
        if opinion:
            rows = dataset.findings[::3]
            found = {
                (
                    row.file.content.unit_code or row.finding.file,
                    row.finding.rule,
                    f"{row.finding.sheet}!{row.finding.cell}",
                ): opinion
                for row in rows
            }
            keep_opinions(store, found)
            dataset = replace(dataset, opinions=found)
        record_run(store, dataset, as_of=AS_OF, output="汇总表.xlsx", read=len(submissions))
    return MadeRound(store=path, dataset=dataset)


def copied(source: MadeUnit, target: MadeUnit) -> None:
    """The target's first project takes over the indicators of the source's."""
    one = next(each for each in source.book.sheets if each.sheet == HEBEI.project_sheet.id)
    other = next(each for each in target.book.sheets if each.sheet == HEBEI.project_sheet.id)
    other.rows = {name: [row._replace(raws=dict(row.raws)) for row in rows] for name, rows in one.rows.items()}


def usual(path: Path, count: int = 40, *, every: int = 1, opinion: str = "请与预算股核对后重报。") -> MadeRound:
    """A round as rounds are: two versions of some files, a copied table, a late, an unreadable and missing ones.

    ``every``: one unit in so many, for a round of many departments.
    """
    made = units(count * every)[::every]
    roster = roster_of(made, raised=(3,))
    copied(made[0], made[5])
    copied(made[0], made[9])
    sent = [returned(each) for each in made if made.index(each) % 11 != 7]
    sent += [returned(made[2], later=1), unreadable("收回/下载失败.xlsx")]
    return keep(path, sent, roster=roster, opinion=opinion)


def filled(form: Form, unit: str, projects: int = 2) -> Book:
    """A book of any form with something of its type in every cell."""

    def value(field: Field, number: int) -> Raw:
        texts = {"code": f"{unit}{number}", "target": f"≥{number}%", "choice": field.options[0] if field.options else ""}
        numbers = {"money": 1234.5 + number, "percent": 0.25, "number": 3.0}
        return numbers.get(field.type_name) or texts.get(field.type_name) or f"{field.label}{number}"

    def record(sheet: str, ordinal: int) -> SheetRecord:
        fields = form.entry_fields(sheet)
        raws = {each.name: value(each, ordinal) for each in fields if not each.group}
        rows = {
            name: [
                Row(
                    block,
                    0,
                    {each: value(form.fields[each], block) for each in form.groups[name].fields if form.fields[each].is_entry},
                )
                for block in range(len(form.groups[name].blocks))
            ]
            for name in (form.sheets[sheet].groups if sheet in form.sheets else ())
        }
        return SheetRecord(sheet, ordinal, raws, rows)

    cover = record(COVER, 1)
    cover.raws.update({form.roles["unit_code"]: unit, form.roles["unit_name"]: f"单位{unit}"})
    sheets = [record(each.id, at) for each in form.sheets.values() for at in range(1, projects + 1 if each.repeats else 2)]
    return Book(cover, sheets)


def project_of(book: Book, ordinal: int = 1) -> SheetRecord:
    """A book's project by its number."""
    return next(each for each in book.sheets if each.sheet == HEBEI.project_sheet.id and each.ordinal == ordinal)
