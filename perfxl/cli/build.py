"""``perfxl template``: the unit's workbook, ready to be mailed."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Annotated

import typer

from ..consolidate.output import write_complete
from ..errors import PerfxlError
from ..form.library import find_form
from ..form.model import Form
from ..form.records import Book
from ..workbook.layout import Plan, plan_of
from ..workbook.write import BuildOptions, blank_date, build_workbook
from . import app

__all__ = ["template"]

LEAD_ENDING = "001"
"""The unit code of a department's lead unit ends so (DEFINITIONS, "Department")."""

_UNIT_CODE = re.compile(r"[0-9]{6}\Z")
_MOST_PROJECTS = 99


def unit_book(form: Form, unit: str) -> Book:
    """A book that knows its unit, from ``657001=名称`` ("" for none); C03 or C04 if malformed."""
    book = Book()
    if not unit:
        return book
    code, equals, name = unit.partition("=")
    if not equals or not name.strip():
        raise PerfxlError("C03", option="--unit", found=unit, expected="单位编码=单位名称，如 657001=遵化市房屋征收中心本级")
    if not _UNIT_CODE.match(code):
        raise PerfxlError("C04", code=code)
    book.cover.raws = {form.roles["unit_code"]: code, form.roles["unit_name"]: name.strip()}
    return book


def unit_plan(form: Form, unit: str, projects: int | None, slots: list[str]) -> Plan:
    """The plan for a unit: Part One for a lead unit (or an unnamed one) only."""
    counts: dict[str, int] = {}
    for text in slots:
        name, equals, count = text.partition("=")
        if not equals or not count.isdigit() or not 1 <= int(count) <= _MOST_PROJECTS:
            raise PerfxlError("C03", option="--slots", found=text, expected="二级指标=行数，如 数量指标=6")
        counts[name] = int(count)
    lead = not unit or unit.partition("=")[0].endswith(LEAD_ENDING)
    try:
        return plan_of(form, projects=projects, lead=lead, slots=counts)
    except KeyError as unknown:
        blocks = [block.level2 or group.label for group in form.groups.values() for block in group.blocks]
        raise PerfxlError("C03", option="--slots", found=unknown.args[0], expected="、".join(blocks) + " 之一") from None


@app.command()
def template(
    output: Annotated[Path, typer.Option("-o", "--output", metavar="FILE", help="写出的工作簿（.xlsx）")],
    form: Annotated[str, typer.Option("--form", metavar="ID", help="表样")] = "hebei-2023",
    unit: Annotated[str, typer.Option("--unit", metavar="编码=名称", help="预填并锁定的单位")] = "",
    projects: Annotated[int | None, typer.Option("--projects", min=1, max=_MOST_PROJECTS, help="项目表的张数")] = None,
    slots: Annotated[list[str] | None, typer.Option("--slots", metavar="名称=行数", help="某二级指标的行数，可多次")] = None,
) -> None:
    """生成下发给单位填报的工作簿：已锁定，只有白色单元格可填。"""
    meant = find_form(form)
    plan = unit_plan(meant, unit, projects, slots or [])
    book = unit_book(meant, unit)
    locked = frozenset(book.cover.raws)
    content = build_workbook(meant, plan, book, BuildOptions(as_of=blank_date(meant), locked=locked))
    write_complete(output, content)
    count = plan.counts[meant.project_sheet.id]
    print(f"已生成 {output}：表样 {meant.id} 第 {meant.version} 版，{count} 张项目表，{len(content) / 1000:.0f} KB。")
