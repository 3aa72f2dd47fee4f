"""A finance office in a folder: its task, roster and workbooks; it works with the command line."""

from __future__ import annotations

import io
import json
import shutil
import sys
from contextlib import redirect_stderr, redirect_stdout
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Any

import openpyxl
import pytest

from perfxl.cli import main

LETTERS = "0123456789ABCDEFGHJKLMNPQRTUWXY"


def project_code(number: int) -> str:
    """A well-formed project code with its check character (DOMAIN, "Codes")."""
    stem = f"13028123P{number:010d}1"
    total = sum(LETTERS.index(char) * 3**place for place, char in enumerate(stem)) % 31
    return stem + LETTERS[(30 - total) % 31]


def unit_code(number: int) -> str:
    """No …001: that one leads its department and has Part One to fill."""
    return f"{657 + number // 50}{number % 50 + 2:03d}"


@dataclass
class Office:
    """Everything lies in ``folder``; units are numbered from 0."""

    folder: Path
    count: int

    @classmethod
    def made(cls, folder: Path, count: int, *, jobs: int = 1) -> Office:
        office = cls(folder, count)
        office.write_roster()
        office.run("task", "new", "--year", "2023", "--deadline", "2099-10-31", "-o", "task.toml")
        told = office.run("template", "--task", "task.toml", "--roster", "名册.csv", "-o", "下发", "--spare", "0", "--jobs", jobs)
        assert told[0] == 0, told
        return office

    def copied(self, folder: Path) -> Office:
        shutil.copytree(self.folder, folder)
        return Office(folder, self.count)

    def name(self, number: int) -> str:
        return f"第{number + 1}征收所"

    def address(self, number: int) -> str:
        return f"unit{number}@units.test"

    def book_name(self, number: int) -> str:
        return f"{unit_code(number)}_{self.name(number)}_2023.xlsx"

    def write_roster(self, **addresses: str) -> None:
        lines = ["单位编码,单位名称,电子邮箱,联系人,归口股室"]
        for number in range(self.count):
            address = addresses.get(f"unit{number}", self.address(number))
            lines.append(f'{unit_code(number)},{self.name(number)},"{address}",王芳{number},经建股')
        (self.folder / "名册.csv").write_text("\n".join(lines), "utf-8")

    def run(self, *arguments: object) -> tuple[int, str]:
        """One command in this process: exit code, and what it told."""
        out = io.StringIO()
        with pytest.MonkeyPatch.context() as patch, redirect_stdout(out), redirect_stderr(out):
            patch.setattr(sys, "argv", ["perfxl", *map(str, arguments)])
            patch.chdir(self.folder)
            with pytest.raises(SystemExit) as ended:
                main()
                sys.exit(0)
        return int(ended.value.code or 0), out.getvalue()

    def send(self, *arguments: object) -> tuple[int, str]:
        return self.run("send", "--task", "task.toml", "--store", "库.db", "--rate", 0, *arguments)

    def hand_out(self, *arguments: object) -> tuple[int, str]:
        return self.send("下发", "--roster", "名册.csv", *arguments)

    def collect(self, *arguments: object) -> tuple[int, str]:
        return self.run("collect", "--task", "task.toml", "--store", "库.db", "-o", "收件", "--rate", 0, *arguments)

    def consolidate(self) -> dict[str, Any]:
        code, told = self.run(
            *("consolidate", "收件/报送", "-o", "汇总.xlsx", "--store", "库.db"),
            *("--task", "task.toml", "--roster", "名册.csv", "--json"),
        )
        assert code == 0, told
        found: dict[str, Any] = json.loads(told)
        return found

    def status(self) -> dict[str, Any]:
        code, told = self.run("status", "库.db", "--json")
        assert code == 0, told
        found: dict[str, Any] = json.loads(told)
        return found

    def filled(self, number: int, *, budget: float = 12.5, fiscal: float = 12.5, goals: str = "") -> bytes:
        """The unit's handed out workbook, filled without fault (or with ``fiscal`` not adding up)."""
        return filled((self.folder / "下发" / self.book_name(number)).read_bytes(), number, budget, fiscal, goals)


@lru_cache(maxsize=64)
def filled(content: bytes, number: int, budget: float, fiscal: float, goals: str = "") -> bytes:
    """Type into a handed out workbook as a clerk does, and save it in another program (openpyxl)."""
    book = openpyxl.load_workbook(io.BytesIO(content))
    book["封面"]["B5"].value = f"王芳{number}"
    sheet = book["项目01"]

    def row_of(name: str) -> tuple[str, int]:
        area = sheet.defined_names[name].attr_text.rpartition("!")[2].replace("$", "").split(":")[0]
        return area[0], int(area[1:])

    values = {
        "code": project_code(number), "name": f"修路{number}", "budget": budget, "fiscal": fiscal, "purpose": "修路。",
        "plan_mar": 0.3, "plan_jun": 0.6, "plan_oct": 0.9, "plan_dec": 1.0,
        "goals": goals or f"按时保质保量完成第{number}批道路修建任务。",
    }  # fmt: skip
    for name, value in values.items():
        column, row = row_of(f"f_{name}")
        sheet[f"{column}{row}"].value = value
    for block in range(1, 10):
        _, row = row_of(f"g_indicators_{block}")
        cost = sheet.cell(row, 2).value == "成本指标"
        line = (f"{number}所第{block}项完成率（%）", "完成数占总数的比例", "≤90%" if cost else "≥90%", "遵机编字（2019）5号文件")
        for column, text in zip("CDFG", line, strict=True):
            sheet[f"{column}{row}"].value = text
    if "部门整体" in book.sheetnames:
        lead = book["部门整体"]
        texts = {"A4": "按时完成房屋征收和道路修建，群众满意。", "B14": "按月检查进度。"}
        texts |= {"B7": "道路修建", "C7": "按期完成全部道路修建。", "D7": "完成率 100%"}
        for cell, text in texts.items():
            lead[cell].value = text
    saved = io.BytesIO()
    book.save(saved)
    return saved.getvalue()


def mended(content: bytes) -> bytes:
    """A reissued workbook with the amount at fault put right."""
    book = openpyxl.load_workbook(io.BytesIO(content))
    sheet = book["项目01"]
    cell = sheet.defined_names["f_fiscal"].attr_text.rpartition("!")[2].replace("$", "").split(":")[0]
    sheet[cell].value = 12.5
    saved = io.BytesIO()
    book.save(saved)
    return saved.getvalue()
