"""``perfxl consolidate``: merge returned workbooks into one."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console

from ..consolidate.keys import find_ring, key_path
from ..consolidate.manifest import read_manifest
from ..consolidate.roster import read_roster
from ..consolidate.run import Round, Summary, consolidate_files, printed
from ..consolidate.standing import standings
from ..consolidate.states import State
from ..consolidate.task import load_task
from ..errors import PerfxlError
from ..form.library import find_form
from . import app
from .progress import progress

__all__ = ["consolidate", "tell"]


@app.command()
def consolidate(
    paths: Annotated[list[Path], typer.Argument(metavar="DIR…", help="收回的工作簿，或存放它们的文件夹（含子文件夹）")],
    output: Annotated[Path, typer.Option("-o", "--output", metavar="FILE", help="写出的汇总表")],
    form: Annotated[str, typer.Option("--form", metavar="ID", help="表样；不给时取多数文件所用的表样")] = "",
    store: Annotated[Path | None, typer.Option("--store", metavar="FILE", help="汇总库：记住已读文件、名册和财政决定")] = None,
    task: Annotated[Path | None, typer.Option("--task", metavar="FILE", help="任务文件 task.toml")] = None,
    roster: Annotated[Path | None, typer.Option("--roster", metavar="FILE", help="单位名册（.xlsx 或 .csv）")] = None,
    ceilings: Annotated[Path | None, typer.Option("--ceilings", metavar="FILE", help="预算控制数，不给时取名册中的")] = None,
    handed_out: Annotated[Path | None, typer.Option("--handed-out", metavar="FILE", help="下发清单（下发清单.csv）")] = None,
    last_year: Annotated[Path | None, typer.Option("--last-year", metavar="STORE", help="上年的汇总库，用于与上年核对")] = None,
    jobs: Annotated[int, typer.Option("--jobs", min=0, help="读取所用进程数，0 为自动")] = 0,
    cluster: Annotated[str, typer.Option("--cluster", metavar="ADDR", help="由 Dask 集群读取，如 tcp://10.0.0.1:8786")] = "",
    csv: Annotated[Path | None, typer.Option("--csv", metavar="DIR", help="各表另存为 CSV（UTF-8），不受 Excel 行数限制")] = None,
    as_json: Annotated[bool, typer.Option("--json", help="输出 JSON")] = False,
) -> None:
    """把收回的工作簿汇总为一个工作簿，每一份文件都有着落。

    含汇总表、指标明细、校验问题、报送情况、图表、核对、文件清单。
    """
    meant = find_form(form) if form else None
    meant_task = load_task(task) if task else None
    ring = find_ring(task, meant_task) if task and meant_task else None
    part = Round(
        store=store,
        task=meant_task,
        roster=read_roster(_bytes(roster), str(roster)) if roster else None,
        ceilings=read_roster(_bytes(ceilings), str(ceilings)) if ceilings else None,
        last_year=last_year,
        keys=ring,
        handed=read_manifest(_bytes(handed_out), str(handed_out), meant_task) if handed_out else (),
    )
    if output.suffix.lower() != ".xlsx" and not output.is_dir():
        raise PerfxlError("C03", option="-o", found=output, expected="以 .xlsx 结尾的文件名")
    mine = [path for path in (task, roster, ceilings, store, handed_out, last_year) if path]
    now = datetime.now(UTC).astimezone()
    with progress("读取") as report:
        summary = consolidate_files(
            paths, output, as_of=now, form=meant, part=part, but=mine, csv=csv, progress=report, jobs=jobs, cluster=cluster
        )
    if as_json:
        print(json.dumps(summary.as_json(), ensure_ascii=False, indent=2))
    else:
        tell(summary)
        if task and ring is None:
            print(f"没有找到密钥文件 {key_path(task)}，没有核对封签")
    if summary.states[State.UNREADABLE]:
        raise typer.Exit(2)


def _bytes(path: Path) -> bytes:
    if not path.is_file():
        raise PerfxlError("C01", path=path)
    return path.read_bytes()


def tell(summary: Summary) -> None:
    """Print what a consolidation came to."""
    console = Console(highlight=False, soft_wrap=True)

    def say(text: str) -> None:
        console.print(text, markup=False)

    counts = "，".join(f"{state.label} {count}" for state, count in summary.states.items() if count)
    say(f"收到 {summary.files} 个文件：{counts}")
    amount = printed(summary.budget)
    unit = summary.dataset.form.money_unit
    say(f"计入汇总：{len(summary.dataset.projects)} 个项目，{len(summary.dataset.indicators)} 条指标，预算数合计 {amount} {unit}")
    for file in summary.dataset.official:
        if file.state in (State.UNREADABLE, State.UNRECOGNISED):
            say(f"{file.state.label}：{file.content.file}：{file.reason}")
    units = standings(summary.dataset)
    if units:
        missing = sum(each.file is None for each in units)
        say(f"名册 {sum(each.listed for each in units)} 个单位，未报送 {missing} 个，迟报 {sum(each.late for each in units)} 个")
    if summary.others:
        say(f"文件夹中另有 {len(summary.others)} 个文件不是工作簿，没有读取，如 {summary.others[0]}")
    if summary.again:
        say(f"读取时有进程中途结束，以下文件已重新读取，没有遗漏：{'、'.join(summary.again)}")
    say(f"汇总表：{summary.output}")
