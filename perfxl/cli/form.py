"""``perfxl form``: for the authors of forms."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console
from rich.table import Table

from ..consolidate.output import write_complete
from ..consolidate.queries import query_faults
from ..errors import PerfxlError
from ..form.catalogue import rule_lines, rules_markdown
from ..form.library import find_form, form_file, form_ids
from ..workbook.layout import plan_of
from ..workbook.write import BuildOptions, blank_date, build_workbook, live_plan
from . import app

__all__ = ["form_check", "form_rules"]

forms = typer.Typer(help="表样：检查 form.toml，列出规则。", no_args_is_help=True)
app.add_typer(forms, name="form")

_FormName = Annotated[str, typer.Argument(metavar="FORM", help="表样编号，或 form.toml 的路径")]


@forms.command("list")
def form_list() -> None:
    """列出可用的表样。"""
    for name in form_ids():
        form = find_form(name)
        print(f"{form.id}  第 {form.version} 版  {form.year}年{form.title}  {len(form.rules)} 条规则")


@forms.command("check")
def form_check(name: _FormName) -> None:
    """检查表样：有误则指出文件、位置、现状和要求；无误则列出每条规则的 Excel 公式和校验地点。"""
    form = find_form(name)
    faults = query_faults(form, str(form_file(name)))
    if faults:
        raise PerfxlError.all_of(faults)
    plan = plan_of(form)
    # Building is the last check: it meets Excel's own limits.
    content = build_workbook(form, plan, None, BuildOptions(as_of=blank_date(form)))
    table = Table(box=None, pad_edge=False, padding=(0, 2, 0, 0))
    for heading in ("规则", "级别", "位置", "何处校验", "通过条件 / Excel 公式"):
        table.add_column(heading, overflow="fold")
    excel = live_plan(form, plan).formula_texts()
    for line in rule_lines(form):
        formula = line.formula + (f"\n={excel[line.check]}" if line.check is not None else "")
        table.add_row(line.rule, line.severity, line.at, line.runs, formula.replace("[", r"\["))
    Console(highlight=False).print(table)
    size = f"{len(content) / 1000:.0f} KB"
    print(f"{form.id} 第 {form.version} 版没有问题：{len(form.fields)} 个字段，{len(form.rules)} 条规则，空白表 {size}。")


@forms.command("rules")
def form_rules(
    name: _FormName,
    markdown: Annotated[bool, typer.Option("--markdown", help="输出 Markdown 表格")] = False,
    output: Annotated[Path | None, typer.Option("-o", "--output", metavar="FILE", help="写入文件")] = None,
) -> None:
    """列出表样的全部规则：级别、位置、通过条件、提示。"""
    form = find_form(name)
    text = rules_markdown(form)
    if not markdown:
        text = "".join(f"{line.rule}  {line.severity}  {line.at}  {line.title}（{line.runs}）\n" for line in rule_lines(form))
    if output is not None:
        write_complete(output, text.encode("utf-8"))
        print(f"已写出 {output}。")
    else:
        print(text, end="")
