"""``perfxl reissue``: fresh workbooks with the values kept and remarks on the cells at fault."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console

from ..check import Condition, Finding
from ..consolidate.dataset import Dataset
from ..consolidate.files import Found, gather
from ..consolidate.keys import needed_ring
from ..consolidate.ledger import form_meant, keep_handed, last_run, remembered
from ..consolidate.manifest import HandedOut
from ..consolidate.output import refuse_filled, write_complete
from ..consolidate.reading import FileReader
from ..consolidate.roster import Roster, read_roster
from ..consolidate.states import State
from ..consolidate.store import Store
from ..consolidate.task import load_task
from ..errors import PerfxlError
from ..post.reissue import Reissued, Round, reissue
from . import app

__all__ = ["reissue_command"]


@app.command("reissue")
def reissue_command(
    output: Annotated[Path, typer.Option("-o", "--output", metavar="DIR", help="写出工作簿的文件夹")],
    files: Annotated[list[Path] | None, typer.Argument(metavar="FILE…", help="收回的工作簿；不给时取汇总库中应退回的")] = None,
    task: Annotated[Path | None, typer.Option("--task", metavar="FILE", help="任务文件：核对并重新封签")] = None,
    store: Annotated[Path | None, typer.Option("--store", metavar="FILE", help="汇总库：跨单位问题、财政意见、名册")] = None,
    roster: Annotated[Path | None, typer.Option("--roster", metavar="FILE", help="单位名册：封签无效时据以重新封签")] = None,
) -> None:
    """重新下发：保留已填内容，在有问题的单元格加批注，修复被改动的行、表名和数据验证。"""
    for path in (store, roster):
        if path is not None and not path.is_file():
            raise PerfxlError("C01", path=path)
    if output.is_file():
        raise PerfxlError("C02", path=output, reason="这是一个文件，不是文件夹")
    dataset = _remembered(store) if store else None
    units = read_roster(roster.read_bytes(), str(roster)) if roster else dataset.roster if dataset else Roster()
    meant = load_task(task) if task else None
    part = Round(
        as_of=datetime.now(UTC).replace(microsecond=0),
        task=meant,
        ring=needed_ring(task, meant) if task and meant else None,
        roster=units,
        opinions=dataset.opinions if dataset else {},
    )
    console = Console(highlight=False, soft_wrap=True)
    names: set[str] = set()
    handed: list[HandedOut] = []
    known = {out.sha256 for out in dataset.handed} if dataset else set()
    failed = 0
    for each in _files(files or [], dataset):
        try:
            made = _reissued(each, part, dataset)
            path = output / _unlike(made.line.file, names)
            if path.is_file() and hashlib.sha256(path.read_bytes()).hexdigest() not in known:
                refuse_filled(path)
        except PerfxlError as fault:
            failed += 1
            console.print(f"{each.shown}：没有重新下发。{fault}", markup=False)
            continue
        write_complete(path, made.content)
        handed.append(replace(made.line, file=path.name))
        _tell(console, each.shown, path, made)
    if store is not None:
        with Store(store) as opened:
            keep_handed(opened, (each for each in handed if each.unit))
    console.print(f"已重新下发 {len(names)} 份：{output}" + (f"，另有 {failed} 份没有重新下发" if failed else ""), markup=False)
    if failed:
        raise typer.Exit(2)


def _remembered(path: Path) -> Dataset:
    with Store(path, read_only=True) as store:
        if last_run(store) is None:
            raise PerfxlError("S35", path=path)
        return remembered(store, form_meant(store))


def _files(given: list[Path], dataset: Dataset | None) -> Sequence[Found]:
    paths = given or [Path(each.content.file) for each in dataset.official if each.state is State.RETURNED] if dataset else given
    if not paths:
        raise PerfxlError("S47")
    return gather(paths).files


def _reissued(found: Found, part: Round, dataset: Dataset | None) -> Reissued:
    submission = FileReader(ring=part.ring)(found)
    if submission.condition is Condition.UNRECOGNISED and part.task is not None:
        # An older version belongs to an older task by its seal; its content moves on, the unit is the roster's.
        older = FileReader()(found)
        if older.form is not None and older.form.id == part.task.form[0] and older.form.version < part.task.form[1]:
            submission = older
    if submission.condition is not Condition.READ:
        fault = submission.findings[0]
        raise PerfxlError("S48", reason=fault.message.partition("。")[0])
    return reissue(submission, part, _cross(submission.sha256, dataset))


def _cross(sha256: str, dataset: Dataset | None) -> list[Finding]:
    """The findings across submissions that the last run made about this content."""
    if dataset is None:
        return []
    rules = {each.id for each in dataset.form.cross}
    mine = next((each.content for each in dataset.files if each.content.sha256 == sha256), None)
    return [each for each in mine.findings if each.rule in rules] if mine else []


def _unlike(name: str, names: set[str]) -> str:
    shown, number = name, 1
    while shown in names:
        number += 1
        shown = f"{name.removesuffix('.xlsx')}_{number}.xlsx"
    names.add(shown)
    return shown


def _tell(console: Console, shown: str, path: Path, made: Reissued) -> None:
    console.print(f"{shown} → {path}：{made.errors} 处错误、{made.hints} 处提示待说明", markup=False)
    for title, texts in (("已恢复", made.healed), ("未保留", made.lost)):
        for text in texts:
            console.print(f"  {title}：{text}", markup=False)
