"""Read Part One back from running text: headings, labelled lines, numbered lines."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field

from ..form.model import Form
from ..form.records import Row, SheetRecord
from ..rules.values import squash, strip
from .blocks import Paragraph
from .context import NOT_FILLED
from .outline import Part, Section, outline_of

__all__ = ["PartText"]

_COLON = re.compile("[:：]")
_NUMBER = re.compile(r"\s*(\d+)\s*[、.．]\s*(.*)", re.DOTALL)


@dataclass(slots=True)
class _Read:
    """What a part has told so far: a field's lines, a group's rows."""

    lines: dict[str, list[str]] = field(default_factory=dict)
    rows: dict[str, list[dict[str, str]]] = field(default_factory=dict)
    numbered: set[str] = field(default_factory=set)


class PartText:
    """The parts of a document in running text, fed paragraph by paragraph.

    ``structured``: the source has headings and soft line ends (a .docx), so a
    paragraph that carries no mark of its own goes on with the one before.
    """

    def __init__(self, form: Form) -> None:
        self.form = form
        self.parts = outline_of(form).parts
        self.structured = False
        self._read: dict[str, _Read] = {}
        self._part: Part | None = None
        self._section: Section | None = None

    @property
    def is_open(self) -> bool:
        """A part is being read."""
        return self._part is not None

    def open(self, text: str) -> bool:
        """Begin the part with this title, if there is one."""
        self._part = next((part for part in self.parts if squash(part.title) == squash(text)), None)
        self._section = None
        if self._part is not None:
            self._read.setdefault(self._part.sheet, _Read())
        return self._part is not None

    def close(self) -> None:
        """The part ends."""
        self._part = self._section = None

    def take(self, block: Paragraph) -> bool:
        """Place a paragraph; ``False`` if the part has no place for it."""
        assert self._part is not None
        heading = self._headed(block)
        if heading is not None:
            self._section = heading
            return True
        labelled = self._labelled(block.text)
        if labelled is not None:
            self._section, text = labelled
            self._lines(self._section).append(text)
            return True
        section = self._section
        if section is None:
            return False
        if section.group:
            fields = self.form.groups[section.group].fields
            return self._numbered(section.group, block) if len(fields) == 1 else self._row(section.group, block)
        self._lines(section).append(block.text if self.structured else strip(block.text))
        return True

    def _headed(self, block: Paragraph) -> Section | None:
        assert self._part is not None
        if self.structured and not block.level:
            return None
        for section in self._part.sections:
            if section.heading and squash(section.heading) == squash(block.text):
                return section
        return None

    def _labelled(self, text: str) -> tuple[Section, str] | None:
        assert self._part is not None
        for section in self._part.sections:
            found = _after_label(text, section.label) if section.label else None
            if found is not None:
                return section, found
        return None

    def _lines(self, section: Section) -> list[str]:
        assert self._part is not None
        return self._read[self._part.sheet].lines.setdefault(section.field, [])

    def _numbered(self, group: str, block: Paragraph) -> bool:
        assert self._part is not None
        read = self._read[self._part.sheet]
        rows = read.rows.setdefault(group, [])
        (name,) = self.form.groups[group].fields
        match = _NUMBER.fullmatch(block.text)
        if match and int(match.group(1)) == len(rows) + 1:
            read.numbered.add(group)
            rows.append({name: match.group(2)})
        elif rows and group in read.numbered:
            rows[-1][name] += "\n" + strip(block.text)
        else:
            rows.append({name: block.text})
        return True

    def _row(self, group: str, block: Paragraph) -> bool:
        assert self._part is not None
        rows = self._read[self._part.sheet].rows.setdefault(group, [])
        first, *others = self.form.groups[group].fields
        if not (self.structured and block.level):
            for name in others:
                text = _after_label(block.text, self.form.fields[name].label)
                if text is not None:
                    if not rows or name in rows[-1]:
                        rows.append({})
                    rows[-1][name] = text
                    return True
        if self.structured and not block.level and rows:
            last = list(rows[-1])[-1] if rows[-1] else first
            rows[-1][last] = rows[-1].get(last, "") + "\n" + strip(block.text)
        else:
            rows.append({first: block.text})
        return True

    def records(self) -> list[SheetRecord]:
        """The sheets that were told of, in the form's order."""
        found = [self._record(part) for part in self.parts if part.sheet in self._read]
        return [record for record in found if record.begun]

    def _record(self, part: Part) -> SheetRecord:
        read = self._read[part.sheet]
        record = SheetRecord(part.sheet)
        for name, lines in read.lines.items():
            text = _value("\n".join(lines))
            if text:
                record.raws[name] = text
        for name, rows in read.rows.items():
            made = list(_rows(rows))
            if made:
                record.rows[name] = made
        return record


def _rows(rows: list[dict[str, str]]) -> Iterator[Row]:
    slot = 0
    for values in rows:
        kept = {name: text for name, value in values.items() if (text := _value(value))}
        if kept:
            yield Row(0, slot, dict(kept))
            slot += 1


def _value(text: str) -> str:
    text = strip(text)
    return "" if text == NOT_FILLED else text


def _after_label(text: str, label: str) -> str | None:
    """What follows ``label：``; ``None`` if the text does not begin so."""
    match = _COLON.search(text)
    before, colon, after = text.partition(match.group() if match else "：")
    if not colon or squash(before) != squash(label):
        return None
    return after
