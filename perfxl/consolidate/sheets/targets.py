"""How the target values of each level 2 are spread: what kinds there are, and how high percentages are set.

Levels and fields come from the form: the blocks of its groups, and whatever
field holds target values.  A form without such a field has its rows counted.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

from ...form.model import Form
from ...rules.targets import Target, normal_form, read_target, spelling
from ..dataset import Dataset
from .cells import CellContent

__all__ = ["Spread", "spelled_kinds", "spread_of_shares"]

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


def spelled_kinds(dataset: Dataset) -> Spread:
    """How many target values of each level 2 are lower bounds, upper bounds, exact, periods, words."""
    label = _label(dataset.form)
    if not _target_fields(dataset.form):
        counts = _counted(dataset, (None for _ in dataset.indicators), 1, lambda _: 0)
        return Spread(title=f"各{label}的条数", heads=[label, "条数"], rows=_rows(counts))
    counts = _counted(dataset, _values(dataset), len(_KINDS), _kind)
    return Spread(title=f"各{label}的指标值类型", heads=[label, *_KINDS], rows=_rows(counts))


def spread_of_shares(dataset: Dataset) -> Spread:
    """How high the percentages of each level 2 are set; no rows if there are none."""
    label = _label(dataset.form)
    counts = _counted(dataset, _values(dataset), len(_SHARES), _share)
    return Spread(title=f"各{label}的百分比指标值分布", heads=[label, *_SHARES], rows=_rows(counts))


def _label(form: Form) -> str:
    groups = [form.groups[name] for name in form.project_sheet.groups]
    return "二级指标" if any(block.level2 for group in groups for block in group.blocks) else "分组"


def _target_fields(form: Form) -> tuple[str, ...]:
    names = (name for group in form.project_sheet.groups for name in form.groups[group].fields)
    return tuple(name for name in names if form.fields[name].type_name == "target")


def _values(dataset: Dataset) -> Iterator[Target | None]:
    """The target value of every indicator; ``None`` where it has none."""
    fields = _target_fields(dataset.form)
    for row in dataset.indicators:
        texts = (row.indicator.values.get(name) for name in fields)
        text = next((each for each in texts if isinstance(each, str)), "")
        yield read_target(normal_form(spelling(text))) if text else None


def _counted(
    dataset: Dataset, targets: Iterator[Target | None], columns: int, column_of: Callable[[Target | None], int | None]
) -> dict[str, list[int]]:
    form = dataset.form
    found: dict[str, list[int]] = {}
    for name in form.project_sheet.groups:
        for block in form.groups[name].blocks:
            found.setdefault(block.level2 or form.groups[name].label, [0] * columns)
    for row, target in zip(dataset.indicators, targets, strict=True):
        column = column_of(target)
        if column is not None:
            found[row.indicator.level2 or form.groups[row.indicator.group].label][column] += 1
    return found


def _rows(counts: dict[str, list[int]]) -> list[list[CellContent]]:
    return [[label, *each] for label, each in counts.items()] if any(map(sum, counts.values())) else []


def _kind(target: Target | None) -> int | None:
    if target is None:
        return None
    if target.kind == "number":
        return _OPERATORS.get(target.op, len(_KINDS) - 1)
    return {"period": 3, "words": 4}.get(target.kind, 5)


def _share(target: Target | None) -> int | None:
    if target is None or target.kind != "number" or target.unit != "%":
        return None
    if target.number > _BOUNDS[-1]:
        return len(_SHARES) - 1
    return sum(target.number >= bound for bound in _BOUNDS)
