"""Imported books as locked workbooks, with room for everything that was found."""

from __future__ import annotations

import re
from collections import Counter

from ..form.model import Form
from ..form.records import Book, data_text
from ..workbook.layout import Plan, plan_of
from ..workbook.write import BuildOptions, blank_date, build_workbook
from .context import printable

__all__ = ["plan_for", "workbook_name", "workbook_of"]

_FORBIDDEN = re.compile(r'[\x00-\x1f<>:"/\\|?*]')
_NAME_LIMIT = 80


def plan_for(form: Form, book: Book) -> Plan:
    """The form's own number of slots, more where the book needs them; as many project sheets as projects."""
    slots: dict[str, int] = {}
    for name, group in form.groups.items():
        for number, block in enumerate(group.blocks):
            used = max((row.slot + 1 for record in book.sheets for row in record.rows.get(name, ()) if row.block == number),
                       default=0)  # fmt: skip
            if used > block.slots:
                slots[block.level2 or name] = used
    counts = Counter(record.sheet for record in book.sheets)
    lead = any(counts[sheet.id] for sheet in form.sheets.values() if sheet.lead_only)
    return plan_of(form, projects=counts[form.project_sheet.id] or None, lead=lead, slots=slots)


def workbook_of(form: Form, book: Book) -> bytes:
    """The .xlsx of an imported book, dated as a blank of its form; its unit stays editable."""
    return build_workbook(form, plan_for(form, book), book, BuildOptions(as_of=blank_date(form), hide_unused=False))


def workbook_name(form: Form, book: Book) -> str:
    """A file's name without suffix: ``657001_遵化市房屋征收中心本级_2023``."""
    texts = []
    for role in ("unit_code", "unit_name"):
        field = form.fields[form.roles[role]]
        texts.append(printable(data_text(field, book.cover.raws.get(field.name))))
    name = _FORBIDDEN.sub("", "_".join(text for text in (*texts, str(form.year)) if text))
    return name[:_NAME_LIMIT].strip(" .") or "工作簿"
