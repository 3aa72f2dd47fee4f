"""Hand out: one personalised, sealed workbook for every unit of the roster."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime

from ..consolidate.book_text import book_from
from ..consolidate.content import FormKey
from ..consolidate.keys import sealed_task
from ..consolidate.manifest import HandedOut
from ..consolidate.roster import Ceiling, Roster, Unit
from ..consolidate.task import Task
from ..errors import PerfxlError
from ..form.library import form_version
from ..form.model import Form
from ..form.records import Book
from ..workbook.seal import KeyRing, seal_meta
from ..workbook.write import BuildOptions, build_workbook
from ..workers import Bounds, mapped, workers_for
from .names import workbook_name
from .prefill import last_year_book, prefilled

__all__ = ["Handout", "LastYear", "Made", "hand_out", "task_form"]

_WORTH_IT = 24
_BOUNDS = Bounds(batch=4)

LastYear = tuple[FormKey, str]
"""Last year's form and version, and the book as the store keeps it."""


@dataclass(frozen=True, kw_only=True)
class Handout:
    """What all workbooks of one handing out share; ``slots`` as :func:`~perfxl.workbook.layout.plan_of` takes them.

    ``at`` is the moment that the manifest tells; nothing in the workbooks depends on it.
    """

    task: Task
    ring: KeyRing
    spare: int
    at: datetime
    slots: Mapping[str, int] = field(default_factory=dict)

    @property
    def as_of(self) -> datetime:
        """The task's date, which dates the workbooks: two handings out are the same."""
        return datetime.fromisoformat(self.ring.keys[0].created).astimezone(UTC)


@dataclass(frozen=True, kw_only=True)
class Made:
    """One workbook: its line in the manifest, and its bytes."""

    line: HandedOut
    content: bytes = field(repr=False)


_Order = tuple[Handout, Unit, tuple[Ceiling, ...], LastYear | None]


def task_form(task: Task) -> Form:
    """The task's form in its version; F01 or F15 if it is not at hand."""
    return form_version(*task.form)


def hand_out(handout: Handout, roster: Roster, last: Mapping[str, LastYear], *, jobs: int = 0) -> Iterator[Made]:
    """The workbooks of all units in the roster's order.

    ``last`` holds last year's books by unit code; ``jobs`` 0 means one process
    per core once that is worth it.  Raises S45 for a roster without units.
    """
    if not roster.units:
        raise PerfxlError("S45", path=roster.file)
    task_form(handout.task)
    mine: dict[str, list[Ceiling]] = {}
    for each in roster.ceilings:
        mine.setdefault(each.unit, []).append(each)
    orders = [(handout, unit, tuple(mine.get(code, ())), last.get(code)) for code, unit in roster.units.items()]
    yield from mapped(_made, orders, jobs=workers_for(len(orders), jobs, worth=_WORTH_IT), bounds=_BOUNDS)


def _made(order: _Order) -> Made:
    handout, unit, ceilings, last = order
    task, ring = handout.task, handout.ring
    form = task_form(task)
    book: Book | None = last_year_book(form, last[0], book_from(last[1])) if last else None
    found = prefilled(form, unit, ceilings, task.ceilings, last=book, spare=handout.spare, slots=handout.slots)
    meta = seal_meta(ring, form, found.plan, found.book, found.locked)
    meta["year"] = str(task.year)
    options = BuildOptions(as_of=handout.as_of, password=ring.current.password, locked_on=found.locked, meta=meta)
    content = build_workbook(form, found.plan, found.book, options)
    line = HandedOut(
        unit=unit.code,
        name=unit.name,
        file=workbook_name(unit.code, unit.name, task.year),
        sha256=hashlib.sha256(content).hexdigest(),
        seal=meta["seal"][:12],
        key=meta["key"],
        task=sealed_task(task),
        at=handout.at.isoformat(timespec="minutes"),
    )
    return Made(line=line, content=content)
