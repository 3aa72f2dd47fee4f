"""Workbooks go by mail: their size is kept in check."""

from __future__ import annotations

from perfxl.form.library import find_form
from perfxl.workbook.layout import plan_of
from perfxl.workbook.write import BuildOptions, blank_date, build_workbook


def test_twenty_projects_take_at_most_250_kb() -> None:
    form = find_form("hebei-2023")
    content = build_workbook(form, plan_of(form, projects=20), None, BuildOptions(as_of=blank_date(form)))
    assert len(content) <= 250_000
