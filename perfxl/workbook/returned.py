"""退回意见: the sheet of a reissued workbook that lists what was wrong when it came in.

Its rows are fixed.  What only finance can judge is explained here, or beside
the table where there is room; the hidden last column says which row is meant.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import NamedTuple

from ..form.records import RowKey
from .layout import a1
from .package import SheetWriter, accepted
from .styles import Styles

__all__ = [
    "EXPLANATION_COLUMN",
    "KEY_COLUMN",
    "RETURNED_TITLE",
    "Explained",
    "Place",
    "ReturnedLine",
    "explained_of",
    "write_returned",
]

RETURNED_TITLE = "退回意见"
EXPLANATION_COLUMN, KEY_COLUMN = 7, 8
_HEADS = (("序号", 6), ("表", 12), ("单元格", 9), ("规则", 8), ("级别", 9), ("问题", 70), ("财政意见", 36), ("审核说明", 40))
_LEVEL_COLUMN = 4
_LEVELS = {"错误": "cell_error", "提示": "cell_hint"}
_PER_LINE = 34
_MOST_LINES = 8


class Place(NamedTuple):
    """A field's cell, whatever its address: ``block`` and ``slot`` count from 0 and matter in groups only."""

    sheet: str
    ordinal: int
    field: str
    block: int = 0
    slot: int = 0


class Explained(NamedTuple):
    """The row of a sheet that a fixed row's explanation belongs to."""

    sheet: str
    ordinal: int
    key: RowKey


@dataclass(frozen=True, slots=True, kw_only=True)
class ReturnedLine:
    """One fixed row; ``title`` and ``cell`` as in the workbook that is built ("" for the whole file).

    ``explained``: where an explanation typed here belongs, ``None`` if none is asked for.
    """

    title: str
    cell: str
    rule: str
    level: str
    message: str
    opinion: str = ""
    explained: Explained | None = None
    explanation: str = ""


def write_returned(sheet: SheetWriter, styles: Styles, lines: tuple[ReturnedLine, ...]) -> None:
    """Write the sheet."""
    for column, (text, width) in enumerate(_HEADS):
        sheet.set_column(column, column, width)
        sheet.write_string(0, column, text, styles.named("head"))
    sheet.set_column(KEY_COLUMN, KEY_COLUMN, 3, None, {"hidden": True})
    cell, center = styles.named("cell"), styles.named("cell_center")
    for row, line in enumerate(lines, 1):
        sheet.set_row(row, 6 + 14.5 * min(_MOST_LINES, 1 + len(line.message) // _PER_LINE))
        sheet.write_number(row, 0, row, center)
        texts = (line.title, line.cell, line.rule, line.level, line.message, line.opinion)
        for column, text in enumerate(texts, 1):
            style = center if column < 5 else cell
            if column == _LEVEL_COLUMN:
                style = styles.named(_LEVELS.get(text, "cell_center"))
            accepted(sheet.write_string(row, column, text, style), "退回意见")
        if line.title and line.cell:
            link = f"internal:'{line.title}'!{line.cell}"
            accepted(sheet.write_url(row, 2, link, styles.named("cell_link"), line.cell), "链接")
        if line.explained is None:
            sheet.write_string(row, EXPLANATION_COLUMN, "", cell)
        else:
            accepted(sheet.write_string(row, EXPLANATION_COLUMN, line.explanation, styles.named("note")), "审核说明")
            sheet.write_string(row, KEY_COLUMN, _key_text(line.explained), styles.named("hidden"))
    sheet.freeze_panes(1, 0)
    sheet.set_landscape()
    sheet.set_paper(9)
    sheet.fit_to_pages(1, 0)
    sheet.repeat_rows(0)
    sheet.hide_gridlines(2)
    sheet.print_area(f"A1:{a1(len(lines), EXPLANATION_COLUMN)}")


def _key_text(meant: Explained) -> str:
    return f"perfxl|{meant.sheet}|{meant.ordinal}|{meant.key.group}|{meant.key.block}|{meant.key.slot}"


def explained_of(text: object) -> Explained | None:
    """What a cell of the hidden column says; ``None`` if it says nothing."""
    parts = text.split("|") if isinstance(text, str) else []
    if len(parts) != 6 or parts[0] != "perfxl" or not all(each.isascii() and each.isdigit() for each in (parts[2], *parts[4:])):
        return None
    return Explained(parts[1], int(parts[2]), RowKey(parts[3], int(parts[4]), int(parts[5])))
