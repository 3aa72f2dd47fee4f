"""Files that come back but should not have, as bytes."""

from __future__ import annotations

import io
import re
import zipfile
from dataclasses import replace
from functools import cache

import openpyxl

from perfxl.demo import filled_workbook
from perfxl.form.book_file import read_book
from perfxl.form.library import examples_folder
from perfxl.workbook.archive import MOST_PART
from perfxl.workbook.layout import plan_of
from perfxl.workbook.write import BuildOptions, build_workbook
from tests.check.hebei import AS_OF, FORM
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


# --- small files that would take much time or memory -------------------------------------


def with_sheet(xml: str, title: str = "项目01") -> bytes:
    """The seed's workbook with another sheet part."""
    space = "http://schemas.openxmlformats.org/spreadsheetml/2006/main"
    return edited(seed(), part(title), lambda _: f'<worksheet xmlns="{space}">{xml}</worksheet>'.encode())


def in_rows(xml: str) -> bytes:
    """The seed's workbook with XML after the rows of 项目01, where each kind of damage has to be borne."""
    return replaced("项目01", b"</sheetData>", xml.encode() + b"</sheetData>")


def many_cells() -> bytes:
    """Millions of empty cells."""
    return in_rows(f"<row>{'<c/>' * 2_500_000}</row>")


def many_plain_cells() -> bytes:
    """Several hundred thousand plainly written cells."""
    return in_rows("".join(f'<row r="{row}"><c r="A{row}"><v>1</v></c></row>' for row in range(30, 320_000)))


def many_elements() -> bytes:
    """Millions of elements that mean nothing."""
    return in_rows("<a/>" * 2_500_000)


def deep() -> bytes:
    """A million elements one in the other."""
    return in_rows("<a>" * 1_000_000 + "</a>" * 1_000_000)


def many_attributes() -> bytes:
    """An element with a million attributes, all different."""
    return in_rows("<row " + " ".join(f'a{number}=""' for number in range(1_000_000)) + "/>")


def many_names() -> bytes:
    """Elements with hundreds of thousands of different attributes."""
    return in_rows("".join(f'<a b{number}=""/>' for number in range(700_000)))


def long_attribute() -> bytes:
    """An attribute of ten million characters."""
    return in_rows(f'<row a="{"x" * 10_000_000}"/>')


def long_namespace() -> bytes:
    """A namespace of a hundred thousand characters, used by half a million elements."""
    return with_sheet(f'<sheetData xmlns:x="{"u" * 100_000}">{"<x:a/>" * 500_000}</sheetData>')


def long_comment() -> bytes:
    """A comment of ten million characters."""
    return in_rows(f"<!--{'x' * 10_000_000}-->")


def long_text() -> bytes:
    """A text of nine million characters."""
    return text("E3", "字" * 3_000_000)


def one_text_everywhere() -> bytes:
    """A long text, stored once, in every entry cell of 99 projects."""
    book = read_book(FORM, (examples_folder() / "657001.toml").read_text("utf-8"), "657001.toml")
    project = book.projects(FORM)[1]
    for row in project.rows["indicators"]:
        row.raws = dict.fromkeys(row.raws, "字" * 30_000)
    for name in ("name", "goals", "purpose"):
        project.raws[name] = "字" * 30_000
    book.sheets = [replace(project, ordinal=ordinal) for ordinal in range(1, 61)]
    return build_workbook(FORM, plan_of(FORM, projects=60, lead=False), book, BuildOptions(as_of=AS_OF))


def one_part_for_many_sheets() -> bytes:
    """A thousand sheets that are all the same part."""
    sheets = "".join(f'<sheet name="表{number}" sheetId="{number}" r:id="rId3"/>' for number in range(100, 1_100))
    return book_xml("</sheets>", f"{sheets}</sheets>")


def many_sheets() -> bytes:
    """More sheets than any workbook has."""
    sheets = "".join(f'<sheet name="表{number}" sheetId="{number}" r:id="rId3"/>' for number in range(100, 60_000))
    return book_xml("</sheets>", f"{sheets}</sheets>")


def absurd_names() -> bytes:
    """A hundred thousand defined names."""
    names = "".join(f'<definedName name="n{number}" localSheetId="2">1</definedName>' for number in range(100_000))
    return book_xml("</definedNames>", f"{names}</definedNames>")


def absurd_plan() -> bytes:
    """A plan of 999 sheets with 999 slots in every block."""
    def larger(xml: bytes) -> bytes:
        return re.sub(rb'(&quot;|")project\1: 2', rb"\1project\1: 999", re.sub(rb", (2|6|8)\]", b", 999]", xml))

    return edited(seed(), "xl/sharedStrings.xml", larger)


def deep_plan() -> bytes:
    """A plan of a hundred thousand brackets."""
    return edited(seed(), "xl/sharedStrings.xml", lambda xml: re.sub(rb"<t>\{.*?\}</t>", b"<t>" + b"[" * 30_000 + b"</t>", xml))


def packed_otherwise() -> bytes:
    """Parts packed by a method whose readers know no bounds."""
    target = io.BytesIO()
    with zipfile.ZipFile(target, "w", zipfile.ZIP_BZIP2) as archive:
        for name, content in {**parts(seed()), "xl/sharedStrings.xml": b" " * 50_000_000}.items():
            archive.writestr(name, content)
    return target.getvalue()


def false_sizes() -> bytes:
    """A bomb whose directory claims a few bytes."""
    data = bytearray(zip_bomb())
    size = (MOST_PART + 1).to_bytes(4, "little")
    while (at := data.find(size)) >= 0:
        data[at : at + 4] = (100).to_bytes(4, "little")
    return bytes(data)


HEAVY = (
    many_cells, many_plain_cells, many_elements, deep, many_attributes, many_names, long_attribute, long_namespace,
    long_comment, long_text, one_text_everywhere, one_part_for_many_sheets, many_sheets, absurd_names, absurd_plan,
    deep_plan, packed_otherwise, false_sizes,
)  # fmt: skip
