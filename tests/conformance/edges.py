"""Values at the edges of a rule, read off its own formula: nothing here knows a form.

For every field that a formula reads: each constant that it meets and its
neighbours (a bound and one step more or less, at the digits before and after a
rounding; a text as long as a bound, one shorter, one longer; a text that passes
with one character wrong at each place), every kind of blank, and, where numbers
must add up, values that add up to the bound and just beside it.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import lru_cache
from itertools import product
from random import Random

from perfxl.form.model import Block, Check, Field, Form
from perfxl.rules.functions import Kind
from perfxl.rules.python import Outcome, python_rule
from perfxl.rules.syntax import Binary, Call, Name, Node, Number, Text, Unary
from perfxl.rules.types import Raw
from perfxl.rules.values import NA, ReadValue, fold, squash

from . import pools

Probe = Mapping[str, Raw]

_OPERATORS = {"=", "<>", "<", "<=", ">", ">="}
_SHAPED = {"LEFT", "MID", "RIGHT", "ONLY", "CHECK_CHAR"}
_PARTS = {"TARGET_OP", "TARGET_NUMBER", "TARGET_UNIT", "TARGET_KIND"}
_LONGEST = 300


def nodes(node: Node) -> Iterator[Node]:
    """A tree's nodes, the root first."""
    yield node
    match node:
        case Unary(operand=operand):
            yield from nodes(operand)
        case Binary(left=left, right=right):
            yield from nodes(left)
            yield from nodes(right)
        case Call(arguments=arguments):
            for each in arguments:
                yield from nodes(each)


def calls(check: Check, function: str) -> list[str]:
    """The names that a check's formula gives to a function, as in OCCURS(code)."""
    found = nodes(check.formula.tree) if check.formula is not None else iter(())
    return [
        first.name
        for node in found
        if isinstance(node, Call) and node.function == function
        for first in node.arguments[:1]
        if isinstance(first, Name)
    ]


@lru_cache
def _items(items: tuple[str, ...]) -> frozenset[str]:
    return frozenset(fold(squash(item)) for item in items)


@dataclass(frozen=True, slots=True)
class Here:
    """A place by itself: every count is one (see rules.python.Surroundings)."""

    form: Form
    block: Block

    def occurs(self, name: str, value: ReadValue) -> float:
        return 1.0

    def total(self, name: str) -> float:
        return 0.0

    def begun(self, group: str) -> float:
        return 1.0

    def sheets(self, sheet: str) -> float:
        return 1.0

    def readable(self, name: str) -> bool:
        return True

    def constant(self, name: str) -> str | float | bool:
        found: str | bool = getattr(self.block, name)
        return found

    def items(self, name: str) -> frozenset[str]:
        return _items(self.form.lists[name])


@dataclass(frozen=True, slots=True)
class Sum:
    """``ROUND(terms + constant, digits)`` is compared with ``bound``; ``column``: the sum of a column."""

    terms: Mapping[str, float]
    constant: float
    digits: int
    bound: float
    column: str = ""

    def beside(self) -> list[float]:
        """The bound and what lies beside it, before and after the last digit that counts."""
        unit = 10.0**-self.digits
        steps = [0.0, 0.0, unit, -unit, 0.4 * unit, -0.4 * unit, 0.6 * unit, -0.6 * unit, 4 * unit, -4 * unit]
        steps += [0.08 * unit, -0.08 * unit, 1.0, -1.0, 0.3]
        return [self.bound - self.constant + step for step in steps]


def _linear(node: Node) -> tuple[dict[str, float], float, str] | None:
    match node:
        case Name(name=name):
            return {name: 1.0}, 0.0, ""
        case Number(value=value):
            return {}, value, ""
        case Call(function="SUM", arguments=(Name(name=name),)):
            return {}, 0.0, name
        case Unary(operand=operand):
            found = _linear(operand)
            return None if found is None or found[2] else ({name: -each for name, each in found[0].items()}, -found[1], "")
        case Binary(operator="+" | "-" as operator, left=left, right=right):
            first, second = _linear(left), _linear(right)
            if first is None or second is None or first[2] or second[2]:
                return None
            sign = 1.0 if operator == "+" else -1.0
            terms = dict(first[0])
            for name, each in second[0].items():
                terms[name] = terms.get(name, 0.0) + sign * each
            return terms, first[1] + sign * second[1], ""
    return None


def sums(check: Check) -> list[Sum]:
    """What a check's formula adds up and compares with a number."""
    found: list[Sum] = []
    for node in nodes(check.formula.tree) if check.formula is not None else ():
        match node:
            case Binary(
                operator=operator,
                left=Call(function="ROUND", arguments=(inner, Number(value=digits))),
                right=Number(value=bound),
            ) if operator in _OPERATORS and (parts := _linear(inner)) is not None:
                found.append(Sum(parts[0], parts[1], int(digits), bound, parts[2]))
    return found


class Edges:
    """One check's probes: assignments of the fields that it reads, in an order drawn once."""

    def __init__(self, form: Form, check: Check) -> None:
        self.form = form
        self.check = check
        self._rng = Random(f"{form.id} {check.number}")
        self._outcome = python_rule(check.formula) if check.formula is not None else None
        read = check.formula.fields if check.formula is not None else {check.field}
        own = {name for name in read if form.fields[name].sheet == check.sheet}
        # A row's probe sets the row alone, and one of another sheet nothing.
        self.fields = tuple(sorted(name for name in own if bool(form.fields[name].group) == bool(check.group)))
        self.blocks = form.groups[check.group].blocks if check.group else (Block(),)
        self.edges = {name: self._edges(form.fields[name]) for name in self.fields}
        self.probes = self._probes()
        self._leads: dict[tuple[Outcome, tuple[str, str, bool]], bool] = {}

    def outcome(self, values: Mapping[str, ReadValue], block: Block) -> Outcome:
        """The check's outcome, alone in its place."""
        if self._outcome is None:
            return Outcome.FAIL if values[self.check.field] is NA else Outcome.PASS
        return self._outcome(values, Here(self.form, block))

    def read(self, probe: Probe) -> dict[str, ReadValue]:
        """A probe as rules read it, all other fields blank."""
        names = self.check.formula.fields if self.check.formula is not None else {self.check.field}
        found: dict[str, ReadValue] = {}
        for name in names:
            kind = self.form.fields[name].type
            assert kind is not None
            found[name] = kind.read(probe.get(name))
        return found

    def leads_to(self, outcome: Outcome, block: Block) -> bool:
        """Some probe, by itself, has this outcome in a row of the block."""
        key = outcome, (block.level1, block.level2, block.required)
        if key not in self._leads:
            self._leads[key] = any(self.outcome(self.read(probe), block) is outcome for probe in self.probes)
        return self._leads[key]

    # --- one field ----------------------------------------------------------------

    def _edges(self, field: Field) -> list[Raw]:
        """Blanks, the constants that the field meets and their neighbours."""
        assert field.type is not None
        tree = list(nodes(self.check.formula.tree)) if self.check.formula is not None else []
        numbers = {node.value for node in tree if isinstance(node, Number)}
        texts = sorted({node.value for node in tree if isinstance(node, Text) and len(node.value) < 20})
        functions = {node.function for node in tree if isinstance(node, Call)}
        found: list[Raw] = [None, self._rng.choice(pools.BLANKS)]
        if field.type.kind is Kind.NUMBER:
            digits = {each.digits for each in sums(self.check)} or {2}
            found += _numbers({0.0, 1.0, *numbers, *(field.type.bounds or ())}, digits)
        elif functions & _PARTS and field.type_name == "target":
            found += _targets(numbers, texts, self._items())
        else:
            found += [*texts, *(f"甲{text}乙" for text in texts), *self._items()]
            found += [text for each in texts if len(each) < 3 for text in (each * 2, f"5{each}5", f"5{each}5{each}5")]
            lengths = {int(number) for number in numbers if 0 < number <= _LONGEST}
            found += ["字" * (length + step) for length in lengths for step in (-1, 0, 1)]
            if functions & _SHAPED:
                found += self._misspelt(field)
        return _distinct(found)

    def _items(self) -> list[str]:
        named = {
            node.arguments[1].name
            for node in (nodes(self.check.formula.tree) if self.check.formula is not None else ())
            if isinstance(node, Call) and node.function == "ONE_OF" and isinstance(node.arguments[1], Name)
        }
        items = [item for name in sorted(named) for item in self.form.lists[name]]
        return [*items, *(item + "了" for item in items[:3])]

    def _misspelt(self, field: Field) -> list[Raw]:
        """The texts whose neighbours, one character off, change the outcome most, with these neighbours."""
        if self.fields != (field.name,):
            return []
        weighed: list[tuple[int, str, list[str]]] = []
        for text in dict.fromkeys(each for each in pools.some(self._rng, field, 60) if isinstance(each, str)):
            beside = list(_one_off(squash(text)))
            own = self.outcome(self.read({field.name: text}), self.blocks[0])
            flips = sum(self.outcome(self.read({field.name: each}), self.blocks[0]) is not own for each in beside)
            weighed.append((flips, text, beside))
        best = sorted(weighed, key=lambda each: -each[0])[:1]
        return [text for _, base, beside in best for text in (base, *beside)]

    # --- all fields of the formula ------------------------------------------------------

    def _probes(self) -> list[Probe]:
        """What lies at the edges first, then what people type."""
        edges = [*self._beside_sums(), *self._products(self.edges)]
        drawn = {name: pools.some(self._rng, self.form.fields[name], 30) + pools.BROKEN for name in self.fields}
        typed = [*self._products(drawn)]
        for each in (edges, typed):
            self._rng.shuffle(each)
        return [*edges, *typed]

    def _products(self, candidates: Mapping[str, list[Raw]]) -> Iterator[Probe]:
        """Every candidate of every field, with three draws of the others."""
        for name in self.fields:
            for value in candidates[name]:
                for _ in range(3 if len(self.fields) > 1 else 1):
                    others = {each: self._rng.choice(self.edges[each]) for each in self.fields}
                    yield {**others, name: value}

    def _beside_sums(self) -> Iterator[Probe]:
        """Fields that add up to a bound and just beside it; then each of them blank."""
        for each in sums(self.check):
            terms = {name: sign for name, sign in each.terms.items() if name in self.edges}
            if not terms or len(terms) < len(each.terms):
                continue
            for (solved, bound), _ in product(product(terms, each.beside()), range(2)):
                probe = self._solved(each.terms, solved, bound)
                if probe is not None:
                    yield probe
                    yield from ({**probe, name: None} for name in terms if len(terms) > 1)

    def _solved(self, terms: Mapping[str, float], solved: str, bound: float) -> Probe | None:
        for _ in range(200):
            drawn: dict[str, Raw] = {name: self._rng.choice(self.edges[name]) for name in terms if name != solved}
            values = {name: self._number(name, raw) for name, raw in drawn.items()}
            rest = sum(terms[name] * value for name, value in values.items() if value is not None)
            value = round((bound - rest) / terms[solved], 12)
            if None not in values.values() and self._number(solved, value) is not None:
                return {**drawn, solved: value}
        return None

    def _number(self, name: str, raw: Raw) -> float | None:
        kind = self.form.fields[name].type
        assert kind is not None
        found = kind.read(raw)
        return 0.0 if found == "" else found if isinstance(found, float) else None


def _distinct(raws: list[Raw]) -> list[Raw]:
    return list({(type(each), each): each for each in raws}.values())


def _numbers(points: set[float], digits: set[int]) -> list[Raw]:
    steps = {0.0, 1.0, 0.5, 1e-9, 4e-10, 6e-10}
    for digit in digits:
        steps |= {times * 10.0**-digit for times in (1, 0.4, 0.6, 4, 6)}
    # As far beside the last decimal as types let pass (see rules.types.number_type): two of them add up.
    loose = [2000.00000004, 1999.99999996]
    return [*loose, *_beside(points, steps)]


def _beside(points: set[float], steps: set[float]) -> list[float]:
    return [round(point + sign * step, 12) for point in sorted(points) for step in sorted(steps) for sign in (1, -1)]


def _targets(numbers: set[float], texts: list[str], items: list[str]) -> list[Raw]:
    steps = (0.0, 1.0, -1.0, 0.000001, 0.0000004, 0.0000006, 0.00001, 0.000004)
    figures = sorted({f"{number + step:.7f}".rstrip("0").rstrip(".") for number in {5.0, *numbers} for step in steps})
    units = ["", "次", "元", *texts, *items]
    found: list[Raw] = [f"{op}{figure}{unit}" for op in ("", "≥", "≤") for figure in figures for unit in ("", *texts)]
    found += [f"{op}5{unit}" for op in (*"≥≤=><", "") for unit in units]
    return [*found, *items, *texts]


def _one_off(text: str) -> Iterator[str]:
    for at, char in enumerate(text[:40]):
        for other in ("-", "z", "7" if char.isalpha() else "X"):
            if other != char:
                yield text[:at] + other + text[at + 1 :]
    yield from (text[:-1], text[1:], text + "0", "0" + text, text + "X", text + "-")


