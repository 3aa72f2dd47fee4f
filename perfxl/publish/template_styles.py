"""The look of the made template: page, fonts, styles, as 党政机关公文格式 (GB/T 9704-2012) has them, tables smaller."""

from __future__ import annotations

from docx.document import Document
from docx.enum.style import WD_STYLE_TYPE
from docx.enum.text import WD_ALIGN_PARAGRAPH, WD_TAB_ALIGNMENT, WD_TAB_LEADER
from docx.oxml import OxmlElement
from docx.oxml.ns import qn
from docx.shared import Cm, Pt, RGBColor
from docx.styles.style import ParagraphStyle

from .outline import STYLE_IDS

__all__ = ["TEXT_WIDTH", "set_up_page", "set_up_styles"]

TEXT_WIDTH = Cm(16.4)
"""Between the margins of an A4 page."""

_SONG, _HEI, _FANG, _TITLE = "宋体", "黑体", "仿宋", "方正小标宋简体"
_LATIN = "Times New Roman"


def set_up_page(document: Document) -> None:
    """A4 portrait, margins as the official page, footers without header."""
    for section in document.sections:
        section.page_width, section.page_height = Cm(21), Cm(29.7)
        section.left_margin = section.right_margin = Cm(2.3)
        section.top_margin, section.bottom_margin = Cm(2.5), Cm(2.2)
        section.header_distance, section.footer_distance = Cm(1.5), Cm(1.3)


def set_up_styles(document: Document) -> None:
    """Normal, headings 1–3, contents levels and the template's own styles."""
    normal = _style(document, "Normal")
    _font(normal, 15, _FANG)
    normal.paragraph_format.line_spacing = 1.5
    normal.paragraph_format.space_after = Pt(0)
    body = _added(document, "Body Text", "BodyText")
    body.paragraph_format.space_after = Pt(0)
    body.paragraph_format.first_line_indent = Pt(30)
    body.paragraph_format.alignment = WD_ALIGN_PARAGRAPH.JUSTIFY
    _heading(document, 1, 20, _TITLE, WD_ALIGN_PARAGRAPH.CENTER, before=4, after=12)
    _heading(document, 2, 16, _HEI, WD_ALIGN_PARAGRAPH.LEFT, before=8, after=4)
    _heading(document, 3, 15, "楷体", WD_ALIGN_PARAGRAPH.LEFT, before=2, after=0)
    document.styles["Heading 3"].paragraph_format.first_line_indent = Pt(30)
    for level, indent in ((1, 0.0), (2, 0.75)):
        contents = _added(document, f"toc {level}", f"TOC{level}")
        _font(contents, 14 if level == 1 else 12.5, _HEI if level == 1 else _FANG)
        contents.paragraph_format.left_indent = Cm(indent)
        contents.paragraph_format.right_indent = Cm(1)
        contents.paragraph_format.space_before = Pt(6 if level == 1 else 0)
        contents.paragraph_format.line_spacing = 1.3
        contents.paragraph_format.tab_stops.add_tab_stop(TEXT_WIDTH, WD_TAB_ALIGNMENT.RIGHT, WD_TAB_LEADER.DOTS)
    _own(document, "cover", 30, _TITLE, 1.4)
    _own(document, "cover_small", 18, "楷体", 1.5)
    _own(document, "contents", 20, _HEI, 1.5)
    _own(document, "part", 20, _TITLE, 1.5)
    cell = _own(document, "cell", 9.5, _SONG, 1.1)
    cell.paragraph_format.space_before = cell.paragraph_format.space_after = Pt(1.5)
    gap = _own(document, "gap", 1, _SONG, 1)
    gap.paragraph_format.keep_with_next = True
    notice = _own(document, "notice", 12, _FANG, 1.5)
    notice.font.color.rgb = RGBColor(0x9C, 0x1C, 0x1C)
    _added(document, "footer", "Footer")
    _font(_style(document, "footer"), 12, _SONG)


def _style(document: Document, name: str) -> ParagraphStyle:
    found = document.styles[name]
    assert isinstance(found, ParagraphStyle)
    return found


def _added(document: Document, name: str, style_id: str) -> ParagraphStyle:
    if name in document.styles:
        return _style(document, name)
    found = document.styles.add_style(name, WD_STYLE_TYPE.PARAGRAPH, builtin=name.startswith(("toc", "Body", "foot")))
    found.element.set(qn("w:styleId"), style_id)
    found.base_style = document.styles["Normal"]
    return _style(document, name)


def _own(document: Document, use: str, size: float, font: str, spacing: float) -> ParagraphStyle:
    """One of the template's own styles, centred."""
    found = document.styles.add_style(STYLE_IDS[use], WD_STYLE_TYPE.PARAGRAPH)
    assert isinstance(found, ParagraphStyle)
    found.base_style = document.styles["Normal"]
    _font(found, size, font)
    found.paragraph_format.alignment = WD_ALIGN_PARAGRAPH.CENTER
    found.paragraph_format.line_spacing = spacing
    return found


def _heading(
    document: Document, level: int, size: float, font: str, align: WD_ALIGN_PARAGRAPH, *, before: float, after: float
) -> None:
    found = _style(document, f"Heading {level}")
    _font(found, size, font)
    found.font.bold = False
    found.font.italic = False
    found.font.color.rgb = RGBColor(0, 0, 0)
    found.paragraph_format.alignment = align
    found.paragraph_format.space_before, found.paragraph_format.space_after = Pt(before), Pt(after)
    found.paragraph_format.line_spacing = 1.3
    found.paragraph_format.keep_with_next = True
    found.paragraph_format.keep_together = True


def _font(style: ParagraphStyle, size: float, east_asian: str) -> None:
    """Set both halves of a Word font; python-docx knows the Latin one only (ECMA-376 17.3.2.26)."""
    style.font.size = Pt(size)
    style.font.name = _LATIN
    fonts = style.element.get_or_add_rPr().get_or_add_rFonts()
    for name in list(fonts.attrib):
        del fonts.attrib[name]
    for name in ("ascii", "hAnsi", "cs"):
        fonts.set(qn(f"w:{name}"), _LATIN)
    fonts.set(qn("w:eastAsia"), east_asian)
    properties = style.element.get_or_add_rPr()
    if properties.find(qn("w:lang")) is None:
        language = OxmlElement("w:lang")
        language.set(qn("w:val"), "en-US")
        language.set(qn("w:eastAsia"), "zh-CN")
        properties.append(language)
