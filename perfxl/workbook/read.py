"""Read a returned workbook: values and where they lie, never its formulas' results.

What is wrong becomes a :class:`Fault` with a code of the catalogue; only
:class:`~perfxl.workbook.container.Refusal` is raised, for files of which
nothing can be read.
"""

from __future__ import annotations

import dataclasses
import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property

from ..form.model import COVER, Form, Severity
from ..form.records import Book, Row, RowKey, SheetRecord
from ..rules.types import CellError, Raw, shown
from ..rules.values import strip
from .addresses import calculation_title
from .cells import SheetCells, read_cells, read_shared
from .container import Container, Refusal
from .layout import Plan, SheetLayout, a1, plan_of
from .live import META_SHEET
from .overview import CHECKS_TITLE, GUIDE_TITLE
from .places import SheetPlace
from .returned import EXPLANATION_COLUMN, KEY_COLUMN, RETURNED_TITLE, explained_of
from .rowmap import RowMap, find_rows
from .tampering import tampered
from .write import live_plan

__all__ = ["Fault", "Reading", "read_workbook"]

_META_ROWS, _META_COLUMNS = 60, 2
_MOST_INSERTED = 500
_RETURNED_ROWS = 5000
_MOST_EDITED = 5
_WIDEST = 60

FormFinder = Callable[[str, int], Form | None]


@dataclass(frozen=True, slots=True, kw_only=True)
class Fault:
    """Something wrong with the file itself; ``values`` fill the catalogue's message."""

    code: str
    severity: Severity = Severity.ERROR
    sheet: str = ""
    cell: str = ""
    field: str = ""
    value: str = ""
    values: Mapping[str, object] = dataclasses.field(default_factory=dict)


@dataclass(slots=True, kw_only=True)
class Reading:
    """What a workbook holds; ``places`` runs parallel to ``book.all()``.

    ``reissued``: it had been sent back, with a list of what was wrong.
    """

    form: Form
    plan: Plan
    meta: dict[str, str]
    book: Book
    places: list[SheetPlace]
    faults: list[Fault]
    modified: str
    reissued: bool


def read_workbook(data: bytes, find: FormFinder) -> Reading:
    """Read a unit's workbook from its bytes.

    ``find`` gives the form for an id and version, ``None`` if unknown.  Raises
    Refusal: I01–I05, I10 unreadable, I06 or I11 not a workbook of a known form.
    """
    return _Reader(Container(data), find).read()


def plan_from(text: str, form: Form) -> Plan:
    """The plan that a workbook was built by; Refusal I06 where it is none."""
    try:
        content = json.loads(text)
        counts = {str(name): int(count) for name, count in content["counts"].items()}
        slots = {(str(group), int(block)): int(count) for group, block, count in content["slots"]}
    except (ValueError, KeyError, TypeError, AttributeError, OverflowError):
        raise Refusal("I06") from None
    within = all(0 <= count <= 999 for count in counts.values()) and all(1 <= count <= 999 for count in slots.values())
    known = counts.keys() == form.sheets.keys() and slots.keys() == plan_of(form).slots.keys()
    if not within or not known:
        raise Refusal("I06")
    return Plan(counts=counts, slots=slots)


class _Reader:
    def __init__(self, container: Container, find: FormFinder) -> None:
        self.container = container
        self.faults: list[Fault] = []
        self.read_titles: set[str] = set()
        self.shared = self._shared()
        self.meta = self._meta()
        version = self.meta.get("version", "")
        form_id = self.meta.get("form", "")
        form = find(form_id, int(version) if version.isascii() and version.isdigit() and len(version) < 6 else 0)
        if form is None:
            raise Refusal("I11", form=form_id, version=version)
        self.form = form
        self.plan = plan_from(self.meta.get("plan", ""), form)
        self.layouts = live_plan(form, self.plan).layouts
        self.titles = list(container.sheets)

    def _shared(self) -> list[str]:
        part = self.container.shared_part
        return read_shared(self.container.part(part), part) if part and self.container.has(part) else []

    def _meta(self) -> dict[str, str]:
        part = self.container.sheets.get(META_SHEET)
        if part is None:
            raise Refusal("I06")
        cells = read_cells(self.container.part(part), self.shared, part, rows=_META_ROWS, columns=_META_COLUMNS)
        found: dict[str, str] = {}
        for row in range(_META_ROWS):
            key, value = cells.values.get((row, 0)), cells.values.get((row, 1))
            if isinstance(key, str) and isinstance(value, str):
                found[key] = value
        if found.get("perfxl") != "unit-workbook":
            raise Refusal("I06")
        return found

    def read(self) -> Reading:
        book = Book(cover=SheetRecord(COVER))
        places: list[SheetPlace] = []
        for sheet, layout in self.layouts.items():
            for ordinal in range(1, self.plan.counts.get(sheet, 1) + 1):
                record, place = self._sheet(sheet, layout, ordinal)
                if record is None or place is None:
                    continue
                places.append(place)
                if sheet == COVER:
                    book.cover = record
                else:
                    book.sheets.append(record)
        self._returned(book)
        self._added()
        self._tampered(book, places)
        if len(places) != 1 + len(book.sheets):
            places.insert(0, SheetPlace(self.layouts[COVER].sheet.title(1)))
        return Reading(
            form=self.form,
            plan=self.plan,
            meta=self.meta,
            book=book,
            places=places,
            faults=self.faults,
            modified=self.container.modified(),
            reissued=RETURNED_TITLE in self.container.sheets,
        )

    def _returned(self, book: Book) -> None:
        """Explanations typed into 退回意见 join those beside the rows that they belong to."""
        part = self.container.sheets.get(RETURNED_TITLE)
        if part is None:
            return
        cells = read_cells(self.container.part(part), self.shared, part, rows=_RETURNED_ROWS, columns=KEY_COLUMN + 1)
        records = {(record.sheet, record.ordinal): record for record in book.all()}
        for (row, column), marker in sorted(cells.values.items()):
            meant = explained_of(marker) if column == KEY_COLUMN else None
            text = cells.values.get((row, EXPLANATION_COLUMN))
            if meant is None or not isinstance(text, str) or not strip(text) or (row, EXPLANATION_COLUMN) in cells.formulas:
                continue
            record = records.get((meant.sheet, meant.ordinal))
            if record is not None:
                said, more = record.explanations.get(meant.key, ""), strip(text)
                record.explanations[meant.key] = said if more in said else f"{said}；{more}" if said else more

    # --- one sheet -------------------------------------------------------------------

    def _sheet(self, sheet: str, layout: SheetLayout, ordinal: int) -> tuple[SheetRecord | None, SheetPlace | None]:
        title = self._title(layout, sheet, ordinal)
        if title is None:
            expected = layout.sheet.title(ordinal)
            self.faults.append(Fault(code="I07", sheet=expected, values={"sheet": expected}))
            return None, None
        part = self.container.sheets[title]
        bounds = {"rows": layout.rows + _MOST_INSERTED, "columns": layout.flags + 1}
        content = self.container.part(part)
        cells = read_cells(content, self.shared, part, **bounds)
        swapped = self._swapped(title, layout, ordinal, cells)
        if swapped is not None:
            title = swapped
            part = self.container.sheets[title]
            content = self.container.part(part)
            cells = read_cells(content, self.shared, part, **bounds)
        self.read_titles.add(title)
        for far in cells.far:
            self.faults.append(Fault(code="I09", severity=Severity.HINT, sheet=title, cell=far, values={"cell": far}))
        names = self._names(title)
        self._lost(title, layout, ordinal, content, cells, names)
        return _SheetReader(self, layout, title, cells, find_rows(layout, cells.values, names)).read(ordinal)

    def _lost(
        self, title: str, layout: SheetLayout, ordinal: int, content: bytes, cells: SheetCells, names: Mapping[str, str]
    ) -> None:
        """Say which of the live layers another program has dropped."""
        remarks = {column for _, column in cells.formulas} >= {layout.remark, layout.flags}
        layers = {
            "保护": b"sheetProtection" in content,
            "数据验证": b"dataValidation " in content,
            "颜色提示": b"conditionalFormatting" in content,
            "校验公式": remarks and calculation_title(layout.sheet.id, ordinal, self.form) in self.container.sheets,
            "单元格名称": "px_id" in names,
        }
        lost = "、".join(layer for layer, there in layers.items() if not there)
        if lost:
            values = {"sheet": title, "what": lost}
            self.faults.append(Fault(code="I18", severity=Severity.HINT, sheet=title, values=values))

    def _title(self, layout: SheetLayout, sheet: str, ordinal: int) -> str | None:
        expected = layout.sheet.title(ordinal)
        if expected in self.container.sheets:
            return expected
        return self._by_marker(layout, ordinal)

    def _by_marker(self, layout: SheetLayout, ordinal: int) -> str | None:
        """The sheet of another name that carries the marker of this one."""
        expected = layout.sheet.title(ordinal)
        for title in self.markers.get(f"perfxl|{layout.sheet.id}|{ordinal}", ()):
            if title != expected:
                values = {"sheet": expected, "found": title}
                self.faults.append(Fault(code="I08", severity=Severity.HINT, sheet=title, values=values))
                return title
        return None

    def _swapped(self, title: str, layout: SheetLayout, ordinal: int, cells: SheetCells) -> str | None:
        """The sheet to read instead, where the one of this name carries another's marker."""
        if cells.values.get((0, layout.flags)) == f"perfxl|{layout.sheet.id}|{ordinal}":
            return None
        return self._by_marker(layout, ordinal) if title == layout.sheet.title(ordinal) else None

    @cached_property
    def markers(self) -> dict[str, list[str]]:
        """The visible sheets by the marker in their first row."""
        found: dict[str, list[str]] = {}
        for title, part in self.container.sheets.items():
            if title.startswith("_") or not self.container.has(part):
                continue
            first = read_cells(self.container.part(part), self.shared, part, rows=1, columns=_WIDEST)
            for value in first.values.values():
                if isinstance(value, str) and value.startswith("perfxl|"):
                    found.setdefault(value, []).append(title)
        return found

    def _added(self) -> None:
        """Sheets that someone added: a copy of a form's sheet is not read, so it is an error."""
        known = {*self.read_titles, CHECKS_TITLE, GUIDE_TITLE, RETURNED_TITLE}
        added = [title for title in self.titles if title not in known and not title.startswith("_")]
        if not added:
            return
        copies = {title for titles in self.markers.values() for title in titles}
        for title in added:
            severity = Severity.ERROR if title in copies else Severity.HINT
            self.faults.append(Fault(code="I19", severity=severity, sheet=title, values={"sheet": title}))

    def _tampered(self, book: Book, places: Sequence[SheetPlace]) -> None:
        """Locked cells that are no labels: formulas and help texts."""
        titles = {(record.sheet, record.ordinal): place.title for record, place in zip(book.all(), places, strict=False)}
        moved = {fault.sheet for fault in self.faults if fault.code == "I16"}
        found = tampered(self.container, self.meta, self.form, self.plan, titles=titles, moved=moved, texts=self.shared)
        for each in found:
            fault = Fault(code=each.code, severity=Severity.HINT, sheet=each.sheet, cell=each.cell, values=each.values)
            self.faults.append(fault)

    def _names(self, title: str) -> dict[str, str]:
        index = self.titles.index(title)
        return {name: text for name, local, text in self.container.names if local == index}


class _SheetReader:
    """Takes the values of one sheet from its cells."""

    def __init__(self, reader: _Reader, layout: SheetLayout, title: str, cells: SheetCells, rows: RowMap) -> None:
        self.form = reader.form
        self.faults = reader.faults
        self.layout = layout
        self.title = title
        self.cells = cells
        self.rows = rows
        self.place = SheetPlace(title)

    def read(self, ordinal: int) -> tuple[SheetRecord, SheetPlace]:
        self._complain()
        record = SheetRecord(self.layout.sheet.id, ordinal)
        for name, area in self.layout.singles.items():
            if self.form.fields[name].is_entry:
                row = self.rows.row(area.row)
                self.place.cells[name] = a1(row, area.column)
                record.raws[name] = self._value(row, area.column, name)
        for grid_row, layout_row in enumerate(self.layout.row_at):
            key = self.layout.keys.get(layout_row)
            if key == RowKey("", 0, grid_row) and layout_row in self.layout.explained_rows:
                self._explanation(record, key, self.rows.row(layout_row))
        for group in self.layout.sheet.groups:
            self._group(record, group)
        return record, self.place

    def _complain(self) -> None:
        if self.rows.moved:
            self.faults.append(Fault(code="I16", severity=Severity.HINT, sheet=self.title))
        for row, column, text in self.rows.edited[:_MOST_EDITED]:
            value = self.cells.values.get((row, column))
            found = "" if value is None else str(value)[:40]
            cell = a1(max(0, row), column)
            values = {"cell": cell, "expected": text, "found": found}
            self.faults.append(Fault(code="I17", sheet=self.title, cell=cell, value=found, values=values))

    def _value(self, row: int, column: int, name: str) -> Raw:
        value = self.cells.values.get((row, column))
        if (row, column) in self.cells.formulas:
            cell = a1(row, column)
            shown = "" if value is None else str(value)[:40]
            fault = Fault(
                code="I12", severity=Severity.HINT, sheet=self.title, cell=cell, field=name, value=shown
            )
            self.faults.append(fault)
        return value

    def _explanation(self, record: SheetRecord, key: RowKey, row: int) -> None:
        value = self.cells.values.get((row, self.layout.explanation))
        # Live, a number or a formula's result counts as text here; so it does in the batch.
        text = "" if value is None or isinstance(value, CellError) else value if isinstance(value, str) else shown(value)
        if strip(text):
            record.explanations[key] = strip(text)

    def _group(self, record: SheetRecord, group: str) -> None:
        found: list[Row] = []
        names = self.form.groups[group].fields
        explained = self.layout.group_rows(group)[0] in self.layout.explained_rows
        for block in range(len(self.layout.blocks(group))):
            first, count = self.rows.blocks[group, block]
            for slot in range(count):
                places = {name: (first + slot, self.layout.in_rows[name].column) for name in names}
                self.place.rows[group, block, slot] = {name: a1(*place) for name, place in places.items()}
                row = Row(block, slot, {name: self._value(*place, name) for name, place in places.items()})
                if row.begun:
                    found.append(row)
                if explained:
                    self._explanation(record, RowKey(group, block, slot), first + slot)
        if found:
            record.rows[group] = found
