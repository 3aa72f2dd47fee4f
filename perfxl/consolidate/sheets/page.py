"""A sheet as a printed page with one or more tables: cells, styles, links, print set-up.

The only place that knows openpyxl's cells.  Texts stay texts whatever they
begin with, and what XML cannot hold is shown as U+FFFD.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from copy import copy
from dataclasses import dataclass
from enum import Enum

from openpyxl.cell.cell import Cell
from openpyxl.styles import Alignment, Border, Font, PatternFill, Side
from openpyxl.utils import get_column_letter
from openpyxl.workbook import Workbook
from openpyxl.worksheet.header_footer import HeaderFooterItem, _HeaderFooterPart
from openpyxl.worksheet.hyperlink import Hyperlink
from openpyxl.worksheet.properties import PageSetupProperties
from openpyxl.worksheet.worksheet import Worksheet

from ...errors import PerfxlError
from ...form.records import MICRO
from ..package import CachedValue

__all__ = [
    "CellContent",
    "Column",
    "Formula",
    "Kind",
    "Link",
    "Money",
    "Page",
    "Styles",
    "Tone",
    "address",
    "clean",
    "sheet_reference",
]

_MOST_LINKS = 60_000
"""Excel drops what exceeds 65 530 hyperlinks on a sheet; beyond this number the text stands alone."""

_LINE = 14.5
_MOST_LINES = 6
_FONT = "宋体"
_NOT_IN_XML = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\ud800-\udfff\ufffe\uffff]")
_LOOKS_ESCAPED = re.compile("_(?=x[0-9A-Fa-f]{4}_)")
_CELL_LIMIT = 32_767
_MOST_ROWS = 1_048_576


class Kind(Enum):
    """How a column's cells are shown: number format and alignment."""

    TEXT = ("General", "left")
    CENTRE = ("General", "center")
    CODE = ("@", "left")
    MONEY = ("#,##0.00", "right")
    PERCENT = ("0%", "right")
    SHARE = ("0.0%", "right")
    NUMBER = ("General", "right")
    COUNT = ("0", "right")


class Tone(Enum):
    """The look of a row or a cell."""

    PLAIN = "plain"
    HEADER = "header"
    SUBTOTAL = "subtotal"
    TOTAL = "total"
    ERROR = "error"
    HINT = "hint"
    GOOD = "good"
    MUTED = "muted"
    LINK = "link"
    ENTRY = "entry"


_FILLS = {
    Tone.HEADER: "D9E2F0",
    Tone.SUBTOTAL: "EEF2F8",
    Tone.TOTAL: "D9E2F0",
    Tone.ERROR: "F8D7DA",
    Tone.HINT: "FFF3CD",
    Tone.GOOD: "DFF0D8",
    Tone.MUTED: "F2F2F2",
    Tone.ENTRY: "FFFFE8",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Column:
    """One column of a table: heading, width in characters, kind."""

    title: str
    width: float
    kind: Kind = Kind.TEXT


@dataclass(frozen=True, slots=True)
class Money:
    """An amount in 10⁻⁶ 万元."""

    micro: int

    @property
    def number(self) -> float:
        """The cell's number, in 万元: the double nearest to the exact amount."""
        return self.micro / MICRO


@dataclass(frozen=True, slots=True)
class Formula:
    """A formula with the value that it has."""

    text: str
    value: CachedValue


@dataclass(frozen=True, slots=True)
class Link:
    """A text that leads to ``location``: in this workbook, or in ``target`` (a URI reference)."""

    text: str
    location: str = ""
    target: str = ""


CellContent = None | str | int | float | Money | Formula | Link


def address(row: int, column: int) -> str:
    """A1 address; rows and columns count from 1."""
    return f"{get_column_letter(column)}{row}"


def sheet_reference(title: str, cell: str) -> str:
    """A place in a workbook, as hyperlinks and formulas write it."""
    quoted = title.replace("'", "''")
    return f"'{quoted}'!{cell}" if cell else f"'{quoted}'!A1"


def clean(text: str) -> str:
    """Text as a cell can hold it: XML's characters, one kind of line break, Excel's length."""
    if not text.isprintable():
        text = _NOT_IN_XML.sub("\ufffd", text.replace("\r\n", "\n").replace("\r", "\n"))
    if "_x" in text:
        # _x0041_ is Excel's escape for a character (ECMA-376 22.9.2.19); the literal text needs escaping itself.
        text = _LOOKS_ESCAPED.sub("_x005F_", text)
    return text[:_CELL_LIMIT]


def _wide(text: str) -> float:
    return float(len(text.encode("gb18030", "replace")))  # one byte a narrow character, two a wide one


class Page:
    """One sheet under construction; rows are written from the top down."""

    def __init__(self, book: Workbook, title: str, columns: Sequence[Column], styles: Styles) -> None:
        sheet = book.create_sheet(title)
        assert isinstance(sheet, Worksheet)
        self.sheet = sheet
        self.title = title
        self.columns = columns
        self.styles = styles
        self.cached: dict[str, CachedValue] = {}
        self.row = 0
        self._links = 0
        for number, column in enumerate(columns, 1):
            sheet.column_dimensions[get_column_letter(number)].width = column.width

    def heading(self, text: str, note: str, columns: int) -> None:
        """Title and a line of facts above the table, over so many columns."""
        for content, name, height in ((text, "title", 30.0), (note, "note", 18.0)):
            self.row += 1
            self._put(self.row, 1, content, self.styles.named(name))
            self.sheet.merge_cells(start_row=self.row, end_row=self.row, start_column=1, end_column=columns)
            self.sheet.row_dimensions[self.row].height = height

    def section(self, text: str) -> None:
        """A line of bold text between tables."""
        self.row += 1
        self._put(self.row, 1, text, self.styles.named("section"))
        self.sheet.row_dimensions[self.row].height = 22

    def gap(self) -> None:
        """An empty row."""
        self.row += 1

    def header(self, titles: Sequence[str] = ()) -> int:
        """The row of column headings; returns its number."""
        self.row += 1
        texts = titles or [column.title for column in self.columns]
        for number, text in enumerate(texts, 1):
            self._put(self.row, number, text, self.styles.of(Kind.CENTRE, Tone.HEADER))
        lines = max(_wide(text) / max(column.width - 1, 1) for text, column in zip(texts, self.columns, strict=False))
        self.sheet.row_dimensions[self.row].height = 30 if lines > 1 else 22
        return self.row

    def line(
        self,
        contents: Sequence[CellContent],
        tone: Tone = Tone.PLAIN,
        *,
        tones: dict[int, Tone] | None = None,
        kinds: dict[int, Kind] | None = None,
    ) -> int:
        """One row of a table; returns its number.  ``tones`` and ``kinds`` override single columns (from 0).

        S37 beyond Excel's last row.
        """
        self.row += 1
        if self.row > _MOST_ROWS:
            raise PerfxlError("S37", sheet=self.title, limit=_MOST_ROWS)
        lines = 1.0
        for number, content in enumerate(contents):
            column = self.columns[number]
            look = (tones or {}).get(number, tone)
            if isinstance(content, Link) and look is Tone.PLAIN:
                look = Tone.LINK
            kind = (kinds or {}).get(number, column.kind)
            self._put(self.row, number + 1, content, self.styles.of(kind, look))
            text = content.text if isinstance(content, Link) else content
            if isinstance(text, str):
                room = max(column.width - 1.5, 1)
                lines = max(lines, sum(-(-_wide(part) // room) or 1.0 for part in text.split("\n")))
        self.sheet.row_dimensions[self.row].height = min(lines, _MOST_LINES) * _LINE + 3.5
        return self.row

    def freeze(self, row: int, column: int) -> None:
        """Keep the rows above and the columns left of this cell in view."""
        self.sheet.freeze_panes = address(row, column)

    def filter(self, first_row: int, last_row: int, columns: int) -> None:
        """Filter buttons on ``first_row`` for the rows below."""
        self.sheet.auto_filter.ref = f"A{first_row}:{address(max(last_row, first_row), columns)}"

    def print_setup(self, header_row: int, columns: int) -> None:
        """A4 landscape, as wide as the page, headings on every page, page numbers."""
        sheet = self.sheet
        sheet.page_setup.orientation = "landscape"
        sheet.page_setup.paperSize = 9
        sheet.page_setup.fitToWidth = 1
        sheet.page_setup.fitToHeight = 0
        sheet.sheet_properties.pageSetUpPr = PageSetupProperties(fitToPage=True)
        sheet.print_title_rows = f"{header_row}:{header_row}"
        sheet.print_area = f"A1:{address(max(self.row, header_row), columns)}"
        sheet.print_options.horizontalCentered = True
        margins = sheet.page_margins
        margins.left = margins.right = 0.4
        margins.top, margins.bottom, margins.header, margins.footer = 0.6, 0.6, 0.3, 0.3
        sheet.oddFooter = HeaderFooterItem(center=_HeaderFooterPart(text="第 &P 页，共 &N 页"))
        sheet.sheet_view.showGridLines = False
        sheet.sheet_view.zoomScale = 90

    def _put(self, row: int, column: int, content: CellContent, style: Cell) -> None:
        cell = self.sheet.cell(row, column)
        assert isinstance(cell, Cell)
        # Sharing the style array is what openpyxl's own copies amount to once written; setting
        # fonts and borders one by one costs ten times as much.
        cell._style = style._style  # type: ignore[attr-defined]  # the stubs leave it out
        if content is None:
            return
        if isinstance(content, Formula):
            cell.value = content.text
            self.cached[cell.coordinate] = content.value
        elif isinstance(content, Link):
            self._text(cell, content.text)
            self._link(cell, content)
        elif isinstance(content, str):
            self._text(cell, content)
        else:
            cell.value = content.number if isinstance(content, Money) else content

    @staticmethod
    def _text(cell: Cell, text: str) -> None:
        text = clean(text)
        if not text:
            return
        cell.value = text
        cell.data_type = "s"  # "=1+1" and "#N/A" would otherwise become a formula and an error
        if text[0] in "=+-@":
            cell._style = copy(cell._style)  # type: ignore[attr-defined]
            cell.quotePrefix = True  # stays text when someone edits the cell

    def _link(self, cell: Cell, link: Link) -> None:
        if not (link.location or link.target) or self._links >= _MOST_LINKS:
            return
        self._links += 1
        cell.hyperlink = Hyperlink(ref=cell.coordinate, target=link.target or None, location=clean(link.location) or None)


class Styles:
    """The cells from which styles are copied: one per kind and tone, made once."""

    def __init__(self, book: Workbook) -> None:
        self._sheet = book.create_sheet("styles")
        self._cells: dict[tuple[Kind, Tone] | str, Cell] = {}
        self._named("title", Font(name="黑体", size=16, bold=True), Alignment(horizontal="center", vertical="center"))
        self._named("note", Font(name=_FONT, size=10), Alignment(horizontal="right", vertical="center"))
        self._named("section", Font(name="黑体", size=12), Alignment(horizontal="left", vertical="center"))

    def _new(self) -> Cell:
        cell = self._sheet.cell(len(self._cells) + 1, 1)
        assert isinstance(cell, Cell)
        return cell

    def _named(self, name: str, font: Font, alignment: Alignment) -> None:
        cell = self._cells[name] = self._new()
        cell.font, cell.alignment = font, alignment

    def named(self, name: str) -> Cell:
        """The style of titles, notes and section lines."""
        return self._cells[name]

    def of(self, kind: Kind, tone: Tone) -> Cell:
        """The style of a table cell."""
        found = self._cells.get((kind, tone))
        if found is None:
            found = self._cells[kind, tone] = self._new()
            self._dress(found, kind, tone)
        return found

    @staticmethod
    def _dress(cell: Cell, kind: Kind, tone: Tone) -> None:
        number_format, horizontal = kind.value
        side = Side(style="thin", color="9AA5B1")
        strong = tone in (Tone.HEADER, Tone.SUBTOTAL, Tone.TOTAL)
        link = tone is Tone.LINK
        cell.number_format = number_format
        cell.font = Font(
            name=_FONT, size=10, bold=strong, color="1F4E9E" if link else "000000", underline="single" if link else None
        )
        cell.alignment = Alignment(horizontal=horizontal, vertical="center", wrap_text=kind in (Kind.TEXT, Kind.CENTRE))
        cell.border = Border(left=side, right=side, top=side, bottom=side)
        fill = _FILLS.get(tone)
        if fill:
            cell.fill = PatternFill("solid", fgColor=fill)

    def drop(self, book: Workbook) -> None:
        """Remove the sheet that the sample cells stand on."""
        book.remove(self._sheet)
