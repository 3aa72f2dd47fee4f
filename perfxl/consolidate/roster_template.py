"""A blank roster (单位名册) to fill: the sheets 单位 and 项目."""

from __future__ import annotations

import io
from datetime import datetime

from .roster import PROJECT_COLUMNS, UNIT_COLUMNS, YEAR_TITLE
from .sheets.draft import Draft
from .sheets.looks import Kind
from .sheets.page import Column

__all__ = ["roster_template"]

_ROWS = 200
_WIDTHS = {
    "单位编码": 12.0,
    "单位名称": 30.0,
    "主管部门名称": 26.0,
    "电子邮箱": 26.0,
    "项目编码": 26.0,
    "项目名称": 32.0,
    "预算控制数（万元）": 18.0,
}
_NOTES = (
    ("单位", "每个预算单位一行。单位编码 6 位：前 3 位主管部门，后 3 位单位。"),
    ("单位", "“是否本级”填 是 或 否；部门没有填“是”的单位时，编码末三位为 001 的单位为本级，由它填报部门整体绩效目标。"),
    ("项目", "每个项目一行，写明预算控制数（万元）；项目编码未定的，只填项目名称。"),
    ("项目", "只填单位编码和预算控制数、不填项目的一行，是整个单位的控制数。"),
    ("使用", "perfxl consolidate 收回的文件夹 -o 汇总表.xlsx --store 汇总库.db --roster 本文件"),
)


def roster_template(as_of: datetime, year: int = 0) -> bytes:
    """The bytes of a blank roster, for a budget year if given; codes are text, so that leading zeros stay."""
    draft = Draft("单位名册")
    try:
        for title, names in (("单位", UNIT_COLUMNS), ("项目", PROJECT_COLUMNS)):
            _add_page(draft, title, names)
        notes = draft.page("填写说明", [Column(title="工作表", width=10, kind=Kind.CENTRE), Column(title="说明", width=90)])
        if year:
            notes.line([YEAR_TITLE, str(year)])
        notes.header()
        for line in _NOTES:
            notes.line(line)
        notes.print_setup(1 + bool(year), 2)
        target = io.BytesIO()
        draft.write(target, as_of)
    finally:
        draft.close()
    return target.getvalue()


def _add_page(draft: Draft, title: str, names: tuple[str, ...]) -> None:
    page = draft.page(title, [Column(title=name, width=_WIDTHS.get(name, 14.0), kind=_kind(name)) for name in names])
    page.header()
    for _ in range(_ROWS):
        page.line([None] * len(names))
    page.freeze(2, 1)
    page.print_setup(1, len(names))


def _kind(name: str) -> Kind:
    return Kind.MONEY if name.startswith("预算控制数") else Kind.CODE
