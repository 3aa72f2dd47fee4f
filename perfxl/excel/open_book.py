"""The workbook that is open in Excel, given as the values of its sheets -> what the batch finds in it."""

from __future__ import annotations

from collections.abc import Mapping

from ..check.findings import Finding
from ..check.run import findings_of
from ..errors import PerfxlError
from ..form.library import find_form
from ..form.model import COVER
from ..form.records import Book
from ..workbook.layout import plan_of
from ..workbook.live import META_SHEET
from ..workbook.tables import plan_from
from ..workbook.write import live_plan
from .grids import Grid, place_of, record_of

__all__ = ["findings_in", "hints_in"]


def findings_in(grids: Mapping[str, Grid], name: str) -> list[Finding]:
    """What the batch finds in a workbook given as values of its sheets by title.

    Raises A04 where the values are not those of a unit's workbook.
    """
    meta = _meta(grids)
    if meta.get("perfxl") != "unit-workbook":
        raise PerfxlError("A04", file=name)
    form = find_form(meta["form"])
    plan = plan_from(meta["plan"], form) if "plan" in meta else plan_of(form)
    book, places = Book(), []
    for sheet, layout in live_plan(form, plan).layouts.items():
        for ordinal in range(1, plan.counts.get(sheet, 1) + 1):
            title = layout.sheet.title(ordinal)
            record = record_of(layout, ordinal, grids.get(title, ()))
            places.append(place_of(layout, title))
            if sheet == COVER:
                book.cover = record
            else:
                book.sheets.append(record)
    return findings_of(form, book, places, name)


def hints_in(table: Grid) -> list[Finding]:
    """What only the batch finds in a workbook given as one table, as the add-in stacks its sheets.

    Each row begins with its sheet's title.  Raises A04 as :func:`findings_in` does.
    """
    grids: dict[str, list[list[object]]] = {}
    for title, *cells in table:
        if title not in (None, ""):
            grids.setdefault(str(title), []).append(cells)
    found = findings_in(grids, "")
    batch_only = {judge.id for judge in find_form(_meta(grids)["form"]).judges}
    return [finding for finding in found if finding.rule in batch_only]


def _meta(grids: Mapping[str, Grid]) -> dict[str, str]:
    return {str(row[0]): str(row[1]) for row in grids.get(META_SHEET, ()) if len(row) > 1 and row[0]}
