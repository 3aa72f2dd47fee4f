"""``perfxl template``: the unit's workbook, ready to be mailed."""

from __future__ import annotations

import hashlib
import re
from contextlib import suppress
from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated

import typer

from ..consolidate.keys import needed_ring
from ..consolidate.ledger import counted
from ..consolidate.manifest import MANIFEST, HandedOut, manifest_text, read_manifest
from ..consolidate.output import refuse_filled, write_complete
from ..consolidate.roster import Roster, read_roster
from ..consolidate.run import Round, remember
from ..consolidate.store import Store
from ..consolidate.task import Task, load_task
from ..errors import PerfxlError
from ..form.library import find_form
from ..form.model import Form
from ..form.records import Book
from ..post.handout import Handout, LastYear, hand_out
from ..post.names import workbook_name
from ..workbook.layout import Plan, plan_of
from ..workbook.write import BuildOptions, blank_date, build_workbook
from . import app
from .progress import progress

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


def _slot_counts(slots: list[str]) -> dict[str, int]:
    counts: dict[str, int] = {}
    for text in slots:
        name, equals, count = text.partition("=")
        if not equals or not count.isdigit() or not 1 <= int(count) <= _MOST_PROJECTS:
            raise PerfxlError("C03", option="--slots", found=text, expected="二级指标=行数，如 数量指标=6")
        counts[name] = int(count)
    return counts


def unit_plan(form: Form, unit: str, projects: int | None, slots: list[str]) -> Plan:
    """The plan for a unit: Part One for a lead unit (or an unnamed one) only."""
    counts = _slot_counts(slots)
    lead = not unit or unit.partition("=")[0].endswith(LEAD_ENDING)
    try:
        return plan_of(form, projects=projects, lead=lead, slots=counts)
    except KeyError as unknown:
        blocks = [block.level2 or group.label for group in form.groups.values() for block in group.blocks]
        raise PerfxlError("C03", option="--slots", found=unknown.args[0], expected="、".join(blocks) + " 之一") from None


@app.command()
def template(
    output: Annotated[Path, typer.Option("-o", "--output", metavar="FILE", help="写出的工作簿（.xlsx）；有 --task 时为文件夹")],
    form: Annotated[str, typer.Option("--form", metavar="ID", help="表样")] = "hebei-2023",
    unit: Annotated[str, typer.Option("--unit", metavar="编码=名称", help="预填并锁定的单位")] = "",
    projects: Annotated[int | None, typer.Option("--projects", min=1, max=_MOST_PROJECTS, help="项目表的张数")] = None,
    slots: Annotated[list[str] | None, typer.Option("--slots", metavar="名称=行数", help="某二级指标的行数，可多次")] = None,
    task: Annotated[Path | None, typer.Option("--task", metavar="FILE", help="任务文件：为名册上每个单位各生成一份")] = None,
    roster: Annotated[Path | None, typer.Option("--roster", metavar="FILE", help="单位名册（配合 --task）")] = None,
    last_year: Annotated[Path | None, typer.Option("--last-year", metavar="STORE", help="上年的汇总库，带入上年内容")] = None,
    store: Annotated[Path | None, typer.Option("--store", metavar="FILE", help="汇总库：记入下发情况（配合 --task）")] = None,
    spare: Annotated[int, typer.Option("--spare", min=0, max=50, help="名册所列项目之外的空白项目表")] = 2,
    jobs: Annotated[int, typer.Option("--jobs", min=0, help="进程数，0 为自动")] = 0,
) -> None:
    """生成下发给单位填报的工作簿：已锁定，只有白色单元格可填。

    有 --task 时每个单位一份，带封签。
    """
    if task is not None:
        if unit or projects:
            raise PerfxlError("C03", option="--unit、--projects", found="已给出", expected="不与 --task 同用，单位和项目取自名册")
        if roster is None:
            raise PerfxlError("C03", option="--roster", found="未给出", expected="单位名册的文件名")
        _hand_out(output, task, roster, last_year, store, spare=spare, slots=slots or [], jobs=jobs)
        return
    if roster is not None or last_year is not None or store is not None:
        raise PerfxlError("C03", option="--roster、--last-year、--store", found="已给出", expected="与 --task 同用")
    meant = find_form(form)
    plan = unit_plan(meant, unit, projects, slots or [])
    book = unit_book(meant, unit)
    locked = frozenset(book.cover.raws)
    content = build_workbook(meant, plan, book, BuildOptions(as_of=blank_date(meant), locked=locked))
    if output.suffix.lower() != ".xlsx":
        raise PerfxlError("C08", path=output)
    refuse_filled(output)
    write_complete(output, content)
    count = plan.counts[meant.project_sheet.id]
    print(f"已生成 {output}：表样 {meant.id} 第 {meant.version} 版，{count} 张项目表，{len(content) / 1000:.0f} KB。")


def _hand_out(
    folder: Path,
    task_file: Path,
    roster_file: Path,
    last_year: Path | None,
    store: Path | None,
    *,
    spare: int,
    slots: list[str],
    jobs: int,
) -> None:
    task = load_task(task_file)
    ring = needed_ring(task_file, task)
    for path in (roster_file, last_year):
        if path is not None and not path.is_file():
            raise PerfxlError("C01", path=path)
    roster = read_roster(roster_file.read_bytes(), str(roster_file))
    if roster.year not in (0, task.year):
        raise PerfxlError("S36", path=roster.file, found=roster.year, expected=task.year)
    if folder.is_file():
        raise PerfxlError("C02", path=folder, reason="这是一个文件，不是文件夹")
    unit_plan(find_form(task.form[0]), "", None, slots)
    last = _last_books(last_year) if last_year else {}
    handout = Handout(task=task, ring=ring, spare=spare, at=datetime.now(UTC), slots=_slot_counts(slots))
    _spare_work(folder, roster, task)
    if store is not None:
        with Store(store) as opened:
            remember(opened, Round(task=task, roster=roster))
    made: list[HandedOut] = []
    size = 0
    with progress("生成") as report:
        for each in hand_out(handout, roster, last, jobs=jobs):
            write_complete(folder / each.line.file, each.content)
            made.append(each.line)
            size += len(each.content)
            if report is not None:
                report(len(made), len(roster.units), each.line.file)
    write_complete(folder / MANIFEST, manifest_text(made))
    if store is not None:
        with Store(store) as opened:
            remember(opened, Round(task=task, handed=made))
    print(f"{task.title}：已生成 {len(made)} 个单位的工作簿，共 {size / 1000:.0f} KB，清单：{folder / MANIFEST}")
    print(_told(task, roster, last, ring.current.id))


def _spare_work(folder: Path, roster: Roster, task: Task) -> None:
    """C07 if a workbook that somebody has filled since would be overwritten; what is as it was made may be made again."""
    made = _made_before(folder / MANIFEST)
    for unit in roster.units.values():
        path = folder / workbook_name(unit.code, unit.name, task.year)
        if path.is_file() and hashlib.sha256(path.read_bytes()).hexdigest() not in made:
            refuse_filled(path)


def _made_before(manifest: Path) -> set[str]:
    """The SHA-256 of each workbook that the folder's manifest lists; of none if that cannot be read."""
    if not manifest.is_file():
        return set()
    with suppress(PerfxlError):
        return {each.sha256 for each in read_manifest(manifest.read_bytes(), str(manifest))}
    return set()


def _told(task: Task, roster: Roster, last: dict[str, LastYear], key: str) -> str:
    carried = sum(code in last for code in roster.units)
    projects = sum(bool(each.code or each.name) for each in roster.ceilings)
    return f"预填项目 {projects} 个，带入上年内容的单位 {carried} 个，密钥 {key}，预算数与控制数：{task.ceilings.value}"


def _last_books(path: Path) -> dict[str, LastYear]:
    """Last year's counted books by unit code."""
    with Store(path, read_only=True) as store:
        rows = {each.unit_code: each for each in counted(store) if each.unit_code and each.form}
        found: dict[str, LastYear] = {}
        for code, content in rows.items():
            text = store.book_text(content.sha256)
            if text and content.form:
                found[code] = (content.form, text)
        return found
