"""Values -> workbook -> reader -> equal values."""

from __future__ import annotations

from pathlib import Path

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from perfxl.check import submission_of
from perfxl.demo import filled_workbook
from perfxl.form import Book, Row, RowKey, SheetRecord
from perfxl.form.book_file import read_book
from perfxl.rules.types import CellError
from perfxl.workbook.layout import plan_of
from perfxl.workbook.read import read_workbook
from perfxl.workbook.write import BuildOptions, build_workbook, live_plan
from tests.check.hebei import AS_OF, FORM, findings
from tests.form.books import filled

SEED = Path(__file__).resolve().parents[2] / "workbooks" / "657001.toml"
PLAN = plan_of(FORM, projects=2)

texts = st.text(
    st.characters(exclude_categories=["Cs"], exclude_characters="\r\ufffe\uffff"), min_size=1, max_size=40
).filter(lambda text: bool(text.strip(" \u00a0\u3000\t\r\n")))
money = st.integers(0, 99_999_999_000_000).map(lambda micro: micro / 1_000_000)
percents = st.integers(0, 10_000).map(lambda share: share / 10_000)
VALUES = {"money": money, "percent": percents}


def cells(sheet: str, group: str) -> st.SearchStrategy[dict[str, object]]:
    fields = {field.name: VALUES.get(field.type_name, texts) for field in FORM.entry_fields(sheet) if field.group == group}
    return st.fixed_dictionaries({}, optional=fields)


@st.composite
def records(draw: st.DrawFn, sheet: str, ordinal: int) -> SheetRecord:
    record = SheetRecord(sheet, ordinal, draw(cells(sheet, "")))  # type: ignore[arg-type]
    for group in FORM.sheets[sheet].groups if sheet in FORM.sheets else ():
        slots = [(block, slot) for (name, block), count in sorted(PLAN.slots.items()) if name == group for slot in range(count)]
        places = sorted(draw(st.sets(st.sampled_from(slots), max_size=6)))
        rows = [Row(block, slot, draw(cells(sheet, group))) for block, slot in places]  # type: ignore[arg-type]
        if any(row.begun for row in rows):
            record.rows[group] = [row for row in rows if row.begun]
    layout = live_plan(FORM, PLAN).layouts[sheet]
    notes = draw(st.dictionaries(st.sampled_from(sorted(layout.explained_rows) or [-1]), texts, max_size=2))
    record.explanations = {layout.keys[row]: text.strip(" \u00a0\u3000\t\r\n") for row, text in notes.items() if row >= 0}
    return record


@st.composite
def books(draw: st.DrawFn) -> Book:
    sheets = [draw(records("department", 1)), draw(records("project", 1)), draw(records("project", 2))]
    return Book(draw(records("cover", 1)), sheets)


def written(book: Book) -> bytes:
    return build_workbook(FORM, PLAN, book, BuildOptions(as_of=AS_OF))


class DescribeRoundTrip:
    @settings(max_examples=25, deadline=None, derandomize=True, suppress_health_check=[HealthCheck.too_slow])
    @given(books())
    def it_gives_back_what_was_written(self, book: Book) -> None:
        reading = read_workbook(written(book), lambda *_: FORM)
        assert filled(reading.book) == filled(book)
        assert reading.faults == []
        assert reading.plan == PLAN

    def it_gives_back_every_field_of_the_seed(self) -> None:
        _, package = filled_workbook(FORM)
        submission = submission_of(package, "657001.xlsx")
        assert submission.book is not None
        assert filled(submission.book) == filled(read_book(FORM, SEED.read_text("utf-8"), "657001.toml"))
        assert [len(record.rows["indicators"]) for record in submission.book.of("project")] == [9, 9]
        assert [(each.rule, each.sheet) for each in submission.findings if not FORM.rules[each.rule].batch_only] == [
            ("R06", "项目01"),
            ("R06", "项目02"),
        ]
        assert submission.errors == 0
        assert submission.open_hints <= 4

    def it_keeps_what_is_no_text_nor_number(self) -> None:
        raws = {"name": True, "budget": CellError("#DIV/0!"), "goals": "=1+1", "purpose": "@SUM(A1)", "code": "-1"}
        book = Book(SheetRecord("cover"), [SheetRecord("project", 1, raws)])  # type: ignore[arg-type]
        (record,) = read_workbook(written(book), lambda *_: FORM).book.projects(FORM)
        assert {name: record.raws[name] for name in raws} == raws

    def it_keeps_an_explanation_at_its_row(self) -> None:
        book = Book(SheetRecord("cover"), [SheetRecord("project", 1, {"budget": 0.0})])
        book.sheets[0].explanations = {RowKey("", 0, 3): "预算已调剂。", RowKey("indicators", 3, 1): "按合同约定。"}
        (record,) = read_workbook(written(book), lambda *_: FORM).book.projects(FORM)
        assert record.explanations == book.sheets[0].explanations

    def it_reads_the_same_after_libreoffice_saved_it(self, resaved: bytes) -> None:
        submission = submission_of(resaved, "657001.xlsx")
        assert submission.book is not None
        assert filled(submission.book) == filled(read_book(FORM, SEED.read_text("utf-8"), "657001.toml"))
        before = submission_of(filled_workbook(FORM)[1], "657001.xlsx").findings
        assert submission.findings == before

    def it_finds_nothing_in_a_book_with_every_slot_filled(self) -> None:
        book = read_book(FORM, SEED.read_text("utf-8"), "657001.toml")
        for record in book.of("project"):
            record.raws["code"] = record.raws["code"]
            record.rows["indicators"] = [
                Row(block, slot, {"indicator": f"指标之{block}{slot}", "description": "完成数", "value": "≤9次", "basis": "文件"})
                for (group, block), count in sorted(plan_of(FORM).slots.items())
                if group == "indicators"
                for slot in range(count)
            ]
        record.rows["indicators"][0].raws["indicator"] = "别名"
        assert [each for each in findings(book) if not FORM.rules[each[0]].batch_only] == []
