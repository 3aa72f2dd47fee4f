"""One consolidation from paths to the finished workbook."""

from __future__ import annotations

import hashlib
import os
from collections.abc import Iterable, Sequence
from contextlib import ExitStack
from dataclasses import dataclass
from datetime import datetime
from decimal import ROUND_HALF_UP, Decimal
from pathlib import Path
from urllib.parse import quote

from ..check import Finding
from ..errors import PerfxlError
from ..form.library import find_form, form_ids, form_version
from ..form.model import Form, Severity
from ..form.records import MICRO, from_micro
from ..workbook.seal import KeyRing
from .content import Content
from .dataset import Dataset, common_form, dataset_of
from .files import Found, gather, real_path
from .ledger import (
    choices_of,
    counted,
    dated,
    handed_of,
    keep_handed,
    keep_opinions,
    keep_roster,
    keep_task,
    opinions_of,
    record_run,
    refuse_other_task,
    roster_of,
    task_of,
    written_last,
)
from .manifest import HandedOut
from .opinions import opinions_in
from .output import check_writable, completed, refuse_filled
from .reading import FileReader, Progress, read_contents
from .roster import Roster
from .sheets import OpenFile, write_workbook
from .standing import standings
from .states import State
from .store import Store
from .task import Task
from .unit_mail import UnitMail, unit_mail

__all__ = ["Progress", "Round", "Summary", "consolidate_files", "dataset_json", "printed", "refuse_others", "remember"]


@dataclass(frozen=True, kw_only=True)
class Round:
    """What a consolidation is part of.

    ``store`` is the file that remembers (``None``: nothing is remembered);
    task, roster and ceilings given here replace those that it remembers.
    ``last_year`` is the store to compare with; ``keys`` verify the seals;
    ``handed`` joins what the store knows to have been handed out.
    """

    store: Path | None = None
    task: Task | None = None
    roster: Roster | None = None
    ceilings: Roster | None = None
    last_year: Path | None = None
    keys: KeyRing | None = None
    handed: Sequence[HandedOut] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Summary:
    """What a consolidation came to.

    ``opened`` is the number of files that had to be read, ``others`` the files
    in the folders that are no workbooks, ``again`` those that were read a second
    time because a process had ended over them.
    """

    output: Path
    dataset: Dataset
    opened: int = 0
    others: tuple[str, ...] = ()
    again: tuple[str, ...] = ()

    @property
    def states(self) -> dict[State, int]:
        """How many files are in each state; together they are all files."""
        return {tally.state: tally.files for tally in self.dataset.tallies}

    @property
    def files(self) -> int:
        """The number of files."""
        return len(self.dataset.files)

    @property
    def budget(self) -> int:
        """The total 预算数 of the projects that count, in 10⁻⁶ 万元."""
        return self.dataset.budget

    @property
    def findings(self) -> tuple[Finding, ...]:
        """The findings of every file but superseded ones."""
        return tuple(row.finding for row in self.dataset.findings)

    def as_json(self) -> dict[str, object]:
        """The summary as ``perfxl consolidate --json`` prints it; money as exact decimal text."""
        return {"output": str(self.output), "opened": self.opened, **dataset_json(self.dataset), "others": list(self.others)}


def printed(micro: int) -> str:
    """10⁻⁶ 万元 as tables print it: 万元 with two decimals, half up (DEFINITIONS, "Money")."""
    return f"{(Decimal(micro) / MICRO).quantize(Decimal('0.01'), ROUND_HALF_UP):,}"


def dataset_json(dataset: Dataset) -> dict[str, object]:
    """Counts, totals and every file with its state, for programs."""
    severities = [row.finding.severity for row in dataset.findings]
    units = standings(dataset)
    found: dict[str, object] = {
        "form": dataset.form.id,
        "version": dataset.form.version,
        "files": len(dataset.files),
        "states": {tally.state.value: tally.files for tally in dataset.tallies},
        "projects": len(dataset.projects),
        "indicators": len(dataset.indicators),
        "budget": str(from_micro(dataset.budget)),
        "errors": severities.count(Severity.ERROR),
        "hints": severities.count(Severity.HINT),
        "by_state": [
            {
                "state": tally.state.value,
                "files": tally.files,
                "projects": tally.projects,
                "budget": str(from_micro(tally.budget)),
            }
            for tally in dataset.tallies
        ],
        "list": [
            {
                "file": file.content.file,
                "state": file.state.value,
                "reason": file.reason,
                "forced": file.forced,
                "unit_code": file.content.unit_code,
                "unit_name": file.content.unit_name,
            }
            for file in dataset.official
        ],
    }
    if units:
        found["units"] = [
            {
                "unit_code": each.unit.code,
                "state": each.code,
                "listed": each.listed,
                "late": each.late,
                "versions": each.versions,
                "notes": list(each.notes),
                "handed_out": [{"at": out.at, "occasion": out.occasion.value, "file": out.file} for out in each.handed],
                **_unit_mail_json(dataset.mail.get(each.unit.code)),
            }
            for each in units
        ]
    return found


def _unit_mail_json(mail: UnitMail | None) -> dict[str, object]:
    if mail is None:
        return {}
    sent = [
        {"kind": each.kind.value, "state": each.fate.value, "at": each.changed, "to": each.address, "reason": each.reason}
        for mine in mail.letters.values()
        for each in mine
    ]
    return {"mail": {"sent": sent, "reported": list(mail.came)}}


def consolidate_files(
    paths: Iterable[Path],
    output: Path,
    *,
    as_of: datetime,
    form: Form | None = None,
    part: Round | None = None,
    but: Iterable[Path] = (),
    csv: Path | None = None,
    progress: Progress | None = None,
    jobs: int = 1,
    cluster: str = "",
) -> Summary:
    """Read the workbooks in ``paths`` and write the consolidated workbook to ``output``.

    ``form`` is the task's form; without one it is the form of the task, else
    the one that most files were made from.  ``as_of`` dates the workbook.  The
    output is replaced only when complete, and 财政意见 in it are carried over; one that
    is still as the store saw it written says nothing new.
    ``but`` are files in the folders that are not to be read.  ``jobs`` processes
    read (1: this one; 0: one per core once that is worth it), or the Dask cluster at ``cluster``.
    Raises C01, C02, C05, S20–S25, S60–S63; nothing that is wrong inside a file does.
    """
    part = part or Round()
    refuse_filled(output)
    gathered = gather(paths, but=[output, *but])
    check_writable(output)
    last_year = _last_year(part.last_year)
    with Store(part.store) as store:
        remember(store, part)
        seals = part.keys.mark if part.keys else ""
        reader = FileReader(ring=part.keys)
        read = read_contents(gathered.files, store, reader, jobs=jobs, cluster=cluster, progress=progress, seals=seals)
        meant = form or _meant(store, read.contents)
        if not _untouched(output, written_last(store, str(output))):
            keep_opinions(store, opinions_in(output, meant.fields[meant.roles["unit_code"]].label))
        dataset = dataset_of(
            dated(store, read.contents),
            meant,
            choices_of(store),
            task=task_of(store),
            roster=roster_of(store),
            opinions=opinions_of(store),
            handed=handed_of(store),
            mail=unit_mail(store),
            last_year=last_year,
        )
        with ExitStack() as outputs:
            file = outputs.enter_context(completed(output))
            links = _links(gathered.files, output)
            write_workbook(dataset, file, as_of=as_of, links=links, csv=_opener(csv, outputs))
            file.seek(0)
            written = hashlib.file_digest(file, "sha256").hexdigest()  # type: ignore[arg-type]
        record_run(store, dataset, as_of=as_of, output=str(output), read=read.opened, written=written)
    return Summary(output=output, dataset=dataset, opened=read.opened, others=gathered.others, again=read.again)


def refuse_others(store: Store, part: Round) -> None:
    """S23 if the store belongs to another task, S36 for the roster of another year."""
    task = part.task or task_of(store)
    for roster in (part.roster, part.ceilings):
        if task is not None and roster is not None and roster.year not in (0, task.year):
            raise PerfxlError("S36", path=roster.file, found=roster.year, expected=task.year)
    if part.task is not None:
        refuse_other_task(store, part.task)


def remember(store: Store, part: Round) -> None:
    """Keep what a round says of its task, roster, ceilings and workbooks handed out; S23 or S36 if it is another's."""
    refuse_others(store, part)
    if part.task is not None:
        keep_task(store, part.task)
    if part.roster is not None or part.ceilings is not None:
        keep_roster(store, units=part.roster, ceilings=part.ceilings or part.roster)
    keep_handed(store, part.handed)


def _untouched(output: Path, written: str) -> bool:
    """The output is byte for byte what the latest run wrote: nobody has filled in or cleared anything."""
    if not written:
        return False
    try:
        with output.open("rb") as file:
            return hashlib.file_digest(file, "sha256").hexdigest() == written
    except OSError:  # reading it will say why
        return False


def _meant(store: Store, contents: Sequence[Content]) -> Form:
    task = task_of(store)
    key = task.form if task else common_form(contents)
    if key is None:
        return find_form(form_ids()[0])
    return form_version(*key)


def _last_year(path: Path | None) -> list[Content]:
    if path is None:
        return []
    if not path.is_file():
        raise PerfxlError("C01", path=path)
    with Store(path, read_only=True) as store:
        return counted(store)


def _opener(folder: Path | None, outputs: ExitStack) -> OpenFile | None:
    """Opens files in the folder, each replaced only when all outputs are complete."""
    if folder is None:
        return None
    return lambda title: outputs.enter_context(completed(folder / f"{title}.csv"))


def _links(files: Sequence[Found], output: Path) -> dict[str, str]:
    """From each shown name to the URI reference that leads there from the output's folder."""
    base = output.resolve().parent
    folders: dict[str, str] = {}
    found: dict[str, str] = {}
    for each in files:
        folder, name = os.path.split(each.path)
        if os.path.islink(each.path) or name in ("", "..", "."):  # noqa: PTH114 - of a file that is no link, only the folder's links matter
            path = real_path(each.path)
            folder, name = str(path.parent), path.name
        start = folders.get(folder)
        if start is None:
            start = folders[folder] = _reference(real_path(Path(folder or ".")), base)
        found[each.shown] = start + quote(os.fsencode(name))
    return found


def _reference(folder: Path, base: Path) -> str:
    """The URI reference that leads from one folder to another, ready for a name."""
    try:
        way = Path(os.path.relpath(folder, base)).as_posix()
    except ValueError:  # another drive
        return f"{folder.as_uri()}/"
    return "" if way == "." else f"{quote(os.fsencode(way))}/"
