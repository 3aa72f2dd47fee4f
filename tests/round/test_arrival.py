"""Whatever comes in whichever order: every file is in one state, totals are what a naive count gives."""

from __future__ import annotations

import random
import shutil
from collections import Counter
from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from test_walk import AS_OF, Office, first_returns, offices, reissued

from perfxl.check import Condition, Finding
from perfxl.consolidate import Content, Project, State, dataset_of
from perfxl.consolidate.run import Round, Summary, consolidate_files
from perfxl.consolidate.states import Choices
from perfxl.consolidate.task import load_task
from perfxl.form.library import find_form
from perfxl.form.model import Severity
from perfxl.workbook.seal import KeyRing

HEBEI = find_form("hebei-2023")
KEY = (HEBEI.id, HEBEI.version)
TIMES = ("", "2023-03-01T08:00:00Z", "2023-03-01T16:00:00+08:00", "2023-03-02T08:00:00Z")
UNITS = ("657001", "657002", "")


def finding(severity: Severity, explained: bool) -> Finding:
    return Finding(
        file="", sheet="项目01", cell="C4", field="budget", rule="P05", severity=severity, value="", message="",
        explained=explained,
    )


FINDINGS = st.lists(st.builds(finding, st.sampled_from(Severity), st.booleans()), max_size=2).map(tuple)
PROJECT = st.builds(
    lambda budget: Project(ordinal=1, sheet="项目01", cell="B3", code="", name="", budget=budget, values={}, cells={}),
    st.sampled_from([None, 0, 1, 12_500_000, 10**15]),
)
CONTENT = st.builds(
    Content,
    file=st.just(""),
    sha256=st.from_regex(r"[0-9a-f]{8}", fullmatch=True),
    condition=st.sampled_from([Condition.READ] * 5 + [Condition.UNREADABLE, Condition.UNRECOGNISED]),
    modified=st.sampled_from(TIMES),
    form=st.sampled_from([KEY] * 5 + [("other", 1)]),
    unit_code=st.sampled_from(UNITS),
    projects=st.lists(PROJECT, max_size=2).map(tuple),
    findings=FINDINGS,
)


@st.composite
def arrivals(draw: st.DrawFn) -> tuple[list[Content], Choices]:
    """Files as they lie in the folders: contents, copies of them, names; and what the officer decided."""
    found = draw(st.lists(CONTENT, min_size=1, max_size=8, unique_by=lambda each: each.sha256))
    found += draw(st.lists(st.sampled_from(found), max_size=3))
    files = [replace(each, file=f"{number:02d}.xlsx") for number, each in enumerate(found)]
    mine = {each.sha256: each for each in files if each.unit_code}
    forced = draw(st.lists(st.sampled_from(sorted(mine)), max_size=2)) if mine else []
    chosen = draw(st.lists(st.sampled_from(sorted(mine)), max_size=1)) if mine else []
    return files, Choices(
        winners={mine[each].unit_code: each for each in chosen},
        forced={(mine[each].unit_code, each): "已批复" for each in forced},
        hints_matter=draw(st.booleans()),
    )


def naive(files: list[Content], choices: Choices) -> tuple[Counter[str], int]:
    """States and total by a count that knows nothing of the program: DEFINITIONS, line by line."""
    states: Counter[str] = Counter()
    total = 0
    for file in files:
        if file.condition is Condition.UNREADABLE:
            states["unreadable"] += 1
            continue
        if file.condition is Condition.UNRECOGNISED or file.form != KEY:
            states["unrecognised"] += 1
            continue
        rivals = [each for each in files if each.condition is Condition.READ and each.form == KEY]
        rivals = [each for each in rivals if each.unit_code == file.unit_code] if file.unit_code else [file]

        def order(each: Content) -> tuple[bool, int, str]:
            # The second and the third time are the same moment.
            return choices.winners.get(each.unit_code) == each.sha256, (0, 1, 1, 2)[TIMES.index(each.modified)], each.sha256

        best = max(map(order, rivals))
        winner = min(each.file for each in rivals if order(each) == best)
        if file.file != winner:
            states["superseded"] += 1
            continue
        errors = [each for each in file.findings if each.severity is Severity.ERROR]
        hints = [each for each in file.findings if each.severity is Severity.HINT and not each.explained]
        if errors and (file.unit_code, file.sha256) not in choices.forced:
            states["returned"] += 1
            continue
        states["with_hints" if hints and choices.hints_matter else "accepted"] += 1
        total += sum(each.budget or 0 for each in file.projects)
    return states, total


@given(came=arrivals(), order=st.randoms(use_true_random=False))
@settings(max_examples=150, deadline=None)
def it_does_not_depend_on_the_order_of_arrival(came: tuple[list[Content], Choices], order: random.Random) -> None:
    files, choices = came
    bare = replace(HEBEI, cross=())  # cross rules are judged by files; their own tests cover them
    dataset = dataset_of(files, bare, choices)
    found = {each.content.file: each.state for each in dataset.files}
    states, total = naive(files, choices)
    assert Counter(state.value for state in found.values()) == states
    assert sum(tally.files for tally in dataset.tallies) == len(files)
    assert dataset.budget == total
    assert sum(tally.budget for tally in dataset.tallies) == sum(each.budget for each in files)
    shuffled = order.sample(files, len(files))
    assert {each.content.file: each.state for each in dataset_of(shuffled, bare, choices).files} == found


# --- real files, run after run ----------------------------------------------------


@pytest.fixture(scope="module")
def pool(tmp_path_factory: pytest.TempPathFactory) -> tuple[Office, list[Path]]:
    """Every kind of file that a round sees, the mended ones too."""
    office, elsewhere = offices(tmp_path_factory.mktemp("round"), 13)
    first_returns(office, elsewhere)
    for unit, content in reissued(office, office.consolidate()).items():
        (office.folder / "收回" / f"{unit} 重新下发.xlsx").write_bytes(content)
    return office, sorted((office.folder / "收回").iterdir())


def consolidated(office: Office, ring: KeyRing, folder: Path, store: Path) -> Summary:
    part = Round(store=store, task=load_task(office.folder / "task.toml"), roster=office.roster, keys=ring)
    return consolidate_files([folder], folder.parent / "汇总.xlsx", as_of=AS_OF, part=part)


def facts(summary: Summary) -> dict[str, object]:
    found = summary.as_json()
    return {key: found[key] for key in ("files", "states", "projects", "budget", "errors", "hints", "list", "units")}


@pytest.mark.long
@pytest.mark.parametrize("seed", range(12))
def it_ends_the_same_however_the_files_came(seed: int, pool: tuple[Office, list[Path]], tmp_path: Path) -> None:
    office, files = pool
    order = random.Random(seed)
    chosen = order.sample(files, order.randint(4, len(files)))
    folder = tmp_path / "收回"
    folder.mkdir()
    rest = list(chosen)
    while rest:
        for _ in range(min(len(rest), order.randint(1, 6))):
            path = rest.pop()
            shutil.copyfile(path, folder / path.name)
        last = consolidated(office, office.ring, folder, tmp_path / "步步.db")
    assert last.files == len(chosen) == sum(last.states.values())
    again = consolidated(office, office.ring, folder, tmp_path / "一次.db")
    assert facts(last) == facts(again)
    counting = [each for each in last.dataset.files if each.state in (State.ACCEPTED, State.HINTS)]
    assert len({each.content.unit_code for each in counting}) == len(counting)
    assert last.budget == sum(each.content.budget for each in counting)
