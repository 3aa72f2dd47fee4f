"""``perfxl publish``, ``perfxl import``, ``perfxl diff``: the official document, there and back."""

from __future__ import annotations

import json
import re
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console
from rich.table import Table

from ..consolidate.output import write_complete
from ..errors import PerfxlError, reason
from ..form.library import find_form
from ..form.model import Form
from ..form.records import Book
from ..publish.bring_back import Unplaced
from ..publish.compare import Change, changes_workbook, compare
from ..publish.context import template_fields
from ..publish.department import Department, departments_of, missing_in
from ..publish.engine import DocumentTemplate
from ..publish.run import Options, default_template, limited_to, refuse_missing
from ..publish.run import publish as publish_all
from ..publish.sources import Source, import_file, read_source
from ..publish.workbooks import workbook_name, workbook_of
from . import app
from .progress import progress

__all__ = ["diff", "import_documents", "publish"]

_SHOWN = 20
_DATE = re.compile(r"\d{4}-\d{2}-\d{2}\Z")

JsonOption = Annotated[bool, typer.Option("--json", help="输出 JSON")]
FormOption = Annotated[str, typer.Option("--form", metavar="ID", help="表样；不给时取多数文件所用的表样")]
AsOfOption = Annotated[str, typer.Option("--as-of", metavar="日期", help="写进文件的日期，如 2023-03-01；默认为预算年度首日")]


def _say(text: str) -> None:
    Console(highlight=False, soft_wrap=True).print(text, markup=False)


def _dated(text: str, form: Form) -> datetime:
    if not text:
        return datetime(form.year, 1, 1, tzinfo=UTC)
    try:
        if not _DATE.match(text):
            raise ValueError(text)
        return datetime.fromisoformat(text).replace(tzinfo=UTC)
    except ValueError:
        raise PerfxlError("C03", option="--as-of", found=text, expected="年-月-日，如 2023-03-01") from None


@app.command()
def publish(
    paths: Annotated[list[Path] | None, typer.Argument(metavar="STORE|DIR…", help="汇总库，或收回的工作簿及其文件夹")] = None,
    output: Annotated[Path | None, typer.Option("-o", "--output", metavar="DIR", help="写出文本的文件夹")] = None,
    form: FormOption = "",
    unit: Annotated[list[str] | None, typer.Option("--unit", metavar="CODE", help="只要这些单位，可多次")] = None,
    project: Annotated[list[str] | None, typer.Option("--project", metavar="CODE", help="只要这些项目，可多次")] = None,
    pdf: Annotated[bool, typer.Option("--pdf", help="同时生成 PDF（需要 LibreOffice）")] = False,
    pages: Annotated[bool, typer.Option("--pages", help="填好目录页码（需要 LibreOffice）；否则打开时由 Word 更新")] = False,
    html: Annotated[bool, typer.Option("--html", help="同时生成网页")] = False,
    markdown: Annotated[bool, typer.Option("--markdown", help="同时生成 Markdown")] = False,
    template: Annotated[Path | None, typer.Option("--template", metavar="FILE", help="自己的 Word 模板（.docx）")] = None,
    fields: Annotated[bool, typer.Option("--fields", help="列出模板可用的名称，不生成文本")] = False,
    strict: Annotated[bool, typer.Option("--strict", help="有必填内容缺失或有文件未计入时不生成")] = False,
    as_of: AsOfOption = "",
    as_json: JsonOption = False,
) -> None:
    """按主管部门生成公开的绩效文本（Word，可选 PDF、网页、Markdown）。"""
    if fields:
        _show_fields(find_form(form or "hebei-2023"), as_json)
        return
    if not paths or output is None:
        raise PerfxlError("C03", option="publish", found="缺少来源或 -o", expected="perfxl publish STORE|DIR -o DIR")
    with progress("读取") as report:
        source = read_source(paths, form=form, progress=report)
    departments = _wanted(source, unit or [], project or [])
    if strict:
        if source.unpublished:
            raise PerfxlError("W10", count=len(source.unpublished), first=str(source.unpublished[0]))
        refuse_missing(departments)
    word = DocumentTemplate(_bytes(template), str(template)) if template else default_template(source.form)
    options = Options(as_of=_dated(as_of, source.form), pdf=pdf, html=html, markdown=markdown, pages=pages)
    told = _Told(source)
    with progress("生成") as report:
        for number, made in enumerate(publish_all(departments, word, options), 1):
            for name, content in made.files.items():
                write_complete(output / name, content)
                told.files.append(str(output / name))
            told.tables += made.tables
            if report is not None:
                report(number, len(departments), made.department.name)
    told.missing = [str(each) for department in departments for each in missing_in(department)]
    told.show(len(departments), as_json)
    if told.missing or source.unpublished:
        raise typer.Exit(1)


def _wanted(source: Source, units: list[str], projects: list[str]) -> list[Department]:
    departments = departments_of(source.form, source.books, names=source.names, leads=source.leads)
    if units or projects:
        limited = (limited_to(department, units, projects) for department in departments)
        departments = [department for department in limited if department is not None]
    if not departments:
        reason = "没有符合条件的单位或项目" if source.books else "没有通过校验的文件"
        if source.left_out:
            reason += f"；未计入 {len(source.left_out)} 个文件，如 {source.left_out[0]}"
        raise PerfxlError("W06", reason=reason)
    return departments


def _bytes(path: Path) -> bytes:
    try:
        return path.read_bytes()
    except OSError as fault:
        raise PerfxlError("C01", path=f"{path}（{reason(fault)}）") from None


@dataclass
class _Told:
    """What ``publish`` did, for people and for ``--json``."""

    source: Source
    files: list[str] = field(default_factory=list)
    tables: int = 0
    missing: list[str] = field(default_factory=list)

    def show(self, departments: int, as_json: bool) -> None:
        left_out = [
            {"file": each.file, "unit": each.unit, "state": each.state.value, "reason": each.reason}
            for each in self.source.left_out
        ]
        if as_json:
            content = {
                "departments": departments,
                "tables": self.tables,
                "files": self.files,
                "left_out": left_out,
                "missing": self.missing,
            }
            print(json.dumps(content, ensure_ascii=False, indent=2))
            return
        _say(f"已生成 {departments} 个部门的绩效文本，{self.tables} 张项目表：")
        _list(self.files)
        if self.source.left_out:
            _say(f"未计入 {len(left_out)} 个文件：")
            _list([str(each) for each in self.source.left_out])
        if self.missing:
            _say(f"缺少 {len(self.missing)} 处必填内容，文本中标为【未填】：")
            _list(self.missing)


def _list(lines: list[str]) -> None:
    for line in lines[:_SHOWN]:
        _say(f"  {line}")
    if len(lines) > _SHOWN:
        _say(f"  ……另有 {len(lines) - _SHOWN} 项")


def _show_fields(form: Form, as_json: bool) -> None:
    found = template_fields(form)
    if as_json:
        print(json.dumps([{"name": name, "meaning": meaning} for name, meaning in found], ensure_ascii=False, indent=2))
        return
    _say("在 Word 模板中写 {{ 名称 }}；循环写 {%p for … %}（段落）或 {%tr for … %}（表格行）。")
    width = max(len(name) for name, _ in found)
    for name, meaning in found:
        _say(f"  {name:<{width}}  {meaning}")


@app.command("import")
def import_documents(
    files: Annotated[list[Path], typer.Argument(metavar="FILE…", help="公开的绩效文本：.docx，或与之同样次序的纯文本")],
    output: Annotated[Path, typer.Option("-o", "--output", metavar="DIR", help="写出工作簿的文件夹")],
    form: Annotated[str, typer.Option("--form", metavar="ID", help="填入哪个表样的工作簿")] = "hebei-2023",
    as_json: JsonOption = False,
) -> None:
    """把公开的绩效文本填回工作簿（已锁定、可下发），放不进去的内容逐行列出。"""
    meant = find_form(form)
    written: list[str] = []
    unplaced: list[tuple[Path, Unplaced]] = []
    faults: list[str] = []
    for path in files:
        try:
            imported = import_file(meant, path)
        except PerfxlError as fault:
            faults.append(str(fault))
            continue
        unplaced += [(path, each) for each in imported.unplaced]
        written += _write_books(meant, imported.books, output, written)
    if as_json:
        lines = [{"file": str(path), "line": each.line, "text": each.text, "reason": each.reason} for path, each in unplaced]
        print(json.dumps({"workbooks": written, "unplaced": lines, "faults": faults}, ensure_ascii=False, indent=2))
    else:
        _say(f"已写出 {len(written)} 个工作簿：")
        _list(written)
        if unplaced:
            _say(f"有 {len(unplaced)} 处内容没有放进工作簿：")
            for path, each in unplaced:
                _say(f"  {path.name} 第 {each.line} 行：{each.reason}：{each.text}")
        for fault_text in faults:
            _say(f"错误：{fault_text}")
    if faults:
        raise typer.Exit(2)
    if unplaced:
        raise typer.Exit(1)


def _write_books(form: Form, books: list[Book], folder: Path, taken: list[str]) -> list[str]:
    written: list[str] = []
    for book in books:
        stem = workbook_name(form, book)
        path = folder / f"{stem}.xlsx"
        number = 2
        while str(path) in (*taken, *written):
            path = folder / f"{stem}（{number}）.xlsx"
            number += 1
        write_complete(path, workbook_of(form, book))
        written.append(str(path))
    return written


@app.command()
def diff(
    before: Annotated[Path, typer.Argument(metavar="A", help="原来的：汇总库、工作簿或其文件夹、绩效文本")],
    after: Annotated[Path, typer.Argument(metavar="B", help="现在的")],
    output: Annotated[Path | None, typer.Option("-o", "--output", metavar="FILE", help="同时写成工作簿（.xlsx）")] = None,
    form: FormOption = "",
    as_json: JsonOption = False,
) -> None:
    """比较两个汇总库、工作簿或文本：项目增减、金额变化、指标增减、指标值升降。"""
    one = read_source([before], form=form, every_state=True)
    other = read_source([after], form=form, every_state=True)
    if one.form.id != other.form.id:
        raise PerfxlError("W09", reason=f"表样不同（{one.form.id}、{other.form.id}）")
    changes = compare(other.form, one.books, other.books)
    if output is not None:
        title = f"{before.name} → {after.name}"
        write_complete(output, changes_workbook(changes, title=title, as_of=_dated("", other.form)))
    left_out = [str(each) for each in (*one.left_out, *other.left_out)]
    if as_json:
        content = {"changes": [each.as_json() for each in changes], "left_out": left_out}
        print(json.dumps(content, ensure_ascii=False, indent=2))
        return
    _show_changes(changes)
    if left_out:
        _say(f"有 {len(left_out)} 个文件没有比较：")
        _list(left_out)
    if output is not None:
        _say(f"比较结果：{output}")


def _show_changes(changes: list[Change]) -> None:
    if not changes:
        _say("没有变化。")
        return
    counts: dict[str, int] = {}
    for each in changes:
        counts[each.kind.value] = counts.get(each.kind.value, 0) + 1
    _say("，".join(f"{kind} {count}" for kind, count in counts.items()))
    table = Table("变化", "项目", "事项", "原来", "现在", show_lines=False)
    for each in changes:
        table.add_row(*(text.replace("[", r"\[") for text in (each.kind.value, each.project or each.code, each.item)),
                      *(text.replace("[", r"\[") for text in (each.before, each.after)))  # fmt: skip
    Console(highlight=False).print(table)
