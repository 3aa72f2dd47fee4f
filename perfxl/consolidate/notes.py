"""Rules about the units of the roster (X06): the form's SQL over who was handed what and which files came.

A query reads these tables; it can only read:

``roster``  _unit, _name, _department, _office: the units that are to report
``file``    every file of a unit that could be read and is of this task: _submission (its name), _name (without folders),
            _unit, _content (its SHA-256), _state (``accepted``, ``with_hints``, ``returned``, ``superseded``), _saved (when
            it was mailed, else the workbook's own time, "" if unknown), _late (1 if that is after the deadline)
``handed``  the workbooks made for units: _unit, _file, _at ("" if unknown), _again (1 for one made again)
``task``    one row: _deadline ("" if there is none)

It gives one row per note: ``_unit``, and what the message names.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Mapping, Sequence
from pathlib import PurePath

from ..errors import PerfxlError
from ..form.model import Form
from .cross import guard
from .cross_tables import sql_table
from .manifest import HandedOut, Occasion
from .roster import Unit
from .states import Judged, State, is_late, moment
from .task import CHINA, Task

__all__ = ["roster_notes", "roster_tables"]

_NO_FILE_OF_A_UNIT = (State.UNREADABLE, State.UNRECOGNISED)


def roster_notes(
    files: Sequence[Judged],
    form: Form,
    *,
    roster: Mapping[str, Unit],
    handed: Sequence[HandedOut] = (),
    task: Task | None = None,
) -> dict[str, tuple[str, ...]]:
    """What the form's rules about the roster say, by unit code; S24 for a query that does not run."""
    if not form.roster:
        return {}
    connection = sqlite3.connect(":memory:", isolation_level=None)
    try:
        _fill(connection, files, roster, handed, task)
        guard(connection)
        found: dict[str, list[str]] = {}
        for rule in form.roster:
            try:
                cursor = connection.execute(rule.sql)
                names = [each[0] for each in cursor.description or ()]
                for row in sorted(cursor.fetchall()):
                    values = dict(zip(names, row, strict=True))
                    found.setdefault(str(values["_unit"]), []).append(rule.message.format(**values))
            except (sqlite3.Error, KeyError, TypeError) as fault:
                raise PerfxlError("S24", rule=rule.id, reason=str(fault)) from None
        return {unit: tuple(dict.fromkeys(texts)) for unit, texts in found.items()}
    finally:
        connection.close()


def roster_tables() -> sqlite3.Connection:
    """The tables that a rule about the roster may use, empty."""
    connection = sqlite3.connect(":memory:", isolation_level=None)
    _fill(connection, (), {}, (), None)
    return connection


def _fill(
    connection: sqlite3.Connection,
    files: Sequence[Judged],
    roster: Mapping[str, Unit],
    handed: Sequence[HandedOut],
    task: Task | None,
) -> None:
    closes = task.closes if task else None
    units = ((each.code, each.name, each.code[:3], each.office) for each in roster.values())
    connection.execute("BEGIN")
    sql_table(connection, "roster", ["_unit", "_name", "_department", "_office"], units)
    sql_table(
        connection,
        "file",
        ["_submission", "_name", "_unit", "_content", "_state", "_saved", "_late"],
        (
            (
                *(each.content.file, PurePath(each.content.file).name, each.content.unit_code, each.content.sha256),
                *(each.state.value, _saved(each.content.when), int(is_late(each.content, closes))),
            )
            for each in files
            if each.content.unit_code and each.state not in _NO_FILE_OF_A_UNIT
        ),
    )
    out = ((each.unit, each.file, each.at, int(each.occasion is Occasion.AGAIN)) for each in handed)
    sql_table(connection, "handed", ["_unit", "_file", "_at", "_again"], out)
    sql_table(connection, "task", ["_deadline"], [(task.deadline if task else "",)])
    connection.execute("CREATE INDEX by_unit ON file (_unit)")
    connection.execute("COMMIT")


def _saved(modified: str) -> str:
    """A workbook's own time as people read it, in Chinese time; "" if unknown."""
    found = moment(modified)
    return f"{found.astimezone(CHINA):%Y-%m-%d %H:%M}" if found.year > 1 else ""
