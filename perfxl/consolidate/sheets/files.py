"""文件清单: every file that came in, its state and the reason."""

from __future__ import annotations

from dataclasses import dataclass

from openpyxl.utils import get_column_letter

from ..dataset import Dataset
from ..states import Judged, State, moment
from .cells import CellContent, Money, sheet_reference
from .columns import contents_of, cover_fields
from .draft import Draft
from .looks import Kind, Tone
from .page import Column, Page
from .places import Places

__all__ = ["TITLE", "FilesPage", "add_files"]

TITLE = "文件清单"

TONES = {
    State.UNREADABLE: Tone.ERROR,
    State.UNRECOGNISED: Tone.ERROR,
    State.SUPERSEDED: Tone.MUTED,
    State.RETURNED: Tone.ERROR,
    State.HINTS: Tone.HINT,
    State.ACCEPTED: Tone.GOOD,
}
"""The colour of each state, the same on every sheet."""


@dataclass(frozen=True, slots=True, kw_only=True)
class FilesPage:
    """The sheet and the ranges that 核对 counts and adds."""

    page: Page
    states: str
    projects: str
    budgets: str


def add_files(draft: Draft, dataset: Dataset, places: Places) -> FilesPage:
    """Add the sheet 文件清单."""
    form = dataset.form
    extras = cover_fields(form)
    label = {role: form.fields[name].label for role, name in form.roles.items()}
    columns = [
        Column(title="序号", width=6, kind=Kind.CENTRE),
        Column(title=label["unit_code"], width=8.5, kind=Kind.CODE),
        Column(title=label["unit_name"], width=20),
        Column(title="文件", width=32),
        Column(title="状态", width=9, kind=Kind.CENTRE),
        Column(title="原因", width=38),
        Column(title="项目数", width=7, kind=Kind.COUNT),
        Column(title=label["budget"], width=13, kind=Kind.MONEY),
        Column(title="错误", width=7, kind=Kind.COUNT),
        Column(title="提示未说明", width=8, kind=Kind.COUNT),
        Column(title="提示已说明", width=8, kind=Kind.COUNT),
        *(Column(title=each.label, width=13, kind=Kind.CENTRE) for each in extras),
        Column(title="保存时间（UTC）", width=17, kind=Kind.CENTRE),
        Column(title="SHA-256", width=16, kind=Kind.CODE),
    ]
    page = draft.page(TITLE, columns)
    page.heading("文件清单", f"共收到 {len(dataset.files)} 个文件    单位：{form.money_unit}", len(columns) - len(extras) - 2)
    header = page.header()
    for number, file in enumerate(dataset.official, 1):
        content = file.content
        row = page.line(
            [
                number,
                content.unit_code,
                content.unit_name,
                places.in_file(content.file, content.file),
                file.state.label,
                file.reason,
                *_counts(file),
                *contents_of(extras, content.cover),
                _time(content.modified),
                content.sha256[:12],
            ],
            tones={4: TONES[file.state]},
        )
        places.file(content.file, sheet_reference(TITLE, f"A{row}"))
    page.freeze(header + 1, 5)
    page.filter(header, page.row, len(columns))
    page.print_setup(header, len(columns) - len(extras) - 2)
    last = max(page.row, header + 1)
    ranges = {
        name: sheet_reference(TITLE, f"${letter}${header + 1}:${letter}${last}")
        for name, letter in (("states", "E"), ("projects", "G"), ("budgets", get_column_letter(8)))
    }
    return FilesPage(page=page, **ranges)


def _counts(file: Judged) -> list[CellContent]:
    content = file.content
    if content.form is None:
        return [None] * 5
    return [
        len(content.projects),
        Money(content.budget),
        content.errors,
        content.open_hints,
        content.explained_hints,
    ]


def _time(modified: str) -> str:
    found = moment(modified)
    return f"{found:%Y-%m-%d %H:%M}" if found.year > 1 else ""
