"""The tables that rules across submissions (X01 …) query, over what all files hold.

A query reads these tables; fields of the form are columns by their names, money
is an integer of 10⁻⁶ 万元, and every other column begins with ``_``:

``submission``  _submission, _unit, _unit_name, _department, and the cover's fields
``project``     _submission, _unit, _unit_name, _department, _ordinal, _project, and the project sheet's fields
``indicator``   as ``project``, _row, _group, _level1, _level2, and the fields of its groups
``roster``      _unit, _name, _department
``ceiling``     _unit, _code, _name, _amount; one without code and name is the whole unit's
``task``        one row: _ceilings (``equal`` or ``max``)
``last_project``, ``last_indicator``  the same of last year's store, with _unit, _unit_name, _ordinal; empty without one

``_project`` numbers the projects of all submissions: joins go by it.

Only files that could win stand there: not unreadable, unrecognised or superseded ones.
Functions: ``NORMAL(text)`` (blanks, case and width removed), ``MONEY(micro)``, ``TARGET_OP``,
``TARGET_NUMBER`` (NULL if there is no number), ``TARGET_UNIT``.
"""

from __future__ import annotations

import sqlite3
import unicodedata
from collections.abc import Iterable, Iterator, Sequence
from contextlib import closing
from functools import lru_cache
from itertools import count

from ..form.model import Form
from ..form.records import from_micro
from ..rules.targets import target_of
from ..rules.values import squash
from .content import Content, Project
from .roster import Roster
from .task import Ceilings, Task

__all__ = ["Wanted", "columns_read", "cross_tables", "fill", "forget", "functions", "sql_table"]

Wanted = frozenset[tuple[str, str]] | None
"""(table, column) of what the queries read; ``None``: everything."""


def cross_tables(form: Form) -> sqlite3.Connection:
    """The tables and functions that a cross rule may use, empty."""
    connection = sqlite3.connect(":memory:", isolation_level=None)
    functions(connection)
    fill(connection, (), form, roster=Roster(), task=None)
    return connection


def columns_read(form: Form) -> Wanted:
    """(table, column) of all that the form's queries read, as SQLite itself says; ``None`` where a query does not run."""
    found: set[tuple[str, str]] = set()

    def reading(action: int, table: str | None, column: str | None, *_: str | None) -> int:
        if action == sqlite3.SQLITE_READ:
            found.add((table or "", column or ""))
        return sqlite3.SQLITE_OK

    with closing(cross_tables(form)) as connection:
        connection.set_authorizer(reading)
        try:
            for rule in form.cross:
                connection.execute(f"EXPLAIN {rule.sql}").close()
        except sqlite3.Error:
            return None
    return frozenset(found)


def sql_table(connection: sqlite3.Connection, name: str, columns: Sequence[str], rows: Iterable[Sequence[object]]) -> None:
    """A table for the queries of forms; its columns have no types."""
    titles = ", ".join(f'"{each}"' for each in columns)
    connection.execute(f"CREATE TABLE {name} ({titles})")
    connection.executemany(f"INSERT INTO {name} VALUES ({', '.join('?' * len(columns))})", rows)


def _project_fields(form: Form) -> list[str]:
    return [each.name for each in form.entry_fields(form.project_sheet.id) if not each.group]


def _indicator_fields(form: Form) -> list[str]:
    return [name for group in form.project_sheet.groups for name in form.groups[group].fields if form.fields[name].is_entry]


class _Table:
    """A table with the columns that are wanted: what is known of a project, what of a row of it, and fields."""

    def __init__(self, name: str, head: Sequence[str], own: Sequence[str], fields: Sequence[str], wanted: Wanted) -> None:
        def some(columns: Sequence[str]) -> list[str]:
            return [each for each in columns if wanted is None or (name, each) in wanted]

        self.name = name
        self.head = some(head) or [head[0]]
        self.own = some(own)
        self.fields = some(fields)
        self._at = [own.index(each) for each in self.own]

    def made(self, connection: sqlite3.Connection, rows: Iterable[Sequence[object]], *indices: Sequence[str]) -> None:
        """Fill the table; an index for each of these lists of columns, if it has them all."""
        columns = [*self.head, *self.own, *self.fields]
        sql_table(connection, self.name, columns, rows)
        for number, index in enumerate(indices):
            if set(index) <= set(columns):
                titles = ", ".join(f'"{each}"' for each in index)
                connection.execute(f"CREATE INDEX {self.name}_{number} ON {self.name} ({titles})")

    def projects(self, contents: Sequence[Content]) -> Iterator[tuple[object, ...]]:
        """A row for each project."""
        for facts, project in _projects(contents):
            yield (*map(facts.get, self.head), *map(project.values.get, self.fields))

    def indicators(self, contents: Sequence[Content]) -> Iterator[tuple[object, ...]]:
        """A row for each indicator; its own columns are those of :data:`_OWN`."""
        at, fields = self._at, self.fields
        for facts, project in _projects(contents):
            head = tuple(map(facts.get, self.head))
            for number, row in enumerate(project.indicators):
                own = (number, row.group, row.level1, row.level2)
                yield (*head, *[own[each] for each in at], *map(row.values.get, fields))


_PLACE = ("_submission", "_unit", "_unit_name", "_department")
_OWN = ("_row", "_group", "_level1", "_level2")
_LAST = ("_unit", "_unit_name", "_ordinal")


def _of_file(content: Content) -> dict[str, object]:
    return dict(zip(_PLACE, (content.file, content.unit_code, content.unit_name, content.department), strict=True))


def _projects(contents: Sequence[Content]) -> Iterator[tuple[dict[str, object], Project]]:
    """Every project with what is known of it, numbered."""
    numbers = count(1)
    for each in contents:
        place = _of_file(each)
        for project in each.projects:
            yield {**place, "_ordinal": project.ordinal, "_project": next(numbers)}, project


def fill(
    connection: sqlite3.Connection,
    contents: Sequence[Content],
    form: Form,
    *,
    roster: Roster,
    task: Task | None,
    last_year: Sequence[Content] = (),
    wanted: Wanted = None,
) -> None:
    """Make the tables and fill them, their ``wanted`` columns only."""
    head = (*_PLACE, "_ordinal", "_project")
    cover = [name for name in form.cover if form.fields[name].is_entry]
    code = form.roles["project_code"]
    connection.execute("BEGIN")
    table = _Table("submission", _PLACE, (), cover, wanted)
    files = ((*map(_of_file(each).get, table.head), *map(each.cover.get, table.fields)) for each in contents)
    table.made(connection, files, ["_unit"])
    table = _Table("project", head, (), _project_fields(form), wanted)
    table.made(connection, table.projects(contents), ["_project"], ["_submission", "_ordinal"], ["_unit", code], [code])
    table = _Table("indicator", head, _OWN, _indicator_fields(form), wanted)
    table.made(connection, table.indicators(contents), ["_project"], ["_submission", "_ordinal"])
    units = roster.units.values()
    sql_table(connection, "roster", ["_unit", "_name", "_department"], ((each.code, each.name, each.code[:3]) for each in units))
    ceilings = ((each.unit, each.code, each.name, each.amount) for each in roster.ceilings)
    sql_table(connection, "ceiling", ["_unit", "_code", "_name", "_amount"], ceilings)
    connection.execute("CREATE INDEX ceiling_0 ON ceiling (_unit, _code)")
    sql_table(connection, "task", ["_ceilings"], [((task.ceilings if task else Ceilings.EQUAL).value,)])
    table = _Table("last_project", _LAST, (), _project_fields(form), wanted)
    table.made(connection, table.projects(last_year))
    table = _Table("last_indicator", _LAST, _OWN, _indicator_fields(form), wanted)
    table.made(connection, table.indicators(last_year), ["_unit", "_ordinal"])
    connection.execute("COMMIT")


# --- functions --------------------------------------------------------------------


def functions(connection: sqlite3.Connection) -> None:
    """What queries may call besides SQLite's own."""
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


_SHORT = 100
"""Longer texts are not worth remembering."""


@lru_cache(maxsize=1 << 14)
def _normal_short(text: str) -> str:
    """Names come again in many submissions."""
    return squash(unicodedata.normalize("NFKC", text)).casefold()


def forget() -> None:
    """Give back the memory of what was computed more than once."""
    _normal_short.cache_clear()


def _money(micro: object) -> str | None:
    return f"{from_micro(micro)}" if isinstance(micro, int) else None


def _target_op(text: object) -> str | None:
    if text is None:
        return None
    return target_of(str(text)).op or "="


def _target_number(text: object) -> float | None:
    if text is None:
        return None
    target = target_of(str(text))
    return target.number if target.kind == "number" else None


def _target_unit(text: object) -> str | None:
    return None if text is None else target_of(str(text)).unit
