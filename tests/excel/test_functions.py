"""Worksheet functions and scripts, called as Excel calls them, against the batch on the same values."""

from __future__ import annotations

import io
import json
import os
import subprocess
import sys
from datetime import datetime
from decimal import Decimal
from pathlib import Path
from typing import Any

import openpyxl
import pytest

from perfxl.check import read_submission
from perfxl.consolidate.run import Round, consolidate_files
from perfxl.excel import functions
from perfxl.excel.grids import raw_of
from perfxl.excel.scripts import consolidate_folder, main
from perfxl.excel.sources import modules, texts
from perfxl.workbook.layout import layout_of, plan_of
from perfxl.workbook.write import BuildOptions, build_workbook
from tests.excel.conftest import FORM, SPELLINGS, built, faulty, seed

HERE = Path(__file__).parent
NAMES = ("PX_CHECK", "PX_CODE_OK", "PX_HINTS", "PX_PROJECT", "PX_SIMILAR", "PX_TARGET", "PX_TOTAL")
GENERATE = """
import io, sys, types
for name in ("pythoncom", "pywintypes", "win32com", "win32com.client"):
    sys.modules[name] = types.ModuleType(name)
sys.modules["pythoncom"].CoInitialize = lambda: None
sys.modules["pywintypes"].com_error = Exception
sys.modules["win32com.client"].Dispatch = object
import xlwings, xlwings.udfs as udfs
xlwings.func, xlwings.arg, xlwings.ret = udfs.xlfunc, udfs.xlarg, udfs.xlret
from perfxl.excel import functions
book = types.SimpleNamespace(Name="perfxl.xlam")
written = io.StringIO()
udfs.generate_vba_wrapper("perfxl.excel.functions", functions, written, book)
help = {name: [f.__xlfunc__["ret"]["doc"], *(arg["doc"] for arg in f.__xlfunc__["args"])]
        for name, f in vars(functions).items() if hasattr(f, "__xlfunc__")}
import json
print(json.dumps([written.getvalue(), help]))
"""


def server(*requests: dict[str, Any]) -> list[Any]:
    """The answers of xlwings' server code."""
    environment = os.environ | {"XLWINGS_ON_SERVER": "true", "XLWINGS_LICENSE_KEY": "noncommercial"}
    done = subprocess.run(
        [sys.executable, "-W", "ignore", str(HERE / "server_driver.py")],
        input=json.dumps(requests), capture_output=True, text=True, env=environment, timeout=120, check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    return list(json.loads(done.stdout))


def call(name: str, *args: Any) -> dict[str, Any]:
    return {"kind": "function", "name": name, "args": args}


def grids(path: Path) -> dict[str, list[list[Any]]]:
    """A workbook's values as xlwings' client sends them: "" for empty cells, from A1 on."""
    book = openpyxl.load_workbook(path, data_only=True)
    return {sheet.title: [["" if value is None else value for value in row] for row in sheet.values] for sheet in book}


@pytest.fixture(scope="module")
def store(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("store")
    (folder / "in").mkdir()
    (folder / "in" / "657001.xlsx").write_bytes(built(seed()))
    other = faulty()
    other.cover.raws["unit_code"] = "657009"
    for project in other.of("project"):
        project.raws["code"] = str(project.raws["code"]).replace("P000", "P009")
    (folder / "in" / "657009.xlsx").write_bytes(built(other))
    path = folder / "store.sqlite"
    consolidate_files([folder / "in"], folder / "out.xlsx", as_of=datetime(2023, 1, 1).astimezone(), part=Round(store=path))
    return path


class DescribeTheFunctions:
    def it_normalises_a_column_of_target_values(self) -> None:
        column = [[text] for text in (*SPELLINGS, "", 90)]
        form, number, kind, wrong = server(
            call("PX_TARGET", column, [[""]]),
            call("PX_TARGET", column, [["数值"]]),
            call("PX_TARGET", column, [["类型"]]),
            call("PX_TARGET", column, [["别的"]]),
        )
        assert [row[0] for row in form] == [
            *("≥90%", "≥90%", "≥95%", "=12次", "≥90%", "优", "2023.07-2024.01", "=5天", "≥90%", "", "90"),
        ]
        assert [row[0] for row in number] == [90, 90, 95, 12, 90, "", 2023.07, 5, 90, "", 90]
        assert [row[0] for row in kind] == [*["数值"] * 5, "文字", "时间", "数值", "数值", "", "数值"]
        assert wrong == [["错误：第二个参数应为 规范、符号、数值、单位、类型 之一"]]

    def it_judges_project_codes_by_the_forms_own_rules(self) -> None:
        codes = ["13028123P00028410002W", "13028123P00028410002A", "51000021R000000019951", "1302", ""]
        (found,) = server(call("PX_CODE_OK", [codes]))
        assert found == [[True, False, True, False, ""]]

    @pytest.mark.parametrize("sheet", ["项目01", "项目02"])
    def it_lists_the_findings_of_a_table_as_the_batch_does(self, faulty_book: Path, sheet: str) -> None:
        batch = read_submission(faulty_book).findings
        wanted = [[each.cell, each.rule, each.severity.label, each.message] for each in batch if each.sheet == sheet]
        (found,) = server(call("PX_CHECK", grids(faulty_book)[sheet]))
        # U03 compares projects; one table alone cannot show it.
        assert found == [["单元格", "规则", "级别", "问题"], *(line for line in wanted if line[1] != "U03")]
        assert len(found) > 1

    def it_reads_a_table_with_other_numbers_of_slots(self, tmp_path: Path) -> None:
        path = tmp_path / "slots.xlsx"
        plan = plan_of(FORM, projects=2, slots={"数量指标": 4, "成本指标": 1, "服务对象满意度指标": 3})
        path.write_bytes(build_workbook(FORM, plan, faulty(), BuildOptions(as_of=datetime(2023, 1, 1))))
        wanted = [
            [each.cell, each.rule, each.severity.label, each.message]
            for each in read_submission(path).findings
            if each.sheet == "项目02" and each.rule != "U03"
        ]
        (found,) = server(call("PX_CHECK", grids(path)["项目02"]))
        assert found[1:] == wanted != []

    def it_reads_dates_and_amounts_as_the_cell_holds_them(self) -> None:
        # COM hands over a date cell as a datetime and a currency cell as a Decimal; the batch reads numbers.
        assert [raw_of(each) for each in (datetime(2023, 7, 1, 12), Decimal("0.85"), True, "\u00a0", None)] == [
            45108.5, 0.85, True, None, None,
        ]  # fmt: skip

    @pytest.mark.parametrize("path", [None, "", "missing.db", "."])
    def it_says_in_words_that_there_is_no_store(self, path: str | None) -> None:
        found = [functions.PX_TOTAL(path, 657001.0, "预算数"), functions.PX_PROJECT(path, None, None)]
        assert found == [f"错误：不能读写汇总库 {path or '（没有写路径）'}：没有这个文件"] * 2

    def it_asks_for_the_whole_table(self) -> None:
        (found,) = server(call("PX_CHECK", [["a", "b"], ["c", "d"]], [[FORM.id]]))
        layout = layout_of(FORM, plan_of(FORM))["project"]
        assert found == [[f"错误：请选择整张项目表，从 A1 起至少 {layout.rows} 行、{layout.columns + 2} 列"]]

    def it_compares_lists_of_indicators(self) -> None:
        answers = server(
            call("PX_SIMILAR", [["回迁率"], ["满意度"]], [["回迁率（%）"], ["满意度"], ["购置数量"]]),
            call("PX_SIMILAR", [["回迁率"]], [["购置数量"]]),
            call("PX_SIMILAR", [[""]], [["购置数量"]]),
        )
        assert answers == [[[1.0]], [[0.0]], [[0.0]]]

    def it_reads_totals_and_projects_from_a_store(self, store: Path) -> None:
        path = [[str(store)]]
        code = [["13028123P00028410002W"]]
        total, returned, name, budget, missing, wrong, nothing = server(
            call("PX_TOTAL", path, [[657001]], [["预算数"]]),
            call("PX_TOTAL", path, [["657009"]], [["预算数"]]),
            call("PX_PROJECT", path, code, [["项目名称"]]),
            call("PX_PROJECT", path, code, [["budget"]]),
            call("PX_PROJECT", path, [["x"]], [["没有的栏目"]]),
            call("PX_TOTAL", path, [["657001"]], [["项目名称"]]),
            call("PX_TOTAL", [["/nowhere/store.sqlite"]], [["657001"]], [["预算数"]]),
        )
        first, second = seed().of("project")
        assert total == [[float(first.raws["budget"] or 0) + float(second.raws["budget"] or 0)]]
        assert returned == [[0.0]]
        assert name == [[first.raws["name"]]]
        assert budget == [[first.raws["budget"]]]
        assert missing == [["错误：没有栏目“没有的栏目”"]]
        assert wrong == [["错误：没有金额栏目“项目名称”"]]
        assert nothing[0][0].startswith("错误：不能读写汇总库")

    def it_shows_chinese_help_to_the_server_client(self) -> None:
        (meta,) = server({"kind": "meta"})
        found = {each["id"]: each["description"] for each in meta["functions"]}
        assert set(found) == set(NAMES)
        assert found == {name: texts()[f"help_{name}"].split("|")[0] for name in NAMES}


class DescribeTheComWrappers:
    def it_has_exactly_what_xlwings_generator_writes(self) -> None:
        done = subprocess.run([sys.executable, "-c", GENERATE], capture_output=True, text=True, timeout=120, check=False)
        assert done.returncode == 0, done.stderr
        written, help_texts = json.loads(done.stdout)
        source = next(module.source for module in modules() if module.name == "PxFunctions")
        lines = [line.rstrip() for line in source.splitlines()]
        start = lines.index("Function PX_CHECK(table, Optional form)")
        assert lines[start:] == [line.rstrip() for line in written.rstrip().splitlines()]
        assert {name: "|".join(help_texts[name]) for name in NAMES} == {name: texts()[f"help_{name}"] for name in NAMES}


class DescribeTheScripts:
    def book(self, path: Path) -> dict[str, Any]:
        """A workbook as xlwings' client sends it."""
        sheets = [
            {"name": title, "values": rows, "pictures": [], "tables": []} for title, rows in grids(path).items()
        ]
        sheets.append({"name": "结果", "values": [], "pictures": [], "tables": []})
        return {
            "client": "Office.js",
            "version": "dev",
            "book": {"name": path.name, "active_sheet_index": 0, "selection": "A1"},
            "names": [],
            "sheets": sheets,
        }

    def it_finds_what_the_batch_finds(self, faulty_book: Path) -> None:
        (found,) = server({"kind": "script", "book": self.book(faulty_book), "target": "结果"})
        batch = read_submission(faulty_book).findings
        (action,) = [each for each in found["actions"] if each["func"] == "setValues"]
        assert found["count"] == len(batch) > 3
        assert action["values"][0] == ["表", "单元格", "规则", "级别", "内容", "问题", "审核说明"]
        assert [[line[0], line[1], line[2], line[5]] for line in action["values"][1:]] == [
            [each.sheet, each.cell, each.rule, each.message] for each in batch
        ]

    def it_consolidates_a_folder(self, tmp_path: Path) -> None:
        (tmp_path / "657001.xlsx").write_bytes(built(seed()))
        output = consolidate_folder(tmp_path)
        assert openpyxl.load_workbook(io.BytesIO(output.read_bytes())).sheetnames

    def it_refuses_wrong_usage(self, capsys: pytest.CaptureFixture[str]) -> None:
        assert main([]) == main(["deep", "x"]) == 2
        assert capsys.readouterr().err.startswith("python -m perfxl.excel.scripts")
