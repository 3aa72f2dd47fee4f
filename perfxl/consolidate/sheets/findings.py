"""校验问题: every finding, with links to the row in this workbook and to the cell in the file."""

from __future__ import annotations

from ...check import Finding
from ...form.model import Form, Severity
from ..dataset import Dataset
from ..opinions import COLUMN
from .draft import Draft
from .files import TONES
from .looks import Kind, Tone
from .page import Column, Page
from .places import Places

__all__ = ["TITLE", "add_findings"]

TITLE = "校验问题"
_PRINTED = 12
"""The first columns, which fit on a page; the others lead to places and explain the rule."""


def add_findings(draft: Draft, dataset: Dataset, places: Places) -> Page:
    """Add the sheet 校验问题; its column 财政意见 is for the officer to fill."""
    form = dataset.form
    label = {role: form.fields[name].label for role, name in form.roles.items()}
    columns = [
        Column(title="序号", width=6, kind=Kind.CENTRE),
        Column(title="级别", width=6, kind=Kind.CENTRE),
        Column(title="规则", width=7, kind=Kind.CENTRE),
        Column(title=label["unit_code"], width=8.5, kind=Kind.CODE),
        Column(title=label["unit_name"], width=18),
        Column(title="工作表", width=9, kind=Kind.CENTRE),
        Column(title="单元格", width=8, kind=Kind.CENTRE),
        Column(title="填报项", width=13),
        Column(title="填报内容", width=14),
        Column(title="问题", width=40),
        Column(title="审核说明", width=24),
        Column(title=COLUMN, width=22),
        Column(title="规则说明", width=28),
        Column(title="汇总位置", width=15, kind=Kind.CENTRE),
        Column(title="文件", width=52),
        Column(title="文件状态", width=11, kind=Kind.CENTRE),
    ]
    page = draft.page(TITLE, columns)
    errors = sum(row.finding.severity is Severity.ERROR for row in dataset.findings)
    note = f"错误 {errors} 个，提示 {len(dataset.findings) - errors} 个（已被取代的文件不列）"
    page.heading("校验问题", note, _PRINTED)
    header = page.header()
    for number, row in enumerate(dataset.findings, 1):
        file, finding = row.file.content, row.finding
        field = form.fields.get(finding.field)
        page.line(
            [
                number,
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
                _explained(form, finding),
                places.of_finding(file.file, finding),
                places.in_file(file.file, file.file, finding.sheet, finding.cell),
                row.file.state.label,
            ],
            tones={1: _tone(finding), 11: Tone.ENTRY, 15: TONES[row.file.state]},
        )
    page.freeze(header + 1, 4)
    page.filter(header, page.row, len(columns))
    page.print_setup(header, _PRINTED)
    return page


def _explained(form: Form, finding: Finding) -> str:
    """The rule's title; a fault of intake says itself what to do."""
    return form.rules[finding.rule].title if finding.rule in form.rules else ""


def _tone(finding: Finding) -> Tone:
    if finding.severity is Severity.ERROR:
        return Tone.ERROR
    return Tone.GOOD if finding.explained else Tone.HINT
