"""Build a unit's workbook: blank, prefilled or filled, always by this one function."""

from __future__ import annotations

import io
import json
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime
from functools import lru_cache

from .. import __version__
from ..form.evaluate import SheetResult, evaluate
from ..form.model import Form
from ..form.records import Book, SheetRecord
from ..rules.types import CellError
from ..rules.values import squash
from . import overview
from .cache import Cache
from .calculation import CalculationXml
from .layout import ACTIVE_ROW, Plan, layout_of
from .live import LIST_COLUMN, LISTS_SHEET, META_SHEET, CellValue, LivePlan, LiveSheet
from .package import ErrorText, Package, SheetWriter, accepted, building
from .protect import DEFAULT_PASSWORD, PasswordHash, password_hash
from .returned import RETURNED_TITLE, Place, ReturnedLine, write_returned
from .styles import Styles
from .visible import SheetJob, VisibleSheet, absolute

__all__ = ["RULES_KEY", "BuildOptions", "blank_date", "build_workbook", "rules_mark"]


_AUTHOR = "财政"

RULES_KEY = "rules"
"""The line of the very hidden sheet with the marks of the calculation sheets' formulas."""


@dataclass(frozen=True, slots=True, kw_only=True)
class BuildOptions:
    """What varies between builds of one form.

    ``as_of`` dates the file (DEFINITIONS, "Same").  ``hide_unused`` hides blank
    slots (filled and reissued workbooks).  ``locked`` names prefilled fields
    that the unit may not change, ``locked_on`` such fields of one sheet (its id and
    ordinal).  ``meta`` adds lines to the very hidden sheet.  ``remarks`` become
    comments on cells and ``returned`` the sheet 退回意见 of a reissued workbook.
    """

    as_of: datetime
    password: str = DEFAULT_PASSWORD
    hide_unused: bool = False
    locked: frozenset[str] = frozenset()
    locked_on: Mapping[tuple[str, int], frozenset[str]] = field(default_factory=dict)
    meta: Mapping[str, str] = field(default_factory=dict)
    remarks: Mapping[Place, str] = field(default_factory=dict)
    returned: tuple[ReturnedLine, ...] = ()


def blank_date(form: Form) -> datetime:
    """What a workbook without a task is dated: the first day of the form's year."""
    return datetime(form.year, 1, 1)


def build_workbook(form: Form, plan: Plan, book: Book | None, options: BuildOptions) -> bytes:
    """The .xlsx of one unit, as bytes.

    ``book`` may hold any part of the values, on sheets that the plan has room
    for; ``None`` builds a blank.  The same arguments give the same parts.
    Raises C06 where Excel would refuse something.
    """
    target = io.BytesIO()
    properties = {"title": f"{form.year}年{form.title}", "comments": f"{form.id} v{form.version}"}
    with building(target, options.as_of, properties) as package:
        _Builder(package, form, plan, book or Book(), options).build()
    return target.getvalue()


@lru_cache(maxsize=32)
def _live_plan(source: str, plan_key: str, holder: _Held) -> LivePlan:
    return LivePlan(holder.form, holder.plan, layout_of(holder.form, holder.plan))


@dataclass(frozen=True, eq=False)
class _Held:
    """Carries unhashable arguments past lru_cache; equality is that of the keys beside it."""

    form: Form
    plan: Plan

    def __hash__(self) -> int:
        return 0

    def __eq__(self, other: object) -> bool:
        return isinstance(other, _Held)


_MOST_TEXTS = 256
_TEXTS: dict[int, tuple[Plan, str]] = {}
"""By the identity of plans, which are few and shared by many workbooks; each is held here, so that its identity stays its own."""


def plan_text(plan: Plan) -> str:
    """A plan as it stands in the very hidden sheet."""
    held = _TEXTS.get(id(plan))
    if held is not None and held[0] is plan:
        return held[1]
    slots = [[group, block, count] for (group, block), count in sorted(plan.slots.items())]
    text = json.dumps({"counts": dict(sorted(plan.counts.items())), "slots": slots}, ensure_ascii=False)
    if len(_TEXTS) >= _MOST_TEXTS:
        _TEXTS.clear()
    _TEXTS[id(plan)] = plan, text
    return text


def live_plan(form: Form, plan: Plan) -> LivePlan:
    """Layouts and formulas of a form and plan, cached."""
    return _live_plan(form.source, plan_text(plan), _Held(form, plan))


@lru_cache(maxsize=64)
def _calculation_xml(blocks: tuple[LiveSheet, ...]) -> CalculationXml:
    return CalculationXml(blocks)


def rules_mark(form: Form, plan: Plan) -> str:
    """The marks of all calculation sheets, as they stand in the very hidden sheet: ``_c0=1f2e3d4c _c2=…``."""
    blocks = live_plan(form, plan).by_title
    return " ".join(f"{title}={_calculation_xml(each).mark}" for title, each in blocks.items())


class _Builder:
    def __init__(self, package: Package, form: Form, plan: Plan, book: Book, options: BuildOptions) -> None:
        self.package = package
        self.form = form
        self.plan = plan
        self.options = options
        self.book = _completed(form, plan, book)
        self.live = live_plan(form, plan)
        self.styles = Styles(package)
        self.secret: PasswordHash = password_hash(options.password, f"{form.id}:{form.version}")
        self.jobs = [self._job(result) for result in evaluate(form, self.book)]

    def _job(self, result: SheetResult) -> SheetJob:
        live = self.live.sheet(result.record.sheet, result.record.ordinal)
        assert live is not None
        return SheetJob(live=live, record=result.record, cache=Cache(live, self.book, result))

    def build(self) -> None:
        self.package.structure_secret = self.secret
        sheets = [self.package.add_worksheet(self.jobs[0].title)]
        extra = [self.package.add_worksheet(RETURNED_TITLE)] if self.options.returned else []
        sheets += [self.package.add_worksheet(job.title) for job in self.jobs[1:]]
        checks = self.package.add_worksheet(overview.CHECKS_TITLE)
        guide = self.package.add_worksheet(overview.GUIDE_TITLE)
        meta, lists = self.package.add_worksheet(META_SHEET), self.package.add_worksheet(LISTS_SHEET)
        more = (RETURNED_TITLE,) if self.options.returned else ()
        view = overview.Overview(self.form, self.styles, [self._line(job) for job in self.jobs], more)
        # What is the same in all workbooks comes first in the table of texts, and is read once (see .strings).
        view.guide(guide)
        self._lists(lists)
        view.checks(checks)
        for job, sheet in zip(self.jobs, sheets, strict=True):
            VisibleSheet(
                self.package,
                self.form,
                self.styles,
                job,
                sheet,
                hide_unused=self.options.hide_unused,
                locked=self.options.locked | self.options.locked_on.get((job.record.sheet, job.record.ordinal), frozenset()),
            ).write()
            self._comments(job, sheet)
        for sheet in extra:
            write_returned(sheet, self.styles, self.options.returned)
        hidden = [self._calculation(title, blocks) for title, blocks in self.live.by_title.items()]
        view.cover(sheets[0], self.jobs[0].layout)
        self._meta(meta)
        for sheet in (*sheets, *extra, checks, guide, meta, lists, *hidden):
            sheet.lock(self.secret)
        sheets[0].activate()

    def _comments(self, job: SheetJob, sheet: SheetWriter) -> None:
        for place, text in self.options.remarks.items():
            if (place.sheet, place.ordinal) == (job.record.sheet, job.record.ordinal):
                area = job.layout.area(place.field, place.block, place.slot)
                look = {"author": _AUTHOR, "x_scale": 2, "y_scale": max(1.0, 0.4 * (1 + len(text) // 26)), "font_size": 9}
                accepted(sheet.write_comment(area.row, area.column, text, look), "批注")

    def _line(self, job: SheetJob) -> overview.SheetLine:
        name_field = self.form.roles["project_name"]
        repeats = job.layout.sheet.repeats
        shown = job.record.raws.get(name_field) if repeats else ""
        return overview.SheetLine(
            live=job.live,
            cache=job.cache,
            name=shown if isinstance(shown, str) else "",
            name_cell=f"'{job.title}'!{absolute(job.layout.area(name_field))}" if repeats else "",
        )

    def _calculation(self, title: str, blocks: tuple[LiveSheet, ...]) -> SheetWriter:
        sheet: SheetWriter = self.package.add_worksheet(title)
        sheet.very_hidden()
        cached: dict[tuple[int, int], CellValue] = {}
        for job in self.jobs:
            if job.live.title == title:
                cached.update(job.cache.values)
        xml = _calculation_xml(blocks)
        sheet.set_rows(xml.render(cached), *xml.dimension)
        return sheet

    def _meta(self, sheet: SheetWriter) -> None:
        sheet.very_hidden()
        lines = {
            "perfxl": "unit-workbook",
            "form": self.form.id,
            "version": str(self.form.version),
            "plan": plan_text(self.plan),
            "year": str(self.form.year),
            "unit_fields": " ".join(self.form.roles[role] for role in ("unit_code", "unit_name")),
            "program": __version__,
            RULES_KEY: rules_mark(self.form, self.plan),
            **self.options.meta,
        }
        for row, (key, text) in enumerate(lines.items()):
            sheet.write_string(row, 0, key)
            accepted(sheet.write_string(row, 1, text), "隐藏信息")

    def _lists(self, sheet: SheetWriter) -> None:
        sheet.very_hidden()
        repeats = self.form.project_sheet.id
        jobs = {job.record.ordinal: job for job in self.jobs if job.record.sheet == repeats}
        for offset, name in enumerate(("begun", *self.live.listed)):
            sheet.write_string(0, LIST_COLUMN + offset, name)
        for name, items in self.form.lists.items():
            for offset, text in enumerate((name, *(squash(item) for item in items))):
                sheet.write_string(offset, self.live.items_column(name), text)
            accepted(self.package.define_name(self.live.items_name(name), f"={self.live.items_range(name)}"), "名称")
        for formula in self.live.list_formulas():
            job = jobs[formula.row]
            if formula.column == LIST_COLUMN:
                value: CellValue = job.cache.total(ACTIVE_ROW)
            else:
                area = job.layout.area(self.live.listed[formula.column - LIST_COLUMN - 1])
                value = job.cache.at(area.row, area.column + job.layout.width)
            cached = ErrorText(value.code) if isinstance(value, CellError) else value
            sheet.write_formula(formula.row, formula.column, formula.text, None, cached)


def _completed(form: Form, plan: Plan, book: Book) -> Book:
    """The book with an (empty) record for every sheet of the plan."""
    given = {(record.sheet, record.ordinal): record for record in book.sheets}
    sheets = [
        given.get((sheet, ordinal)) or SheetRecord(sheet, ordinal)
        for sheet in form.sheets
        for ordinal in range(1, plan.counts[sheet] + 1)
    ]
    lost = given.keys() - {(record.sheet, record.ordinal) for record in sheets}
    if lost:
        raise ValueError(f"the plan has no sheet for {sorted(lost)}")
    return replace(book, sheets=sheets)
