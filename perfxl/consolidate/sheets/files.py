"""文件清单: every file that came in, its state and the reason."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import islice

from ...form.model import Field, Form
from ..dataset import Dataset
from ..states import Judged, State, moment
from ..task import CHINA
from .cells import CellContent, Money, sheet_reference
from .columns import contents_of, cover_fields
from .draft import Draft
from .looks import Kind, Tone
from .page import Column, Page
from .places import Places
from .split import runs, split

__all__ = ["TITLE", "FilesPages", "add_files"]

TITLE = "文件清单"
_ABOVE = 3
_SAMPLE = 600

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
class FilesPages:
    """The sheets and, on each, the ranges that 核对 counts and adds."""

    pages: tuple[Page, ...]
    states: tuple[str, ...]
    projects: tuple[str, ...]
    budgets: tuple[str, ...]


def add_files(draft: Draft, dataset: Dataset, places: Places) -> FilesPages:
    """Add the sheet 文件清单, or several where one cannot hold all files."""
    form = dataset.form
    extras = cover_fields(form)
    columns = _columns(form, extras)
    shown = len(columns) - len(extras) - 2
    rows = iter(dataset.official)
    pages: list[Page] = []
    number = 0
    for part in split(runs(file.content.department for file in dataset.official), draft.most_rows - _ABOVE):
        page = draft.page(part.title(TITLE), columns, csv=TITLE)
        page.fit(_contents(file, extras, places) for file in dataset.official[:_SAMPLE])
        page.heading("文件清单", f"共收到 {len(dataset.files)} 个文件    单位：{form.money_unit}{part.note}", shown)
        header = page.header()
        for file in islice(rows, part.rows):
            number += 1
            row = page.line([number, *_contents(file, extras, places)[1:]], tones={4: TONES[file.state]})
            places.file(file.content.file, sheet_reference(page.title, f"A{row}"))
        page.freeze(header + 1, 5)
        page.table(f"{TITLE}{part.number}", header, page.row)
        page.print_setup(header, shown)
        pages.append(page)
    ranges = {
        name: tuple(_range(page, letter) for page in pages)
        for name, letter in (("states", "E"), ("projects", "G"), ("budgets", "H"))
    }
    return FilesPages(pages=tuple(pages), **ranges)


def _range(page: Page, letter: str) -> str:
    first = _ABOVE + 1
    return sheet_reference(page.title, f"${letter}${first}:${letter}${max(page.row, first)}")


def _columns(form: Form, extras: Sequence[Field]) -> list[Column]:
    label = {role: form.fields[name].label for role, name in form.roles.items()}
    return [
        Column(title="序号", width=6, kind=Kind.CENTRE),
        Column(title=label["unit_code"], width=8.5, kind=Kind.CODE),
        Column(title=label["unit_name"], width=20, most=32),
        Column(title="文件", width=32, most=48),
        Column(title="状态", width=9, kind=Kind.CENTRE),
        Column(title="原因", width=38),
        Column(title="项目数", width=7, kind=Kind.COUNT),
        Column(title=label["budget"], width=13, kind=Kind.MONEY),
        Column(title="错误", width=7, kind=Kind.COUNT),
        Column(title="提示未说明", width=8, kind=Kind.COUNT),
        Column(title="提示已说明", width=8, kind=Kind.COUNT),
        *(Column(title=each.label, width=13, kind=Kind.CENTRE, most=20) for each in extras),
        Column(title="保存时间", width=17, kind=Kind.CENTRE),
        Column(title="SHA-256", width=16, kind=Kind.CODE),
    ]


def _contents(file: Judged, extras: Sequence[Field], places: Places) -> list[CellContent]:
    """A file's cells, but for its number."""
    content = file.content
    return [
        0,
        content.unit_code,
        content.unit_name,
        places.in_file(content.file, content.file),
        file.state.label,
        file.reason,
        *_counts(file),
        *contents_of(extras, content.cover),
        _time(content.modified),
        content.sha256[:12],
    ]


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
    return f"{found.astimezone(CHINA):%Y-%m-%d %H:%M}" if found.year > 1 else ""
