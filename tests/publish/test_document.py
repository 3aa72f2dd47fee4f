"""The .docx made from the seed's data is the seed, and a sound Word document."""

from __future__ import annotations

import io
import re
import zipfile
from datetime import UTC, datetime
from pathlib import Path

import docx
import pytest
from docx.oxml.ns import qn
from made_departments import AS_OF, HEBEI, ROOT, seed_book, seed_department, template
from openxml_audit import OpenXmlValidator

from perfxl.publish.department import departments_of, missing_in
from perfxl.publish.document import Publisher

BLANKS = re.compile("[ \u00a0\u3000\t\r]")


def made(**changes: object) -> bytes:
    return Publisher(template(), AS_OF).document(seed_department(), **changes)  # type: ignore[arg-type]


def seed_lines() -> list[str]:
    """The seed's lines from 第一部分 on, blanks and bookmark markers removed, empty ones dropped."""
    text = (ROOT / "workbooks" / "seed.txt").read_text("utf-8")
    lines = [BLANKS.sub("", re.sub(r"\[bookmark: \w+\]", "", line)) for line in text.split("\n")]
    return [line for line in lines if line]


def document_lines(content: bytes) -> list[str]:
    """Paragraphs and table cells in order, read by python-docx, from 第一部分 on."""
    body = docx.Document(io.BytesIO(content)).element.body
    lines = ["".join(text.text or "" for text in paragraph.iter(qn("w:t"))) for paragraph in body.iter(qn("w:p"))]
    lines = [BLANKS.sub("", line) for line in lines]
    lines = [line for line in lines if line]
    return lines[lines.index("第一部分") :]


def seed_tables() -> list[list[list[str]]]:
    """The seed's tables as rows of cells, empty cells among them."""
    text = (ROOT / "workbooks" / "seed.txt").read_text("utf-8")
    tables = re.findall(r"(?:\t.*\n(?:\n(?=\t))?)+", text)
    return [[[BLANKS.sub("", cell) for cell in re.findall(r"\t(.*)", row)] for row in table.strip("\n").split("\n\n")]
            for table in tables]


def document_tables(content: bytes) -> list[list[list[str]]]:
    """Word's own cells: a continued cell is an empty one."""
    found = []
    for table in docx.Document(io.BytesIO(content)).element.body.iter(qn("w:tbl")):
        found.append([
            [BLANKS.sub("", "".join(text.text or "" for text in cell.iter(qn("w:t")))) for cell in row.iter(qn("w:tc"))]
            for row in table.iter(qn("w:tr"))
        ])
    return found


class DescribeDocumentOfTheSeed:
    def it_has_the_seeds_paragraphs_and_cells_in_order_with_repeats(self) -> None:
        assert len(seed_lines()) > 130
        assert document_lines(made()) == seed_lines()

    def it_has_the_seeds_tables_cell_by_cell(self) -> None:
        tables = seed_tables()
        assert [len(table) for table in tables] == [7, 10, 7, 10]
        assert document_tables(made()) == tables

    def it_is_the_same_when_made_twice(self) -> None:
        first, second = made(), made()
        assert first == second

    def it_is_found_clean_by_an_independent_audit(self, tmp_path: Path) -> None:
        path = tmp_path / "made.docx"
        path.write_bytes(made())
        assert [str(error) for error in OpenXmlValidator().validate(str(path)).errors] == []

    def it_is_found_clean_with_hostile_fields_and_page_numbers(self, tmp_path: Path) -> None:
        book = seed_book()
        book.sheets[0].raws["overall"] = "{{ 7*7 }}\n<w:p>\n]]>\n\u200f\u202eabc\x07\n" + "长" * 30_000
        book.sheets[1].raws.update(name="<b>&\"'\t名", goals="行一\n行二\t三")
        (department,) = departments_of(HEBEI, [book])
        for pages in (None, {"_Toc200000001": 1}):
            path = tmp_path / "made.docx"
            path.write_bytes(Publisher(template(), AS_OF).document(department, pages))
            assert [str(error) for error in OpenXmlValidator().validate(str(path)).errors] == []

    def it_has_title_author_and_date_among_its_properties(self) -> None:
        properties = docx.Document(io.BytesIO(made())).core_properties
        assert properties.title == "遵化市房屋征收中心2023年部门预算绩效目标"
        assert properties.author == "遵化市房屋征收中心"
        assert properties.created == properties.modified == datetime(2023, 3, 1, 8, tzinfo=UTC)

    def it_repeats_header_rows_and_splits_none(self) -> None:
        rows = list(docx.Document(io.BytesIO(made())).element.body.iter(qn("w:tr")))
        headers = [row.find(f"{qn('w:trPr')}/{qn('w:tblHeader')}") is not None for row in rows]
        assert headers == [False] * 7 + [True] + [False] * 9 + [False] * 7 + [True] + [False] * 9
        assert all(row.find(f"{qn('w:trPr')}/{qn('w:cantSplit')}") is not None for row in rows)

    def it_merges_level_one_over_its_rows(self) -> None:
        table = docx.Document(io.BytesIO(made())).tables[1]
        column = [table.cell(row, 0) for row in range(1, 10)]
        assert [cell.text for cell in column] == ["产出指标"] * 4 + ["效益指标"] * 4 + ["满意度指标"]
        assert len({id(cell._tc) for cell in column}) == 3

    def it_merges_level_two_over_several_rows_of_it(self) -> None:
        book = seed_book()
        rows = book.sheets[1].rows["indicators"]
        rows.insert(1, type(rows[0])(0, 1, {**rows[0].raws, "indicator": "第二项"}))
        content = Publisher(template(), AS_OF).document(departments_of(HEBEI, [book])[0])
        table = docx.Document(io.BytesIO(content)).tables[1]
        assert [table.cell(row, 1).text for row in (1, 2, 3)] == ["数量指标", "数量指标", "质量指标"]
        assert table.cell(1, 1)._tc is table.cell(2, 1)._tc

    def it_prints_page_numbers_in_the_footer_of_the_text_alone(self) -> None:
        sections = docx.Document(io.BytesIO(made())).sections
        fields = [[text.text for text in section.footer._element.iter(qn("w:instrText"))] for section in sections]
        assert fields == [[], [" PAGE "]]


class DescribeContents:
    ENTRIES = ("部门整体绩效目标", "一、总体绩效目标", "二、分项绩效目标", "三、工作保障措施", "预算项目绩效目标",
               "1.安可计算机购置绩效目标表", "2.综合办公经费绩效目标表")

    def entries(self, content: bytes) -> list[tuple[str, str, str]]:
        """(style, text, bookmark) of every entry."""
        document = docx.Document(io.BytesIO(content))
        return [
            (paragraph.style.name, paragraph.text, link.get(qn("w:anchor")))  # type: ignore[union-attr]
            for paragraph in document.paragraphs
            for link in paragraph._p.iter(qn("w:hyperlink"))
        ]

    def it_lists_every_heading_of_both_levels(self) -> None:
        entries = self.entries(made())
        assert tuple(text.strip("\t") for _, text, _ in entries) == self.ENTRIES
        assert [style for style, _, _ in entries] == ["toc 1"] + ["toc 2"] * 3 + ["toc 1"] + ["toc 2"] * 2

    def it_points_at_bookmarks_that_stand_around_the_headings(self) -> None:
        content = made()
        paragraphs = docx.Document(io.BytesIO(content)).paragraphs
        marked = {mark.get(qn("w:name")): each.text for each in paragraphs for mark in each._p.iter(qn("w:bookmarkStart"))}
        assert [marked[anchor] for _, _, anchor in self.entries(content)] == list(self.ENTRIES)

    def it_asks_word_to_fill_in_page_numbers_that_nobody_has_counted(self) -> None:
        with zipfile.ZipFile(io.BytesIO(made())) as package:
            assert b"<w:updateFields" in package.read("word/settings.xml")
            assert b'w:dirty="true"' in package.read("word/document.xml")

    def it_carries_page_numbers_where_they_are_known(self) -> None:
        anchors = [anchor for _, _, anchor in self.entries(made())]
        content = made(pages={anchor: number for number, anchor in enumerate(anchors, 11)})
        assert [text.partition("\t")[2] for _, text, _ in self.entries(content)] == [str(each) for each in range(11, 18)]
        with zipfile.ZipFile(io.BytesIO(content)) as package:
            assert b"<w:updateFields" not in package.read("word/settings.xml")
            assert b"w:dirty" not in package.read("word/document.xml")

    def it_is_one_field_that_ends_where_it_began(self) -> None:
        body = docx.Document(io.BytesIO(made())).element.body
        depth = 0
        for mark in body.iter(qn("w:fldChar")):
            depth += {"begin": 1, "separate": 0, "end": -1}[mark.get(qn("w:fldCharType"))]
            assert depth in (0, 1, 2)
        assert depth == 0
        instructions = [text.text for text in body.iter(qn("w:instrText"))]
        assert [text for text in instructions if "TOC" in text and "PAGEREF" not in text] == [' TOC \\o "1-2" \\h \\z \\u ']


class DescribeMissingValues:
    def it_finds_nothing_missing_in_the_seed(self) -> None:
        assert missing_in(seed_department()) == []

    def it_marks_and_lists_what_the_form_requires(self) -> None:
        book = seed_book()
        del book.sheets[1].raws["purpose"]
        book.sheets[1].raws["budget"] = "十万"
        book.sheets[1].rows["indicators"][0].raws["basis"] = "　"
        del book.sheets[2].rows["indicators"][8]
        department = departments_of(HEBEI, [book])[0]
        assert [(each.sheet, each.field) for each in missing_in(department)] == [
            ("安可计算机购置", "预算数"),
            ("安可计算机购置", "主要用于"),
            ("安可计算机购置", "数量指标第1行指标值确定依据"),
            ("综合办公经费", "服务对象满意度指标"),
        ]
        first, second = document_tables(Publisher(template(), AS_OF).document(department))[:2]
        assert first[2][2] == first[3][1] == second[1][5] == "【未填】"

    def it_says_that_part_one_is_missing_without_the_lead_unit(self) -> None:
        book = seed_book()
        book.cover.raws["unit_code"] = "657002"
        department = departments_of(HEBEI, [book])[0]
        assert [(each.sheet, each.field) for each in missing_in(department)] == [("部门整体", "主管部门本级没有报送")]
        lines = document_lines(Publisher(template(), AS_OF).document(department))
        assert lines[:4] == ["第一部分", "部门整体绩效目标", "（主管部门本级尚未报送，本部分暂缺。）", "第二部分"]


class DescribeDepartments:
    def it_orders_units_by_code_and_keeps_a_units_own_order_of_projects(self) -> None:
        other = seed_book()
        other.cover.raws.update(unit_code="657010", unit_name="下属单位")
        other.sheets = [sheet for sheet in other.sheets if sheet.sheet == "project"][:1]
        foreign = seed_book()
        foreign.cover.raws.update(unit_code="101001", unit_name="市委办公室本级")
        found = departments_of(HEBEI, [other, seed_book(), foreign])
        assert [(each.code, each.name) for each in found] == [("101", "市委办公室"), ("657", "遵化市房屋征收中心")]
        order = [(found[1].unit(book)[0], record.raws["name"]) for book, record in found[1].projects()]
        assert order == [("657001", "安可计算机购置"), ("657001", "综合办公经费"), ("657010", "安可计算机购置")]

    def it_takes_names_and_leads_from_a_roster(self) -> None:
        (found,) = departments_of(HEBEI, [seed_book()], names={"657": "市征收办"}, leads={"657": "657009"})
        assert (found.name, found.lead) == ("市征收办", None)

    @pytest.mark.parametrize(
        ("raw", "shown"), [(0.005, "0.01"), (2.675, "2.68"), (1234567.5, "1234567.50"), (0.0, "0.00"), (None, "")]
    )
    def it_prints_money_with_two_decimals_half_up(self, raw: float | None, shown: str) -> None:
        book = seed_book()
        book.sheets[1].raws["other"] = raw
        content = Publisher(template(), AS_OF).document(departments_of(HEBEI, [book])[0])
        assert document_tables(content)[0][2][6] == shown
