"""One consolidation from paths to the finished workbook."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from urllib.parse import quote

from ..check import Finding
from ..check.intake import read_submission
from ..form.library import find_form, form_ids
from ..form.model import Form, Severity
from ..form.records import from_micro
from .content import Content, content_of
from .dataset import Dataset, common_form, dataset_of
from .files import Found, gather
from .output import check_writable, write_complete
from .sheets import build_workbook
from .states import State

__all__ = ["Progress", "Summary", "consolidate_files"]

Progress = Callable[[int, int, str], None]
"""Called after each file: how many are done, of how many, and the file's name."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Summary:
    """What a consolidation came to.

    ``budget`` is the total 预算数 of the projects that count, in 10⁻⁶ 万元;
    ``others`` are files in the folders that are no workbooks.
    """

    output: Path
    dataset: Dataset
    others: tuple[str, ...] = ()

    @property
    def states(self) -> dict[State, int]:
        """How many files are in each state; together they are all files."""
        return {tally.state: tally.files for tally in self.dataset.tallies}

    @property
    def files(self) -> int:
        """The number of files read."""
        return len(self.dataset.files)

    @property
    def budget(self) -> int:
        """The total 预算数, in 10⁻⁶ 万元."""
        return self.dataset.budget

    @property
    def findings(self) -> tuple[Finding, ...]:
        """The findings of every file but superseded ones."""
        return tuple(row.finding for row in self.dataset.findings)

    def as_json(self) -> dict[str, object]:
        """The summary as ``perfxl consolidate --json`` prints it; money as exact decimal text."""
        severities = [finding.severity for finding in self.findings]
        return {
            "output": str(self.output),
            "form": self.dataset.form.id,
            "version": self.dataset.form.version,
            "files": self.files,
            "states": {state.value: count for state, count in self.states.items()},
            "projects": len(self.dataset.projects),
            "indicators": len(self.dataset.indicators),
            "budget": str(from_micro(self.budget)),
            "errors": severities.count(Severity.ERROR),
            "hints": severities.count(Severity.HINT),
            "by_state": [
                {
                    "state": tally.state.value,
                    "files": tally.files,
                    "projects": tally.projects,
                    "budget": str(from_micro(tally.budget)),
                }
                for tally in self.dataset.tallies
            ],
            "list": [
                {
                    "file": file.content.file,
                    "state": file.state.value,
                    "reason": file.reason,
                    "unit_code": file.content.unit_code,
                    "unit_name": file.content.unit_name,
                }
                for file in self.dataset.official
            ],
            "others": list(self.others),
        }


def consolidate_files(
    paths: Iterable[Path], output: Path, *, as_of: datetime, form: Form | None = None, progress: Progress | None = None
) -> Summary:
    """Read the workbooks in ``paths`` and write the consolidated workbook to ``output``.

    ``form`` is the task's form; without one it is the form that most files were
    made from.  ``as_of`` dates the workbook.  The output is replaced only when
    complete.  Raises C01, C02 or C05; nothing that is wrong inside a file does.
    """
    gathered = gather(paths, but=output)
    check_writable(output)
    contents: list[Content] = []
    forms: dict[tuple[str, int], Form] = {}
    for number, found in enumerate(gathered.files, 1):
        submission = read_submission(found.path, shown=found.shown)
        contents.append(content_of(submission))
        if submission.form is not None:
            forms.setdefault((submission.form.id, submission.form.version), submission.form)
        if progress is not None:
            progress(number, len(gathered.files), found.shown)
    key = common_form(contents)
    meant = form or (forms[key] if key else find_form(form_ids()[0]))
    dataset = dataset_of(contents, meant)
    workbook = build_workbook(dataset, as_of=as_of, links=_links(gathered.files, output))
    write_complete(output, workbook)
    return Summary(output=output, dataset=dataset, others=gathered.others)


def _links(files: Sequence[Found], output: Path) -> dict[str, str]:
    """From each shown name to the URI reference that leads there from the output's folder."""
    base = output.resolve().parent
    found: dict[str, str] = {}
    for each in files:
        path = each.path.resolve()
        try:
            found[each.shown] = quote(os.fsencode(Path(os.path.relpath(path, base)).as_posix()))
        except ValueError:  # another drive
            found[each.shown] = path.as_uri()
    return found
