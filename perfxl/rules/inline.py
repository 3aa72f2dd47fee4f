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
from math import prod
from typing import Any, cast

from .analyse import Expression, Role, Scope
from .functions import Kind
from .python import INLINE_NAMES, Translator
from .syntax import Binary, Call, Name, Node, Number, Text, Truth, Unary
from .values import fold, unfolded

__all__ = ["Constants", "Inliner", "made"]

Constants = Sequence[Mapping[str, str | bool]]
"""The constants of each block of a group."""

_TURNED = {"<=": ">=", ">=": "<=", "<": ">", ">": "<", "=": "=", "<>": "<>"}
_NEVER_CROSSED = {">=": ">=", "<=": "<=", "=": "=="}
_MOST_WHOLE = 1e9
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


def _as_it_is(node: Node) -> bool:
    """The text is its own folded form, whatever is typed."""
    return isinstance(node, Call) and node.function in ("TARGET_OP", "TARGET_KIND")


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


_CHANCES = {"=": 0.2, "<>": 0.8}


def _chance(node: Node) -> float:
    """A guess how often a condition holds: words seldom stand in a text, limits are mostly kept."""
    match node:
        case Call(function="NOT", arguments=(argument,)):
            return 1 - _chance(argument)
        case Call(function="AND", arguments=arguments):
            return prod(_chance(each) for each in arguments)
        case Call(function="OR", arguments=arguments):
            return 1 - prod(1 - _chance(each) for each in arguments)
        case Call(function=function):
            return {"CONTAINS": 0.1, "ONE_OF": 0.3, "BLANK": 0.1}.get(function, 0.5)
        case Binary(operator=operator):
            return _CHANCES.get(operator, 0.9)
        case _:
            return 0.5


def _effort(node: Node) -> int:
    """How much there is to ask, in steps."""
    return 1 + sum(_effort(each) for each in _below(node) if not isinstance(each, Number | Text | Truth | Name))


def _promise(node: Node, settles: bool) -> float:
    """How soon the condition is likely to settle an OR (by holding) or an AND (by failing)."""
    return (_chance(node) if settles else 1 - _chance(node)) / _effort(node)


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
        if self._of_the_block(node):
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
        """Constants of the block decide it, with literals at most."""
        if isinstance(node, Name):
            return self.scope[node.name].role is Role.CONSTANT
        if isinstance(node, Call) and node.function in (*_PARTS, "OCCURS", "SUM", "BEGUN", "SHEETS", "ONE_OF"):
            return False
        others = [each for each in _below(node) if not isinstance(each, Number | Text | Truth)]
        return bool(others) and always_decided(node) and all(self._of_the_block(each) for each in others)

    def binary(self, node: Binary) -> str:
        """``left operator right``."""
        if node.operator in _TURNED:
            if isinstance(node.left, Call) and node.left.function == "LEN" and isinstance(node.right, Number):
                return self._length(node.left.arguments[0], node.operator, node.right.value)
            if self.kind(node.left) is Kind.TEXT:
                return self._compared(node)
            if self._rounds_to_whole(node):
                return self._rounded(node)
        return super().binary(node)

    def _compared(self, node: Binary) -> str:
        """Texts compared: with a literal by looking it up among all its spellings."""
        known = unfolded(fold(node.right.value)) if isinstance(node.right, Text) and not _as_it_is(node.left) else None
        if known is None:
            sign = "==" if node.operator == "=" else "!="
            return f"({self._folded(node.left)}{sign}{self._folded(node.right)})"
        code = self.code(node.left)
        if len(known) == 1:
            return f"({code}{'==' if node.operator == '=' else '!='}{min(known)!r})"
        return f"({code} {'in' if node.operator == '=' else 'not in'} {self._shared(known)})"

    def _rounds_to_whole(self, node: Binary) -> bool:
        """``ROUND(finite number, digits) operator whole number``."""
        left, right = node.left, node.right
        if not (isinstance(left, Call) and left.function == "ROUND" and isinstance(right, Number)):
            return False
        # A literal has no sign, so the digits are none or some after the point.
        whole = isinstance(left.arguments[1], Number) and right.value == int(right.value)
        return whole and abs(right.value) < _MOST_WHOLE and _sum_of_values(left.arguments[0])

    def _rounded(self, node: Binary) -> str:
        """Rounding never crosses a whole number, so a number on the right side of it need not be rounded."""
        assert isinstance(node.left, Call) and isinstance(node.right, Number)
        code, whole, exact = self.code(node.left.arguments[0]), node.right.value, super().binary(node)
        if node.operator == "<>":
            return f"(not {whole - 1!r}<{code}<{whole + 1!r} or {exact})"
        sign = _NEVER_CROSSED.get(node.operator)
        return f"({code}{sign}{whole!r} or {exact})" if sign else exact

    def _length(self, text: Node, operator: str, limit: float) -> str:
        """LEN against a number: a text has at least as many UTF-16 units as characters, at most twice as many."""
        code, sign = self.code(text), {"=": "==", "<>": "!="}.get(operator, operator)
        exact = f"length({code}){sign}{limit!r}"
        if isinstance(text, Name) and operator in ("=", "<>"):
            return f"((len({code}) if {code}.isascii() else length({code})){sign}{limit!r})"
        if operator in ("<=", "<"):
            return f"(2*len({code}){sign}{limit!r} or {exact})"
        return f"(len({code}){sign}{limit!r} or {exact})" if operator in (">=", ">") else f"({exact})"

    def _folded(self, node: Node) -> str:
        if isinstance(node, Text):
            return repr(fold(node.value))
        return self.code(node) if _as_it_is(node) else f"fold({self.code(node)})"

    def call(self, function: str, arguments: tuple[Node, ...]) -> str:
        """A function call."""
        if function in _PARTS and isinstance(arguments[0], Name):
            return f"{self.parts[function]}_{arguments[0].name}"
        if function == "BLANK" and isinstance(arguments[0], Name) and self._is_number_field(arguments[0]):
            return f"(f_{arguments[0].name}.__class__ is str)"  # a number's only text is "", and to compare them is slow
        if function == "BEGUN" and isinstance(arguments[0], Name) and self.by_block:
            return f"begun_{arguments[0].name}[block]"
        if function == "OCCURS" and isinstance(arguments[0], Name) and self.kind(arguments[0]) is Kind.TEXT and self.counted:
            return f"counts_{arguments[0].name}[fold(f_{arguments[0].name})]"
        if function == "ONE_OF" and isinstance(arguments[1], Name):
            return self._one_of(self.code(arguments[0]), self._lists[arguments[1].name])
        if function == "ONLY" and isinstance(arguments[1], Text):
            return f"{self._shared(frozenset(arguments[1].value))}.issuperset({self.code(arguments[0])})"
        if function in _CUTS and isinstance(arguments[0], Name):
            return self._cut(function, arguments)
        if function in ("AND", "OR") and self.decided:
            ordered = sorted(arguments, key=lambda each: _promise(each, function == "OR"), reverse=True)
            return "(" + f" {function.lower()} ".join(self.code(each) for each in ordered) + ")"
        return super().call(function, arguments)

    def _cut(self, function: str, arguments: tuple[Node, ...]) -> str:
        """LEFT, RIGHT, MID at known places of a field: an ASCII text has a UTF-16 unit per character."""
        exact, code = super().call(function, arguments), self.code(arguments[0])
        at = [int(each.value) for each in arguments[1:] if isinstance(each, Number)]
        if len(at) < len(arguments) - 1 or min(at) < 1:
            return exact
        slices = {"LEFT": f":{at[0]}", "RIGHT": f"-{at[0]}:", "MID": f"{at[0] - 1}:{sum(at) - 1}"}
        return f"({code}[{slices[function]}] if {code}.isascii() else {exact})"

    def _is_number_field(self, name: Name) -> bool:
        symbol = self.scope[name.name]
        return symbol.role is Role.FIELD and symbol.kind is Kind.NUMBER

    def _one_of(self, code: str, items: frozenset[str]) -> str:
        spelled = spellings(items)
        if spelled is not None:
            return f"({code} in {self._shared(spelled)})"
        longest = max(map(len, items), default=0)
        # Folding never shortens a text, so a long one need not be folded.
        return f"(len({code})<={longest} and fold({code}) in {self._shared(items)})"


def spellings(items: frozenset[str]) -> frozenset[str] | None:
    """Every text that is one of the folded items once it is folded; ``None`` where that is not plain to tell."""
    found = [unfolded(each) for each in items]
    known = [each for each in found if each is not None]
    return frozenset().union(*known) if len(known) == len(found) else None


class _Constants:
    def __init__(self, values: Mapping[str, str | bool]) -> None:
        self.constant = values.__getitem__


def made(lines: Sequence[str], names: Mapping[str, object]) -> Callable[..., Any]:
    """The function ``compiled`` that the lines define; they are made from checked trees only."""
    space: dict[str, Any] = {**INLINE_NAMES, **names}
    exec("\n".join(lines), space)
    return cast(Callable[..., Any], space["compiled"])
