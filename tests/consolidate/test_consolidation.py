"""The whole way with real workbooks: built, read, checked, consolidated, again and again."""

from __future__ import annotations

import hashlib
import json
import os
import subprocess
import sys
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path

import openpyxl
import pytest
from made_submissions import HEBEI, book, project

from perfxl.consolidate import State
from perfxl.consolidate.ledger import force
from perfxl.consolidate.roster import Ceiling, Roster, Unit
from perfxl.consolidate.run import Round, Summary, consolidate_files
from perfxl.consolidate.store import Store
from perfxl.consolidate.task import Task
from perfxl.errors import PerfxlError
from perfxl.form.records import Book, Row, RowKey, SheetRecord
from perfxl.workbook.layout import plan_of
from perfxl.workbook.write import BuildOptions, build_workbook
from tests.command import perfxl

AS_OF = datetime(2023, 3, 10, 9, 30, tzinfo=UTC)


def code(number: int) -> str:
    """Project codes of a type without check character, all different."""
    return f"13028123T{number:012d}"


def part_one() -> SheetRecord:
    rows = {
        "parts": [Row(0, 0, {"part_name": "办公", "part_goal": "保障办公正常运转。", "part_indicator": "保障率达到百分之百。"})],
        "measures": [Row(0, 0, {"measure": "加强管理，确保措施到位。"})],
    }
    return SheetRecord("department", 1, {"overall": "全面完成本年度各项工作任务。"}, rows)


def unit_book(number: int, *budgets: object) -> Book:
    """A faultless book of unit 657…; each unit has projects of its own."""
    projects = [project(code(number * 10 + at), each, f"项目{number}之{at}") for at, each in enumerate(budgets or (10.0,))]
    made = book(f"{657000 + number}", f"单位{number}", *projects)
    return Book(made.cover, [*([part_one()] if number == 1 else []), *made.sheets])


def save(path: Path, made: Book, saved: datetime = AS_OF) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    lead = any(sheet.sheet == "department" for sheet in made.sheets)
    plan = plan_of(HEBEI, projects=3, lead=lead)
    path.write_bytes(build_workbook(HEBEI, plan, made, BuildOptions(as_of=saved, hide_unused=True)))
    return path


@pytest.fixture
def returned(tmp_path: Path) -> Path:
    """A folder with a file in every state but unreadable."""
    folder = tmp_path / "收回"
    save(folder / "657001.xlsx", unit_book(1, 0.85, 10.0))
    save(folder / "657002.xlsx", unit_book(2, 5.5))
    save(folder / "657002 修改.xlsx", unit_book(2, 6.5), datetime(2023, 3, 11, tzinfo=UTC))
    faulty = unit_book(3, 7.0)
    faulty.sheets[0].raws["fiscal"] = 6.0
    save(folder / "下级" / "657003.xlsx", faulty)
    hinted = unit_book(4, 0.0)
    save(folder / "657004.xlsx", hinted)
    other = openpyxl.Workbook()
    other.save(folder / "通知.xlsx")
    (folder / "~$657001.xlsx").write_bytes(b"lock")
    (folder / "说明.txt").write_text("x", encoding="utf-8")
    return folder


Consolidate = Callable[..., Summary]


@pytest.fixture
def consolidate(tmp_path: Path) -> Consolidate:
    def run(*paths: Path, output: str = "汇总.xlsx", **part: object) -> Summary:
        return consolidate_files(paths, tmp_path / output, as_of=AS_OF, part=Round(**part))  # type: ignore[arg-type]

    return run


def states(summary: Summary) -> dict[str, str]:
    return {Path(each.content.file).name: each.state.value for each in summary.dataset.files}


def findings(summary: Summary) -> list[tuple[str, str]]:
    return [(Path(each.file).name, each.rule) for each in summary.findings]


class DescribeConsolidation:
    def it_puts_every_file_in_its_state(self, returned: Path, consolidate: Consolidate) -> None:
        before = {path: hashlib.sha256(path.read_bytes()).digest() for path in returned.rglob("*") if path.is_file()}
        summary = consolidate(returned)
        assert states(summary) == {
            "657001.xlsx": "accepted",
            "657002.xlsx": "superseded",
            "657002 修改.xlsx": "accepted",
            "657003.xlsx": "returned",
            "657004.xlsx": "with_hints",
            "通知.xlsx": "unrecognised",
        }
        assert summary.budget == 17_350_000
        assert [(tally.state.value, tally.budget) for tally in summary.dataset.tallies][:4] == [
            ("accepted", 17_350_000),
            ("with_hints", 0),
            ("returned", 7_000_000),
            ("superseded", 5_500_000),
        ]
        assert findings(summary) == [("657003.xlsx", "P07"), ("657004.xlsx", "P05"), ("通知.xlsx", "I06")]
        assert [Path(name).name for name in summary.others] == ["说明.txt"]
        assert before == {path: hashlib.sha256(path.read_bytes()).digest() for path in before}

    def it_writes_the_same_workbook_twice(self, returned: Path, consolidate: Consolidate) -> None:
        first = consolidate(returned).output.read_bytes()
        assert consolidate(returned).output.read_bytes() == first

    def it_names_places_that_hold_the_values(self, returned: Path, consolidate: Consolidate) -> None:
        summary = consolidate(returned)
        books = {row.file.content.file: openpyxl.load_workbook(row.file.content.file) for row in summary.dataset.projects}
        for row in summary.dataset.indicators:
            sheet = books[row.file.content.file][row.project.sheet]
            assert sheet[row.indicator.cell].value == row.indicator.values["indicator"]
            assert sheet[row.project.cell].value == row.project.code
        found = openpyxl.load_workbook(summary.output)
        links = [cell.hyperlink for row in found["校验问题"] for cell in row if cell.hyperlink and cell.hyperlink.target]
        assert links[0].target.endswith("/657003.xlsx")
        assert links[0].location.startswith("'项目01'!")

    def it_counts_bad_files_of_every_kind(self, tmp_path: Path, consolidate: Consolidate) -> None:
        folder = tmp_path / "收回"
        good = save(folder / "657001.xlsx", unit_book(1)).read_bytes()
        (folder / "空.xlsx").write_bytes(b"")
        (folder / "文字.xlsx").write_text("不是工作簿", encoding="utf-8")
        (folder / "半截.xlsx").write_bytes(good[: len(good) // 2])
        (folder / "旧.xls").write_bytes(bytes.fromhex("d0cf11e0a1b11ae1") + b"\0" * 600)
        os.mkfifo(folder / "管道.xlsx")
        summary = consolidate(folder)
        assert sorted(states(summary).values()) == ["accepted"] + ["unreadable"] * 5
        assert all(file.reason for file in summary.dataset.files)

    def it_replaces_the_output_only_when_complete(self, returned: Path, consolidate: Consolidate, tmp_path: Path) -> None:
        output = consolidate(returned).output
        before = output.read_bytes()
        with pytest.raises(PerfxlError) as fault:
            consolidate(tmp_path / "nowhere")
        assert fault.value.code == "C01"
        assert output.read_bytes() == before
        assert [each.name for each in tmp_path.iterdir() if each.name.endswith(".tmp")] == []


OFFICES = ("", "经建股", "经建股", "经建股", "社保股", "社保股")
ROSTER = Roster(
    units={
        f"65700{number}": Unit(code=f"65700{number}", name=f"单位{number}", office=OFFICES[number], lead=number == 1)
        for number in range(1, 6)
    },
    ceilings=(Ceiling(unit="657001", amount=10_850_000), Ceiling(unit="657002", amount=6_000_000)),
)
TASK = Task(form=("hebei-2023", 1), year=2023, round="一上", deadline="2023-03-10")


def write_opinion(path: Path, text: str | None) -> None:
    """As the officer does: the 财政意见 on the first finding."""
    found = openpyxl.load_workbook(path)
    header = [cell.value for cell in found["校验问题"][3]]
    found["校验问题"].cell(4, header.index("财政意见") + 1).value = text
    found.save(path)


def first_opinion(path: Path) -> object:
    rows = list(openpyxl.load_workbook(path)["校验问题"].iter_rows(min_row=3, max_row=4, values_only=True))
    return rows[1][rows[0].index("财政意见")]


class DescribeARound:
    def it_reads_only_what_changed(self, returned: Path, consolidate: Consolidate, tmp_path: Path) -> None:
        store = tmp_path / "库.db"
        first = consolidate(returned, store=store)
        save(returned / "657005.xlsx", unit_book(5))
        second = consolidate(returned, store=store)
        assert (first.opened, second.opened) == (6, 1)
        fresh = consolidate(returned, output="另.xlsx")
        assert second.dataset.files == fresh.dataset.files

    def it_accounts_for_every_unit_of_the_roster(self, returned: Path, consolidate: Consolidate) -> None:
        summary = consolidate(returned, roster=ROSTER, task=TASK)
        assert states(summary)["657002 修改.xlsx"] == "returned"  # over its ceiling
        sheet = openpyxl.load_workbook(summary.output, data_only=True)["报送情况"]
        rows = [[cell.value for cell in row] for row in sheet.iter_rows(min_row=4, max_row=8)]
        assert [(row[3], row[7], row[8], row[9], row[13], row[14]) for row in rows] == [
            ("657001", "通过", 1, None, 10.85, 0),
            ("657002", "应退回", 2, "迟报", 6, 0.5),
            ("657003", "应退回", 1, None, None, None),
            ("657004", "有提示", 1, None, None, None),
            ("657005", "未报送", 0, None, None, None),
        ]
        head, *offices = ([cell.value for cell in row][1:10] for row in sheet.iter_rows(min_row=11, max_row=14))
        assert head == ["归口股室", "应报单位", "已下发", "已报", "通过", "有提示", "应退回", "未报送", "迟报"]
        assert offices == [
            ["经建股", 3, 0, 3, 1, 0, 2, 0, 1],
            ["社保股", 2, 0, 1, 0, 1, 0, 1, 0],
            [None, 5, 0, 4, 1, 1, 2, 1, 1],
        ]
        accounts = openpyxl.load_workbook(summary.output, data_only=True)["核对"]
        assert [row[4].value for row in accounts.iter_rows(min_row=13, max_row=16)] == ["相符", "相符", "相符", "不符"]

    def it_keeps_opinions_when_the_workbook_is_made_again(self, returned: Path, consolidate: Consolidate, tmp_path: Path) -> None:
        output = consolidate(returned).output
        found = openpyxl.load_workbook(output)
        header = [cell.value for cell in found["校验问题"][3]]
        opinion = header.index("财政意见") + 1
        found["校验问题"].cell(4, opinion).value = "请改为分项之和"
        found.save(output)
        save(returned / "657000.xlsx", unit_book(0, 0.0))  # its finding comes first and moves the others down
        again = openpyxl.load_workbook(consolidate(returned).output)["校验问题"]
        rows = [(row[2].value, row[opinion - 1].value) for row in again.iter_rows(min_row=4)]
        assert rows == [("P05", None), ("P07", "请改为分项之和"), ("P05", None), ("I06", None)]

    def it_takes_opinions_from_a_workbook_that_changed_only(
        self, returned: Path, consolidate: Consolidate, tmp_path: Path
    ) -> None:
        store = tmp_path / "库.db"
        fresh = consolidate(returned, store=store).output.read_bytes()
        consolidate(returned, store=store, output="另.xlsx")
        write_opinion(tmp_path / "另.xlsx", "请改为分项之和")
        consolidate(returned, store=store, output="另.xlsx")
        output = consolidate(returned, store=store).output  # in which nobody has cleared anything
        assert first_opinion(output) == "请改为分项之和"
        assert first_opinion(consolidate(returned, store=store).output) == "请改为分项之和"
        write_opinion(output, None)
        assert first_opinion(consolidate(returned, store=store).output) is None
        write_opinion(output, "再改")
        assert first_opinion(consolidate(returned, store=store).output) == "再改"
        output.write_bytes(fresh)  # an older state, put back, is what the officer now wants
        assert first_opinion(consolidate(returned, store=store).output) is None

    def it_does_not_write_over_opinions_that_it_cannot_read(self, returned: Path, consolidate: Consolidate) -> None:
        output = consolidate(returned).output
        damaged = output.read_bytes()[:-500]
        output.write_bytes(damaged)
        with pytest.raises(PerfxlError) as fault:
            consolidate(returned)
        assert fault.value.code == "S25"
        assert output.read_bytes() == damaged

    def it_counts_a_faulty_file_accepted_by_force(self, returned: Path, consolidate: Consolidate, tmp_path: Path) -> None:
        store = tmp_path / "库.db"
        first = consolidate(returned, store=store)
        sha256 = next(each.content.sha256 for each in first.dataset.files if each.state is State.RETURNED)
        with Store(store) as opened:
            force(opened, "657003", sha256, "人大已批准")
        second = consolidate(returned, store=store)
        file = next(each for each in second.dataset.files if each.content.unit_code == "657003")
        assert (file.state, file.forced, "人大已批准" in file.reason) == (State.ACCEPTED, True, True)
        assert second.budget == first.budget + 7_000_000

    def it_compares_with_last_year(self, returned: Path, consolidate: Consolidate, tmp_path: Path) -> None:
        consolidate(returned, store=tmp_path / "去年.db")
        now = unit_book(2, 6.5)
        now.sheets[0].rows["indicators"][0].raws["value"] = "≥80%"
        folder = save(tmp_path / "今年" / "a.xlsx", now).parent
        summary = consolidate(folder, output="今年.xlsx", last_year=tmp_path / "去年.db")
        assert findings(summary) == [("a.xlsx", "X05")]
        assert states(summary) == {"a.xlsx": "with_hints"}

    def it_takes_an_explained_hint(self, tmp_path: Path, consolidate: Consolidate) -> None:
        made = unit_book(1, 0.0)
        made.sheets[1].explanations[RowKey("", 0, 3)] = "本年没有安排预算资金"
        summary = consolidate(save(tmp_path / "收回" / "a.xlsx", made).parent)
        assert states(summary) == {"a.xlsx": "accepted"}
        found = openpyxl.load_workbook(summary.output)["校验问题"]
        assert "本年没有安排预算资金" in [cell.value for cell in found[4]]


class DescribeTheCommands:
    def it_consolidates_and_tells_shortly(self, returned: Path, tmp_path: Path) -> None:
        found = perfxl("consolidate", "收回", "-o", "汇总.xlsx", cwd=tmp_path)
        assert (found.returncode, found.stderr) == (0, "")
        assert found.stdout.splitlines()[:2] == [
            "收到 6 个文件：通过 2，有提示 1，应退回 1，已被取代 1，非本任务 1",
            "计入汇总：4 个项目，36 条指标，预算数合计 17.35 万元",
        ]

    def it_prints_json(self, returned: Path, tmp_path: Path) -> None:
        found = json.loads(perfxl("consolidate", "收回", "-o", "汇总.xlsx", "--json", cwd=tmp_path).stdout)
        assert (found["output"], found["budget"], found["projects"]) == ("汇总.xlsx", "17.35", 4)
        assert sum(found["states"].values()) == found["files"] == 6

    @pytest.mark.parametrize(
        ("arguments", "code"),
        [
            (("收回", "-o", "收回"), "C02"),
            (("收回", "-o", "a"), "C03"),
            (("无", "-o", "a.xlsx"), "C01"),
            (("空", "-o", "a.xlsx"), "C05"),
        ],
    )
    def it_refuses_wrong_usage_in_one_line(self, returned: Path, tmp_path: Path, arguments: tuple[str, ...], code: str) -> None:
        (tmp_path / "空").mkdir()
        found = perfxl("consolidate", *arguments, cwd=tmp_path)
        assert (found.returncode, found.stdout) == (2, "")
        assert found.stderr.startswith("错误：") and found.stderr.strip().endswith(f"[{code}]")

    def it_keeps_the_old_output_when_the_disk_is_full(self, returned: Path, tmp_path: Path) -> None:
        (tmp_path / "汇总.xlsx").write_bytes(b"old")
        script = "import resource as r; r.setrlimit(r.RLIMIT_FSIZE, (9000, 9000)); from perfxl.cli import main; main()"
        for extra, code in (((), "C02"), (("--store", "库.db"), "S20")):
            command = [sys.executable, "-c", script, "consolidate", "收回", "-o", "汇总.xlsx", *extra]
            found = subprocess.run(command, capture_output=True, text=True, check=False, cwd=tmp_path)
            assert (found.returncode, found.stderr.strip()[-5:]) == (2, f"[{code}]"), found.stderr
            assert (tmp_path / "汇总.xlsx").read_bytes() == b"old"
        assert [each.suffix for each in tmp_path.iterdir() if each.is_file()] == [".xlsx"]

    def it_leaves_with_2_when_a_file_is_unreadable(self, returned: Path, tmp_path: Path) -> None:
        (returned / "空.xlsx").write_bytes(b"")
        found = perfxl("consolidate", "收回", "-o", "汇总.xlsx", cwd=tmp_path)
        assert found.returncode == 2
        assert "无法读取：" in found.stdout
        assert (tmp_path / "汇总.xlsx").exists()

    def it_goes_through_a_round(self, returned: Path, tmp_path: Path) -> None:
        def done(*arguments: str) -> str:
            found = perfxl(*arguments, cwd=tmp_path)
            assert (found.returncode, found.stderr) == (0, ""), found
            return found.stdout

        done("task", "new", "--year", "2023", "--round", "一上", "--deadline", "2023-03-10", "--ceilings", "max")
        (tmp_path / "task.key").unlink()  # these workbooks were never sealed
        done("roster", "template", "-o", "名册.xlsx")
        roster = openpyxl.load_workbook(tmp_path / "名册.xlsx")
        for at, number in enumerate(range(1, 6), 2):
            roster["单位"].cell(at, 1).value, roster["单位"].cell(at, 2).value = f"65700{number}", f"单位{number}"
        roster.save(tmp_path / "名册.xlsx")
        first = ("consolidate", "收回", "-o", "汇总.xlsx", "--store", "库.db", "--task", "task.toml", "--roster", "名册.xlsx")
        assert "名册 5 个单位，未报送 1 个，迟报 1 个" in done(*first)
        done("accept", "--store", "库.db", "--unit", "657003", "--reason", "已批复")
        done("consolidate", "收回", "-o", "汇总.xlsx", "--store", "库.db")
        shown = done("status", "库.db")
        assert "任务：2023年一上，截止 2023-03-10" in shown and "未报送：657005 单位5" in shown
        found = json.loads(done("status", "库.db", "--json"))
        assert found["states"] == {
            "accepted": 3,
            "with_hints": 1,
            "returned": 0,
            "superseded": 1,
            "unrecognised": 1,
            "unreadable": 0,
        }
        assert [each["state"] for each in found["units"]] == ["accepted", "accepted", "accepted", "with_hints", "missing"]

    def it_refuses_the_roster_of_another_year(self, returned: Path, tmp_path: Path) -> None:
        perfxl("task", "new", "--year", "2023", cwd=tmp_path)
        perfxl("roster", "template", "-o", "名册.xlsx", "--year", "2022", cwd=tmp_path)
        roster = openpyxl.load_workbook(tmp_path / "名册.xlsx")
        roster["单位"]["A2"].value, roster["单位"]["B2"].value = "657001", "单位1"
        roster.save(tmp_path / "名册.xlsx")
        arguments = ("consolidate", "收回", "-o", "汇总.xlsx", "--task", "task.toml", "--roster", "名册.xlsx")
        found = perfxl(*arguments, cwd=tmp_path)
        assert (found.returncode, found.stdout) == (2, "")
        assert "名册.xlsx 是 2022 年度的，任务是 2023 年度" in found.stderr

    def it_lets_the_officer_choose_the_file(self, returned: Path, tmp_path: Path) -> None:
        consolidate = ("consolidate", "收回", "-o", "汇总.xlsx", "--store", "库.db", "--json")
        perfxl(*consolidate, cwd=tmp_path)
        options = ("accept", "--store", "库.db", "--unit", "657002")
        assert perfxl(*options, "--reason", "以初稿为准", "--file", "657002.xlsx", cwd=tmp_path).returncode == 0
        found = {Path(each["file"]).name: each for each in json.loads(perfxl(*consolidate, cwd=tmp_path).stdout)["list"]}
        assert (found["657002.xlsx"]["state"], found["657002 修改.xlsx"]["state"]) == ("accepted", "superseded")
        assert "财政指定" in found["657002 修改.xlsx"]["reason"]
        assert perfxl(*options, "--withdraw", cwd=tmp_path).returncode == 0
        found = {Path(each["file"]).name: each["state"] for each in json.loads(perfxl(*consolidate, cwd=tmp_path).stdout)["list"]}
        assert (found["657002.xlsx"], found["657002 修改.xlsx"]) == ("superseded", "accepted")
        assert perfxl(*options, cwd=tmp_path).stderr.strip().endswith("[C03]")
        for extra, code in ((("--file", "无.xlsx"), "S34"), (("--unit", "999999"), "S33")):
            refused = perfxl(*options, "--reason", "x", *extra, cwd=tmp_path)
            assert (refused.returncode, refused.stderr.strip()[-5:]) == (2, f"[{code}]")

    @pytest.mark.parametrize(
        ("arguments", "code"),
        [
            (("status", "无.db"), "C01"),
            (("accept", "--store", "无.db", "--unit", "1", "--reason", "x"), "C01"),
            (("task", "new", "--year", "2023", "--deadline", "明天"), "F05"),
            (("task", "new", "--year", "2023", "--form", "无"), "F01"),
            (("roster", "template", "-o", "收回"), "C02"),
        ],
    )
    def it_refuses_a_round_that_is_not_there(self, returned: Path, tmp_path: Path, arguments: tuple[str, ...], code: str) -> None:
        found = perfxl(*arguments, cwd=tmp_path)
        assert (found.returncode, found.stdout) == (2, "")
        assert found.stderr.strip().endswith(f"[{code}]")
