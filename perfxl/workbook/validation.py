"""Data validation of entry cells, derived from a field's type and its own rules.

A rule that reads nothing but the field itself and fits into 255 characters is
checked while typing; everything else is left to the remarks.
"""

from __future__ import annotations

from typing import Any

from ..form.model import Check, Field, Form, Severity
from ..rules.excel import excel_text
from ..rules.functions import Kind

__all__ = ["validation_of"]

TITLE_LIMIT, PROMPT_LIMIT, ERROR_LIMIT, FORMULA_LIMIT = 32, 255, 224, 255


class _Typed:
    """Addresses for a rule over the cell that is being typed (see rules.excel.Addresses)."""

    def __init__(self, form: Form, cell: str) -> None:
        self.form = form
        self.cell = cell

    def field(self, name: str) -> str:
        return self.cell

    def column(self, name: str) -> str:
        raise LookupError(name)

    def part(self, name: str, part: str) -> str:
        if part == "form":
            return self.cell
        raise LookupError(name)

    def begun(self, group: str) -> str:
        raise LookupError(group)

    def sheets(self, sheet: str) -> str:
        raise LookupError(sheet)

    def constant(self, name: str) -> str:
        raise LookupError(name)

    def items(self, name: str) -> str:
        raise LookupError(name)


def validation_of(form: Form, field: Field, cell: str) -> dict[str, Any]:
    """XlsxWriter's options for the validation of one field; ``cell`` is its first, relative."""
    assert field.type is not None
    options: dict[str, Any] = {
        "input_title": field.label[:TITLE_LIMIT],
        "input_message": (field.help or f"请填写{field.label}。")[:PROMPT_LIMIT],
        "error_title": field.label[:TITLE_LIMIT],
        "error_message": f"应为{field.type.expects}。"[:ERROR_LIMIT],
        "ignore_blank": True,
    }
    if field.type_name == "choice":
        return {**options, "validate": "list", "source": list(field.options)}
    own = _own_rules(form, field, cell)
    if own:
        options["error_message"] = (options["error_message"] + field.help)[:ERROR_LIMIT]
    if field.type.kind is Kind.NUMBER:
        if own or field.type.bounds is None:
            return {**options, "validate": "custom", "value": f"={_and([f'ISNUMBER({cell})', *own])}"}
        low, high = field.type.bounds
        return {**options, "validate": "decimal", "criteria": "between", "minimum": low, "maximum": high}
    return {**options, "validate": "custom", "value": f"={_and([f'ISTEXT({cell})', *own])}"}


def _and(tests: list[str]) -> str:
    return tests[0] if len(tests) == 1 else f"AND({','.join(tests)})"


def _own_rules(form: Form, field: Field, cell: str) -> list[str]:
    found: list[str] = []
    for check in form.checks:
        text = _own_rule(form, check, field, cell)
        if text and len("AND(ISNUMBER(),)") + len(",".join([*found, text])) + len(cell) < FORMULA_LIMIT:
            found.append(text)
    return found


def _own_rule(form: Form, check: Check, field: Field, cell: str) -> str:
    if check.field != field.name or check.formula is None or not _is_own(check):
        return ""
    try:
        text = excel_text(check.formula, _Typed(form, cell))
    except LookupError:
        return ""
    return text if len(text) <= FORMULA_LIMIT - 40 else ""


def _is_own(check: Check) -> bool:
    """An error rule that reads its own field alone and asks more than that it is filled."""
    formula = check.formula
    if formula is None or check.severity is not Severity.ERROR:
        return False
    blank_only = formula.source.replace(" ", "") == f"NOT(BLANK({check.field}))"
    return not blank_only and formula.fields == {check.field} and not formula.columns
