"""Publish departments: what to make of each, under which names."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import datetime

from ..errors import PerfxlError
from ..form.library import templates_folder
from ..form.load import load_form
from ..form.model import Form, Mark
from ..form.records import Book, SheetRecord, data_text
from ..workers import mapped, workers_for
from .blocks import Paragraph, blocks_of_docx
from .context import printable
from .department import Department, missing_in
from .document import Publisher, with_pages
from .docx_package import read_package
from .engine import DocumentTemplate
from .html import html_of
from .markdown import markdown_of
from .office import page_numbers, pdf_of
from .outline import outline_of

__all__ = ["Made", "Options", "default_template", "limited_to", "publish", "refuse_missing"]

_SETTINGS = "word/settings.xml"
_FORBIDDEN = re.compile(r'[\x00-\x1f<>:"/\\|?*]')
_NAME_LIMIT = 80


@dataclass(frozen=True, slots=True, kw_only=True)
class Options:
    """What to make beside the .docx; ``pages``: let LibreOffice count pages for the contents (``pdf`` does too).

    ``jobs``: processes, 0 for as many as the work deserves.
    """

    as_of: datetime
    pdf: bool = False
    html: bool = False
    markdown: bool = False
    pages: bool = False
    jobs: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class Made:
    """One department's files: name with suffix -> bytes; and its tables."""

    department: Department
    files: dict[str, bytes]
    tables: int


def default_template(form: Form) -> DocumentTemplate:
    """The Word template that the form ships with; W07 if it has none."""
    path = templates_folder() / form.id / "document.docx"
    if not path.is_file():
        raise PerfxlError("W07", form=form.id)
    return DocumentTemplate(path.read_bytes(), path.name)


def refuse_missing(departments: Sequence[Department]) -> None:
    """W05 if any required value is missing (``--strict``)."""
    missing = [each for department in departments for each in missing_in(department)]
    if missing:
        raise PerfxlError("W05", count=len(missing), first=str(missing[0]))


def limited_to(department: Department, units: Collection[str], projects: Collection[str]) -> Department | None:
    """A department with only these units and projects (by code; empty: all); ``None`` if nothing is left.

    Part One stays, whichever unit is wanted.
    """
    form = department.form
    books: list[Book] = []
    for book in department.books:
        if units and department.unit(book)[0] not in units:
            continue
        sheets = [record for record in book.sheets if not projects or _wanted(form, record, projects)]
        kept = Book(book.cover, sheets)
        if kept.projects(form) or not projects:
            books.append(kept)
    return replace(department, books=tuple(books)) if books else None


def _wanted(form: Form, record: SheetRecord, projects: Collection[str]) -> bool:
    if record.sheet != form.project_sheet.id:
        return True
    field = form.fields[form.roles["project_code"]]
    return data_text(field, record.raws.get(field.name)) in projects


def publish(departments: Sequence[Department], template: DocumentTemplate, options: Options) -> Iterator[Made]:
    """Make every department's files, in order.

    With ``pdf`` or ``pages`` LibreOffice works on all departments at once at the
    end, so files then come late.  Raises W02 and W03 for the template's faults, W04.
    """
    names = _names(departments)
    if not (options.pdf or options.pages):
        jobs = workers_for(len(departments), options.jobs)
        tasks = [_Task.of(department, name) for department, name in zip(departments, names, strict=True)]
        form = departments[0].form if departments else None
        given = (template.content, template.file, options, form.source if form else "")
        made = mapped(_work, tasks, jobs=jobs, begin=_begin, given=given)
        for department, files in zip(departments, made, strict=True):
            yield Made(department=department, files=files, tables=_tables(department))
        return
    publisher = Publisher(template, options.as_of)
    plain = {name: publisher.document(each) for each, name in zip(departments, names, strict=True)}
    pages = page_numbers(plain)
    settings = template.parts.get(_SETTINGS)
    counted = {name: with_pages(read_package(content, name), settings, pages[name]) for name, content in plain.items()}
    printed = pdf_of(counted) if options.pdf else {}
    for department, name in zip(departments, names, strict=True):
        files = _files(department, name, counted[name], options)
        if name in printed:
            files[f"{name}.pdf"] = printed[name]
        yield Made(department=department, files=files, tables=_tables(department))


@dataclass(frozen=True, slots=True)
class _Task:
    """A department as it goes to another process: without its form, which that process has."""

    name: str
    code: str
    called: str
    books: tuple[Book, ...]
    lead: Book | None

    @classmethod
    def of(cls, department: Department, name: str) -> _Task:
        return cls(name, department.code, department.name, department.books, department.lead)

    def department(self, form: Form) -> Department:
        return Department(form=form, code=self.code, name=self.called, books=self.books, lead=self.lead)


_at_work: list[tuple[Publisher, Options, Form]] = []
"""What this process works with, once :func:`_begin` has run."""


def _begin(content: bytes, file: str, options: Options, source: str) -> None:
    if source:
        publisher = Publisher(DocumentTemplate(content, file), options.as_of)
        _at_work[:] = [(publisher, options, load_form(source, "form.toml"))]


def _work(task: _Task) -> dict[str, bytes]:
    publisher, options, form = _at_work[0]
    department = task.department(form)
    return _files(department, task.name, publisher.document(department), options)


def _tables(department: Department) -> int:
    return sum(1 for _ in department.projects())


def _files(department: Department, name: str, content: bytes, options: Options) -> dict[str, bytes]:
    files = {f"{name}.docx": content}
    if options.html or options.markdown:
        blocks = blocks_of_docx(content, name)
        if options.html:
            form = department.form
            title = next((block.text for block in blocks if isinstance(block, Paragraph) and block.text.strip()), name)
            year = f"{title} {form.year}年{form.title}"
            files[f"{name}.html"] = html_of(blocks, title=year, labels=_labels(form)).encode("utf-8")
        if options.markdown:
            files[f"{name}.md"] = markdown_of(blocks).encode("utf-8")
    return files


def _labels(form: Form) -> frozenset[str]:
    """The texts of the project table's label cells and of the indicator tree."""
    sheet = form.project_sheet
    plain = {row for table in outline_of(form).tables for row in table.rows[: table.plain]}
    found = {cell.text for cell in sheet.grid.cells if cell.mark is Mark.LABEL and cell.row not in plain}
    for name in sheet.groups:
        for block in form.groups[name].blocks:
            found |= {block.level1, block.level2}
    return frozenset(found - {""})


def _names(departments: Sequence[Department]) -> list[str]:
    """A file name for each, unique, fit for Windows."""
    names: list[str] = []
    for department in departments:
        name = _FORBIDDEN.sub("", printable(f"{department.code}{department.name}"))[:_NAME_LIMIT].strip(" .") or "未知部门"
        name = f"{name}绩效文本"
        names.append(name if name not in names else f"{name}（{len(names) + 1}）")
    return names
