"""Another form, without a line of Python for it: template, document, and back."""

from __future__ import annotations

from made_departments import AS_OF

from perfxl.form.load import load_form
from perfxl.form.records import Book, Row, SheetRecord
from perfxl.publish.blocks import Paragraph, Table, blocks_of_docx
from perfxl.publish.bring_back import import_blocks
from perfxl.publish.department import departments_of, missing_in
from perfxl.publish.document import Publisher
from perfxl.publish.engine import DocumentTemplate
from perfxl.publish.make_template import make_template
from perfxl.publish.outline import outline_of

OTHER = """
[form]
id = "other"
version = 3
title = "专项资金目标"
year = 2024
money_unit = "元"
[roles]
unit_code = "org"
unit_name = "org_name"
project_code = "key"
project_name = "what"
budget = "sum"
[cover]
fields = ["org", "org_name"]
[[sheet]]
id = "plan"
name = "总体"
lead_only = true
widths = [10, 30]
grid = [
  ["总体安排", ">"],
  ["联系人", "{person}"],
  ["一、目标", ">"],
  ["{aim}", ">"],
]
[[sheet]]
id = "item"
name = "事项{n}"
repeats = true
widths = [10, 10, 10, 10]
grid = [
  ["事项", "{what}", "编号", "{key}"],
  ["{line}", ">", ">", ">"],
  ["金额", "{sum}", "比例", "{share}"],
  ["序号", "步骤", ">", "天数"],
  ["{#}", "{step}", ">", "{days}"],
  ["风险", ">", ">", ">"],
  ["{#}", "{risk}", ">", ">"],
]
[group.steps]
label = "步骤"
slots = 2
fields = ["step", "days"]
[group.risks]
label = "风险"
slots = 2
fields = ["risk"]
[field.org]
type = "code"
label = "机构代码"
[field.org_name]
type = "text"
label = "机构"
[field.person]
type = "text"
label = "联系人"
[field.aim]
type = "long"
label = "目标"
[field.what]
type = "text"
label = "事项"
[field.key]
type = "code"
label = "编号"
[field.line]
type = "computed"
label = "机构"
formula = '"单位：" & org & " " & org_name'
[field.sum]
type = "money"
label = "金额"
[field.share]
type = "percent"
label = "比例"
[field.step]
type = "text"
label = "步骤"
[field.days]
type = "number"
label = "天数"
minimum = 0
maximum = 365
[field.risk]
type = "text"
label = "风险"
[types]
text = { rule = "T01", title = "文本", message = "{LABEL}应为文本" }
long = { rule = "T01", message = "{LABEL}应为文本" }
code = { rule = "T01", message = "{LABEL}应为文本" }
money = { rule = "P04", title = "金额", message = "{LABEL}应为金额" }
percent = { rule = "P09", title = "比例", message = "{LABEL}应为比例" }
number = { rule = "T02", title = "数字", message = "{LABEL}应为数字" }
[[rule]]
id = "R01"
title = "填写金额"
severity = "error"
at = "sum"
formula = "NOT(BLANK(sum))"
message = "请填写金额"
"""

FORM = load_form(OTHER, "other.toml")


def book() -> Book:
    plan = SheetRecord("plan", 1, {"person": "王芳", "aim": "甲\n乙"})
    item = SheetRecord("item", 1, {"what": "修路", "key": "A1", "sum": 12.5, "share": 0.125})
    item.rows["steps"] = [Row(0, 0, {"step": "勘察", "days": 3.0}), Row(0, 1, {"step": "施工", "days": 40.5})]
    item.rows["risks"] = [Row(0, 0, {"risk": "雨季"})]
    return Book(SheetRecord("cover", 1, {"org": "123001", "org_name": "路政局"}), [plan, item])


def blocks_of(made: Book) -> list[Paragraph | Table]:
    (department,) = departments_of(FORM, [made])
    return blocks_of_docx(Publisher(DocumentTemplate(make_template(FORM), "t"), AS_OF).document(department), "")


class DescribeSecondForm:
    def it_prints_its_parts_and_tables(self) -> None:
        blocks = blocks_of(book())
        texts = [block.text for block in blocks if isinstance(block, Paragraph) and block.text and not block.target]
        assert texts[texts.index("第一部分") :] == [
            "第一部分", "总体安排", "联系人：王芳", "一、目标", "甲", "乙", "第二部分", "预算项目绩效目标", "1.修路",
        ]  # fmt: skip
        tables = [[[cell.text for cell in row.cells] for row in block.rows] for block in blocks if isinstance(block, Table)]
        assert tables == [
            [["事项", "修路", "编号", "A1"], ["单位：123001 路政局"], ["金额", "12.50", "比例", "12.5%"]],
            [["序号", "步骤", "天数"], ["1", "勘察", "3"], ["2", "施工", "40.5"]],
            [["风险"], ["1", "雨季"]],
        ]
        assert [plan.header for plan in outline_of(FORM).tables] == [0, 1, 1]

    def it_comes_back(self) -> None:
        imported = import_blocks(FORM, blocks_of(book()))
        assert [(each.text, each.reason) for each in imported.unplaced] == []
        assert imported.books == [book()]

    def it_knows_what_its_own_rules_require(self) -> None:
        made = book()
        del made.sheets[1].raws["sum"]
        (department,) = departments_of(FORM, [made])
        assert [str(each) for each in missing_in(department)] == ["123001路政局：修路：金额"]
