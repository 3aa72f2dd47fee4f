"""What changed between two sets of books: projects, money, indicators, targets."""

from __future__ import annotations

import io
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import Enum

import xlsxwriter

from ..errors import PerfxlError
from ..form.model import Field, Form
from ..form.records import Book, Row, SheetRecord, data_text, from_micro, money_micro, read_value
from ..rules.targets import target_of
from ..rules.types import Raw, is_blank, shown
from ..rules.values import plain, rounded, squash

__all__ = ["Change", "Kind", "changes_workbook", "compare", "direction"]


class Kind(Enum):
    """What kind of change."""

    PROJECT_ADDED = "新增项目"
    PROJECT_GONE = "取消项目"
    MONEY = "金额变化"
    INDICATOR_ADDED = "新增指标"
    INDICATOR_GONE = "取消指标"
    RAISED = "指标值提高"
    LOWERED = "指标值降低"
    CHANGED = "内容变化"


@dataclass(frozen=True, slots=True, kw_only=True)
class Change:
    """One change; ``item`` is the field or indicator, ``before`` and ``after`` as people read them."""

    kind: Kind
    unit: str
    code: str
    project: str
    item: str = ""
    before: str = ""
    after: str = ""

    def as_json(self) -> dict[str, str]:
        """The change as ``perfxl diff --json`` prints it."""
        return {
            "kind": self.kind.name.lower(),
            "unit": self.unit,
            "code": self.code,
            "project": self.project,
            "item": self.item,
            "before": self.before,
            "after": self.after,
        }


@dataclass(frozen=True, slots=True)
class _Project:
    """A project with its unit; ``key`` is its code, else unit code and name."""

    unit: str
    code: str
    name: str
    record: SheetRecord
    unit_code: str


def compare(form: Form, before: Sequence[Book], after: Sequence[Book]) -> list[Change]:
    """Every change from ``before`` to ``after``, in the order of the later set, then what is gone.

    Projects match by code, else by unit and name (DEFINITIONS, X05); indicators
    by level 2 and name.
    """
    old, new = list(_projects(form, before)), list(_projects(form, after))
    pairs, gone = _matched(old, new)
    changes: list[Change] = []
    for project in new:
        earlier = pairs.get(id(project.record))
        if earlier is None:
            changes.append(_change(Kind.PROJECT_ADDED, project, after=_budget(form, project)))
        else:
            changes += _within(form, earlier, project)
    changes += [_change(Kind.PROJECT_GONE, project, before=_budget(form, project)) for project in gone]
    return changes


def _projects(form: Form, books: Sequence[Book]) -> Iterator[_Project]:
    def text(record: SheetRecord, role: str) -> str:
        field = form.fields[form.roles[role]]
        return data_text(field, record.raws.get(field.name))

    for book in sorted(books, key=lambda book: text(book.cover, "unit_code")):
        unit_code = text(book.cover, "unit_code")
        unit = unit_code + text(book.cover, "unit_name")
        for record in book.projects(form):
            yield _Project(unit, text(record, "project_code"), text(record, "project_name"), record, unit_code)


def _matched(old: list[_Project], new: list[_Project]) -> tuple[dict[int, _Project], list[_Project]]:
    """Later project (by the identity of its record) -> earlier one; and those that are gone."""
    left = list(old)
    pairs: dict[int, _Project] = {}
    for same in (_same_code, _same_name):
        for project in new:
            if id(project.record) in pairs:
                continue
            earlier = next((each for each in left if same(each, project)), None)
            if earlier is not None:
                pairs[id(project.record)] = earlier
                left = [each for each in left if each is not earlier]
    return pairs, left


def _same_code(one: _Project, other: _Project) -> bool:
    return bool(one.code) and one.code == other.code


def _same_name(one: _Project, other: _Project) -> bool:
    return (one.unit_code, squash(one.name)) == (other.unit_code, squash(other.name))


def _change(kind: Kind, project: _Project, item: str = "", before: str = "", after: str = "") -> Change:
    return Change(
        kind=kind, unit=project.unit, code=project.code, project=project.name, item=item, before=before, after=after
    )


def _budget(form: Form, project: _Project) -> str:
    field = form.fields[form.roles["budget"]]
    shown_value = _shown(field, project.record.raws.get(field.name))
    return f"{field.label}{shown_value}{form.money_unit}" if shown_value else ""


def _shown(field: Field, raw: Raw) -> str:
    if is_blank(raw):
        return ""
    if field.type_name == "money":
        micro = money_micro(field, raw)
        return shown(raw) if micro is None else str(from_micro(micro))
    value = read_value(field, raw)
    if isinstance(value, float):
        return plain(rounded(value * 100, 6)) + "%" if field.type_name == "percent" else plain(rounded(value, 6))
    return data_text(field, raw) or shown(raw)


def _same(field: Field, one: Raw, other: Raw) -> bool:
    first, second = _shown(field, one), _shown(field, other)
    return squash(first) == squash(second)


def _within(form: Form, old: _Project, new: _Project) -> Iterator[Change]:
    for field in form.entry_fields(form.project_sheet.id):
        if not field.group:
            one, other = old.record.raws.get(field.name), new.record.raws.get(field.name)
            if not _same(field, one, other):
                kind = Kind.MONEY if field.type_name == "money" else Kind.CHANGED
                yield _change(kind, new, field.label, _shown(field, one), _shown(field, other))
    for name in form.project_sheet.groups:
        yield from _rows(form, name, old, new)


def _rows(form: Form, group: str, old: _Project, new: _Project) -> Iterator[Change]:
    first = form.fields[form.groups[group].fields[0]]
    earlier, later = _keyed(form, group, old), _keyed(form, group, new)
    for key, row in later.items():
        label = _label(form, group, first, row)
        if key not in earlier:
            yield _change(Kind.INDICATOR_ADDED, new, label, after=_target(form, group, row))
        else:
            yield from _row(form, group, new, label, earlier[key], row)
    for key, row in earlier.items():
        if key not in later:
            yield _change(Kind.INDICATOR_GONE, new, _label(form, group, first, row), before=_target(form, group, row))


def _keyed(form: Form, group: str, project: _Project) -> dict[tuple[int, str, int], Row]:
    """Rows by block, name and which of that name."""
    first = form.fields[form.groups[group].fields[0]]
    seen: Counter[tuple[int, str]] = Counter()
    found: dict[tuple[int, str, int], Row] = {}
    for row in project.record.rows.get(group, ()):
        key = row.block, squash(_shown(first, row.raws.get(first.name)))
        found[(*key, seen[key])] = row
        seen[key] += 1
    return found


def _label(form: Form, group: str, first: Field, row: Row) -> str:
    level2 = form.groups[group].blocks[row.block].level2
    return "：".join(part for part in (level2, _shown(first, row.raws.get(first.name))) if part)


def _target(form: Form, group: str, row: Row) -> str:
    fields = (form.fields[name] for name in form.groups[group].fields)
    return next((_shown(field, row.raws.get(field.name)) for field in fields if field.type_name == "target"), "")


def _row(form: Form, group: str, project: _Project, label: str, old: Row, new: Row) -> Iterator[Change]:
    for name in form.groups[group].fields[1:]:
        field = form.fields[name]
        one, other = old.raws.get(name), new.raws.get(name)
        if _same(field, one, other):
            continue
        before, after = _shown(field, one), _shown(field, other)
        if field.type_name == "target":
            yield _change(direction(before, after), project, label, before, after)
        else:
            yield _change(Kind.CHANGED, project, f"{label}：{field.label}", before, after)


def direction(before: str, after: str) -> Kind:
    """Raised or lowered ambition; for ≤ and < a higher number is the lower ambition."""
    one, other = (target_of(text) for text in (before, after))
    if one.kind != "number" or other.kind != "number" or one.unit != other.unit:
        return Kind.CHANGED
    if (one.op or "=") != (other.op or "=") or one.number == other.number:
        return Kind.CHANGED
    return Kind.RAISED if (other.number > one.number) != (one.op in ("≤", "<")) else Kind.LOWERED


_COLUMNS = (("变化", 12), ("预算单位", 28), ("项目编码", 24), ("项目名称", 26), ("事项", 34), ("原来", 36), ("现在", 36))


def changes_workbook(changes: Sequence[Change], *, title: str, as_of: datetime) -> bytes:
    """The changes as an .xlsx with filter and frozen header; texts stay texts."""
    target = io.BytesIO()
    with xlsxwriter.Workbook(target, {"in_memory": True, "strings_to_formulas": False, "strings_to_urls": False}) as book:
        book.set_properties({"title": title, "created": as_of.replace(tzinfo=None)})
        sheet = book.add_worksheet("变化")
        head = book.add_format({"bold": True, "bg_color": "#D9E2F3", "border": 1, "align": "center", "valign": "vcenter"})
        body = book.add_format({"border": 1, "text_wrap": True, "valign": "top"})
        for column, (name, width) in enumerate(_COLUMNS):
            sheet.set_column(column, column, width)
            sheet.write_string(0, column, name, head)
        for row, each in enumerate(changes, 1):
            texts = (each.kind.value, each.unit, each.code, each.project, each.item, each.before, each.after)
            for column, text in enumerate(texts):
                if sheet.write_string(row, column, text[:32_000], body):
                    raise PerfxlError("C06", reason=f"第 {row + 1} 行 {text[:20]}")
        sheet.freeze_panes(1, 0)
        sheet.autofilter(0, 0, len(changes), len(_COLUMNS) - 1)
        sheet.set_landscape()
        sheet.set_paper(9)
        sheet.fit_to_pages(1, 0)
        sheet.repeat_rows(0)
    return target.getvalue()
