"""From stores to the dashboard's bytes."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from ..consolidate.content import Content
from ..consolidate.dataset import Dataset
from ..consolidate.ledger import counted, form_of, last_run, remembered, task_of
from ..consolidate.run import dataset_json
from ..consolidate.states import State
from ..consolidate.store import Store
from ..consolidate.task import CHINA
from ..errors import PerfxlError
from ..form.library import find_form, form_ids
from ..form.model import Form
from .board import Board, board_of
from .changes import Change, Last, changes_between, last_projects
from .columns import Pool, exact, folder_of, table
from .copies import Copy, clusters, likeness_of, names_of
from .page import page_of
from .records import BookOf, Records, records_of, sheets_of

__all__ = ["Dashboard", "build_dashboard", "make_dashboard"]


@dataclass(frozen=True, kw_only=True)
class Dashboard:
    """A finished page and what it shows."""

    content: bytes
    dataset: Dataset
    clusters: int
    changes: int | None

    def as_json(self) -> dict[str, object]:
        """What ``perfxl dashboard --json`` prints beside the output's name."""
        return {
            "bytes": len(self.content),
            "clusters": self.clusters,
            "changes": self.changes,
            **dataset_json(self.dataset),
        }


def make_dashboard(store: Path, *, last_year: Path | None = None, as_of: datetime | None = None) -> Dashboard:
    """The page of a store's last consolidation, as of that consolidation unless another moment is given.

    Raises C01, S20–S22 (also of last year's store), S35 where nothing was consolidated yet, F01 or F15 without its form.
    """
    with _existing(store) as opened:
        run = last_run(opened)
        if run is None:
            raise PerfxlError("S35", path=store)
        dataset = remembered(opened, _form(opened))
        last, last_title = _last_year(last_year)
        made = as_of or datetime.fromisoformat(run.as_of)
        return build_dashboard(dataset, opened.book, as_of=made, last_year=last, last_title=last_title)


def _form(store: Store) -> Form:
    """The form of the last run; F15 if only another version of it is at hand."""
    form, task = find_form(form_of(store) or form_ids()[0]), task_of(store)
    if task is not None and task.form != (form.id, form.version):
        raise PerfxlError("F15", found=form.version, expected=task.form[1])
    return form


def _existing(path: Path) -> Store:
    if not path.is_file():
        raise PerfxlError("C01", path=path)
    return Store(path, read_only=True)


def _last_year(path: Path | None) -> tuple[list[Content] | None, str]:
    """Last year's contents that counted, and what to call them."""
    if path is None:
        return None, ""
    with _existing(path) as store:
        if last_run(store) is None:
            raise PerfxlError("S35", path=path)
        task = task_of(store)
        return counted(store), task.title if task else "上年"


def build_dashboard(
    dataset: Dataset,
    book_of: BookOf,
    *,
    as_of: datetime,
    last_year: Sequence[Content] | None = None,
    last_title: str = "上年",
) -> Dashboard:
    """The page of a dataset; the same arguments give the same bytes."""
    form = dataset.form
    board = board_of(dataset)
    records = records_of(board, book_of)
    copied = _clusters(records)
    folders = [
        folder_of(judged.content.file for judged in dataset.files),
        folder_of(each.file for each in last_year or ()),
    ]
    first_pool, pool = Pool(folders), Pool(folders)
    first: dict[str, object] = {"meta": _meta(board, as_of), **board.first(first_pool)}
    rest: dict[str, object] = {**records.rest(pool), "sheets": sheets_of(form), "clusters": _cluster_rows(copied)}
    changes = None
    if last_year is not None:
        changes = _compared(records, last_year, pool, rest, first, last_title)
    title = f"{dataset.task.title if dataset.task else f'{form.year}年'}{form.title}看板"
    data = {"first": {**first, "pool": first_pool.texts}, "rest": {**rest, "pool": pool.texts}}
    return Dashboard(content=page_of(title, data), dataset=dataset, clusters=len(copied), changes=changes)


def _meta(board: Board, as_of: datetime) -> dict[str, object]:
    form, task = board.dataset.form, board.dataset.task
    moment = as_of.astimezone(CHINA) if as_of.tzinfo else as_of
    likeness = likeness_of(form)
    return {
        "title": f"{form.year}年{form.title}",
        "form": f"{form.id} 第 {form.version} 版",
        "unit": form.money_unit,
        "task": task.title if task else "",
        "deadline": task.deadline if task else "",
        "roster": board.on_roster,
        "made": f"{moment:%Y-%m-%d %H:%M}",
        "states": [[each.value, each.label, each.meaning, each.counts] for each in reversed(State)],
        "roles": dict(form.roles),
        "labels": {role: form.fields[name].label for role, name in form.roles.items()},
        "likeness": likeness
        and {
            "field": form.fields[likeness.field].label,
            "threshold": likeness.threshold,
            "least": likeness.least,
        },
        "cover": {f"cover.{name}": form.fields[name].label for name in form.cover},
    }


def _clusters(records: Records) -> list[list[Copy]]:
    likeness = likeness_of(records.form)
    if likeness is None:
        return []
    names = [names_of([row.values.get(likeness.field) for row in project.indicators]) for _, project in records.projects]
    return clusters(names, likeness)


def _cluster_rows(found: list[list[Copy]]) -> list[list[list[int]]]:
    return [[[each.project, each.like, each.shared, each.fewer] for each in cluster] for cluster in found]


# --- last year ----------------------------------------------------------------------


def _compared(
    records: Records,
    last_year: Sequence[Content],
    pool: Pool,
    rest: dict[str, object],
    first: dict[str, object],
    title: str,
) -> int:
    """Add the comparison to both blocks; how many changes there are."""
    last = last_projects(last_year)
    found = changes_between(records.form, [(judged.content, project) for judged, project in records.projects], last)
    rest["changes"] = _change_table(found, last, records, pool)
    first["last"] = _last_sums(records.board, last, title)
    return len(found)


def _change_table(found: Sequence[Change], last: Sequence[Last], records: Records, pool: Pool) -> dict[str, object]:
    units = {each.unit.code: number for number, each in enumerate(records.board.units) if each.unit.code}

    def unit_of(change: Change) -> int:
        if change.this >= 0:
            return records.board.unit_of_file.get(records.projects[change.this][0].content.file, -1)
        return units.get(change.last.content.unit_code, -1) if change.last else -1

    texts = {
        "kind": [each.kind.value for each in found],
        "item": [each.item for each in found],
        "before": [each.before for each in found],
        "after": [each.after for each in found],
        "cell": [each.cell for each in found],
        "name": [each.last.project.name if each.last else "" for each in found],
        "code": [each.last.project.code if each.last else "" for each in found],
        "file": [each.last.content.file if each.last else "" for each in found],
        "sheet": [each.last.project.sheet if each.last else "" for each in found],
        "last": [each.last_cell for each in found],
    }
    return table(
        pool,
        len(found),
        texts=texts,
        numbers={"project": [each.this for each in found], "unit": [unit_of(each) for each in found]},
    )


def _last_sums(board: Board, last: Sequence[Last], title: str) -> dict[str, object]:
    """Last year's projects and money, in all and by department; and the units that have not reported this year."""
    by_department: dict[str, list[Last]] = {}
    for each in last:
        by_department.setdefault(each.content.department, []).append(each)
    reported = {each.unit.code for each in board.units if each.file}
    silent = {each.content.unit_code: each.content.unit_name for each in last if each.content.unit_code not in reported}
    return {
        "title": title,
        "projects": len(last),
        "money": exact(sum(each.project.budget or 0 for each in last)),
        "departments": {
            code: {"projects": len(mine), "money": exact(sum(each.project.budget or 0 for each in mine))}
            for code, mine in by_department.items()
        },
        "silent": [[code, name] for code, name in sorted(silent.items())],
    }
