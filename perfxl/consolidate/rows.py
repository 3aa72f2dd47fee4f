"""A content as rows of the store: made where a file is read, inserted where the store is open.

Plain tuples cross the border between processes at a tenth of a content's cost.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import NamedTuple

from .content import Content

__all__ = ["TABLES", "Rows", "rows_of"]

Row = tuple[object, ...]


class Rows(NamedTuple):
    """The rows of one content in each of the store's tables (see :mod:`perfxl.consolidate.schema`)."""

    sha256: str
    content: tuple[Row, ...]
    project: tuple[Row, ...]
    explanation: tuple[Row, ...]
    finding: tuple[Row, ...]


TABLES = (("content", 12, 1), ("project", 11, 2), ("explanation", 7, 3), ("finding", 11, 4))
"""Table, number of its columns, place in :class:`Rows`; in the order in which they refer to each other."""


def rows_of(content: Content, reader: str) -> Rows:
    """All rows of a content; ``reader`` marks the program and forms that read it."""
    said = ((content.sha256, number, *each) for number, each in enumerate(content.explanations))
    return Rows(
        content.sha256,
        (_content_row(content, reader),),
        tuple(_project_rows(content)),
        tuple(said),
        tuple(_finding_rows(content)),
    )


def _dump(value: object) -> str:
    return json.dumps(value, ensure_ascii=False, separators=(",", ":"))


def _content_row(each: Content, reader: str) -> tuple[object, ...]:
    form, version = each.form or (None, None)
    head = (each.sha256, reader, each.condition.value, form, version, each.unit_code, each.unit_name)
    return *head, each.modified, each.size, _dump(each.cover), _dump(each.meta), each.book


def _project_rows(each: Content) -> Iterator[tuple[object, ...]]:
    for project in each.projects:
        head = (each.sha256, project.ordinal, project.sheet, project.cell, project.code, project.name, project.budget)
        indicators = [tuple(each) for each in project.indicators]
        yield *head, _dump(dict(project.values)), _dump(project.cells), len(indicators), _dump(indicators)


def _finding_rows(each: Content) -> Iterator[tuple[object, ...]]:
    for number, found in enumerate(each.findings):
        place = (each.sha256, number, found.sheet, found.cell, found.field, found.rule, found.severity.value)
        yield *place, found.value, found.message, int(found.explained), found.explanation
