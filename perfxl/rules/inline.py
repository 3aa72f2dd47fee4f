"""Many rules over the same names as one Python function: the source text of each, to stand in it.

:mod:`.python` makes one function per rule, which looks every name up again.
Here a rule is a condition over local variables, in the order of evaluation
that is cheapest; the outcomes are the same.  The surrounding function binds

``f_NAME``       the read value of a field; for a target field ``op_NAME``, ``number_NAME`` … too
``block``        the number of the place's block
``begun_NAME``   the begun rows of a group, by block
``counts_NAME``  how often each value stands in a column, folded (text fields only)
``around``       the :class:`~.python.Surroundings`
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any, cast

from .analyse import Expression, Role, Scope
from .functions import Kind
from .python import INLINE_NAMES, Translator
from .syntax import Binary, Call, Name, Node, Number, Text, Truth, Unary
from .values import fold

__all__ = ["Constants", "Inliner", "made"]

Constants = Sequence[Mapping[str, str | bool]]
"""The constants of each block of a group."""

_TURNED = {"<=": ">=", ">=": "<=", "<": ">", ">": "<", "=": "=", "<>": "<>"}
_CUTS = ("LEFT", "RIGHT", "MID")
_PARTS = ("TARGET_OP", "TARGET_NUMBER", "TARGET_UNIT", "TARGET_KIND")


def _below(node: Node) -> tuple[Node, ...]:
    match node:
        case Unary(operand=operand):
            return (operand,)
        case Binary(left=left, right=right):
            return left, right
        case Call(arguments=arguments):
            return arguments
        case _:
            return ()


def _sum_of_values(node: Node) -> bool:
    """The number is finite whatever is typed: fields, literals and parts of targets, added up."""
    match node:
        case Number() | Name():
            return True
        case Unary(operand=operand):
            return _sum_of_values(operand)
        case Binary(operator="+" | "-", left=left, right=right):
            return _sum_of_values(left) and _sum_of_values(right)
        case Binary(operator="*", left=left, right=right):
            return isinstance(right, Number) and _sum_of_values(left)
        case Call(function=function):
            return function in ("TARGET_NUMBER", "SUM", "LEN", "BEGUN", "SHEETS", "OCCURS")
        case _:
            return False


def always_decided(node: Node) -> bool:
    """Over well-typed values no part of the expression can raise Undecided, so AND and OR may stop early."""
    if isinstance(node, Binary) and node.operator == "/":
        return False
    if isinstance(node, Call):
        least = 1 if node.function == "MID" else 0
        cuts = node.arguments[1:] if node.function in _CUTS else ()
        if any(not isinstance(each, Number) or each.value < least for each in cuts):
            return False
        if node.function == "ROUND" and not (_sum_of_values(node.arguments[0]) and isinstance(node.arguments[1], Number)):
            return False
        if node.function == "INT" and not _sum_of_values(node.arguments[0]):
            return False
    return all(always_decided(each) for each in _below(node))


class Inliner(Translator):
    """Writes the conditions of one place, all under one scope.

    ``names`` is the namespace of the function that they will stand in: sets and
    tables that they look into are added to it.  ``lists`` are the form's, folded.
    ``by_block``, ``counted``: ``begun_NAME`` and ``counts_NAME`` are bound (else the surroundings are asked).
    """

    def __init__(
        self,
        scope: Scope,
        lists: Mapping[str, frozenset[str]],
        names: dict[str, object],
        constants: Constants = (),
        *,
        by_block: bool = False,
        counted: bool = False,
    ) -> None:
        super().__init__(scope)
        self.decided = False
        self.by_block = by_block
        self.counted = counted
        self._names = names
        self._lists = lists
        self._constants = constants

    def condition(self, expression: Expression) -> str:
        """The rule's condition as an expression, truthy where it holds; ``decided`` tells whether it always says."""
        self.decided = always_decided(expression.tree)
        return self.code(expression.tree)

    def code(self, node: Node) -> str:
        """The expression as Python text; what the block alone decides is looked up."""
        if not isinstance(node, Number | Text | Truth) and self._of_the_block(node):
            plain = Translator(self.scope).code(node)
            compute = made(["def compiled(around):", f"    return {plain}"], {})
            table = tuple(compute(_Constants(each)) for each in self._constants)
            return f"({self._shared(table)}[block])"
        return super().code(node)

    def _shared(self, value: object) -> str:
        known = (name for name, each in self._names.items() if repr(each) == repr(value))  # 1 is not True here
        name = next(known, f"shared_{len(self._names)}")
        self._names[name] = value
        return name

    def _of_the_block(self, node: Node) -> bool:
        """Nothing but constants of the block and literals decides it."""
        if isinstance(node, Name):
            return self.scope[node.name].role is Role.CONSTANT
        if isinstance(node, Call) and node.function in (*_PARTS, "OCCURS", "SUM", "BEGUN", "SHEETS", "ONE_OF"):
            return False
        below = _below(node)
        return bool(below) and always_decided(node) and all(
            isinstance(each, Number | Text | Truth) or self._of_the_block(each) for each in below
        )

    def binary(self, node: Binary) -> str:
        """``left operator right``."""
        if node.operator in _TURNED:
            if isinstance(node.left, Call) and node.left.function == "LEN" and isinstance(node.right, Number):
                return self._length(node.left.arguments[0], node.operator, node.right.value)
            if self.kind(node.left) is Kind.TEXT:
                sign = "==" if node.operator == "=" else "!="
                return f"({self._folded(node.left)}{sign}{self._folded(node.right)})"
        return super().binary(node)

    def _length(self, text: Node, operator: str, limit: float) -> str:
        """LEN against a number: a text has at least as many UTF-16 units as characters, at most twice as many."""
        code, sign = self.code(text), {"=": "==", "<>": "!="}.get(operator, operator)
        exact = f"length({code}){sign}{limit!r}"
        if operator in ("<=", "<"):
            return f"(2*len({code}){sign}{limit!r} or {exact})"
        return f"(len({code}){sign}{limit!r} or {exact})" if operator in (">=", ">") else f"({exact})"

    def _folded(self, node: Node) -> str:
        if isinstance(node, Text):
            return repr(fold(node.value))
        as_it_is = isinstance(node, Call) and node.function in ("TARGET_OP", "TARGET_KIND")
        return self.code(node) if as_it_is else f"fold({self.code(node)})"

    def call(self, function: str, arguments: tuple[Node, ...]) -> str:
        """A function call."""
        if function in _PARTS and isinstance(arguments[0], Name):
            return f"{self.parts[function]}_{arguments[0].name}"
        if function == "BEGUN" and isinstance(arguments[0], Name) and self.by_block:
            return f"begun_{arguments[0].name}[block]"
        if function == "OCCURS" and isinstance(arguments[0], Name) and self.kind(arguments[0]) is Kind.TEXT and self.counted:
            return f"counts_{arguments[0].name}[fold(f_{arguments[0].name})]"
        if function == "ONE_OF" and isinstance(arguments[1], Name):
            return self._one_of(self.code(arguments[0]), self._lists[arguments[1].name])
        if function in ("AND", "OR") and self.decided:
            return "(" + f" {function.lower()} ".join(self.code(each) for each in arguments) + ")"
        return super().call(function, arguments)

    def _one_of(self, code: str, items: frozenset[str]) -> str:
        longest = max(map(len, items), default=0)
        # Folding never shortens a text, so a long one need not be folded.
        return f"(len({code})<={longest} and fold({code}) in {self._shared(items)})"


class _Constants:
    def __init__(self, values: Mapping[str, str | bool]) -> None:
        self.constant = values.__getitem__


def made(lines: Sequence[str], names: Mapping[str, object]) -> Callable[..., Any]:
    """The function ``compiled`` that the lines define; they are made from checked trees only."""
    space: dict[str, Any] = {**INLINE_NAMES, **names}
    exec("\n".join(lines), space)
    return cast(Callable[..., Any], space["compiled"])
