"""The rule language's grammar: a subset of Excel's own formula syntax.

``ROUND(budget - fiscal - other, 6) = 0`` becomes a small tree of nodes.  Each
node knows its column in the formula, so that every later fault has a place.
Left out on purpose: ranges, array constants, ``^``, ``%`` and spaces as
intersection; a form author has no use for them and engines disagree on some.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

from ..errors import PerfxlError

__all__ = ["Binary", "Call", "Name", "Node", "Number", "Text", "Truth", "Unary", "continues", "parse"]

MAX_DEPTH = 32
"""Nesting that is accepted; Excel allows 64 levels and expansions add some."""

LONGEST_CHAIN = 200
"""Operators of one strength in a row, as in ``a & b & c``."""


@dataclass(frozen=True, slots=True)
class Number:
    """A number literal."""

    value: float
    column: int


@dataclass(frozen=True, slots=True)
class Text:
    """A text literal, without its quotes."""

    value: str
    column: int


@dataclass(frozen=True, slots=True)
class Truth:
    """TRUE or FALSE."""

    value: bool
    column: int


@dataclass(frozen=True, slots=True)
class Name:
    """A field, constant, list or group by its name."""

    name: str
    column: int


@dataclass(frozen=True, slots=True)
class Call:
    """A function call; ``function`` is upper case."""

    function: str
    arguments: tuple[Node, ...]
    column: int


@dataclass(frozen=True, slots=True)
class Unary:
    """A leading ``-``."""

    operand: Node
    column: int


@dataclass(frozen=True, slots=True)
class Binary:
    """``left operator right``."""

    operator: str
    left: Node
    right: Node
    column: int


Node = Number | Text | Truth | Name | Call | Unary | Binary


def continues(node: Node, operator: str) -> bool:
    """``node`` needs no brackets as the left operand of ``operator``: ``a + b`` in ``a + b - c``.

    Brackets around every link of a chain would soon exceed the levels that
    Excel and Python's own parser take.
    """
    if not isinstance(node, Binary):
        return False
    return node.operator in "+-" if operator in ("+", "-") else operator in ("*", "&") and node.operator == operator

_TOKEN = re.compile(
    r"""\s*(?:
        (?P<number>\d+(?:\.\d+)?)
      | (?P<text>"(?:[^"]|"")*")
      | (?P<name>[A-Za-z_][A-Za-z0-9_]*)
      | (?P<operator><>|<=|>=|[-+*/&=<>(),])
    )""",
    re.VERBOSE,
)
_BINDING = {"=": 1, "<>": 1, "<": 1, "<=": 1, ">": 1, ">=": 1, "&": 2, "+": 3, "-": 3, "*": 4, "/": 4}


@dataclass(frozen=True, slots=True)
class _Token:
    kind: str
    text: str
    column: int


def _tokens(formula: str) -> list[_Token]:
    found: list[_Token] = []
    at = 0
    end = len(formula.rstrip())
    while at < end:
        match = _TOKEN.match(formula, at)
        if match is None:
            rest = formula[at:].lstrip()
            column = len(formula) - len(rest) + 1
            raise PerfxlError("L01", found=f"“{rest[:12]}”", column=column)
        kind = str(match.lastgroup)
        found.append(_Token(kind, match.group(kind), match.start(kind) + 1))
        at = match.end()
    found.append(_Token("end", "", len(formula) + 1))
    return found


class _Parser:
    def __init__(self, formula: str) -> None:
        self.tokens = _tokens(formula)
        self.at = 0

    @property
    def next(self) -> _Token:
        return self.tokens[self.at]

    def fault(self, token: _Token) -> PerfxlError:
        what = f"“{token.text}”" if token.text else "公式不完整"
        return PerfxlError("L01", found=what, column=token.column)

    def take(self, text: str) -> None:
        if self.next.kind != "operator" or self.next.text != text:
            raise self.fault(self.next)
        self.at += 1

    def expression(self, strength: int, depth: int) -> Node:
        if depth > MAX_DEPTH:
            raise PerfxlError("L09", depth=depth, limit=MAX_DEPTH)
        left = self.operand(depth + 1)
        chain = 0
        while (token := self.next).kind == "operator" and _BINDING.get(token.text, 0) > strength:
            self.at += 1
            chain += 1
            if chain > LONGEST_CHAIN:
                raise PerfxlError("L09", depth=chain, limit=LONGEST_CHAIN)
            right = self.expression(_BINDING[token.text], depth + 1)
            left = Binary(token.text, left, right, token.column)
        return left

    def operand(self, depth: int) -> Node:
        token = self.next
        self.at += 1
        if token.kind == "number":
            return Number(float(token.text), token.column)
        if token.kind == "text":
            return Text(token.text[1:-1].replace('""', '"'), token.column)
        if token.kind == "name":
            return self.named(token, depth)
        if token.text == "-":
            return Unary(self.expression(4, depth + 1), token.column)
        if token.text == "(":
            inside = self.expression(0, depth + 1)
            self.take(")")
            return inside
        raise self.fault(token)

    def named(self, token: _Token, depth: int) -> Node:
        if self.next.text != "(" or self.next.kind != "operator":
            if token.text.upper() in ("TRUE", "FALSE"):
                return Truth(token.text.upper() == "TRUE", token.column)
            return Name(token.text, token.column)
        self.take("(")
        arguments: list[Node] = []
        while not (self.next.kind == "operator" and self.next.text == ")"):
            arguments.append(self.expression(0, depth + 1))
            if self.next.text != ")":
                self.take(",")
                if self.next.text == ")":
                    raise self.fault(self.next)
        self.take(")")
        return Call(token.text.upper(), tuple(arguments), token.column)


def parse(formula: str) -> Node:
    """Parse one formula (without a leading ``=``); raises L01 or L09 with the column."""
    parser = _Parser(formula)
    tree = parser.expression(0, 0)
    if parser.next.kind != "end":
        raise parser.fault(parser.next)
    return tree
