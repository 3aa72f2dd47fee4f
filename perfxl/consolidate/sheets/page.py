"""A sheet as a printed page with one or more tables: rows, links, filters, print set-up.

Rows are written from the top down and leave memory; openpyxl knows the sheet
without its cells.  Texts stay texts whatever they begin with, and what XML
cannot hold is shown as U+FFFD.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from xml.sax.saxutils import quoteattr

from openpyxl.utils import get_column_letter
from openpyxl.workbook import Workbook
from openpyxl.worksheet.filters import AutoFilter
from openpyxl.worksheet.header_footer import HeaderFooterItem, _HeaderFooterPart
from openpyxl.worksheet.pagebreak import Break
from openpyxl.worksheet.properties import PageSetupProperties
from openpyxl.worksheet.table import Table, TableColumn
from openpyxl.worksheet.worksheet import Worksheet

from ...errors import PerfxlError
from ..package import link_relation
from .cells import CellContent, Formula, Link, Money, address, clean, wide
from .csv_files import CsvFiles
from .looks import Kind, Styles, Tone
from .rows import RowFile, SharedStrings, formula_cell

__all__ = ["MOST_ROWS", "Column", "Page"]

MOST_ROWS = 1_048_576
_MOST_LINKS = 60_000
"""Excel drops what exceeds 65 530 hyperlinks on a sheet; beyond this number the text stands alone."""

_LINE = 14.5
_HIGHEST = 409.0
"""Excel's highest row, in points; some 28 lines."""

_WRAPPING = tuple(kind for kind in Kind if kind.wraps)  # a tuple: enums are quicker to compare than to hash
_FORMULA_STARTS = ("=", "+", "-", "@")
_SAMPLE_SHARE = 0.9
_MARGIN = 1.2
_PADDING, _NARROWER = 0.8, 0.97
"""Widths count characters of the default font in 11 points; cells have 10 points, and a little room at their sides."""

_MOST_FITTED = 30.0
_NO_TEXT = ("", "", 1)


@dataclass(frozen=True, slots=True, kw_only=True)
class Column:
    """One column of a table: heading, width in characters, kind.

    ``most``: how wide texts may make it (see :meth:`Page.fit`).  ``hidden``
    columns tell where a row comes from; they are folded away under an outline.
    ``on_screen`` columns are for clicking: they are in no CSV.
    """

    title: str
    width: float
    kind: Kind = Kind.TEXT
    most: float = 0.0
    hidden: bool = False
    on_screen: bool = False


def _unlike(columns: Sequence[Column]) -> list[Column]:
    """The columns under different titles, as tables want them, whatever a form calls its fields."""
    seen: dict[str, int] = {}
    found: list[Column] = []
    for column in columns:
        key = clean(column.title).casefold()
        seen[key] = seen.get(key, 0) + 1
        found.append(column if seen[key] == 1 or not key else replace(column, title=f"{column.title}（{seen[key]}）"))
    return found


class Page:
    """One sheet under construction."""

    def __init__(
        self,
        book: Workbook,
        title: str,
        columns: Sequence[Column],
        styles: Styles,
        strings: SharedStrings,
    ) -> None:
        sheet = book.create_sheet(title)
        assert isinstance(sheet, Worksheet)
        self.sheet = sheet
        self.title = title
        self.columns = _unlike(columns)
        self.row = 0
        self.rows = RowFile()
        self.links = self.targets = 0
        self._links, self._relations = RowFile(), RowFile()
        self._styles = styles
        self._strings = strings
        self._kinds = [column.kind for column in columns]
        self._letters = [get_column_letter(number) for number in range(1, len(columns) + 1)]
        self._widths = [0.0] * len(columns)
        self._rooms = [0.0] * len(columns)
        for number, column in enumerate(columns):
            self._set_width(number, column.width)
        self._needed = [0] * len(columns)
        self._most = [0] * len(columns)
        self._looks: dict[Tone, list[int]] = {}
        self._widest = 0
        self._last: list[tuple[str, str, int]] = [_NO_TEXT] * len(columns)
        self._last_tone: Tone | None = None
        self._copy: tuple[CsvFiles, str, bool] | None = None

    def copy_to(self, files: CsvFiles, name: str, *, whole: bool) -> None:
        """Write the rows to a CSV file too (see :meth:`~perfxl.consolidate.sheets.draft.Draft.page`)."""
        self._copy = (files, name, whole)

    # --- rows -----------------------------------------------------------------------

    def fit(self, sample: Iterable[Sequence[CellContent]]) -> None:
        """Widen the columns of texts for a sample of rows, each as far as its ``most``; before any row is written."""
        rows = list(sample)
        for number, column in enumerate(self.columns):
            if column.most > column.width and rows:
                found = (row[number] for row in rows)
                texts = (each.text if isinstance(each, Link) else each for each in found)
                lengths = sorted(wide(each) for each in texts if isinstance(each, str))
                usual = lengths[int((len(lengths) - 1) * _SAMPLE_SHARE)] if lengths else 0
                self._set_width(number, min(max(column.width, usual * _NARROWER + _MARGIN), column.most))

    def _set_width(self, number: int, width: float) -> None:
        self._widths[number] = width
        self._rooms[number] = max((width - _PADDING) / _NARROWER, 1.0)

    def heading(self, text: str, note: str, columns: int) -> None:
        """Title and a line of facts above the table, over so many columns."""
        for content, name, height in ((text, "title", 30.0), (note, "note", 18.0)):
            self._single(content, name, height)
            self.sheet.merged_cells.add(f"A{self.row}:{address(self.row, columns)}")

    def section(self, text: str) -> None:
        """A line of bold text between tables."""
        self._single(text, "section", 22.0)

    def _single(self, text: str, name: str, height: float) -> None:
        self._next()
        self._write(height, [f'<c r="A{self.row}" s="{self._styles.named(name)}"{self._strings.cell(text)}'])

    def gap(self, rows: int = 1) -> None:
        """Empty rows."""
        self.row += rows

    def header(self, titles: Sequence[str] = ()) -> int:
        """The row of column headings; returns its number."""
        self._next()
        texts = titles or [column.title for column in self.columns]
        if self._copy and (self._copy[2] or self._copy[1] not in self._copy[0]):
            self._write_copy(list(texts))
        style = self._styles.of(Kind.CENTRE, Tone.HEADER)
        cells = [
            f'<c r="{letter}{self.row}" s="{style}"{self._strings.cell(text)}'
            for letter, text in zip(self._letters, texts, strict=False)
        ]
        lines = max(wide(text) / max(width - 1, 1) for text, width in zip(texts, self._widths, strict=False))
        self._write(30.0 if lines > 1 else 22.0, cells)
        return self.row

    def line(
        self,
        contents: Sequence[CellContent],
        tone: Tone = Tone.PLAIN,
        *,
        tones: dict[int, Tone] | None = None,
        kinds: dict[int, Kind] | None = None,
        outline: int = 0,
    ) -> int:
        """One row of a table; returns its number.  ``tones`` and ``kinds`` override single columns (from 0).

        S37 beyond Excel's last row.
        """
        self._next()
        if self._copy and (tone is Tone.PLAIN or self._copy[2]):
            self._write_copy(contents)
        row, looks = self.row, self._looks.get(tone) or self._make_looks(tone)
        letters, last = self._letters, self._last
        changed = (tones or {}).keys() | (kinds or {}).keys()
        if tone is not self._last_tone:
            last[:], self._last_tone = [_NO_TEXT] * len(last), tone
        cells: list[str] = []
        lines = 1
        # Most of the time that a workbook takes is spent here, cell by cell.
        for number, content in enumerate(contents):
            if type(content) is str and content and not changed:  # a text as above it, as those of a project are
                if content != last[number][0]:
                    last[number] = (content, *self._text(number, self._kinds[number], tone, looks[number], content))
                _, rest, high = last[number]
                cells.append(f'<c r="{letters[number]}{row}{rest}')
                if high > lines:
                    lines = high
                continue
            style, look = looks[number], tone
            if number in changed:
                look = (tones or {}).get(number, tone)
                style = self._styles.of((kinds or {}).get(number, self._kinds[number]), look)
            if type(content) is Link:
                if look is Tone.PLAIN and (content.location or content.target):
                    style = self._styles.of(self._kinds[number], look := Tone.LINK)
                self._link(f"{letters[number]}{row}", content)
                content = content.text
            if content is None or content == "":
                cells.append(f'<c r="{letters[number]}{row}" s="{style}"/>')
            elif type(content) is str:
                rest, high = self._text(number, (kinds or {}).get(number, self._kinds[number]), look, style, content)
                cells.append(f'<c r="{letters[number]}{row}{rest}')
                lines = max(lines, high)
            elif type(content) is Money:
                cells.append(f'<c r="{letters[number]}{row}" s="{style}"><v>{content.number!r}</v></c>')
                if content.micro > self._most[number]:
                    self._most[number] = content.micro
            elif type(content) is Formula:
                cells.append(f'<c r="{letters[number]}{row}" s="{style}"{formula_cell(content)}')
            else:
                cells.append(f'<c r="{letters[number]}{row}" s="{style}"><v>{content!r}</v></c>')
        self._write(min(lines * _LINE + 3.5, _HIGHEST), cells, outline)
        return row

    def _text(self, number: int, kind: Kind, look: Tone, style: int, text: str) -> tuple[str, int]:
        """What follows the address of a cell that holds this text, and how many lines it takes."""
        if text[0] in _FORMULA_STARTS:
            style = self._styles.of(kind, look, quoted=True)
        rest = f'" s="{style}"{self._strings.cells.get(text) or self._strings.cell(text)}'
        return rest, self._lines(number, kind, text) if 2 * len(text) > self._rooms[number] else 1

    def _write_copy(self, contents: Sequence[CellContent]) -> None:
        assert self._copy is not None
        shown = [each for each, column in zip(contents, self.columns, strict=False) if not column.on_screen]
        self._copy[0].write(self._copy[1], shown)

    def _next(self) -> None:
        self.row += 1
        if self.row > MOST_ROWS:
            raise PerfxlError("S37", sheet=self.title, limit=MOST_ROWS)

    def _make_looks(self, tone: Tone) -> list[int]:
        found = self._looks[tone] = [self._styles.of(column.kind, tone) for column in self.columns]
        return found

    def _write(self, height: float, cells: Sequence[str], outline: int = 0) -> None:
        level = f' outlineLevel="{outline}"' if outline else ""
        self.rows.add(f'<row r="{self.row}" ht="{height:g}" customHeight="1"{level}>{"".join(cells)}</row>')
        self._widest = max(self._widest, len(cells))

    def _lines(self, number: int, kind: Kind, text: str) -> int:
        """How many lines a text takes; what does not wrap asks for width instead, what is hidden for nothing."""
        if self.columns[number].hidden:
            return 1
        if kind not in _WRAPPING:
            if len(text) <= self._needed[number] and text.isascii():
                return 1
            self._needed[number] = max(self._needed[number], wide(text))
            return 1
        room = self._rooms[number]
        if "\n" not in text:
            return int(-(-wide(text) // room))
        return sum(int(-(-wide(part) // room)) or 1 for part in text.split("\n"))

    def _link(self, place: str, link: Link) -> None:
        if not (link.location or link.target) or self.links >= _MOST_LINKS:
            return
        self.links += 1
        relation = ""
        if link.target:
            self.targets += 1
            relation = f' r:id="rIdL{self.targets}"'
            self._relations.add(link_relation(self.targets, link.target))
        location = f" location={quoteattr(clean(link.location))}" if link.location else ""
        self._links.add(f'<hyperlink ref="{place}"{relation}{location}/>')

    # --- the sheet around them ------------------------------------------------------

    def freeze(self, row: int, column: int) -> None:
        """Keep the rows above and the columns left of this cell in view."""
        self.sheet.freeze_panes = address(row, column)

    def filter(self, first_row: int, last_row: int, columns: int) -> None:
        """Filter buttons on ``first_row`` for the rows below."""
        self.sheet.auto_filter.ref = f"A{first_row}:{address(max(last_row, first_row), columns)}"

    def table(self, name: str, header_row: int, last_row: int) -> None:
        """Make the rows an Excel table of all columns, with filter buttons; without rows, filter buttons alone.

        The table's own style is left out: cells have theirs.
        """
        if last_row <= header_row:
            self.filter(header_row, last_row, len(self.columns))
            return
        reference = f"A{header_row}:{address(last_row, len(self.columns))}"
        columns = [TableColumn(id=number, name=clean(column.title)) for number, column in enumerate(self.columns, 1)]
        table = Table(displayName=name, name=name, ref=reference, autoFilter=AutoFilter(ref=reference), tableColumns=columns)
        self.sheet.add_table(table)

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

    def break_before(self, row: int) -> None:
        """Begin a new printed page with this row."""
        self.sheet.row_breaks.append(Break(id=row - 1))

    def set_widths(self) -> None:
        """Column widths, once all rows are known."""
        for number, column in enumerate(self.columns):
            width, needed = self._widths[number], self._needed[number]
            if self._most[number]:
                needed = max(needed, len(f"{Money(self._most[number]).number:,.2f}"))
            if needed:
                width = min(max(width, needed + _MARGIN + 0.5), max(_MOST_FITTED, width))
            dimension = self.sheet.column_dimensions[self._letters[number]]
            dimension.width = width
            if column.hidden:
                dimension.hidden, dimension.outlineLevel = True, 1

    @property
    def dimension(self) -> str:
        """The range that holds cells (18.3.1.35)."""
        return f"A1:{address(max(self.row, 1), max(self._widest, 1))}"

    def hyperlinks(self) -> Iterator[bytes]:
        """The ``<hyperlink>`` elements (18.3.1.48), in pieces."""
        return self._links.pieces()

    def relations(self) -> Iterator[bytes]:
        """The relationships ``rIdL1`` … that they name, in pieces."""
        return self._relations.pieces()

    def close(self) -> None:
        """Drop the temporary files."""
        for each in (self.rows, self._links, self._relations):
            each.close()
