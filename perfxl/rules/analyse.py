"""What a formula means: every name known, every kind right, nothing engines disagree on.

An expression is typed before it is compiled, so that both compilers may rely on
it: text never meets numbers, truths stay truths, and a number is compared or
shown only when it was rounded (``10.85-10-0.85`` is not 0 in every engine).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import Enum

from ..errors import PerfxlError
from .functions import FUNCTIONS, Argument, Exactness, Function, Kind
from .syntax import Binary, Call, Name, Node, Number, Text, Truth, Unary, parse

__all__ = ["Expression", "Role", "Symbol", "analyse", "analyse_rule"]

_LONGEST_LITERAL = 255


class Role(Enum):
    """What a name stands for."""

    FIELD = "字段"
    COLUMN = "重复行的字段"
    CONSTANT = "常量"
    LIST = "清单"
    GROUP = "分组"
    SHEET = "表"


@dataclass(frozen=True, slots=True, kw_only=True)
class Symbol:
    """A name that a formula may use.

    ``repeated``: the field also has a column (or one cell on every sheet), so
    that OCCURS can count its value there.
    """

    name: str
    role: Role
    kind: Kind = Kind.TEXT
    target: bool = False
    repeated: bool = False


Scope = Mapping[str, Symbol]


@dataclass(frozen=True, slots=True)
class Expression:
    """A checked formula.

    ``fields`` are read in the place itself, ``columns`` over all rows or sheets,
    ``constants`` are the names of its place's constants, ``groups`` those whose rows it counts.
    ``guarded``: an error in a value read could be hidden by IF, by an engine
    whose AND and OR stop early, or by a function that swallows errors, so the
    Excel text must ask first.
    """

    source: str
    tree: Node
    kind: Kind
    exactness: Exactness
    fields: frozenset[str]
    columns: frozenset[str]
    constants: frozenset[str]
    groups: frozenset[str]
    guarded: bool
    scope: Scope


@dataclass(slots=True)
class _Reading:
    fields: set[str]
    columns: set[str]
    constants: set[str]
    groups: set[str]
    guarded: bool = False


_Typed = tuple[Kind, Exactness]
_TEXT: _Typed = (Kind.TEXT, Exactness.INTEGER)
_TRUTH: _Typed = (Kind.TRUTH, Exactness.INTEGER)


def _kind_of(node: Node, scope: Scope, reading: _Reading) -> _Typed:
    match node:
        case Number(value=value):
            whole = value == int(value)
            return Kind.NUMBER, Exactness.INTEGER if whole else Exactness.ROUNDED
        case Text(value=value):
            if len(value) > _LONGEST_LITERAL:
                raise PerfxlError("F11", place=_at(node), what="文字", length=len(value), limit=_LONGEST_LITERAL)
            return _TEXT
        case Truth():
            return _TRUTH
        case Name():
            return _name(node, scope, reading)
        case Unary(operand=operand):
            kind, exactness = _kind_of(operand, scope, reading)
            _want(Kind.NUMBER, kind, "负号之后", node)
            return kind, exactness
        case Binary():
            return _binary(node, scope, reading)
        case Call():
            return _call(node, scope, reading)


def _at(node: Node) -> str:
    return f"第 {node.column} 个字符"


def _want(expected: Kind, found: Kind, what: str, node: Node) -> None:
    if expected is not found:
        raise PerfxlError("L05", place=_at(node), what=what, expected=expected.value, found=found.value)


def _look_up(node: Name, scope: Scope) -> Symbol:
    symbol = scope.get(node.name)
    if symbol is None:
        known = "、".join(sorted(scope))
        raise PerfxlError("L03", place=_at(node), name=node.name, known=known)
    return symbol


def _name(node: Name, scope: Scope, reading: _Reading) -> _Typed:
    symbol = _look_up(node, scope)
    if symbol.role not in (Role.FIELD, Role.CONSTANT):
        raise PerfxlError("L05", place=_at(node), what=node.name, expected="单个值", found=symbol.role.value)
    if symbol.role is Role.FIELD:
        reading.fields.add(node.name)
    else:
        reading.constants.add(node.name)
    return symbol.kind, Exactness.FLOATING if symbol.kind is Kind.NUMBER else Exactness.INTEGER


def _binary(node: Binary, scope: Scope, reading: _Reading) -> _Typed:
    left = _kind_of(node.left, scope, reading)
    right = _kind_of(node.right, scope, reading)
    sign = f"“{node.operator}”两边"
    if node.operator in ("+", "-", "*", "/"):
        _want(Kind.NUMBER, left[0], sign, node)
        _want(Kind.NUMBER, right[0], sign, node)
        whole = left[1] is right[1] is Exactness.INTEGER and node.operator != "/"
        return Kind.NUMBER, Exactness.INTEGER if whole else Exactness.FLOATING
    if node.operator == "&":
        for side, typed in ((node.left, left), (node.right, right)):
            _shown(side, typed, sign)
        return _TEXT
    if left[0] is not right[0]:
        raise PerfxlError("L05", place=_at(node), what=sign, expected=left[0].value, found=right[0].value)
    if left[0] is Kind.TRUTH or (left[0] is Kind.TEXT and node.operator not in ("=", "<>")):
        raise PerfxlError("L05", place=_at(node), what=sign, expected="可比较的值", found=left[0].value)
    if left[0] is Kind.NUMBER and Exactness.FLOATING in (left[1], right[1]):
        raise PerfxlError("L06", place=_at(node), what=sign)
    return _TRUTH


def _shown(node: Node, typed: _Typed, what: str) -> None:
    if typed[0] is Kind.TRUTH:
        raise PerfxlError("L05", place=_at(node), what=what, expected="文本或数值", found=Kind.TRUTH.value)
    if typed[0] is Kind.NUMBER and typed[1] is Exactness.FLOATING:
        raise PerfxlError("L06", place=_at(node), what=what)


def _call(node: Call, scope: Scope, reading: _Reading) -> _Typed:
    function = FUNCTIONS.get(node.function)
    if function is None:
        raise PerfxlError("L02", place=_at(node), name=node.function, known="、".join(FUNCTIONS))
    count = len(node.arguments)
    if count < function.fewest or (count > len(function.takes) and not function.repeats):
        expected = f"{function.fewest}{' 个以上' if function.repeats else ''}"
        raise PerfxlError("L04", place=_at(node), name=function.name, expected=expected, found=count)
    typed = [
        _argument(function, function.takes[min(place, len(function.takes) - 1)], argument, scope, reading)
        for place, argument in enumerate(node.arguments)
    ]
    reading.guarded |= function.swallows or function.name in ("IF", "AND", "OR")
    if function.name == "IF":
        (_, (kind, exact), (other, other_exact)) = typed
        _want(kind, other, "IF 的两个结果", node)
        return kind, min(exact, other_exact, key=lambda each: each.value)
    if function.name in ("ABS", "MIN", "MAX"):
        return Kind.NUMBER, min((each[1] for each in typed), key=lambda each: each.value)
    return function.gives, function.exactness


def _argument(function: Function, takes: Argument, node: Node, scope: Scope, reading: _Reading) -> _Typed:
    what = f"{function.name} 的参数"
    match takes:
        case Argument.NUMBER | Argument.TEXT | Argument.TRUTH:
            typed = _kind_of(node, scope, reading)
            _want(Kind(takes.value), typed[0], what, node)
            return typed
        case Argument.ANY:
            return _kind_of(node, scope, reading)
        case Argument.LITERAL | Argument.REPLACEMENT:
            if not isinstance(node, Text) or (takes is Argument.LITERAL and not node.value):
                raise PerfxlError("L05", place=_at(node), what=what, expected=takes.value, found="其他")
            return _kind_of(node, scope, reading)
        case _:
            return _named_argument(takes, what, node, scope, reading)


def _named_argument(takes: Argument, what: str, node: Node, scope: Scope, reading: _Reading) -> _Typed:
    if not isinstance(node, Name):
        raise PerfxlError("L08", place=_at(node), what=what, found="表达式")
    symbol = _look_up(node, scope)
    fits = {
        Argument.TARGET: symbol.role is Role.FIELD and symbol.target,
        Argument.COLUMN: symbol.role is Role.COLUMN and symbol.kind is Kind.NUMBER,
        Argument.REPEATED: symbol.role is Role.FIELD and symbol.repeated,
        Argument.GROUP: symbol.role is Role.GROUP,
        Argument.SHEET: symbol.role is Role.SHEET,
        Argument.LIST: symbol.role is Role.LIST,
    }[takes]
    if not fits:
        raise PerfxlError("L05", place=_at(node), what=what, expected=takes.value, found=symbol.role.value)
    if takes in (Argument.TARGET, Argument.REPEATED):
        reading.fields.add(node.name)
    if takes in (Argument.COLUMN, Argument.REPEATED):
        reading.columns.add(node.name)
    if takes is Argument.GROUP:
        reading.groups.add(node.name)
    return _TEXT


def analyse(source: str, scope: Scope) -> Expression:
    """Check a formula against the names it may use; raises L01–L09 with the place."""
    tree = parse(source)
    reading = _Reading(set(), set(), set(), set())
    kind, exactness = _kind_of(tree, scope, reading)
    return Expression(
        source=source,
        tree=tree,
        kind=kind,
        exactness=exactness,
        fields=frozenset(reading.fields),
        columns=frozenset(reading.columns),
        constants=frozenset(reading.constants),
        groups=frozenset(reading.groups),
        guarded=reading.guarded,
        scope=scope,
    )


def analyse_rule(source: str, scope: Scope) -> Expression:
    """Check a formula that must be true where a rule passes."""
    found = analyse(source, scope)
    _want(Kind.TRUTH, found.kind, "规则公式", found.tree)
    return found


def analyse_shown(source: str, scope: Scope) -> Expression:
    """Check a formula whose result is shown: a computed field, a figure in a message."""
    found = analyse(source, scope)
    _shown(found.tree, (found.kind, found.exactness), "显示的内容")
    return found
