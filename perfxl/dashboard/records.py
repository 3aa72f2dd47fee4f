"""What the page shows beyond figures: files, projects, their rows, findings, the tables as printed."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

from ..consolidate.content import Project
from ..consolidate.sheets.columns import cover_fields, group_fields, project_fields
from ..consolidate.states import WINNING, Judged
from ..form.evaluate import computed_values
from ..form.model import COVER, Field, Form, Mark, Severity, Sheet
from ..form.records import Book, SheetRecord, data_number, data_text, money_micro
from ..rules.types import Raw, is_blank
from ..rules.types import shown as shown_raw
from .board import Board, day_of
from .columns import Cell, Pool, exact, shown, table

__all__ = ["Records", "records_of", "sheets_of"]

BookOf = Callable[[str], Book | None]
"""From the SHA-256 of a content to everything in it."""

_NUMBERS = ("money", "percent", "number")


@dataclass(frozen=True, kw_only=True)
class Records:
    """Every file, and the projects of files that could win, in official order."""

    board: Board
    files: tuple[Judged, ...]
    projects: tuple[tuple[Judged, Project], ...]
    book_of: BookOf

    @property
    def form(self) -> Form:
        """The form of the round."""
        return self.board.dataset.form

    def rest(self, pool: Pool) -> dict[str, object]:
        """Everything that the lists and the drill-down show."""
        numbers = {judged.content.file: number for number, judged in enumerate(self.files)}
        return {
            "files": self._files(pool),
            "projects": self._projects(pool, numbers),
            "rows": self._rows(pool),
            "findings": self._findings(pool, numbers),
            "parts": list(self._parts(numbers)),
        }

    def _files(self, pool: Pool) -> dict[str, object]:
        contents = [judged.content for judged in self.files]
        texts = {
            "name": [each.file for each in contents],
            "sha": [each.sha256[:12] for each in contents],
            "state": [judged.state.value for judged in self.files],
            "reason": [judged.reason for judged in self.files],
            "code": [each.unit_code for each in contents],
            "unit": [each.unit_name for each in contents],
            "day": [day_of(each.when) for each in contents],
        }
        for each in cover_fields(self.form):
            texts[f"cover.{each.name}"] = [shown(each, content.cover.get(each.name)) for content in contents]
        read = [each.form is not None for each in contents]
        numbers: dict[str, list[Cell]] = {
            "index": [self.board.unit_of_file.get(each.file, -1) for each in contents],
            "forced": [int(judged.forced) for judged in self.files],
            "projects": [len(each.projects) if ok else None for each, ok in zip(contents, read, strict=True)],
            "money": [exact(each.budget) if ok else None for each, ok in zip(contents, read, strict=True)],
            "errors": [each.errors for each in contents],
            "open": [each.open_hints for each in contents],
            "explained": [each.explained_hints for each in contents],
        }
        return table(pool, len(contents), texts=texts, numbers=numbers)

    def _projects(self, pool: Pool, files: dict[str, int]) -> dict[str, object]:
        fields = project_fields(self.form)
        rows = self.projects
        texts = {
            "sheet": [project.sheet for _, project in rows],
            "cell": [project.cell for _, project in rows],
            "cells": [",".join(project.cells.get(each.name, "") for each in fields) for _, project in rows],
            "code": [project.code for _, project in rows],
            "name": [project.name for _, project in rows],
        }
        for each in fields:
            texts[f"v.{each.name}"] = [shown(each, project.values.get(each.name)) for _, project in rows]
        computed = [
            each.name for each in self.form.fields.values() if each.sheet == self.form.project_sheet.id and not each.is_entry
        ]
        made = list(self._computed())
        for name in computed:
            texts[f"v.{name}"] = [values.get(name, "") for values in made]
        numbers: dict[str, list[Cell]] = {
            "file": [files[judged.content.file] for judged, _ in rows],
            "unit": [self.board.unit_of_file.get(judged.content.file, -1) for judged, _ in rows],
            "counts": [int(judged.state.counts) for judged, _ in rows],
            "money": [exact(project.budget) for _, project in rows],
            "rows": [len(project.indicators) for _, project in rows],
        }
        for each in fields:
            if each.type_name in _NUMBERS:
                numbers[f"n.{each.name}"] = [_number(project.values.get(each.name)) for _, project in rows]
        return table(pool, len(rows), texts=texts, numbers=numbers)

    def _computed(self) -> Iterator[dict[str, str]]:
        """The computed fields of each project, "" where the store has lost the book."""
        sha256, book, by_ordinal = "", None, dict[int, SheetRecord]()
        for judged, project in self.projects:
            if judged.content.sha256 != sha256:
                sha256 = judged.content.sha256
                book = self.book_of(sha256)
                by_ordinal = {each.ordinal: each for each in book.projects(self.form)} if book else {}
            record = by_ordinal.get(project.ordinal)
            yield computed_values(self.form, book, record) if book and record else {}

    def _rows(self, pool: Pool) -> dict[str, object]:
        names = {name: number for number, name in enumerate(self.form.project_sheet.groups)}
        rows = [(number, row) for number, (_, project) in enumerate(self.projects) for row in project.indicators]
        texts = {"cell": [row.cell for _, row in rows]}
        for each in group_fields(self.form):
            texts[f"v.{each.name}"] = [
                shown(each, row.values.get(each.name)) if row.group == each.group else "" for _, row in rows
            ]
        numbers: dict[str, list[Cell]] = {
            "project": [number for number, _ in rows],
            "group": [names[row.group] for _, row in rows],
            "block": [row.block for _, row in rows],
            "slot": [row.slot for _, row in rows],
        }
        for each in group_fields(self.form):
            if each.type_name in _NUMBERS:
                numbers[f"n.{each.name}"] = [_number(row.values.get(each.name)) for _, row in rows]
        return table(pool, len(rows), texts=texts, numbers=numbers)

    def _findings(self, pool: Pool, files: dict[str, int]) -> dict[str, object]:
        dataset = self.board.dataset
        places = {(judged.content.file, project.sheet): number for number, (judged, project) in enumerate(self.projects)}
        rows = dataset.findings
        found = [row.finding for row in rows]
        texts = {
            "rule": [each.rule for each in found],
            "sheet": [each.sheet for each in found],
            "cell": [each.cell for each in found],
            "field": [_label(self.form, each.field) for each in found],
            "value": [each.value for each in found],
            "message": [each.message for each in found],
            "explanation": [each.explanation for each in found],
            "opinion": [dataset.opinion(row) for row in rows],
        }
        numbers: dict[str, list[Cell]] = {
            "file": [files[row.file.content.file] for row in rows],
            "unit": [self.board.unit_of_file.get(row.file.content.file, -1) for row in rows],
            "project": [places.get((row.file.content.file, row.finding.sheet), -1) for row in rows],
            "error": [int(each.severity is Severity.ERROR) for each in found],
            "explained": [int(each.explained) for each in found],
        }
        return table(pool, len(rows), texts=texts, numbers=numbers)

    def _parts(self, files: dict[str, int]) -> Iterator[dict[str, object]]:
        """Begun sheets that are not projects (第一部分), as values by field."""
        sheets = [sheet for sheet in self.form.sheets.values() if not sheet.repeats]
        if not sheets:
            return
        for judged in self.files:
            if judged.state not in WINNING:
                continue
            book = self.book_of(judged.content.sha256)
            for record in book.sheets if book else ():
                if record.begun and any(sheet.id == record.sheet for sheet in sheets):
                    assert book is not None
                    yield {
                        "file": files[judged.content.file],
                        "unit": self.board.unit_of_file.get(judged.content.file, -1),
                        "sheet": record.sheet,
                        "title": self.form.sheets[record.sheet].title(record.ordinal),
                        **_values(self.form, book, record),
                    }


def _number(value: object) -> Cell:
    if isinstance(value, int):
        return exact(value)
    return value if isinstance(value, float) else None


def _label(form: Form, name: str) -> str:
    found = form.fields.get(name)
    return found.label if found else name


def records_of(board: Board, book_of: BookOf) -> Records:
    """The records of a board, in official order: department, unit, project code."""

    def order(row: tuple[Judged, Project]) -> tuple[object, ...]:
        content, project = row[0].content, row[1]
        return (
            not content.unit_code,
            content.department,
            content.unit_code,
            content.file,
            not project.code,
            project.code,
            project.ordinal,
        )

    files = board.dataset.official
    rows = [(judged, project) for judged in files if judged.state in WINNING for project in judged.content.projects]
    return Records(board=board, files=files, projects=tuple(sorted(rows, key=order)), book_of=book_of)


# --- values of sheets that are no projects --------------------------------------------


def _values(form: Form, book: Book, record: SheetRecord) -> dict[str, object]:
    values = {
        each.name: _raw_text(each, record.raws.get(each.name)) for each in form.entry_fields(record.sheet) if not each.group
    }
    rows = {
        name: [
            [
                row.block,
                row.slot,
                {field: _raw_text(form.fields[field], row.raws.get(field)) for field in form.groups[name].fields},
            ]
            for row in record.rows.get(name, ())
            if row.begun
        ]
        for name in form.sheets[record.sheet].groups
    }
    return {"values": {**values, **computed_values(form, book, record)}, "rows": rows}


def _raw_text(field: Field, raw: Raw) -> str:
    if is_blank(raw):
        return ""
    if field.type_name == "money":
        micro = money_micro(field, raw)
        return shown_raw(raw) if micro is None else shown(field, micro)
    if field.type_name in ("percent", "number"):
        number = data_number(field, raw)
        return shown_raw(raw) if number is None else shown(field, number)
    return data_text(field, raw) or shown_raw(raw)


# --- the form's own picture ---------------------------------------------------------


def sheets_of(form: Form) -> list[dict[str, object]]:
    """Every sheet of the form as a grid that the page can draw."""
    return [_sheet(form, sheet) for sheet in form.sheets.values() if sheet.id != COVER]


def _sheet(form: Form, sheet: Sheet) -> dict[str, object]:
    ordered = project_fields(form) if sheet.repeats else tuple(each for each in form.entry_fields(sheet.id) if not each.group)
    computed = [each for each in map(form.fields.__getitem__, sheet.fields) if not each.is_entry and not each.group]
    return {
        "id": sheet.id,
        "repeats": sheet.repeats,
        "rows": sheet.grid.rows,
        "widths": list(sheet.widths),
        "cells": [[cell.row, cell.column, cell.rows, cell.columns, cell.mark.value, cell.text] for cell in sheet.grid.cells],
        "fields": [{**_field(each), "beside": each.beside, "entry": each.is_entry} for each in (*ordered, *computed)],
        "groups": [_group(form, sheet, name) for name in sheet.groups],
    }


def _field(each: Field) -> dict[str, str]:
    return {"name": each.name, "label": each.label, "type": each.type_name, "align": each.align}


def _group(form: Form, sheet: Sheet, name: str) -> dict[str, object]:
    group = form.groups[name]
    fields = [form.fields[each] for each in group.fields]
    return {
        "name": name,
        "label": group.label,
        "row": group.row,
        "fields": [_field(each) for each in fields],
        "offsets": _offsets(sheet, group.row, fields),
        "blocks": [[block.level1, block.level2] for block in group.blocks],
    }


def _offsets(sheet: Sheet, row: int, fields: Sequence[Field]) -> dict[str, int]:
    """How many columns each field of a row lies right of the row's first entry field."""
    columns = {cell.text: cell.column for cell in sheet.grid.cells if cell.mark is Mark.FIELD and cell.row == row}
    first = next((columns[each.name] for each in fields if each.is_entry and each.name in columns), 0)
    return {each.name: columns[each.name] - first for each in fields if each.name in columns}
