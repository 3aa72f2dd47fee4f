"""Projects whose indicators are copied from each other, in clusters.

What counts as copied is told by the form's rule that runs the judge
``copied_indicators`` (DEFINITIONS, "U03 and X04": |A∩B| / min(|A|,|B|) over
normalised names, at least so many each); here it is asked of all projects of
the round, within a unit and between units.
"""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from ..form.judges import normal_name
from ..form.model import Form

__all__ = ["Copy", "Likeness", "clusters", "likeness_of", "names_of"]

_JUDGE = "copied_indicators"


@dataclass(frozen=True, slots=True, kw_only=True)
class Likeness:
    """What counts as copied: the share of equal names in ``field``, and how many names a project must have."""

    field: str
    threshold: float
    least: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Copy:
    """A member of a cluster: a project and one that it is like (by number), with what they share.

    The first of a cluster has no ``like`` (-1).
    """

    project: int
    like: int = -1
    shared: int = 0
    fewer: int = 0


def likeness_of(form: Form) -> Likeness | None:
    """The form's settings; ``None`` if it has no such rule."""
    for rule in form.judges:
        if rule.python == _JUDGE:
            settings = rule.settings
            return Likeness(field=str(settings["field"]), threshold=float(settings["threshold"]), least=int(settings["least"]))
    return None


def names_of(texts: Sequence[object]) -> frozenset[str]:
    """The normalised names of one project."""
    found = (normal_name(each) for each in texts if isinstance(each, str))
    return frozenset(each for each in found if each)


@dataclass(slots=True)
class _Class:
    """Projects with the same names: its members, and another class that it is like with the names they share.

    ``like`` is the first class before it that is, else one after it, -1 if there is none; ``root`` leads to
    the cluster's first class.
    """

    names: frozenset[str]
    members: list[int]
    root: int
    like: int = -1
    shared: int = 0


def clusters(projects: Sequence[frozenset[str]], likeness: Likeness) -> list[list[Copy]]:
    """Clusters of alike projects, the largest first; ``projects`` are their names, in official order."""
    by_names: dict[frozenset[str], _Class] = {}
    for number, names in enumerate(projects):
        if len(names) >= likeness.least:
            by_names.setdefault(names, _Class(names, [], len(by_names))).members.append(number)
    classes = list(by_names.values())
    for number, before in enumerate(_candidates(classes, likeness.threshold)):
        _connect(classes, number, before, likeness.threshold)
    found: dict[int, list[Copy]] = {}
    for number, each in enumerate(classes):
        mine = found.setdefault(_root(classes, number), [])
        mine += (_copy(classes, each, member) for member in each.members)
    alike = [_headed(sorted(each, key=lambda copy: copy.project)) for each in found.values() if len(each) > 1]
    return sorted(alike, key=lambda each: (-len(each), each[0].project))


def _candidates(classes: Sequence[_Class], threshold: float) -> Iterator[list[int]]:
    """For each class the earlier ones that it may be like, in order.

    If two sets share ``n`` of the smaller one's names, one of the smaller one's
    ``size - n + 1`` rarest names is among them: only those are looked up.
    """
    often = Counter(name for each in classes for name in each.names)
    having: dict[str, list[int]] = {}
    having_rare: dict[str, list[int]] = {}
    for number, each in enumerate(classes):
        size = len(each.names)
        needed = max(1, math.ceil(threshold * size - 1e-9))
        rare = sorted(each.names, key=lambda name: (often[name], name))[: size - needed + 1]
        larger = {at for name in rare for at in having.get(name, ()) if len(classes[at].names) >= size}
        smaller = {at for name in each.names for at in having_rare.get(name, ()) if len(classes[at].names) < size}
        yield sorted(larger | smaller)
        for name in each.names:
            having.setdefault(name, []).append(number)
        for name in rare:
            having_rare.setdefault(name, []).append(number)


def _connect(classes: Sequence[_Class], number: int, before: Sequence[int], threshold: float) -> None:
    """Join a class with every cluster that it is like; what is in its cluster already need not be compared."""
    mine = classes[number]
    for at in before:
        if mine.like >= 0 and _root(classes, at) == _root(classes, number):
            continue
        other = classes[at]
        shared = len(mine.names & other.names)
        if shared < threshold * min(len(mine.names), len(other.names)):
            continue
        if mine.like < 0:
            mine.like, mine.shared = at, shared
        if other.like < 0:
            other.like, other.shared = number, shared
        first, last = sorted((_root(classes, at), _root(classes, number)))
        classes[last].root = first


def _root(classes: Sequence[_Class], number: int) -> int:
    while classes[number].root != number:
        classes[number].root = classes[classes[number].root].root
        number = classes[number].root
    return number


def _copy(classes: Sequence[_Class], mine: _Class, member: int) -> Copy:
    """A member with a project that it is like: the first of the same names, else an earlier one, else a later one."""
    size, twin = len(mine.names), mine.members[0]
    if twin != member:
        return Copy(project=member, like=twin, shared=size, fewer=size)
    if mine.like >= 0:
        other = classes[mine.like]
        return Copy(project=member, like=other.members[0], shared=mine.shared, fewer=min(size, len(other.names)))
    return Copy(project=member)


def _headed(cluster: list[Copy]) -> list[Copy]:
    return [Copy(project=cluster[0].project), *cluster[1:]]
