"""Values that hurt, by field type."""

from __future__ import annotations

from collections.abc import Callable
from random import Random

from perfxl.form.model import COVER, Field
from perfxl.rules.functions import check_char
from perfxl.rules.types import CellError, Raw

Spare = Callable[[Raw], bool]
"""Says which values to leave out: those that trip a known fault of an engine."""

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

EXPLANATIONS = ["五个字说明", "按批复执行，不再调整。", "四个字啊", "四 个\u3000字 啊", " 五 个 字 说 明 ", "\u3000" * 6, "=1+1+1", "12345", "……"]


def nothing(_: Raw) -> bool:
    """Spare no value."""
    return False


def code(rng: Random) -> Raw:
    """A project code, most often well-formed, with a right or wrong check character."""
    letter = rng.choice("PPPPTRY")
    first = f"{rng.randint(100000, 999999)}{rng.randint(20, 26)}{letter}{rng.randint(0, 99999999999):011d}"
    right = check_char(first)
    whole = first + (right if rng.random() < 0.5 else rng.choice("0123456789WXYH"))
    if rng.random() < 0.5:
        return whole
    return rng.choice(
        [whole[:20], whole[:20], whole + "0", whole + "0", "X" + whole[1:], whole.lower(), " " + whole + " ", whole[:8] + " " + whole[8:], whole[:9] + "I" + whole[10:],
         whole[:8] + "é" + whole[9:], "１" + whole[1:], whole[:20] + "-", whole[:20] + "I", "13028123P00028410002W", "657001", "65700", "6570011"]
    )  # fmt: skip


def well_meant(rng: Random, field: Field) -> Raw:
    """A value such as people type there, right or wrong; never blank."""
    if field.type_name == "code":
        return code(rng) if field.sheet != COVER else rng.choice(["657001", "657002", "65700", "65700a", " 657001"])
    if field.type_name == "choice":
        return rng.choice([*field.options, "其他", " " + field.options[0]])
    pool = {"money": MONEY, "percent": PERCENTS, "number": NUMBERS, "target": TARGETS}.get(field.type_name, TEXTS)
    return rng.choice(pool)


def some(rng: Random, field: Field, count: int) -> list[Raw]:
    """A few such values."""
    return [well_meant(rng, field) for _ in range(count)]
