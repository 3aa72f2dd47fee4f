"""The quick reader gives exactly what the careful one gives, or leaves the part to it."""

from __future__ import annotations

import io
import re
import zipfile

import openpyxl
import pytest
import python_calamine
import xlsxwriter
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from perfxl.demo import filled_workbook
from perfxl.rules.types import CellError, Raw
from perfxl.workbook import strings
from perfxl.workbook.archive import Refusal
from perfxl.workbook.bounded_xml import Budget
from perfxl.workbook.cells import SheetCells, place_of, read_carefully
from perfxl.workbook.container import Container
from perfxl.workbook.frames import frame_of
from perfxl.workbook.plain_cells import read_plainly
from perfxl.workbook.sheets import Sheets
from perfxl.workbook.strings import Strings, read_strings
from tests.benchmarks.read import excel_like
from tests.check.hebei import FORM
from tests.workbook.parts import parts, sheet_parts
from tests.workbook.uncompiled import without_what_is_compiled

SEED = filled_workbook(FORM)[1]
TEXTS = [f"文字{number}" for number in range(500)]
MANY = settings(max_examples=300, deadline=None, derandomize=True, suppress_health_check=[HealthCheck.too_slow])


def quickly(content: bytes) -> SheetCells | None:
    frame = frame_of(content)
    if frame is None:
        return None
    found = read_plainly(content, frame, Strings(TEXTS), Budget(10**8))
    with without_what_is_compiled():
        again = read_plainly(content, frame, Strings(TEXTS), Budget(10**8))
    assert found == again
    assert found is None or again is None or list(found.formulas or ()) == list(again.formulas or ())
    return found


def texts_quickly(content: bytes) -> list[str] | None:
    found = strings._plainly(content)
    with without_what_is_compiled():
        assert strings._plainly(content) == found
    return found


def carefully(content: bytes) -> SheetCells | str:
    try:
        return read_carefully(content, TEXTS, "sheet", Budget(10**8))
    except Refusal as refusal:
        return refusal.code


def sheet(rows: str, head: str = "", tail: str = "") -> bytes:
    space = "http://schemas.openxmlformats.org/spreadsheetml/2006/main"
    return f'<worksheet xmlns="{space}">{head}<sheetData>{rows}</sheetData>{tail}</worksheet>'.encode()


def _samples() -> list[bytes]:
    found = []
    for book in (SEED, excel_like(SEED)):
        content = parts(book)
        found += [content[name] for title, name in sheet_parts(book).items() if title in ("封面", "项目01", "_perfxl")]
    target = io.BytesIO()
    openpyxl.load_workbook(io.BytesIO(SEED)).save(target)
    found.append(parts(target.getvalue())["xl/worksheets/sheet3.xml"])
    return found


SAMPLES = _samples()
PIECES = [
    b"<", b">", b"&", b"&lt;", b"&#65;", b"&#0;", b"&#x1F600;", b"&bad;", b"]]>", b'"', b" ", b"/", b"\r", b"\x01", b"\xff",
    b"\xef\xbf\xbe", b"<v>", b"</v>", b"</c>", b"</row>", b"<row>", b'<row r="9"/>', b"<c>", b'<c r="A1"/>', b"<v/>", b"<f>",
    b"</f>", b"<f/>", b"<!-- -->", b"<?x y?>", b"<![CDATA[1]]>", b"<!DOCTYPE x>", b' t="s"', b' t="str"', b' t="b"', b' t="e"',
    b' t="d"', b' t="inlineStr"', b"<is><t>x</t></is>", b"1", b"-1", b"1e9", b"NaN", b"_x0041_", b"<sheetData>", b"</sheetData>",
    b"<sheetData/>", b"x:", b' s="1"', b' s="1" s="1"', b' r="A1"', b' r="ZZZZ1"', "．".encode(), "１".encode(), b"<t>", b"<rPh>",
]  # fmt: skip


@st.composite
def mutants(draw: st.DrawFn) -> bytes:
    """A real sheet with a few pieces put in, left out or moved, mostly at the ends of tags."""
    content = draw(st.sampled_from(SAMPLES))
    for _ in range(draw(st.integers(1, 3))):
        places = [match.start() for match in re.finditer(rb"[<>\" ]", content)]
        at = draw(st.sampled_from(places)) + draw(st.integers(0, 1))
        piece = draw(st.sampled_from(PIECES) | st.just(b""))
        cut = draw(st.sampled_from([0, 0, 0, 1, 2, 4, 5, 6, 40]))
        content = content[:at] + piece + content[at + cut :]
    return content


WRITTEN = [
    "0", "7", "12", "499", "500", "007", "-5", "-0", "+3", "0.25", ".5", "5.", "1E-3", "1e400", "-1e400", "inf", "nan", "1_000",
    "0x10", " 6 ", "6\n", "\t6", "６", "1\x0b", "", ".", "..", ".......", "..E", "通过", "a&amp;b", "&#49;", "&#x4e00;",
    "&#48;_x0041_", "_x0041_", "&#95;x0041_", "&bad;", "&#0;", "a&", "]]>", "true", "false", "#N/A", "2023-01-01", "\ufffe", "\r",
    "<!-- -->5", "5<!-- -->", "<![CDATA[5]]>", "<?x?>5",
]  # fmt: skip
KINDS = ["", "", "", ' t="s"', ' t="s"', ' t="n"', ' t="str"', ' t="b"', ' t="e"', ' t="d"', ' t="inlineStr"', ' t="x"', " t='s'"]
FORMULAS = ["", "", "", "<f>B1</f>", "<f/>", '<f t="shared" si="0"/>', '<f a="1" a="2">B1</f>', "<f>&gt;</f>", "<f>a<b/></f>"]
SHELLS = [
    "<v>{}</v>", "<v>{}</v>", "<v>{}</v>", "<v>{}</v>", "<is><t>{}</t></is>", '<is><t xml:space="preserve">{}</t></is>',
    "<v/>", "", "<v >{}</v>", "<x:v>{}</x:v>", "<v>{}</v> ", " <v>{}</v>", "<v>{}</v><v>1</v>", "<v>{}</t></is>",
    "<is><t>{}</v>", "<is><r><t>{}</t></r></is>", "<t>{}</t>",
]  # fmt: skip


@st.composite
def spelled(draw: st.DrawFn) -> str:
    """A cell spelled in any way; few addresses, so that one stands there twice now and then."""
    place = draw(st.sampled_from([f' r="{column}{row}"' for column in "ABCDEF" for row in range(1, 9)] * 4 + ["", ' r="a1"']))
    look = draw(st.sampled_from(["", ' s="2"', ' s="2"', ' s="x"', ' cm="1"']))
    begun = f"<c{place}{look}{draw(st.sampled_from(KINDS))}"
    if not draw(st.integers(0, 5)):
        return begun + "/>"
    value = draw(st.sampled_from(SHELLS)).format(draw(st.sampled_from(WRITTEN)))
    return f"{begun}>{draw(st.sampled_from(FORMULAS))}{value}</c>"


USUAL = [
    '<c r="{}" s="9" t="s"><v>12</v></c>', '<c r="{}"><v>6.16</v></c>', '<c r="{}" s="2"/>',
    '<c r="{}" t="str"><f>B1</f><v></v></c>', '<c r="{}" t="str"><f>B1</f><v>通过</v></c>',
    '<c r="{}"><f>B1</f><v>0</v></c>', '<c r="{}" t="n"><f>B1</f></c>',
    '<c r="{}" t="inlineStr"><is><t>文</t></is></c>', '<c r="{}" t="str"><f>B1</f><v>...E</v></c>',
    '<c r="{}" t="b"><v>1</v></c>',
]  # fmt: skip


@st.composite
def spelled_rows(draw: st.DrawFn) -> str:
    """Rows of usual cells, a few spelled in any way among them."""
    usual = draw(st.lists(st.sampled_from(USUAL), max_size=12))
    cells = [cell.format(f"{chr(65 + number)}10") for number, cell in enumerate(usual)]
    for odd in draw(st.lists(spelled(), max_size=3)):
        cells.insert(draw(st.integers(0, len(cells))), odd)
    cuts = sorted(draw(st.lists(st.integers(0, len(cells)), max_size=3)))
    rows = [cells[begin:end] for begin, end in zip([0, *cuts], [*cuts, len(cells)], strict=True)]
    return "".join(f'<row r="{number}">{"".join(row)}</row>' for number, row in enumerate(rows, 1))


class DescribeTheQuickReader:
    @given(spelled_rows())
    @settings(MANY, max_examples=800)
    def it_agrees_with_the_careful_reader_on_any_spelling_of_cells(self, rows: str) -> None:
        content = sheet(rows)
        found = quickly(content)
        assert found is None or found == carefully(content)

    @given(st.lists(st.sampled_from(USUAL), max_size=20))
    def it_reads_usual_cells_itself(self, cells: list[str]) -> None:
        content = sheet(f'<row r="1">{"".join(cell.format(f"{chr(65 + n)}1") for n, cell in enumerate(cells))}</row>')
        assert quickly(content) == carefully(content)

    def it_reads_what_perfxl_excel_and_openpyxl_write(self) -> None:
        assert [quickly(content) is not None for content in SAMPLES] == [True] * len(SAMPLES)
        assert [quickly(content) for content in SAMPLES] == [carefully(content) for content in SAMPLES]

    @given(mutants())
    @MANY
    def it_agrees_with_the_careful_reader_on_any_damage(self, content: bytes) -> None:
        found = quickly(content)
        assert found is None or found == carefully(content)

    @pytest.mark.long
    @given(mutants())
    @settings(MANY, max_examples=20_000, derandomize=False)
    def it_agrees_with_the_careful_reader_on_twenty_thousand_damages(self, content: bytes) -> None:
        found = quickly(content)
        assert found is None or found == carefully(content)

    @pytest.mark.parametrize(
        "rows",
        [
            '<row r="1"><c r="A1"><v>1</v></c><c r="A1"><v>2</v></c></row>',
            '<row r="1"><c r="A1" t="s"><v>1</v></c><c r="A1" t="s"><v>2</v></c></row>',
            '<row r="1"><c r="A1"><v>1</v></c><c r="A1"><f>B1</f><v>2</v></c></row>',
            '<row r="1"><c r="A1"><f>B1</f><v>2</v></c><c r="A1" t="s"><v>1</v></c></row>',
            '<row r="1"><c r="A1" t="inlineStr"><v>1</v></c></row>',
            '<row r="1"><c r="A1"><is><t>1</t></is></c></row>',
            '<row r="1"><c r="A1" t="s"><is><t>1</t></is></c></row>',
            '<row r="1"><c r="A1"><v>1\x0b</v></c></row>',
            '<row r="1"><c r="A1"><v>&bad;</v></c></row>',
            '<row r="1"><c r="A1" s="1"/><v>1</v></c></row>',
            '<row r="1"><v>1</v></c></row>',
            '<row r="1"><c r="A1"><v>1</v></c></row><c r="A2"',
            '<row r="1"><c r="A1" t="s"><v>500</v></c></row>',
            '<row r="1"><c r="A1" t="s"><v>007</v></c></row>',
            '<row r="1"><c r="A1" t="s"><f>B1</f><v>1</v></c></row>',
            '<row r="1"><c r="A1" t="d"><v>2023-01-01</v></c></row>',
            '<row r="1"><c t="s"><v>1</v></c></row>',
            '<row r="1"><c r="a1"><v>1</v></c></row>',
            '<row r="1"><c r="A1"><v>1</v></c>',
            '<c r="A1"><v>1</v></c>',
            '<row r="1"><row r="2"><c r="A1"><v>1</v></c></row></row>',
            '<row r="1" r="1"><c r="A1"><v>1</v></c></row>',
            '<row r="1"><c r="A1"><f a="1" a="1">x</f><v>1</v></c></row>',
            '<row r="1"><c r="A1" t="str"><v>' + "字" * 32768 + "</v></c></row>",
            '<row r="1"><!-- <c r="A1"><v>1</v></c> --></row>',
        ],
    )
    def it_leaves_alone_what_is_not_plain(self, rows: str) -> None:
        assert quickly(sheet(rows)) is None

    @pytest.mark.parametrize(
        ("rows", "values", "results"),
        [
            ("", {}, {}),
            ('<row r="1"/>', {}, {}),
            ('<row r="1"><c r="B2" s="3"/></row>', {}, {}),
            ('<row r="1"><c r="B2" s="3" t="n"></c></row>', {}, {}),
            ('<row r="1"><c r="A1"><v>1</v></c></row>', {"A1": 1.0}, {}),
            ('<row r="1"><c r="A1" s="2" t="n"><v>1e3</v></c></row>', {"A1": 1000.0}, {}),
            ('<row r="1"><c r="A1"><v>1e999</v></c></row>', {"A1": CellError("#NUM!")}, {}),
            ('<row r="1"><c r="A1"><v>一</v></c></row>', {"A1": CellError("#VALUE!")}, {}),
            ('<row r="1"><c r="A1"><v></v></c></row>', {}, {}),
            ('<row r="1"><c r="A1" t="b"><v>1</v></c></row>', {"A1": True}, {}),
            ('<row r="1"><c r="A1" t="e"><v>#N/A</v></c></row>', {"A1": CellError("#N/A")}, {}),
            ('<row r="1"><c r="A1" t="s"><v>7</v></c></row><row r="2"/>', {"A1": "文字7"}, {}),
            ('<row r="1"><c r="A1" t="inlineStr"><is><t>&lt;_x0041_</t></is></c></row>', {"A1": "<A"}, {}),
            ('<row r="1"><c r="A1"><v>-0</v></c><c r="B1"><v> 6 </v></c></row>', {"A1": 0.0, "B1": 6.0}, {}),
            ('<row r="1"><c r="A1"><v>1_000</v></c></row>', {"A1": CellError("#VALUE!")}, {}),
            ('<row r="1"><c r="A1"><v>-inf</v></c></row>', {"A1": CellError("#NUM!")}, {}),
            ('<row r="1"><c r="A1"><v>.5</v></c><c r="B1" t="s"><v>7</v></c></row>', {"A1": 0.5, "B1": "文字7"}, {}),
            ('<row r="1"><c r="A1"><f>B1</f></c></row>', {}, {"A1": None}),
            ('<row r="1"><c r="A1"><f>B1</f><v>2.5</v></c></row>', {}, {"A1": 2.5}),
            ('<row r="1"><c r="B1" t="e"><f>1/0</f><v>#DIV/0!</v></c></row>', {}, {"B1": CellError("#DIV/0!")}),
            ('<row r="9"><c r="C9"><v>3</v></c></row><row r="2"/>', {"C9": 3.0}, {}),
            ('<row r="1"><c r="A1" t="b"><f>B1</f><v>0</v></c></row>', {}, {"A1": False}),
            ('<row r="1"><c r="A1" t="str"><f>B1</f><v>&#x4e00;&#20108;</v></c></row>', {}, {"A1": "一二"}),
            ('<row r="1"><c r="A1"><f>B1</f><v/></c></row>', {}, {"A1": None}),
            ('<row r="1"><c r="A1" t="str"><f>B1&amp;C1</f><v>a&amp;b</v></c></row>', {}, {"A1": "a&b"}),
            ('<row r="1"><c r="A1" t="str"><f t="shared" si="0"/><v></v></c></row>', {}, {"A1": ""}),
        ],
    )
    def it_reads_plain_cells(self, rows: str, values: dict[str, Raw], results: dict[str, Raw]) -> None:
        assert quickly(sheet(rows)) == SheetCells(values, results) == carefully(sheet(rows))

    @pytest.mark.parametrize(
        "content",
        [
            sheet("", head="<!-- <sheetData> -->"),
            sheet("", tail="<x:c/>"),
            sheet("").replace(b"worksheet", b"t"),
            sheet("", head="<row>", tail="</row>"),
            b"<!DOCTYPE x>" + sheet(""),
            b'<?xml version="1.0" encoding="iso-8859-1"?>' + sheet(""),
            b'<?xml version="1.0" encoding="UTF-81"?>' + sheet(""),
            sheet("", tail="<a b='1' b='2'/>"),
            sheet("", tail="<sheetData></sheetData>"),
        ],
    )
    def it_verifies_what_surrounds_the_rows(self, content: bytes) -> None:
        assert quickly(content) is None

    def it_tells_which_layers_are_there(self) -> None:
        found = quickly(sheet("", tail="<sheetProtection/><dataValidation x='1'/>"))
        assert found is not None
        assert (found.protected, found.validated, found.coloured) == (True, True, False)


texts = st.text(st.characters(exclude_categories=["Cs", "Cc"], exclude_characters="\ufffe\uffff"), max_size=12)
ITEMS = st.lists(
    st.builds("<si><t>{}</t></si>".format, st.sampled_from(["a", "&amp;", "文", "&#13;", "_x0041_", " ", "&bad;", "\x0b"]))
    | st.sampled_from(
        [
            '<si><t xml:space="preserve"> a</t></si>',
            "<si><t/></si>",
            "<si/>",
            "<si><r><rPr><b/><sz val='1'/></rPr><t>x</t></r></si>",
            '<si><r><rPr><sz val="9"/><rFont val="黑体"/></rPr><t>甲</t></r><r><t xml:space="preserve">乙 </t></r></si>',
            "<si><t>x</t><rPh><t>y</t></rPh></si>",
            "<si><t>x</si>",
            "<si><t>a<b/>c</t></si>",
            "<!-- -->",
        ]
    ),
    max_size=8,
)


class DescribeSharedStrings:
    @MANY
    @given(
        ITEMS,
        st.sampled_from(["", " count='9'", ' count="9" uniqueCount="8"']),
        st.sampled_from(["</sst>", "</sst>\n", "", "x</sst>"]),
    )
    def it_cuts_a_plain_table_as_the_careful_reader_does(self, items: list[str], counts: str, end: str) -> None:
        space = "http://schemas.openxmlformats.org/spreadsheetml/2006/main"
        content = f'<sst xmlns="{space}"{counts}>{"".join(items)}{end}'.encode()
        quick = texts_quickly(content)
        try:
            careful: object = strings._carefully(content, "strings", Budget(10**8))
        except Refusal as refusal:
            careful = refusal.code
        assert quick is None or quick == careful

    @MANY
    @given(
        ITEMS,
        st.lists(st.builds("<si><t>{}</t></si>".format, st.sampled_from("甲乙丙_&")), max_size=3),
        st.sampled_from(["</sst>", "</sst>\n", "", "x</sst>"]),
    )
    def it_reads_a_table_that_begins_like_others_to_the_same_texts(self, items: list[str], more: list[str], end: str) -> None:
        head = '<sst xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main">'
        begun = head + "".join(f"<si><t>共有{number}</t></si>" for number in range(60))
        for content in (begun + "</sst>", f"{begun}{''.join(more)}</sst>", f"{begun}{''.join(more)}{''.join(items)}{end}"):
            quick = texts_quickly(content.encode())
            try:
                careful: object = strings._carefully(content.encode(), "strings", Budget(10**8))
            except Refusal as refusal:
                careful = refusal.code
            assert quick is None or quick == careful
        assert any(content.startswith(known.written.decode(), len(head)) for known in strings._BEGUN)

    def it_cuts_what_perfxl_writes(self) -> None:
        content = parts(SEED)["xl/sharedStrings.xml"]
        assert texts_quickly(content) == strings._carefully(content, "strings", Budget(10**8))

    def it_refuses_a_text_that_no_cell_can_hold(self) -> None:
        content = f"<sst><si><t>{'字' * 32_768}</t></si></sst>".encode()
        with pytest.raises(Refusal):
            read_strings(content, "strings", Budget(10**8))


values = (
    st.floats(allow_nan=False, allow_infinity=False, width=32)
    | st.booleans()
    | texts.filter(lambda text: not re.search("_x[0-9A-Fa-f]{4}_", text))
)


class DescribeOracles:
    @settings(MANY, max_examples=25)
    @given(st.dictionaries(st.tuples(st.integers(0, 30), st.integers(0, 30)), values, min_size=1, max_size=30))
    def it_reads_the_values_that_openpyxl_and_calamine_read(self, written: dict[tuple[int, int], float | bool | str]) -> None:
        target = io.BytesIO()
        book = xlsxwriter.Workbook(target, {"in_memory": True, "strings_to_formulas": False, "strings_to_urls": False})
        page = book.add_worksheet("一")
        for place, value in written.items():
            write = page.write_string if isinstance(value, str) else page.write
            write(*place, value)
        book.close()
        read = Sheets(Container(target.getvalue())).cells("一").values
        ours = {place_of(address): value for address, value in read.items() if value != ""}
        loaded = openpyxl.load_workbook(target).worksheets[0]
        theirs = {(cell.row - 1, cell.column - 1): cell.value for row in loaded.iter_rows() for cell in row}
        assert ours == {place: value for place, value in theirs.items() if value not in (None, "")}
        rust = python_calamine.CalamineWorkbook.from_filelike(io.BytesIO(target.getvalue())).get_sheet_by_index(0)
        top, left = rust.start or (0, 0)
        table = enumerate(rust.to_python(skip_empty_area=True), top)
        seen = {(row, column): value for row, line in table for column, value in enumerate(line, left)}
        assert ours == {place: value for place, value in seen.items() if value != ""}

    def it_reads_a_stored_archive_with_a_comment(self) -> None:
        target = io.BytesIO()
        with zipfile.ZipFile(target, "w", zipfile.ZIP_STORED) as archive:
            for name, content in parts(SEED).items():
                archive.writestr(name, content)
            archive.comment = b"saved by something"
        again, once = Sheets(Container(target.getvalue())), Sheets(Container(SEED))
        assert again.cells("项目01") == once.cells("项目01")
