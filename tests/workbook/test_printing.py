"""What comes out of a printer: the official table, one A4 page for each project of the seed."""

from __future__ import annotations

import io
import re
import subprocess
from pathlib import Path

import openpyxl
import pytest

from perfxl.demo import filled_workbook
from perfxl.rules.values import squash
from tests.check.hebei import FORM

pytestmark = pytest.mark.office

A4 = (595, 842)


def pages(pdf: Path) -> list[str]:
    """The text of every page in the order of its cells, without blanks."""
    done = subprocess.run(["pdftotext", "-raw", str(pdf), "-"], capture_output=True, check=True, timeout=60)
    return [squash(page) for page in done.stdout.decode("utf-8").split("\f")[:-1]]


def on(found: list[str], text: str) -> list[int]:
    return [number for number, page in enumerate(found) if text in page]


class DescribePrinting:
    def it_prints_every_project_on_one_a4_page(self, printed: Path) -> None:
        found = pages(printed)
        first, second = (on(found, f"{name}绩效目标表") for name in ("安可计算机购置", "综合办公经费"))
        assert (len(first), len(second)) == (1, 1)
        for page in (*first, *second):
            assert "单位：万元" in found[page]
            assert "群众满意度" in found[page]
            assert "校验提示" not in found[page]
        size = subprocess.run(
            ["pdfinfo", "-f", "1", "-l", "99", str(printed)], capture_output=True, check=True, text=True, timeout=60
        ).stdout
        sizes = re.findall(r"Page +\d+ size: +([\d.]+) x ([\d.]+)", size)
        portrait = [tuple(round(float(side)) for side in sizes[page]) for page in (*first, *second)]
        assert portrait == [A4, A4]

    def it_prints_every_label_of_the_table(self, printed: Path) -> None:
        found = pages(printed)
        (page,) = on(found, "安可计算机购置绩效目标表")
        labels = [cell.text for cell in FORM.sheets["project"].grid.cells if cell.mark.value == "label"]
        assert [text for text in labels if squash(text) not in found[page]] == []
        assert [block.level2 for block in FORM.groups["indicators"].blocks if block.level2[:4] not in found[page]] == []

    def it_prints_the_money_and_the_plan_as_published(self, printed: Path) -> None:
        found = pages(printed)
        (page,) = on(found, "综合办公经费绩效目标表")
        for text in ("10.00", "30%", "60%", "90%", "100%", "预算数10万元。其中：财政资金10万元，其他资金0万元。"):
            assert text in found[page]

    def it_prints_part_one_without_its_blank_rows(self, printed: Path) -> None:
        found = pages(printed)
        (page,) = on(found, "三、工作保障措施")
        assert "部门整体绩效目标" in found[page]
        assert "3围绕年度总体绩效目标" in found[page]

    def it_hides_the_rows_that_are_not_used(self) -> None:
        sheet = openpyxl.load_workbook(io.BytesIO(filled_workbook(FORM)[1]))["项目01"]
        hidden = [row for row in range(1, 30) if sheet.row_dimensions[row].hidden]
        assert hidden == [11, 13, 15, 17, 19, 21, 23, 25, 27]
