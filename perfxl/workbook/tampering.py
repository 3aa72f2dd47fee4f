"""Locked cells that are no labels: are the formulas and help texts still those that were handed out?

A workbook carries a mark of its live rules (sealed, where it has a seal).  Equal
marks: untouched, for the price of one search.  Else the formulas are compared
one by one.  Programs that save a workbook again write formulas in their own
way: blanks, quotes, ``$``-less names, shared formulas, letter case, brackets and
spellings of numbers are therefore left out of the comparison, a formula without
a text of its own (shared) passes, and where many differ, a program has
rewritten them, not a person.  Where rows or sheets have moved, references have
moved too, and only missing formulas are told.

What this proves: that no live rule was quietly removed or rewritten in a
workbook built by this version of perfxl.  The batch computes everything again
and believes none of these formulas, so all of it is told as a hint.
"""

from __future__ import annotations

import html
import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from functools import lru_cache
from itertools import chain
from typing import TypeVar

from .. import __version__
from ..form.model import Form
from ..rules.values import squash
from .calculation import formula_mark
from .cells import WrittenFormula
from .container import Container
from .known_formulas import known_mark, remember_mark
from .layout import HEADER_ROWS, STATUS_ROW, Plan, a1
from .live import Formula, LivePlan, LiveSheet
from .overview import GUIDE_TITLE, guide_texts
from .sheets import Sheets
from .write import RULES_KEY, live_plan, rules_mark

__all__ = ["Tampered", "tampered"]

_CELL = re.compile(rb'<c r="([A-Z]+[0-9]+)"[^>]*>\s*<f((?: [^>]*?)?)(?:/>|>([^<]*)</f>)')
_TOKEN = re.compile(
    r'"(?:[^"]|"")*"'
    r"|(?P<sheet>'(?:[^']|'')+'!|[\w.]+!)"
    r"|(?P<number>(?<![\w.])\d+(?:\.\d*)?(?:[Ee][+-]?\d+)?(?![\w.]))"
    r"|(?P<word>[\w.\\]+)"
    r"|<=|>=|<>|[-+*/^&=<>%:#]"
)
_INLINE = re.compile(rb"<is>(.*?)</is>", re.DOTALL)
_TEXT = re.compile(rb"<t(?: [^>]*)?>([^<]*)</t>")
_PREFIX = re.compile(r"_XLFN\.|_XLWS\.")
_MOST_CHANGED = 0.1
"""Where a greater share of a sheet's formulas differs, a program has rewritten them."""

_MOST_TOLD = 5
_MOST_SAME = 256
_SAME: set[tuple[str, str, str, str, bool]] = set()
"""Formulas in some program's own spelling that were compared and found the same, by their mark."""

_FOLLOWED: set[tuple[LiveSheet, bool, tuple[WrittenFormula, ...]]] = set()
"""The formulas of visible sheets, as written, that were compared and found the same."""

_Known = TypeVar("_Known")

_SHARED = "\0"
"""Stands for the text of a formula that is shared with another cell."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Tampered:
    """One thing that was changed: a code of the catalogue, the visible sheet and cell, what the message names."""

    code: str
    sheet: str
    cell: str = ""
    values: Mapping[str, object] = field(default_factory=dict)


def tampered(
    sheets: Sheets,
    meta: Mapping[str, str],
    form: Form,
    plan: Plan,
    *,
    titles: Mapping[tuple[str, int], str],
    moved: Iterable[str] = (),
) -> list[Tampered]:
    """What was changed in locked cells, besides labels.

    ``titles`` are the visible sheets by id and ordinal as they are called in the
    file, ``moved`` those in which rows were inserted or removed.  Empty for a workbook built by another version, or
    before there were marks.
    """
    said = dict(each.partition("=")[::2] for each in meta.get(RULES_KEY, "").split())
    if not said or meta.get("program") != __version__:
        return []
    container = sheets.container
    live = live_plan(form, plan)
    shifted = set(moved)
    here = {place: live.sheet(*place) for place in titles}
    blocks = live.by_title
    unmoved = (
        not shifted
        and all(each is not None and each.visible_title == titles[place] for place, each in here.items())
        and len(titles) == sum(map(len, blocks.values()))
    )
    found: list[Tampered] = []
    for title, mark in said.items():
        part = container.sheets.get(title)
        if part is None or not container.has(part):
            continue  # The lost layer is told by itself.
        content = container.part(part)
        known = known_mark((meta[RULES_KEY], title), content)
        here_now = known or formula_mark(content)
        spelt = (form.source, meta[RULES_KEY], title, here_now, unmoved)
        changed: list[Tampered] = []
        if here_now != mark and spelt not in _SAME:
            if meta[RULES_KEY] != rules_mark(form, plan):
                return []  # Built by another version: nothing says what its formulas were.
            changed = list(_calculation(blocks[title], content, titles, strict=unmoved))
            if not changed and set(titles) >= {(each.layout.sheet.id, each.ordinal) for each in blocks[title]}:
                _remember(_SAME, spelt)
        if known is None and not changed:
            remember_mark((meta[RULES_KEY], title), content, here_now)
        found += changed
    for place, sheet in here.items():
        if sheet is not None and titles[place] not in shifted:
            found += _visible(sheet, titles[place], sheets, strict=unmoved)
    return [*found, *_guide(container, _guide_of(live), sheets.strings.texts)]


def _remember(known: set[_Known], each: _Known) -> None:
    if len(known) >= _MOST_SAME:
        known.clear()
    known.add(each)


# --- formulas ---------------------------------------------------------------------


@lru_cache(maxsize=100_000)
def _tokens(text: str) -> tuple[str, ...]:
    """A formula without what programs write differently."""
    found: list[str] = []
    for match in _TOKEN.finditer(text.replace("$", "") if '"' not in text else _bare(text)):
        kind, token = match.lastgroup, match.group()
        if kind == "sheet":
            token = token.strip("'!").replace("''", "'") + "!"
        elif kind == "number":
            token = repr(float(token))
        elif kind == "word":
            token = _PREFIX.sub("", token.upper())
        found.append(token)
    return tuple(found)


def _bare(text: str) -> str:
    """Without ``$``, but in texts."""
    pieces = text.split('"')
    return '"'.join(piece if number % 2 else piece.replace("$", "") for number, piece in enumerate(pieces))


def _formulas(content: bytes) -> dict[str, str]:
    """The formulas of a sheet's XML by address."""
    found: dict[str, str] = {}
    for cell, attributes, text in _CELL.findall(content):
        shared = b't="shared"' in attributes and not text
        found[cell.decode()] = _SHARED if shared else _text(text)
    return found


def _meant(written: WrittenFormula) -> tuple[str, str]:
    """Address and text of a formula that the reader kept, as :func:`_formulas` gives them."""
    cell, attributes, text = written
    return cell, _SHARED if 't="shared"' in attributes and not text else html.unescape(text)


@lru_cache(maxsize=100_000)
def _text(content: bytes) -> str:
    return html.unescape(content.decode("utf-8", "replace"))


@lru_cache(maxsize=256)
def _expected(live: LiveSheet) -> Mapping[str, Formula]:
    return {a1(each.row, each.column): each for each in live.formulas}


def _compared(expected: Mapping[str, str], found: Mapping[str, str], *, strict: bool) -> tuple[list[str], list[str]]:
    """The addresses of formulas that are missing, and of those that differ."""
    missing = [cell for cell in expected if cell not in found]
    if not strict:
        return missing, []
    there = [cell for cell in expected if found.get(cell, _SHARED) != _SHARED]
    changed = [cell for cell in there if found[cell] != expected[cell] and _tokens(found[cell]) != _tokens(expected[cell])]
    return missing, changed if len(changed) <= max(1, _MOST_CHANGED * len(there)) else []


def _calculation(
    blocks: tuple[LiveSheet, ...], content: bytes, titles: Mapping[tuple[str, int], str], *, strict: bool
) -> Iterator[Tampered]:
    found = _formulas(content)
    for live in blocks:
        title = titles.get((live.layout.sheet.id, live.ordinal))
        if title is None:
            continue
        formulas = _expected(live)
        compared = _compared({cell: each.text for cell, each in formulas.items()}, found, strict=strict)
        for code, cells in zip(("I25", "I26"), compared, strict=True):
            if not cells:
                continue
            told = [_rules_at(live, formulas[cell]) for cell in cells]
            rules = sorted({rule for _, names in told for rule in names})
            what = "规则 " + "、".join(rules) if rules else "提示和计数"
            values = {"sheet": title, "count": len(cells), "what": what}
            yield Tampered(code=code, sheet=title, cell=next((cell for cell, _ in told if cell), ""), values=values)


def _rules_at(live: LiveSheet, formula: Formula) -> tuple[str, tuple[str, ...]]:
    """The visible cell that a calculation cell belongs to, and the rules that it decides."""
    layout, own = live.layout, formula.column - live.offset
    visible = formula.row - HEADER_ROWS
    names = layout.entries_in_row.get(visible, ())
    if visible < 0:
        checks = [each for each in live.checks if layout.headers.get(each.number) == own]
        return "", tuple(each.rule for each in checks)
    checks = [
        each
        for each in live.checks
        if not each.in_rows and layout.singles_state.get(each.number) == own and layout.singles[each.field].row == visible
    ]
    if checks:
        return layout.singles[checks[0].field].address, tuple(each.rule for each in checks)
    cell = a1(visible, layout.column_of(names[0])) if names else ""
    group = layout.keys[visible].group if visible in layout.keys else ""
    if own == layout.packed and group:
        return cell, tuple(each.rule for each in live.checks if each.in_rows and each.group == group)
    return cell, ()


def _visible(live: LiveSheet, title: str, sheets: Sheets, *, strict: bool) -> Iterator[Tampered]:
    """Computed fields, remarks and the status that were typed over or lead elsewhere."""
    written = sheets.cells(title).formulas
    key = None if written is None else (live, strict, tuple(chain.from_iterable(written)))
    if key in _FOLLOWED:
        return
    expected = _followers(live)
    found = _formulas(sheets.container.part(sheets.container.sheets[title])) if key is None else dict(map(_meant, key[2]))
    if not any(cell in found for cell in expected):
        return  # Another program has dropped them all, which is told by itself.
    missing, changed = _compared({cell: text for cell, (text, _) in expected.items()}, found, strict=strict)
    if key is not None and not missing and not changed:
        _remember(_FOLLOWED, key)
    for cell in [*missing, *changed][:_MOST_TOLD]:
        yield Tampered(code="I27", sheet=title, cell=cell, values={"cell": cell, "what": expected[cell][1]})


@lru_cache(maxsize=256)
def _followers(live: LiveSheet) -> Mapping[str, tuple[str, str]]:
    """The cells of a visible sheet that show a cell of the calculation block: formula and what people call it."""
    layout, form = live.layout, live.form
    expected: dict[str, tuple[str, str]] = {}
    for name, column in layout.computed.items():
        area = layout.singles[name]
        expected[a1(area.row, area.column)] = (live.elsewhere(area.row, column), form.fields[name].label)
    # Beside the first row stand the sheet's status and its marker.
    for row in (each for each in layout.entries_in_row if each > 0):
        if row in layout.checks_in_row:
            expected[a1(row, layout.remark)] = (live.elsewhere(row, layout.remark_text), "校验提示")
        expected[a1(row, layout.flags)] = (live.elsewhere(row, layout.flag_text), "颜色提示")
    if 0 not in layout.entries_in_row:
        expected[a1(0, layout.remark)] = (live.total(STATUS_ROW), "状态")
    return expected


# --- help texts -------------------------------------------------------------------


def _guide(container: Container, expected: Iterable[str], texts: Iterable[str]) -> Iterator[Tampered]:
    """Sentences of 填报说明 that stand nowhere in the workbook any more."""
    lost = list(set(expected).difference(texts))
    if lost:
        there = set(texts)
        lost = [each for each in expected if each not in there]
        part = container.sheets.get(GUIDE_TITLE, "")
        there |= set(_inline(container.part(part))) if container.has(part) else set()
        squashed = {squash(each) for each in there}
        lost = [each for each in lost if squash(each) not in squashed]
    if lost:
        values = {"what": lost[0][:40], "count": len(lost)}
        yield Tampered(code="I28", sheet=GUIDE_TITLE, values=values)


@lru_cache(maxsize=16)
def _guide_of(live: LivePlan) -> tuple[str, ...]:
    return tuple(guide_texts(live.form))


def _inline(content: bytes) -> Iterator[str]:
    """The texts that stand in the cells themselves, as some programs write them."""
    for each in _INLINE.findall(content):
        yield _text(b"".join(_TEXT.findall(each)))
