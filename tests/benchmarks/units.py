"""A province's budget units, made up: the n-th unit is the same whatever the number of units.

Most are clean, some have hints, explained or not, a tenth has errors, as in a real round.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from functools import lru_cache
from random import Random

from perfxl.consolidate.roster import Ceiling, Unit
from perfxl.form.library import find_form
from perfxl.form.model import COVER
from perfxl.form.records import MICRO, Book, Row, RowKey, SheetRecord
from perfxl.rules.functions import check_char

from .unit_texts import DEPARTMENTS, LEVELS, TOWNS, Metric

__all__ = ["PROJECTS", "MadeUnit", "unit_codes", "unit_of"]

PROJECTS = 3
_FORM = find_form("hebei-2023")
_FIRST_DEPARTMENT = 101
_SURNAMES, _GIVEN = "王李张刘陈杨赵黄周吴徐孙马胡朱郭何林高罗", ("伟", "芳", "娜", "敏", "静", "丽", "强", "磊", "洋", "艳", "勇", "杰", "秀英", "建国", "志强", "海燕")
_OFFICES = ("教科文股", "社会保障股", "农业股", "经济建设股", "行政政法股", "资源环境股")
_PLACES = ("遵化市", "迁安市", "滦州市", "玉田县", "乐亭县", "迁西县", "丰润区", "曹妃甸区")
_BRANCHES = ("服务中心", "管理站", "监测站", "信息中心", "事务中心", "执法大队", "推广站", "保障中心", "研究所", "培训中心")
_BASES = ("冀财预〔{year}〕{n}号", "市政府常务会议纪要〔{year}〕{n}号", "遵机编字（{year}）{n}号文件", "行业标准", "历史数据", "{year}年工作计划", "上年完成情况",
          "《河北省省级部门预算绩效指标》", "部门职责", "项目实施方案")  # fmt: skip
_EXPLANATIONS = ("已与预算系统核对，编码无误", "该指标按行业惯例以此口径统计", "经主管部门研究确定，与上年一致", "因任务调整，目标值按实际情况核定")


@dataclass(frozen=True, kw_only=True)
class MadeUnit:
    """A unit, its filled book, what the roster says of it, and when it saved its workbook (minutes before the deadline)."""

    unit: Unit
    book: Book
    ceilings: tuple[Ceiling, ...]
    minutes: int


def unit_codes(count: int, seed: int) -> Iterator[tuple[int, int, int]]:
    """Department, unit within it and kind of department of each of ``count`` units."""
    rng = Random(f"departments {seed}")
    made, department = 0, _FIRST_DEPARTMENT
    while made < count:
        if department > 999:
            raise ValueError("a department's code has three digits: at most some 21 000 units")
        for number in range(1, rng.randint(8, 40) + 1):
            if made == count:
                return
            made += 1
            yield department, number, department - _FIRST_DEPARTMENT
        department += 1


def unit_of(index: int, code: tuple[int, int, int], seed: int) -> MadeUnit:
    """The unit at ``index`` with its three projects."""
    rng = Random(f"unit {seed} {index}")
    department, number, at = code
    kinds = list(DEPARTMENTS)
    kind = kinds[at % len(kinds)]
    place = _PLACES[at // len(kinds) % len(_PLACES)]
    name = f"{place}{kind}本级" if number == 1 else f"{place}{rng.choice(DEPARTMENTS[kind])}{rng.choice(_BRANCHES)}"
    unit = Unit(
        code=f"{department:03d}{number:03d}",
        name=name,
        department=f"{place}{kind}",
        lead=number == 1,
        office=_OFFICES[at % len(_OFFICES)],
        email=f"u{department:03d}{number:03d}@example.org",
        contact=_person(rng),
        phone=f"0315-6{rng.randint(100000, 999999)}",
    )
    cover = SheetRecord(COVER, 1, {"unit_code": unit.code, "unit_name": name, "contact": unit.contact, "phone": unit.phone})
    works = [*rng.sample(DEPARTMENTS[kind], PROJECTS - 1), f"{rng.choice(DEPARTMENTS[kind])}监督管理"]
    projects = [_project(rng, index, ordinal, work) for ordinal, work in enumerate(works, 1)]
    sheets = [_department(rng, kind), *projects] if unit.lead else projects
    ceilings = tuple(_ceiling(unit.code, each) for each in projects)
    _spoil(rng, projects)
    return MadeUnit(unit=unit, book=Book(cover, sheets), ceilings=ceilings, minutes=rng.randint(-600, 14_000))


def _person(rng: Random) -> str:
    return rng.choice(_SURNAMES) + rng.choice(_GIVEN)


def _ceiling(unit: str, project: SheetRecord) -> Ceiling:
    raws = project.raws
    budget = raws["budget"]
    assert isinstance(budget, float)
    return Ceiling(unit=unit, code=str(raws["code"]), name=str(raws["name"]), amount=round(budget * MICRO))


def _department(rng: Random, kind: str) -> SheetRecord:
    works = list(DEPARTMENTS[kind])
    parts = [
        {
            "part_name": f"{work}工作",
            "part_goal": f"全面完成{work}年度任务，资金使用规范，群众得实惠。",
            "part_indicator": f"{work}任务完成率达到百分之{rng.randint(90, 99)}以上，服务对象满意度达到百分之{rng.randint(85, 95)}以上。",
        }
        for work in rng.sample(works, rng.randint(2, min(4, len(works))))
    ]
    measures = [
        "完善制度建设，健全预算绩效管理办法，将事前评估、目标管理、运行监控、绩效评价、结果应用融入预算管理全过程。",
        f"细化{rng.choice(works)}等重点工作实施方案，明确责任主体和进度要求，按月调度，确保按期完成。",
        "加强资金使用监督，严格执行政府采购、公务卡和国库集中支付制度，自觉接受审计和社会监督。",
    ][: rng.randint(2, 3)]
    overall = f"围绕{'、'.join(works[:3])}等重点工作，坚持以人民为中心的发展思想，统筹安排财政资金，压实责任，提升绩效。" * rng.randint(1, 3)
    rows = {
        "parts": [Row(0, slot, dict(part)) for slot, part in enumerate(parts)],
        "measures": [Row(0, slot, {"measure": text}) for slot, text in enumerate(measures)],
    }
    return SheetRecord("department", 1, {"overall": overall}, rows)


def _project(rng: Random, index: int, ordinal: int, work: str) -> SheetRecord:
    first = f"1302812{rng.randint(2, 3)}P{index * 10 + ordinal:07d}{rng.randint(1000, 9999)}"
    fiscal = round(rng.choice((0.85, 3.2, 10.0, 26.5, 48.0, 120.0, 365.42)) * rng.randint(1, 40) / 4, 2)
    other = rng.choice((None, None, None, 0.0, round(rng.random() * 40, 2)))
    plan = sorted((rng.choice((0.2, 0.25, 0.3)), rng.choice((0.5, 0.55, 0.6)), rng.choice((0.8, 0.85, 0.9))))
    raws = {
        "code": first + check_char(first),
        "name": f"{rng.choice(TOWNS)}{work}项目",
        "budget": round(fiscal + (other or 0.0), 2),
        "fiscal": fiscal,
        "other": other,
        "purpose": f"用于{work}所需的设备、材料、劳务和管理支出，覆盖{'、'.join(rng.sample(TOWNS, 3))}。",
        "plan_mar": plan[0],
        "plan_jun": plan[1],
        "plan_oct": plan[2],
        "plan_dec": 1.0,
        "goals": f"1.按时保质保量完成{work}年度任务；2.规范资金管理，提高资金使用效益；3.受益群众满意度稳步提升。",
    }
    rows = [
        Row(number, slot, _indicator(rng, metric, work))
        for number, block in enumerate(_FORM.groups["indicators"].blocks)
        for slot, metric in enumerate(rng.sample(LEVELS[block.level2], 1 if rng.random() < 0.6 else block.slots))
    ]
    return SheetRecord("project", ordinal, raws, {"indicators": rows})


def _indicator(rng: Random, metric: Metric, work: str) -> dict[str, object]:
    basis = rng.choice(_BASES).format(year=rng.randint(2019, 2022), n=rng.randint(1, 240))
    return {
        "indicator": metric.name.format(work),
        "description": metric.description.format(work),
        "value": _target(rng, metric),
        "basis": basis,
    }


def _target(rng: Random, metric: Metric) -> str:
    """A target value as staff spell it."""
    if metric.words:
        return rng.choice(metric.words)
    number = str(rng.randint(metric.lowest, metric.highest))
    if len(number) > 3 and rng.random() < 0.2:
        number = f"{int(number):,}"
    unit = metric.unit
    if unit == "%" and rng.random() < 0.2:
        unit = "％"
    spellings = {
        ">=": ("≥{}", "≥{}", "≥{}", "≥{}", "≥ {}", ">={}", "≧{}", "不低于{}", "达到{}以上", "{}以上", "不少于{}"),
        "<=": ("≤{}", "≤{}", "≤{}", "≤{}", "≤ {}", "<={}", "不超过{}", "{}以内", "{}以下"),
        "=": ("={}", "{}", "{}", "＝{}"),
    }
    spelled = rng.choice(spellings[metric.operator]).format(number + unit)
    return spelled.translate(_full_width()) if rng.random() < 0.03 else spelled


@lru_cache(maxsize=1)
def _full_width() -> dict[int, int]:
    return {ord("0") + digit: ord("０") + digit for digit in range(10)}


def _spoil(rng: Random, projects: list[SheetRecord]) -> None:
    """Three in ten units have something to say: hints, explained or not, or errors."""
    chance = rng.random()
    if chance < 0.7:
        return
    project = rng.choice(projects)
    if chance < 0.9:
        key = _hint(rng, project)
        if chance < 0.8:
            project.explanations[key] = rng.choice(_EXPLANATIONS)
        return
    for _ in range(rng.randint(1, 4)):
        _fault(rng, rng.choice(projects))


def _hint(rng: Random, project: SheetRecord) -> RowKey:
    rows = project.rows["indicators"]
    row = rng.choice(rows)
    kind = rng.randrange(3)
    if kind == 0:
        row = next(each for each in rows if each.block == 3)
        row.raws["value"] = f"≥{rng.randint(1, 90)}万元"
    elif kind == 1:
        row.raws["value"] = rng.choice(("有效", "长期", "提高", "有所改善"))
    else:
        row.raws["value"] = rng.choice(("按上级要求执行", "应保尽保", "全面覆盖"))
    return RowKey("indicators", row.block, row.slot)


def _fault(rng: Random, project: SheetRecord) -> None:
    raws, rows = project.raws, project.rows["indicators"]
    row = rng.choice(rows)
    kind = rng.randrange(9)
    if kind == 0:
        raws["fiscal"] = round(float(str(raws["fiscal"])) + rng.randint(1, 9), 2)
    elif kind == 1:
        raws["budget"] = f"{raws['budget']}万元"
    elif kind == 2:
        raws["plan_dec"] = 0.9
    elif kind == 3:
        raws["purpose"] = None
    elif kind == 4:
        row.raws["value"] = rng.choice(("≥**", "≥XX%", "≥%", "**"))
    elif kind == 5:
        row.raws[rng.choice(("description", "basis"))] = None
    elif kind == 6 and len(rows) > 1:
        row.raws["indicator"] = rows[rows.index(row) - 1].raws["indicator"]
    elif kind == 7:
        raws["code"] = str(raws["code"])[:20]
    else:
        raws["plan_jun"] = 0.1
