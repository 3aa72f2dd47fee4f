"""For each rule: cells that break it, the whole table of findings, and cells just within."""

from __future__ import annotations

from dataclasses import dataclass, field

from perfxl.form import Book
from tests.check.hebei import Change, changed, without_project

Findings = list[tuple[str, str, str]]
COVER, PART_ONE, P1, P2 = "封面", "部门整体", "项目01", "项目02"


@dataclass(frozen=True, kw_only=True)
class Case:
    """``broken`` gives ``findings``; ``within`` gives none, or ``left``."""

    rule: str
    broken: Change
    findings: Findings
    within: Change
    projects: int = 1
    notes: dict[str, str] = field(default_factory=dict)

    def books(self) -> tuple[Book, Book]:
        """The book that breaks the rule and the one just within."""
        broken = without_project() if self.rule == "U04" else changed(self.broken, self.projects, self.notes)
        return broken, changed(self.within, self.projects)


def case(rule: str, broken: Change, findings: Findings, within: Change, projects: int = 1) -> Case:
    """One line of the table."""
    return Case(rule=rule, broken=broken, findings=findings, within=within, projects=projects)


def row(value: object, name: str = "value", level2: str = "质量指标") -> Change:
    """One cell of the first indicator of a level 2."""
    return {f"{level2}1.{name}": value}  # type: ignore[dict-item]


PLAN = ("plan_mar", "plan_jun", "plan_oct", "plan_dec")
CASES = [
    case("U01", {"unit_code": None}, [("U01", COVER, "B3")], {"unit_code": " 657\u3000001 "}),
    case("U01", {"unit_code": "65700"}, [("U01", COVER, "B3")], {"unit_code": "000000"}),
    case("U01", {"unit_code": "65700X"}, [("U01", COVER, "B3")], {}),
    case("U01", {"unit_code": "６５７００１"}, [("U01", COVER, "B3")], {}),
    case("U01", {"unit_name": "\u3000\u00a0"}, [("U01", COVER, "B4")], {"unit_name": "中"}),
    case("U02", {"code": "13028123P00028410002W"}, [("U02", P1, "B3"), ("U02", P2, "B3")], {}, 2),
    case(
        "U02",
        {"code": "13028123P0002841 0002W\n"},
        [("U02", P1, "B3"), ("U02", P2, "B3")],
        {"code": "13028123T00028410002W"},
        2,
    ),
    case("U04", {}, [("U04", COVER, "B4")], {}),
    case("D01", {"overall": " \n\u3000"}, [("D01", PART_ONE, "A4")], {"overall": "目"}),
    case("D02", {"parts1.part_name": None}, [("D02", PART_ONE, "B7")], {"parts1.part_name": "甲"}),
    case(
        "D02",
        {"parts1.part_goal": "\u3000", "parts1.part_indicator": None},
        [("D02", PART_ONE, "C7"), ("D02", PART_ONE, "D7")],
        {"parts1.part_name": None, "parts1.part_goal": None, "parts1.part_indicator": " "},
    ),
    case("D03", {"measures1.measure": None}, [("D03", PART_ONE, "B14")], {"measures1.measure": None, "measures8.measure": "甲"}),
    case("P01", {"code": None}, [("P01", P1, "B3")], {"code": " 13028123P 00028410002W"}),
    case("P01", {"code": "13028123P0002841000"}, [("P01", P1, "B3")], {}),
    case("P01", {"code": "13028123P00028410002WW"}, [("P01", P1, "B3")], {}),
    case("P01", {"code": "13028123p00028410002W"}, [("P01", P1, "B3")], {"code": "11000022T000000444685"}),
    case("P01", {"code": "5100002XR000000019951"}, [("P01", P1, "B3")], {"code": "51000021R000000019951"}),
    case("P02", {"code": "13028123P00028410002H"}, [("P02", P1, "B3")], {"code": "52000022P00846010008H"}),
    case("P03", {"name": ""}, [("P03", P1, "E3")], {"name": "甲"}),
    case("P04", {"budget": None}, [("P04", P1, "C4")], {"budget": 0.000001, "fiscal": 0.000001, "other": None}),
    case("P04", {"budget": "10.85"}, [("P04", P1, "C4")], {"budget": 99_999_999.0, "fiscal": 99_999_999.0, "other": 0.0}),
    case("P04", {"fiscal": "０．８５"}, [("P04", P1, "E4")], {"fiscal": " ", "other": 10.85}),
    case("P04", {"other": -0.01}, [("P04", P1, "G4")], {"budget": 10.0, "other": 0.0}),
    case("P04", {"other": 0.8500001}, [("P04", P1, "G4")], {"budget": 10.850001, "other": 0.850001}),
    case("P04", {"budget": 100_000_000.0}, [("P04", P1, "C4")], {}),
    case("P05", {"budget": 0.0, "fiscal": None, "other": None}, [("P05", P1, "C4")], {"budget": 0.85, "fiscal": None}),
    case("P07", {"budget": 10.850001}, [("P07", P1, "C4")], {"budget": 0.3, "fiscal": 0.1, "other": 0.2}),
    case("P07", {"fiscal": None}, [("P07", P1, "C4")], {"fiscal": None, "budget": 0.85}),
    case("P08", {"purpose": None}, [("P08", P1, "I5")], {"purpose": "。"}),
    case("P09", {"plan_mar": None}, [("P09", P1, "B7")], {"plan_mar": 0.0}),
    case("P09", {"plan_jun": 0.29}, [("P09", P1, "D7")], {"plan_jun": 0.3}),
    case("P09", {"plan_oct": 0.59}, [("P09", P1, "E7")], dict.fromkeys(PLAN, 1.0)),
    case("P09", {"plan_dec": 0.9999}, [("P09", P1, "G7")], {"plan_oct": 0.9999}),
    case("P09", {"plan_mar": 30.0}, [("P09", P1, "B7")], {}),
    case("P09", {"plan_jun": "90 %"}, [("P09", P1, "D7")], {}),
    case("P11", {"goals": "\r\n"}, [("P11", P1, "B8")], {}),
    case("P12", {"goals": "一二三四五六七八九"}, [("P12", P1, "B8")], {"goals": "一二三四五 六七八九十"}),
    case("P12", {"goals": "一二三四五六七　八 九"}, [("P12", P1, "B8")], {"goals": "abcdefghij"}),
    case(
        "G01",
        {f"生态效益指标1.{name}": None for name in ("indicator", "description", "value", "basis")},
        [("G01", P1, "C22")],
        {},
    ),
    case("R01", row(None), [("R01", P1, "F12")], {}),
    case("R01", row("\u3000", "indicator"), [("R01", P1, "C12")], {}),
    case(
        "R01",
        {"质量指标2.indicator": "第二项"},
        [("R01", P1, "D13"), ("R01", P1, "F13"), ("R01", P1, "G13")],
        {"质量指标2.indicator": "\u3000"},
    ),
    case("R02", row("≥%"), [("R02", P1, "F12")], row("≥0%")),
    case("R02", row("≥1,2,3%"), [("R02", P1, "F12")], row("≥1.23%")),
    case("R02", row("视情况而定", level2="数量指标"), [("R02", P1, "F10")], row("2021年12月底前", level2="数量指标")),
    case("R02", row("优秀极了", level2="数量指标"), [("R02", P1, "F10")], row("优", level2="数量指标")),
    case("R03", row("××", "indicator"), [("R03", P1, "C12")], row("×级公路（%）", "indicator")),
    case("R03", row("-", "basis"), [("R03", P1, "G12")], row("-1", "basis")),
    case("R03", row("≥**"), [("R03", P1, "F12")], {}),
    case("R03", row("指标1", "description"), [("R03", P1, "D12")], row("指标11", "description")),
    case("R04", row("≥90户"), [("R04", P1, "F12")], row("≥90个百分点")),
    case("R05", row("≥100.1%"), [("R05", P1, "F12")], row("≥100%")),
    case("R06", row("不少于3万元", level2="成本指标"), [("R06", P1, "F16")], row("≤3万元", level2="成本指标")),
    case(
        "R07",
        {"质量指标1.indicator": "A 类 率", "时效指标1.indicator": "a类率"},
        [("R07", P1, "C12"), ("R07", P1, "C14")],
        {"质量指标1.indicator": "甲类率", "时效指标1.indicator": "乙类率"},
    ),
    case("R08", row("率" * 101, "indicator"), [("R08", P1, "C12")], row("率" * 100, "indicator")),
    case("R09", row("有所 提高", level2="数量指标"), [("R09", P1, "F10")], row("显著提高", level2="数量指标")),
    case("R11", row("≥5亿元", level2="数量指标"), [("R11", P1, "F10")], row("≥5亿元/人", level2="数量指标")),
    case("T01", {"name": 2023.0}, [("T01", P1, "E3")], {"name": "2023"}),
    case("T01", {"unit_name": True}, [("T01", COVER, "B4")], {}),
    case("T01", row(0.9), [("T01", P1, "F12")], {}),
    case("T01", {"code": 130281230002841.0}, [("T01", P1, "B3")], {}),
]
CASES += [
    # A hint that is explained stays a finding; the cover counts it no more.
    Case(
        rule="R06",
        broken=row("≥3万元", level2="成本指标"),
        findings=[("R06", P1, "F16")],
        within={},
        notes={"成本指标1.value": "这是 收入类指标"},
    ),
    # Errors come before hints, then the form's order.
    Case(
        rule="P01",
        broken={"code": "13028123P", "budget": 0.0, "成本指标1.value": "≥%", "成本指标1.basis": None, "unit_code": "1"},
        findings=[
            ("U01", COVER, "B3"),
            ("P01", P1, "B3"),
            ("P05", P1, "C4"),
            ("P07", P1, "C4"),
            ("R02", P1, "F16"),
            ("R06", P1, "F16"),
            ("R01", P1, "G16"),
        ],
        within={},
    ),
]
