"""The table as a picture: rows of texts with ``>`` and ``^`` become merged cells."""

from __future__ import annotations

import re
from collections.abc import Sequence

from ..errors import PerfxlError
from .model import Grid, GridCell, Mark

__all__ = ["read_grid"]

_FIELD = re.compile(r"\{([a-z][a-z0-9_]*)\}\Z")
_MARKS = {"level1": Mark.LEVEL1, "level2": Mark.LEVEL2}


def read_grid(picture: Sequence[Sequence[str]]) -> Grid:
    """Read a picture; raises F06 for ragged rows, F07 for merges that are no rectangle, F10 for a name that no field can have."""
    columns = len(picture[0]) if picture else 0
    owner: dict[tuple[int, int], tuple[int, int]] = {}
    for row, line in enumerate(picture):
        if len(line) != columns:
            raise PerfxlError("F06", row=row + 1, found=len(line), expected=columns)
        for column, text in enumerate(line):
            owner[row, column] = _owner(owner, row, column, text)
    cells = [
        _cell(picture, owner, origin) for origin in sorted(set(owner.values()))
    ]
    return Grid(rows=len(picture), columns=columns, cells=tuple(cells))


def _owner(owner: dict[tuple[int, int], tuple[int, int]], row: int, column: int, text: str) -> tuple[int, int]:
    before = {">": (row, column - 1), "^": (row - 1, column)}.get(text)
    if before is None:
        return row, column
    if before not in owner:
        raise PerfxlError("F07", row=row + 1, column=column + 1, mark=text)
    return owner[before]


def _cell(
    picture: Sequence[Sequence[str]], owner: dict[tuple[int, int], tuple[int, int]], origin: tuple[int, int]
) -> GridCell:
    row, column = origin
    members = [place for place, first in owner.items() if first == origin]
    rows = 1 + max(place[0] for place in members) - row
    columns = 1 + max(place[1] for place in members) - column
    if len(members) != rows * columns:
        at_row, at_column = max(members)
        raise PerfxlError("F07", row=at_row + 1, column=at_column + 1, mark=picture[at_row][at_column])
    text = picture[row][column]
    match = _FIELD.match(text)
    if text == "{#}":
        mark, text = Mark.ORDINAL, ""
    elif match:
        text = match.group(1)
        mark = _MARKS.get(text, Mark.FIELD)
    elif text.startswith("{") and text.endswith("}"):
        raise PerfxlError("F10", field=text[1:-1])
    else:
        mark = Mark.LABEL
    return GridCell(row=row, column=column, rows=rows, columns=columns, mark=mark, text=text)
