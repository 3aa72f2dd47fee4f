"""The checks of one place, and of all rows of a group, as the text of one function.

Rows are looked at by columns.  A check that a look at its column proves to
hold everywhere costs no more; the others are asked row by row, all in one loop.
What a generated function calls beyond its arguments are the readers of columns
and the :class:`Around` of its sheet.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from typing import Protocol, cast

from ..rules.inline import Constants, Inliner, made, spellings
from ..rules.proofs import Prover
from ..rules.python import Surroundings
from ..rules.targets import Target, read_target
from ..rules.types import Raw
from ..rules.values import NA, ReadValue
from .columns import AS_IT_IS, Column, as_they_are, column_reader, raw_column, read_targets
from .evaluate import Program
from .model import Check, Form, Group, Scope
from .records import Row
from .rules import scope_of

__all__ = ["Failed", "ScreenRows", "ScreenSheet", "Values", "row_function", "sheet_function", "single_reader"]

Values = Mapping[str, ReadValue]
Failed = list[tuple[int, int]]
"""Check numbers with the row (or block) that fails, -1 for a whole sheet."""


class Around(Surroundings, Protocol):
    """What a generated function asks of its sheet.

    It fills in the ``columns`` of the rows that rules look over, and the ``texts`` that judges will look at.
    """

    columns: dict[str, Column]
    texts: dict[str, list[str]]

    def distinct(self, name: str) -> bool:
        """Surely no value of the column stands there twice."""
        ...

    def counts(self, name: str) -> Counter[str]:
        """How often each value stands in the column."""
        ...

    def begun_by_block(self, group: str) -> list[float]:
        """The begun rows at each block; of a group without blocks all of them at any."""
        ...

    def in_blocks(self, group: str, count: int) -> bool:
        """There is a begun row of the group at each of the first ``count`` blocks."""
        ...


ScreenRows = Callable[[Sequence[Row], Values, Around, Failed], None]
ScreenSheet = Callable[[Values, Around, Failed], None]
SingleReader = Callable[[Mapping[str, Raw]], dict[str, ReadValue]]


class _Writer:
    """Writes the checks of one place as lines of Python, for a function with these ``names``."""

    def __init__(self, program: Program, names: dict[str, object], sheet: str, group: Group | None, scope: Scope) -> None:
        form = program.form
        blocks = group.blocks if group else ()
        constants: Constants = [{"level1": each.level1, "level2": each.level2, "required": each.required} for each in blocks]
        known = scope_of(form, sheet, group.name if group else "", blocks=scope is Scope.GROUP)
        self._names = names
        self._items = program.items
        self._inliner = Inliner(
            known, program.items, names, constants, by_block=scope is Scope.GROUP, counted=scope is Scope.ROW
        )
        rows = group.fields if group and scope is Scope.ROW else ()
        texts = [name for name in rows if form.fields[name].type_name in (*AS_IT_IS, "target")]
        self._prover = Prover(texts, self._spelled, blocks=len(blocks) if scope is Scope.GROUP else 0)

    def _spelled(self, items: str) -> str:
        found = spellings(self._items[items])
        if found is None:
            return ""
        self._names[f"any_{items}"] = found
        return f"any_{items}"

    def proof(self, check: Check) -> str:
        """What proves that the check fails nowhere, "" if nothing does."""
        return self._prover.proof(check.formula.tree) if check.formula else f"typed_{check.field}"

    def lines(self, checks: Sequence[Check], place: str, *, guarded: bool) -> list[str]:
        """Append the number and place of each check that fails; ``guarded``: values may be ill-typed."""
        return [line for check in checks for line in self._check(check, place, guarded)]

    def _check(self, check: Check, place: str, guarded: bool) -> list[str]:
        failed = f"failed.append(({check.number}, {place}))"
        formula = check.formula
        if formula is None:
            return [f"if f_{check.field} is NA: {failed}"] if guarded else []
        guards = [f"f_{name} is not NA" for name in sorted(formula.fields)] if guarded else []
        guards += [f"around.readable({name!r})" for name in sorted(formula.columns)]
        line = f"if {' and '.join([*guards, f'not {self._inliner.condition(formula)}'])}: {failed}"
        return [line] if self._inliner.decided else ["try:", f"    {line}", "except Undecided: pass"]


_PARTS = Target._fields


def _indented(lines: Sequence[str]) -> list[str]:
    return ["    " + line for line in lines]


def _fields(checks: Sequence[Check]) -> list[str]:
    asked = {name for check in checks if check.formula for name in check.formula.fields}
    return sorted(asked | {check.field for check in checks if check.formula is None})


def _ill_typed(names: Sequence[str]) -> str:
    return " or ".join(f"f_{name} is NA" for name in names) or "False"


def _parts(name: str) -> str:
    return ", ".join(f"{part}_{name}" for part in _PARTS)


def _given(form: Form, names: Sequence[str]) -> list[str]:
    targets = [name for name in names if form.fields[name].type_name == "target"]
    return [
        *(f"f_{name} = values[{name!r}]" for name in names),
        *(f"{_parts(name)} = target(f_{name} if f_{name}.__class__ is str else '')" for name in targets),
    ]


def single_reader(form: Form, sheet: str) -> SingleReader:
    """What reads the values of a sheet's own fields (see :func:`~.records.values_of`)."""
    fields = [(each.name, each.type) for each in form.entry_fields(sheet) if not each.group]
    kinds = {name: kind for name, kind in fields if kind is not None}
    names: dict[str, object] = {"as_they_are": as_they_are, **{f"read_{name}": kind.read for name, kind in kinds.items()}}
    texts = [name for name, kind in kinds.items() if kind.name in AS_IT_IS]
    lines = ["raw = raws.get", *(f"f_{name} = raw({name!r})" for name in kinds)]
    if texts:
        lines += [f"if not as_they_are([{', '.join(f'f_{name}' for name in texts)}]):"]
        lines += [f"    f_{name} = read_{name}(f_{name})" for name in texts]
    for name, kind in kinds.items():
        if name not in texts:
            asked = f"if not ({kind.plainly(f'f_{name}')}): " if kind.plainly else ""
            lines.append(f"{asked}f_{name} = read_{name}(f_{name})")
    lines.append(f"return {{{', '.join(f'{name!r}: f_{name}' for name in kinds)}}}")
    return cast(SingleReader, made(["def compiled(raws):", *_indented(lines)], names))


def sheet_function(program: Program, checks: Sequence[Check], sheet: str) -> ScreenSheet:
    """The checks of a whole sheet and of the blocks of its groups."""
    form = program.form
    names: dict[str, object] = {"NA": NA, "target": read_target}
    whole = [check for check in checks if not check.in_rows]
    in_blocks = [check for check in checks if check.scope is Scope.GROUP]
    writer = _Writer(program, names, sheet, None, Scope.SHEET)
    fields = _fields([*whole, *in_blocks])
    lines = _given(form, fields)
    for guarded, head in ((True, f"if {_ill_typed(fields)}:"), (False, "else:")):
        body: list[str] = []
        for check in whole:
            proof = writer.proof(check) if check.formula else ""
            own = writer.lines([check], "-1", guarded=guarded)
            body += [f"if not ({proof}):", *_indented(own)] if proof else own
        lines += [head, *_indented(body or ["pass"])]
    for name in dict.fromkeys(check.group for check in in_blocks):
        lines += _over_blocks(program, names, form.groups[name], [check for check in in_blocks if check.group == name])
    return cast(ScreenSheet, made(["def compiled(values, around, failed):", *_indented(lines)], names))


def _over_blocks(program: Program, names: dict[str, object], group: Group, checks: Sequence[Check]) -> list[str]:
    """The checks of each block of a group."""
    writer = _Writer(program, names, group.sheet, group, Scope.GROUP)
    lines: list[str] = []
    for check in checks:
        asked = sorted(check.formula.groups) if check.formula else []
        body = [f"begun_{each} = around.begun_by_block({each!r})" for each in asked]
        body += [f"for block in range({len(group.blocks)}):", *_indented(writer.lines([check], "block", guarded=True))]
        proof = writer.proof(check)
        lines += [f"if not ({proof}):", *_indented(body)] if proof else body
    return lines


def row_function(program: Program, checks: Sequence[Check], group: Group) -> ScreenRows:
    """The checks of the rows of a group."""
    form = program.form
    own = [name for name in group.fields if form.fields[name].type is not None]
    outer = [name for name in _fields(checks) if name not in own]
    names: dict[str, object] = {"NA": NA, "target": read_target, "raw_column": raw_column, "as_they_are": as_they_are}
    names |= {f"read_{name}": _reader(form, name) for name in own}
    writer = _Writer(program, names, group.sheet, group, Scope.ROW)
    lines = [*_given(form, outer), "raws = [row.raws for row in rows]", "blocks = [row.block for row in rows]"]
    lines += _reading(form, own)
    lines += [f"around.columns[{name!r}] = c_{name}" for name in own if name in program.columns]
    judged = [name for name in own if name in program.judged and form.fields[name].type_name in AS_IT_IS]
    lines += [f"if typed_{name}: around.texts[{name!r}] = c_{name}" for name in judged]
    lines.append("if not rows: return")
    proofs = {check.number: writer.proof(check) for check in checks}
    for check in checks:
        if proofs[check.number]:
            lines += [f"if not ({proofs[check.number]}):", *_indented(_loop(form, writer, [check], own, guarded=True))]
    others = [check for check in checks if not proofs[check.number]]
    if others:
        asked = _fields(others)
        typed = [f"typed_{name}" if name in own else f"f_{name} is not NA" for name in asked]
        lines += [f"if {' and '.join(typed) or 'True'}:", *_indented(_loop(form, writer, others, own, guarded=False))]
        lines += ["else:", *_indented(_loop(form, writer, others, own, guarded=True))]
    return cast(ScreenRows, made(["def compiled(rows, values, around, failed):", *_indented(lines)], names))


def _reading(form: Form, own: Sequence[str]) -> list[str]:
    """The lines that read the columns: texts, which seldom need it, are looked at together first."""
    texts = [name for name in own if form.fields[name].type_name in AS_IT_IS]
    others = [name for name in own if name not in texts]
    lines = [f"c_{name} = raw_column(raws, {name!r})" for name in own]
    if texts:
        lines += [f"{' = '.join(f'typed_{name}' for name in texts)} = True"]
        lines += [f"if not as_they_are({' + '.join(f'c_{name}' for name in texts)}):"]
        lines += _indented([f"c_{name}, typed_{name} = read_{name}(c_{name})" for name in texts])
    for name in others:
        apart = f", t_{name}" if form.fields[name].type_name == "target" else ""
        lines.append(f"c_{name}, typed_{name}{apart} = read_{name}(c_{name})")
    return lines


def _reader(form: Form, name: str) -> object:
    kind = form.fields[name].type
    assert kind is not None
    return read_targets if kind.name == "target" else column_reader(kind)


def _loop(form: Form, writer: _Writer, checks: Sequence[Check], own: Sequence[str], *, guarded: bool) -> list[str]:
    """The lines that ask the checks row by row."""
    asked = [name for name in _fields(checks) if name in own]
    pairs = [(f"f_{name}", f"c_{name}") for name in asked]
    pairs += [(f"({_parts(name)})", f"t_{name}") for name in asked if form.fields[name].type_name == "target"]
    pairs.append(("block", "blocks"))
    counted = sorted({name for check in checks if check.formula for name in check.formula.columns})
    return [
        *(f"counts_{name} = around.counts({name!r})" for name in counted),
        f"for at, ({', '.join(one for one, _ in pairs)},) in enumerate(zip({', '.join(column for _, column in pairs)})):",
        *_indented(writer.lines(checks, "at", guarded=guarded)),
    ]
