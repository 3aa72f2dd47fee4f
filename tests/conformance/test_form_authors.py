"""What form authors use: ``perfxl form check``, ``perfxl form rules``, the pages, the second example."""

from __future__ import annotations

from pathlib import Path

import openpyxl
import pytest
from typer.testing import CliRunner

from perfxl.check import submission_of
from perfxl.cli import app
from perfxl.cli import form as _registers_the_commands  # noqa: F401
from perfxl.consolidate.queries import query_faults
from perfxl.consolidate.run import consolidate_files
from perfxl.errors import PerfxlError
from perfxl.form.catalogue import rule_lines, rules_markdown
from perfxl.form.library import find_form, form_ids
from perfxl.form.records import Book, Row, SheetRecord
from perfxl.workbook.layout import plan_of
from perfxl.workbook.write import BuildOptions, blank_date, build_workbook

ROOT = Path(__file__).parents[2]


class DescribeThePages:
    @pytest.mark.parametrize("form_id", form_ids())
    def it_has_the_rules_as_the_form_declares_them(self, form_id: str) -> None:
        assert (ROOT / "docs" / f"rules-{form_id}.md").read_text("utf-8") == rules_markdown(find_form(form_id))


class DescribeFormCheck:
    @pytest.mark.parametrize("form_id", form_ids())
    def it_lists_every_rule_with_its_excel_formula(self, form_id: str) -> None:
        result = CliRunner().invoke(app, ["form", "check", form_id])
        assert result.exit_code == 0
        assert result.stdout.count("=IF") >= sum(line.check is not None for line in rule_lines(find_form(form_id))) * 0.9
        assert "没有问题" in result.stdout

    def it_says_which_rules_only_the_batch_judges(self) -> None:
        batch = {line.rule for line in rule_lines(find_form("hebei-2023")) if line.runs == "仅财政端"}
        assert batch == {"U03", "R10", "X01", "X02", "X03", "X04", "X05", "X06"}


FAULTY_QUERIES = [
    ("FROM project p JOIN project q ON", "FROM projekt p JOIN project q ON", "X01", "没有表 projekt"),
    ("p.code AS code,", "p.kode AS code,", "X01", "没有列 p.kode"),
    ("p._submission, p._ordinal, p.code AS value, p.code AS code,", "p.code AS code,", "X01", "结果中没有必需的列 _submission"),
    ("另外 {others} 份", "另外 {many} 份", "X01", "提示中的 {many} 不是结果的列（_submission、_ordinal、value、code、other"),
    ("WHERE p.code <> ''\nGROUP BY", "WHER p.code <> ''\nGROUP BY", "X01", 'near "WHER": syntax error'),
    ("NORMAL(c._name) = NORMAL(p.name)", "NORMALISED(c._name) = NORMAL(p.name)", "X02", "没有函数 NORMALISED"),
]  # fmt: skip


class DescribeFaultyQueries:
    @pytest.mark.parametrize(("was", "now", "rule", "reason"), FAULTY_QUERIES)
    def it_names_the_place_in_the_form_and_the_reason(self, was: str, now: str, rule: str, reason: str, tmp_path: Path) -> None:
        source = find_form("hebei-2023").source
        assert was in source
        path = tmp_path / "form.toml"
        path.write_text(source.replace(was, now, 1), "utf-8")
        number = [each.strip() for each in source.split("[[rule]]")[1:]]
        place = next(at for at, text in enumerate(number, 1) if was in text)
        with pytest.raises(PerfxlError) as fault:
            CliRunner().invoke(app, ["form", "check", str(path)], catch_exceptions=False)
        assert str(fault.value).startswith(f"{path}：rule[{place}].sql：规则 {rule} 的查询有误：{reason}")

    def it_tells_of_all_of_them_and_of_what_is_there(self, tmp_path: Path) -> None:
        path = tmp_path / "form.toml"
        source = find_form("hebei-2023").source.replace("FROM ceiling c JOIN submission s", "FROM ceilings c JOIN submission s")
        path.write_text(source.replace("p.code AS code,", "p.kode AS code,"), "utf-8")
        with pytest.raises(PerfxlError) as fault:
            CliRunner().invoke(app, ["form", "check", str(path)], catch_exceptions=False)
        columns, tables = (each.remedy for each in (fault.value, *fault.value.more))
        assert columns.startswith("可用的列有 project：_submission、_unit、_unit_name、_department、_ordinal、_project")
        assert tables.startswith("可用的表有 submission、project、indicator、roster、ceiling、task、last_project")

    def it_refuses_a_query_that_changes_something(self, tmp_path: Path) -> None:
        form = find_form("hebei-2023")
        path = tmp_path / "form.toml"
        path.write_text(form.source.replace(form.cross[0].sql.strip(), "DELETE FROM project"), "utf-8")
        (fault,) = query_faults(find_form(str(path)), "form.toml")
        assert fault.message == "规则 X01 的查询有误：只能查询，不能改动"


def national_book() -> Book:
    """One national project: parts that do not add up, weights of 95, a cost with ≥."""
    record = SheetRecord("project", 1, {"name": "培训", "code": "13028123P00028410002W", "years": 1.0})
    record.raws.update({"total": 10.0, "grant": 9.0, "goal": "完成全年培训任务"})
    values = [(0, "≥", "5", "万元", 20.0), (3, "=", "12", "次", 25.0), (4, "≥", "九十", "%", 20.0), (5, "定性", "优", None, 20.0)]
    values.append((9, "≥", "95", "%", 10.0))
    record.rows["indicators"] = [
        Row(block, 0, {"indicator": f"指标名{block}", "nature": nature, "target": target, "unit": unit, "weight": weight})
        for block, nature, target, unit, weight in values
    ]
    book = Book(sheets=[record])
    book.cover.raws = {"unit_code": "657001", "unit_name": "某单位", "department": "某局"}
    return book


class DescribeTheNationalForm:
    def it_goes_through_the_whole_line_without_python_of_its_own(self) -> None:
        form = find_form("national-2021")
        content = build_workbook(form, plan_of(form, projects=1), national_book(), BuildOptions(as_of=blank_date(form)))
        found = submission_of(content, "x.xlsx")
        assert [(finding.rule, finding.sheet, finding.cell, finding.message) for finding in found.findings] == [
            ("N05", "项目01", "C5", "年度资金总额应等于财政拨款与其他资金之和（差额 1 万元）"),
            ("N06", "项目01", "B6", "各指标权重合计应为 90 或 100，现为 95"),
            ("R06", "项目01", "D8", "成本指标通常用 ≤，请核对"),
            ("R02", "项目01", "E17", "定量指标的指标值应只填数字，现为“九十”"),
        ]

    def it_is_consolidated_without_python_of_its_own(self, tmp_path: Path) -> None:
        form = find_form("national-2021")
        right = national_book()
        record = right.sheets[0]
        record.raws["grant"] = 10.0
        for row, changes in zip(record.rows["indicators"], ({"nature": "≤", "weight": 25.0}, {}, {"target": "90"}), strict=False):
            row.raws.update(changes)
        right.cover.raws["unit_code"] = "657002"
        (tmp_path / "收回").mkdir()
        for name, made in (("a.xlsx", national_book()), ("b.xlsx", right)):
            content = build_workbook(form, plan_of(form, projects=1), made, BuildOptions(as_of=blank_date(form)))
            (tmp_path / "收回" / name).write_bytes(content)
        consolidate_files([tmp_path / "收回"], tmp_path / "汇总.xlsx", form=form, as_of=blank_date(form))
        book = openpyxl.load_workbook(tmp_path / "汇总.xlsx")
        cells = {str(cell.value) for sheet in book.worksheets for row in sheet.iter_rows() for cell in row}
        assert {"培训", "13028123P00028410002W", "指标名5", "N05", "N06", "R02"} <= cells
