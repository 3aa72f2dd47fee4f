"""校验问题: every finding, with links to the row in this workbook and to the cell in the file."""

from __future__ import annotations

from itertools import islice

from ...check import Finding
from ...form.model import Form, Severity
from ..dataset import Dataset, StatedFinding
from ..opinions import COLUMN
from .cells import CellContent
from .draft import Draft
from .files import TONES
from .looks import Kind, Tone
from .page import Column, Page
from .places import Places
from .split import runs, split

__all__ = ["TITLE", "add_findings"]

TITLE = "校验问题"
_ABOVE = 3
_SAMPLE = 600
_PRINTED = 12
"""The first columns, which fit on a page; the others lead to places and explain the rule."""


def add_findings(draft: Draft, dataset: Dataset, places: Places) -> list[Page]:
    """Add the sheet 校验问题, or several where one cannot hold all; the column 财政意见 is for the officer to fill."""
    errors = sum(row.finding.severity is Severity.ERROR for row in dataset.findings)
    note = f"错误 {errors} 个，提示 {len(dataset.findings) - errors} 个（已被取代的文件不列）"
    columns = _columns(dataset.form)
    rows = iter(dataset.findings)
    pages: list[Page] = []
    number = 0
    for part in split(runs(row.file.content.department for row in dataset.findings), draft.most_rows - _ABOVE):
        page = draft.page(part.title(TITLE), columns, csv=TITLE)
        page.fit(_contents(row, dataset, places) for row in dataset.findings[:_SAMPLE])
        page.heading("校验问题", f"{note}{part.note}", _PRINTED)
        header = page.header()
        for row in islice(rows, part.rows):
            number += 1
            tones = {1: _tone(row.finding), 11: Tone.ENTRY, 15: TONES[row.file.state]}
            page.line([number, *_contents(row, dataset, places)[1:]], tones=tones)
        page.freeze(header + 1, 4)
        page.table(f"{TITLE}{part.number}", header, page.row)
        page.print_setup(header, _PRINTED)
        pages.append(page)
    return pages


def _columns(form: Form) -> list[Column]:
    label = {role: form.fields[name].label for role, name in form.roles.items()}
    return [
        Column(title="序号", width=6, kind=Kind.CENTRE),
        Column(title="级别", width=6, kind=Kind.CENTRE),
        Column(title="规则", width=7, kind=Kind.CENTRE),
        Column(title=label["unit_code"], width=8.5, kind=Kind.CODE),
        Column(title=label["unit_name"], width=18, most=28),
        Column(title="工作表", width=9, kind=Kind.CENTRE),
        Column(title="单元格", width=8, kind=Kind.CENTRE),
        Column(title="填报项", width=13),
        Column(title="填报内容", width=14, most=36),
        Column(title="问题", width=40),
        Column(title="审核说明", width=24, most=36),
        Column(title=COLUMN, width=22),
        Column(title="规则说明", width=28),
        Column(title="汇总位置", width=15, kind=Kind.CENTRE),
        Column(title="文件", width=32, most=48),
        Column(title="文件状态", width=11, kind=Kind.CENTRE),
    ]


def _contents(row: StatedFinding, dataset: Dataset, places: Places) -> list[CellContent]:
    """A finding's cells, but for its number."""
    file, finding = row.file.content, row.finding
    field = dataset.form.fields.get(finding.field)
    return [
        0,
        finding.severity.label,
        finding.rule,
        file.unit_code,
        file.unit_name,
        finding.sheet,
        finding.cell,
        field.label if field else finding.field,
        finding.value,
        finding.message,
        finding.explanation,
        dataset.opinion(row),
        _explained(dataset.form, finding),
        places.of_finding(file.file, finding),
        places.in_file(file.file, file.file, finding.sheet, finding.cell),
        row.file.state.label,
    ]


def _explained(form: Form, finding: Finding) -> str:
    """The rule's title; a fault of intake says itself what to do."""
    return form.rules[finding.rule].title if finding.rule in form.rules else ""


def _tone(finding: Finding) -> Tone:
    if finding.severity is Severity.ERROR:
        return Tone.ERROR
    return Tone.GOOD if finding.explained else Tone.HINT
