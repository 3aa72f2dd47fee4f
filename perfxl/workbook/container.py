"""Open a returned file, bounded: what is inside is hostile until read.

Only :class:`Refusal` leaves this module, with a code of the catalogue (I01–I15).
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import TypeVar

from .archive import Archive, Refusal, inflated
from .bounded_xml import Budget, elements, local_name

__all__ = ["MOST_FILE", "Container", "Refusal"]

MOST_FILE = 20_000_000
"""Bytes of a file (a blank of 99 projects has 1.2 MB)."""

MOST_INFLATED = 48_000_000
"""Inflated bytes of all parts that are read."""

MOST_SHEETS = 1_200
_MOST_REMEMBERED = 200_000
_MOST_PARTS_REMEMBERED = 128

_LONG_CORE = 20_000

_OLE = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"
_ENCRYPTED = "EncryptedPackage".encode("utf-16-le")
_CORE = re.compile(
    rb"(?:<\?xml [^<>]*\?>\s*)?<cp:coreProperties(?: xmlns:[a-z]+=\"[^\"<&]*\")*>"
    rb"(?:<([a-zA-Z]+:[a-zA-Z]+)(?: xsi:type=\"dcterms:W3CDTF\")?(?:/>|>[^<&]*</\1>))*</cp:coreProperties>\s*"
)
_MODIFIED = re.compile(rb"<dcterms:modified[^<>]*>(\d{4}-\d\d-\d\dT[0-9A-Za-z:.+-]*)</dcterms:modified>")

_Found = TypeVar("_Found")
_Parse = Callable[[bytes, str, Budget], _Found]
_Relations = Mapping[str, tuple[str, str]]

_REMEMBERED: dict[tuple[object, ...], object] = {}
"""What small parts said, by their packed bytes and checksum."""


@dataclass(frozen=True, slots=True)
class _BookPart:
    """xl/workbook.xml: (title, relation) of each sheet; defined names by sheet index, ``None`` for the whole book."""

    sheets: tuple[tuple[str, str], ...]
    names: Mapping[int | None, Mapping[str, str]]


class Container:
    """The parts of an .xlsx file that are needed, each read within bounds.

    ``sheets`` maps titles to parts, in order; ``shared_part`` is "" where there is none.
    """

    def __init__(self, data: bytes) -> None:
        self.budget = Budget(MOST_INFLATED)
        if not data:
            raise Refusal("I01")
        if len(data) > MOST_FILE:
            raise Refusal("I10", reason=f"文件有 {len(data) // 1_000_000} MB")
        if data.startswith(_OLE):
            raise Refusal("I03" if _ENCRYPTED in data else "I04")
        if not data.startswith(b"PK"):
            raise Refusal("I02", reason="内容不是 .xlsx 格式")
        self._archive = Archive(data)
        self._root = self._relations("")
        self.book_part = self._book_part()
        relations = self._relations(self.book_part)
        self._book = self._remembered(self.book_part, _book_of)
        self.sheets = {title: relations.get(link, ("", ""))[1] for title, link in self._book.sheets}
        shared = [target for kind, target in relations.values() if kind.endswith("/sharedStrings")]
        self.shared_part = shared[0] if shared else ""

    @property
    def as_built(self) -> bool:
        """No other program has saved the workbook since perfxl built it (whoever packs by hand can say so too)."""
        return self._archive.as_built

    @cached_property
    def checksums(self) -> Mapping[str, int]:
        """The CRC-32 of every part by its name in lower case, as the directory has them: not verified."""
        return {name: entry.crc for name, entry in self._archive.entries.items()}

    def part(self, name: str) -> bytes:
        """One part's bytes; I05 if damaged or missing, I10 if too large."""
        entry, packed = self._archive.packed(name)
        content = inflated(name, entry, packed, self.budget.bytes)
        self.budget.bytes -= len(content)
        return content

    def has(self, name: str) -> bool:
        """The part exists."""
        return name.lstrip("/").lower() in self._archive.entries

    def names_of(self, index: int) -> Mapping[str, str]:
        """The defined names of one sheet and what they refer to; sheets count from 0."""
        return self._book.names.get(index, {})

    def modified(self) -> str:
        """The workbook's own modification time (ISO 8601), "" if it has none."""
        for kind, target in self._root.values():
            if kind.endswith("/core-properties") and self.has(target):
                return _modified(self.part(target), target, self.budget)
        return ""

    def _remembered(self, name: str, parse: _Parse[_Found]) -> _Found:
        """What a part says, remembered by its packed bytes: most files have the same."""
        entry, packed = self._archive.packed(name)
        key = (parse, name, entry.method, entry.crc, packed)
        known = _REMEMBERED.get(key)
        if known is not None:
            return known  # type: ignore[return-value]
        content = self.part(name)
        found = parse(content, name, self.budget)
        if len(content) <= _MOST_REMEMBERED:
            if len(_REMEMBERED) >= _MOST_PARTS_REMEMBERED:
                _REMEMBERED.clear()
            _REMEMBERED[key] = found
        return found

    def _relations(self, part: str) -> _Relations:
        folder, _, name = part.rpartition("/")
        path = f"{folder}/_rels/{name}.rels".lstrip("/")
        return self._remembered(path, _relations_of) if self.has(path) else {}

    def _book_part(self) -> str:
        for kind, target in self._root.values():
            if kind.endswith("/officeDocument"):
                return target
        if self.has("xl/workbook.xml"):
            return "xl/workbook.xml"
        raise Refusal("I02", reason="压缩包中没有工作簿")


def _relations_of(content: bytes, path: str, budget: Budget) -> _Relations:
    folder = path.rpartition("_rels/")[0].rstrip("/")
    found: dict[str, tuple[str, str]] = {}
    for element, attributes, _ in elements(content, path, budget):
        if element == "Relationship" and attributes.get("TargetMode") != "External":
            target = attributes.get("Target", "")
            full = target.lstrip("/") if target.startswith("/") else _joined(folder, target)
            found[attributes.get("Id", "")] = (attributes.get("Type", ""), full)
    return found


def _book_of(content: bytes, path: str, budget: Budget) -> _BookPart:
    sheets: list[tuple[str, str]] = []
    names: dict[int | None, dict[str, str]] = {}
    for element, attributes, text in elements(content, path, budget):
        if element == "sheet":
            link = next((value for name, value in attributes.items() if local_name(name) == "id" != name), "")
            sheets.append((attributes.get("name", ""), link))
        elif element == "definedName":
            names.setdefault(_index(attributes.get("localSheetId")), {})[attributes.get("name", "")] = text
    if not sheets:
        raise Refusal("I02", reason="工作簿中没有工作表")
    if len(sheets) > MOST_SHEETS:
        raise Refusal("I10", reason=f"含有 {len(sheets)} 张工作表")
    return _BookPart(tuple(sheets), names)


def _modified(content: bytes, path: str, budget: Budget) -> str:
    if len(content) < _LONG_CORE and content.count(b"modified") == 2 and _CORE.fullmatch(content):
        plain = _MODIFIED.search(content)
        if plain is not None:
            return plain.group(1).decode("ascii")
    for element, _, text in elements(content, path, budget):
        if element == "modified" and re.match(r"\d{4}-\d\d-\d\dT", text):
            return text.strip()
    return ""


def _index(text: str | None) -> int | None:
    return int(text) if text and text.isascii() and text.isdigit() and len(text) < 6 else None


def _joined(folder: str, target: str) -> str:
    pieces: list[str] = folder.split("/") if folder else []
    for piece in target.split("/"):
        if piece == "..":
            del pieces[-1:]
        elif piece not in ("", "."):
            pieces.append(piece)
    return "/".join(pieces)
