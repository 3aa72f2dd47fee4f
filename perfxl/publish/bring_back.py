"""A published document back to records: blocks -> books, and whatever could not be placed."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from decimal import ROUND_HALF_UP, Decimal
from itertools import pairwise

from ..form.model import COVER, Field, Form
from ..form.records import Book, Row, SheetRecord
from ..rules.types import Raw
from ..rules.values import squash, strip
from .blocks import Block, Paragraph, Table, TableRow
from .context import NOT_FILLED
from .department import DEPARTMENT_DIGITS
from .inverse import inverse_of
from .outline import PROJECTS_TITLE, STYLE_IDS, outline_of
from .part_text import PartText
from .table_rows import Matched, RowReader

__all__ = ["Imported", "Unplaced", "import_blocks", "raw_of"]

_PART = re.compile(r"第[一二三四五六七八九十]+部分")
_NUMBERED = re.compile(r"\s*\d+\s*[.．、]\s*(.*)", re.DOTALL)
_LEADERS = " \t\u3000.．…·"
_FURNITURE = frozenset(STYLE_IDS.values())
_CENT = Decimal("0.01")


@dataclass(frozen=True, slots=True, kw_only=True)
class Unplaced:
    """Something that found no place: its line (or paragraph), its text and why."""

    line: int
    text: str
    reason: str


@dataclass(slots=True, kw_only=True)
class Imported:
    """The books of a document, by unit code, and what was left over."""

    books: list[Book]
    unplaced: list[Unplaced]


@dataclass(slots=True)
class _Draft:
    """A project while it is being read."""

    line: int
    title: str = ""
    unit: tuple[str, str] = ("", "")
    values: dict[str, str] = field(default_factory=dict)
    lines: dict[str, int] = field(default_factory=dict)
    inferred: dict[str, str] = field(default_factory=dict)
    rows: dict[str, list[tuple[int, dict[str, str]]]] = field(default_factory=dict)
    levels: dict[str, tuple[str, str]] = field(default_factory=dict)


def raw_of(form_field: Field, text: str) -> Raw:
    """A printed value as a cell would hold it; a number that cannot be read stays a text."""
    text = strip(text)
    if not text or text == NOT_FILLED:
        return None
    if form_field.type_name not in ("money", "percent", "number"):
        return text
    percent = form_field.type_name == "percent"
    match = re.fullmatch(r"(-?\d+(?:,\d{3})*(?:\.\d+)?)\s*([%％]?)", text)
    if match is None or bool(match.group(2)) != percent:
        return text
    number = Decimal(match.group(1).replace(",", ""))
    return float(number / 100 if percent else number)


def import_blocks(form: Form, blocks: Sequence[Block]) -> Imported:
    """Place every block of a document in the form's books."""
    return _Importer(form).run(blocks)


class _Importer:
    def __init__(self, form: Form) -> None:
        self.form = form
        self.rows = RowReader(form)
        self.inverses = {each.name: found for each in form.fields.values() if (found := inverse_of(form, each))}
        self.title = outline_of(form).title
        self.part_text = PartText(form)
        self.drafts: list[_Draft] = []
        self.draft: _Draft | None = None
        self.heading: Paragraph | None = None
        self.unit: dict[str, str] = {}
        self.unplaced: list[Unplaced] = []
        self.in_front = True
        self.expects_title = False

    def run(self, blocks: Sequence[Block]) -> Imported:
        texts = {squash(block.text) for block in blocks if isinstance(block, Paragraph)}
        self.part_text.structured = any(isinstance(block, Paragraph) and block.level for block in blocks)
        said = [block for block in blocks if isinstance(block, Table) or squash(block.text)]
        for block, following in zip(said, [*said, None][1:], strict=True):
            if isinstance(block, Table):
                self._table(block)
            elif isinstance(following, Table) and self._title_of(block) is not None:
                self._new_heading(block)
            else:
                self._paragraph(block, texts)
        if self.heading is not None:
            self._leave(self.heading.line, self.heading.text, "标题之后没有表格")
        books = self._books()
        self.unplaced.sort(key=lambda each: each.line)
        return Imported(books=books, unplaced=self.unplaced)

    def _leave(self, line: int, text: str, reason: str) -> None:
        self.unplaced.append(Unplaced(line=line, text=strip(text), reason=reason))

    # --- paragraphs ---------------------------------------------------------------

    def _paragraph(self, block: Paragraph, texts: set[str]) -> None:
        if block.target or (block.style in _FURNITURE and not _PART.fullmatch(squash(block.text))):
            return
        if _PART.fullmatch(squash(block.text)):
            self.in_front, self.expects_title = False, True
            self.part_text.close()
            return
        if (self.expects_title or self.in_front) and self._titles_a_part(block):
            self.in_front = self.expects_title = False
            return
        if self.in_front and not self._is_heading(block):
            tail = squash(block.text.rstrip().rstrip("0123456789").rstrip(_LEADERS))
            if tail not in texts - {squash(block.text)} and tail != "目录":
                self._leave(block.line, block.text, "正文之前的文字")
            return
        if self.part_text.is_open:
            if not self.part_text.take(block):
                self._leave(block.line, block.text, "不属于本部分的任何一项")
        elif self._is_heading(block):
            self._new_heading(block)
        else:
            self._leave(block.line, block.text, "表格之外的文字")

    def _titles_a_part(self, block: Paragraph) -> bool:
        """It is a part's title; the projects' own may be any heading that stands where one is expected."""
        if self.part_text.open(block.text):
            return True
        return self.expects_title and (block.level > 0 or squash(block.text) == PROJECTS_TITLE)

    def _is_heading(self, block: Paragraph) -> bool:
        return _NUMBERED.fullmatch(block.text) is not None and self._title_of(block) is not None

    def _title_of(self, block: Paragraph) -> str | None:
        """The title that a paragraph gives, without its number; ``None`` if it is none."""
        match = _NUMBERED.fullmatch(block.text)
        inverse = self.inverses.get(self.title)
        if inverse is None:
            return strip(match.group(1)) if match else None
        title = strip(match.group(1)) if match else strip(block.text)
        return title if inverse.read(title) is not None else None

    def _new_heading(self, block: Paragraph) -> None:
        if self.heading is not None:
            self._leave(self.heading.line, self.heading.text, "标题之后没有表格")
        self.in_front = self.expects_title = False
        self.part_text.close()
        self.heading = block
        self.draft = None
        self.rows.reset()

    # --- tables -------------------------------------------------------------------

    def _table(self, table: Table) -> None:
        self.in_front = False
        self.part_text.close()
        for row in table.rows:
            texts = [strip(cell.text) for cell in row.cells]
            if not any(texts):
                continue
            matched = self.rows.match(texts)
            if matched is None:
                self._leave(row.line, " | ".join(texts), "不是本表样的行")
            elif matched.group:
                self._group_row(row, matched)
            else:
                self._field_row(row, matched)

    def _field_row(self, row: TableRow, matched: Matched) -> None:
        code = self.form.roles["project_code"]
        computed = {name: text for name, text in matched.fields.items() if name in self.inverses}
        if self.heading is None and not (matched.fields.keys() - computed.keys()) and self._is_unit(computed):
            # The unit's line stands above the row that tells whether this is a new project or the rest of one.
            self.unit = computed
            if self.draft is None or self.form.roles["unit_code"] in self.draft.inferred:
                return
        given = matched.fields.get(code, "")
        if self.draft is None or (given and squash(self.draft.values.get(code, given)) != squash(given)):
            self._begin(row.line)
        assert self.draft is not None
        for name, text in matched.fields.items():
            if name in self.inverses:
                self._computed(row.line, name, text)
            elif not self.form.fields[name].is_entry:
                continue
            elif name not in self.draft.values:
                self.draft.values[name], self.draft.lines[name] = text, row.line
            elif squash(self.draft.values[name]) != squash(text):
                self._leave(row.line, text, f"{self.form.fields[name].label}与前面的不同")

    def _is_unit(self, computed: dict[str, str]) -> bool:
        unit = self.form.roles["unit_code"]
        return any(unit in self.inverses[name].fields for name in computed)

    def _begin(self, line: int) -> None:
        self.draft = _Draft(line)
        self.drafts.append(self.draft)
        if self.heading is not None:
            self._computed(self.heading.line, self.title, self._title_of(self.heading) or "")
            self.heading = None
        for name, text in self.unit.items():
            self._computed(line, name, text)

    def _computed(self, line: int, name: str, text: str) -> None:
        assert self.draft is not None
        if not squash(text) or text == NOT_FILLED or name not in self.inverses:
            return
        values = self.inverses[name].read(text)
        if values is None:
            self._leave(line, text, f"{self.form.fields[name].label}的写法不同")
            return
        for each, value in values.items():
            self.draft.inferred.setdefault(each, value)

    def _group_row(self, row: TableRow, matched: Matched) -> None:
        if self.draft is None:
            self._begin(row.line)
        assert self.draft is not None
        group = self.form.groups[matched.group]
        before = self.draft.levels.get(matched.group, ("", ""))
        level1, level2 = (squash(level) for level in matched.levels)
        level2 = level2 or (before[1] if not level1 or level1 == before[0] else "")
        level1 = level1 or before[0]
        self.draft.levels[matched.group] = level1, level2
        numbers = [
            number
            for number, block in enumerate(group.blocks)
            if squash(block.level2) == level2 and (not level1 or squash(block.level1) == level1)
        ]
        if not numbers:
            self._leave(row.line, " | ".join(cell.text for cell in row.cells), "没有这样的二级指标")
            return
        if any(squash(text) for text in matched.fields.values()):
            self.draft.rows.setdefault(matched.group, []).append((numbers[0], dict(matched.fields)))

    # --- books --------------------------------------------------------------------

    def _books(self) -> list[Book]:
        units: dict[str, Book] = {}
        roles = self.form.roles
        for draft in self.drafts:
            code = strip(draft.inferred.get(roles["unit_code"], ""))
            book = self._book(units, code, strip(draft.inferred.get(roles["unit_name"], "")))
            book.sheets.append(self._project(draft, len(book.sheets) + 1))
        parts = self.part_text.records()
        if parts:
            departments = sorted({code[:DEPARTMENT_DIGITS] for code in units if code})
            lead = next((f"{code}001" for code in departments if f"{code}001" in units), "")
            lead = lead or (f"{departments[0]}001" if departments else "")
            book = self._book(units, lead, "")
            book.sheets[:0] = parts
        return [units[code] for code in sorted(units)]

    def _book(self, units: dict[str, Book], code: str, name: str) -> Book:
        if code not in units:
            raws: dict[str, Raw] = {}
            for role, text in (("unit_code", code), ("unit_name", name)):
                if text:
                    raws[self.form.roles[role]] = text
            units[code] = Book(SheetRecord(COVER, 1, raws))
        return units[code]

    def _project(self, draft: _Draft, ordinal: int) -> SheetRecord:
        record = SheetRecord(self.form.project_sheet.id, ordinal)
        for each in self.form.entry_fields(record.sheet):
            if not each.group:
                raw = self._value(draft, each)
                if raw is not None:
                    record.raws[each.name] = raw
        for name, rows in draft.rows.items():
            record.rows[name] = self._rows(draft, rows)
        return record

    def _value(self, draft: _Draft, each: Field) -> Raw:
        """The table's value; money from the text where that says the same more exactly."""
        raw = raw_of(each, draft.values.get(each.name, ""))
        told = draft.inferred.get(each.name, "")
        if each.type_name == "money" and isinstance(raw, float) and told:
            exact = Decimal(told)
            if exact.quantize(_CENT, ROUND_HALF_UP) == Decimal(repr(raw)).quantize(_CENT, ROUND_HALF_UP):
                return float(exact)
            self._leave(draft.lines[each.name], told, f"{each.label}在文字中与表中（{draft.values[each.name]}）不同")
        if raw is None and each.name not in draft.values and told:
            return raw_of(each, told)
        if isinstance(raw, str) and each.type_name in ("money", "percent", "number"):
            self._leave(draft.lines.get(each.name, draft.line), raw, f"{each.label}不是数字，按原文填入")
        return raw

    def _rows(self, draft: _Draft, rows: Iterable[tuple[int, dict[str, str]]]) -> list[Row]:
        made: list[Row] = []
        ordered = sorted(rows, key=lambda row: row[0])
        slot = 0
        for before, (block, texts) in pairwise([(-1, {}), *ordered]):
            slot = slot + 1 if block == before[0] else 0
            raws = {name: raw_of(self.form.fields[name], text) for name, text in texts.items()}
            row = Row(block, slot, {name: raw for name, raw in raws.items() if raw is not None})
            if row.begun:
                made.append(row)
        return made
