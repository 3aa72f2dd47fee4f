"""Submissions made by hand for the tests of consolidation: real forms, real records, no workbook."""

from __future__ import annotations

import hashlib

from perfxl.check import Condition, Finding, SheetPlace, Submission
from perfxl.form.library import find_form
from perfxl.form.load import load_form
from perfxl.form.model import Form, Severity
from perfxl.form.records import Book, Row, SheetRecord

HEBEI = find_form("hebei-2023")

CODES = (
    "13028123P00028410002W",
    "13028123P00028210002H",
    "13028123P00028310002D",
    "13028123P00028510001A",
    "13028123P00028510002B",
)

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
id = "item"
name = "事项{n}"
repeats = true
widths = [10, 10, 10, 10]
grid = [
  ["事项", "{what}", "编号", "{key}"],
  ["金额", "{sum}", "比例", "{share}"],
  ["{#}", "{step}", ">", "{days}"],
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
[field.what]
type = "text"
label = "事项"
[field.key]
type = "code"
label = "编号"
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
code = { rule = "T01", message = "{LABEL}应为文本" }
money = { rule = "P04", title = "金额", message = "{LABEL}应为金额" }
percent = { rule = "P09", title = "比例", message = "{LABEL}应为比例" }
number = { rule = "T02", title = "数字", message = "{LABEL}应为数字" }
"""


def other_form() -> Form:
    """A second form that shares nothing with the first."""
    return load_form(OTHER, "other.toml")


def indicators(form: Form, prefix: str = "甲", per_block: int = 1, **changes: object) -> list[Row]:
    """One or more full rows in every block of hebei's indicator group, with names of their own."""
    rows = []
    for number, block in enumerate(form.groups["indicators"].blocks):
        for slot in range(per_block):
            raws = {
                "indicator": f"{prefix}{block.level2}{slot}完成率（%）",
                "description": "完成数占总数的比例",
                "value": "≤90%" if block.level2 == "成本指标" else "≥90%",
                "basis": "遵机编字（2019）5号文件",
            }
            rows.append(Row(number, slot, {**raws, **changes}))  # type: ignore[dict-item]
    return rows


def project(code: str = CODES[0], budget: object = 10.0, name: str = "综合办公经费", **changes: object) -> SheetRecord:
    """A faultless project of hebei-2023."""
    raws = {
        "code": code,
        "name": name,
        "budget": budget,
        "fiscal": budget,
        "purpose": "房屋征收工作。",
        "plan_mar": 0.3,
        "plan_jun": 0.6,
        "plan_oct": 0.9,
        "plan_dec": 1.0,
        "goals": "按时保质保量完成征收范围内房屋调查登记。",
        **changes,
    }
    return SheetRecord("project", 1, raws, {"indicators": indicators(HEBEI, code)})  # type: ignore[arg-type]


def book(unit_code: str = "657001", unit_name: str = "遵化市房屋征收中心本级", *projects: SheetRecord) -> Book:
    """A unit's book; projects are numbered as given, one if none."""
    sheets = list(projects) or [project()]
    for number, sheet in enumerate(sheets, 1):
        sheet.ordinal = number
    cover = SheetRecord("cover", 1, {"unit_code": unit_code, "unit_name": unit_name, "contact": "王芳", "phone": "0315-6612345"})
    return Book(cover, sheets)


def places(form: Form, made: Book) -> list[SheetPlace]:
    """Addresses like a workbook's: fields down column C, rows of groups from row 20."""
    found = []
    for record in made.all():
        title = "封面" if record.sheet == "cover" else form.sheets[record.sheet].title(record.ordinal)
        place = SheetPlace(title=title)
        singles = [each for each in form.entry_fields(record.sheet) if not each.group]
        place.cells = {each.name: f"C{number}" for number, each in enumerate(singles, 3)}
        row = 20
        for group in form.sheets[record.sheet].groups if record.sheet in form.sheets else ():
            for block_number, block in enumerate(form.groups[group].blocks):
                for slot in range(block.slots):
                    names = form.groups[group].fields
                    addresses = {name: f"{'CDEFGH'[number]}{row}" for number, name in enumerate(names)}
                    place.rows[group, block_number, slot] = addresses
                    row += 1
        found.append(place)
    return found


def finding(
    severity: Severity = Severity.ERROR, *, rule: str = "P07", explained: bool = False, file: str = "", **more: str
) -> Finding:
    """A finding on the first project's budget."""
    values = {"sheet": "项目01", "cell": "C5", "field": "budget", "value": "10", "message": "预算数应等于两项之和", **more}
    return Finding(file=file, rule=rule, severity=severity, explained=explained, **values)


def submission(
    file: str = "收回/657001.xlsx",
    made: Book | None = None,
    *findings: Finding,
    modified: str = "2023-03-01T08:00:00Z",
    form: Form = HEBEI,
    content: str = "",
) -> Submission:
    """A file that was read."""
    made = made or book()
    return Submission(
        file=file,
        sha256=hashlib.sha256((content or file).encode()).hexdigest(),
        condition=Condition.READ,
        modified=modified,
        form=form,
        book=made,
        places=places(form, made),
        findings=list(findings),
    )


def unread(
    file: str, condition: Condition = Condition.UNREADABLE, rule: str = "I01", message: str = "文件是空的（0 字节）"
) -> Submission:
    """A file that could not be read."""
    fault = Finding(file=file, sheet="", cell="", field="", rule=rule, severity=Severity.ERROR, value="", message=message)
    return Submission(
        file=file, sha256=hashlib.sha256(file.encode()).hexdigest(), condition=condition, findings=[fault]
    )
