"""``perfxl dashboard``: a round at a glance, in one offline page."""

from __future__ import annotations

import json
from datetime import datetime
from pathlib import Path
from typing import Annotated

import typer

from ..consolidate.output import check_writable, write_complete
from ..consolidate.task import CHINA
from ..dashboard import make_dashboard
from ..errors import PerfxlError
from . import app

__all__ = ["dashboard"]


@app.command()
def dashboard(
    store: Annotated[Path, typer.Argument(metavar="STORE", help="汇总库文件")],
    output: Annotated[Path, typer.Option("-o", "--output", metavar="FILE", help="写出的网页")] = Path("看板.html"),
    last_year: Annotated[Path | None, typer.Option("--last-year", metavar="STORE", help="上年的汇总库，用于与上年比较")] = None,
    as_of: Annotated[
        str, typer.Option("--as-of", metavar="日期", help="写进网页的日期，如 2023-03-01；默认为最近一次汇总的时间")
    ] = "",
    as_json: Annotated[bool, typer.Option("--json", help="输出 JSON")] = False,
) -> None:
    """把一轮报送做成一个离线网页：进度、金额、问题、雷同、项目与指标、各单位的表。"""
    if output.suffix.lower() not in (".html", ".htm"):
        raise PerfxlError("C03", option="-o", found=output, expected="以 .html 结尾的文件名")
    check_writable(output)
    made = make_dashboard(store, last_year=last_year, as_of=_moment(as_of))
    write_complete(output, made.content)
    if as_json:
        print(json.dumps({"output": str(output), **made.as_json()}, ensure_ascii=False, indent=2))
        return
    dataset = made.dataset
    print(f"看板：{output}（{len(made.content) / 1e6:.1f} MB，可直接用浏览器打开，不需联网）")
    print(f"{len(dataset.files)} 个文件，{len(dataset.projects)} 个项目，{len(dataset.indicators)} 条指标，"
          f"{len(dataset.findings)} 个问题，{made.clusters} 组雷同")  # fmt: skip
    if made.changes is not None:
        print(f"与上年相比有 {made.changes} 处变化")


def _moment(text: str) -> datetime | None:
    if not text:
        return None
    try:
        found = datetime.fromisoformat(text)
    except ValueError:
        raise PerfxlError("C03", option="--as-of", found=text, expected="年-月-日，如 2023-03-01") from None
    return found if found.tzinfo else found.replace(tzinfo=CHINA)
