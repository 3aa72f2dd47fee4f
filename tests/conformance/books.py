"""Generated books with values that hurt, so that every rule passes and fails often.

Pools are by field type; a form's own relations (parts that add up, plans that
rise) are arranged afterwards so that the passing side is common too.
"""

from __future__ import annotations

from collections.abc import Callable
from random import Random

from perfxl.form.model import Field, Form
from perfxl.form.records import Book, Row, SheetRecord
from perfxl.rules.functions import check_char
from perfxl.rules.types import CellError, Raw
from perfxl.workbook.layout import Plan

BLANKS: list[Raw] = [None, "", " ", "\u3000", "\u00a0", "\t", "\n", "\r\n", " \u3000\u00a0\t\n"]
BROKEN: list[Raw] = [True, False, CellError("#DIV/0!"), CellError("#N/A"), CellError("#VALUE!"), 45000.0, -1.0, 1e300, 0.1]
TEXTS: list[Raw] = [
    "群众满意度", "回迁率（%）", "回迁率(%)", "完成比例", "补偿费发放", "生态环境改善", "培训人次", "a", "A", "ａ", "ＡＢＣ", "abc",
    " 前后有空格 ", "中间 有\u3000空格", "换\n行", "*", "?", "~", "**", "x*y", "~*", "=1+1", "'引号", "+8", "-", "--", "－", "XX",
    "××", "指标1", "同上", "无", "😀", "😀" * 10, "字" * 99, "字" * 100, "字" * 101, "😀" * 50, "😀" * 50 + "字", "0", "00", "1e5",
    "TRUE", "#N/A", "率", "<b>&amp;</b>", '"双引号"', "一二三四五六七八九", "一二三四五六七八九十", " 一二三四五六七八九 ", "İı", "Ⅷ",
]  # fmt: skip
TARGETS: list[Raw] = [
    "95%及以上", "≥90%。", "90%（含）以上", "≥90（%）", "至少3次", "最多5天", "超过90%", "低于5%", "年底前", "全年", "第四季度", "每月25日前", "10月上旬",
    "1.完成；2.达标", "8台、5套", ">90%<95%", "10+5", "90至95%", "2023年至2024年", "XX%", "每年≥3次", "同比增长≥5%", "季度",
    "≥100.0000004%", "≥90%", "≥ 90 %", "≤5天", "=12次", "<3%", ">2", "≧90%", "═100%", ">=90%", "<=5", "＞＝90％", "９０％", "≥９５．５％", "90", "0.85万元",
    "90户", "1 人/年", "2280次", "达到95%以上", "不低于90%", "不少于3场", "大于等于90%", "小于3", "3天以内", "5%以下", "≥90%以上", "优", "良",
    "有效", "长期", "明显改善", "满意", "≥**", "≥XX%", "≥", "≥%", "≥1,2,3%", "≥1,234户", "≥12,34", "1,000,000元", "12,345,678.90元",
    "1234567890123456", "≤-3℃", "-5", "5E3次", "1/2", "1.2.3%", ".5", "5.", "2023.07-2024.01", "2021年12月底前", "12月底前", "2023-12-31",
    "90%-95%", "90-95%", "≥100%", "≥100.000001%", "≥101%", "200%", "5元", "≤3‰", "2个百分点", "不低于上年水平", "按时完成", "PM2.5≤35",
    "≤35μg/m3", "≥90％ ", "\u3000≥90%", "≥\u00a090%", "一百", "(5)", "￥5", "$5", "+5", "5人,全年", "≥优", "=", "＝5", "1:2", "2024/1/1",
    "100元", "100万元", "3亿元", "0", "00012", "≥0.1+0.2", "99999999999999999999", "指标1", "略", "/", "=1+1", "1 234", "1，234户",
]  # fmt: skip
MONEY: list[Raw] = [
    0.0, 0.85, 10.0, 10.85, 0.1 + 0.2, 0.3, 1e-6, 1e-7, 0.0000004, 123456.789012, 123456.7890123, 99999999.0, 99999999.5, 100000000.0,
    1234567.123456, 12345678.1234567, -0.5, 1e15, 1e16, "０．８５", "0.85", "10万元", "1,000", 2.675, 1.005, 1 / 3, 999.9999999, 45000.0,
]  # fmt: skip
PERCENTS: list[Raw] = [
    0.0, 0.3, 0.6, 0.9, 1.0, 0.333333, 1 / 3, 30.0, 100.0, -0.1, 1.0000001, 1.0000000001, 0.1 + 0.2, "90 %", "30%", "９０％", 0.999999, 1.01,
]  # fmt: skip
NUMBERS: list[Raw] = [0.0, 1.0, 5.0, 10.0, 20.0, 30.0, 40.0, 45.0, 90.0, 100.0, 50.5, -1.0, 101.0, "10", "十", 0.1 + 0.2, 33.333333]


Spare = Callable[[Raw], bool]


def nothing(_: Raw) -> bool:
    """Spare no value."""
    return False


def code(rng: Random) -> Raw:
    """A project code, most often well-formed, with a right or wrong check character."""
    letter = rng.choice("PPPPTRY")
    first = f"{rng.randint(100000, 999999)}{rng.randint(20, 26)}{letter}{rng.randint(0, 99999999999):011d}"
    right = check_char(first)
    whole = first + (right if rng.random() < 0.22 else rng.choice("0123456789WXYH"))
    if rng.random() < 0.5:
        return whole
    return rng.choice(
        [whole[:20], whole[:20], whole + "0", whole + "0", "X" + whole[1:], whole.lower(), " " + whole + " ", whole[:8] + " " + whole[8:], whole[:9] + "I" + whole[10:],
         whole[:8] + "é" + whole[9:], "１" + whole[1:], whole[:20] + "-", whole[:20] + "I", "13028123P00028410002W", "657001", "65700", "6570011"]
    )  # fmt: skip


def value(rng: Random, field: Field, spare: Spare) -> Raw:
    """One raw value for a field: mostly of its type, sometimes blank, sometimes wrong.

    Values that ``spare`` accepts are left out (known faults of an engine).
    """
    while True:
        found = _value(rng, field)
        if not spare(found):
            return found


def _value(rng: Random, field: Field) -> Raw:
    chance = rng.random()
    if chance < (0.07 if field.group else 0.27):
        return rng.choice(BLANKS)
    if chance < (0.10 if field.group else 0.30):
        return rng.choice(BROKEN)
    if field.type_name == "code":
        return code(rng) if field.sheet != "cover" else rng.choice(["657001", "657002", "65700", "65700a", " 657001"])
    if field.type_name == "choice":
        return rng.choice([*field.options, "其他", " " + field.options[0]])
    pool = {"money": MONEY, "percent": PERCENTS, "number": NUMBERS, "target": TARGETS}.get(field.type_name, TEXTS)
    return rng.choice(pool)


def filled(rng: Random, form: Form, record: SheetRecord, plan: Plan, begin: float, spare: Spare) -> None:
    """A sheet with random values; a slot is begun with probability ``begin``."""
    for field in form.entry_fields(record.sheet):
        if not field.group:
            record.raws[field.name] = value(rng, field, spare)
    for name in form.sheets[record.sheet].groups:
        group = form.groups[name]
        rows: list[Row] = []
        for number in range(len(group.blocks)):
            for slot in range(plan.slots[name, number]):
                if rng.random() < begin:
                    row = Row(number, slot, {each: value(rng, form.fields[each], spare) for each in group.fields})
                    if row.begun:
                        rows.append(row)
        if rows:
            record.rows[name] = rows


Arrange = Callable[[Random, Form, SheetRecord], None]


def book(rng: Random, form: Form, plan: Plan, arrange: Arrange, spare: Spare = nothing) -> Book:
    """A book with every sheet of the plan, some of them blank, some explained."""
    found = Book()
    for name in form.cover:
        found.cover.raws[name] = value(rng, form.fields[name], spare)
    blank_all = rng.random() < 0.48
    one_only = rng.random() < 0.08
    for sheet in form.sheets.values():
        for ordinal in range(1, plan.counts[sheet.id] + 1):
            if sheet.repeats and (blank_all or (one_only and ordinal > 1) or rng.random() < 0.1):
                found.sheets.append(SheetRecord(sheet.id, ordinal))
                continue
            record = SheetRecord(sheet.id, ordinal)
            filled(rng, form, record, plan, 0.75 if sheet.repeats else rng.choice([0.0, 0.0, 0.8, 0.9]), spare)
            arrange(rng, form, record)
            found.sheets.append(record)
    repeated = [record for record in found.sheets if form.sheets[record.sheet].repeats and record.begun]
    if len(repeated) > 1 and rng.random() < 0.9:
        field = form.roles["project_code"]
        repeated[1].raws[field] = repeated[0].raws.get(field)
    return found


def arrange_hebei(rng: Random, form: Form, record: SheetRecord) -> None:
    """Often let the parts add up and the plan rise, and let the rarer rules fail."""
    if record.sheet != "project":
        if rng.random() < 0.28:
            record.raws["overall"] = None
        for row in record.rows.get("parts", []):
            if rng.random() < 0.65:
                row.raws[rng.choice(list(row.raws))] = rng.choice([None, "\u3000", "内容"])
        record.rows = {name: [row for row in rows if row.begun] for name, rows in record.rows.items()}
        return
    raws = record.raws
    if rng.random() < 0.6:
        fiscal, other = rng.choice([0.85, 10.0, 0.1, 0.2, 1e-6, 123456.789012]), rng.choice([0.0, 0.2, None])
        raws["fiscal"], raws["other"] = fiscal, other
        raws["budget"] = fiscal + (other or 0.0) + rng.choice([0.0, 0.0, 0.0, 1e-6, -1e-6, 1.0, 1e-9])
    if rng.random() < 0.7:
        steps = sorted(rng.choice([0.0, 0.3, 0.6, 0.9, 1.0, 0.333333]) for _ in range(4))
        if rng.random() < 0.3:
            rng.shuffle(steps)
        raws.update(zip(("plan_mar", "plan_jun", "plan_oct", "plan_dec"), steps, strict=True))
        if rng.random() < 0.6:
            raws["plan_dec"] = 1.0
        if rng.random() < 0.45:
            raws["budget"] = raws["fiscal"] = rng.choice([0.0, 0.0, 4e-7])
    if rng.random() < 0.5:
        raws["goals"] = rng.choice(["目标" * 5, "目标" * 40, "一二三四五六七八九", "短", "一二三 四五六七八九十", None, "\u3000"])
    rows = record.rows.get("indicators", [])
    if len(rows) > 1 and rng.random() < 0.6:
        one, other_row = rng.sample(rows, 2)
        one.raws["indicator"] = other_row.raws["indicator"]
    for row in rows:
        if rng.random() < 0.35:
            special = {0: ["5元", "100万元", "3亿元", "≥3元", "5人"], 3: ["≥5元", "≥90%", "≤5元", "大于等于3"]}
            row.raws["value"] = rng.choice([*special.get(row.block, []), "有效", "长期", "≥101%", "≥100%", "优", "≥200%"])
        clean = [name for name in row.raws if rng.random() < 0.6]
        for name in clean:
            if name != "value":
                row.raws[name] = "字" * rng.choice([100, 101, 102]) if rng.random() < 0.06 else f"{rng.choice(['任务', '质量', '培训', '比率'])}{rng.randint(0, 10**6)}{rng.choice(['率', '', '（%）', '数'])}"


def arrange_national(rng: Random, form: Form, record: SheetRecord) -> None:
    """Often let the parts and the weights add up and numbers stand under measured natures."""
    raws = record.raws
    if rng.random() < 0.2:
        raws["code"] = rng.choice(["13028123P00028410002", "1302812XP00028410002W", "a", "１3028123P00028410002W"])
    if rng.random() < 0.6:
        grant, other = rng.choice([0.85, 10.0, 0.1, 1e-6]), rng.choice([0.0, 0.2, None])
        raws["grant"], raws["other"] = grant, other
        raws["total"] = grant + (other or 0.0) + rng.choice([0.0, 0.0, 1e-6, 1.0])
    rows = record.rows.get("indicators", [])
    for row in rows:
        if rng.random() < 0.6:
            row.raws["target"] = rng.choice(["90", "12.5", ".", "1.2.3", "5", "优", "有效", "提升", "九十", "**"])
            row.raws["nature"] = rng.choice(["≥", "≤", "=", "定性", "定性", " ≥ "])
            row.raws["unit"] = rng.choice(["%", "个", None, "", "××"])
        if rng.random() < 0.5:
            row.raws["indicator"] = rng.choice(["任务", "质量", "培训"]) + str(rng.randint(0, 3 if rng.random() < 0.3 else 10**6))
        if rng.random() < 0.2:
            row.raws["indicator"] = "字" * rng.choice([49, 50, 51, 52])
    if rows and rng.random() < 0.6:
        total = rng.choice([90.0, 100.0, 90.0, 100.0, 99.99, 95.0])
        share = round(total / len(rows), 2)
        for row in rows:
            row.raws["weight"] = share
        rows[-1].raws["weight"] = round(total - share * (len(rows) - 1), 2)
