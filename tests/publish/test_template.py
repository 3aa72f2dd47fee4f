"""An officer's own template: what it may use, what is refused, and how faults are told."""

from __future__ import annotations

import io
from collections.abc import Callable

import docx
import pytest
from docx.oxml.ns import qn
from lxml import html
from made_departments import AS_OF, HEBEI, seed_book, seed_department, template

from perfxl.errors import PerfxlError
from perfxl.publish.blocks import Paragraph, Table, blocks_of_docx
from perfxl.publish.context import context_of, template_fields
from perfxl.publish.department import departments_of
from perfxl.publish.document import Publisher
from perfxl.publish.engine import DocumentTemplate
from perfxl.publish.html import html_of
from perfxl.publish.make_template import make_template


def own(*paragraphs: str | list[str]) -> bytes:
    """A template as an officer writes it; a list is one paragraph split over runs."""
    document = docx.Document()
    for each in paragraphs:
        paragraph = document.add_paragraph()
        for run in [each] if isinstance(each, str) else each:
            paragraph.add_run(run)
    target = io.BytesIO()
    document.save(target)
    return target.getvalue()


def lines(content: bytes) -> list[str]:
    made = Publisher(DocumentTemplate(content, "my.docx"), AS_OF).document(seed_department())
    return [block.text for block in blocks_of_docx(made, "") if isinstance(block, Paragraph) and block.text]


def fault_of(*paragraphs: str | list[str]) -> PerfxlError:
    with pytest.raises(PerfxlError) as caught:
        lines(own(*paragraphs))
    assert caught.value.file == "my.docx"
    return caught.value


class DescribeOwnTemplate:
    def it_fills_tags_loops_and_conditions(self) -> None:
        content = own(
            "{{ department.name }}：{{ projects | length }} 个项目",
            "{%p for project in projects %}",
            "{{ loop.index }} {{ project.name }} {{ project.budget }}{% if project.other %} 另{{ project.other }}{% endif %}",
            "{%p endfor %}",
            "{%p for unit in units %}",
            "{{ unit.unit_code }} {{ unit.projects[0].code }}",
            "{%p endfor %}",
        )
        assert lines(content) == [
            "遵化市房屋征收中心：2 个项目",
            "1 安可计算机购置 0.85",
            "2 综合办公经费 10.00",
            "657001 13028123P00028410002W",
        ]

    def it_reads_tags_that_word_has_split_over_runs(self) -> None:
        assert lines(own(["{", "{ depart", "ment.co", "de }", "}"])) == ["657"]

    def it_takes_the_quotes_that_word_makes_curly(self) -> None:
        assert lines(own("{{ sheets.department.measures | length | default(“无”) }}")) == ["3"]

    def it_fills_a_contents_field_that_was_inserted_in_word(self) -> None:
        document = docx.Document()
        paragraph = document.add_paragraph()
        for kind in ("begin", r'TOC \o "1-1" \h', "separate", "end"):
            mark = docx.oxml.OxmlElement("w:fldChar" if kind.isalpha() else "w:instrText")
            if kind.isalpha():
                mark.set(qn("w:fldCharType"), kind)
            else:
                mark.text = kind
            paragraph.add_run()._r.append(mark)
        document.add_heading("{{ department.name }}", 1)
        document.add_heading("不在目录", 2)
        target = io.BytesIO()
        document.save(target)
        assert [line.strip("\t") for line in lines(target.getvalue())] == ["遵化市房屋征收中心"] * 2 + ["不在目录"]

    def it_can_use_every_field_that_is_listed(self) -> None:
        context = context_of(seed_department())
        project, unit = context["projects"][0], context["units"][0]
        rows = [project.indicators[0], context["sheets"].department.parts[0], context["sheets"].department.measures[0]]
        known = {**context, "project": project, "unit": unit}
        for name, _ in template_fields(HEBEI):
            if " " in name:
                continue
            first, *rest = name.split(".")
            starts = rows if first == "row" else [known[first]]
            assert any(self.reaches(start, rest) for start in starts), name

    def reaches(self, value: object, names: list[str]) -> bool:
        for name in names:
            if not hasattr(value, name):
                return False
            value = getattr(value, name)
        return True

    def it_ships_what_the_maker_makes_of_the_form(self) -> None:
        """In text; how the shipped template looks is for whoever edits it in Word."""
        assert texts_of(template().content) == texts_of(make_template(HEBEI))


def texts_of(content: bytes) -> list[str]:
    return [
        text
        for block in blocks_of_docx(content, "")
        for text in ([block.text] if isinstance(block, Paragraph) else [cell.text for row in block.rows for cell in row.cells])
    ]


class DescribeFaults:
    def it_names_tag_and_paragraph_of_an_unknown_name(self) -> None:
        wrong = "编码 {{ project.kode }}，名称 {{ project.name }}"
        fault = fault_of("正常", "{%p for project in projects %}", wrong, "{%p endfor %}")
        assert (fault.code, fault.values["tag"]) == ("W02", "{{ project.kode }}")
        assert fault.values["paragraph"] == wrong

    def it_names_tag_and_paragraph_of_a_broken_tag(self) -> None:
        fault = fault_of("正常", "前 {{ project. }} 后")
        assert (fault.code, fault.values["tag"], fault.values["paragraph"]) == ("W02", "{{ project. }}", "前 {{ project. }} 后")

    def it_reports_a_loop_that_does_not_end(self) -> None:
        fault = fault_of("{%p for project in projects %}", "{{ project.name }}")
        assert fault.code == "W02"
        assert "for" in str(fault.values["reason"])

    def it_reports_a_failing_calculation(self) -> None:
        fault = fault_of("{{ year / 0 }}")
        assert (fault.code, fault.values["tag"]) == ("W02", "{{ year / 0 }}")

    @pytest.mark.parametrize(
        "tag",
        [
            "{{ ''.__class__.__mro__ }}",
            "{{ projects.__class__ }}",
            "{{ department._values }}",
            "{{ projects[0].__init__.__globals__ }}",
            "{{ 'x' * 100000000 }}",
            "{{ 9 ** 9 }}",
            "{{ projects.append(1) }}",
            "{{ ''.join.__self__ }}",
            "{{ '{0.__class__}'.format(year) }}",
        ],
    )
    def it_refuses_to_reach_pythons_internals(self, tag: str) -> None:
        fault = fault_of("前", tag)
        assert (fault.code, fault.values["tag"]) == ("W03", tag)

    @pytest.mark.parametrize("tag", ["{% include 'x' %}", "{% import 'os' as os %}", "{{ open('x') }}", "{{ range(9) }}"])
    def it_has_no_files_and_no_functions(self, tag: str) -> None:
        assert fault_of(tag).code == "W02"

    def it_reports_tags_that_leave_half_a_table(self) -> None:
        fault = fault_of("{% if year %}", "甲", "{%p endif %}", "{%p if not year %}", "{% endif %}")
        assert fault.code == "W11"

    @pytest.mark.parametrize("content", [b"", b"PK\x03\x04", b"not a document" * 50])
    def it_refuses_what_is_no_document(self, content: bytes) -> None:
        with pytest.raises(PerfxlError) as caught:
            DocumentTemplate(content, "my.docx")
        assert (caught.value.code, caught.value.file) == ("W01", "my.docx")


HOSTILE = [
    "{{ 7*7 }}",
    "{% for x in y %}",
    "{_{ x }_}",
    "<w:p><w:r/></w:p>",
    "]]>",
    "&lt;b&gt; & <script>alert(1)</script>",
    '"><img src=x onerror=alert(1)>',
    "a\u200eb\u200fc",
    "=1+1",
    "🏠𠀀",
]


class DescribeHostileFields:
    @pytest.mark.parametrize("text", HOSTILE)
    def it_prints_as_plain_text_everywhere(self, text: str, everywhere: Callable[[str], None]) -> None:
        everywhere(text)

    @pytest.fixture
    def everywhere(self) -> Callable[[str], None]:
        def check(text: str) -> None:
            book = seed_book()
            book.sheets[0].raws["overall"] = text
            book.sheets[1].raws["goals"] = text
            book.sheets[1].raws["name"] = text
            book.sheets[1].rows["indicators"][0].raws["basis"] = text
            content = Publisher(template(), AS_OF).document(departments_of(HEBEI, [book])[0])
            blocks = blocks_of_docx(content, "")
            paragraphs = [block.text for block in blocks if isinstance(block, Paragraph)]
            cells = [cell.text for block in blocks if isinstance(block, Table) for row in block.rows for cell in row.cells]
            assert text in paragraphs
            assert cells.count(text) == 3
            assert f"1.{text}绩效目标表" in paragraphs
            page = html.fromstring(html_of(blocks, title=text))
            assert [cell.text_content() for cell in page.iter("td")].count(text) == 3
            assert not list(page.iter("script", "img"))

        return check

    def it_drops_control_characters_and_reordering_marks(self) -> None:
        book = seed_book()
        book.sheets[1].raws["goals"] = "甲\x00\x07\x0b\x1f乙\u202e丙\ufffe\ud800丁\r\n戊\t己"
        content = Publisher(template(), AS_OF).document(departments_of(HEBEI, [book])[0])
        table = next(block for block in blocks_of_docx(content, "") if isinstance(block, Table))
        assert table.rows[6].cells[1].text == "甲乙丙丁\n戊\t己"

    def it_prints_thirty_thousand_characters(self) -> None:
        book = seed_book()
        book.sheets[1].raws["goals"] = "长" * 30_000
        content = Publisher(template(), AS_OF).document(departments_of(HEBEI, [book])[0])
        table = next(block for block in blocks_of_docx(content, "") if isinstance(block, Table))
        assert table.rows[6].cells[1].text == "长" * 30_000
