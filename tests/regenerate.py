"""Rebuild the generated files that are committed: ``python -m tests.regenerate``."""

from __future__ import annotations

import contextlib
import tempfile
from pathlib import Path

from perfxl.consolidate.run import consolidate_files
from perfxl.demo import BLANK, CONSOLIDATED, blank_workbook, filled_workbook
from perfxl.form.library import find_form
from perfxl.workbook.write import blank_date

__all__ = ["generated"]

ROOT = Path(__file__).resolve().parents[1]


def generated() -> dict[str, bytes]:
    """The content of every generated file, by its path in the repository."""
    form = find_form("hebei-2023")
    name, filled = filled_workbook(form)
    with tempfile.TemporaryDirectory() as folder, contextlib.chdir(folder):
        source = Path("收回") / name
        source.parent.mkdir()
        source.write_bytes(filled)
        target = Path(CONSOLIDATED)
        consolidate_files([source.parent], target, as_of=blank_date(form), form=form)
        consolidated = target.read_bytes()
    return {
        f"templates/{form.id}/{BLANK}": blank_workbook(form),
        f"workbooks/{name}": filled,
        f"workbooks/{CONSOLIDATED}": consolidated,
    }


if __name__ == "__main__":
    for path, content in generated().items():
        (ROOT / path).write_bytes(content)
        print(path)
