"""Try the SQL of a form's rules on empty tables, so that its author hears of faults before anyone reports."""

from __future__ import annotations

import re
import sqlite3
from collections.abc import Iterator
from contextlib import closing
from string import Formatter

from ..errors import PerfxlError
from ..form.model import CrossRule, Form, RosterRule
from .cross import guard
from .cross_tables import cross_tables
from .notes import roster_tables

__all__ = ["query_faults"]


def query_faults(form: Form, file: str) -> list[PerfxlError]:
    """F17 for every query that does not run or lacks a column that is asked of it."""
    found: list[PerfxlError] = []
    with closing(cross_tables(form)) as connection:
        found += _faults(connection, form.cross, "_submission", file)
    with closing(roster_tables()) as connection:
        found += _faults(connection, form.roster, "_unit", file)
    return found


def _faults(
    connection: sqlite3.Connection, rules: tuple[CrossRule, ...] | tuple[RosterRule, ...], key: str, file: str
) -> Iterator[PerfxlError]:
    tables = _tables(connection)
    guard(connection)
    for rule in rules:
        reason = _reason(connection, rule, key)
        if reason:
            known = _known(reason, rule.sql, tables)
            yield PerfxlError("F17", file=file, place=rule.place, rule=rule.id, reason=reason, known=known)


def _reason(connection: sqlite3.Connection, rule: CrossRule | RosterRule, key: str) -> str:
    """What is wrong with a query, "" if nothing is."""
    try:
        cursor = connection.execute(rule.sql)
    except sqlite3.Error as fault:
        said = str(fault)
        for start, chinese in _SAID.items():
            said = said.replace(start, chinese)
        return said
    columns = [each[0] for each in cursor.description or ()]
    if key not in columns:
        return f"结果中没有必需的列 {key}"
    if "_row" in columns and "_ordinal" not in columns:
        return "结果中有列 _row，却没有列 _ordinal"
    missing = [name for _, name, _, _ in Formatter().parse(rule.message) if name and name not in columns]
    return f"提示中的 {{{missing[0]}}} 不是结果的列（{'、'.join(columns)}）" if missing else ""


_NO_TABLE = "没有表"
_SAID = {
    "no such table:": _NO_TABLE,
    "no such column:": "没有列",
    "no such function:": "没有函数",
    "not authorized": "只能查询，不能改动",
}
"""SQLite's commonest complaints, for people."""


def _known(reason: str, sql: str, tables: dict[str, list[str]]) -> str:
    """The tables, or the columns of those that the query names."""
    if not reason.startswith(_NO_TABLE):
        named = {name: columns for name, columns in tables.items() if re.search(rf"\b{name}\b", sql)}
        if named:
            return "列有 " + "；".join(f"{name}：{'、'.join(columns)}" for name, columns in named.items())
    return f"表有 {'、'.join(tables)}"


def _tables(connection: sqlite3.Connection) -> dict[str, list[str]]:
    """Every table with its columns."""
    names = connection.execute("SELECT name FROM sqlite_master WHERE type = 'table' ORDER BY rowid").fetchall()
    return {name: [row[1] for row in connection.execute(f'PRAGMA table_info("{name}")')] for (name,) in names}
