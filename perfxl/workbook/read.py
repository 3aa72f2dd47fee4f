"""Read a returned workbook: values and where they lie, never its formulas' results.

What is wrong becomes a :class:`Fault` with a code of the catalogue; only
:class:`~perfxl.workbook.container.Refusal` is raised, for files of which
nothing can be read.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property

from ..form.model import COVER, Form, Severity
from ..form.records import Book, Row, RowKey, SheetRecord
from ..rules.types import CellError, Raw, shown
from ..rules.values import BLANKS, strip
from .addresses import calculation_title
from .archive import Refusal
from .cells import SheetCells, place_of
from .compiled import cut
from .container import Container
from .layout import Plan, SheetLayout, a1
from .live import META_SHEET
from .overview import CHECKS_TITLE, GUIDE_TITLE
from .places import SheetPlace
from .returned import EXPLANATION_COLUMN, KEY_COLUMN, RETURNED_TITLE, explained_of
from .rowmap import RowMap
from .sheets import Sheets
from .table import SheetTable, Slot, rows_of, table_of
from .tables import tables_of
from .tampering import tampered

__all__ = ["Fault", "Reading", "read_workbook"]

_META_KEYS, _META_VALUES = (tuple(f"{column}{row}" for row in range(1, 61)) for column in "AB")
_RETURNED_ROWS = 5000
_MOST_EDITED = 5
_MOST_FAR = 3
_MOST_BESIDE = 3
_MOST_TEXT = 4_000_000
"""Characters in all entry cells together (99 full projects have some 700 000)."""

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


class _Reader:
    def __init__(self, container: Container, find: FormFinder) -> None:
        self.container = container
        self.sheets = Sheets(container)
        self.faults: list[Fault] = []
        self.read_titles: set[str] = set()
        self.meta = self._meta()
        version = self.meta.get("version", "")
        form_id = self.meta.get("form", "")
        form = find(form_id, int(version) if version.isascii() and version.isdigit() and len(version) < 6 else 0)
        if form is None:
            raise Refusal("I11", form=form_id, version=version)
        self.form = form
        self.plan, self.tables = tables_of(form, self.meta.get("plan", ""))
        self.titles = list(container.sheets)

    def _meta(self) -> dict[str, str]:
        if META_SHEET not in self.container.sheets:
            raise Refusal("I06")
        get = self.sheets.cells(META_SHEET).values.get
        lines = zip(map(get, _META_KEYS), map(get, _META_VALUES), strict=True)
        found = {key: value for key, value in lines if isinstance(key, str) and isinstance(value, str)}
        if found.get("perfxl") != "unit-workbook":
            raise Refusal("I06")
        return found

    def read(self) -> Reading:
        book = Book(cover=SheetRecord(COVER))
        places: list[SheetPlace] = []
        for sheet, table in self.tables.items():
            for ordinal in range(1, self.plan.counts.get(sheet, 1) + 1):
                title = self._title(table.layout, ordinal)
                if title is None:
                    continue
                record = self._sheet(title, table, ordinal, places)
                if sheet == COVER:
                    book.cover = record
                else:
                    book.sheets.append(record)
        self._returned(book)
        self._added()
        self._tampered(book, places)
        self._bounded(book)
        if len(places) != 1 + len(book.sheets):
            places.insert(0, SheetPlace(self.tables[COVER].layout.sheet.title(1)))
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
        if RETURNED_TITLE not in self.container.sheets:
            return
        cells = self.sheets.cells(RETURNED_TITLE)
        records = {(record.sheet, record.ordinal): record for record in book.all()}
        markers = {place_of(address): cells.shown(address) for address in (*cells.values, *cells.results)}
        for (row, column), marker in sorted(markers.items(), key=lambda each: each[0]):
            meant = explained_of(marker) if column == KEY_COLUMN and row < _RETURNED_ROWS else None
            text = cells.values.get(a1(row, EXPLANATION_COLUMN))
            if meant is None or not isinstance(text, str) or not strip(text):
                continue
            record = records.get((meant.sheet, meant.ordinal))
            if record is not None:
                said, more = record.explanations.get(meant.key, ""), strip(text)
                record.explanations[meant.key] = said if more in said else f"{said}；{more}" if said else more

    def _bounded(self, book: Book) -> None:
        """I10 where one long text, which is small in the file, stands in very many cells."""
        if self.sheets.most_text(sum(len(table.entries) for table in self.tables.values())) <= _MOST_TEXT:
            return
        rows = [row.raws for record in book.all() for rows in record.rows.values() for row in rows]
        raws = [record.raws for record in book.all()] + rows
        if sum(len(raw) for each in raws for raw in each.values() if isinstance(raw, str)) > _MOST_TEXT:
            raise Refusal("I10", reason=f"填写的文字超过 {_MOST_TEXT // 10_000} 万字")

    # --- one sheet -------------------------------------------------------------------

    def _sheet(self, title: str, table: SheetTable, ordinal: int, places: list[SheetPlace]) -> SheetRecord:
        self.read_titles.add(title)
        cells = self.sheets.cells(title)
        far, beside = table.astray(cells)
        for cell in far[:_MOST_FAR]:
            self._hint("I09", title, cell=cell)
        self._lost(title, table, ordinal, cells)
        if not table.fits(cells):
            rows = rows_of(table.layout, cells, self._names(title))
            if rows.moved or rows.edited:
                self._complain(title, cells, rows)
            if rows.moved:
                table = table_of(table.layout, rows)
                beside = [] if rows.edited else table.astray(cells)[1]
        if beside:
            more = f" 等 {len(beside)} 处" if len(beside) > _MOST_BESIDE else ""
            self._hint("I35", title, beside[0], cells="、".join(beside[:_MOST_BESIDE]) + more)
        places.append(SheetPlace(title, table.cells, table.places))
        return _SheetReader(self, table, title, cells).read(ordinal)

    def _hint(self, code: str, title: str, cell: str = "", **values: object) -> None:
        if cell and not values:
            values = {"cell": cell}
        self.faults.append(Fault(code=code, severity=Severity.HINT, sheet=title, cell=cell, values=values))

    def _complain(self, title: str, cells: SheetCells, rows: RowMap) -> None:
        if rows.moved:
            self._hint("I16", title)
        for row, column, text in rows.edited[:_MOST_EDITED]:
            cell = a1(max(0, row), column)
            value = cells.shown(cell) if row >= 0 else None
            found = "" if value is None else str(value)[:40]
            values = {"cell": cell, "expected": text, "found": found}
            self.faults.append(Fault(code="I17", sheet=title, cell=cell, value=found, values=values))

    def _lost(self, title: str, table: SheetTable, ordinal: int, cells: SheetCells) -> None:
        """Say which of the live layers another program has dropped."""
        layout = table.layout
        remarks = not (table.remarks.isdisjoint(cells.results) or table.flags.isdisjoint(cells.results))
        layers = {
            "保护": cells.protected,
            "数据验证": cells.validated,
            "颜色提示": cells.coloured,
            "校验公式": remarks and calculation_title(layout.sheet.id, ordinal, self.form) in self.container.sheets,
            "单元格名称": "px_id" in self._names(title),
        }
        if not all(layers.values()):
            self._hint("I18", title, sheet=title, what="、".join(layer for layer, there in layers.items() if not there))

    def _title(self, layout: SheetLayout, ordinal: int) -> str | None:
        """The title of the sheet that is meant: by its name, unless it carries another's marker."""
        expected = layout.sheet.title(ordinal)
        if expected in self.container.sheets:
            marker = self.sheets.cells(expected).shown(a1(0, layout.flags))
            if marker == f"perfxl|{layout.sheet.id}|{ordinal}":
                return expected
            return self._by_marker(layout, ordinal) or expected
        found = self._by_marker(layout, ordinal)
        if found is None:
            self.faults.append(Fault(code="I07", sheet=expected, values={"sheet": expected}))
        return found

    def _by_marker(self, layout: SheetLayout, ordinal: int) -> str | None:
        """The sheet of another name that carries the marker of this one."""
        expected = layout.sheet.title(ordinal)
        for title in self.markers.get(f"perfxl|{layout.sheet.id}|{ordinal}", ()):
            if title != expected:
                self._hint("I08", title, sheet=expected, found=title)
                return title
        return None

    @cached_property
    def markers(self) -> dict[str, list[str]]:
        """The visible sheets by the marker in their first row."""
        found: dict[str, list[str]] = {}
        for title, part in self.container.sheets.items():
            if title.startswith("_") or not self.container.has(part):
                continue
            for address, value in self.sheets.cells(title).values.items():
                if isinstance(value, str) and value.startswith("perfxl|") and place_of(address)[0] == 0:
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
        """Locked cells that are no labels: formulas and help texts.

        A workbook that no program has saved again holds what was built into it; to
        compare its formulas would take longer than all the rest.
        """
        if self.container.as_built:
            return
        titles = {(record.sheet, record.ordinal): place.title for record, place in zip(book.all(), places, strict=False)}
        moved = {fault.sheet for fault in self.faults if fault.code == "I16"}
        found = tampered(self.sheets, self.meta, self.form, self.plan, titles=titles, moved=moved)
        for each in found:
            fault = Fault(code=each.code, severity=Severity.HINT, sheet=each.sheet, cell=each.cell, values=each.values)
            self.faults.append(fault)

    def _names(self, title: str) -> Mapping[str, str]:
        return self.container.names_of(self.titles.index(title))


class _SheetReader:
    """Takes the values of one sheet from its cells."""

    def __init__(self, reader: _Reader, table: SheetTable, title: str, cells: SheetCells) -> None:
        self.form = reader.form
        self.faults = reader.faults
        self.table = table
        self.title = title
        self.cells = cells
        # Formulas in entry cells: their results count as typed, with a hint.
        self.formulas = table.entries & cells.results.keys()

    def read(self, ordinal: int) -> SheetRecord:
        table = self.table
        record = SheetRecord(table.layout.sheet.id, ordinal, self._raws(*table.singles))
        for group, slots in table.groups.items():
            if cut is not None and not self.formulas:
                rows = list(map(Row._make, cut.rows(self.cells.values, slots, BLANKS)))
            else:
                rows = list(self._rows(slots))
            if rows:
                record.rows[group] = rows
        cells = self.cells
        if not (cells.values.keys().isdisjoint(table.explanations) and cells.results.keys().isdisjoint(table.explanations)):
            record.explanations = dict(self._explanations())
        return record

    def _rows(self, slots: tuple[Slot, ...]) -> Iterator[Row]:
        get, apart = self.cells.values.get, self.cells.values.keys().isdisjoint
        for key, names, addresses in slots:
            if self.formulas:
                raws = self._raws(names, addresses)
            elif apart(addresses):
                continue
            else:
                raws = dict(zip(names, map(get, addresses), strict=True))
            if _begun(raws):
                yield Row(key.block, key.slot, raws)

    def _explanations(self) -> Iterator[tuple[RowKey, str]]:
        for address, key in self.table.explanations.items():
            value = self.cells.shown(address)
            # Live, a number or a formula's result counts as text here; so it does in the batch.
            text = strip(value if isinstance(value, str) else "" if isinstance(value, CellError) else shown(value))
            if text:
                yield key, text

    def _raws(self, names: tuple[str, ...], addresses: tuple[str, ...]) -> dict[str, Raw]:
        if not self.formulas:
            return dict(zip(names, map(self.cells.values.get, addresses), strict=True))
        for name, address in zip(names, addresses, strict=True):
            if address in self.formulas:
                self._formula(name, address)
        return {name: self.cells.shown(address) for name, address in zip(names, addresses, strict=True)}

    def _formula(self, name: str, address: str) -> None:
        value = self.cells.shown(address)
        said = "" if value is None else str(value)[:40]
        fault = Fault(code="I12", severity=Severity.HINT, sheet=self.title, cell=address, field=name, value=said)
        self.faults.append(fault)


def _begun(raws: Mapping[str, Raw]) -> bool:
    for raw in raws.values():  # noqa: SIM110 - a generator takes three times as long
        if strip(raw) if isinstance(raw, str) else raw is not None:
            return True
    return False
