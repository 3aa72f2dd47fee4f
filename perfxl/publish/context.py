"""What a document template may use: a department's values, printed, under the form's own names."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from decimal import ROUND_HALF_UP, Decimal
from typing import Any

from ..form.evaluate import computed_values
from ..form.model import COVER, Field, Form, Group
from ..form.records import MICRO, Book, SheetRecord, data_number, data_text, money_micro
from ..rules.types import Raw, is_blank
from ..rules.values import plain, rounded
from .department import Department

__all__ = ["NOT_FILLED", "Record", "context_of", "printable", "printed", "template_fields"]

NOT_FILLED = "【未填】"
"""Printed where the form requires a value and there is none, so that nobody publishes a silent gap."""

_UNPRINTABLE = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x84\x86-\x9f\ud800-\udfff\ufdd0-\ufdef\ufffe\uffff]")
_REORDERING = re.compile("[\u202a-\u202e\u2066-\u2069]")
_CENT = Decimal("0.01")


class Record:
    """Values by name, as a template reads them: ``project.code``; nothing else is reachable."""

    __slots__ = ("_values",)

    def __init__(self, values: Mapping[str, Any]) -> None:
        self._values = dict(values)

    def value(self, name: str, missing: Callable[..., Any]) -> Any:
        """The value of this name; ``missing(obj=…, name=…)`` if there is none."""
        values = self._values
        return values[name] if name in values else missing(obj=self, name=name)

    def __getattr__(self, name: str) -> Any:
        try:
            return self._values[name]
        except KeyError:
            raise AttributeError(name) from None


def printable(text: str) -> str:
    """Text that every output can carry.

    Drops what XML 1.0 forbids and the marks that reorder their neighbours
    (U+202A–E, U+2066–9); plain direction marks stay.  Line ends become LF.
    """
    text = text.replace("\r\n", "\n").replace("\r", "\n").replace("\u2028", "\n").replace("\u2029", "\n")
    return _REORDERING.sub("", _UNPRINTABLE.sub("", text))


def printed(form: Form, field: Field, raw: Raw) -> str:
    """One value as the document prints it: money ``10.00`` (half up), percents ``30%``, blank ``""``.

    A required value that is blank, and any that is not of its type, prints :data:`NOT_FILLED`.
    """
    if is_blank(raw):
        return NOT_FILLED if form.is_required(field.name) else ""
    if field.type_name == "money":
        micro = money_micro(field, raw)
        return NOT_FILLED if micro is None else str((Decimal(micro) / MICRO).quantize(_CENT, ROUND_HALF_UP))
    if field.type_name in ("percent", "number"):
        number = data_number(field, raw)
        if number is None:
            return NOT_FILLED
        return plain(rounded(number * 100, 6)) + "%" if field.type_name == "percent" else plain(rounded(number, 6))
    return printable(data_text(field, raw)) or NOT_FILLED


def context_of(department: Department) -> dict[str, Any]:
    """The template's variables for one department.

    ``year``, ``title``, ``money_unit``; ``department`` (code, name); ``sheets``
    (one per sheet that does not repeat, ``None`` where the lead unit's book is
    missing); ``projects`` in official order; ``units``, each with its ``projects``.
    """
    form = department.form
    units: dict[int, list[Record]] = {id(book): [] for book in department.books}
    projects: list[Record] = []
    covers = {id(book): _own_values(form, book.cover) for book in department.books}
    for book, record in department.projects():
        project = _record(form, book, record, covers[id(book)])
        projects.append(project)
        units[id(book)].append(project)
    return {
        "year": str(form.year),
        "title": form.title,
        "money_unit": form.money_unit,
        "department": Record({"code": department.code, "name": printable(department.name)}),
        "sheets": Record({sheet.id: _lead_sheet(department, sheet.id) for sheet in form.sheets.values() if not sheet.repeats}),
        "projects": projects,
        "units": [Record({**covers[id(book)], "projects": units[id(book)]}) for book in department.books],
    }


def _lead_sheet(department: Department, sheet: str) -> Record | None:
    lead = department.lead
    records = lead.of(sheet) if lead else []
    if lead is None or not records:
        return None
    return _record(department.form, lead, records[0], _own_values(department.form, lead.cover))


def _own_values(form: Form, record: SheetRecord) -> dict[str, Any]:
    return {
        field.name: printed(form, field, record.raws.get(field.name))
        for field in form.entry_fields(record.sheet)
        if not field.group
    }


def _record(form: Form, book: Book, record: SheetRecord, cover: Mapping[str, Any]) -> Record:
    values = {**cover, **_own_values(form, record)}
    for name, text in computed_values(form, book, record).items():
        values[name] = printable(text) or NOT_FILLED
    for name in form.sheets[record.sheet].groups:
        values[name] = _rows(form, form.groups[name], record)
    return Record(values)


def _rows(form: Form, group: Group, record: SheetRecord) -> list[Record]:
    fields = [form.fields[name] for name in group.fields if form.fields[name].is_entry]
    found: list[Record] = []
    before: tuple[str | None, str | None] = (None, None)
    for row in sorted(record.rows.get(group.name, ()), key=lambda row: (row.block, row.slot)):
        if not row.begun:
            continue
        block = group.blocks[row.block]
        values: dict[str, Any] = {field.name: printed(form, field, row.raws.get(field.name)) for field in fields}
        if block.level2:
            values["level1"], values["level2"] = block.level1, block.level2
            values["starts_level1"] = block.level1 != before[0]
            values["starts_level2"] = (block.level1, block.level2) != before
            before = block.level1, block.level2
        found.append(Record(values))
    return found


def template_fields(form: Form) -> list[tuple[str, str]]:
    """Every expression that a template may use, with its Chinese meaning (``perfxl publish --fields``)."""
    found = [
        ("year", "预算年度"),
        ("title", "表样名称"),
        ("money_unit", "金额单位"),
        ("department.code", "主管部门编码"),
        ("department.name", "主管部门名称"),
    ]
    for sheet in form.sheets.values():
        if sheet.repeats:
            loop = "{%p for project in projects %} … {%p endfor %}"
            found.append(("projects", f"全部项目（{sheet.title(1)}、…），逐个使用：{loop}"))
            prefix = "project"
        else:
            found.append((f"sheets.{sheet.id}", f"{sheet.title(1)}；主管部门本级没有报送时为空"))
            prefix = f"sheets.{sheet.id}"
        found += _sheet_fields(form, sheet.id, prefix)
    found.append(("units", "各预算单位，逐个使用：{%p for unit in units %} … {%p endfor %}"))
    found += [(f"unit.{field.name}", field.label) for field in form.entry_fields(COVER)]
    found.append(("unit.projects", "该单位的项目"))
    found.append(("文字 | lines", "按行分段的文字，逐段使用：{%p for line in … | lines %}"))
    found.append(("{% vm 条件 %}", "放在表格单元格中：条件成立时开始新的一格，否则与上一行合并"))
    return found


def _sheet_fields(form: Form, sheet: str, prefix: str) -> list[tuple[str, str]]:
    found: list[tuple[str, str]] = []
    for name in form.sheets[sheet].fields:
        field = form.fields[name]
        if not field.group:
            found.append((f"{prefix}.{name}", field.label + ("" if field.is_entry else "（自动生成）")))
    for name in form.sheets[sheet].groups:
        group = form.groups[name]
        found.append((f"{prefix}.{name}", f"{group.label}，逐行使用：{{%tr for row in {prefix}.{name} %}} … {{%tr endfor %}}"))
        found += [(f"row.{field}", form.fields[field].label) for field in group.fields]
        if group.blocks[0].level2:
            found += [("row.level1", "一级指标"), ("row.level2", "二级指标")]
            found += [("row.starts_level1", "本行开始一个一级指标"), ("row.starts_level2", "本行开始一个二级指标")]
    return found


