"""Rules across submissions (X01 …): the form's SQL over what all files hold (see :mod:`perfxl.consolidate.cross_tables`).

A query gives one row per finding: ``_submission``; ``_ordinal`` of a project and ``_row`` of
an indicator, if it is about one; ``value``, what was found; and what the message names.
It can only read: the connection refuses everything else.
"""

from __future__ import annotations

import sqlite3
import time
from collections.abc import Iterator, Mapping, Sequence

from ..check import Finding
from ..errors import PerfxlError
from ..form.model import CrossRule, Form, Mark, Severity
from ..rules.values import length, squash
from ..workbook.live import EXPLAINED_LENGTH
from .content import Content, Project
from .cross_tables import columns_read, fill, forget, functions
from .roster import Roster
from .task import Task

__all__ = ["cross_findings", "guard"]


def cross_findings(
    contents: Sequence[Content],
    form: Form,
    *,
    roster: Roster | None = None,
    task: Task | None = None,
    last_year: Sequence[Content] = (),
) -> dict[str, list[Finding]]:
    """The findings of the form's cross rules, by file.

    ``contents`` are those that could win, ``last_year`` those that counted last
    year.  Raises S24 for a query that does not run.
    """
    if not form.cross:
        return {}
    connection = sqlite3.connect("", isolation_level=None)  # a temporary file: a province's tables are large
    (before,) = connection.execute("PRAGMA soft_heap_limit").fetchone()
    connection.execute(f"PRAGMA soft_heap_limit = {_MEMORY}")
    try:
        functions(connection)
        wanted = columns_read(form)
        fill(connection, contents, form, roster=roster or Roster(), task=task, last_year=last_year, wanted=wanted)
        guard(connection)
        by_file = {each.file: each for each in contents}
        found: dict[str, list[Finding]] = {}
        for rule in form.cross:
            for finding in _run(connection, rule, by_file, form):
                found.setdefault(finding.file, []).append(finding)
        return found
    finally:
        connection.set_authorizer(None)
        connection.execute(f"PRAGMA soft_heap_limit = {before}")
        connection.close()
        forget()


_READING = (sqlite3.SQLITE_SELECT, sqlite3.SQLITE_READ, sqlite3.SQLITE_FUNCTION, sqlite3.SQLITE_RECURSIVE)
_LONGEST_SECONDS = 300.0
_STEPS = 1_000_000
_MEMORY = 8 << 20
"""Bytes that SQLite uses while it can do with them: every table of a query would else have some megabytes of its own."""
def guard(connection: sqlite3.Connection) -> None:
    """A form's query may read and nothing else (no ATTACH, no file), and not for ever."""

    def allowed(action: int, *_: str | None) -> int:
        return sqlite3.SQLITE_OK if action in _READING else sqlite3.SQLITE_DENY

    start = time.monotonic()
    connection.set_authorizer(allowed)
    connection.set_progress_handler(lambda: time.monotonic() - start > _LONGEST_SECONDS, _STEPS)


def _run(
    connection: sqlite3.Connection, rule: CrossRule, contents: Mapping[str, Content], form: Form
) -> Iterator[Finding]:
    try:
        cursor = connection.execute(rule.sql)
        names = [each[0] for each in cursor.description or ()]
        rows = [dict(zip(names, row, strict=True)) for row in cursor]
        findings = [(_place(row, contents), row, rule.message.format(**row)) for row in rows]
    except (sqlite3.Error, KeyError) as fault:
        raise PerfxlError("S24", rule=rule.id, reason=str(fault)) from None
    for (file, sheet, cell), row, message in sorted(findings, key=lambda each: (each[0], each[2])):
        value = row.get("value")
        said = _explanation(contents[file], row, rule, form)
        yield Finding(
            file=file,
            sheet=sheet,
            cell=cell or _cell(contents[file], row, rule.field),
            field=rule.field,
            rule=rule.id,
            severity=rule.severity,
            value="" if value is None else str(value),
            message=message,
            explained=rule.severity is Severity.HINT and length(squash(said)) >= EXPLAINED_LENGTH,
            explanation=said,
        )


def _place(row: Mapping[str, object], contents: Mapping[str, Content]) -> tuple[str, str, str]:
    file = str(row["_submission"])
    project = _project(contents[file], row.get("_ordinal"))
    if project is None:
        return file, "", ""
    number = row.get("_row")
    return file, project.sheet, project.indicators[int(str(number))].cell if number is not None else ""


def _explanation(content: Content, row: Mapping[str, object], rule: CrossRule, form: Form) -> str:
    """The 审核说明 of the row that a finding is about, "" if there is none."""
    project, number = _project(content, row.get("_ordinal")), row.get("_row")
    if project is None:
        return ""
    if number is not None:
        indicator = project.indicators[int(str(number))]
        place = (indicator.group, indicator.block, indicator.slot)
    else:
        field = rule.field if rule.field in project.cells else form.roles["project_code"]
        cells = form.project_sheet.grid.cells
        place = ("", 0, next((cell.row for cell in cells if cell.mark is Mark.FIELD and cell.text == field), -1))
    said = (each.text for each in content.explanations if each[:4] == (project.sheet, *place))
    return next(said, "")


def _project(content: Content, ordinal: object) -> Project | None:
    return next((each for each in content.projects if each.ordinal == ordinal), None)


def _cell(content: Content, row: Mapping[str, object], field: str) -> str:
    project = _project(content, row.get("_ordinal"))
    return project.cells.get(field, project.cell) if project else ""
