"""What proves, by one look at a whole column, that a rule fails in no row.

The proofs stand in a function that binds ``c_NAME``, the read values of a text
field in every row, ``typed_NAME``, whether all of them are of its type, and
``around`` (see :mod:`.python`), which here can tell also whether all values of
a column are ``distinct`` and whether a group has a row ``in_blocks``, in each
of so many.  A row with an ill-typed value has no outcome, so a proof says
nothing of it.
"""

from __future__ import annotations

from collections.abc import Callable, Collection

from .syntax import Binary, Call, Name, Node, Number

__all__ = ["Prover"]

_AT_MOST = ("<=", "<")
_AT_LEAST = (">=", ">")


class Prover:
    """Writes proofs over the columns of some text fields.

    ``spelled`` gives the name under which the function finds all spellings of a
    list's items, "" if they are not plain to tell.  ``blocks``: it is to hold at
    each of so many blocks instead.
    """

    def __init__(self, columns: Collection[str], spelled: Callable[[str], str], *, blocks: int = 0) -> None:
        self._columns = columns
        self._spelled = spelled
        self._blocks = blocks

    def proof(self, node: Node, holds: bool = True) -> str:
        """Python text that is truthy only if the formula holds (or, if not ``holds``, fails) in every row; "" for none."""
        match node:
            case Call(function="NOT", arguments=(argument,)):
                return self.proof(argument, not holds)
            case Call(function="AND" | "OR" as function, arguments=arguments):
                return self._joined([self.proof(each, holds) for each in arguments], every=(function == "AND") is holds)
            case Call(function="BLANK", arguments=(Name(name=name),)) if name in self._columns and not holds:
                return f"all(c_{name})"
            case Call(function="ONE_OF", arguments=(Name(name=name), Name(name=items))) if name in self._columns and not holds:
                spelled = self._spelled(items)
                return f"{spelled}.isdisjoint(c_{name})" if spelled else ""
            case Binary(left=Call() as counted, operator=operator, right=Number(value=limit)) if holds:
                return self._limited(counted, operator, limit)
        return ""

    def _joined(self, proofs: list[str], *, every: bool) -> str:
        if every:
            return " and ".join(proofs) if all(proofs) else ""
        found = " or ".join(each for each in proofs if each)
        return f"({found})" if found else ""

    def _limited(self, counted: Call, operator: str, limit: float) -> str:
        """A count against a number: LEN has one or two units per character."""
        argument = counted.arguments[0] if counted.arguments else None
        name = argument.name if isinstance(argument, Name) else ""
        if counted.function == "LEN" and name in self._columns:
            if operator in _AT_MOST:
                return f"typed_{name} and 2*max(map(len, c_{name})){operator}{limit!r}"
            return f"typed_{name} and min(map(len, c_{name})){operator}{limit!r}" if operator in _AT_LEAST else ""
        if counted.function == "OCCURS" and (operator, limit) in (("<=", 1), ("<", 2)):
            return f"around.distinct({name!r})"
        if counted.function == "BEGUN" and self._blocks and (operator, limit) in ((">=", 1), (">", 0), ("<>", 0)):
            return f"around.in_blocks({name!r}, {self._blocks})"
        return ""
