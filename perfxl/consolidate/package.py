"""Complete a workbook that openpyxl saved without cells: rows, links, texts, dates; zipped part by part.

openpyxl keeps every cell in memory until it saves, writes formulas without
their values, children of ``<font>`` in its own order (ECMA-376 18.8.22) and the
current time.  So sheets are given to it without rows; here the rows, written
elsewhere, stream into their places, and every date is the one given.

Each change is asserted: what this module does not recognise is a programmer's
fault (ValueError), never a silently different workbook.
"""

from __future__ import annotations

import io
import re
import zipfile
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import BinaryIO
from xml.sax.saxutils import quoteattr

__all__ = ["SheetContent", "complete", "link_relation"]

_SHEET = re.compile(r"xl/worksheets/sheet([0-9]+)\.xml\Z")
_EMPTY_ROWS = re.compile(r"<sheetData ?(?:/>|></sheetData>)")
_DIMENSION = re.compile(r'<dimension ref="A1:A1" ?/>')
_AFTER_LINKS = "<printOptions"
_MODIFIED = re.compile(r"(<dcterms:modified[^>]*>)[^<]*(</dcterms:modified>)")
_FONT = re.compile(r"<font>(.*?)</font>")
_CHILD = re.compile(r"<([A-Za-z]+)\b[^>]*/>")
_FONT_ORDER = (
    *("b", "i", "strike", "condense", "extend", "outline", "shadow", "u", "vertAlign"),
    *("sz", "color", "name", "family", "charset", "scheme"),
)
_LEVEL = 4
"""Of deflate: a tenth larger than the default's result, in half the time."""

_OFFICE = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
_RELATIONS = "http://schemas.openxmlformats.org/package/2006/relationships"
_STRINGS = "xl/sharedStrings.xml"
_STRINGS_TYPE = "application/vnd.openxmlformats-officedocument.spreadsheetml.sharedStrings+xml"


@dataclass(frozen=True, kw_only=True)
class SheetContent:
    """What a sheet holds: its rows as XML in pieces, their range, its hyperlinks and their relationships, if it has any."""

    rows: Iterable[bytes]
    dimension: str
    hyperlinks: Iterable[bytes] | None = None
    relations: Iterable[bytes] | None = None


def complete(
    saved: bytes, sheets: Mapping[int, SheetContent], strings: Iterable[str], as_of: datetime, target: BinaryIO
) -> None:
    """Write the whole package to ``target``; same input, same bytes.

    ``sheets`` maps the number of every sheet (from 1, in workbook order) to its content.
    """
    with zipfile.ZipFile(io.BytesIO(saved)) as source:
        parts = {name: source.read(name).decode("utf-8") for name in source.namelist()}
    found = {name: int(match.group(1)) for name in parts if (match := _SHEET.match(name))}
    if sorted(found.values()) != sorted(sheets):
        raise ValueError(f"sheets {sorted(sheets)} for {sorted(found.values())}")
    related = {_relations_of(parts, name): pieces for name, number in found.items() if (pieces := sheets[number].relations)}
    _relate_strings(parts)
    with zipfile.ZipFile(target, "w", zipfile.ZIP_DEFLATED, compresslevel=_LEVEL) as out:
        for name in [*parts, _STRINGS]:
            info = zipfile.ZipInfo(name, (max(as_of.year, 1980), *as_of.timetuple()[1:6]))
            info.compress_type = zipfile.ZIP_DEFLATED
            info._compresslevel = _LEVEL  # type: ignore[attr-defined]  # a ZipInfo of one's own forgets the file's
            info.external_attr = 0o644 << 16
            with out.open(info, "w") as part:
                if name == _STRINGS:
                    for piece in strings:
                        part.write(piece.encode("utf-8"))
                elif name in related:
                    head, tail = _ended(name, parts[name], "Relationships")
                    part.write(head.encode("utf-8"))
                    for each in related[name]:
                        part.write(each)
                    part.write(tail.encode("utf-8"))
                elif name in found:
                    _write_sheet(part, parts[name], sheets[found[name]])
                else:
                    part.write(_dated(name, parts[name], as_of).encode("utf-8"))


def _write_sheet(part: object, skeleton: str, content: SheetContent) -> None:
    write = part.write  # type: ignore[attr-defined]
    head, *rest = _EMPTY_ROWS.split(skeleton)
    if len(rest) != 1 or len(_DIMENSION.findall(head)) != 1 or rest[0].count(_AFTER_LINKS) > 1:
        raise ValueError("openpyxl wrote a sheet otherwise than expected")
    before, element, after = rest[0].partition(_AFTER_LINKS)
    if content.hyperlinks is not None:
        if not element:
            raise ValueError("no place for hyperlinks in a sheet without print options")
        head = head.replace("<worksheet ", f'<worksheet xmlns:r="{_OFFICE}" ', 1)
    write(_DIMENSION.sub(f'<dimension ref="{content.dimension}"/>', head).encode("utf-8"))
    write(b"<sheetData>")
    for piece in content.rows:
        write(piece)
    write(f"</sheetData>{before}".encode())
    if content.hyperlinks is not None:
        write(b"<hyperlinks>")
        for piece in content.hyperlinks:
            write(piece)
        write(b"</hyperlinks>")
    write(f"{element}{after}".encode())


def _dated(name: str, part: str, as_of: datetime) -> str:
    if name == "docProps/core.xml":
        return _MODIFIED.sub(rf"\g<1>{as_of:%Y-%m-%dT%H:%M:%SZ}\g<2>", part)
    if name == "xl/styles.xml":
        return _FONT.sub(_ordered_font, part)
    return part


def link_relation(number: int, target: str) -> str:
    """The relationship ``rIdL…`` of a hyperlink that leads out of the workbook (ECMA-376 part 2, 9.3.2.2)."""
    return f'<Relationship Id="rIdL{number}" Type="{_OFFICE}/hyperlink" Target={quoteattr(target)} TargetMode="External"/>'


def _relations_of(parts: dict[str, str], sheet: str) -> str:
    """The name of the part with a sheet's relationships, which exists from now on."""
    folder, _, file = sheet.rpartition("/")
    name = f"{folder}/_rels/{file}.rels"
    parts.setdefault(name, f'<Relationships xmlns="{_RELATIONS}"></Relationships>')
    return name


def _relate_strings(parts: dict[str, str]) -> None:
    if _STRINGS in parts:
        raise ValueError("openpyxl has begun to write shared strings itself")
    _before_end(parts, "[Content_Types].xml", "Types", f'<Override PartName="/{_STRINGS}" ContentType="{_STRINGS_TYPE}"/>')
    relation = f'<Relationship Type="{_OFFICE}/sharedStrings" Target="/{_STRINGS}" Id="rIdStrings"/>'
    _before_end(parts, "xl/_rels/workbook.xml.rels", "Relationships", relation)


def _before_end(parts: dict[str, str], name: str, tag: str, element: str) -> None:
    head, end = _ended(name, parts[name], tag)
    parts[name] = head + element + end


def _ended(name: str, part: str, tag: str) -> tuple[str, str]:
    """A part before and from the end of its outermost element."""
    head, end, tail = part.rpartition(f"</{tag}>")
    if not end or tail.strip():
        raise ValueError(f"{name} does not end with </{tag}>")
    return head, end


def _ordered_font(match: re.Match[str]) -> str:
    children = [(child.group(1), child.group()) for child in _CHILD.finditer(match.group(1))]
    if "".join(text for _, text in children) != match.group(1):
        raise ValueError(f"a font was not recognised: {match.group(1)}")
    return "<font>" + "".join(text for _, text in sorted(children, key=lambda each: _FONT_ORDER.index(each[0]))) + "</font>"
