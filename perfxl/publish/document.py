"""Records to a .docx: the template rendered, contents filled, properties and dates set."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import cached_property
from xml.parsers import expat

from lxml import etree

from ..errors import PerfxlError
from .contents import StyleSheet, fill_contents, parse, w
from .context import context_of
from .department import Department
from .docx_package import DOCUMENT, write_package
from .engine import CORE, DocumentTemplate

__all__ = ["Publisher", "with_pages"]

_STYLES = "word/styles.xml"
_SETTINGS = "word/settings.xml"
_HELD = re.compile(rb"<\?held (\d+)\?>")
_DATES = re.compile(r"(<dcterms:(created|modified)[^>]*>)[^<]*(</dcterms:\2>)")
_DECLARATION = b'<?xml version="1.0" encoding="UTF-8" standalone="yes"?>\n'
_BEFORE_UPDATE = frozenset(
    w(name)
    for name in (
        "writeProtection", "view", "zoom", "removePersonalInformation", "removeDateAndTime", "doNotDisplayPageBoundaries",
        "displayBackgroundShape", "printPostScriptOverText", "printFractionalCharacterWidth", "printFormsData",
        "embedTrueTypeFonts", "embedSystemFonts", "saveSubsetFonts", "saveFormsData", "mirrorMargins", "alignBordersAndEdges",
        "bordersDoNotSurroundHeader", "bordersDoNotSurroundFooter", "gutterAtTop", "hideSpellingErrors",
        "hideGrammaticalErrors", "activeWritingStyle", "proofState", "formsDesign", "attachedTemplate", "linkStyles",
        "stylePaneFormatFilter", "stylePaneSortMethod", "documentType", "mailMerge", "revisionView", "trackRevisions",
        "doNotTrackMoves", "doNotTrackFormatting", "documentProtection", "autoFormatOverride", "styleLockTheme",
        "styleLockQFSet", "defaultTabStop", "autoHyphenation", "consecutiveHyphenLimit", "hyphenationZone",
        "doNotHyphenateCaps", "showEnvelope", "summaryLength", "clickAndTypeStyle", "defaultTableStyle",
        "evenAndOddHeaders", "bookFoldRevPrinting", "bookFoldPrinting", "bookFoldPrintingSheets",
        "drawingGridHorizontalSpacing", "drawingGridVerticalSpacing", "displayHorizontalDrawingGridEvery",
        "displayVerticalDrawingGridEvery", "doNotUseMarginsForDrawingGridOrigin", "drawingGridHorizontalOrigin",
        "drawingGridVerticalOrigin", "doNotShadeFormData", "noPunctuationKerning", "characterSpacingControl",
        "printTwoOnOne", "strictFirstAndLastChars", "noLineBreaksAfter", "noLineBreaksBefore", "savePreviewPicture",
        "doNotValidateAgainstSchema", "saveInvalidXml", "ignoreMixedContent", "alwaysShowPlaceholderText",
        "doNotDemarcateInvalidXml", "saveXmlDataOnly", "useXSLTWhenSaving", "saveThroughXslt", "showXMLTags",
        "alwaysMergeEmptyNamespace",
    )
)  # fmt: skip
"""What precedes w:updateFields in w:settings (ECMA-376 17.15.1.78, the schema's order)."""


@dataclass(frozen=True)
class Publisher:
    """Makes documents from one template, dated ``as_of`` (DEFINITIONS, "Same")."""

    template: DocumentTemplate
    as_of: datetime

    @cached_property
    def styles(self) -> StyleSheet:
        """The template's headings and contents styles."""
        return StyleSheet.read(self.template.parts.get(_STYLES, b"<none/>"))

    def document(self, department: Department, pages: Mapping[str, int] | None = None) -> bytes:
        """The .docx of one department, as bytes; the same arguments give the same bytes.

        ``pages`` maps a heading's bookmark to its page; without it the contents
        carry no page numbers and Word is told to fill them in on opening.
        Raises W02 and W03 for faults of the template.
        """
        parts = dict(self.template.parts)
        for name, text in self.template.render(context_of(department)).items():
            parts[name] = text.encode("utf-8")
        parts[CORE] = self._dated(parts.get(CORE, b""))
        return _finished(parts, self.styles, pages, self.template.file)

    def _dated(self, core: bytes) -> bytes:
        moment = self.as_of if self.as_of.tzinfo else self.as_of.replace(tzinfo=UTC)
        stamp = moment.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
        return _DATES.sub(lambda match: f"{match[1]}{stamp}{match[3]}", core.decode("utf-8")).encode("utf-8")


def _finished(parts: dict[str, bytes], styles: StyleSheet, pages: Mapping[str, int] | None, file: str) -> bytes:
    _refuse_malformed(parts, file)
    skeleton, tables = _without_tables(parts[DOCUMENT], styles)
    root = parse(skeleton)
    fill_contents(root, styles, pages)
    written: bytes = etree.tostring(root, encoding="UTF-8")
    parts[DOCUMENT] = _DECLARATION + _HELD.sub(lambda match: tables[int(match.group(1))], written)
    if pages is None and _SETTINGS in parts:
        parts[_SETTINGS] = _updating(parts[_SETTINGS])
    return write_package(parts)


def _refuse_malformed(parts: Mapping[str, bytes], file: str) -> None:
    """W11 where a template's tags, each right in itself, leave XML that is not."""
    for name in (DOCUMENT, CORE):
        try:
            expat.ParserCreate().Parse(parts[name], True)
        except expat.ExpatError as fault:
            raise PerfxlError("W11", file=file, part=name, reason=str(fault)) from None


def _without_tables(document: bytes, styles: StyleSheet) -> tuple[bytes, list[bytes]]:
    """The document with each table held back, if it has no heading in it: contents need not parse them."""
    held: list[bytes] = []
    pieces: list[bytes] = []
    marks = [f'w:val="{style}"'.encode() for style in styles.headings]
    marks += [b"<w:fldChar", b"<w:bookmarkStart"]
    at = 0
    while (start := document.find(b"<w:tbl>", at)) >= 0:
        end = document.find(b"</w:tbl>", start) + len(b"</w:tbl>")
        table = document[start:end]
        if table.count(b"<w:tbl>") > 1 or any(mark in table for mark in marks):
            # A nested table, or one with headings: left where it is, to be parsed.
            return document, []
        pieces += [document[at:start], b"<?held %d?>" % len(held)]
        held.append(table)
        at = end
    return b"".join([*pieces, document[at:]]), held


def with_pages(parts: Mapping[str, bytes], settings: bytes | None, pages: Mapping[str, int]) -> bytes:
    """A made document once more, with page numbers in its contents.

    ``settings`` is the template's settings.xml, which does not ask Word to update.
    """
    again = dict(parts)
    if settings is not None:
        again[_SETTINGS] = settings
    return _finished(again, StyleSheet.read(again.get(_STYLES, b"<none/>")), pages, "")


def _updating(settings: bytes) -> bytes:
    """settings.xml that tells Word to update fields on opening."""
    root = parse(settings)
    if root.find(w("updateFields")) is None:
        made = etree.Element(w("updateFields"))
        made.set(w("val"), "true")
        following = next((each for each in root if each.tag not in _BEFORE_UPDATE), None)
        if following is None:
            root.append(made)
        else:
            following.addprevious(made)
    return _DECLARATION + bytes(etree.tostring(root, encoding="UTF-8"))
