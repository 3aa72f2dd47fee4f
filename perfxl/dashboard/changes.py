"""This year's projects against last year's store.

Projects match by code, else by unit and name; indicators by level 2 and name
(DEFINITIONS, X05).  Last year's form is often another one: fields match by
their names, and one that last year's lacks is not compared.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from ..consolidate.content import Content, Indicator, Project
from ..form.model import Field, Form
from ..publish.compare import Kind, direction
from ..rules.values import squash
from .columns import shown

__all__ = ["Change", "Last", "changes_between", "last_projects"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Last:
    """A project of last year with the file it stands in."""

    content: Content
    project: Project


@dataclass(frozen=True, slots=True, kw_only=True)
class Change:
    """One change: what (``item``), from where to where, and both places.

    ``this`` is the number of this year's project (-1: none), ``cell`` its cell
    there; ``last`` last year's project.
    """

    kind: Kind
    this: int
    last: Last | None
    item: str = ""
    before: str = ""
    after: str = ""
    cell: str = ""
    last_cell: str = ""


def last_projects(contents: Sequence[Content]) -> list[Last]:
    """Last year's projects in official order."""
    found = [Last(content=content, project=project) for content in contents for project in content.projects]
    return sorted(found, key=lambda each: (each.content.unit_code, each.project.code, each.project.ordinal))


def changes_between(form: Form, this: Sequence[tuple[Content, Project]], last: Sequence[Last]) -> list[Change]:
    """Every change, in the order of this year's projects, then what is gone from units that reported."""
    pairs = _pairs(this, last)
    found: list[Change] = []
    for number, (_, project) in enumerate(this):
        before = pairs.get(number)
        if before is None:
            found.append(Change(kind=Kind.PROJECT_ADDED, this=number, last=None, after=_budget(form, project), cell=project.cell))
        else:
            found += _within(form, number, project, before)
    reported = {content.unit_code for content, _ in this}
    kept = {id(each) for each in pairs.values()}
    found += [
        Change(kind=Kind.PROJECT_GONE, this=-1, last=each, before=_budget(form, each.project), last_cell=each.project.cell)
        for each in last
        if id(each) not in kept and each.content.unit_code in reported
    ]
    return found


def _pairs(this: Sequence[tuple[Content, Project]], last: Sequence[Last]) -> dict[int, Last]:
    """This year's project (by number) -> last year's: by code first, then by unit and name; each once."""
    found: dict[int, Last] = {}
    taken: set[int] = set()
    for key_of in (_code_key, _name_key):
        left: dict[tuple[str, str], list[Last]] = {}
        for each in last:
            key = key_of(each.content, each.project)
            if key[1] and id(each) not in taken:
                left.setdefault(key, []).append(each)
        for number, (content, project) in enumerate(this):
            mine = left.get(key_of(content, project))
            if number not in found and mine:
                found[number] = mine.pop(0)
                taken.add(id(found[number]))
    return found


def _code_key(_: Content, project: Project) -> tuple[str, str]:
    return "", project.code


def _name_key(content: Content, project: Project) -> tuple[str, str]:
    return content.unit_code, squash(project.name)


def _budget(form: Form, project: Project) -> str:
    return shown(form.fields[form.roles["budget"]], project.budget)


def _within(form: Form, number: int, project: Project, before: Last) -> Iterator[Change]:
    old = before.project
    for field in form.entry_fields(form.project_sheet.id):
        if field.group or field.name not in old.values:
            continue
        one, other = shown(field, old.values.get(field.name)), shown(field, project.values.get(field.name))
        if old.values.get(field.name) == project.values.get(field.name) or squash(one) == squash(other):
            continue
        kind = Kind.MONEY if field.type_name == "money" else Kind.CHANGED
        places = {"cell": project.cells.get(field.name, project.cell), "last_cell": old.cells.get(field.name, old.cell)}
        yield Change(kind=kind, this=number, last=before, item=field.label, before=one, after=other, **places)
    for name in form.project_sheet.groups:
        yield from _rows(form, name, number, project, before)


def _rows(form: Form, group: str, number: int, project: Project, before: Last) -> Iterator[Change]:
    fields = [form.fields[name] for name in form.groups[group].fields if form.fields[name].is_entry]
    target = next((field for field in fields if field.type_name == "target"), None)
    earlier, later = _keyed(group, fields[0], before.project), _keyed(group, fields[0], project)

    def of(row: Indicator) -> str:
        return shown(target, row.values.get(target.name)) if target else ""

    for key, row in later.items():
        old = earlier.get(key)
        label = "：".join(part for part in (row.level2, shown(fields[0], row.values.get(fields[0].name))) if part)
        if old is None:
            yield Change(kind=Kind.INDICATOR_ADDED, this=number, last=before, item=label, after=of(row), cell=row.cell)
            continue
        for field in fields[1:]:
            if field.name not in old.values:
                continue
            one, other = shown(field, old.values.get(field.name)), shown(field, row.values.get(field.name))
            if squash(one) != squash(other):
                kind = direction(one, other) if field is target else Kind.CHANGED
                item = label if field is target else f"{label}：{field.label}"
                places = {"cell": row.cell, "last_cell": old.cell}
                yield Change(kind=kind, this=number, last=before, item=item, before=one, after=other, **places)
    for key, row in earlier.items():
        if key not in later:
            label = "：".join(part for part in (row.level2, shown(fields[0], row.values.get(fields[0].name))) if part)
            yield Change(
                kind=Kind.INDICATOR_GONE,
                this=number,
                last=before,
                item=label,
                before=of(row),
                cell=project.cell,
                last_cell=row.cell,
            )


def _keyed(group: str, first: Field, project: Project) -> dict[tuple[str, str, int], Indicator]:
    """The rows of a group by level 2, name and which of that name."""
    seen: Counter[tuple[str, str]] = Counter()
    found: dict[tuple[str, str, int], Indicator] = {}
    for row in project.indicators:
        if row.group == group:
            key = row.level2, squash(shown(first, row.values.get(first.name)))
            found[(*key, seen[key])] = row
            seen[key] += 1
    return found
