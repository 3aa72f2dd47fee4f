"""``perfxl check``: the findings of one or many workbooks."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console
from rich.table import Table

from ..check import Condition
from ..consolidate.content import Content
from ..consolidate.files import gather
from ..consolidate.keys import needed_ring
from ..consolidate.reading import FileReader, contents_of
from ..consolidate.task import load_task
from . import app

__all__ = ["check"]


@app.command()
def check(
    files: Annotated[list[Path], typer.Argument(metavar="FILE…", help="要校验的工作簿，或存放它们的文件夹")],
    task: Annotated[Path | None, typer.Option("--task", metavar="FILE", help="任务文件：核对封签")] = None,
    jobs: Annotated[int, typer.Option("--jobs", min=0, help="读取所用进程数，0 为自动")] = 0,
    as_json: Annotated[bool, typer.Option("--json", help="输出 JSON")] = False,
) -> None:
    """校验工作簿，逐条列出问题。

    退出码：0 没有错误，1 有错误，2 有文件无法读取。
    """
    ring = needed_ring(task, load_task(task)) if task else None
    found = list(contents_of(gather(files).files, FileReader(ring=ring), jobs=jobs))
    if as_json:
        print(json.dumps([finding.as_json() for each in found for finding in each.findings], ensure_ascii=False, indent=2))
    else:
        console = Console(highlight=False)
        for content in found:
            _tell(console, content)
    if any(content.condition is not Condition.READ for content in found):
        raise typer.Exit(2)
    if any(content.errors for content in found):
        raise typer.Exit(1)


def verdict(content: Content) -> str:
    """One line on a content."""
    if content.condition is Condition.UNREADABLE:
        return "无法读取"
    if content.condition is Condition.UNRECOGNISED:
        return "不是本表样的工作簿"
    if content.errors:
        return f"{content.errors} 处错误、{content.open_hints} 处提示待说明"
    return f"没有错误，{content.open_hints} 处提示待说明" if content.open_hints else "校验通过"


def _tell(console: Console, content: Content) -> None:
    unit = f"（{content.unit_code} {content.unit_name}）" if content.unit_code else ""
    console.print(f"{content.file}{unit}：{verdict(content)}", markup=False, soft_wrap=True)
    if not content.findings:
        return
    table = Table(box=None, pad_edge=False, padding=(0, 2, 0, 0))
    for heading in ("表", "单元格", "规则", "级别", "问题"):
        table.add_column(heading, no_wrap=heading != "问题", overflow="fold")
    for finding in content.findings:
        level = finding.severity.label + ("（已说明）" if finding.explained else "")
        row = (finding.sheet, finding.cell, finding.rule, level, finding.message)
        table.add_row(*(_plain(text) for text in row))
    console.print(table)


def _plain(text: str) -> str:
    """Text from a file, without what a terminal or rich would interpret."""
    return "".join(char if char.isprintable() else " " for char in text).replace("[", r"\[")
