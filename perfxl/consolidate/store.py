"""The store (汇总库): one SQLite file that remembers every content, decision and finding of a task.

What a file holds is kept by the SHA-256 of its bytes, so that a second run
reads only what is new.  Contents are added in batches, one transaction each;
states are written in one transaction at the end.  A killed run therefore
leaves whole batches and the states of the run before.
"""

from __future__ import annotations

import json
import sqlite3
import sys
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from functools import lru_cache, partial
from itertools import chain
from pathlib import Path
from types import TracebackType
from typing import Any, Self

from ..check import Condition, Finding
from ..errors import PerfxlError
from ..form.model import Severity
from ..form.records import Book
from .book_text import book_from, book_text
from .content import Content, Explanation, Project
from .rows import TABLES, Rows, rows_of
from .schema import APPLICATION_ID, MIGRATIONS, VERSION
from .shelf import Shelf, StoredIndicators, StoredValues
from .stamps import Stamp

__all__ = ["Store"]

_BUSY_SECONDS = 60.0
_COLUMNS = "sha256, condition, form_id, form_version, unit_code, unit_name, modified, size, cover"
_PROJECT_COLUMNS = "sha256, ordinal, sheet, cell, code, name, budget, fields, cells, count"
"""What is read of ``content`` and ``project``; books, indicators and long texts are read on demand only."""

_Row = tuple[Any, ...]


class Store:
    """An open store; use it as a context manager.  Without a path it lives in memory only.

    A read-only one is never changed, but for what a killed run left half done,
    which has to be undone first; one of an older version is read from a migrated copy.
    """

    def __init__(self, path: Path | None = None, *, read_only: bool = False) -> None:
        self.path = path
        self._name = str(path) if path else ":memory:"
        fresh = path is not None and not path.exists()
        with self.faults():
            self.connection = _connected(path, read_only)
        try:
            with self.faults():
                self._open(read_only)
        except PerfxlError:
            self.connection.close()
            if fresh and path is not None:
                _remove_empty(path)
            raise
        lasting = path is not None and bool(self.connection.execute("PRAGMA database_list").fetchone()[2])
        self._shelf = Shelf(self._name, self.connection, partial(_connected, path.resolve(), True) if path and lasting else None)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, fault: BaseException | None, trace: TracebackType | None) -> None:
        self._shelf.leave()

    @contextmanager
    def faults(self) -> Iterator[None]:
        """Turn SQLite's faults into S20 or S21."""
        try:
            yield
        except sqlite3.DatabaseError as fault:
            if "not a database" in str(fault) or "malformed" in str(fault):
                raise PerfxlError("S21", path=self._name) from None
            raise PerfxlError("S20", path=self._name, reason=str(fault)) from None

    @contextmanager
    def transaction(self) -> Iterator[sqlite3.Connection]:
        """All or nothing; others wait."""
        with self.faults():
            self.connection.execute("BEGIN IMMEDIATE")
            try:
                yield self.connection
            except BaseException:
                self.connection.execute("ROLLBACK")
                raise
            self.connection.execute("COMMIT")

    @contextmanager
    def _snapshot(self) -> Iterator[None]:
        """Several reads of one state of the store."""
        self.connection.execute("BEGIN")
        try:
            yield
        finally:
            self.connection.execute("ROLLBACK")

    def rows(self, query: str, values: Sequence[object] = ()) -> list[tuple[object, ...]]:
        """The rows of a query."""
        with self.faults():
            return self.connection.execute(query, values).fetchall()

    # --- opening ------------------------------------------------------------------

    def _open(self, read_only: bool) -> None:
        self.connection.execute("PRAGMA foreign_keys = ON")
        found = self._version()
        if found > VERSION:
            raise PerfxlError("S22", path=self._name, found=found, known=VERSION)
        if found < VERSION:
            if read_only:
                self._copy()
            self._migrate()

    def _copy(self) -> None:
        """Go on with a copy in memory: an older store is read as this version has it, and stays as it is."""
        original, self.connection = self.connection, sqlite3.connect(":memory:", isolation_level=None)
        try:
            original.backup(self.connection)
        finally:
            original.close()
        self.connection.execute("PRAGMA foreign_keys = ON")

    def _version(self) -> int:
        application = int(self.connection.execute("PRAGMA application_id").fetchone()[0])
        version = int(self.connection.execute("PRAGMA user_version").fetchone()[0])
        tables = self.connection.execute("SELECT count(*) FROM sqlite_master").fetchone()[0]
        if application != APPLICATION_ID and (tables or application or version):
            raise PerfxlError("S21", path=self._name)
        return version

    def _migrate(self) -> None:
        self.connection.execute("BEGIN IMMEDIATE")
        try:
            for number in range(self._version(), VERSION):  # asked again: another run may have been first
                for statement in MIGRATIONS[number].split(";"):
                    self.connection.execute(statement)
            self.connection.execute(f"PRAGMA application_id = {APPLICATION_ID}")
            self.connection.execute(f"PRAGMA user_version = {VERSION}")
        except BaseException:
            self.connection.execute("ROLLBACK")
            raise
        self.connection.execute("COMMIT")

    # --- contents -----------------------------------------------------------------

    def known(self, reader: str) -> set[str]:
        """The SHA-256 of contents that this reader (program and form) has read before.

        A reader that verifies seals ("…-keys") knows more than the same one without keys.
        """
        unread = Condition.UNREADABLE.value
        query = "SELECT sha256 FROM content WHERE (reader = ? OR reader GLOB ?) AND condition <> ?"
        return {str(row[0]) for row in self.rows(query, (reader, f"{reader}-*", unread))}

    def seen(self) -> dict[Stamp, str]:
        """The SHA-256 of files that were read, by what the file system said of them then."""
        return {Stamp._make(row): sha256 for *row, sha256 in self.rows("SELECT * FROM seen")}  # type: ignore[misc]

    def keep_seen(self, stamps: Mapping[Stamp, str]) -> None:
        """Remember what files with these stamps held; a file is known by its latest stamp only."""
        if stamps:
            with self.transaction() as connection:
                rows = ((*stamp, sha256) for stamp, sha256 in stamps.items())
                connection.executemany("INSERT OR REPLACE INTO seen VALUES (?,?,?,?,?,?)", rows)

    def add(self, contents: Iterable[Content], reader: str) -> None:
        """Store contents, replacing what an older reader made of the same bytes."""
        self.insert(rows_of(each, reader) for each in contents)

    def insert(self, contents: Iterable[Rows]) -> None:
        """Store contents that came as rows, replacing what is there of the same bytes; one transaction."""
        found = {each.sha256: each for each in contents}
        with self.transaction() as connection:
            connection.executemany("DELETE FROM content WHERE sha256 = ?", ((sha256,) for sha256 in found))
            for table, columns, at in TABLES:
                statement = f"INSERT INTO {table} VALUES ({','.join('?' * columns)})"
                connection.executemany(statement, chain.from_iterable(each[at] for each in found.values()))

    def contents(self, names: Mapping[str, str]) -> list[Content]:
        """The contents of files: ``names`` maps the name shown to a stored SHA-256."""
        wanted = sorted(set(names.values()))
        with self.faults(), self._snapshot():
            self.connection.execute("CREATE TEMP TABLE IF NOT EXISTS wanted (sha256 TEXT PRIMARY KEY)")
            self.connection.execute("DELETE FROM wanted")
            self.connection.executemany("INSERT INTO wanted VALUES (?)", ((each,) for each in wanted))
            same = dict(zip(names.values(), names.values(), strict=True))  # every hash is held once
            projects: dict[str, list[Project]] = {}
            for row in self._wanted("project", "sha256, ordinal", _PROJECT_COLUMNS):
                projects.setdefault(row[0], []).append(_project((same[row[0]], *row[1:]), self._shelf))
            said: dict[str, list[Explanation]] = {}
            for sha256, _, sheet, group, block, slot, text in self._wanted("explanation", "sha256, number"):
                said.setdefault(sha256, []).append(Explanation(sheet, group, block, slot, text))
            findings: dict[str, list[_Row]] = {}
            for row in self._wanted("finding", "sha256, number"):
                findings.setdefault(row[0], []).append(row)
            heads = {row[0]: row[1:] for row in self._wanted("content", "sha256", _COLUMNS)}
        rest = {sha256: (tuple(projects.pop(sha256, ())), tuple(said.pop(sha256, ()))) for sha256 in heads}
        return [
            _content(name, sha256, heads[sha256], *rest[sha256], findings.get(sha256, ())) for name, sha256 in names.items()
        ]

    def _wanted(self, table: str, order: str, columns: str = "*") -> sqlite3.Cursor:
        query = f"SELECT {columns} FROM {table} WHERE sha256 IN (SELECT sha256 FROM wanted) ORDER BY {order}"
        return self.connection.execute(query)

    def book(self, sha256: str) -> Book | None:
        """Everything that a content holds, as it was read; ``None`` if it is unknown or was not read."""
        texts = self.rows("SELECT book FROM content WHERE sha256 = ? AND book <> ''", (sha256,))
        if not texts:
            return None
        projects = self.rows("SELECT ordinal, indicators FROM project WHERE sha256 = ?", (sha256,))
        rows = {int(str(ordinal)): json.loads(str(indicators)) for ordinal, indicators in projects}
        return book_from(str(texts[0][0]), rows)

    def book_text(self, sha256: str) -> str:
        """The same as text, which goes to other processes; "" if there is none."""
        book = self.book(sha256)
        return book_text(book) if book else ""


def _connected(path: Path | None, read_only: bool) -> sqlite3.Connection:
    # What a killed run left half done has to be undone first, for which reading does not suffice.
    if path is not None and read_only and not path.with_name(f"{path.name}-journal").exists():
        name = f"{path.resolve().as_uri()}?mode=ro"
        return sqlite3.connect(name, uri=True, isolation_level=None, timeout=_BUSY_SECONDS)
    return sqlite3.connect(str(path) if path else ":memory:", isolation_level=None, timeout=_BUSY_SECONDS)


def _content(
    name: str, sha256: str, head: _Row, projects: tuple[Project, ...], said: tuple[Explanation, ...], findings: Sequence[_Row]
) -> Content:
    condition, form, version, unit_code, unit_name, modified, size, cover = head
    same = {unit_code: unit_code, unit_name: unit_name}
    return Content(
        file=name,
        sha256=sha256,
        condition=Condition(condition),
        size=size,
        modified=modified,
        form=(sys.intern(form), version) if form is not None else None,
        unit_code=unit_code,
        unit_name=unit_name,
        cover={sys.intern(each): same.get(value, value) for each, value in json.loads(cover).items()},
        projects=projects,
        explanations=said,
        findings=tuple([_finding(name, row) for row in findings]),
    )


def _project(row: _Row, shelf: Shelf) -> Project:
    sha256, ordinal, sheet, cell, code, name, budget, fields, cells, count = row
    return Project(
        ordinal=ordinal,
        sheet=sys.intern(sheet),
        cell=sys.intern(cell),
        code=code,
        name=name,
        budget=budget,
        values=StoredValues(shelf, sha256, ordinal, json.loads(fields), {code: code, name: name}),
        cells=_cells(cells),
        indicators=StoredIndicators(shelf, sha256, ordinal, count),
    )


@lru_cache(maxsize=256)
def _cells(text: str) -> Mapping[str, str]:
    """Addresses by field, which most projects have in common."""
    found: dict[str, str] = json.loads(text)
    return found


def _finding(name: str, row: _Row) -> Finding:
    _, _, sheet, cell, field, rule, severity, value, message, explained, explanation = row
    return Finding(
        file=name,
        sheet=sys.intern(sheet),
        cell=cell,
        field=sys.intern(field),
        rule=sys.intern(rule),
        severity=Severity(severity),
        value=value,
        message=message,
        explained=bool(explained),
        explanation=explanation,
    )


def _remove_empty(path: Path) -> None:
    """What is left of a store that could not be made: a file without a byte."""
    with suppress(OSError):
        if path.stat().st_size == 0:
            path.unlink()
