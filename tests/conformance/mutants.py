"""Forms with one formula altered by one operator, bound or name."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, replace

from perfxl.errors import PerfxlError
from perfxl.form.model import Form
from perfxl.form.rules import scope_of
from perfxl.rules.analyse import Role, analyse_rule

_TOKEN = re.compile(r'"(?:[^"]|"")*"|<>|<=|>=|[A-Za-z_][A-Za-z0-9_]*|\d+(?:\.\d+)?|\S')
_OPERATORS = {
    "=": ("<>",), "<>": ("=",), ">=": (">", "<="), "<=": ("<", ">="), ">": (">=", "<"), "<": ("<=", ">"),
    "+": ("-",), "-": ("+",), "AND": ("OR",), "OR": ("AND",),
}  # fmt: skip


@dataclass(frozen=True)
class Mutant:
    """An altered form and what was done to it."""

    form: Form
    rule: str
    was: str
    now: str


def mutants(form: Form) -> Iterator[Mutant]:
    """Every form that differs in one token of one rule's formula and still loads."""
    for check in form.checks:
        if check.formula is None:
            continue
        source = check.formula.source
        scope = scope_of(form, check.sheet, check.group, blocks=check.scope.value == "group")
        for altered in _altered(source, [name for name, each in scope.items() if each.role is Role.FIELD]):
            try:
                formula = analyse_rule(altered, scope)
            except PerfxlError:
                continue
            checks = tuple(replace(each, formula=formula) if each is check else each for each in form.checks)
            # The source is the key of every cache: it must differ too.
            own = f"{form.source}\n# {check.number} {altered}"
            yield Mutant(replace(form, checks=checks, source=own), check.rule, source, altered)


def _altered(source: str, fields: list[str]) -> Iterator[str]:
    for match in _TOKEN.finditer(source):
        token = match.group()
        for other in _others(token, fields):
            yield source[: match.start()] + other + source[match.end() :]


def _others(token: str, fields: list[str]) -> list[str]:
    if token in _OPERATORS:
        return list(_OPERATORS[token])
    if token.isdigit():
        return [str(int(token) + 1), str(int(token) - 1)] if int(token) else ["1"]
    if token in fields:
        return [fields[(fields.index(token) + 1) % len(fields)]]
    return []
