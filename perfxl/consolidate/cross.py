"""Rules across submissions (X01 …): the form's SQL over what all files hold.

A query reads these tables; fields of the form are columns by their names, money
is an integer of 10⁻⁶ 万元, and every other column begins with ``_``:

``submission``  _submission, _unit, _unit_name, _department, and the cover's fields
``project``     _submission, _unit, _unit_name, _department, _ordinal, and the project sheet's fields
``indicator``   as ``project``, _row, _group, _level1, _level2, and the fields of its groups
``roster``      _unit, _name, _department
``ceiling``     _unit, _code, _name, _amount; one without code and name is the whole unit's
``task``        one row: _ceilings (``equal`` or ``max``)
``last_project``, ``last_indicator``  the same of last year's store, with _unit, _unit_name, _ordinal; empty without one

Only files that could win stand there: not unreadable, unrecognised or superseded ones.
Functions: ``NORMAL(text)`` (blanks, case and width removed), ``MONEY(micro)``, ``TARGET_OP``,
``TARGET_NUMBER`` (NULL if there is no number), ``TARGET_UNIT``.

A query gives one row per finding: ``_submission``; ``_ordinal`` of a project and ``_row`` of
an indicator, if it is about one; ``value``, what was found; and what the message names.
It can only read: the connection refuses everything else.
"""

from __future__ import annotations

import sqlite3
import time
import unicodedata
from collections.abc import Iterable, Iterator, Mapping, Sequence
from functools import lru_cache

from ..check import Finding
from ..errors import PerfxlError
from ..form.model import CrossRule, Form, Mark, Severity
from ..form.records import from_micro
from ..rules.targets import normal_form, read_target, spelling
from ..rules.values import length, squash
from ..workbook.live import EXPLAINED_LENGTH
from .content import Content, Project
from .roster import Roster
from .task import Ceilings, Task

__all__ = ["cross_findings", "cross_tables", "guard", "sql_table"]

_PLACE = ("_submission", "_unit", "_unit_name", "_department")


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
    try:
        _functions(connection)
        _fill(connection, contents, form, roster or Roster(), task)
        _fill_last(connection, form, last_year)
        guard(connection)
        by_file = {each.file: each for each in contents}
        found: dict[str, list[Finding]] = {}
        for rule in form.cross:
            for finding in _run(connection, rule, by_file, form):
                found.setdefault(finding.file, []).append(finding)
        return found
    finally:
        connection.close()


def cross_tables(form: Form) -> sqlite3.Connection:
    """The tables and functions that a cross rule may use, empty."""
    connection = sqlite3.connect(":memory:", isolation_level=None)
    _functions(connection)
    _fill(connection, (), form, Roster(), None)
    _fill_last(connection, form, ())
    return connection


_READING = (sqlite3.SQLITE_SELECT, sqlite3.SQLITE_READ, sqlite3.SQLITE_FUNCTION, sqlite3.SQLITE_RECURSIVE)
_LONGEST_SECONDS = 300.0
_STEPS = 1_000_000
_SHORT = 100
"""Longer texts are not worth remembering."""


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


# --- tables -----------------------------------------------------------------------


def sql_table(connection: sqlite3.Connection, name: str, columns: Sequence[str], rows: Iterable[Sequence[object]]) -> None:
    """A table for the queries of forms; its columns have no types."""
    titles = ", ".join(f'"{each}"' for each in columns)
    connection.execute(f"CREATE TABLE {name} ({titles})")
    connection.executemany(f"INSERT INTO {name} VALUES ({', '.join('?' * len(columns))})", rows)


def _project_fields(form: Form) -> list[str]:
    return [each.name for each in form.entry_fields(form.project_sheet.id) if not each.group]


def _indicator_fields(form: Form) -> list[str]:
    return [name for group in form.project_sheet.groups for name in form.groups[group].fields if form.fields[name].is_entry]


def _fill(connection: sqlite3.Connection, contents: Sequence[Content], form: Form, roster: Roster, task: Task | None) -> None:
    connection.execute("BEGIN")
    cover = [name for name in form.cover if form.fields[name].is_entry]
    projects, indicators = _project_fields(form), _indicator_fields(form)
    sql_table(
        connection,
        "submission",
        [*_PLACE, *cover],
        ((*_place_of(each), *map(each.cover.get, cover)) for each in contents),
    )
    sql_table(
        connection,
        "project",
        [*_PLACE, "_ordinal", *projects],
        (
            (*_place_of(each), project.ordinal, *map(project.values.get, projects))
            for each in contents
            for project in each.projects
        ),
    )
    sql_table(
        connection,
        "indicator",
        [*_PLACE, "_ordinal", "_row", "_group", "_level1", "_level2", *indicators],
        (
            (*place, project.ordinal, number, row.group, row.level1, row.level2, *map(row.values.get, indicators))
            for place, each in zip(map(_place_of, contents), contents, strict=True)
            for project in each.projects
            for number, row in enumerate(project.indicators)
        ),
    )
    units = roster.units.values()
    sql_table(connection, "roster", ["_unit", "_name", "_department"], ((each.code, each.name, each.code[:3]) for each in units))
    ceilings = ((each.unit, each.code, each.name, each.amount) for each in roster.ceilings)
    sql_table(connection, "ceiling", ["_unit", "_code", "_name", "_amount"], ceilings)
    sql_table(connection, "task", ["_ceilings"], [((task.ceilings if task else Ceilings.EQUAL).value,)])
    code = form.roles["project_code"]
    for number, (table, columns) in enumerate(
        (
            ("submission", "_unit"),
            ("project", "_submission, _ordinal"),
            ("project", f'_unit, "{code}"'),
            ("project", f'"{code}"'),
            ("indicator", "_submission, _ordinal"),
            ("ceiling", "_unit, _code"),
        )
    ):
        connection.execute(f"CREATE INDEX by_{number} ON {table} ({columns})")
    connection.execute("COMMIT")


def _place_of(content: Content) -> tuple[str, str, str, str]:
    return content.file, content.unit_code, content.unit_name, content.department


def _fill_last(connection: sqlite3.Connection, form: Form, contents: Sequence[Content]) -> None:
    projects, indicators = _project_fields(form), _indicator_fields(form)
    project_rows: list[tuple[object, ...]] = []
    indicator_rows: list[tuple[object, ...]] = []
    for each in contents:
        head = (each.unit_code, each.unit_name)
        for project in each.projects:
            project_rows.append((*head, project.ordinal, *(project.values.get(name) for name in projects)))
            for row in project.indicators:
                values = (row.values.get(name) for name in indicators)
                indicator_rows.append((*head, project.ordinal, row.level1, row.level2, *values))
    sql_table(connection, "last_project", ["_unit", "_unit_name", "_ordinal", *projects], project_rows)
    columns = ["_unit", "_unit_name", "_ordinal", "_level1", "_level2", *indicators]
    sql_table(connection, "last_indicator", columns, indicator_rows)
    connection.execute("CREATE INDEX last_rows ON last_indicator (_unit, _ordinal)")


# --- functions --------------------------------------------------------------------


def _functions(connection: sqlite3.Connection) -> None:
    for name, function in (
        ("NORMAL", _normal),
        ("MONEY", _money),
        ("TARGET_OP", _target_op),
        ("TARGET_NUMBER", _target_number),
        ("TARGET_UNIT", _target_unit),
    ):
        connection.create_function(name, 1, function, deterministic=True)


def _normal(text: object) -> str:
    if isinstance(text, str) and len(text) <= _SHORT:
        return _normal_short(text)
    return squash(unicodedata.normalize("NFKC", str(text))).casefold() if text is not None else ""


@lru_cache(maxsize=1 << 14)
def _normal_short(text: str) -> str:
    """Names come again in many submissions."""
    return squash(unicodedata.normalize("NFKC", text)).casefold()


def _money(micro: object) -> str | None:
    return f"{from_micro(micro)}" if isinstance(micro, int) else None


def _target_op(text: object) -> str | None:
    if text is None:
        return None
    return read_target(normal_form(spelling(str(text)))).op or "="


def _target_number(text: object) -> float | None:
    if text is None:
        return None
    target = read_target(normal_form(spelling(str(text))))
    return target.number if target.kind == "number" else None


def _target_unit(text: object) -> str | None:
    return None if text is None else read_target(normal_form(spelling(str(text)))).unit
