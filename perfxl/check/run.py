"""Rules over records -> findings, in the order of sheets, rows and rules."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from ..form.evaluate import Failure
from ..form.judges import Texts, judge
from ..form.model import Check, Form, Severity
from ..form.records import Book, RowKey, SheetRecord
from ..form.screen import failures_of
from ..rules.types import Raw, shown
from ..rules.values import length, squash
from ..workbook.layout import plan_of
from ..workbook.live import EXPLAINED_LENGTH
from ..workbook.places import SheetPlace
from ..workbook.said import Stale
from ..workbook.write import live_plan
from .findings import Finding

__all__ = ["findings_of"]

_STALE = "内容改动后尚未重新说明"


def findings_of(
    form: Form,
    book: Book,
    places: Sequence[SheetPlace],
    file: str,
    *,
    reissued: bool = False,
    stale: Stale | None = None,
) -> list[Finding]:
    """Every rule of the form that fails on a book; ``places`` runs parallel to ``book.all()``.

    What only the batch judges can be explained in a ``reissued`` workbook alone:
    before, nobody had seen it, and the text beside the row was meant for something else.
    What is ``stale`` was written for another value and explains nothing.

    Undecided outcomes give no finding: the value that could not be read has its own.
    """
    found: list[Finding] = []
    texts = Texts(form, book)
    for record, failures, place in zip(book.all(), failures_of(form, book, texts), places, strict=True):
        seen: set[tuple[str, Severity, str, int, int]] = set()
        for failure in failures:
            check, row = failure.check, failure.row
            key = (check.rule, check.severity, check.field, row.block if row else -1, row.slot if row else -1)
            if key not in seen:
                seen.add(key)
                found.append(_finding(form, record, failure, place, file))
    found += _judged(form, book, places, file, reissued, texts)
    if stale:
        found = _without_stale(form, book, places, found, stale)
    if len(found) > 1:
        titles = [place.title for place in places]
        found.sort(key=lambda finding: (titles.index(finding.sheet), *_reading_order(finding.cell)))
    return found


def _without_stale(
    form: Form, book: Book, places: Sequence[SheetPlace], found: list[Finding], stale: Stale
) -> list[Finding]:
    """Hints whose explanation was written for another value are open again."""
    cells: dict[tuple[str, str], None] = {}
    for record, place in zip(book.all(), places, strict=True):
        for (sheet, ordinal, key), names in stale.items():
            if (sheet, ordinal) == (record.sheet, record.ordinal):
                inside = place.rows.get(key, {}) if key.group else place.cells
                cells |= {(place.title, inside[name]): None for name in names if name in inside}
    return [
        replace(each, explained=False, message=f"{each.message}（{_STALE}）")
        if each.explained and (each.sheet, each.cell) in cells
        else each
        for each in found
    ]


def _reading_order(cell: str) -> tuple[int, int, str]:
    """Top to bottom, left to right; what has no cell comes first."""
    letters = cell.rstrip("0123456789")
    return int(cell[len(letters) :] or 0), len(letters), letters


def _judged(
    form: Form, book: Book, places: Sequence[SheetPlace], file: str, reissued: bool, texts: Texts
) -> list[Finding]:
    """The batch-only rules that Python judges."""
    found: list[Finding] = []
    records = list(book.all())
    for rule in form.judges:
        group = form.fields[rule.field].group
        for verdict in judge(form, rule, texts):
            row = verdict.row
            place = next(place for record, place in zip(records, places, strict=True) if record is verdict.record)
            raw: Raw = (row.raws if row else verdict.record.raws).get(rule.field)
            explanation = ""
            if reissued and verdict.record.explanations:
                key = RowKey(group, row.block, row.slot) if row else _single_key(form, rule.field)
                explanation = verdict.record.explanations.get(key, "")
            found.append(
                Finding(
                    file=file,
                    sheet=place.title,
                    cell=place.cell(rule.field, group, row),
                    field=rule.field,
                    rule=rule.id,
                    severity=rule.severity,
                    value=_whole(raw),
                    message=rule.message.format(**verdict.values),
                    explained=_is_explained(rule.severity, explanation),
                    explanation=explanation,
                )
            )
    return found


def _whole(raw: Raw) -> str:
    """The value as text, uncut (messages name only its beginning)."""
    return raw if isinstance(raw, str) else shown(raw)


def _is_explained(severity: Severity, explanation: str) -> bool:
    return severity is Severity.HINT and length(squash(explanation)) >= EXPLAINED_LENGTH


def _finding(form: Form, record: SheetRecord, failure: Failure, place: SheetPlace, file: str) -> Finding:
    check, row = failure.check, failure.row
    raw: Raw = (row.raws if row is not None else record.raws).get(check.field)
    explanation = record.explanations.get(_row_key(form, check, failure), "") if record.explanations else ""
    return Finding(
        file=file,
        sheet=place.title,
        cell=place.cell(check.field, check.group, row),
        field=check.field,
        rule=check.rule,
        severity=check.severity,
        value=_whole(raw),
        message=failure.message,
        explained=_is_explained(check.severity, explanation),
        explanation=explanation,
    )


def _row_key(form: Form, check: Check, failure: Failure) -> RowKey:
    if failure.row is not None:
        return RowKey(check.group, failure.row.block, failure.row.slot)
    return _single_key(form, check.field)


def _single_key(form: Form, field: str) -> RowKey:
    """The row beside which a single field's explanation stands."""
    layout = live_plan(form, plan_of(form, projects=1)).layouts[form.fields[field].sheet]
    return layout.keys[layout.singles[field].row]
