"""Fill a document's TOC field with its headings, bookmarks and page numbers (ECMA-376 17.16.5.68).

Works on the rendered XML, so that a contents field that an officer inserted in
Word is filled just as the made template's.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from copy import deepcopy
from dataclasses import dataclass
from functools import cache
from typing import Any

from lxml import etree

__all__ = ["Heading", "StyleSheet", "W", "fill_contents", "headings_of", "paragraph_text", "parse", "style_of", "w", "whole"]

W = "http://schemas.openxmlformats.org/wordprocessingml/2006/main"
_XML_SPACE = "{http://www.w3.org/XML/1998/namespace}space"
_LEVELS = re.compile(r'\\o\s+"?(\d)-(\d)')
_HEADING_NAME = re.compile(r"heading ([1-9])\Z", re.IGNORECASE)
_CONTENTS_NAME = re.compile(r"toc ([1-9])\Z", re.IGNORECASE)
_DEEPEST = 3
_LONGEST = 10
_FIRST_MARK = 200_000_000


@cache
def w(name: str) -> str:
    """A WordprocessingML name as lxml spells it."""
    return f"{{{W}}}{name}"


@dataclass(frozen=True, slots=True, kw_only=True)
class Heading:
    """A heading with the bookmark that stands around it; ``level`` counts from 1."""

    level: int
    text: str
    bookmark: str


@dataclass(frozen=True, slots=True)
class StyleSheet:
    """What contents need of styles.xml: style id -> heading level; level -> style id of contents."""

    headings: Mapping[str, int]
    contents: Mapping[int, str]

    @classmethod
    def read(cls, styles: bytes) -> StyleSheet:
        """From the bytes of styles.xml; styles based on a heading count as that heading."""
        root = etree.fromstring(styles, _parser())
        headings: dict[str, int] = {}
        contents: dict[int, str] = {}
        based: dict[str, str] = {}
        for style in root.iter(w("style")):
            key = style.get(w("styleId"), "")
            name = style.find(w("name"))
            text = "" if name is None else name.get(w("val"), "")
            outline = style.find(f"{w('pPr')}/{w('outlineLvl')}")
            match = _HEADING_NAME.match(text)
            if match:
                headings[key] = int(match.group(1))
            elif outline is not None and outline.get(w("val"), "9") in "012345678":
                headings[key] = int(outline.get(w("val"), "0")) + 1
            match = _CONTENTS_NAME.match(text)
            if match:
                contents[int(match.group(1))] = key
            parent = style.find(w("basedOn"))
            if parent is not None:
                based[key] = parent.get(w("val"), "")
        for key, parent_key in based.items():
            if key not in headings and parent_key in headings:
                headings[key] = headings[parent_key]
        return cls(headings, contents)


def _parser() -> etree.XMLParser:
    return etree.XMLParser(resolve_entities=False, no_network=True, huge_tree=True)


def parse(content: bytes) -> Any:
    """A part as an lxml element; entities are not resolved."""
    return etree.fromstring(content, _parser())


def paragraph_text(paragraph: Any) -> str:
    """A paragraph's text: runs, tabs and line ends, no field instructions."""
    found: list[str] = []
    for each in paragraph.iter(w("t"), w("tab"), w("br"), w("cr"), w("noBreakHyphen")):
        if each.tag == w("t"):
            found.append(each.text or "")
        elif each.tag == w("tab"):
            # w:tab is also a tab stop's name, in w:pPr.
            found.append("\t" if each.getparent().tag == w("r") else "")
        else:
            found.append("-" if each.tag == w("noBreakHyphen") else "\n" if each.get(w("type"), "") != "page" else "")
    return "".join(found)


def whole(text: str | None, default: int) -> int:
    """A whole number that an attribute gives, the default where it gives none."""
    return int(text) if text is not None and text.isascii() and text.isdigit() and len(text) < _LONGEST else default


def style_of(paragraph: Any) -> str:
    """A paragraph's style id, "" for the default."""
    found = paragraph.find(f"{w('pPr')}/{w('pStyle')}")
    return "" if found is None else str(found.get(w("val"), ""))


def headings_of(root: Any, styles: StyleSheet) -> list[Heading]:
    """Every heading of a document in order, each given a bookmark ``_Toc…`` if it has none."""
    found: list[Heading] = []
    used = {whole(mark.get(w("id")), 0) for mark in root.iter(w("bookmarkStart"))}
    number = max(used, default=-1) + 1
    for style in list(root.iter(w("pStyle"))):
        level = styles.headings.get(style.get(w("val"), ""))
        if level is None:
            continue
        paragraph = style.getparent().getparent()
        text = " ".join(paragraph_text(paragraph).split("\n")).strip()
        if paragraph.tag != w("p") or not text:
            continue
        name = _bookmark_in(paragraph)
        if not name:
            name = f"_Toc{_FIRST_MARK + len(found) + 1}"
            _mark(paragraph, name, number)
            number += 1
        found.append(Heading(level=level, text=text, bookmark=name))
    return found


def _bookmark_in(paragraph: Any) -> str:
    for mark in paragraph.iter(w("bookmarkStart")):
        name: str = mark.get(w("name"), "")
        if name.startswith("_Toc"):
            return name
    return ""


def _mark(paragraph: Any, name: str, number: int) -> None:
    start, end = etree.Element(w("bookmarkStart")), etree.Element(w("bookmarkEnd"))
    start.set(w("id"), str(number))
    start.set(w("name"), name)
    end.set(w("id"), str(number))
    first = paragraph.find(w("pPr"))
    if first is None:
        paragraph.insert(0, start)
    else:
        first.addnext(start)
    paragraph.append(end)


def fill_contents(root: Any, styles: StyleSheet, pages: Mapping[str, int] | None = None) -> list[Heading]:
    """Write the entries of every TOC field; returns the headings of the document.

    ``pages`` maps bookmark -> page number; without it entries carry none and
    the field is marked dirty, so that Word brings it up to date on opening.
    """
    headings = headings_of(root, styles)
    for first, last, instruction in list(_contents_fields(root)):
        match = _LEVELS.search(instruction)
        low, high = (int(match.group(1)), int(match.group(2))) if match else (1, _DEEPEST)
        entries = [heading for heading in headings if low <= heading.level <= high]
        _replace(first, last, instruction, entries, styles, pages)
    return headings


def _contents_fields(root: Any) -> Iterator[tuple[Any, Any, str]]:
    """First and last paragraph of each TOC field, with its instruction."""
    depth = 0
    first: Any = None
    outer = 0
    instruction = ""
    for each in root.iter(w("fldChar"), w("instrText")):
        if each.tag == w("instrText"):
            if first is None and (each.text or "").strip().upper().startswith("TOC"):
                first, outer, instruction = _paragraph_of(each), depth, each.text or ""
            continue
        kind = each.get(w("fldCharType"))
        if kind == "begin":
            depth += 1
        elif kind == "end":
            if first is not None and depth == outer:
                yield first, _paragraph_of(each), instruction
                first = None
            depth -= 1


def _paragraph_of(element: Any) -> Any:
    while element.tag != w("p"):
        element = element.getparent()
    return element


def _replace(
    first: Any,
    last: Any,
    instruction: str,
    entries: Sequence[Heading],
    styles: StyleSheet,
    pages: Mapping[str, int] | None,
) -> None:
    parent = first.getparent()
    if last.getparent() is not parent:
        return
    made = [_entry(heading, styles, pages) for heading in entries] or [etree.Element(w("p"))]
    opening = [_run(_char("begin", dirty=pages is None)), _run(_instruction(instruction)), _run(_char("separate"))]
    place = 1 if made[0].find(w("pPr")) is not None else 0
    made[0][place:place] = opening
    made[-1].append(_run(_char("end")))
    kept = _page_furniture(last)
    if kept is not None:
        made.append(kept)
    start, stop = parent.index(first), parent.index(last)
    for old in parent[start : stop + 1]:
        parent.remove(old)
    parent[start:start] = made


def _page_furniture(paragraph: Any) -> Any:
    """The section break that a field's last paragraph may carry, in a paragraph of its own."""
    section = paragraph.find(f"{w('pPr')}/{w('sectPr')}")
    if section is None:
        return None
    made = etree.Element(w("p"))
    properties = etree.SubElement(made, w("pPr"))
    properties.append(deepcopy(section))
    return made


def _entry(heading: Heading, styles: StyleSheet, pages: Mapping[str, int] | None) -> Any:
    paragraph = etree.Element(w("p"))
    style = styles.contents.get(heading.level)
    if style:
        properties = etree.SubElement(paragraph, w("pPr"))
        etree.SubElement(properties, w("pStyle")).set(w("val"), style)
    link = etree.SubElement(paragraph, w("hyperlink"))
    link.set(w("anchor"), heading.bookmark)
    link.set(w("history"), "1")
    page = "" if pages is None else str(pages.get(heading.bookmark, ""))
    for run in (
        _run(_text(heading.text)),
        _run(etree.Element(w("tab"))),
        _run(_char("begin")),
        _run(_instruction(rf" PAGEREF {heading.bookmark} \h ")),
        _run(_char("separate")),
        _run(_text(page)),
        _run(_char("end")),
    ):
        link.append(run)
    return paragraph


def _run(content: Any) -> Any:
    run = etree.Element(w("r"))
    run.append(content)
    return run


def _text(text: str) -> Any:
    made = etree.Element(w("t"))
    made.set(_XML_SPACE, "preserve")
    made.text = text
    return made


def _instruction(text: str) -> Any:
    made = etree.Element(w("instrText"))
    made.set(_XML_SPACE, "preserve")
    made.text = text
    return made


def _char(kind: str, *, dirty: bool = False) -> Any:
    made = etree.Element(w("fldChar"))
    made.set(w("fldCharType"), kind)
    if dirty:
        made.set(w("dirty"), "true")
    return made
