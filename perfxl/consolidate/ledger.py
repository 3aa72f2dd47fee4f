"""What the store remembers of a round beside contents: task, roster, decisions, states, opinions, runs."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime

from ..check import Condition, Finding
from ..errors import PerfxlError
from ..form.library import find_form, form_ids, form_version
from ..form.model import Form, Severity
from .content import Content
from .dataset import Dataset
from .mail import mail_dates
from .manifest import HandedOut, Occasion
from .roster import Ceiling, Roster, Unit
from .states import Choices, Judged, State
from .store import Store
from .task import Ceilings, Hints, Task
from .unit_mail import unit_mail

__all__ = [
    "OpinionKey",
    "Run",
    "choices_of",
    "choose",
    "counted",
    "dated",
    "force",
    "forget",
    "form_meant",
    "form_of",
    "handed_of",
    "keep_handed",
    "keep_opinions",
    "keep_roster",
    "keep_task",
    "last_run",
    "opinions_of",
    "record_run",
    "refuse_other_task",
    "remembered",
    "roster_of",
    "stated",
    "task_of",
    "written_last",
]

OpinionKey = tuple[str, str, str]
"""Unit code, rule, place (sheet and cell): what a 财政意见 belongs to."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Run:
    """One consolidation."""

    number: int
    as_of: str
    output: str
    files: int
    read: int


# --- task and roster --------------------------------------------------------------


def refuse_other_task(store: Store, task: Task) -> None:
    """S23 if the store belongs to another task."""
    found = task_of(store)
    if found is not None and (found.form, found.year, found.round) != (task.form, task.year, task.round):
        raise PerfxlError("S23", found=_title(found), expected=_title(task))


def keep_task(store: Store, task: Task) -> None:
    """Remember the task; S23 if the store belongs to another one (its deadline and policy may change)."""
    refuse_other_task(store, task)
    with store.transaction() as connection:
        connection.execute("DELETE FROM task")
        values = (*task.form, task.year, task.round, task.deadline, task.ceilings.value, task.hints.value)
        connection.execute("INSERT INTO task VALUES (1,?,?,?,?,?,?,?)", values)


def _title(task: Task) -> str:
    return f"{task.title}（{task.form[0]} 第 {task.form[1]} 版）"


def task_of(store: Store) -> Task | None:
    """The task that the store belongs to, if it was told."""
    rows = store.rows("SELECT form_id, form_version, year, round, deadline, ceilings, hints FROM task")
    if not rows:
        return None
    form, version, year, round_name, deadline, ceilings, hints = rows[0]
    return Task(
        form=(str(form), int(str(version))),
        year=int(str(year)),
        round=str(round_name),
        deadline=str(deadline),
        ceilings=Ceilings(ceilings),
        hints=Hints(hints),
    )


def keep_roster(store: Store, *, units: Roster | None = None, ceilings: Roster | None = None) -> None:
    """Remember the units of one roster and the ceilings of another (or the same)."""
    with store.transaction() as connection:
        if units is not None:
            connection.execute("DELETE FROM roster_unit")
            connection.executemany("INSERT INTO roster_unit VALUES (?,?,?,?,?,?,?,?)", _unit_rows(units))
        if ceilings is not None:
            connection.execute("DELETE FROM roster_project")
            rows = ((each.unit, at, each.code, each.name, each.amount) for at, each in enumerate(ceilings.ceilings))
            connection.executemany("INSERT INTO roster_project VALUES (?,?,?,?,?)", rows)


def _unit_rows(roster: Roster) -> list[tuple[object, ...]]:
    return [
        (each.code, each.name, each.department, int(each.lead), each.office, each.email, each.contact, each.phone)
        for each in roster.units.values()
    ]


def roster_of(store: Store) -> Roster:
    """The roster and the ceilings; empty if none was given."""
    units = {}
    for row in store.rows("SELECT * FROM roster_unit ORDER BY code"):
        code, name, department, lead, office, email, contact, phone = (str(each) for each in row)
        units[code] = Unit(
            code=code,
            name=name,
            department=department,
            lead=lead == "1",
            office=office,
            email=email,
            contact=contact,
            phone=phone,
        )
    ceilings = [
        Ceiling(unit=str(unit), code=str(code), name=str(name), amount=None if amount is None else int(str(amount)))
        for unit, code, name, amount in store.rows("SELECT unit, code, name, ceiling FROM roster_project ORDER BY unit, number")
    ]
    return Roster(units=units, ceilings=tuple(ceilings))


# --- what was handed out ----------------------------------------------------------


def keep_handed(store: Store, handed: Iterable[HandedOut]) -> None:
    """Remember workbooks that were made for units; the same workbook counts once."""
    with store.transaction() as connection:
        rows = (
            (each.unit, each.sha256, each.name, each.file, each.seal, each.key, each.task, each.at, each.occasion.value)
            for each in handed
        )
        connection.executemany("INSERT OR IGNORE INTO handed_out VALUES (?,?,?,?,?,?,?,?,?)", rows)


def handed_of(store: Store) -> tuple[HandedOut, ...]:
    """Every workbook that was made for a unit, oldest first."""
    query = "SELECT unit, sha256, name, file, seal, key, task, at, occasion FROM handed_out ORDER BY unit, at, file"
    return tuple(
        HandedOut(
            unit=unit,
            sha256=sha256,
            name=name,
            file=file,
            seal=seal,
            key=key,
            task=task,
            at=at,
            occasion=Occasion(occasion),
        )
        for unit, sha256, name, file, seal, key, task, at, occasion in (map(str, row) for row in store.rows(query))
    )


# --- decisions --------------------------------------------------------------------


def choices_of(store: Store) -> Choices:
    """What the officer decided, and the task's policy on hints."""
    task = task_of(store)
    winners = store.rows("SELECT unit, sha256 FROM choice")
    forced = store.rows("SELECT unit, sha256, reason FROM forced")
    return Choices(
        winners={str(unit): str(sha256) for unit, sha256 in winners},
        forced={(str(unit), str(sha256)): str(reason) for unit, sha256, reason in forced},
        hints_matter=task is None or task.hints is Hints.EXPLAIN,
    )


def choose(store: Store, unit: str, sha256: str, reason: str) -> None:
    """This content wins for the unit, whatever else comes."""
    with store.transaction() as connection:
        connection.execute("INSERT OR REPLACE INTO choice VALUES (?,?,?)", (unit, sha256, reason))


def force(store: Store, unit: str, sha256: str, reason: str) -> None:
    """Accept this content of the unit in spite of its errors."""
    with store.transaction() as connection:
        connection.execute("INSERT OR REPLACE INTO forced VALUES (?,?,?)", (unit, sha256, reason))


def forget(store: Store, unit: str) -> None:
    """Withdraw every decision about a unit."""
    with store.transaction() as connection:
        connection.execute("DELETE FROM choice WHERE unit = ?", (unit,))
        connection.execute("DELETE FROM forced WHERE unit = ?", (unit,))


def keep_opinions(store: Store, opinions: Mapping[OpinionKey, str]) -> None:
    """Remember 财政意见; an empty text forgets one."""
    with store.transaction() as connection:
        for key, text in opinions.items():
            if text:
                connection.execute("INSERT OR REPLACE INTO opinion VALUES (?,?,?,?)", (*key, text))
            else:
                connection.execute("DELETE FROM opinion WHERE (unit, rule, place) = (?,?,?)", key)


def opinions_of(store: Store) -> dict[OpinionKey, str]:
    """Every 财政意见."""
    rows = store.rows("SELECT unit, rule, place, text FROM opinion")
    return {(str(unit), str(rule), str(place)): str(text) for unit, rule, place, text in rows}


# --- runs -------------------------------------------------------------------------


def record_run(store: Store, dataset: Dataset, *, as_of: datetime, output: str, read: int, written: str = "") -> None:
    """Write the states of all files, the cross findings and the run, at once; ``written`` is the SHA-256 of the output.

    What is wrong with a file whose content the store does not keep (it is read
    anew every time) is written with the cross findings, by the file's name.
    """
    cross = {rule.id for rule in dataset.form.cross}
    with store.transaction() as connection:
        kept = {str(sha256) for (sha256,) in connection.execute("SELECT sha256 FROM content")}
        connection.execute("UPDATE file SET present = 0")
        connection.execute("DELETE FROM cross_finding")
        for judged in dataset.files:
            content = judged.content
            state = (content.file, content.sha256, judged.state.value, judged.reason, int(judged.forced))
            connection.execute("INSERT OR REPLACE INTO file VALUES (?,?,?,?,?,1)", state)
            found = [each for each in content.findings if each.rule in cross or content.sha256 not in kept]
            rows = (
                (content.file, at, each.sheet, each.cell, each.field, each.rule, each.severity.value, each.value, each.message)
                for at, each in enumerate(found)
            )
            connection.executemany("INSERT INTO cross_finding VALUES (?,?,?,?,?,?,?,?,?)", rows)
        values = (as_of.isoformat(), output, len(dataset.files), read, written)
        connection.execute("INSERT INTO run (as_of, output, files, read, written) VALUES (?,?,?,?,?)", values)


def written_last(store: Store, output: str) -> str:
    """The SHA-256 of the workbook that the latest run to this output wrote; "" if nothing is known."""
    rows = store.rows("SELECT written FROM run WHERE output = ? ORDER BY number DESC LIMIT 1", (output,))
    return str(rows[0][0]) if rows else ""


def last_run(store: Store) -> Run | None:
    """The latest consolidation; ``None`` if there was none."""
    rows = store.rows("SELECT number, as_of, output, files, read FROM run ORDER BY number DESC LIMIT 1")
    if not rows:
        return None
    number, as_of, output, files, read = rows[0]
    return Run(number=int(str(number)), as_of=str(as_of), output=str(output), files=int(str(files)), read=int(str(read)))


def stated(store: Store, states: Sequence[State] = tuple(State)) -> list[Content]:
    """The contents of the last run's files in these states, by name; what could not be hashed is left out."""
    marks = ", ".join("?" * len(states))
    query = f"SELECT f.name, f.sha256 FROM file f JOIN content USING (sha256) WHERE present AND state IN ({marks}) ORDER BY name"
    rows = store.rows(query, [state.value for state in states])
    return dated(store, store.contents({str(name): str(sha256) for name, sha256 in rows}))


def dated(store: Store, contents: Sequence[Content]) -> list[Content]:
    """The contents with the dates of the mails that brought them, as far as the mail journal knows them."""
    dates = mail_dates(store)
    return [replace(each, mailed=dates[each.sha256]) if each.sha256 in dates else each for each in contents]


def remembered(store: Store, form: Form) -> Dataset:
    """The last run again, as the store remembers it: states, reasons, cross findings, task, roster, opinions."""
    rows = store.rows("SELECT name, sha256, state, reason, forced FROM file WHERE present ORDER BY name")
    read = {each.file: each for each in stated(store)}
    cross = _cross_findings(store)
    files = []
    for row in rows:
        name, sha256, state, reason, forced = (str(each) for each in row)
        content = read.get(name) or Content(file=name, sha256=sha256, condition=Condition.UNREADABLE)
        content = replace(content, findings=(*content.findings, *cross.get(name, ())))
        files.append(Judged(content=content, state=State(state), reason=reason, forced=forced == "1"))
    return Dataset(
        form=form,
        files=tuple(files),
        task=task_of(store),
        roster=roster_of(store),
        opinions=opinions_of(store),
        handed=handed_of(store),
        mail=unit_mail(store),
    )


def _cross_findings(store: Store) -> dict[str, list[Finding]]:
    found: dict[str, list[Finding]] = {}
    query = "SELECT name, sheet, cell, field, rule, severity, value, message FROM cross_finding ORDER BY name, number"
    for row in store.rows(query):
        name, sheet, cell, field, rule, severity, value, message = (str(each) for each in row)
        finding = Finding(
            file=name,
            sheet=sheet,
            cell=cell,
            field=field,
            rule=rule,
            severity=Severity(severity),
            value=value,
            message=message,
        )
        found.setdefault(name, []).append(finding)
    return found


def form_of(store: Store) -> str:
    """The id of the form that the last run was about; "" if nothing says."""
    task = task_of(store)
    if task is not None:
        return task.form[0]
    query = "SELECT form_id FROM file JOIN content USING (sha256) WHERE present AND form_id IS NOT NULL "
    rows = store.rows(query + "GROUP BY form_id ORDER BY count(*) DESC, form_id LIMIT 1")
    return str(rows[0][0]) if rows else ""


def form_meant(store: Store) -> Form:
    """The form that the last run was about, in the task's version; the first at hand if nothing says."""
    task = task_of(store)
    return form_version(*task.form) if task else find_form(form_of(store) or form_ids()[0])


def counted(store: Store) -> list[Content]:
    """The contents that the last run counted: accepted ones and ones with hints."""
    return stated(store, (State.ACCEPTED, State.HINTS))
