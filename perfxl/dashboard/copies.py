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
    """A member of a cluster: a project and the one it is most like (by number), with what they share.

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


def clusters(projects: Sequence[frozenset[str]], likeness: Likeness) -> list[list[Copy]]:
    """Clusters of alike projects, the largest first; ``projects`` are their names, in official order."""
    classes: dict[frozenset[str], list[int]] = {}
    for number, names in enumerate(projects):
        if len(names) >= likeness.least:
            classes.setdefault(names, []).append(number)
    sets = list(classes)
    near: dict[int, dict[int, int]] = {}
    for one, other, shared in _alike(sets, likeness.threshold):
        near.setdefault(one, {})[other] = shared
        near.setdefault(other, {})[one] = shared
    found = [
        _cluster(sorted(component), sets, list(classes.values()), near)
        for component in _components(len(sets), near)
        if sum(len(classes[sets[each]]) for each in component) > 1
    ]
    return sorted(found, key=lambda each: (-len(each), each[0].project))


def _alike(sets: Sequence[frozenset[str]], threshold: float) -> Iterator[tuple[int, int, int]]:
    """Pairs of different sets that are alike, and how many names they share.

    If two sets share ``n`` of the smaller one's names, one of the smaller one's
    ``size - n + 1`` rarest names is among them: only those are looked up.
    """
    often = Counter(name for names in sets for name in names)
    where: dict[str, list[int]] = {}
    for number, names in enumerate(sets):
        for name in names:
            where.setdefault(name, []).append(number)
    seen: set[tuple[int, int]] = set()
    for number, names in enumerate(sets):
        needed = max(1, math.ceil(threshold * len(names) - 1e-9))
        rare = sorted(names, key=lambda name: (often[name], name))[: len(names) - needed + 1]
        for other in {each for name in rare for each in where[name]}:
            pair = (min(number, other), max(number, other))
            if other == number or len(sets[other]) < len(names) or pair in seen:
                continue
            shared = len(names & sets[other])
            if shared >= threshold * len(names):
                seen.add(pair)
                yield *pair, shared


def _components(count: int, near: dict[int, dict[int, int]]) -> Iterator[list[int]]:
    reached: set[int] = set()
    for start in range(count):
        if start in reached:
            continue
        reached.add(start)
        component, ahead = [start], [start]
        while ahead:
            fresh = [each for each in near.get(ahead.pop(), ()) if each not in reached]
            reached.update(fresh)
            component += fresh
            ahead += fresh
        yield component


def _cluster(
    component: Sequence[int], sets: Sequence[frozenset[str]], members: Sequence[list[int]], near: dict[int, dict[int, int]]
) -> list[Copy]:
    """Each member with the project it is most like, an earlier one where there is one."""
    class_of = {number: each for each in component for number in members[each]}
    order = sorted(class_of)
    found = [Copy(project=order[0])]
    for number in order[1:]:
        mine = class_of[number]
        size = len(sets[mine])
        partners = [(size, size, members[mine][0])] if members[mine][0] < number else []
        partners += [(shared, min(size, len(sets[other])), members[other][0]) for other, shared in near.get(mine, {}).items()]
        partners += [(size, size, each) for each in members[mine][1:2] if each != number]
        shared, fewer, like = min(partners, key=lambda each: (each[2] > number, -each[0] / each[1], each[2]))
        found.append(Copy(project=number, like=like, shared=shared, fewer=fewer))
    return found
