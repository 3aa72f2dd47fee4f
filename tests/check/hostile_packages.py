"""Hostile and broken packages: kinds of file, each named for what is wrong, as bytes."""

from __future__ import annotations

import io
import re
import struct
import zipfile
import zlib
from collections.abc import Callable

from tests.check import bad_files
from tests.check.bad_files import part, seed
from tests.check.compound_files import biff, compound, record
from tests.workbook.parts import edited, packed, parts

__all__ = ["KINDS"]

Make = Callable[[], bytes]
BOOK, RELS, SHARED = "xl/workbook.xml", "xl/_rels/workbook.xml.rels", "xl/sharedStrings.xml"
LOCAL, DIRECTORY, END = b"PK\x03\x04", b"PK\x01\x02", b"PK\x05\x06"


def zipped(*members: tuple[str, bytes], method: int = zipfile.ZIP_DEFLATED) -> bytes:
    """A package of members, which may share a name."""
    target = io.BytesIO()
    with zipfile.ZipFile(target, "w", method, compresslevel=1) as archive:
        for name, content in members:
            info = zipfile.ZipInfo("x")
            info.filename = name
            info.compress_type = method
            archive.NameToInfo.pop(name, None)
            archive.writestr(info, content)
    return target.getvalue()


def patched(data: bytes, mark: bytes, at: int, new: bytes, *, every: bool = False) -> bytes:
    """Bytes after the first record of a kind (or every one) replaced."""
    found = bytearray(data)
    place = found.find(mark)
    assert place >= 0
    while place >= 0:
        found[place + at : place + at + len(new)] = new
        place = found.find(mark, place + 4) if every else -1
    return bytes(found)


def sheet(old: bytes, new: bytes, title: str = "项目01") -> bytes:
    return bad_files.replaced(title, old, new)


def rows(xml: bytes) -> bytes:
    """Rows after the last one of 项目01."""
    return sheet(b"</sheetData>", xml + b"</sheetData>")


def head(xml: bytes) -> bytes:
    """Something before the root of 项目01."""
    return sheet(b"<worksheet", xml + b"<worksheet")


def book(old: str, new: str) -> bytes:
    return edited(seed(), BOOK, lambda xml: xml.replace(old.encode(), new.encode(), 1))


def without(name: str) -> bytes:
    return packed({key: content for key, content in parts(seed()).items() if key != name})


def value(content: str) -> bytes:
    """The budget of 项目01 (C4)."""
    return bad_files.cell("C4", content)


def meta(old: bytes, new: bytes) -> bytes:
    """Something in the shared strings, where the hidden sheet's values stand."""
    return edited(seed(), SHARED, lambda xml: xml.replace(old, new, 1))


def bomb(name: str, size: int) -> bytes:
    """A part of blanks."""
    target = io.BytesIO()
    with zipfile.ZipFile(target, "w", zipfile.ZIP_DEFLATED, compresslevel=1) as archive:
        for other, content in parts(seed()).items():
            if other != name:
                archive.writestr(other, content)
        with archive.open(name, "w") as stream:
            piece = b" " * 1_000_000
            for _ in range(size // len(piece)):
                stream.write(piece)
    return target.getvalue()


def lying_bomb() -> bytes:
    """50 MB behind a directory that says 100 bytes."""
    data = bytearray(bomb(SHARED, 50_000_000))
    at = data.rindex(DIRECTORY)
    while data[at + 46 : at + 46 + len(SHARED)] != SHARED.encode():
        at = data.rindex(DIRECTORY, 0, at)
    data[at + 24 : at + 28] = struct.pack("<I", 100)
    return bytes(data)


def overlapping() -> bytes:
    """Two thousand names for one megabyte of blanks, as in overlapping bombs."""
    kernel = zlib.compressobj(9, zlib.DEFLATED, -15)
    content = b" " * 1_000_000
    body = kernel.compress(content) + kernel.flush()
    crc = zlib.crc32(content)
    local = struct.pack("<4sHHHHHIIIHH", LOCAL, 20, 0, 8, 0, 0, crc, len(body), len(content), 0, 0) + body
    directory = b""
    names = [*parts(seed()), *(f"xl/worksheets/sheet{number}.xml" for number in range(100, 1_900))]
    for name in names:
        directory += struct.pack("<4sHHHHHHIIIHHHHHII", DIRECTORY, 20, 20, 0, 8, 0, 0, crc, len(body), len(content),
                                 len(name), 0, 0, 0, 0, 0, 0) + name.encode()  # fmt: skip
    return local + directory + struct.pack("<4sHHHHIIH", END, 0, 0, len(names), len(names), len(directory), len(local), 0)


def quoted() -> bytes:
    """Members that quote each other's local headers: a stored block that holds the next member whole."""
    data = zipped((BOOK, b" " * 1_000_000))
    for number in range(60):
        data = zipped((f"xl/worksheets/sheet{number}.xml", data), (BOOK, data), method=zipfile.ZIP_STORED)
        if len(data) > 2_000_000:
            break
    return data


def other_encoding(name: str, encoding: str, declared: str = "") -> bytes:
    """A part in another encoding."""
    def recode(xml: bytes) -> bytes:
        text = re.sub(r"^<\?xml[^>]*\?>", "", xml.decode())
        return f'<?xml version="1.0" encoding="{declared or encoding}"?>{text}'.encode(encoding)

    return edited(seed(), name, recode)


def many_sheets(count: int) -> bytes:
    lines = "".join(f'<sheet name="s{number}" sheetId="{number + 100}" r:id="rId1"/>' for number in range(count))
    return book("</sheets>", f"{lines}</sheets>")


def many_names(count: int) -> bytes:
    lines = "".join(f'<definedName name="n{number}" localSheetId="0">A1</definedName>' for number in range(count))
    return book("<definedNames>", f"<definedNames>{lines}")


def relation(target: str, more: str = "") -> bytes:
    """Another target for the first sheet's relationship."""
    def change(xml: bytes) -> bytes:
        return re.sub(rb'Target="worksheets/sheet3.xml"', f'Target="{target}"{more}'.encode(), xml)

    return edited(seed(), RELS, change)


def renamed(old: str, new: str) -> bytes:
    return packed({new if name == old else name: content for name, content in parts(seed()).items()})


def flipped(at: float) -> bytes:
    data = bytearray(seed())
    data[int(len(data) * at)] ^= 0x10
    return bytes(data)


def strings(change: Callable[[bytes], bytes]) -> bytes:
    return edited(seed(), SHARED, change)


def plan(counts: str, slots: str) -> bytes:
    """Another plan in the hidden sheet: how many project sheets, how many rows of each block."""
    def change(xml: bytes) -> bytes:
        (found,) = re.findall(PLAN, xml)
        text = re.sub(r'"project": \d+', counts, found.decode())
        text = re.sub(r'(\["\w+", \d+, )\d+\]', rf"\g<1>{slots}]", text)
        return xml.replace(found, text.encode())

    return strings(change)


def fat_loop() -> bytes:
    """A stream whose second sector is followed by itself."""
    data = bytearray(compound({"Workbook": biff()}))
    struct.pack_into("<I", data, 512 + 4 * 3, 3)
    return bytes(data)


def difat_loop() -> bytes:
    """A table of tables that leads to itself."""
    data = bytearray(compound({"Workbook": biff()}))
    struct.pack_into("<II", data, 68, 2, 0x7FFFFFFF)
    struct.pack_into("<I", data, 512 * 3 + 508, 2)
    return bytes(data)


def directory_loop() -> bytes:
    """A directory whose entry is its own sibling, in a chain that never ends."""
    data = bytearray(compound({"Workbook": biff()}))
    struct.pack_into("<I", data, 512 + 4 * 1, 1)
    struct.pack_into("<III", data, 512 * 2 + 128 + 68, 1, 1, 1)
    return bytes(data)


def ole(streams: dict[str, bytes], at: int = 0, new: bytes = b"") -> bytes:
    data = bytearray(compound(streams))
    data[at : at + len(new)] = new
    return bytes(data)


def number(row: int, column: int, figure: float = 1.0) -> bytes:
    return record(0x0203, struct.pack("<HHHd", row, column, 0, figure))


def many_numbers() -> bytes:
    """A MulRk record over 250 columns."""
    return record(0x00BD, struct.pack("<HH", 0, 0) + b"\0\0\0\0\xf0\x3f" * 250 + b"\xf9\0")


LAUGHS = b"<!DOCTYPE x [<!ENTITY a0 'ha'>" + b"".join(
    b"<!ENTITY a%d '%s'>" % (depth, b"&a%d;" % (depth - 1) * 10) for depth in range(1, 12)
) + b"]>"
PLAN = rb"<t[^>]*>\{[^<]*counts[^<]*</t>"
OPEN_TYPE = b"application/vnd.oasis.opendocument.spreadsheet"
FAR = b'<row r="1048576"><c r="XFD1048576"><v>1</v></c></row>'

KINDS: dict[str, Make] = {
    # --- not even a package
    "zero bytes": lambda: b"",
    "one byte": lambda: b"P",
    "a thousand zeros": lambda: b"\0" * 1000,
    "local header and nothing more": lambda: LOCAL,
    "local header and garbage": lambda: LOCAL + bytes(range(256)) * 8,
    "csv": lambda: "单位,预算数\n657001,0.85\n".encode("gb18030"),
    "html table as exported by web systems": lambda: "<html><table><tr><td>预算数</td></tr></table></html>".encode(),
    "spreadsheet XML of 2003": lambda: b'<?xml version="1.0"?><?mso-application progid="Excel.Sheet"?><Workbook/>',
    "pdf": lambda: b"%PDF-1.7\n%\xe2\xe3\xcf\xd3\n1 0 obj\n<<>>\nendobj\ntrailer\n<<>>\n%%EOF\n",
    "picture": lambda: b"\x89PNG\r\n\x1a\n" + b"\0\0\0\rIHDR" + b"\0" * 100,
    "rich text": lambda: rb"{\rtf1\ansi x}",
    "Windows shortcut": lambda: b"L\0\0\0\x01\x14\x02\0" + b"\0" * 200,
    "rar": lambda: b"Rar!\x1a\x07\x01\0" + b"\0" * 100,
    "7z": lambda: b"7z\xbc\xaf\x27\x1c" + b"\0" * 100,
    "gzip": lambda: b"\x1f\x8b\x08\0" + b"\0" * 100,
    "program": lambda: b"MZ\x90\0" + b"\0" * 1000,
    # --- broken or forged zip structure
    "empty zip": lambda: END + b"\0" * 18,
    "zip of texts": lambda: packed({"a.txt": b"x"}),
    "Word document": lambda: packed({"[Content_Types].xml": b"<Types/>", "word/document.xml": b"<document/>"}),
    "workbook within a zip called .xlsx": lambda: packed({"657001.xlsx": seed()}),
    "cut at half": lambda: seed()[: len(seed()) // 2],
    "last byte missing": lambda: seed()[:-1],
    "last half zeros, as interrupted copies leave": lambda: seed()[: len(seed()) // 2].ljust(len(seed()), b"\0"),
    "first block zeros": lambda: b"\0" * 512 + seed()[512:],
    "garbage before": lambda: b"#!/bin/sh\n" + seed(),
    "garbage after": lambda: seed() + b"\0" * 70_000,
    "directory entry beyond the end": lambda: patched(seed(), DIRECTORY, 42, struct.pack("<I", 0x7FFFFFFF)),
    "directory says 65535 entries": lambda: patched(seed(), END, 8, b"\xff\xff\xff\xff"),
    "directory says it is 2 GB": lambda: patched(seed(), END, 12, struct.pack("<I", 0x7FFFFFFF)),
    "directory elsewhere": lambda: patched(seed(), END, 16, struct.pack("<I", 17)),
    "sizes of 4 GB declared": lambda: patched(seed(), DIRECTORY, 24, b"\xfe\xff\xff\xff", every=True),
    "sizes of zero declared": lambda: patched(seed(), DIRECTORY, 20, b"\0" * 8, every=True),
    "wrong checksums": lambda: patched(seed(), DIRECTORY, 16, b"abcd", every=True),
    "flag of encryption": lambda: patched(patched(seed(), DIRECTORY, 8, b"\x01", every=True), LOCAL, 6, b"\x01", every=True),
    "unknown compression": lambda: patched(patched(seed(), DIRECTORY, 10, b"\x63", every=True), LOCAL, 8, b"\x63", every=True),
    "local headers of another name": lambda: patched(seed(), LOCAL, 30, b"zz", every=True),
    "local headers missing": lambda: seed().replace(LOCAL, b"PK\x07\x08"),
    "names that lead outside": lambda: packed({**parts(seed()), "../../../etc/passwd": b"x", "C:\\a": b"x", "/b": b"x"}),
    "two parts of one name": lambda: zipped(*parts(seed()).items(), (BOOK, b"<workbook/>")),
    "5000 parts": lambda: packed({**parts(seed()), **{f"junk/{number}": b"" for number in range(5_000)}}),
    "overlapping members": overlapping,
    "quoting members": quoted,
    "530 MB of blanks": lambda: bomb("xl/worksheets/sheet3.xml", 530_000_000),
    "25 MB of shared strings": lambda: bomb(SHARED, 25_000_000),
    "23 MB in every sheet": lambda: packed(
        {name: content + b" " * 23_000_000 if "sheets/sheet" in name else content for name, content in parts(seed()).items()}
    ),
    "a bomb that lies about its size": lying_bomb,
    "bit flipped in the first quarter": lambda: flipped(0.25),
    "bit flipped in the middle": lambda: flipped(0.5),
    "bit flipped near the end": lambda: flipped(0.963),
    # --- hostile XML
    "entity expansion": lambda: head(LAUGHS),
    "entity expansion in the shared strings": lambda: strings(lambda xml: xml.replace(b"<sst", LAUGHS + b"<sst", 1)),
    "external document type": lambda: book("<workbook", '<!DOCTYPE w SYSTEM "http://127.0.0.1:9/x.dtd"><workbook'),
    "entity that is a file": lambda: head(b'<!DOCTYPE x [<!ENTITY f SYSTEM "file:///etc/passwd">]>'),
    "UTF-16": lambda: other_encoding(BOOK, "utf-16"),
    "UTF-16 declared, UTF-8 inside": lambda: other_encoding(BOOK, "utf-8", "utf-16"),
    "GBK declared": lambda: other_encoding(BOOK, "gbk"),
    "unknown encoding": lambda: other_encoding(BOOK, "utf-8", "x-klingon"),
    "no UTF-8": lambda: sheet(b"<sheetData>", b"<sheetData><!-- \xff\xfe -->"),
    "NUL in a part": lambda: sheet(b"<sheetData>", b"<sheetData>\0"),
    "byte order mark": lambda: edited(seed(), BOOK, lambda xml: b"\xef\xbb\xbf" + xml),
    "200 000 nested elements": lambda: rows(b"<a>" * 200_000 + b"</a>" * 200_000),
    "element never closed": lambda: sheet(b"</sheetData>", b""),
    "two roots": lambda: edited(seed(), part("项目01"), lambda xml: xml + b"<worksheet/>"),
    "50 000 attributes": lambda: rows(b"<row " + b" ".join(b'a%d="1"' % number for number in range(50_000)) + b"/>"),
    "attribute of 20 MB": lambda: rows(b'<row x="' + b"1" * 20_000_000 + b'"/>'),
    "comment of 20 MB": lambda: rows(b"<!--" + b"x" * 20_000_000 + b"-->"),
    "text of 10 MB in a cell": lambda: value(f' t="inlineStr"><is><t>{"长" * 3_300_000}</t></is>'),
    "300 000 runs in a cell": lambda: value(f' t="inlineStr"><is>{"<r><t>a</t></r>" * 300_000}</is>'),
    "million empty elements": lambda: rows(b"<x/>" * 1_000_000),
    # --- workbook structure
    "no workbook.xml": lambda: without(BOOK),
    "no relationships of the package": lambda: without("_rels/.rels"),
    "no relationships of the workbook": lambda: without(RELS),
    "no content types": lambda: without("[Content_Types].xml"),
    "no shared strings": lambda: without(SHARED),
    "no part for a sheet": lambda: without(part("项目01")),
    "sheet leads to the workbook": lambda: relation("workbook.xml"),
    "sheet leads to its relationships": lambda: relation("_rels/workbook.xml.rels"),
    "sheet leads outside": lambda: relation("../../../../etc/passwd"),
    "sheet on the internet": lambda: relation("http://127.0.0.1:9/x.xml", ' TargetMode="External"'),
    "relationship twice": lambda: edited(seed(), RELS, lambda xml: xml.replace(b'Id="rId2"', b'Id="rId1"')),
    "links to other workbooks": lambda: packed(
        {**parts(seed()), "xl/externalLinks/externalLink1.xml": b"<externalLink/>", "xl/embeddings/oleObject1.bin": b"MZ"}
    ),
    "archive embedded": lambda: packed({**parts(seed()), "xl/embeddings/a.zip": packed({"a": b"\0" * 9_000_000})}),
    "macros": lambda: packed({**parts(seed()), "xl/vbaProject.bin": b"\xd0\xcf\x11\xe0" + b"\0" * 100}),
    "two sheets of one name": lambda: book('name="项目02"', 'name="项目01"'),
    "sheet called ../..": lambda: book('name="项目02"', 'name="../.."'),
    "sheet without a name": lambda: book('name="项目02"', 'name=""'),
    "sheet name of 100 000 characters": lambda: book('name="项目02"', f'name="{"长" * 100_000}"'),
    "sheet without a part": lambda: book('r:id="rId3"', 'r:id="rId999"'),
    "20 000 sheets": lambda: many_sheets(20_000),
    "200 000 names": lambda: many_names(200_000),
    "name without an end": lambda: book("</definedName>", ""),
    "part called in capitals": lambda: renamed(BOOK, "XL/Workbook.XML"),
    # --- what a forged workbook says of itself
    "form ../../etc": lambda: meta(b"hebei-2023", b"../../etc"),
    "form without end": lambda: meta(b"hebei-2023", b"a" * 100_000),
    "plan of 999 sheets with 9 000 rows each": lambda: plan('"project": 999', "999"),
    "plan of minus one sheet": lambda: plan('"project": -1', "5"),
    "plan of other blocks": lambda: plan('"project": 2, "other": 1', "5"),
    "plan nested without end": lambda: strings(lambda xml: re.sub(PLAN, b"<t>" + b"[" * 30_000 + b"</t>", xml)),
    # --- cells
    "value at XFD1048576": lambda: rows(FAR),
    "false dimension": lambda: edited(
        seed(), part("项目01"), lambda xml: re.sub(rb'<dimension ref="[^"]*"', b'<dimension ref="A1:XFD1048576"', xml)
    ),
    "dimension that is none": lambda: edited(
        seed(), part("项目01"), lambda xml: re.sub(rb'<dimension ref="[^"]*"', b'<dimension ref="-1:#"', xml)
    ),
    "million empty rows": lambda: rows(b"".join(b'<row r="%d"/>' % number for number in range(100, 1_000_000))),
    "half a million cells": lambda: rows(
        b"".join(b'<row r="%d"><c r="A%d"><v>1</v></c></row>' % (number, number) for number in range(100, 500_100))
    ),
    "negative row": lambda: rows(b'<row r="-5"><c r="A-5"><v>1</v></c></row>'),
    "row 99999999999999999999": lambda: rows(b'<row r="99999999999999999999"><c r="A99999999999999999999"><v>1</v></c></row>'),
    "column ZZZZZZZ": lambda: rows(b'<row r="9"><c r="ZZZZZZZ9"><v>1</v></c></row>'),
    "address that is none": lambda: rows(b'<row r="x"><c r="%%%"><v>1</v></c></row>'),
    "cells without addresses": lambda: rows(b"<row><c><v>1</v></c><c><v>2</v></c></row>"),
    "rows upside down": lambda: edited(seed(), part("项目01"), upside_down),
    "a cell twice": lambda: rows(b'<row r="4"><c r="C4"><v>99</v></c></row>'),
    "string index too high": lambda: value(' t="s"><v>99999999</v>'),
    "string index negative": lambda: value(' t="s"><v>-1</v>'),
    "string index of 5000 digits": lambda: value(f' t="s"><v>{"9" * 5000}</v>'),
    "string index that is none": lambda: value(' t="s"><v>abc</v>'),
    "NaN": lambda: value("><v>NaN</v>"),
    "INF": lambda: value("><v>INF</v>"),
    "1e400": lambda: value("><v>1e400</v>"),
    "number of 100 000 digits": lambda: value(f"><v>{'9' * 100_000}</v>"),
    "number with underscores": lambda: value("><v>1_000</v>"),
    "number in Arabic digits": lambda: value("><v>٠٫٨٥</v>"),
    "year 9999999": lambda: value(' t="d"><v>9999999-01-01</v>'),
    "date serial 1e300": lambda: bad_files.cell("E3", "><v>1e300</v>"),
    "boolean that is none": lambda: value(' t="b"><v>maybe</v>'),
    "unknown type of cell": lambda: value(' t="zzz"><v>1</v>'),
    "unknown error value": lambda: value(' t="e"><v>#KLINGON!</v>'),
    "formula without a value": lambda: value("><f>1+1</f>"),
    "formula of the whole sheet": lambda: value('><f t="array" ref="A1:XFD1048576">1</f><v>1</v>'),
    "million merges": lambda: sheet(
        b"</sheetData>", b"</sheetData><mergeCells>" + b'<mergeCell ref="A1:XFD1048576"/>' * 300_000 + b"</mergeCells>"
    ),
    "control characters": lambda: bad_files.text("E3", "a_x0000__x0008__xFFFF_b"),
    "lone surrogates": lambda: bad_files.text("E3", "a_xD800_b_xDC00_c"),
    "text that is a formula": lambda: bad_files.text("E3", "=HYPERLINK(&quot;http://127.0.0.1:9&quot;)"),
    "text that turns right to left": lambda: bad_files.text("E3", "\u202egpj.exe\u202c"),
    "CDATA": lambda: bad_files.cell("E3", ' t="inlineStr"><is><t><![CDATA[甲<乙>]]></t></is>'),
    # --- compound files
    "encrypted workbook": lambda: ole({"EncryptedPackage": b"\0" * 5000, "EncryptionInfo": b"\0" * 100}),
    "old workbook with a password": lambda: ole({"Workbook": biff(globals_=record(0x002F, b"\x01\0" + b"\0" * 52))}),
    "old workbook of someone else": lambda: ole({"Workbook": biff(number(0, 0))}),
    "Word document of 97": lambda: ole({"WordDocument": b"\0" * 5000}),
    "compound file without streams": lambda: ole({}),
    "old workbook of zeros": lambda: ole({"Workbook": b"\0" * 5000}),
    "compound header alone": lambda: bad_files.OLE,
    "compound file with an endless chain": fat_loop,
    "compound file with an endless table": difat_loop,
    "compound file with an endless directory": directory_loop,
    "compound sectors of 2^65535 bytes": lambda: ole({"Workbook": biff()}, 30, b"\xff\xff"),
    "compound table at sector 4 000 000 000": lambda: ole({"Workbook": biff()}, 76, struct.pack("<I", 4_000_000_000)),
    "old workbook cut within a record": lambda: ole({"Workbook": biff()[:-20] + struct.pack("<HH", 0x0203, 0xFFFF)}),
    "old workbook with a cell at IV65536": lambda: ole({"Workbook": biff(number(65_535, 255))}),
    "old workbook with NaN": lambda: ole({"Workbook": biff(number(0, 0, float("nan")))}),
    "old workbook, string index too high": lambda: ole(
        {"Workbook": biff(record(0x00FD, struct.pack("<HHHI", 0, 0, 0, 9_999_999)))}
    ),
    "old workbook, the same row a thousand times": lambda: ole({"Workbook": biff(*[many_numbers()] * 28)}),
    # --- OpenDocument
    "OpenDocument of nothing": lambda: zipped(("mimetype", OPEN_TYPE), method=zipfile.ZIP_STORED),
    "OpenDocument of a billion cells": lambda: opendocument(
        '<table:table table:name="a"><table:table-row table:number-rows-repeated="1048576">'
        '<table:table-cell table:number-columns-repeated="16384" office:value-type="float" office:value="1"/>'
        "</table:table-row></table:table>"
    ),
    "OpenDocument with entities": lambda: opendocument("", LAUGHS.decode()),
    "OpenDocument with a password": lambda: opendocument("", manifest="<manifest:encryption-data/>"),
    "OpenDocument of someone else": lambda: opendocument('<table:table table:name="a"/>'),
}


def upside_down(xml: bytes) -> bytes:
    """The rows of a sheet in reverse."""
    start, end = xml.index(b"<sheetData>") + 11, xml.index(b"</sheetData>")
    found = re.findall(rb"<row [^>]*/>|<row .*?</row>", xml[start:end], re.DOTALL)
    return xml[:start] + b"".join(reversed(found)) + xml[end:]


def opendocument(tables: str, before: str = "", manifest: str = "") -> bytes:
    """A minimal .ods."""
    names = "".join(
        f' xmlns:{short}="urn:oasis:names:tc:opendocument:xmlns:{short}:1.0"' for short in ("office", "table", "text", "manifest")
    )
    content = f"{before}<office:document-content{names}>{tables}</office:document-content>"
    return zipped(
        ("mimetype", OPEN_TYPE),
        ("content.xml", content.encode()),
        ("meta.xml", b"<a/>"),
        ("META-INF/manifest.xml", f"<manifest:manifest{names}>{manifest}</manifest:manifest>".encode()),
        method=zipfile.ZIP_STORED,
    )
