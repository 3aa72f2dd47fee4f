"""``python -m tests.benchmarks.addin``: what the add-in's events add to an entry.

In LibreOffice, 100 entries into a project table of a three-project workbook, which recalculates after
each, without and with what the add-in does upon a change; prints milliseconds an entry and their ratio.
"""

from __future__ import annotations

import json
import tempfile
from pathlib import Path

from perfxl.excel.sources import built_addin
from perfxl.workbook.layout import layout_of, plan_of
from tests.excel.conftest import FORM, built, faulty
from tests.excel.hosts import Office

ENTRIES = 100


def main() -> int:
    """Measure and print a table and JSON."""
    cell = layout_of(FORM, plan_of(FORM))[FORM.project_sheet.id].area(FORM.roles["budget"]).address
    office = Office()

    def seconds(event: str) -> float:
        code = f"""
            Dim turn As Long
            For turn = 1 To {ENTRIES}
                ActiveSheet.Range("{cell}").Value = turn
                {event}
            Next"""
        with tempfile.TemporaryDirectory() as folder:
            book = Path(folder) / "book.xlsx"
            book.write_bytes(built(faulty(), projects=3))
            steps = (("select", FORM.project_sheet.title(1), cell), ("run", code), ("took_seconds",))
            (took,) = office.play(built_addin(), book, *steps)
        return float(str(took))

    seconds("")
    bare, watched = seconds(""), seconds("PxOnChange ActiveSheet")
    office.close()
    figures = {
        "entry_ms": round(bare / ENTRIES * 1000, 2),
        "entry_with_addin_ms": round(watched / ENTRIES * 1000, 2),
        "ratio": round(watched / bare, 2),
    }
    for name, figure in figures.items():
        print(f"{name:30}{figure:>10}")
    print(json.dumps(figures))
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
