"""From the contents of all files to what the consolidated workbook shows: a pure function."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property
from typing import NamedTuple

from ..check import Condition, Finding
from ..form.model import Form, Severity
from .content import Content, FormKey, Indicator, Project
from .cross import cross_findings
from .manifest import HandedOut
from .roster import Roster
from .states import WINNING, Choices, Judged, State, judge
from .task import Task
from .unit_mail import UnitMail

__all__ = [
    "Dataset",
    "IndicatorRow",
    "IndicatorRows",
    "ProjectRow",
    "StatedFinding",
    "Tally",
    "common_form",
    "dataset_of",
    "place_of",
]


@dataclass(frozen=True, slots=True, kw_only=True)
class ProjectRow:
    """A project that counts, with the file it stands in."""

    file: Judged
    project: Project


class IndicatorRow(NamedTuple):
    """An indicator that counts, with its project and file."""

    file: Judged
    project: Project
    indicator: Indicator


class IndicatorRows:
    """The indicators of projects, one after the other; not all of them at once, for they are many."""

    def __init__(self, projects: Sequence[ProjectRow]) -> None:
        self._projects = projects

    def __len__(self) -> int:
        return sum(len(row.project.indicators) for row in self._projects)

    def __iter__(self) -> Iterator[IndicatorRow]:
        for row in self._projects:
            for indicator in row.project.indicators:
                yield IndicatorRow(row.file, row.project, indicator)


@dataclass(frozen=True, slots=True, kw_only=True)
class StatedFinding:
    """A finding with the file it was found in."""

    file: Judged
    finding: Finding


@dataclass(frozen=True, slots=True, kw_only=True)
class Tally:
    """What the files of one state hold together; ``budget`` in 10⁻⁶ 万元."""

    state: State
    files: int
    projects: int
    budget: int


@dataclass(frozen=True, kw_only=True)
class Dataset:
    """Everything that one consolidation found, in official order.

    ``opinions`` are 财政意见 by unit code, rule and place (see :func:`place_of`),
    ``handed`` the workbooks that went out, as far as known, ``mail`` what was mailed, by unit code.
    """

    form: Form
    files: tuple[Judged, ...]
    task: Task | None = None
    roster: Roster = field(default_factory=Roster)
    opinions: Mapping[tuple[str, str, str], str] = field(default_factory=dict)
    handed: tuple[HandedOut, ...] = ()
    mail: Mapping[str, UnitMail] = field(default_factory=dict)

    @cached_property
    def official(self) -> tuple[Judged, ...]:
        """All files by department, unit code, state and name; files without a unit last."""
        return tuple(sorted(self.files, key=_file_order))

    @cached_property
    def projects(self) -> tuple[ProjectRow, ...]:
        """The projects that count: department, unit code, project code (DEFINITIONS, "Order")."""
        rows = [
            ProjectRow(file=file, project=project)
            for file in self.official
            if file.state.counts
            for project in file.content.projects
        ]
        rows.sort(key=lambda row: (row.file.content.department, row.file.content.unit_code, *_project_order(row.project)))
        return tuple(rows)

    @property
    def indicators(self) -> IndicatorRows:
        """The begun rows of the projects that count, in their order."""
        return IndicatorRows(self.projects)

    @cached_property
    def findings(self) -> tuple[StatedFinding, ...]:
        """The findings of every file but superseded ones: by file, errors before hints, else as found."""
        return tuple(
            StatedFinding(file=file, finding=finding)
            for file in self.official
            if file.state is not State.SUPERSEDED
            for finding in sorted(file.content.findings, key=lambda each: each.severity is not Severity.ERROR)
        )

    @cached_property
    def tallies(self) -> tuple[Tally, ...]:
        """Files, projects and money of each state, accepted first; together they are all files."""
        return tuple(self._tally(state) for state in reversed(State))

    def _tally(self, state: State) -> Tally:
        mine = [file.content for file in self.files if file.state is state]
        return Tally(
            state=state,
            files=len(mine),
            projects=sum(len(each.projects) for each in mine),
            budget=sum(each.budget for each in mine),
        )

    def department_name(self, department: str) -> str:
        """A department's name: from the roster, else its lead unit …001, if that has reported; "" if neither says."""
        named = self.roster.department_name(department)
        if named:
            return named
        lead = (each.content.unit_name for each in self.files if each.content.unit_code == f"{department}001")
        return next(lead, "")

    def opinion(self, row: StatedFinding) -> str:
        """The 财政意见 on a finding."""
        content = row.file.content
        return self.opinions.get((content.unit_code or content.file, row.finding.rule, place_of(row.finding)), "")

    @property
    def budget(self) -> int:
        """The total 预算数 of accepted files and files with hints, in 10⁻⁶ 万元."""
        return sum(row.project.budget or 0 for row in self.projects)

    def departments(self) -> Iterator[tuple[str, tuple[ProjectRow, ...]]]:
        """The projects that count, department by department."""
        found: dict[str, list[ProjectRow]] = {}
        for row in self.projects:
            found.setdefault(row.file.content.department, []).append(row)
        for department, rows in found.items():
            yield department, tuple(rows)


def dataset_of(
    contents: Sequence[Content],
    form: Form,
    choices: Choices | None = None,
    *,
    task: Task | None = None,
    roster: Roster | None = None,
    opinions: Mapping[tuple[str, str, str], str] | None = None,
    handed: Sequence[HandedOut] = (),
    mail: Mapping[str, UnitMail] | None = None,
    last_year: Sequence[Content] = (),
) -> Dataset:
    """Judge every file against the form of the task, then all of them against each other.

    Findings across submissions join those of the files they name, so that an
    error among them returns these files (DEFINITIONS, "Cross findings").
    """
    roster = roster or Roster()
    key = (form.id, form.version)
    rivals = [each.content for each in judge(contents, key, choices) if each.state in WINNING]
    cross = cross_findings(rivals, form, roster=roster, task=task, last_year=last_year)
    contents = [
        replace(each, findings=(*each.findings, *cross[each.file])) if each.file in cross else each for each in contents
    ]
    files = tuple(judge(contents, key, choices))
    return Dataset(
        form=form, files=files, task=task, roster=roster, opinions=opinions or {}, handed=tuple(handed), mail=mail or {}
    )


def place_of(finding: Finding) -> str:
    """The place of a finding as 财政意见 remembers it: sheet and cell."""
    return f"{finding.sheet}!{finding.cell}"


def common_form(contents: Sequence[Content]) -> FormKey | None:
    """The form that most of the files were made from; ``None`` if none was read.

    Used where no task says which form is meant; of equally many, the newest
    version of the first id.
    """
    counts = Counter(each.form for each in contents if each.condition is Condition.READ and each.form)
    if not counts:
        return None
    return min(counts, key=lambda key: (-counts[key], key[0], -key[1]))


def _file_order(file: Judged) -> tuple[bool, str, str, int, str]:
    content = file.content
    rank = list(State).index(file.state)
    return not content.unit_code, content.department, content.unit_code, -rank, content.file


def _project_order(project: Project) -> tuple[bool, str, int]:
    return not project.code, project.code, project.ordinal
