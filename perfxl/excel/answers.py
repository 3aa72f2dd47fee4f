"""What the worksheet functions answer; plain Python, the batch's own code on the values of cells.

Faults of the user's become a text that begins with 错误： — a cell cannot show more.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

from ..check.run import findings_of
from ..consolidate.states import State
from ..consolidate.store import Store
from ..errors import PerfxlError
from ..form.evaluate import evaluate
from ..form.judges import normal_name
from ..form.library import find_form, form_ids
from ..form.model import COVER, Form, Scope
from ..form.records import MICRO, Book, SheetRecord
from ..rules.python import Outcome
from ..rules.targets import Target, target_of
from ..workbook.layout import SheetLayout, layout_of, plan_of
from ..workbook.places import SheetPlace
from .grids import Grid, cell_of, place_of, raw_of, record_of
from .open_book import hints_in

__all__ = ["TARGET_PARTS", "check_table", "codes_ok", "finance_hints", "project_value", "similar", "target_parts", "unit_total"]

_KINDS = {"number": "数值", "period": "时间", "malformed": "有误", "words": "文字", "": ""}
TARGET_PARTS = ("规范", "符号", "数值", "单位", "类型")
"""What PX_TARGET can give of a target value."""
_COUNTED = tuple(state.value for state in State if state.counts)

Table = list[list[object]]


def target_parts(values: Grid, part: str) -> Table:
    """One part of every target value, in the shape of the range."""
    if part not in TARGET_PARTS:
        return [[f"错误：第二个参数应为 {'、'.join(TARGET_PARTS)} 之一"]]
    return [[_part(value, part) for value in row] for row in values]


def _part(value: object, part: str) -> object:
    raw = raw_of(value)
    text = f"{raw:.15g}" if isinstance(raw, float) else str(raw or "")
    target: Target = target_of(text)
    if part == "数值":
        return target.number if target.size else ""
    return {"规范": target.form, "符号": target.op, "单位": target.unit, "类型": _KINDS[target.kind]}[part]


def codes_ok(values: Grid, form_id: str = "") -> Table:
    """Whether every project code passes the form's own rules for it; "" for blank cells."""
    with _answering() as answer:
        form = _form(form_id)
        answer[:] = [[_code_ok(form, value) for value in row] for row in values]
    return answer


def _code_ok(form: Form, value: object) -> object:
    if value is None or value == "":
        return ""
    field = form.roles["project_code"]
    record = SheetRecord(form.project_sheet.id, 1, {field: str(value)})
    results = evaluate(form, Book(sheets=[record]))
    failures = [failure for result in results if result.record is record for failure in result.failures]
    return not any(
        failure.check.field == field and failure.check.scope is Scope.SHEET and failure.outcome is Outcome.FAIL
        for failure in failures
    )


def check_table(values: Grid, form_id: str = "") -> Table:
    """The findings of one project table: a head, then cell, rule, severity and message of each.

    ``values`` is the whole project sheet from A1 on, including the entry cells
    beside the table.  Without ``form_id`` the form is the one whose labels the table bears.
    """
    with _answering() as answer:
        form = _form(form_id) if form_id else _form_of(values)
        layout = _project_layout(form, _slots_in(form, values))
        width = layout.columns if layout.beside is None else layout.beside + 1
        if len(values) < layout.rows or len(values[0]) < width:
            return [[f"错误：请选择整张项目表，从 A1 起至少 {layout.rows} 行、{width} 列"]]
        book = Book(SheetRecord(COVER), [record_of(layout, 1, values)])
        title = layout.sheet.title(1)
        places = [SheetPlace(""), place_of(layout, title)]
        found = [each for each in findings_of(form, book, places, "") if each.sheet == title]
        lines: Table = [[each.cell, each.rule, each.severity.label, each.message] for each in found]
        answer[:] = [["单元格", "规则", "级别", "问题"], *(lines or [["", "", "", "没有问题"]])]
    return answer


def finance_hints(table: Grid) -> Table:
    """Sheet, cell, rule, severity and message of what only the batch finds; one blank row if nothing."""
    with _answering() as answer:
        found = hints_in(table)
        lines: Table = [[each.sheet, each.cell, each.rule, each.severity.label, each.message] for each in found]
        answer[:] = lines or [[""] * 5]
    return answer


def _project_layout(form: Form, slots: Mapping[str, int] | None = None) -> SheetLayout:
    return layout_of(form, plan_of(form, slots=slots))[form.project_sheet.id]


def _slots_in(form: Form, values: Grid) -> dict[str, int]:
    """The slots of each level 2, told from where its labels stand; the last one's end with the range."""
    layout = _project_layout(form)
    found: dict[str, int] = {}
    for name in layout.sheet.groups:
        wanted = [block.level2 for block in layout.blocks(name) if block.level2]
        places = [
            (row, str(value)) for row, line in enumerate(values) for value in line[: layout.columns] if value in wanted
        ]
        if [label for _, label in places] == wanted:
            ends = [*(row for row, _ in places[1:]), len(values)]
            found.update({label: end - row for (row, label), end in zip(places, ends, strict=True) if end > row})
    return found


def _form_of(values: Grid) -> Form:
    """The form most of whose labels stand where the table has them."""

    def shared(form: Form) -> float:
        labels = _project_layout(form).labels
        right = sum(cell_of(values, label.area.row, label.area.column) == label.text for label in labels)
        return right / max(1, len(labels))

    return max((find_form(name) for name in form_ids()), key=shared)


def similar(one: Grid, other: Grid) -> object:
    """The share of indicator names that two lists have in common (DEFINITIONS, "U03 and X04")."""
    first, second = (
        frozenset(name for row in grid for value in row if (name := normal_name(str(value or "")))) for grid in (one, other)
    )
    fewer = min(len(first), len(second))
    return len(first & second) / fewer if fewer else 0.0


def unit_total(store: str, unit: str, field: str) -> object:
    """The sum of a money field over a unit's projects that count (DEFINITIONS, "Totals")."""
    with _answering() as answer:
        amounts = [value for _, _, value in _stored(store, "c.unit_code", unit, field, "money")]
        answer[:] = [[sum(int(str(value)) for value in amounts if value is not None) / MICRO]]
    return answer[0][0]


def project_value(store: str, code: str, field: str) -> object:
    """A field of the project with this code, "" if no file that counts has it."""
    with _answering() as answer:
        answer[:] = [[""]]
        for form, name, value in _stored(store, "p.code", code, field)[:1]:
            answer[:] = [[int(str(value)) / MICRO if value is not None and _is_money(form, name) else value or ""]]
    return answer[0][0]


_STORED = f"""
SELECT c.form_id, p.fields FROM project p JOIN content c USING (sha256)
WHERE EXISTS (SELECT 1 FROM file f WHERE f.sha256 = p.sha256 AND f.present
              AND f.state IN ({", ".join("?" * len(_COUNTED))}))
"""


def _stored(store: str, column: str, key: str, word: str, kind: str = "") -> list[tuple[Form, str, object]]:
    """(form, field, value) of every project of a file that counts; A05 for a field that no form has."""
    if not Path(store).is_file():
        raise PerfxlError("S20", path=store or "（没有写路径）", reason="没有这个文件")
    with Store(Path(store), read_only=True) as opened:
        rows = opened.rows(f"{_STORED} AND {column} = ? ORDER BY p.ordinal", (*_COUNTED, key))
    if not any(_field(find_form(name), word, kind) for name in form_ids()):
        raise PerfxlError("A05", field=word, kind="金额" if kind else "")
    found: list[tuple[Form, str, object]] = []
    for form_id, fields in rows:
        form = find_form(str(form_id))
        name = _field(form, word, kind)
        if name is not None:
            found.append((form, name, json.loads(str(fields)).get(name)))
    return found


def _is_money(form: Form, name: str) -> bool:
    return form.fields[name].type_name == "money"


@contextmanager
def _answering() -> Iterator[Table]:
    """A table for the answer; a fault of the user's becomes the answer."""
    answer: Table = []
    try:
        yield answer
    except PerfxlError as fault:
        answer[:] = [[f"错误：{fault.message}"]]


def _form(form_id: str) -> Form:
    """A form by its id, by default the first that perfxl ships."""
    return find_form(form_id or form_ids()[0])


def _field(form: Form, word: str, kind: str) -> str | None:
    """A field of the project sheet by its name or label, of one type only if ``kind`` is given."""
    for field in form.entry_fields(form.project_sheet.id):
        if not field.group and word in (field.name, field.label) and kind in ("", field.type_name):
            return field.name
    return None
