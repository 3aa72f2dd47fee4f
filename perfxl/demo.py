"""The whole line on the published document of one unit, in one go."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC
from pathlib import Path

from .check import Submission, read_submission
from .consolidate.output import write_complete
from .consolidate.run import Round, Summary, consolidate_files
from .dashboard import make_dashboard
from .form.book_file import read_book
from .form.library import examples_folder, find_form
from .form.model import Form
from .form.records import Book
from .publish.department import departments_of
from .publish.run import Options, default_template, publish
from .publish.sources import read_source
from .workbook.layout import Plan, plan_of
from .workbook.write import BuildOptions, blank_date, build_workbook

__all__ = ["BLANK", "CONSOLIDATED", "DASHBOARD", "STORE", "Demo", "blank_workbook", "filled_name", "filled_workbook", "run_demo"]

FORM = "hebei-2023"
DATA = "657001.toml"
BLANK = "空白填报表.xlsx"
CONSOLIDATED = "绩效目标汇总表.xlsx"
STORE = "绩效目标汇总库.db"
DASHBOARD = "看板.html"
RETURNED = "收回"
PUBLISHED = "公开"


@dataclass(frozen=True, kw_only=True)
class Demo:
    """What the demo made and found."""

    blank: Path
    filled: Path
    consolidated: Path
    dashboard: Path
    documents: tuple[Path, ...]
    submission: Submission
    summary: Summary


def blank_workbook(form: Form) -> bytes:
    """The blank that is committed beside the form: no unit, the form's own number of sheets."""
    return build_workbook(form, plan_of(form), None, BuildOptions(as_of=blank_date(form)))


def _data(form: Form) -> Book:
    path = examples_folder() / DATA
    return read_book(form, path.read_text("utf-8"), path.name)


def _plan(form: Form, book: Book) -> Plan:
    return plan_of(form, projects=len(book.projects(form)), lead=True)


def filled_workbook(form: Form) -> tuple[str, bytes]:
    """The published unit's workbook, as it would come back: its file name and content."""
    book = _data(form)
    locked = frozenset((form.roles["unit_code"], form.roles["unit_name"]))
    options = BuildOptions(as_of=blank_date(form), hide_unused=True, locked=locked)
    return filled_name(form, book), build_workbook(form, _plan(form, book), book, options)


def filled_name(form: Form, book: Book) -> str:
    """The official name of a unit's file: ``657001_遵化市房屋征收中心本级_2023.xlsx``."""
    code, name = (str(book.cover.raws.get(form.roles[role]) or "") for role in ("unit_code", "unit_name"))
    return f"{code}_{name}_{form.year}.xlsx"


def run_demo(folder: Path, tell: Callable[[str], None]) -> Demo:
    """Blank template, filled workbook, check, consolidation, publication, dashboard, all in ``folder``."""
    form = find_form(FORM)
    blank = folder / BLANK
    write_complete(blank, blank_workbook(form))
    tell(f"1. 空白填报表：{blank}")
    name, content = filled_workbook(form)
    filled = folder / RETURNED / name
    write_complete(filled, content)
    tell(f"2. 已填报的工作簿：{filled}")
    submission = read_submission(filled, shown=name)
    tell(f"3. 校验：{submission.errors} 处错误，{submission.open_hints} 处提示待说明")
    for finding in submission.findings:
        tell(f"   {finding.sheet} {finding.cell} {finding.rule} {finding.severity.label}：{finding.message}")
    consolidated = folder / CONSOLIDATED
    part = Round(store=folder / STORE)
    summary = consolidate_files([folder / RETURNED], consolidated, as_of=blank_date(form), form=form, part=part)
    tell(f"4. 汇总表：{consolidated}")
    documents = _publication(form, folder)
    for path in documents:
        tell(f"5. 绩效文本：{path}")
    dashboard = folder / DASHBOARD
    write_complete(dashboard, make_dashboard(folder / STORE).content)
    tell(f"6. 看板：{dashboard}")
    return Demo(
        blank=blank,
        filled=filled,
        consolidated=consolidated,
        dashboard=dashboard,
        documents=documents,
        submission=submission,
        summary=summary,
    )


def _publication(form: Form, folder: Path) -> tuple[Path, ...]:
    """The official document of every department, from what came back."""
    source = read_source([folder / RETURNED], form=form.id)
    departments = departments_of(form, source.books, names=source.names, leads=source.leads)
    options = Options(as_of=blank_date(form).replace(tzinfo=UTC))
    written: list[Path] = []
    for made in publish(departments, default_template(form), options):
        for name, content in made.files.items():
            written.append(folder / PUBLISHED / name)
            write_complete(written[-1], content)
    return tuple(written)
