"""How the target values of each level 2 are spread: what kinds there are, and how high percentages are set.

Levels and fields come from the form: the blocks of its groups, and whatever
field holds target values.  A form without such a field has its rows counted.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import lru_cache

from ...form.model import Form
from ...rules.targets import Target, target_of
from ..dataset import Dataset
from .cells import CellContent

__all__ = ["Spread", "spreads"]

_KINDS = ("不低于", "不超过", "等于", "时限", "定性", "其他")
_SHARES = ("<60%", "60%—80%", "80%—90%", "90%—95%", "95%—100%", "100%", ">100%")
_BOUNDS = (60.0, 80.0, 90.0, 95.0, 100.0)
_OPERATORS = {"≥": 0, ">": 0, "≤": 1, "<": 1, "=": 2, "": 2}


@dataclass(frozen=True, kw_only=True)
class Spread:
    """A table: a row per level 2 that has figures, a column per kind."""

    title: str
    heads: Sequence[str]
    rows: Sequence[Sequence[CellContent]]


def spreads(dataset: Dataset) -> Iterator[Spread]:
    """How many target values of each level 2 are lower bounds, upper bounds, exact, periods, words; how high percentages are.

    A form without target values has its rows counted.
    """
    form = dataset.form
    label, fields = _label(form), _target_fields(form)
    kinds, shares = _nothing(form, len(_KINDS)), _nothing(form, len(_SHARES))
    for row in dataset.indicators:
        level = row.indicator.level2 or form.groups[row.indicator.group].label
        if not fields:
            kinds[level][0] += 1
            continue
        texts = (row.indicator.values.get(name) for name in fields)
        target = _target(next((each for each in texts if isinstance(each, str)), ""))
        if target is not None:
            kind, share = target
            kinds[level][kind] += 1
            if share is not None:
                shares[level][share] += 1
    if fields:
        yield Spread(title=f"各{label}的指标值类型", heads=[label, *_KINDS], rows=_rows(kinds))
        yield Spread(title=f"各{label}的百分比指标值分布", heads=[label, *_SHARES], rows=_rows(shares))
    else:
        counts = {level: each[:1] for level, each in kinds.items()}
        yield Spread(title=f"各{label}的条数", heads=[label, "条数"], rows=_rows(counts))


@lru_cache(maxsize=4096)
def _target(text: str) -> tuple[int, int | None] | None:
    """The columns of a target value in both tables; ``None`` for none."""
    if not text:
        return None
    target = target_of(text)
    return _kind(target), _share(target)


def _label(form: Form) -> str:
    groups = [form.groups[name] for name in form.project_sheet.groups]
    return "二级指标" if any(block.level2 for group in groups for block in group.blocks) else "分组"


def _target_fields(form: Form) -> tuple[str, ...]:
    names = (name for group in form.project_sheet.groups for name in form.groups[group].fields)
    return tuple(name for name in names if form.fields[name].type_name == "target")


def _nothing(form: Form, columns: int) -> dict[str, list[int]]:
    """Noughts for every level 2 of the form, in its order."""
    groups = [form.groups[name] for name in form.project_sheet.groups]
    return {block.level2 or group.label: [0] * columns for group in groups for block in group.blocks}


def _rows(counts: dict[str, list[int]]) -> list[list[CellContent]]:
    return [[label, *each] for label, each in counts.items()] if any(map(sum, counts.values())) else []


def _kind(target: Target) -> int:
    if target.kind == "number":
        return _OPERATORS.get(target.op, len(_KINDS) - 1)
    return {"period": 3, "words": 4}.get(target.kind, 5)


def _share(target: Target) -> int | None:
    if target.kind != "number" or target.unit != "%":
        return None
    if target.number > _BOUNDS[-1]:
        return len(_SHARES) - 1
    return sum(target.number >= bound for bound in _BOUNDS)
