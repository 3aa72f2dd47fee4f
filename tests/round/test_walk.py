"""A round from handing out to accounting: every file in exactly the state that DEFINITIONS gives it, nothing counted twice."""

from __future__ import annotations

import csv
import io
import sys
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path

import openpyxl
import pytest
from units import SAVED, Change, filled, forged, kept_code, of

from perfxl.check import Condition
from perfxl.cli import main
from perfxl.consolidate import State
from perfxl.consolidate.keys import needed_ring
from perfxl.consolidate.manifest import read_manifest
from perfxl.consolidate.roster import Roster, read_roster
from perfxl.consolidate.run import Round, Summary, consolidate_files
from perfxl.consolidate.standing import standings
from perfxl.consolidate.task import load_task
from perfxl.form.records import Book, RowKey, SheetRecord
from perfxl.post.reissue import Round as Part
from perfxl.post.reissue import reissue
from perfxl.workbook.seal import KeyRing

LATE = SAVED + timedelta(days=20)
AS_OF = datetime(2022, 11, 15)


def first(book: Book) -> SheetRecord:
    return next(record for record in book.sheets if record.sheet == "project")


def faulty(book: Book) -> None:
    first(book).raws["fiscal"] = 1.0


def hinted(book: Book) -> None:
    first(book).raws["goals"] = "修好道路"


def explained(book: Book) -> None:
    hinted(book)
    first(book).explanations[RowKey("", 0, 7)] = "目标确实只有这一句话。"


def over_budget(book: Book) -> None:
    first(book).raws.update({"budget": 99.0, "fiscal": 99.0})


def for_another(book: Book) -> None:
    book.cover.raws["unit_code"] = "657999"


def mended(book: Book) -> None:
    record = first(book)
    record.raws["fiscal"] = record.raws["budget"]


def another_goal(book: Book) -> None:
    first(book).raws["goals"] = "按时保质保量完成道路修建，年内通车。"


def command(*arguments: str) -> None:
    """Run a command here: starting a process for each costs more than most of them do."""
    before, sys.argv = sys.argv, ["perfxl", *arguments]
    try:
        with pytest.raises(SystemExit) as done:
            main()
    finally:
        sys.argv = before
    assert done.value.code == 0


@dataclass
class Office:
    """A finance office with its folders; ``expected`` is the state of every file by name."""

    folder: Path
    units: int
    year: str = "2023"
    expected: dict[str, str] = field(default_factory=dict)

    def prepare(self) -> None:
        rows = ["单位编码,单位名称,是否本级,归口股室"]
        projects = ["单位编码,项目编码,项目名称,预算控制数（万元）"]
        for number in range(1, self.units + 1):
            unit = f"{657000 + number}"
            rows.append(f"{unit},单位{number},{'是' if number == 1 else ''},{('经建股', '社保股', '教科文股')[number % 3]}")
            for project in range(1, 2 + number % 2):
                projects.append(f"{unit},{kept_code(unit, project)},项目{unit}之{project},{number + project / 4}")
        book = openpyxl.Workbook()
        for title, lines in (("单位", rows), ("项目", projects)):
            sheet = book.create_sheet(title)
            for row in csv.reader(lines):
                sheet.append(row)
        book.save(self.folder / "名册.xlsx")
        task = str(self.folder / "task.toml")
        command("task", "new", "--year", self.year, "--deadline", "2022-10-31", "-o", task)
        options = ("--task", task, "--roster", str(self.folder / "名册.xlsx"), "--spare", "0", "-o", str(self.folder / "下发"))
        command("template", *options, "--jobs", "1")

    @property
    def ring(self) -> KeyRing:
        task = self.folder / "task.toml"
        return needed_ring(task, load_task(task))

    @property
    def roster(self) -> Roster:
        return read_roster((self.folder / "名册.xlsx").read_bytes(), "名册.xlsx")

    def handed(self, number: int) -> bytes:
        return next((self.folder / "下发").glob(f"{657000 + number}_*.xlsx")).read_bytes()

    def returns(self, name: str, content: bytes, state: str) -> None:
        self.expected[name] = state
        path = self.folder / "收回" / name
        path.parent.mkdir(exist_ok=True)
        path.write_bytes(content)

    def unit(self, number: int, state: str, *changes: Change, name: str = "", saved: datetime = SAVED) -> None:
        content = filled(self.handed(number), self.ring, *changes, saved=saved)
        self.returns(name or f"{number}.xlsx", content, state)

    def consolidate(self) -> Summary:
        manifest = self.folder / "下发" / "下发清单.csv"
        part = Round(
            store=self.folder / "库.db",
            task=load_task(self.folder / "task.toml"),
            roster=self.roster,
            keys=self.ring,
            handed=read_manifest(manifest.read_bytes(), "清单"),
        )
        return consolidate_files([self.folder / "收回"], self.folder / "汇总.xlsx", as_of=AS_OF, part=part)


def renamed_sheet(content: bytes) -> bytes:
    book = openpyxl.load_workbook(io.BytesIO(content))
    book["项目01"].title = "道路"
    saved = io.BytesIO()
    book.save(saved)
    return saved.getvalue()


def foreign() -> bytes:
    saved = io.BytesIO()
    openpyxl.Workbook().save(saved)
    return saved.getvalue()


def first_returns(office: Office, elsewhere: Office) -> None:
    """What comes back at first: units 1–12 in every way there is, the others faultless but for the last, which is missing."""
    office.unit(1, "accepted", name="随便起的名字 😀.xlsx")
    office.unit(2, "returned", faulty)
    office.unit(3, "with_hints", hinted)
    office.unit(4, "accepted", explained)
    office.unit(5, "superseded", name="5 初稿.xlsx", saved=SAVED - timedelta(days=3))
    office.unit(5, "returned", faulty, name="5 定稿.xlsx")
    office.unit(6, "accepted")
    office.returns("6（转发）.xlsx", (office.folder / "收回" / "6.xlsx").read_bytes(), "superseded")
    office.returns("7.xlsx", office.handed(7)[:5000], "unreadable")
    office.returns("7 空.xlsx", b"", "unreadable")
    office.returns("8.xlsx", forged(filled(office.handed(8), office.ring), office.ring, "657008"), "returned")
    office.unit(9, "returned", for_another)
    office.unit(10, "returned", over_budget)
    office.unit(11, "accepted", saved=LATE)
    office.returns("12.xlsx", renamed_sheet(filled(office.handed(12), office.ring)), "with_hints")
    office.returns("通知.xlsx", foreign(), "unrecognised")
    office.returns("上年的.xlsx", filled(elsewhere.handed(1), elsewhere.ring), "unrecognised")
    for number in range(13, office.units):
        office.unit(number, "accepted")


def states(summary: Summary) -> dict[str, str]:
    return {Path(each.content.file).name: each.state.value for each in summary.dataset.files}


def recount(office: Office, summary: Summary) -> int:
    """The total of the files that count as openpyxl reads them, in 10⁻⁶ 万元."""
    total = 0
    for each in summary.dataset.files:
        if each.state in (State.ACCEPTED, State.HINTS):
            content = io.BytesIO(Path(each.content.file).read_bytes())
            book = openpyxl.load_workbook(content, data_only=True, read_only=True)
            sheets = [sheet for sheet in book if sheet.title.startswith(("项目", "道路"))]
            total += sum(round(float(sheet["C4"].value or 0) * 10**6) for sheet in sheets)  # type: ignore[arg-type]
    return total


def settled(office: Office, summary: Summary) -> None:
    """What holds after every consolidation."""
    assert states(summary) == office.expected
    assert sum(summary.states.values()) == summary.files == len(office.expected)
    counting = [each.content.unit_code for each in summary.dataset.files if each.state.counts]
    assert len(counting) == len(set(counting))
    codes = [row.project.code for row in summary.dataset.projects]
    assert len(codes) == len(set(codes))
    assert summary.budget == recount(office, summary)
    rows = list(openpyxl.load_workbook(summary.output, data_only=True)["核对"].iter_rows(values_only=True))
    checks = {row[0]: row[4] for row in rows if row[4] in ("相符", "不符")}
    assert [checks[name] for name in ("文件", "项目", "预算数")] == ["相符"] * 3
    start = next(number for number, row in enumerate(rows) if row[0] == "按报送情况核对控制数")
    by_state = rows[start + 2 : start + 7]
    assert [row[0] for row in by_state] == ["通过", "有提示", "应退回", "未报送", "合计"]
    assert sum(row[1] for row in by_state[:4]) == by_state[4][1] == office.units  # type: ignore[misc]
    assert round(sum(row[3] for row in by_state[:2]) * 10**6) == summary.budget  # type: ignore[misc]
    assert round(by_state[4][4] * 10**6) == office.roster.total  # type: ignore[operator]


def offices(tmp_path: Path, units: int) -> tuple[Office, Office]:
    found = []
    for year, count in (("2023", units), ("2022", 1)):
        (tmp_path / year).mkdir()
        found.append(Office(tmp_path / year, count, year))
        found[-1].prepare()
    return found[0], found[1]


@pytest.mark.parametrize("units", [13, pytest.param(40, marks=pytest.mark.long)])
def it_walks_a_round(units: int, tmp_path: Path) -> None:
    office, elsewhere = offices(tmp_path, units)
    first_returns(office, elsewhere)
    summary = office.consolidate()
    settled(office, summary)
    found = {each.unit.code: each for each in standings(summary.dataset)}
    missing = [code for code, each in found.items() if each.file is None]
    assert missing == ["657007", f"{657000 + units}"]
    assert [code for code, each in found.items() if each.late] == ["657011", "657012"]  # openpyxl dates what it saves
    assert {code: each.versions for code, each in found.items() if each.versions != 1} == {
        "657005": 2, **dict.fromkeys(missing, 0),
    }  # fmt: skip
    assert all(each.handed for each in found.values())
    assert office.consolidate().opened == 2  # the unreadable ones alone are tried again

    # Sent back, mended, returned beside the old ones; who was missing reports too.
    sent = reissued(office, summary)
    assert sorted(sent) == [f"{657000 + number}" for number in (2, 5, 8, 9, 10)]
    for unit, content in sent.items():
        number = int(unit) - 657000
        assert of(content, office.ring).condition is Condition.READ
        later = filled(content, office.ring, *([mended] if number in (2, 5, 10) else []), saved=LATE)
        office.returns(f"{number} 改.xlsx", later, "accepted")
    for name in ("2.xlsx", "5 定稿.xlsx", "8.xlsx", "9.xlsx", "10.xlsx"):
        office.expected[name] = "superseded"
    office.unit(7, "accepted", name="7 再报.xlsx")
    office.unit(units, "accepted", saved=LATE)
    office.unit(3, "accepted", another_goal, name="3 改.xlsx", saved=LATE)
    office.expected["3.xlsx"] = "superseded"
    again = office.consolidate()
    settled(office, again)
    assert again.opened == 8 + 2
    found = {each.unit.code: each for each in standings(again.dataset)}
    assert [code for code, each in found.items() if each.file is None] == []
    ceilings = office.roster.total
    assert again.budget == ceilings


def reissued(office: Office, summary: Summary) -> dict[str, bytes]:
    """The fresh workbooks of what is sent back, by unit."""
    part = Part(
        as_of=datetime(2022, 11, 2, tzinfo=UTC),
        task=load_task(office.folder / "task.toml"),
        ring=office.ring,
        roster=office.roster,
    )
    found = {}
    for each in summary.dataset.files:
        if each.state is State.RETURNED:
            rules = {rule.id for rule in summary.dataset.form.cross}
            cross = [finding for finding in each.content.findings if finding.rule in rules]
            made = reissue(of(Path(each.content.file).read_bytes(), office.ring), part, cross)
            found[made.line.unit] = made.content
    return found


