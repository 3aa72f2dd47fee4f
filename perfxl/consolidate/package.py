"""Finish a workbook that openpyxl saved, part by part, without touching its content.

openpyxl writes ``<f>`` with an empty ``<v>``, so that whoever does not calculate
reads nothing; texts inline, which Excel rewrites on the next save; children of
``<font>`` in its own order; and the current time into ``docProps/core.xml`` and
the zip directory.  Here formulas get the values that they have (ECMA-376
18.3.1.96), texts go to the shared strings (18.4.9), fonts into the schema's
order (18.8.22), and every date is the one given.

Each change is asserted: what this module does not recognise is a programmer's
fault (ValueError), never a silently different workbook.
"""

from __future__ import annotations

import io
import re
import zipfile
from collections.abc import Mapping
from datetime import datetime
from xml.sax.saxutils import escape

__all__ = ["CachedValue", "finish"]

CachedValue = str | float

_SHEET = re.compile(r"xl/worksheets/sheet([0-9]+)\.xml\Z")
_FORMULA_CELL = re.compile(r'<c r="([A-Z]+[0-9]+)"((?: s="[0-9]+")?)><f>([^<]*)</f><v ?(?:/>|></v>)</c>')
_INLINE_CELL = re.compile(r'(<c r="[A-Z]+[0-9]+"(?: s="[0-9]+")?) t="inlineStr"><is>(<t[^>]*>[^<]*</t>)</is></c>')
_MODIFIED = re.compile(r"(<dcterms:modified[^>]*>)[^<]*(</dcterms:modified>)")
_FONT = re.compile(r"<font>(.*?)</font>")
_CHILD = re.compile(r"<([A-Za-z]+)\b[^>]*/>")
_FONT_ORDER = (
    *("b", "i", "strike", "condense", "extend", "outline", "shadow", "u", "vertAlign"),
    *("sz", "color", "name", "family", "charset", "scheme"),
)

_MAIN = "http://schemas.openxmlformats.org/spreadsheetml/2006/main"
_STRINGS_TYPE = "application/vnd.openxmlformats-officedocument.spreadsheetml.sharedStrings+xml"
_STRINGS_RELATION = "http://schemas.openxmlformats.org/officeDocument/2006/relationships/sharedStrings"


def finish(saved: bytes, cached: Mapping[int, Mapping[str, CachedValue]], as_of: datetime) -> bytes:
    """The package finished; same input, same bytes.

    ``cached`` maps the number of a sheet (from 1, in workbook order) to the
    values of exactly its formula cells.
    """
    strings = _SharedStrings()
    parts: dict[str, str] = {}
    with zipfile.ZipFile(io.BytesIO(saved)) as source:
        for name in source.namelist():
            part = source.read(name).decode("utf-8")
            sheet = _SHEET.match(name)
            if sheet:
                part = strings.take(_with_values(part, cached.get(int(sheet.group(1)), {})))
            elif name == "docProps/core.xml":
                part = _MODIFIED.sub(rf"\g<1>{as_of:%Y-%m-%dT%H:%M:%SZ}\g<2>", part)
            elif name == "xl/styles.xml":
                part = _FONT.sub(_ordered_font, part)
            parts[name] = part
    _add_strings(parts, strings)
    target = io.BytesIO()
    with zipfile.ZipFile(target, "w", zipfile.ZIP_DEFLATED) as out:
        for name, part in parts.items():
            info = zipfile.ZipInfo(name, (max(as_of.year, 1980), *as_of.timetuple()[1:6]))
            info.compress_type = zipfile.ZIP_DEFLATED
            info.external_attr = 0o644 << 16
            out.writestr(info, part.encode("utf-8"))
    return target.getvalue()


def _with_values(part: str, values: Mapping[str, CachedValue]) -> str:
    filled: set[str] = set()

    def cell(match: re.Match[str]) -> str:
        address, style, formula = match.groups()
        filled.add(address)
        value = values[address]
        if isinstance(value, str):
            return f'<c r="{address}"{style} t="str"><f>{formula}</f><v>{escape(value)}</v></c>'
        return f'<c r="{address}"{style}><f>{formula}</f><v>{value!r}</v></c>'

    result = _FORMULA_CELL.sub(cell, part)
    if filled != values.keys() or part.count("<f>") != len(filled):
        raise ValueError(f"formula cells and cached values differ: {sorted(filled ^ values.keys())[:5]}")
    return result


class _SharedStrings:
    def __init__(self) -> None:
        self._numbers: dict[str, int] = {}
        self._uses = 0

    def take(self, part: str) -> str:
        """Move a sheet's inline texts to the table."""
        result = _INLINE_CELL.sub(self._cell, part)
        if "inlineStr" in re.sub(r">[^<]*<", "><", result):
            raise ValueError("an inline string was not recognised")
        return result

    def _cell(self, match: re.Match[str]) -> str:
        start, text = match.groups()
        self._uses += 1
        number = self._numbers.setdefault(text, len(self._numbers))
        return f'{start} t="s"><v>{number}</v></c>'

    def part(self) -> str:
        items = "".join(f"<si>{text}</si>" for text in self._numbers)
        return (
            '<?xml version="1.0" encoding="UTF-8" standalone="yes"?>\n'
            f'<sst xmlns="{_MAIN}" count="{self._uses}" uniqueCount="{len(self._numbers)}">{items}</sst>'
        )


def _add_strings(parts: dict[str, str], strings: _SharedStrings) -> None:
    if "xl/sharedStrings.xml" in parts:
        raise ValueError("openpyxl has begun to write shared strings itself")
    parts["xl/sharedStrings.xml"] = strings.part()
    override = f'<Override PartName="/xl/sharedStrings.xml" ContentType="{_STRINGS_TYPE}"/>'
    _before_end(parts, "[Content_Types].xml", "Types", override)
    relation = f'<Relationship Type="{_STRINGS_RELATION}" Target="/xl/sharedStrings.xml" Id="rIdStrings"/>'
    _before_end(parts, "xl/_rels/workbook.xml.rels", "Relationships", relation)


def _before_end(parts: dict[str, str], name: str, tag: str, element: str) -> None:
    head, end, tail = parts[name].rpartition(f"</{tag}>")
    if not end or tail.strip():
        raise ValueError(f"{name} does not end with </{tag}>")
    parts[name] = head + element + end


def _ordered_font(match: re.Match[str]) -> str:
    children = [(child.group(1), child.group()) for child in _CHILD.finditer(match.group(1))]
    if "".join(text for _, text in children) != match.group(1):
        raise ValueError(f"a font was not recognised: {match.group(1)}")
    return "<font>" + "".join(text for _, text in sorted(children, key=lambda each: _FONT_ORDER.index(each[0]))) + "</font>"
