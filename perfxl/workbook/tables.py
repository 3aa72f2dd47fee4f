"""The plan of a workbook from its hidden sheet, and the tables of its sheets, remembered by form and plan."""

from __future__ import annotations

import json

from ..form.model import Form
from .archive import Refusal
from .cells import MOST_CELLS
from .layout import Plan, layout_of, plan_of
from .rowmap import unmoved_rows
from .table import SheetTable, table_of

__all__ = ["plan_from", "tables_of"]

_LONGEST_PLAN = 20_000
_MOST_REMEMBERED = 256

Tables = tuple[Plan, dict[str, SheetTable]]

_REMEMBERED: dict[tuple[str, int, str, str], Tables] = {}


def tables_of(form: Form, text: str) -> Tables:
    """The plan that a workbook says it was built by, and a table per sheet id; Refusal I06 where it is none."""
    key = (form.id, form.version, form.source, text)
    found = _REMEMBERED.get(key)
    if found is None:
        plan = plan_from(text, form)
        found = plan, {sheet: table_of(layout, unmoved_rows(layout)) for sheet, layout in layout_of(form, plan).items()}
        if len(_REMEMBERED) >= _MOST_REMEMBERED:
            _REMEMBERED.clear()
        _REMEMBERED[key] = found
    return found


def plan_from(text: str, form: Form) -> Plan:
    """The plan that a workbook was built by; Refusal I06 where it is none."""
    try:
        content = json.loads(text if len(text) <= _LONGEST_PLAN else "")
        counts = {str(name): int(count) for name, count in content["counts"].items()}
        slots = {(str(group), int(block)): int(count) for group, block, count in content["slots"]}
    except (ValueError, KeyError, TypeError, AttributeError, OverflowError, RecursionError):
        raise Refusal("I06") from None
    within = all(0 <= count <= 999 for count in counts.values()) and all(1 <= count <= 999 for count in slots.values())
    known = counts.keys() == form.sheets.keys() and slots.keys() == plan_of(form).slots.keys()
    if not within or not known or max(counts.values(), default=0) * sum(slots.values()) > MOST_CELLS:
        raise Refusal("I06")
    return Plan(counts=counts, slots=slots)
