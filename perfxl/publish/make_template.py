"""Make the Word template of a form: ``python -m perfxl.publish.make_template hebei-2023``.

The result is meant to be edited in Word afterwards; this makes a good start for
any form, from its own pictures (see :mod:`perfxl.publish.outline`).
"""

from __future__ import annotations

import io
import sys
from datetime import UTC, datetime
from typing import Any

from docx import Document
from docx.document import Document as DocumentType
from docx.enum.section import WD_SECTION
from docx.enum.table import WD_TABLE_ALIGNMENT
from docx.enum.text import WD_BREAK
from docx.oxml import OxmlElement
from docx.oxml.ns import qn
from docx.table import Table
from docx.text.paragraph import Paragraph

from ..form.library import find_form, templates_folder
from ..form.model import Form, Mark, Sheet
from .docx_package import fixed_package
from .outline import PROJECTS_TITLE, STYLE_IDS, Outline, Part, Section, TablePlan, grid_cells, outline_of
from .template_styles import TEXT_WIDTH, set_up_page, set_up_styles

__all__ = ["make_template"]

_MADE = datetime(2023, 1, 1, tzinfo=UTC)
_NUMERALS = "一二三四五六七八九十"
_NOTICE = "（主管部门本级尚未报送，本部分暂缺。）"


def make_template(form: Form) -> bytes:
    """The .docx template of a form, as bytes; the same form gives the same bytes."""
    document = Document()
    set_up_styles(document)
    maker = _Maker(document, form)
    maker.cover()
    maker.contents()
    for number, part in enumerate(maker.outline.parts):
        maker.part(number, part)
    maker.projects(len(maker.outline.parts))
    set_up_page(document)
    maker.footers()
    _settle(document)
    _drop_leftovers(document)
    target = io.BytesIO()
    document.save(target)
    return fixed_package(target.getvalue())


def _settle(document: DocumentType) -> None:
    properties = document.core_properties
    properties.title = "{{ department.name }}{{ year }}年{{ title }}"
    properties.subject = "{{ year }}年{{ title }}"
    properties.author = "{{ department.name }}"
    properties.last_modified_by = properties.comments = properties.keywords = ""
    properties.language = "zh-CN"
    properties.created = properties.modified = _MADE
    properties.revision = 1


def _drop_leftovers(document: DocumentType) -> None:
    """Parts of python-docx's own start document that repeat its styles or show its picture."""
    for rels in (document.part.rels, document.part.package.rels):
        for key, each in list(rels.items()):
            if each.reltype.rpartition("/")[2] in ("stylesWithEffects", "customXml", "thumbnail"):
                del rels[key]


class _Maker:
    def __init__(self, document: DocumentType, form: Form) -> None:
        self.document = document
        self.form = form
        self.outline: Outline = outline_of(form)

    def say(self, text: str, style: str) -> Paragraph:
        paragraph: Paragraph = self.document.add_paragraph(text)
        name = {"body": "Body Text"}.get(style, STYLE_IDS.get(style, style))
        paragraph.style = self.document.styles[name]
        return paragraph

    def tag(self, text: str) -> None:
        """A paragraph that holds one tag and vanishes."""
        self.say(text, "Normal")

    def cover(self) -> None:
        first = self.say("{{ department.name }}", "cover")
        first.paragraph_format.space_before = 2_400_000
        self.say("{{ year }}年{{ title }}", "cover")
        self.say("（主管部门编码 {{ department.code }}）", "cover_small").add_run().add_break(WD_BREAK.PAGE)

    def contents(self) -> None:
        """A TOC field (ECMA-376 17.16.5.68); its entries are filled in when a document is made."""
        self.say("目录", "contents")
        paragraph = self.say("", "toc 1")
        instruction = r' TOC \o "1-2" \h \z \u '
        _field_runs(paragraph, instruction, "（在 Word 中按 F9 更新目录）")
        section = self.document.add_section(WD_SECTION.NEW_PAGE)
        numbering = OxmlElement("w:pgNumType")
        numbering.set(qn("w:start"), "1")
        _insert_before(section._sectPr, numbering, ("cols", "docGrid"))

    def footers(self) -> None:
        """— 1 — in the text; the cover and contents have no number."""
        section = self.document.sections[-1]
        section.footer.is_linked_to_previous = False
        paragraph = section.footer.paragraphs[0]
        paragraph.style = self.document.styles["footer"]
        paragraph.alignment = 1
        paragraph.add_run("— ")
        _field_runs(paragraph, " PAGE ", "1")
        paragraph.add_run(" —")

    # --- parts in running text ------------------------------------------------------

    def part(self, number: int, part: Part) -> None:
        label = self.say(f"第{_NUMERALS[number]}部分", "part")
        if number:
            label.paragraph_format.page_break_before = True
        label.paragraph_format.keep_with_next = True
        self.say(part.title, "Heading 1")
        self.tag(f"{{%p if sheets.{part.sheet} %}}")
        for section in part.sections:
            self.section(f"sheets.{part.sheet}", section)
        self.tag("{%p else %}")
        self.say(_NOTICE, "notice")
        self.tag("{%p endif %}")

    def section(self, sheet: str, section: Section) -> None:
        if section.heading:
            self.say(section.heading, "Heading 2")
        if section.group:
            self.group(sheet, section.group)
        elif section.label:
            self.say(f"{section.label}：{{{{ {sheet}.{section.field} }}}}", "body")
        else:
            self.tag(f"{{%p for line in {sheet}.{section.field} | lines %}}")
            self.say("{{ line }}", "body")
            self.tag("{%p endfor %}")

    def group(self, sheet: str, name: str) -> None:
        fields = self.form.groups[name].fields
        self.tag(f"{{%p for row in {sheet}.{name} %}}")
        if len(fields) == 1:
            self.say(f"{{{{ loop.index }}}}、{{{{ row.{fields[0]} }}}}", "body")
        else:
            self.say(f"{{{{ row.{fields[0]} }}}}", "Heading 3")
            for field in fields[1:]:
                self.say(f"{self.form.fields[field].label}：{{{{ row.{field} }}}}", "body")
        self.tag("{%p endfor %}")

    # --- projects in tables ---------------------------------------------------------

    def projects(self, number: int) -> None:
        label = self.say(f"第{_NUMERALS[number]}部分", "part")
        label.paragraph_format.page_break_before = number > 0
        label.paragraph_format.keep_with_next = True
        self.say(PROJECTS_TITLE, "Heading 1")
        self.tag("{%p for project in projects %}")
        self.tag("{%p if loop.first %}")
        self.heading()
        self.tag("{%p else %}")
        self.heading().paragraph_format.page_break_before = True
        self.tag("{%p endif %}")
        for plan in self.outline.tables:
            self.table(plan)
            self.say("", "gap")
        self.tag("{%p endfor %}")

    def heading(self) -> Paragraph:
        return self.say(f"{{{{ loop.index }}}}.{{{{ project.{self.outline.title} }}}}", "Heading 2")

    def table(self, plan: TablePlan) -> None:
        sheet = self.form.project_sheet
        columns = sheet.grid.columns
        made = self.document.add_table(0, columns)
        made.alignment = WD_TABLE_ALIGNMENT.CENTER
        _table_look(made, sheet)
        for number, row in enumerate(plan.rows):
            _Row(self.document, made, sheet, self.form).fill(
                row, plan.rows, plain=number < plan.plain, header=number < plan.header, keep=not plan.group
            )
        if plan.group:
            _tag_row(made, f"{{%tr for row in project.{plan.group} %}}")
            _Row(self.document, made, sheet, self.form).fill(self.form.groups[plan.group].row, (), group=True)
            _tag_row(made, "{%tr endfor %}")


class _Row:
    """One row of a table, from a grid row."""

    def __init__(self, document: DocumentType, table: Table, sheet: Sheet, form: Form) -> None:
        self.style = document.styles[STYLE_IDS["cell"]]
        self.table: Any = table  # python-docx leaves add_row untyped
        self.sheet = sheet
        self.form = form

    def fill(
        self,
        row: int,
        together: tuple[int, ...],
        *,
        plain: bool = False,
        header: bool = False,
        group: bool = False,
        keep: bool = False,
    ) -> None:
        line = self.table.add_row()
        properties = line._tr.get_or_add_trPr()
        properties.append(OxmlElement("w:cantSplit"))
        if header:
            properties.append(OxmlElement("w:tblHeader"))
        for cell in list(line._tr.tc_lst):
            line._tr.remove(cell)
        for cell in grid_cells(self.sheet, row):
            continued = cell.row < row and cell.row in together
            merged = cell.rows > 1 and not group
            label = cell.mark is Mark.LABEL
            align = self.align(cell.text, cell.mark, last=cell.column > 0)
            if plain:
                align = "right" if cell.column else "left"
            made = _cell(self.sheet, cell.column, cell.columns, merged=(merged, continued), plain=plain, shaded=header)
            paragraph = OxmlElement("w:p")
            made.append(paragraph)
            line._tr.append(made)
            text = Paragraph(paragraph, line)
            text.style = self.style
            text.alignment = {"left": 0, "center": 1, "right": 2}[align]  # type: ignore[assignment]
            text.paragraph_format.keep_with_next = keep or header or None
            if not continued:
                run = text.add_run(cell.text if label else self.expression(cell.text, cell.mark, group))
                run.bold = True if header else None

    def align(self, name: str, mark: Mark, *, last: bool) -> str:
        if mark is not Mark.FIELD:
            return "center"
        field = self.form.fields[name]
        return field.align or ("left" if field.type_name in ("long", "computed") else "center")

    def expression(self, name: str, mark: Mark, group: bool) -> str:
        if mark is Mark.ORDINAL:
            return "{{ loop.index }}"
        if mark in (Mark.LEVEL1, Mark.LEVEL2):
            level = mark.value
            return f"{{% vm row.starts_{level} %}}{{{{ row.{level} }}}}"
        return f"{{{{ {'row' if group else 'project'}.{name} }}}}"


def _tag_row(table: Any, tag: str) -> None:
    line = table.add_row()
    line.cells[0].text = tag
    for cell in list(line._tr.tc_lst)[1:]:
        line._tr.remove(cell)
    span = OxmlElement("w:gridSpan")
    span.set(qn("w:val"), str(len(table.columns)))
    _insert_before(line.cells[0]._tc.get_or_add_tcPr(), span, ())


def _widths(sheet: Sheet) -> list[int]:
    """Column widths in twentieths of a point (ECMA-376 17.18.87), filling the page."""
    total = sum(sheet.widths)
    return [round(TEXT_WIDTH.twips * width / total) for width in sheet.widths]


def _table_look(table: Table, sheet: Sheet) -> None:
    table.autofit = False
    properties = table._tbl.tblPr
    for name in ("tblStyle", "tblW", "tblLook"):
        found = properties.find(qn(f"w:{name}"))
        if found is not None:
            properties.remove(found)
    widths = _widths(sheet)
    width = OxmlElement("w:tblW")
    width.set(qn("w:w"), str(sum(widths)))
    width.set(qn("w:type"), "dxa")
    properties.insert(0, width)
    margins = OxmlElement("w:tblCellMar")
    for side in ("left", "right"):
        edge = OxmlElement(f"w:{side}")
        edge.set(qn("w:w"), "70")
        edge.set(qn("w:type"), "dxa")
        margins.append(edge)
    properties.append(margins)
    for column, each in zip(table._tbl.tblGrid.gridCol_lst, widths, strict=True):
        column.set(qn("w:w"), str(each))


def _cell(
    sheet: Sheet, column: int, columns: int, *, merged: tuple[bool, bool], plain: bool, shaded: bool
) -> Any:
    """A ``w:tc`` with its children in the schema's order (ECMA-376 17.4.69)."""
    made = OxmlElement("w:tc")
    properties = OxmlElement("w:tcPr")
    made.append(properties)
    width = OxmlElement("w:tcW")
    width.set(qn("w:w"), str(sum(_widths(sheet)[column : column + columns])))
    width.set(qn("w:type"), "dxa")
    properties.append(width)
    if columns > 1:
        span = OxmlElement("w:gridSpan")
        span.set(qn("w:val"), str(columns))
        properties.append(span)
    if merged[0]:
        merge = OxmlElement("w:vMerge")
        merge.set(qn("w:val"), "continue" if merged[1] else "restart")
        properties.append(merge)
    if not plain:
        borders = OxmlElement("w:tcBorders")
        for side in ("top", "left", "bottom", "right"):
            edge = OxmlElement(f"w:{side}")
            for name, value in (("val", "single"), ("sz", "4"), ("space", "0"), ("color", "000000")):
                edge.set(qn(f"w:{name}"), value)
            borders.append(edge)
        properties.append(borders)
    if shaded:
        shade = OxmlElement("w:shd")
        for name, value in (("val", "clear"), ("color", "auto"), ("fill", "EDEDED")):
            shade.set(qn(f"w:{name}"), value)
        properties.append(shade)
    align = OxmlElement("w:vAlign")
    align.set(qn("w:val"), "center")
    properties.append(align)
    return made


def _field_runs(paragraph: Paragraph, instruction: str, shown: str) -> None:
    """A complex field (ECMA-376 17.16.18): begin, instruction, separate, result, end."""
    for kind in ("begin", "", "separate", "result", "end"):
        run = paragraph.add_run()
        if kind == "result":
            run.text = shown
        elif kind:
            mark = OxmlElement("w:fldChar")
            mark.set(qn("w:fldCharType"), kind)
            run._r.append(mark)
        else:
            text = OxmlElement("w:instrText")
            text.set(qn("xml:space"), "preserve")
            text.text = instruction
            run._r.append(text)


def _insert_before(parent: Any, child: Any, following: tuple[str, ...]) -> None:
    """Put a child before the first of the elements that must follow it."""
    for each in parent:
        if each.tag in {qn(f"w:{name}") for name in following}:
            each.addprevious(child)
            return
    parent.append(child)


def main(arguments: list[str]) -> None:
    """Write ``document.docx`` beside a form's definition."""
    for name in arguments:
        form = find_form(name)
        (templates_folder() / form.id / "document.docx").write_bytes(make_template(form))


if __name__ == "__main__":
    main(sys.argv[1:])
