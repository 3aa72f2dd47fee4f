"""Move what an older version of a form held into a newer one, by the renames that the newer one declares.

Everything keeps its place by name; ``[[migration]]`` in the newer form says what
is called otherwise.  What has no new place is listed, never dropped in silence.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

from ..errors import PerfxlError
from ..form.library import form_version
from ..form.model import COVER, Form, Renames
from ..form.records import Book, Row, RowKey, SheetRecord
from ..rules.types import Raw, is_blank, shown
from ..workbook.layout import SheetLayout, layout_of, plan_of
from ..workbook.returned import Place

__all__ = ["Lost", "Moved", "migrated"]

FormFinder = Callable[[str, int], Form]


@dataclass(frozen=True, slots=True, kw_only=True)
class Lost:
    """A value without a place in the newer version: where it stood, what it was called there, what it was."""

    place: Place
    label: str
    value: str


@dataclass(slots=True)
class Moved:
    """A book in the newer version; ``places`` leads from old places to new ones."""

    book: Book
    places: dict[Place, Place] = field(default_factory=dict)
    lost: list[Lost] = field(default_factory=list)


def migrated(book: Book, old: Form, new: Form, find: FormFinder = form_version) -> Moved:
    """The book in a newer version of its form, version by version where the declarations go so.

    ``find`` gives the versions between.  F30 where a declaration names what the older version does not have.
    """
    declared = {each.since: each for each in new.renames}
    since = max((each for each in declared if each > old.version), default=old.version)
    if old.version in declared or since == old.version:
        return _Step(old, new, declared.get(old.version) or _NONE).move(book)
    between = find(new.id, since)
    first = migrated(book, old, between, find)
    last = _Step(between, new, declared[since]).move(first.book)
    back = {new_place: old_place for old_place, new_place in first.places.items()}
    later = (Lost(place=back.get(each.place, each.place), label=each.label, value=each.value) for each in last.lost)
    places = {place: last.places[via] for place, via in first.places.items() if via in last.places}
    return Moved(book=last.book, places=places, lost=[*first.lost, *later])


_NONE = Renames(since=0, sheets={}, fields={}, groups={}, levels={})


class _Step:
    """From one version to the next."""

    def __init__(self, old: Form, new: Form, renames: Renames) -> None:
        levels = {block.level2: None for group in old.groups.values() for block in group.blocks}
        known: dict[str, Mapping[str, object]] = {
            "sheets": old.sheets, "fields": old.fields, "groups": old.groups, "levels": levels
        }  # fmt: skip
        for what, names in known.items():
            for name in getattr(renames, what):
                if name not in names:
                    raise PerfxlError("F30", place=f"migration.{what}", name=name, version=old.version)
        self.old, self.new, self.renames = old, new, renames
        self.old_layouts = layout_of(old, plan_of(old, projects=1))
        self.new_layouts = layout_of(new, plan_of(new, projects=1))

    def move(self, book: Book) -> Moved:
        moved = Moved(Book(SheetRecord(COVER)))
        records = {(COVER, 1): moved.book.cover}
        for record in book.all():
            self._sheet(record, moved, records)
        order = list(self.new.sheets)
        sheets = (each for place, each in records.items() if place[0] != COVER)
        moved.book.sheets = sorted(sheets, key=lambda each: (order.index(each.sheet), each.ordinal))
        return moved

    def _target(self, name: str, record: SheetRecord) -> tuple[str, int] | None:
        """The sheet and ordinal to which an entry field of the newer version goes, ``None`` if there is no way."""
        meant = self.new.fields.get(name)
        if meant is None or not meant.is_entry:
            return None
        if meant.sheet == self._sheet_name(record.sheet):
            return meant.sheet, record.ordinal
        pair = ((self.old, record.sheet), (self.new, meant.sheet))
        repeats = any(form.sheets[sheet].repeats for form, sheet in pair if sheet != COVER)
        return None if repeats else (meant.sheet, 1)

    def _sheet_name(self, sheet: str) -> str:
        if sheet == COVER:
            return COVER
        name = self.renames.sheets.get(sheet, sheet)
        if name in self.new.sheets:
            return name
        # The sheet that repeats is the projects', whatever it is called.
        return self.new.project_sheet.id if self.old.sheets[sheet].repeats else name

    def _sheet(self, record: SheetRecord, moved: Moved, records: dict[tuple[str, int], SheetRecord]) -> None:
        def target(sheet: str, ordinal: int) -> SheetRecord:
            return records.setdefault((sheet, ordinal), SheetRecord(sheet, ordinal))

        rows: dict[RowKey, tuple[SheetRecord, RowKey]] = {}
        for name, raw in record.raws.items():
            new_name = self.renames.fields.get(name, name)
            at = self._target(new_name, record)
            place = Place(record.sheet, record.ordinal, name)
            if at is None or self.new.fields[new_name].group:
                self._lose(moved, place, name, raw)
                continue
            target(*at).raws[new_name] = raw
            moved.places[place] = Place(*at, new_name)
            old_key, new_key = self._key(self.old_layouts, record.sheet, name), self._key(self.new_layouts, at[0], new_name)
            rows.setdefault(old_key, (target(*at), new_key))
        for group, found in record.rows.items():
            for row in found:
                self._row(record, group, row, moved, records, rows)
        for key, text in record.explanations.items():
            if key in rows:
                into, new_key = rows[key]
                said = into.explanations.get(new_key, "")
                into.explanations[new_key] = f"{said}；{text}" if said else text
            elif key.group and (block := self._block(key.group, group := self._group_name(key.group), key.block)) is not None:
                target(self.new.groups[group].sheet, record.ordinal).explanations[RowKey(group, block, key.slot)] = text
            else:
                self._lose(moved, Place(record.sheet, record.ordinal, ""), "", text)

    def _row(
        self,
        record: SheetRecord,
        group: str,
        row: Row,
        moved: Moved,
        records: dict[tuple[str, int], SheetRecord],
        rows: dict[RowKey, tuple[SheetRecord, RowKey]],
    ) -> None:
        new_group = self._group_name(group)
        block = self._block(group, new_group, row.block)
        raws: dict[str, Raw] = {}
        sheet = self.new.groups[new_group].sheet if new_group in self.new.groups else ""
        into = records.setdefault((sheet, record.ordinal), SheetRecord(sheet, record.ordinal)) if block is not None else None
        slot = sum(each.block == block for each in into.rows.get(new_group, ())) if into else 0
        if into is not None and not any(each.block == block and each.slot >= row.slot for each in into.rows.get(new_group, ())):
            slot = max(slot, row.slot)
        for name, raw in row.raws.items():
            new_name = self.renames.fields.get(name, name)
            place = Place(record.sheet, record.ordinal, name, row.block, row.slot)
            meant = self.new.fields.get(new_name)
            if into is None or block is None or meant is None or meant.group != new_group or not meant.is_entry:
                self._lose(moved, place, name, raw)
                continue
            raws[new_name] = raw
            moved.places[place] = Place(sheet, record.ordinal, new_name, block, slot)
        made = Row(block or 0, slot, raws)
        if into is not None and made.begun:
            into.rows.setdefault(new_group, []).append(made)
            into.rows[new_group].sort(key=lambda each: (each.block, each.slot))
            rows[RowKey(group, row.block, row.slot)] = (into, RowKey(new_group, made.block, slot))

    def _group_name(self, group: str) -> str:
        return self.renames.groups.get(group, group)

    def _block(self, group: str, new_group: str, number: int) -> int | None:
        """The block of the same level 2, ``None`` if there is none."""
        found = self.new.groups.get(new_group)
        if found is None or found.sheet != self._sheet_name(self.old.groups[group].sheet):
            return None
        level = self.old.groups[group].blocks[number].level2
        wanted = self.renames.levels.get(level, level)
        return next((at for at, block in enumerate(found.blocks) if block.level2 == wanted), None)

    @staticmethod
    def _key(layouts: Mapping[str, SheetLayout], sheet: str, name: str) -> RowKey:
        layout = layouts[sheet]
        return layout.keys[layout.singles[name].row]

    def _lose(self, moved: Moved, place: Place, name: str, raw: Raw) -> None:
        if is_blank(raw):
            return
        label = self.old.fields[name].label if name in self.old.fields else "审核说明"
        moved.lost.append(Lost(place=place, label=label, value=raw if isinstance(raw, str) else shown(raw)))
