"""A document as paragraphs and tables, whatever it came from: .docx or text as in the seed.

One shape serves HTML, Markdown, import and comparison.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from lxml import etree

from ..errors import PerfxlError
from .contents import StyleSheet, paragraph_text, parse, style_of, w, whole
from .docx_package import DOCUMENT, read_package

__all__ = ["Block", "Cell", "Paragraph", "Table", "TableRow", "blocks_of_docx", "blocks_of_text"]

_BOOKMARK_MARKER = re.compile(r"\[bookmark: [^\]]*\]")
_TEXT_BLANKS = " \u00a0\u3000\r"


@dataclass(frozen=True, slots=True, kw_only=True)
class Paragraph:
    """A paragraph; ``level`` is its heading level, 0 for text.

    ``target`` is set for an entry of the contents: the bookmark it points to.
    ``line`` counts from 1: the text's line, or the document's paragraph.
    """

    text: str
    line: int
    level: int = 0
    bookmark: str = ""
    target: str = ""
    style: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Cell:
    """A cell as it stands in its row; ``continued``: merged with the cell above (its text is "").

    ``column`` counts grid columns from 0; ``align`` is left, center, right or "".
    """

    text: str
    column: int
    columns: int = 1
    rows: int = 1
    continued: bool = False
    align: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class TableRow:
    """A row; ``header`` rows repeat on every page."""

    cells: tuple[Cell, ...]
    line: int
    header: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Table:
    """A table with at least one row."""

    rows: tuple[TableRow, ...]
    line: int


Block = Paragraph | Table


def blocks_of_docx(content: bytes, file: str) -> list[Block]:
    """The body of a .docx in order, empty paragraphs among them; W01 if it cannot be read.

    Text boxes, comments and deleted text are left out; tables within cells count as their cell's text.
    """
    parts = read_package(content, file)
    try:
        root = parse(parts[DOCUMENT])
        styles = StyleSheet.read(parts.get("word/styles.xml", b"<none/>"))
    except etree.XMLSyntaxError as fault:
        raise PerfxlError("W01", file=file, reason=str(fault)) from None
    body = root.find(w("body"))
    if body is None:
        raise PerfxlError("W01", file=file, reason="没有正文")
    try:
        return list(_DocxReader(styles).blocks(body))
    except RecursionError:
        raise PerfxlError("W01", file=file, reason="嵌套过深") from None


class _DocxReader:
    def __init__(self, styles: StyleSheet) -> None:
        self.styles = styles
        self.line = 0

    def blocks(self, parent: Any) -> Iterator[Block]:
        for element in parent:
            if element.tag == w("p"):
                yield self.paragraph(element)
            elif element.tag == w("tbl"):
                yield from self.table(element)
            elif element.tag == w("sdt"):
                inner = element.find(w("sdtContent"))
                yield from self.blocks(inner if inner is not None else ())
            elif element.tag in (w("customXml"), w("ins"), w("smartTag")):
                yield from self.blocks(element)

    def paragraph(self, element: Any) -> Paragraph:
        self.line += 1
        link = element.find(w("hyperlink"))
        target = link.get(w("anchor"), "") if link is not None else ""
        mark = element.find(w("bookmarkStart"))
        style = style_of(element)
        return Paragraph(
            text=paragraph_text(element),
            line=self.line,
            level=self.styles.headings.get(style, 0),
            bookmark="" if mark is None else mark.get(w("name"), ""),
            target=target if style in self.styles.contents.values() else "",
            style=style,
        )

    def table(self, element: Any) -> Iterator[Table]:
        first = self.line + 1
        rows = [self.row(row) for row in element.iter(w("tr")) if _own(row, element)]
        rows = [row for row in rows if row.cells]
        if rows:
            yield Table(rows=tuple(_with_spans(rows)), line=first)

    def row(self, element: Any) -> TableRow:
        first = self.line + 1
        cells: list[Cell] = []
        properties = element.find(w("trPr"))
        before = properties.find(w("gridBefore")) if properties is not None else None
        column = whole(before.get(w("val")), 0) if before is not None else 0
        for cell in element.iter(w("tc")):
            if _row_of(cell) is not element:
                continue
            made = self.cell(cell, column)
            cells.append(made)
            column += made.columns
        header = properties is not None and properties.find(w("tblHeader")) is not None
        return TableRow(cells=tuple(cells), line=first, header=header)

    def cell(self, element: Any, column: int) -> Cell:
        properties = element.find(w("tcPr"))
        span = merge = None
        if properties is not None:
            span, merge = properties.find(w("gridSpan")), properties.find(w("vMerge"))
        paragraphs = list(element.iter(w("p")))
        self.line += len(paragraphs)
        align = element.find(f"{w('p')}/{w('pPr')}/{w('jc')}")
        return Cell(
            text="\n".join(paragraph_text(each) for each in paragraphs),
            column=column,
            columns=whole(span.get(w("val")), 1) if span is not None else 1,
            continued=merge is not None and merge.get(w("val"), "continue") == "continue",
            align="" if align is None else align.get(w("val"), ""),
        )


def _own(row: Any, table: Any) -> bool:
    parent = row.getparent()
    while parent.tag != w("tbl"):
        parent = parent.getparent()
    return parent is table


def _row_of(cell: Any) -> Any:
    parent = cell.getparent()
    while parent.tag != w("tr"):
        parent = parent.getparent()
    return parent


def _with_spans(rows: list[TableRow]) -> Iterator[TableRow]:
    """Count, for each cell, the rows that its continuations below it fill."""
    for number, row in enumerate(rows):
        cells = []
        for cell in row.cells:
            below = 1
            while not cell.continued and number + below < len(rows):
                under = next((each for each in rows[number + below].cells if each.column == cell.column), None)
                if under is None or not under.continued:
                    break
                below += 1
            cells.append(
                Cell(
                    text=cell.text,
                    column=cell.column,
                    columns=cell.columns,
                    rows=below,
                    continued=cell.continued,
                    align=cell.align,
                )
            )
        yield TableRow(cells=tuple(cells), line=row.line, header=row.header)


def blocks_of_text(text: str) -> list[Block]:
    """Plain text as in the seed: a table's cells are lines that begin with a tab, a blank line ends a row.

    Two blank lines end a table.  Bookmark markers are dropped.
    """
    blocks: list[Block] = []
    rows: list[TableRow] = []
    cells: list[str] = []
    start = 0

    def end_row() -> None:
        if cells:
            made = tuple(Cell(text=each, column=number) for number, each in enumerate(cells))
            rows.append(TableRow(cells=made, line=start))
            cells.clear()

    def end_table() -> None:
        end_row()
        if rows:
            blocks.append(Table(rows=tuple(rows), line=rows[0].line))
            rows.clear()

    blank_lines = 0
    for number, line in enumerate(text.removeprefix("\ufeff").splitlines(), 1):
        line = _BOOKMARK_MARKER.sub("", line)
        if line.startswith("\t"):
            if not cells:
                start = number
            # Tabs between cells of one line: the other way in which programs write tables as text.
            cells.extend(line[1:].split("\t"))
            blank_lines = 0
        elif not line.strip(_TEXT_BLANKS):
            blank_lines += 1
            end_row()
            if blank_lines > 1:
                end_table()
        else:
            end_table()
            blank_lines = 0
            blocks.append(Paragraph(text=line, line=number))
    end_table()
    return blocks
