"""Small formulas over a few names, compiled and run without any form."""

from __future__ import annotations

from dataclasses import dataclass, field

from perfxl.rules import Kind, Outcome, ReadValue, Role, Symbol, analyse_rule, analyse_shown, python_rule, python_text
from perfxl.rules.types import Raw, number_type, text_type
from perfxl.rules.values import fold

SCOPE = {
    symbol.name: symbol
    for symbol in (
        Symbol(name="n", role=Role.FIELD, kind=Kind.NUMBER),
        Symbol(name="m", role=Role.FIELD, kind=Kind.NUMBER),
        Symbol(name="t", role=Role.FIELD, repeated=True),
        Symbol(name="u", role=Role.FIELD),
        Symbol(name="goal", role=Role.FIELD, target=True),
        Symbol(name="prices", role=Role.COLUMN, kind=Kind.NUMBER),
        Symbol(name="names", role=Role.COLUMN),
        Symbol(name="level2", role=Role.CONSTANT),
        Symbol(name="required", role=Role.CONSTANT, kind=Kind.TRUTH),
        Symbol(name="colours", role=Role.LIST),
        Symbol(name="rows", role=Role.GROUP),
        Symbol(name="page", role=Role.SHEET),
    )
}
TYPES = {
    "n": number_type("number", minimum=-1e9, maximum=1e9, decimals=None, expects="数字"),
    "m": number_type("number", minimum=-1e9, maximum=1e9, decimals=None, expects="数字"),
    "t": text_type("text"),
    "u": text_type("text"),
    "goal": text_type("target"),
}


@dataclass(kw_only=True)
class Around:
    """The rest of a record: columns, lists, constants."""

    columns: dict[str, list[ReadValue]] = field(default_factory=dict)
    lists: dict[str, frozenset[str]] = field(default_factory=dict)
    constants: dict[str, str | float | bool] = field(default_factory=dict)
    begun_rows: float = 0
    begun_sheets: float = 0

    def occurs(self, name: str, value: ReadValue) -> float:
        wanted = fold(str(value))
        return float(sum(fold(str(each)) == wanted for each in self.columns[name]))

    def total(self, name: str) -> float:
        return sum(value for value in self.columns[name] if isinstance(value, float))

    def begun(self, group: str) -> float:
        return self.begun_rows

    def sheets(self, sheet: str) -> float:
        return self.begun_sheets

    def readable(self, name: str) -> bool:
        return not any(not isinstance(value, str | float) for value in self.columns.get(name, []))

    def constant(self, name: str) -> str | float | bool:
        return self.constants[name]

    def items(self, name: str) -> frozenset[str]:
        return self.lists[name]


def read(raws: dict[str, Raw]) -> dict[str, ReadValue]:
    """Raw cells as their types read them; names not given are empty cells."""
    return {name: kind.read(raws.get(name)) for name, kind in TYPES.items()}


def outcome(formula: str, around: Around | None = None, **raws: Raw) -> Outcome:
    """The outcome of a rule over raw cells."""
    return python_rule(analyse_rule(formula, SCOPE))(read(raws), around or Around())


def shown(formula: str, around: Around | None = None, **raws: Raw) -> str:
    """The text that a computed field would show."""
    return python_text(analyse_shown(formula, SCOPE))(read(raws), around or Around())
