"""Published documents come back as the records they were made from; what has no place is listed."""

from __future__ import annotations

import re
import time
from collections.abc import Callable
from dataclasses import replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from made_departments import AS_OF, HEBEI, ROOT, seed_book, template

from perfxl.form.records import Book, Row, SheetRecord
from perfxl.publish.blocks import Block, Cell, Paragraph, Table, TableRow, blocks_of_docx, blocks_of_text
from perfxl.publish.bring_back import Imported, import_blocks
from perfxl.publish.context import NOT_FILLED
from perfxl.publish.department import departments_of
from perfxl.publish.document import Publisher


def document_of(*books: Book) -> list[Block]:
    """The blocks of the document of one department."""
    (department,) = departments_of(HEBEI, books)
    return blocks_of_docx(Publisher(template(), AS_OF).document(department), "made.docx")


def seed_text() -> str:
    return (ROOT / "workbooks" / "seed.txt").read_text("utf-8")


def leftovers(imported: Imported) -> list[tuple[str, str]]:
    return [(each.text, each.reason) for each in imported.unplaced]


class DescribeSeed:
    def it_comes_back_from_its_text(self) -> None:
        imported = import_blocks(HEBEI, blocks_of_text(seed_text()))
        assert imported.unplaced == []
        assert imported.books == [without_contact(seed_book())]

    def it_comes_back_from_its_document(self) -> None:
        imported = import_blocks(HEBEI, document_of(seed_book()))
        assert imported.unplaced == []
        assert imported.books == [seed_book()]

    def it_goes_round_from_text_to_document_and_back(self) -> None:
        first = import_blocks(HEBEI, blocks_of_text(seed_text()))
        assert import_blocks(HEBEI, document_of(*first.books)).books == first.books


def without_contact(book: Book) -> Book:
    return Book(SheetRecord("cover", 1, {name: book.cover.raws[name] for name in ("unit_code", "unit_name")}), book.sheets)


# --- what happens to tables on their way ------------------------------------------------


def on_tables(blocks: list[Block], change: Callable[[Table], list[Table]]) -> list[Block]:
    return [made for block in blocks for made in (change(block) if isinstance(block, Table) else [block])]


def on_rows(blocks: list[Block], change: Callable[[TableRow, list[str]], list[str]]) -> list[Block]:
    """Change the texts of each row's cells, as if no cell were merged; ``above`` is the row before."""

    def changed(table: Table) -> list[Table]:
        rows: list[TableRow] = []
        above: list[str] = []
        for row in table.rows:
            above = change(row, above)
            cells = tuple(Cell(text=text, column=number) for number, text in enumerate(above))
            rows.append(replace(row, cells=cells))
        return [replace(table, rows=tuple(rows))]

    return on_tables(blocks, changed)


def split_after_three(table: Table) -> list[Table]:
    head = [row for row in table.rows if row.header]
    return [Table(rows=table.rows[:3], line=1), Table(rows=(*head, *table.rows[3:]), line=1)]


def one_table_per_row(table: Table) -> list[Table]:
    return [Table(rows=(row,), line=row.line) for row in table.rows]


def without_continued(row: TableRow, above: list[str]) -> list[str]:
    return [cell.text for cell in row.cells if not cell.continued]


def empty_for_merged(row: TableRow, above: list[str]) -> list[str]:
    return [text for cell in row.cells for text in (cell.text, *[""] * (cell.columns - 1))]


def repeated_for_merged(row: TableRow, above: list[str]) -> list[str]:
    return [
        text
        for cell in row.cells
        for text in [above[cell.column] if cell.continued and above else cell.text] * cell.columns
    ]


def with_blanks(row: TableRow, above: list[str]) -> list[str]:
    return [f"　 {cell.text.replace('指标', '指 标') if cell.text in LABELS else cell.text}\u00a0" for cell in row.cells]


LABELS = {"一级指标", "二级指标", "三级指标", "产出指标", "数量指标"}


class DescribeDamagedTables:
    @pytest.mark.parametrize("change", [split_after_three, one_table_per_row])
    def it_joins_tables_that_were_split(self, change: Callable[[Table], list[Table]]) -> None:
        imported = import_blocks(HEBEI, on_tables(document_of(seed_book()), change))
        assert (imported.books, leftovers(imported)) == ([seed_book()], [])

    @pytest.mark.parametrize("change", [without_continued, empty_for_merged, repeated_for_merged, with_blanks])
    def it_reads_tables_that_lost_their_merges(self, change: Callable[[TableRow, list[str]], list[str]]) -> None:
        imported = import_blocks(HEBEI, on_rows(document_of(seed_book()), change))
        assert (imported.books, leftovers(imported)) == ([seed_book()], [])

    def it_reads_one_table_for_fields_and_indicators(self) -> None:
        blocks = document_of(seed_book())
        tables = [block for block in blocks if isinstance(block, Table)]
        joined = [replace(upper, rows=upper.rows + lower.rows) for upper, lower in (tables[:2], tables[2:])]
        others: list[Block] = [block for block in blocks if isinstance(block, Paragraph)]
        texts = [block.text for block in blocks if isinstance(block, Paragraph)]
        for name, table in (("2.综合办公经费绩效目标表", joined[1]), ("1.安可计算机购置绩效目标表", joined[0])):
            others.insert(texts.index(name) + 1, table)
        imported = import_blocks(HEBEI, others)
        assert (imported.books, leftovers(imported)) == ([seed_book()], [])

    def it_tells_projects_apart_that_lost_their_headings(self) -> None:
        blocks: list[Block] = [
            block for block in document_of(seed_book()) if not (isinstance(block, Paragraph) and "绩效目标表" in block.text)
        ]
        imported = import_blocks(HEBEI, blocks)
        assert (imported.books, leftovers(imported)) == ([seed_book()], [])


class DescribeHeadings:
    def it_reads_titles_whose_number_word_had_made(self) -> None:
        blocks: list[Block] = [
            replace(block, text=re.sub(r"^\d\.", "", block.text)) if isinstance(block, Paragraph) else block
            for block in document_of(seed_book())
        ]
        imported = import_blocks(HEBEI, blocks)
        assert (imported.books, leftovers(imported)) == ([seed_book()], [])

    def it_ends_part_one_at_the_first_table_where_part_two_has_no_heading(self) -> None:
        text = seed_text().replace("第二部分\n\n预算项目绩效目标\n", "")
        text = text.replace("3、围绕", "3、按时编制项目绩效目标表\n4、围绕")
        imported = import_blocks(HEBEI, blocks_of_text(text))
        part, *found = imported.books[0].sheets
        assert [row.raws["measure"][:10] for row in part.rows["measures"]][2:] == ["按时编制项目绩效目标", "围绕年度总体绩效目标"]
        assert (found, leftovers(imported)) == (seed_book().sheets[1:], [])


class DescribeSeveralUnits:
    def it_makes_a_book_for_each(self) -> None:
        other = seed_book()
        other.cover.raws.update(unit_code="657010", unit_name="3号下属单位")
        other.sheets = other.sheets[1:]
        imported = import_blocks(HEBEI, document_of(seed_book(), other))
        assert (imported.books, leftovers(imported)) == ([seed_book(), other], [])

    def it_gives_part_one_to_the_lead_unit(self) -> None:
        book = seed_book()
        book.cover.raws["unit_code"] = "657003"
        text = seed_text().replace("657001", "657003")
        imported = import_blocks(HEBEI, blocks_of_text(text))
        assert [(each.cover.raws, [sheet.sheet for sheet in each.sheets]) for each in imported.books] == [
            ({"unit_code": "657001"}, ["department"]),
            ({"unit_code": "657003", "unit_name": "遵化市房屋征收中心本级"}, ["project", "project"]),
        ]


class DescribeLeftovers:
    def it_lists_every_line_that_has_no_place(self) -> None:
        text = "遵化市二〇二三年预算\n" + seed_text()
        text = text.replace("\t满意度指标\n", "\t其他指标\n", 1).replace("\t10.00\n", "\t约10万\n", 1)
        text = text.replace("[bookmark: _Toc_4_4_0000000005]", "经审核无误。\n")
        lines = text.split("\n")
        imported = import_blocks(HEBEI, blocks_of_text(text))
        wrong = ["其他指标", "服务对象满意度指标", "群众满意度", "群众对当年房屋征收满意度", "≥95%", "遵机编字（2019）5号文件"]
        budget = lines.index("\t预算数", lines.index("\t13028123P00028210002H"))
        assert [(each.line, each.text, each.reason) for each in imported.unplaced] == [
            (1, "遵化市二〇二三年预算", "正文之前的文字"),
            (lines.index("\t其他指标") + 1, " | ".join(wrong), "不是本表样的行"),
            (lines.index("经审核无误。") + 1, "经审核无误。", "表格之外的文字"),
            (budget, "约10万", "预算数不是数字，按原文填入"),
        ]
        assert imported.books[0].sheets[2].raws["budget"] == "约10万"

    @settings(max_examples=150, deadline=None)
    @given(st.integers(0, 233), st.sampled_from(["", "\t", "9.", "绩效目标：", "第三部分：", "7、"]))
    def it_drops_no_line(self, at: int, before: str) -> None:
        lines = seed_text().split("\n")
        lines.insert(at, f"{before}任何一句话")
        imported = import_blocks(HEBEI, blocks_of_text("\n".join(lines)))
        assert "任何一句话" in repr(imported)

    def it_takes_exact_money_from_the_text_and_says_when_they_differ(self) -> None:
        text = seed_text().replace("预算数0.85万元", "预算数0.852万元", 1).replace("财政资金10万元", "财政资金9万元", 1)
        imported = import_blocks(HEBEI, blocks_of_text(text))
        first, second = imported.books[0].sheets[1:]
        assert (first.raws["budget"], first.raws["fiscal"], second.raws["fiscal"]) == (0.852, 0.85, 10.0)
        assert leftovers(imported) == [("9", "财政资金在文字中与表中（10.00）不同")]

    def it_is_not_slowed_down_by_blanks_and_dots(self) -> None:
        blanks = "甲" + " " * 30_000 + "乙"
        text = f"{'.' * 30_000}1.\n" + seed_text().replace("做好我市安可应用替代工作。", blanks).replace("安可计算机购置", blanks)
        start = time.perf_counter()
        imported = import_blocks(HEBEI, blocks_of_text(text))
        assert time.perf_counter() - start < 5
        assert (imported.books[0].sheets[1].raws["purpose"], imported.books[0].sheets[1].raws["name"]) == (blanks, blanks)

    def it_finds_nothing_in_something_else(self) -> None:
        imported = import_blocks(HEBEI, blocks_of_text("一封信\n您好。\n\tA\tB\n"))
        assert imported.books == []
        assert [each.text for each in imported.unplaced] == ["一封信", "您好。", "A | B"]


# --- the round trip as a property ------------------------------------------------------

LETTERS = st.characters(categories=("L", "N", "P", "S"))
WORDS = st.text(LETTERS, min_size=1, max_size=12)


def texts(lines: int = 3) -> st.SearchStrategy[str]:
    """Texts with inner blanks and line ends, none outside, no empty line; not the mark that stands for none."""
    spaced = st.lists(WORDS, min_size=1, max_size=3).map(" ".join)
    return st.lists(spaced, min_size=1, max_size=lines).map("\n".join).filter(lambda text: NOT_FILLED not in text)


MONEY = st.integers(0, 10**12).map(lambda micro: micro / 1_000_000)
PERCENT = st.integers(0, 10_000).map(lambda part: part / 10_000)
CODE = st.from_regex(r"[0-9]{8}[A-Z][0-9]{11}[0-9A-Z]", fullmatch=True)


@st.composite
def projects(draw: st.DrawFn, ordinal: int) -> SheetRecord:
    raws = {
        "code": draw(CODE),
        "name": draw(texts(1)),
        "budget": draw(MONEY),
        "purpose": draw(texts()),
        "goals": draw(texts()),
        **{name: draw(PERCENT) for name in ("plan_mar", "plan_jun", "plan_oct", "plan_dec")},
    }
    for name in ("fiscal", "other"):
        money = draw(st.none() | MONEY)
        if money is not None:
            raws[name] = money
    rows = [
        Row(block, slot, {name: draw(texts(2)) for name in ("indicator", "description", "value", "basis")})
        for block in range(9)
        for slot in range(draw(st.integers(1, 2)))
    ]
    return SheetRecord("project", ordinal, raws, {"indicators": rows})


@st.composite
def lead_books(draw: st.DrawFn) -> Book:
    part = SheetRecord("department", 1, {"overall": draw(texts())})
    names = ("part_name", "part_goal", "part_indicator")
    part.rows["parts"] = [Row(0, slot, {name: draw(texts(2)) for name in names}) for slot in range(draw(st.integers(1, 3)))]
    part.rows["measures"] = [Row(0, slot, {"measure": draw(texts(2))}) for slot in range(draw(st.integers(1, 3)))]
    found = [draw(projects(number + 1)) for number in range(draw(st.integers(1, 2)))]
    cover = SheetRecord("cover", 1, {"unit_code": "657001", "unit_name": draw(texts(1))})
    book = Book(cover, [part, *found])
    for number, record in enumerate(found):
        record.ordinal = number + 1
    return book


class DescribeRoundTrip:
    @settings(max_examples=60, deadline=None)
    @given(lead_books())
    def it_brings_generated_records_back(self, book: Book) -> None:
        codes = [record.raws["code"] for record in book.of("project")]
        if len(set(codes)) < len(codes):
            return
        imported = import_blocks(HEBEI, document_of(book))
        assert leftovers(imported) == []
        assert imported.books == [book]
