"""Older formats (.xls, .et, .ods): their values as a plain .xlsx, which is then read like any other.

What these formats lose (live checks, protection, names, comments) is lost here
too; values, titles of sheets and the time of saving are kept.  BIFF is read by
xlrd (BSD-3), which knows neither Excel nor WPS but the file format of both.
"""

from __future__ import annotations

import html
import io
import struct
import zipfile
from collections.abc import Iterable, Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

from ..rules.types import CellError, Raw
from ..workbook.container import MOST_FILE, Refusal
from ..workbook.layout import a1
from .opendocument import is_opendocument, sheets_of_opendocument

__all__ = ["LOST", "OLE", "as_xlsx", "is_legacy"]

OLE = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"
LOST = frozenset({"I18", "I25", "I26", "I27", "I28"})
"""Faults about live checks and protection: of no meaning in a format that has none."""

_MOST_CELLS = 500_000
_FILE_TIME = datetime(1601, 1, 1, tzinfo=UTC)
_SAVED = 13
"""PIDSI_LASTSAVE_DTM, [MS-OLEPS] 3.1.4."""

_MAIN = 'xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main"'
_OFFICE = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
_PACKAGE = "http://schemas.openxmlformats.org/package/2006"

Cells = Iterable[tuple[int, int, Raw]]
"""Row and column from 0, and the value."""


def is_legacy(data: bytes) -> bool:
    """A compound file or an OpenDocument spreadsheet, by content: the name says nothing."""
    return data.startswith(OLE) or is_opendocument(data)


def as_xlsx(data: bytes) -> bytes:
    """The same values as an .xlsx; Refusal I02–I05 or I10 where there are none to be had."""
    if len(data) > MOST_FILE:
        raise Refusal("I10", reason=f"文件有 {len(data) // 1_000_000} MB")
    if data.startswith(OLE):
        return _from_biff(data)
    sheets, saved = sheets_of_opendocument(data)
    return _package(sheets, saved)


def _from_biff(data: bytes) -> bytes:
    try:
        import xlrd
        from xlrd.compdoc import CompDoc
    except ImportError:
        raise Refusal("I04") from None
    said = io.StringIO()  # xlrd talks
    try:
        document = CompDoc(data, logfile=said)
        streams = {entry.name for entry in document.dirlist}
        if "EncryptedPackage" in streams:
            raise Refusal("I03")
        if not streams & {"Workbook", "Book"}:
            raise Refusal("I02", reason="是 Office 文件，但不是工作簿")
        book = xlrd.open_workbook(file_contents=data, logfile=said, on_demand=True, ragged_rows=True)
        sheets = [(str(sheet.name), list(_cells(sheet))) for sheet in _bounded(book)]
        return _package(sheets, _saved(document))
    except Refusal:
        raise
    except Exception as fault:  # xlrd raises whatever a damaged record brings about
        if "encrypt" in str(fault).lower() or "password" in str(fault).lower():
            raise Refusal("I03") from None
        raise Refusal("I05", reason="旧格式文件结构损坏") from None


def _bounded(book: Any) -> Iterator[Any]:
    left = _MOST_CELLS
    for number in range(book.nsheets):
        sheet = book.sheet_by_index(number)
        left -= sum(sheet.row_len(row) for row in range(sheet.nrows))
        if left < 0:
            raise Refusal("I10", reason=f"超过 {_MOST_CELLS} 个单元格")
        yield sheet
        book.unload_sheet(number)


def _cells(sheet: Any) -> Iterator[tuple[int, int, Raw]]:
    from xlrd import XL_CELL_BOOLEAN, XL_CELL_DATE, XL_CELL_ERROR, XL_CELL_NUMBER, XL_CELL_TEXT, error_text_from_code

    for row in range(sheet.nrows):
        for column, (kind, value) in enumerate(zip(sheet.row_types(row), sheet.row_values(row), strict=True)):
            if kind == XL_CELL_TEXT:
                yield row, column, str(value)
            elif kind in (XL_CELL_NUMBER, XL_CELL_DATE):
                yield row, column, float(value)
            elif kind == XL_CELL_BOOLEAN:
                yield row, column, bool(value)
            elif kind == XL_CELL_ERROR:
                yield row, column, CellError(error_text_from_code.get(value, "#VALUE!"))


def _saved(document: Any) -> str:
    """When the workbook was saved, from its summary ([MS-OLEPS] 2.21); "" if it does not say."""
    try:
        content, start, length = document.locate_named_stream("\x05SummaryInformation")
        if content is None:
            return ""
        stream = bytes(content[start : start + length])
        (section,) = struct.unpack_from("<I", stream, 44)
        (count,) = struct.unpack_from("<I", stream, section + 4)
        for number in range(min(count, 64)):
            name, offset = struct.unpack_from("<II", stream, section + 8 + 8 * number)
            if name == _SAVED:
                (ticks,) = struct.unpack_from("<Q", stream, section + offset + 4)
                return (_FILE_TIME + timedelta(microseconds=ticks // 10)).strftime("%Y-%m-%dT%H:%M:%SZ")
    except Exception:  # the time is worth having, no file is refused for it
        return ""
    return ""


# --- writing the plain .xlsx ------------------------------------------------------------


def _package(sheets: Iterable[tuple[str, Cells]], saved: str) -> bytes:
    target = io.BytesIO()
    titles: list[str] = []
    with zipfile.ZipFile(target, "w", zipfile.ZIP_STORED) as archive:
        for number, (title, cells) in enumerate(sheets, 1):
            titles.append(title)
            archive.writestr(f"xl/worksheets/sheet{number}.xml", _sheet(cells))
        if not titles:
            raise Refusal("I02", reason="工作簿中没有工作表")
        numbers = range(1, len(titles) + 1)
        links = [(f"rId{number}", f"{_OFFICE}/worksheet", f"worksheets/sheet{number}.xml") for number in numbers]
        archive.writestr("xl/_rels/workbook.xml.rels", _relations(links))
        lines = "".join(
            f'<sheet name="{html.escape(title)}" sheetId="{number}" r:id="rId{number}"/>'
            for number, title in enumerate(titles, 1)
        )
        archive.writestr("xl/workbook.xml", f'<workbook {_MAIN} xmlns:r="{_OFFICE}"><sheets>{lines}</sheets></workbook>')
        root = [("rId1", f"{_OFFICE}/officeDocument", "xl/workbook.xml")]
        if saved:
            root.append(("rId2", f"{_PACKAGE}/relationships/metadata/core-properties", "docProps/core.xml"))
            archive.writestr("docProps/core.xml", _core(saved))
        archive.writestr("_rels/.rels", _relations(root))
    return target.getvalue()


def _relations(links: Iterable[tuple[str, str, str]]) -> str:
    lines = "".join(f'<Relationship Id="{name}" Type="{kind}" Target="{target}"/>' for name, kind, target in links)
    return f'<Relationships xmlns="{_PACKAGE}/relationships">{lines}</Relationships>'


def _core(saved: str) -> str:
    names = f'xmlns:cp="{_PACKAGE}/metadata/core-properties" xmlns:dcterms="http://purl.org/dc/terms/"'
    return f"<cp:coreProperties {names}><dcterms:modified>{html.escape(saved)}</dcterms:modified></cp:coreProperties>"


def _sheet(cells: Cells) -> str:
    lines: list[str] = []
    current = -1
    for row, column, value in cells:
        if row != current:
            lines.append(f'{"</row>" if lines else ""}<row r="{row + 1}">')
            current = row
        lines.append(f'<c r="{a1(row, column)}"{_value(value)}</c>')
    end = "</row>" if lines else ""
    return f"<worksheet {_MAIN}><sheetData>{''.join(lines)}{end}</sheetData></worksheet>"


def _value(value: Raw) -> str:
    if isinstance(value, CellError):
        return f' t="e"><v>{html.escape(value.code)}</v>'
    if isinstance(value, bool):
        return f' t="b"><v>{int(value)}</v>'
    if isinstance(value, str):
        return f' t="inlineStr"><is><t xml:space="preserve">{_text(value)}</t></is>'
    return f"><v>{value!r}</v>"


def _text(text: str) -> str:
    """XML text with what XML cannot hold written as Excel does (_xHHHH_, ECMA-376 22.9.2.19)."""
    text = text.replace("_x", "_x005F_x")
    kept = "".join(
        char if (char >= " " and not "\ud800" <= char <= "\udfff" and char not in "\ufffe\uffff") or char in "\t\n" else
        f"_x{ord(char):04X}_"
        for char in text
    )
    return html.escape(kept, quote=False)
