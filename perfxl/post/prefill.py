"""What finance fills in before a unit does: the unit, its projects, their ceilings, last year's values."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace

from ..consolidate.content import FormKey
from ..consolidate.roster import Ceiling, Unit
from ..consolidate.task import Ceilings
from ..form.library import form_version, form_versions
from ..form.model import COVER, Form
from ..form.records import Book, Row, SheetRecord, data_text, from_micro
from ..rules.types import CellError, Raw
from ..rules.values import squash
from ..workbook.layout import Plan, plan_of
from ..workbook.seal import cover_locked
from .migrate import migrated

__all__ = ["Prefilled", "last_year_book", "prefilled", "project_values", "roomy"]

SheetPlace = tuple[str, int]


@dataclass(frozen=True, kw_only=True)
class Prefilled:
    """A book to be handed out, with the fields locked on each of its sheets."""

    book: Book
    plan: Plan
    locked: Mapping[SheetPlace, frozenset[str]] = field(default_factory=dict)


def project_values(form: Form, ceiling: Ceiling, policy: Ceilings) -> tuple[dict[str, Raw], frozenset[str]]:
    """A project's prefilled values, and which of them are locked.

    Where 预算数 must equal the ceiling it is prefilled and locked; where it
    may stay below, it is prefilled only.
    """
    roles = form.roles
    values: dict[str, Raw] = {}
    if ceiling.code:
        values[roles["project_code"]] = ceiling.code
    if ceiling.name:
        values[roles["project_name"]] = ceiling.name
    locked = frozenset(values)
    if ceiling.amount is not None:
        values[roles["budget"]] = float(from_micro(ceiling.amount))
        if policy is Ceilings.EQUAL:
            locked |= {roles["budget"]}
    return values, locked


def prefilled(
    form: Form,
    unit: Unit,
    ceilings: Iterable[Ceiling],
    policy: Ceilings,
    *,
    last: Book | None = None,
    spare: int,
    slots: Mapping[str, int] | None = None,
) -> Prefilled:
    """A unit's book: its projects from the roster, ``spare`` blank sheets after them.

    ``last`` is last year's book in this form (see :func:`last_year_book`): its
    values go to the project of the same code, else of the same name; all its
    projects are taken where the roster lists none.
    """
    sheet = form.project_sheet.id
    last = last or Book()
    cover = SheetRecord(COVER, 1, dict(last.cover.raws))
    cover.raws.update({form.roles["unit_code"]: unit.code, form.roles["unit_name"]: unit.name})
    projects: list[SheetRecord] = []
    locked = dict(cover_locked(form))
    listed = [each for each in ceilings if each.code or each.name]
    for number, each in enumerate(listed, 1):
        values, fixed = project_values(form, each, policy)
        before = _same_project(form, each, last.projects(form))
        projects.append(_over(before, sheet, number, values))
        locked[sheet, number] = fixed
    if not listed:
        projects = [_over(each, sheet, number, {}) for number, each in enumerate(last.projects(form), 1)]
    others = [each for each in last.sheets if each.sheet != sheet and (unit.lead or not form.sheets[each.sheet].lead_only)]
    book = Book(cover, [*others, *projects])
    plan = plan_of(form, projects=max(1, len(projects) + spare), lead=unit.lead, slots=slots)
    return Prefilled(book=book, plan=roomy(plan, book), locked=locked)


def _same_project(form: Form, ceiling: Ceiling, projects: Sequence[SheetRecord]) -> SheetRecord | None:
    for wanted, role in ((ceiling.code, "project_code"), (ceiling.name, "project_name")):
        meant = form.fields[form.roles[role]]
        for each in projects:
            if wanted and squash(data_text(meant, each.raws.get(meant.name))) == squash(wanted):
                return each
    return None


def _over(record: SheetRecord | None, sheet: str, ordinal: int, values: Mapping[str, Raw]) -> SheetRecord:
    before = record or SheetRecord(sheet)
    return SheetRecord(sheet, ordinal, {**before.raws, **values}, dict(before.rows))


def roomy(plan: Plan, book: Book) -> Plan:
    """The plan with slots enough for every row of the book."""
    slots = dict(plan.slots)
    for record in book.all():
        for group, rows in record.rows.items():
            for row in rows:
                slots[group, row.block] = max(slots[group, row.block], row.slot + 1)
    return replace(plan, slots=slots)


def last_year_book(form: Form, before: FormKey, last: Book) -> Book:
    """What of last year's book has a place in this year's form.

    Money is left out: last year's amounts are no proposal for this year.  Rows
    of groups are taken from an earlier version of the same form only, whose names
    are followed to this version where the older one is at hand.
    """
    form_id, version = before
    if form_id == form.id and version < form.version and version in form_versions(form_id):
        last = migrated(last, form_version(form_id, version), form).book
    kept = [_kept(form, record, form_id) for record in last.sheets if record.sheet in form.sheets and record.begun]
    return Book(_kept(form, last.cover, form_id), kept)


def _kept(form: Form, record: SheetRecord, form_id: str) -> SheetRecord:
    rows: dict[str, list[Row]] = {}
    for name, found in record.rows.items():
        group = form.groups.get(name)
        if group is not None and group.sheet == record.sheet and form_id == form.id:
            inside = [Row(row.block, row.slot, _values(form, record.sheet, row.raws)) for row in found]
            rows[name] = [row for row in inside if row.block < len(group.blocks) and row.begun]
    return SheetRecord(record.sheet, record.ordinal, _values(form, record.sheet, record.raws), rows)


def _values(form: Form, sheet: str, raws: Mapping[str, Raw]) -> dict[str, Raw]:
    known = {each.name: each for each in form.entry_fields(sheet)}
    return {
        name: raw
        for name, raw in raws.items()
        if name in known and known[name].type_name != "money" and not isinstance(raw, CellError)
    }
