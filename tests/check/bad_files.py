"""Files that come back but should not have, as bytes."""

from __future__ import annotations

import io
import re
import zipfile
from functools import cache

import openpyxl

from perfxl.demo import filled_workbook
from perfxl.workbook.container import MOST_PART
from tests.check.hebei import FORM
from tests.workbook.parts import edited, packed, parts, sheet_parts

OLE = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"


@cache
def seed() -> bytes:
    """The seed's workbook, faultless but for its hints."""
    return filled_workbook(FORM)[1]


def part(title: str) -> str:
    """The part of one of its sheets."""
    return sheet_parts(seed())[title]


def replaced(title: str, old: bytes, new: bytes) -> bytes:
    """The seed's workbook with some XML of a sheet replaced."""
    return edited(seed(), part(title), lambda xml: xml.replace(old, new, 1))


def cell(address: str, content: str, title: str = "项目01", of: bytes | None = None) -> bytes:
    """The seed's workbook (or another) with another element for one cell; ``content`` follows its style."""
    of = seed() if of is None else of
    xml = parts(of)[part(title)].decode()
    start = xml.index(f'<c r="{address}" ')
    style = xml[xml.index('s="', start) :].split('"')[1]
    shut, close = xml.index(">", start), xml.find("</c>", start)
    end = shut + 1 if xml[shut - 1] == "/" else close + 4
    return edited(of, part(title), lambda _: f'{xml[:start]}<c r="{address}" s="{style}"{content}</c>{xml[end:]}'.encode())


def text(address: str, content: str, of: bytes | None = None) -> bytes:
    """The seed's workbook (or another) with an inline text in one cell of 项目01."""
    return cell(address, f' t="inlineStr"><is><t>{content}</t></is>', of=of)


def someone_elses() -> bytes:
    """A workbook that has nothing to do with perfxl."""
    book = openpyxl.Workbook()
    assert book.active is not None
    book.active["A1"] = "工资表"
    target = io.BytesIO()
    book.save(target)
    return target.getvalue()


def book_xml(old: str, new: str) -> bytes:
    """The seed's workbook with xl/workbook.xml changed."""
    return edited(seed(), "xl/workbook.xml", lambda xml: xml.replace(old.encode(), new.encode()))


def without_sheet(title: str) -> bytes:
    """The seed's workbook without one of its sheets."""
    xml = parts(seed())["xl/workbook.xml"].decode()
    start = xml.index(f'<sheet name="{title}"')
    return book_xml(xml[start : xml.index("/>", start) + 2], "")


def zip_bomb() -> bytes:
    """A shared-string part of a few KB that inflates beyond all bounds."""
    return packed({**parts(seed()), "xl/sharedStrings.xml": b" " * (MOST_PART + 1)})


def entity_bomb() -> bytes:
    """A sheet with nested entity definitions."""
    bomb = b'<!DOCTYPE x [<!ENTITY a "ha"><!ENTITY b "&a;&a;">]><worksheet'
    return edited(seed(), part("项目01"), lambda xml: xml.replace(b"<worksheet", bomb, 1))


def truncated() -> bytes:
    """A download that stopped half way."""
    return seed()[:-2000]


def wrong_crc() -> bytes:
    """One flipped bit in a stored part."""
    target = io.BytesIO()
    with zipfile.ZipFile(target, "w", zipfile.ZIP_STORED) as archive:
        for name, content in parts(seed()).items():
            archive.writestr(name, content)
    data = bytearray(target.getvalue())
    at = data.index(b"<sheetData>") + 200
    data[at] ^= 1
    return bytes(data)


def unknown_form() -> bytes:
    """A workbook of a form that is not at hand."""
    return edited(seed(), "xl/sharedStrings.xml", lambda xml: xml.replace(b"<t>hebei-2023</t>", b"<t>hebei-1949</t>"))


def many_parts() -> bytes:
    """More parts than any workbook has."""
    return packed({**parts(seed()), **{f"junk/{number}": b"" for number in range(2001)}})


def plain_text() -> bytes:
    """A text that somebody called .xlsx."""
    return "预算数\t10\n".encode()


def ole(stream: str) -> bytes:
    """A compound file with one stream's name in its directory."""
    return OLE + b"\0" * 504 + stream.encode("utf-16-le") + b"\0" * 1000


def inserted_row() -> bytes:
    """项目01 with a row inserted above the budget, as Excel does after unlocking: names move too."""
    def down(xml: bytes) -> bytes:
        def cell_row(match: re.Match[str]) -> str:
            row = int(match.group(2))
            return f'r="{match.group(1)}{row + (row >= 4)}"'

        moved = re.sub(r'\br="([A-Z]*)([0-9]+)"', cell_row, xml.decode())
        return moved.encode()

    data = edited(seed(), part("项目01"), down)

    def names(xml: bytes) -> bytes:
        def shift(match: re.Match[str]) -> str:
            return re.sub(r"\$([0-9]+)", lambda row: f"${int(row.group(1)) + (int(row.group(1)) >= 4)}", match.group())

        return re.sub(r"'项目01'![$A-Z0-9:]+", shift, xml.decode()).encode()

    return edited(data, "xl/workbook.xml", names)
