"""Compile a checked expression to a Python function with Excel's semantics."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from enum import IntEnum
from typing import Any, ClassVar, Protocol, cast

from .analyse import Expression, Role, Scope
from .functions import FUNCTIONS, PYTHON_NAMES, Kind
from .syntax import Binary, Call, Name, Node, Number, Text, Truth, Unary, continues
from .targets import read_target
from .values import NA, ReadValue, Undecided

__all__ = ["Outcome", "Surroundings", "Translator", "python_rule", "python_text"]


class Outcome(IntEnum):
    """The outcome of a rule at a place; the numbers stand in the live helper cells."""

    PASS = 0
    FAIL = 1
    UNDECIDED = 2


class Surroundings(Protocol):
    """What a formula reads beyond its own place.

    Values arrive as *read values*; a target field's is its normal form.
    """

    def occurs(self, name: str, value: ReadValue) -> float:
        """How often the value stands in the field's column or sheets (ignoring case)."""
        ...

    def total(self, name: str) -> float:
        """The sum of a column."""
        ...

    def begun(self, group: str) -> float:
        """The number of begun rows."""
        ...

    def sheets(self, sheet: str) -> float:
        """The number of begun sheets."""
        ...

    def readable(self, name: str) -> bool:
        """No value of the column is ill-typed."""
        ...

    def constant(self, name: str) -> str | float | bool:
        """A constant of the place."""
        ...

    def items(self, name: str) -> frozenset[str]:
        """The items of a list, folded."""
        ...


Values = Mapping[str, ReadValue]
_COMPARE = {"=": "==", "<>": "!=", "<": "<", "<=": "<=", ">": ">", ">=": ">="}


def _divided(dividend: float, divisor: float) -> float:
    if divisor == 0:
        raise Undecided
    return dividend / divisor


class Translator:
    """Writes checked expressions as Python text over ``f_NAME`` and ``around``."""

    parts: ClassVar = {"TARGET_OP": "op", "TARGET_NUMBER": "number", "TARGET_UNIT": "unit", "TARGET_KIND": "kind"}

    def __init__(self, scope: Scope) -> None:
        self.scope = scope

    def kind(self, node: Node) -> Kind:
        """What the expression yields."""
        match node:
            case Number() | Unary():
                return Kind.NUMBER
            case Text():
                return Kind.TEXT
            case Truth():
                return Kind.TRUTH
            case Name(name=name):
                return self.scope[name].kind
            case Binary(operator=operator):
                if operator in "+-*/":
                    return Kind.NUMBER
                return Kind.TEXT if operator == "&" else Kind.TRUTH
            case Call(function="IF", arguments=arguments):
                return self.kind(arguments[1])
            case Call(function=function):
                return FUNCTIONS[function].gives

    def code(self, node: Node) -> str:
        """The expression as Python text."""
        match node:
            case Number(value=value) | Text(value=value) | Truth(value=value):
                return repr(value)
            case Name(name=name):
                symbol = self.scope[name]
                if symbol.role is Role.CONSTANT:
                    return f"around.constant({name!r})"
                return f"(f_{name} or 0.0)" if symbol.kind is Kind.NUMBER else f"f_{name}"
            case Unary(operand=operand):
                return f"(-{self.code(operand)})"
            case Binary():
                return self.binary(node)
            case Call(function=function, arguments=arguments):
                return self.call(function, arguments)

    def binary(self, node: Binary) -> str:
        """``left operator right``."""
        left, right = self.code(node.left), self.code(node.right)
        chained = continues(node.left, node.operator)
        if node.operator in "+-*":
            return f"({left[1:-1] if chained else left}{node.operator}{right})"
        if node.operator == "/":
            return f"divided({left},{right})"
        if node.operator == "&":
            return f"({left[1:-1] if chained else self.shown(node.left)}+{self.shown(node.right)})"
        if self.kind(node.left) is Kind.TEXT:
            return f"(fold({left}){_COMPARE[node.operator]}fold({right}))"
        return f"({left}{_COMPARE[node.operator]}{right})"

    def shown(self, node: Node) -> str:
        """The expression as it is joined to text."""
        code = self.code(node)
        return f"plain({code})" if self.kind(node) is Kind.NUMBER else code

    def call(self, function: str, arguments: tuple[Node, ...]) -> str:
        """A function call."""
        first = arguments[0] if arguments else None
        name = first.name if isinstance(first, Name) else ""
        if function in self.parts:
            return f"target(f_{name}).{self.parts[function]}"
        if function == "BLANK" and first is not None:
            is_field = bool(name) and self.scope[name].role is Role.FIELD
            return f'(f_{name} == "")' if is_field else f'({self.code(first)} == "")'
        if function == "OCCURS":
            return f"around.occurs({name!r}, f_{name})"
        if function in ("SUM", "BEGUN", "SHEETS"):
            method = {"SUM": "total", "BEGUN": "begun", "SHEETS": "sheets"}[function]
            return f"around.{method}({name!r})"
        if function == "ONE_OF" and isinstance(arguments[1], Name):
            return f"(fold({self.code(arguments[0])}) in around.items({arguments[1].name!r}))"
        compiled = [self.code(argument) for argument in arguments]
        if function == "IF":
            return f"({compiled[1]} if {compiled[0]} else {compiled[2]})"
        python = FUNCTIONS[function].python
        assert python is not None, function
        return python(compiled)


_BUILTINS = (abs, all, enumerate, float, len, map, max, min, range, round, set, str, zip)
INLINE_NAMES: dict[str, Any] = {
    **PYTHON_NAMES,
    "NA": NA,
    "Undecided": Undecided,
    "divided": _divided,
    "target": read_target,
    "__builtins__": {each.__name__: each for each in _BUILTINS},
}


def _function(expression: Expression, result: str) -> Callable[[Values, Surroundings], Any]:
    lines = ["def compiled(values, around):"]
    for name in sorted(expression.fields):
        lines += [f"    f_{name} = values[{name!r}]", f"    if f_{name} is NA: raise Undecided"]
    for name in sorted(expression.columns):
        lines.append(f"    if not around.readable({name!r}): raise Undecided")
    lines.append(f"    return {result}")
    space = dict(INLINE_NAMES)
    # The source is generated from a checked tree: names are the form's own
    # identifiers, literals go through repr().
    exec("\n".join(lines), space)
    return cast(Callable[[Values, Surroundings], Any], space["compiled"])


def python_rule(expression: Expression) -> Callable[[Values, Surroundings], Outcome]:
    """A function from read values to the rule's outcome."""
    holds = _function(expression, Translator(expression.scope).code(expression.tree))
    passed, failed, undecided = Outcome.PASS, Outcome.FAIL, Outcome.UNDECIDED

    def outcome(values: Values, around: Surroundings) -> Outcome:
        try:
            return passed if holds(values, around) else failed
        except Undecided:
            return undecided

    return outcome


def python_text(expression: Expression) -> Callable[[Values, Surroundings], str]:
    """A function from read values to the text that is shown; raises Undecided."""
    return _function(expression, Translator(expression.scope).shown(expression.tree))
