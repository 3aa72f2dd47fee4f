"""Compile a checked expression to Excel text for the live workbook."""

from __future__ import annotations

from typing import Protocol

from ..errors import PerfxlError
from .analyse import Expression, Role, Scope
from .functions import FUNCTIONS, Kind
from .syntax import Binary, Call, Name, Node, Number, Text, Truth, Unary, continues
from .targets import quoted
from .values import plain

__all__ = ["LONGEST_FORMULA", "Addresses", "excel_rule", "excel_text"]

LONGEST_FORMULA = 8192
"""Characters in one formula (Excel's limit)."""


class Addresses(Protocol):
    """Where a workbook keeps what a formula reads; every answer is Excel text."""

    def field(self, name: str) -> str:
        """The helper cell with the field's read value."""
        ...

    def column(self, name: str) -> str:
        """The helper cells of a repeated field."""
        ...

    def part(self, name: str, part: str) -> str:
        """The helper cell of one part of a target value."""
        ...

    def begun(self, group: str) -> str:
        """Excel text for the number of begun rows."""
        ...

    def sheets(self, sheet: str) -> str:
        """The helper cells that are 1 for a begun sheet."""
        ...

    def constant(self, name: str) -> str:
        """A constant of the place, such as the row's level 2."""
        ...

    def items(self, name: str) -> str:
        """The cells with the items of a list, squashed."""
        ...


_PARTS = {"TARGET_OP": "op", "TARGET_NUMBER": "number", "TARGET_UNIT": "unit", "TARGET_KIND": "kind"}


def _literal(value: str | float | bool) -> str:
    if isinstance(value, bool):
        return "TRUE" if value else "FALSE"
    return quoted(value) if isinstance(value, str) else plain(value)


class _Compiler:
    def __init__(self, scope: Scope, addresses: Addresses) -> None:
        self.scope = scope
        self.addresses = addresses

    def text(self, node: Node) -> str:
        match node:
            case Number(value=value) | Text(value=value) | Truth(value=value):
                return _literal(value)
            case Name(name=name):
                return self.name(name)
            case Unary(operand=operand):
                return f"(-{self.text(operand)})"
            case Binary(operator=operator, left=left, right=right):
                first = self.text(left)
                return f"({first[1:-1] if continues(left, operator) else first}{operator}{self.text(right)})"
            case Call(function=function, arguments=arguments):
                return self.call(function, arguments)

    def name(self, name: str) -> str:
        symbol = self.scope[name]
        if symbol.role is Role.CONSTANT:
            return self.addresses.constant(name)
        if symbol.target:
            return self.addresses.part(name, "form")
        address = self.addresses.field(name)
        return f"N({address})" if symbol.kind is Kind.NUMBER else address

    def call(self, function: str, arguments: tuple[Node, ...]) -> str:
        first = arguments[0] if arguments else None
        if function in _PARTS and isinstance(first, Name):
            return self.addresses.part(first.name, _PARTS[function])
        if function == "BLANK" and first is not None:
            return f"({self.raw(first)}=\"\")"
        if function == "OCCURS" and isinstance(first, Name):
            own = self.name(first.name) if self.scope[first.name].target else self.addresses.field(first.name)
            return f"SUMPRODUCT(--({self.addresses.column(first.name)}={own}))"
        if function == "SUM" and isinstance(first, Name):
            return f"SUM({self.addresses.column(first.name)})"
        if function == "BEGUN" and isinstance(first, Name):
            return self.addresses.begun(first.name)
        if function == "SHEETS" and isinstance(first, Name):
            return f"SUM({self.addresses.sheets(first.name)})"
        if function == "ONE_OF" and isinstance(arguments[1], Name):
            return f"(SUMPRODUCT(--({self.addresses.items(arguments[1].name)}={self.text(arguments[0])}))>0)"
        compiled = [self.text(argument) for argument in arguments]
        if function == "IF":
            return f"IF({','.join(compiled)})"
        excel = FUNCTIONS[function].excel
        assert excel is not None, function
        return excel(compiled)

    def raw(self, node: Node) -> str:
        """A field without N(), so that blank stays different from 0."""
        if isinstance(node, Name) and self.scope[node.name].role is Role.FIELD:
            if self.scope[node.name].target:
                return self.addresses.part(node.name, "form")
            return self.addresses.field(node.name)
        return self.text(node)


def _checked(text: str) -> str:
    if len(text) > LONGEST_FORMULA:
        raise PerfxlError("L07", length=len(text), limit=LONGEST_FORMULA)
    return text


def excel_text(expression: Expression, addresses: Addresses) -> str:
    """Excel text (without ``=``) that yields the expression's value; L07 if too long."""
    return _checked(_Compiler(expression.scope, addresses).text(expression.tree))


def excel_rule(expression: Expression, addresses: Addresses) -> str:
    """Excel text that yields 0 (pass), 1 (fail) or 2 (undecided)."""
    state = f"IFERROR(IF({excel_text(expression, addresses)},0,1),2)"
    if expression.guarded:
        # Lengths are added, texts not joined: joined ones longer than a cell holds would be an error.
        read = [f"LEN({addresses.field(name)})" for name in sorted(expression.fields)]
        read += [f'SUMPRODUCT(--({addresses.column(name)}=""))' for name in sorted(expression.columns)]
        if read:
            state = f"IF(ISERROR({'+'.join(read)}),2,{state})"
    return _checked(state)
