"""OpenDocument spreadsheets (.ods): the values of their cells (ISO/IEC 26300-1, 9.1 and 19.385)."""

from __future__ import annotations

import io
import re
import zipfile
from datetime import datetime

from ..rules.types import CellError, Raw
from ..workbook.archive import MOST_PART, ZIP_FAULTS, Refusal
from ..workbook.bounded_xml import Budget, local_name, parse

__all__ = ["is_opendocument", "sheets_of_opendocument"]

_MARK = b"mimetypeapplication/vnd.oasis.opendocument.spreadsheet"
_MOST_CELLS = 500_000
_FAR_ROW, _FAR_COLUMN = 1 << 20, 1 << 14
_FAULTS = (*ZIP_FAULTS, KeyError)
_EPOCH = datetime(1899, 12, 30)
_ERROR = re.compile(r"#[A-Z/0!?]+\Z|Err:\d+\Z")

Sheets = list[tuple[str, list[tuple[int, int, Raw]]]]


def is_opendocument(data: bytes) -> bool:
    """The first part names the type, uncompressed (ODF 1.3 part 2, 3.3)."""
    return data[30:30 + len(_MARK)] == _MARK


def sheets_of_opendocument(data: bytes) -> tuple[Sheets, str]:
    """Title and cells of every sheet, and when it was saved (ISO 8601, "" if it does not say); I03, I05 or I10."""
    content = _part(data, "content.xml")
    if b"encryption-data" in _part(data, "META-INF/manifest.xml"):
        raise Refusal("I03")
    reader = _Reader()
    parse(content, "content.xml", Budget(MOST_PART), reader.start, reader.end, reader.data)
    saved = re.search(rb"<dc:date>(\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d)", _part(data, "meta.xml"))
    return reader.sheets, saved.group(1).decode() if saved else ""


def _part(data: bytes, name: str) -> bytes:
    try:
        with zipfile.ZipFile(io.BytesIO(data)) as archive, archive.open(name) as stream:
            content = stream.read(MOST_PART + 1)
    except _FAULTS:
        raise Refusal("I05", reason=f"{name} 缺失或损坏") from None
    if len(content) > MOST_PART:
        raise Refusal("I10", reason=f"{name} 解压后超过 {MOST_PART // 1_000_000} MB")
    return content


def _count(attributes: dict[str, str], name: str, most: int) -> int:
    text = attributes.get(name, "1")
    return min(int(text), most) if text.isascii() and text.isdigit() and len(text) < 10 else 1


class _Reader:
    """Expat handlers for content.xml."""

    def __init__(self) -> None:
        self.sheets: Sheets = []
        self.left = _MOST_CELLS
        self.row = self.column = 0
        self.rows = self.columns = 1
        self.attributes: dict[str, str] = {}
        self.lines: list[str] = []
        self.first = 0
        self.in_cell = self.in_text = False
        self.ignored = 0

    def start(self, name: str, attributes: dict[str, str]) -> None:
        local = local_name(name)
        short = {local_name(key): value for key, value in attributes.items()}
        if local == "table" and "name" in short:
            self.sheets.append((short["name"], []))
            self.row = 0
        elif local == "table-row":
            self.rows = _count(short, "number-rows-repeated", _FAR_ROW)
            self.column = 0
            self.first = len(self.sheets[-1][1]) if self.sheets else 0
        elif local in ("table-cell", "covered-table-cell"):
            self.columns = _count(short, "number-columns-repeated", _FAR_COLUMN)
            self.attributes, self.lines, self.in_cell = short, [], True
        elif local == "annotation":
            self.ignored += 1
        elif self.in_cell and not self.ignored:
            self._inner(local, short)

    def _inner(self, local: str, attributes: dict[str, str]) -> None:
        if local == "p":
            self.lines.append("")
            self.in_text = True
        elif local == "s" and self.lines:
            self.lines[-1] += " " * _count(attributes, "c", 10_000)
        elif local == "tab" and self.lines:
            self.lines[-1] += "\t"
        elif local == "line-break" and self.lines:
            self.lines[-1] += "\n"

    def data(self, text: str) -> None:
        if self.in_text and self.lines and not self.ignored:
            self.lines[-1] += text

    def end(self, name: str) -> None:
        local = local_name(name)
        if local == "annotation":
            self.ignored -= 1
        elif local == "p":
            self.in_text = False
        elif local in ("table-cell", "covered-table-cell"):
            self._close_cell()
        elif local == "table-row":
            self._close_row()

    def _close_cell(self) -> None:
        self.in_cell = False
        value = _value(self.attributes, "\n".join(self.lines))
        if value is not None and self.sheets:
            for column in range(self.column, self.column + self.columns):
                self._add(self.row, column, value)
        self.column += self.columns

    def _close_row(self) -> None:
        cells = self.sheets[-1][1][self.first:] if self.sheets else []
        for offset in range(1, self.rows if cells else 1):
            for _, column, value in cells:
                self._add(self.row + offset, column, value)
        self.row += self.rows

    def _add(self, row: int, column: int, value: Raw) -> None:
        self.left -= 1
        if self.left < 0:
            raise Refusal("I10", reason=f"超过 {_MOST_CELLS} 个单元格")
        self.sheets[-1][1].append((row, column, value))


def _value(attributes: dict[str, str], text: str) -> Raw:
    kind = attributes.get("value-type", "")
    if _ERROR.match(text) and "formula" in attributes:
        return CellError(text if text.startswith("#") else "#VALUE!")
    if kind in ("float", "percentage", "currency"):
        try:
            return float(attributes.get("value", ""))
        except ValueError:
            return CellError("#VALUE!")
    if kind == "boolean":
        return attributes.get("boolean-value") == "true"
    if kind == "date":
        return _serial(attributes.get("date-value", ""))
    return attributes.get("string-value", text) or None


def _serial(text: str) -> Raw:
    """A date as the number that .xlsx has for it."""
    try:
        return (datetime.fromisoformat(text).replace(tzinfo=None) - _EPOCH).total_seconds() / 86_400
    except ValueError:
        return CellError("#VALUE!")
