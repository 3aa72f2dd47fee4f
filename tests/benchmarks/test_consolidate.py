"""The benchmark itself: peers read the same values, and the command runs."""

from __future__ import annotations

import io
import json
from pathlib import Path

import pytest
from python_calamine import CalamineWorkbook

from perfxl.form.records import SheetRecord
from perfxl.rules.types import Raw, is_blank

from .consolidate import main
from .plain import plain_workbook
from .units import unit_codes, unit_of


def entries(record: SheetRecord) -> list[Raw]:
    rows = (row.raws for rows in record.rows.values() for row in rows)
    return [value for raws in (record.raws, *rows) for value in raws.values() if not is_blank(value)]


class DescribePlainSheets:
    def it_has_every_value_that_the_unit_entered(self) -> None:
        made = unit_of(0, next(unit_codes(1, 1)), 1)
        book = CalamineWorkbook.from_filelike(io.BytesIO(plain_workbook(made)))
        for record, name in zip(made.book.all(), book.sheet_names, strict=True):
            found = [value for row in book.get_sheet_by_name(name).to_python() for value in row]
            assert [value for value in entries(record) if value not in found] == []


@pytest.mark.long
class DescribeBenchmark:
    def it_tells_every_figure_that_the_issue_asks_for(self, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
        assert main(["--files", "40", "--runs", "1", "--work", str(tmp_path), "--json", str(tmp_path / "told.json")]) == 0
        told = json.loads((tmp_path / "told.json").read_text("utf-8"))
        assert {"first", "again", "dump", "calamine", "openpyxl"} <= told["measured"]["40"].keys()
        assert all(value > 0 for value in told["ratios"]["40"].values())
        assert "read_contents" in capsys.readouterr().out
