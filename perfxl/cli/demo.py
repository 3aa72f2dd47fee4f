"""``perfxl demo``: from blank template to publication, on published data."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Annotated

import typer

from ..demo import run_demo
from . import app
from .consolidate import tell

__all__ = ["demo"]


@app.command()
def demo(
    folder: Annotated[Path, typer.Argument(metavar="[DIR]", help="写出结果的文件夹")] = Path("demo"),
    as_json: Annotated[bool, typer.Option("--json", help="输出 JSON")] = False,
) -> None:
    """用已公开的一个单位的数据走一遍：空白表、填报、校验、汇总、公开、看板。"""
    lines: list[str] = []
    made = run_demo(folder, lines.append if as_json else print)
    if as_json:
        content = {
            "blank": str(made.blank),
            "filled": str(made.filled),
            "consolidated": str(made.consolidated),
            "dashboard": str(made.dashboard),
            "documents": [str(path) for path in made.documents],
            "findings": [finding.as_json() for finding in made.submission.findings],
            "summary": made.summary.as_json(),
        }
        print(json.dumps(content, ensure_ascii=False, indent=2))
        return
    tell(made.summary)
