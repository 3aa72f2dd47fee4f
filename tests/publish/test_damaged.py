"""Damaged and hostile documents are refused or read as far as they go; nothing else happens."""

from __future__ import annotations

import io
import zipfile

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from made_departments import AS_OF, HEBEI, seed_department, template

from perfxl.errors import PerfxlError
from perfxl.publish.blocks import blocks_of_docx, blocks_of_text
from perfxl.publish.bring_back import import_blocks
from perfxl.publish.document import Publisher
from perfxl.publish.docx_package import DOCUMENT, read_package, write_package
from perfxl.publish.html import html_of
from perfxl.publish.markdown import markdown_of

MADE = Publisher(template(), AS_OF).document(seed_department())
PARTS = read_package(MADE, "")
WORD = 'xmlns:w="http://schemas.openxmlformats.org/wordprocessingml/2006/main"'


def with_document(xml: bytes) -> bytes:
    return write_package({**PARTS, DOCUMENT: xml})


def read(content: bytes) -> str:
    """The code of the refusal, or "" after everything that is done with a document was done."""
    try:
        blocks = blocks_of_docx(content, "x.docx")
    except PerfxlError as fault:
        return fault.code
    import_blocks(HEBEI, blocks)
    html_of(blocks, title="x")
    markdown_of(blocks)
    return ""


class DescribeDamagedDocuments:
    @settings(max_examples=150, deadline=None)
    @given(st.integers(0, len(PARTS[DOCUMENT]) - 1), st.integers(1, 60), st.binary(max_size=12))
    def it_survives_any_change_of_bytes(self, at: int, count: int, instead: bytes) -> None:
        xml = PARTS[DOCUMENT]
        assert read(with_document(xml[:at] + instead + xml[at + count :])) in ("", "W01")

    @settings(max_examples=100, deadline=None)
    @given(st.data())
    def it_survives_lost_and_repeated_elements(self, data: st.DataObject) -> None:
        pieces = PARTS[DOCUMENT].split(b"<w:tc>")
        order = data.draw(st.lists(st.integers(1, len(pieces) - 2), max_size=20))
        middle = [pieces[number] for number in order if b"</w:tr>" not in pieces[number]]
        assert read(with_document(b"<w:tc>".join([*pieces[:8], *middle, *pieces[8:]]))) in ("", "W01")

    @settings(max_examples=200, deadline=None)
    @given(st.binary(max_size=200))
    def it_refuses_what_is_no_package(self, content: bytes) -> None:
        assert read(content) == "W01"

    @pytest.mark.parametrize("span", ["x", "-1", "99999999999999999999", "", "１"])
    def it_takes_a_span_that_is_no_number_as_one(self, span: str) -> None:
        cell = f'<w:tc><w:tcPr><w:gridSpan w:val="{span}"/></w:tcPr><w:p><w:r><w:t>甲</w:t></w:r></w:p></w:tc>'
        xml = f"<w:document {WORD}><w:body><w:tbl><w:tr>{cell}{cell}</w:tr></w:tbl></w:body></w:document>"
        assert read(with_document(xml.encode())) == ""

    def it_refuses_deep_nesting(self) -> None:
        deep = "<w:sdt><w:sdtContent>" * 5000 + "</w:sdtContent></w:sdt>" * 5000
        assert read(with_document(f"<w:document {WORD}><w:body>{deep}</w:body></w:document>".encode())) == "W01"

    def it_expands_no_entities(self) -> None:
        entities = '<!DOCTYPE d [<!ENTITY a "aaaaaaaaaa"><!ENTITY b "&a;&a;&a;&a;"><!ENTITY f SYSTEM "file:///etc/hostname">]>'
        body = "<w:p><w:r><w:t>前&b;&f;</w:t></w:r></w:p>"
        xml = f"{entities}<w:document {WORD}><w:body>{body}</w:body></w:document>"
        assert read(with_document(xml.encode())) in ("", "W01")
        texts = [getattr(block, "text", "") for block in blocks_of_docx(with_document(xml.encode()), "")]
        assert texts == ["前"]

    def it_refuses_a_bomb(self) -> None:
        target = io.BytesIO()
        with zipfile.ZipFile(target, "w", zipfile.ZIP_DEFLATED) as package:
            package.writestr("[Content_Types].xml", "<Types/>")
            package.writestr(DOCUMENT, b"\x00" * 210_000_000)
        assert read(target.getvalue()) == "W01"

    @settings(max_examples=200, deadline=None)
    @given(st.text(alphabet=st.sampled_from("\t\n 第一二部分、.1绩效目标表指≥9%产出数量甲"), max_size=300))
    def it_reads_any_text(self, text: str) -> None:
        imported = import_blocks(HEBEI, blocks_of_text(text))
        assert len(imported.unplaced) <= text.count("\n") + 1
