"""A faulty form is refused with file, key, what was found and what was expected."""

from __future__ import annotations

from pathlib import Path

import pytest

from perfxl.errors import CATALOGUE, PerfxlError
from perfxl.form import load_form
from perfxl.form.book_file import read_book
from perfxl.form.library import find_form

FORM = """
[form]
id = "small"
version = 1
title = "小表"
year = 2025
[roles]
unit_code = "org"
unit_name = "org_name"
project_code = "key"
project_name = "what"
budget = "sum"
[lists]
kinds = ["甲", "乙"]
[cover]
fields = ["org", "org_name"]
[[sheet]]
id = "item"
name = "事项{n}"
repeats = true
widths = [10, 20, 20]
grid = [
  ["{heading}", ">",      ">"],
  ["编号",      "{key}",  "{what}"],
  ["金额",      "{sum}",  ">"],
  ["^",         "{kind}", ">"],
  ["{level1}",  "{level2}", "{step}"],
]
[group.steps]
label = "步骤"
fields = ["step"]
required = ["调研"]
tree = [{ level1 = "准备", level2 = ["调研", "论证"] }]
[field]
org = { type = "code", label = "代码" }
org_name = { type = "text", label = "名称" }
heading = { type = "computed", label = "标题", formula = 'what & "事项"' }
key = { type = "code", label = "编号" }
what = { type = "text", label = "事项" }
sum = { type = "money", label = "金额" }
kind = { type = "choice", label = "类别", options = "kinds" }
step = { type = "text", label = "步骤" }
[types]
text = { rule = "T01", title = "文本", message = "{LABEL}应为文本" }
code = { rule = "T01", message = "{LABEL}应为文本" }
choice = { rule = "T01", message = "{LABEL}不在清单之中" }
money = { rule = "P04", title = "金额", message = "{LABEL}应为金额" }
[[rule]]
id = "A01"
title = "事项已填写"
severity = "error"
at = "what"
formula = 'NOT(BLANK(what))'
message = "请填写{LABEL}"
"""

_MORE = '[[sheet]]\nid = "more"\nname = "{}"\nwidths = [9]\ngrid = [["备注"]]\n[group.steps]'

FAULTS = [
    # replace this, by this: code, key, what the message says
    ("[form]", "[form", "F02", "", ["第 2 行", "方括号"]),
    ("year = 2025", "year = 2025\ncolour = 1", "F03", "form.colour", ["form.colour", "money_unit"]),
    ('label = "步骤"\nfields', 'label = "步骤"\nslot = 3\nfields', "F03", "group.steps.slot", ["slots"]),
    ('org = { type = "code", ', 'org = { type = "code", color = 1, ', "F03", "field.org.color", ["align"]),
    ('at = "what"', 'AT = "what"', "F04", "rule[1].at", ["at（文字）"]),
    ('title = "小表"\n', "", "F04", "form.title", ["title（文字）"]),
    ('formula = \'NOT', 'formulas = \'NOT', "F04", "rule[1].formula", ["formula（文字）"]),
    ('title = "事项已填写"\n', "", "F04", "rule[1].title", ["title（文字）"]),
    ("choice = {", "long = {", "F04", "types.choice", ["choice"]),
    ("year = 2025", 'year = "2025"', "F05", "form.year", ["整数", "'2025'"]),
    ("version = 1", "version = 0", "F05", "form.version", ["不小于 1 的整数"]),
    ('type = "code", label = "编号"', 'type = "cod", label = "编号"', "F05", "field.key.type", ["'cod'", "computed 之一"]),
    ("repeats = true", "repeats = false", "F05", "sheet", ["repeats = true"]),
    ('id = "item"', 'id = "Item"', "F05", "sheet[1].id", ["小写字母"]),
    ('id = "item"', 'id = "level2"', "F05", "sheet[1].id", ["保留词"]),
    ("widths = [10, 20, 20]", "widths = [10, 20]", "F05", "sheet[1].widths", ["3 个列宽", "2"]),
    ('name = "事项{n}"', 'name = "事项"', "F05", "sheet[1].name", ["{n:02d}"]),
    ('name = "事项{n}"', 'name = "事项/{n}"', "F05", "sheet[1].name", ["事项/{n}"]),
    ('name = "事项{n}"', f'name = "{"长" * 30}{{n}}"', "F05", "sheet[1].name", ["31"]),
    ('options = "kinds"', 'options = "colours"', "F05", "field.kind.options", ["'colours'", "清单名"]),
    ('["甲", "乙"]', '["甲,丙", "乙"]', "F05", "field.kind.options", ["逗号"]),
    ('budget = "sum"', 'budget = "money"', "F05", "roles.budget", ["'money'", "字段名"]),
    ('label = "代码"', 'label = "代码", align = "middle"', "F05", "field.org.align", ["center"]),
    ('fields = ["step"]', 'fields = ["steps"]', "F05", "group.steps.fields", ["字段名"]),
    ('required = ["调研"]', 'required = ["调查"]', "F05", "group.steps.required", ["没有 调查"]),
    ('required = ["调研"]', 'slots_of = { "调查" = 2 }', "F05", "group.steps.slots_of", ["没有 调查"]),
    ('["{level1}",  "{level2}", "{step}"]', '["一", "二", "{step}"]', "F05", "group.steps.tree", ["{level2}"]),
    ('severity = "error"', 'severity = "warning"', "F05", "rule[1].severity", ["'warning'", "error 或 hint"]),
    ('at = "what"', 'at = "heading"', "F05", "rule[1].at", ["'heading'", "org、"]),
    ('at = "what"', "each = []", "F05", "rule[1].each", ["至少一个"]),
    ('at = "what"', 'at = "what"\nscope = "row"', "F05", "rule[1].scope", ["sheet 或 book"]),
    ('at = "what"', 'at = "step"\nscope = "sheet"', "F05", "rule[1].scope", ["row 或 group"]),
    ('"{sum}",  ">"]', '"{sum}"]', "F06", "sheet[1].grid", ["第 3 行", "2 格", "3 格"]),
    ('["{heading}", ">",      ">"]', '[">", "{heading}", ">"]', "F07", "sheet[1].grid", ["第 1 行第 1 格"]),
    ('["编号",      "{key}",  "{what}"]', '["^", "{key}", "{what}"]', "F07", "sheet[1].grid", ["第 2 行第 1 格"]),
    ('["^",         "{kind}", ">"]', '["^", "^", "{kind}"]', "F07", "sheet[1].grid", ["第 4 行第 2 格的 ^"]),
    ('["金额",      "{sum}",  ">"]', '["{sum}", "{sum}", ">"]', "F08", "field.sum", ["2 次"]),
    ('["金额",      "{sum}",  ">"]', '["{org}", "{sum}", ">"]', "F08", "field.org", ["2 次"]),
    ('"{kind}", ">"]', '"类别", ">"]', "F09", "field.kind", ["kind"]),
    ('label = "类别", ', 'label = "类别", beside = "sort", ', "F09", "field.kind", ["sort"]),
    ('"金额",      "{sum}"', '"{amount}",  "{sum}"', "F10", "", ["amount", "[field.amount]"]),
    ('label = "金额"', f'label = "{"金" * 33}"', "F11", "field.sum.label", ["33", "32"]),
    ('label = "金额"', f'label = "金额", help = "{"说" * 256}"', "F11", "field.sum.help", ["256", "255"]),
    ('["甲", "乙"]', f'["{"甲" * 256}"]', "F11", "field.kind.options", ["256", "255"]),
    ('fields = ["step"]', 'fields = ["step", "sum"]', "F12", "group.steps.fields", ["step、sum"]),
    ('id = "A01"', 'id = "A1"', "F13", "rule[1].id", ["A1", "如 P07"]),
    ('["调研", "论证"]', '["调研", "调研"]', "F14", "", ["二级指标重复：调研"]),
    ("NOT(BLANK(what))", "NOT(BLANK(whit))", "L03", "rule[1].formula（A01）：第 11 个字符", ["whit", "what"]),
    ("请填写{LABEL}", "{what - 1}", "L05", "rule[1].message（A01）：第 6 个字符", ["数值"]),
    ("请填写{LABEL}", "{sum}", "L06", "rule[1].message（A01）：第 1 个字符", ["ROUND"]),
    ('\'what & "事项"\'', "'what & step'", "L03", "field.heading.formula：第 8 个字符", ["step"]),
    ("{what}", "{事项}", "F10", "sheet[1].grid", ["事项"]),
    ('id = "small"', 'id = "Small Form"', "F05", "form.id", ["小写字母"]),
    ("[group.steps]", _MORE.format("校验"), "F14", "", ["表名重复：校验"]),
    ("[group.steps]", _MORE.format("事项2"), "F14", "", ["表名重复：事项2"]),
    ("repeats = true", "repeats = true\ncount = 100000", "F05", "sheet[1].count", ["不大于 200"]),
    ("[field]", '[group.more]\nlabel = "x"\nfields = ["step"]\n[field]', "F14", "", ["分组所在的行重复：item 第 5 行"]),
    ('fields = ["step"]', 'fields = ["step", "org"]', "F12", "group.steps.fields", ["step、org"]),
    ('fields = ["step"]', 'fields = ["heading"]', "F05", "group.steps.fields", ["填报字段"]),
    ('budget = "sum"', 'budget = "what"', "F05", "roles.budget", ["money"]),
    ('unit_code = "org"', 'unit_code = "key"', "F05", "roles.unit_code", ["封面"]),
    ('project_name = "what"', 'project_name = "step"', "F05", "roles.project_name", ["分组之外"]),
    ('project_name = "what"', 'project_name = "heading"', "F05", "roles.project_name", ["填报字段"]),
]


def refused(text: str) -> PerfxlError:
    with pytest.raises(PerfxlError) as caught:
        load_form(text, "small.toml")
    return caught.value


class DescribeFaultyForms:
    def it_starts_from_a_faultless_one(self) -> None:
        form = load_form(FORM, "small.toml")
        assert list(form.fields) == ["org", "org_name", "heading", "key", "what", "sum", "kind", "step"]

    @pytest.mark.parametrize(("old", "new", "code", "place", "words"), FAULTS)
    def it_names_file_key_found_and_expected(self, old: str, new: str, code: str, place: str, words: list[str]) -> None:
        assert old in FORM
        fault = refused(FORM.replace(old, new, 1))
        assert (fault.code, fault.file, fault.place) == (code, "small.toml", place)
        assert [word for word in words if word not in f"{fault.message} {fault.remedy}"] == []

    def it_refuses_a_form_that_is_not_at_hand(self) -> None:
        with pytest.raises(PerfxlError) as caught:
            find_form("hebei-1949")
        assert caught.value.code == "F01"
        assert "hebei-2023" in caught.value.remedy

    def it_refuses_two_sheets_of_one_id(self) -> None:
        sheet = FORM[FORM.index("[[sheet]]") : FORM.index("[group.steps]")]
        fault = refused(FORM.replace("[group.steps]", sheet + "[group.steps]"))
        assert (fault.code, fault.message) == ("F14", "表重复：item")

    def it_refuses_data_of_another_version(self) -> None:
        with pytest.raises(PerfxlError) as caught:
            read_book(load_form(FORM, "small.toml"), 'form = "small"\nversion = 2', "data.toml")
        assert (caught.value.code, caught.value.file, caught.value.place) == ("F15", "data.toml", "version")

    def it_refuses_two_row_formulas_of_one_rule_at_one_field(self) -> None:
        rule = '[[rule]]\nid = "A02"\ntitle = "x"\nseverity = "error"\nat = "step"\nmessage = "x"\n'
        fault = refused(f"{FORM}{rule}formula = 'LEN(step) > 1'\n{rule}formula = 'LEN(step) < 9'\n")
        assert (fault.code, fault.place) == ("F16", "rule[3].formula")

    def it_provokes_every_code_of_a_form(self) -> None:
        provoked = {code for _, _, code, _, _ in FAULTS} | {"F01", "F15", "F16", "F17", "F30"}
        assert {code for code in CATALOGUE if code.startswith("F")} - provoked == set()

    def it_reads_the_shipped_forms(self) -> None:
        folder = Path(__file__).resolve().parents[2] / "templates"
        for path in folder.glob("*/form.toml"):
            assert load_form(path.read_text("utf-8"), path.name).id == path.parent.name
