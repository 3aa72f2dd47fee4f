"""Read the values back out of a printed computed field: its formula, turned round.

``"预算数" & ROUND(budget, 6) & "万元。…主要用于：" & purpose`` becomes a pattern with
a group per field.  Formulas other than joined texts and rounded numbers give nothing.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass

from ..form.model import Field, Form
from ..rules.syntax import Binary, Call, Name, Node, Text
from ..rules.values import BLANKS, squash

__all__ = ["Inverse", "inverse_of"]

_ANY_BLANKS = f"[{re.escape(BLANKS)}]*"
_NUMBER = rf"{_ANY_BLANKS}(-?\d+(?:\.\d+)?){_ANY_BLANKS}"
_CODE = r"([0-9A-Za-z]+)"
_UNIT_CODE = r"(\d{6})"


@dataclass(frozen=True, slots=True)
class Inverse:
    """A pattern over the whole printed text, and the field that each of its groups holds."""

    pattern: re.Pattern[str]
    fields: tuple[str, ...]

    def read(self, text: str) -> dict[str, str] | None:
        """Field -> its text, or ``None`` where the text was not made by the formula."""
        match = self.pattern.fullmatch(text)
        return None if match is None else dict(zip(self.fields, match.groups(), strict=True))


def inverse_of(form: Form, field: Field) -> Inverse | None:
    """The inverse of a computed field; ``None`` where its formula cannot be turned round."""
    if field.formula is None:
        return None
    fields: list[str] = []
    parts: list[str] = []
    for node in _joined(field.formula.tree):
        part = _part(form, node, fields)
        if part is None:
            return None
        parts.append(part)
    # No blanks allowed for beside a text: beside ``.*?`` they would make hostile blanks cost their square.
    return Inverse(re.compile("".join(parts), re.DOTALL), tuple(fields)) if fields else None


def _joined(node: Node) -> Iterator[Node]:
    if isinstance(node, Binary) and node.operator == "&":
        yield from _joined(node.left)
        yield from _joined(node.right)
    else:
        yield node


def _part(form: Form, node: Node, fields: list[str]) -> str | None:
    if isinstance(node, Text):
        return _ANY_BLANKS.join(re.escape(char) for char in squash(node.value))
    if isinstance(node, Call) and node.function == "ROUND" and isinstance(node.arguments[0], Name):
        return _once(node.arguments[0].name, _NUMBER, fields)
    if isinstance(node, Name) and node.name in form.fields:
        field = form.fields[node.name]
        if field.type_name in ("money", "number", "percent"):
            return _once(node.name, _NUMBER, fields)
        if node.name == form.roles["unit_code"]:
            return _once(node.name, _UNIT_CODE, fields)
        return _once(node.name, _CODE if field.type_name == "code" else "(.*?)", fields)
    return None


def _once(name: str, pattern: str, fields: list[str]) -> str:
    if name in fields:
        return ".*?"
    fields.append(name)
    return pattern
