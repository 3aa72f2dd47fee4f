"""Open a returned file, bounded: what is inside is hostile until read.

Only :class:`Refusal` leaves this module, with a code of the catalogue (I01–I15).
"""

from __future__ import annotations

import io
import re
import struct
import zipfile
import zlib
from collections.abc import Iterator
from typing import Any
from xml.parsers import expat

__all__ = ["Container", "Refusal", "new_parser", "parse"]

MOST_FILE = 20_000_000
"""Bytes of a file (a blank of 99 projects has 1.2 MB)."""

MOST_PARTS = 2_000
MOST_PART = 24_000_000
"""Inflated bytes of one part."""

MOST_INFLATED = 96_000_000
"""Inflated bytes of all parts that are read."""

_OLE = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"
_ENCRYPTED = "EncryptedPackage".encode("utf-16-le")
_ZIP_FAULTS = (
    zipfile.BadZipFile,
    zlib.error,
    RuntimeError,
    NotImplementedError,
    OSError,
    EOFError,
    UnicodeError,
    ValueError,
    struct.error,
    OverflowError,
)
_RELATION = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
_STRICT_RELATION = "http://purl.oclc.org/ooxml/officeDocument/relationships"


class Refusal(Exception):  # noqa: N818 - becomes a finding, is no program fault
    """A file cannot be read; ``code`` and ``values`` belong to the catalogue."""

    def __init__(self, code: str, **values: object) -> None:
        super().__init__(code)
        self.code = code
        self.values = values


def new_parser() -> Any:
    """An expat parser that refuses document types and entities."""
    parser = expat.ParserCreate(namespace_separator=" ")

    def refuse(*_: object) -> None:
        raise Refusal("I05", reason="内含 XML 实体定义")

    parser.StartDoctypeDeclHandler = refuse
    parser.EntityDeclHandler = refuse
    parser.buffer_text = True
    return parser


def parse(parser: Any, content: bytes, part: str) -> None:
    """Feed a part to an expat parser; I05 where it is no XML."""
    try:
        parser.Parse(content, True)
    except expat.ExpatError as fault:
        raise Refusal("I05", reason=f"{part} 第 {fault.lineno} 行不是有效的 XML") from None
    except ValueError as fault:
        raise Refusal("I05", reason=f"{part}：{fault}") from None


def elements(content: bytes, part: str) -> Iterator[tuple[str, dict[str, str], str]]:
    """The elements of a small part as (local name, attributes by local name, text)."""
    found: list[tuple[str, dict[str, str], str]] = []
    open_texts: list[list[str]] = []
    parser = new_parser()

    def start(name: str, attributes: dict[str, str]) -> None:
        open_texts.append([])
        found.append((name.rpartition(" ")[2], dict(attributes), ""))
        places.append(len(found) - 1)

    def end(_: str) -> None:
        text, place = "".join(open_texts.pop()), places.pop()
        name, attributes, _old = found[place]
        found[place] = (name, attributes, text)

    def data(text: str) -> None:
        if open_texts:
            open_texts[-1].append(text)

    places: list[int] = []
    parser.StartElementHandler, parser.EndElementHandler, parser.CharacterDataHandler = start, end, data
    parse(parser, content, part)
    yield from found


class Container:
    """The parts of an .xlsx file that are needed, each read within bounds."""

    def __init__(self, data: bytes) -> None:
        self._left = MOST_INFLATED
        if not data:
            raise Refusal("I01")
        if len(data) > MOST_FILE:
            raise Refusal("I10", reason=f"文件有 {len(data) // 1_000_000} MB")
        if data.startswith(_OLE):
            raise Refusal("I03" if _ENCRYPTED in data else "I04")
        if not data.startswith(b"PK"):
            raise Refusal("I02", reason="内容不是 .xlsx 格式")
        try:
            self._zip = zipfile.ZipFile(io.BytesIO(data))
            names = self._zip.namelist()
        except _ZIP_FAULTS as fault:
            raise Refusal("I05", reason=_reason(fault)) from None
        if len(names) > MOST_PARTS:
            raise Refusal("I10", reason=f"含有 {len(names)} 个部件")
        self._names = {name.lstrip("/").lower(): name for name in names}
        self.book_part = self._book_part()
        self.sheets, self.names = self._book()

    def part(self, name: str) -> bytes:
        """One part's bytes; I05 if damaged or missing, I10 if too large."""
        actual = self._names.get(name.lstrip("/").lower())
        if actual is None:
            raise Refusal("I05", reason=f"缺少部件 {name}")
        limit = min(MOST_PART, self._left)
        try:
            with self._zip.open(actual) as stream:
                content = stream.read(limit + 1)
        except _ZIP_FAULTS as fault:
            raise Refusal("I05", reason=f"{name}：{_reason(fault)}") from None
        if len(content) > limit:
            raise Refusal("I10", reason=f"{name} 解压后超过 {limit // 1_000_000} MB")
        self._left -= len(content)
        return content

    def has(self, name: str) -> bool:
        """The part exists."""
        return name.lstrip("/").lower() in self._names

    def _relations(self, part: str) -> dict[str, tuple[str, str]]:
        folder, _, name = part.rpartition("/")
        path = f"{folder}/_rels/{name}.rels".lstrip("/")
        if not self.has(path):
            return {}
        found: dict[str, tuple[str, str]] = {}
        for element, attributes, _ in elements(self.part(path), path):
            if element == "Relationship" and attributes.get("TargetMode") != "External":
                target = attributes.get("Target", "")
                full = target.lstrip("/") if target.startswith("/") else _joined(folder, target)
                found[attributes.get("Id", "")] = (attributes.get("Type", ""), full)
        return found

    def _book_part(self) -> str:
        for kind, target in self._relations("").values():
            if kind.endswith("/officeDocument"):
                return target
        if self.has("xl/workbook.xml"):
            return "xl/workbook.xml"
        raise Refusal("I02", reason="压缩包中没有工作簿")

    def _book(self) -> tuple[dict[str, str], list[tuple[str, int | None, str]]]:
        """Sheet part by title, in order; defined names as (name, sheet index or None, text)."""
        relations = self._relations(self.book_part)
        sheets: dict[str, str] = {}
        names: list[tuple[str, int | None, str]] = []
        for element, attributes, text in elements(self.part(self.book_part), self.book_part):
            if element == "sheet":
                link = attributes.get(f"{_RELATION} id") or attributes.get(f"{_STRICT_RELATION} id") or ""
                sheets[attributes.get("name", "")] = relations.get(link, ("", ""))[1]
            elif element == "definedName":
                local = attributes.get("localSheetId")
                names.append((attributes.get("name", ""), _index(local), text))
        if not sheets:
            raise Refusal("I02", reason="工作簿中没有工作表")
        shared = [target for kind, target in relations.values() if kind.endswith("/sharedStrings")]
        self.shared_part = shared[0] if shared else ""
        return sheets, names

    def modified(self) -> str:
        """The workbook's own modification time (ISO 8601), "" if it has none."""
        for kind, target in self._relations("").values():
            if kind.endswith("/core-properties") and self.has(target):
                for element, _, text in elements(self.part(target), target):
                    if element == "modified" and re.match(r"\d{4}-\d\d-\d\dT", text):
                        return text.strip()
        return ""


def _index(text: str | None) -> int | None:
    return int(text) if text and text.isascii() and text.isdigit() and len(text) < 6 else None


def _joined(folder: str, target: str) -> str:
    pieces: list[str] = folder.split("/") if folder else []
    for piece in target.split("/"):
        if piece == "..":
            pieces = pieces[:-1]
        elif piece not in ("", "."):
            pieces.append(piece)
    return "/".join(pieces)


def _reason(fault: BaseException) -> str:
    text = str(fault).lower()
    if "encrypt" in text or "password" in text:
        return "压缩包设有密码"
    if "crc" in text:
        return "内容与校验码不符"
    return "压缩包结构损坏"
