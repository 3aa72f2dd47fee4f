"""Handing out: one personalised, sealed workbook for every unit of the roster."""

from __future__ import annotations

import csv
import hashlib
import io
import os
from pathlib import Path

import openpyxl
import pytest

from perfxl.check import read_submission
from perfxl.consolidate.keys import find_ring
from perfxl.consolidate.task import load_task
from perfxl.post.names import workbook_name
from tests.command import Done, perfxl

ROSTER = """单位编码,单位名称,主管部门名称,是否本级,归口股室
657001,遵化市房屋征收中心本级,房屋征收中心,是,经建股
657002,征收二所,,,经建股
301001,教育局,,,教科文股
"""
PROJECTS = """单位编码,项目编码,项目名称,预算控制数（万元）
657001,13028123P00028410002W,安可计算机购置,0.85
657001,13028123P00028210002H,房屋征收经费,10
657002,,修路,12.5
301001,,,100
"""


def run(*arguments: object, cwd: Path) -> Done:
    return perfxl(*arguments, cwd=cwd)


def done(*arguments: object, cwd: Path) -> str:
    found = run(*arguments, cwd=cwd)
    assert (found.returncode, found.stderr) == (0, ""), found
    return found.stdout


def roster_file(path: Path) -> Path:
    book = openpyxl.Workbook()
    for title, text in (("单位", ROSTER), ("项目", PROJECTS)):
        sheet = book.create_sheet(title)
        for row in csv.reader(io.StringIO(text)):
            sheet.append(row)
    book.save(path)
    return path


@pytest.fixture(scope="module")
def handed_out(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("下发")
    roster_file(folder / "名册.xlsx")
    done("task", "new", "--year", "2023", cwd=folder)
    done("template", "--task", "task.toml", "--roster", "名册.xlsx", "--jobs", "2", "-o", "下发", cwd=folder)
    return folder


NAMES = ["301001_教育局_2023.xlsx", "657001_遵化市房屋征收中心本级_2023.xlsx", "657002_征收二所_2023.xlsx"]


class DescribeHandingOut:
    def it_makes_a_workbook_per_unit_and_a_manifest(self, handed_out: Path) -> None:
        assert sorted(each.name for each in (handed_out / "下发").iterdir()) == [*NAMES, "下发清单.csv"]
        rows = list(csv.DictReader(io.StringIO((handed_out / "下发" / "下发清单.csv").read_text("utf-8-sig"))))
        assert [row["文件"] for row in rows] == NAMES
        for row in rows:
            assert row["SHA-256"] == hashlib.sha256((handed_out / "下发" / row["文件"]).read_bytes()).hexdigest()
        ring = find_ring(handed_out / "task.toml", load_task(handed_out / "task.toml"))
        found = [read_submission(handed_out / "下发" / name, ring=ring) for name in NAMES]
        assert [each.seal.id for each in found if each.seal] == [row["封签"] for row in rows]
        assert [each.unit_code for each in found] == ["301001", "657001", "657002"]
        assert [each.rule for submission in found for each in submission.findings if each.rule.startswith("I")] == []

    def it_prefills_and_locks_what_the_roster_says(self, handed_out: Path) -> None:
        book = openpyxl.load_workbook(handed_out / "下发" / NAMES[1])
        assert [each for each in book.sheetnames if book[each].sheet_state == "visible"] == [
            *("封面", "部门整体", "项目01", "项目02", "项目03", "项目04", "校验", "填报说明"),
        ]
        first, spare = book["项目01"], book["项目03"]
        assert [first[cell].value for cell in ("B3", "E3", "C4")] == ["13028123P00028410002W", "安可计算机购置", 0.85]
        assert [first[cell].protection.locked for cell in ("B3", "E3", "C4", "E4")] == [True, True, True, False]
        assert [spare[cell].protection.locked for cell in ("B3", "E3", "C4", "E4")] == [False, False, False, False]
        assert [book["封面"][cell].protection.locked for cell in ("B3", "B4", "B5")] == [True, True, False]

    def it_gives_part_one_to_the_lead_alone(self, handed_out: Path) -> None:
        have = {name[:6]: "部门整体" in openpyxl.load_workbook(handed_out / "下发" / name).sheetnames for name in NAMES}
        assert have == {"301001": True, "657001": True, "657002": False}

    def it_makes_the_same_parts_again(self, handed_out: Path, tmp_path: Path) -> None:
        again = ("template", "--task", "task.toml", "--roster", "名册.xlsx", "--jobs", "1", "-o", tmp_path)
        done(*again, cwd=handed_out)
        for name in NAMES:
            assert (tmp_path / name).read_bytes() == (handed_out / "下发" / name).read_bytes()

    def it_leaves_the_amount_open_where_it_may_stay_below_the_ceiling(self, tmp_path: Path) -> None:
        roster_file(tmp_path / "名册.xlsx")
        done("task", "new", "--year", "2023", "--ceilings", "max", cwd=tmp_path)
        done("template", "--task", "task.toml", "--roster", "名册.xlsx", "-o", "下发", cwd=tmp_path)
        sheet = openpyxl.load_workbook(tmp_path / "下发" / NAMES[1])["项目01"]
        assert (sheet["C4"].value, sheet["C4"].protection.locked) == (0.85, False)

    def it_carries_last_year_over(self, handed_out: Path, tmp_path: Path) -> None:
        folder = tmp_path / "上年"
        folder.mkdir()
        book = openpyxl.load_workbook(handed_out / "下发" / NAMES[2])
        book["封面"]["B5"].value = "王芳"
        sheet = book["项目01"]
        sheet["B3"].value = "13028123T000000000001"
        sheet["C4"].value, sheet["E4"].value = 7, 7
        sheet["B8"].value = "按时保质保量完成道路修建。"
        sheet["C10"].value = "修路里程"
        book.save(folder / "二所.xlsx")
        done("consolidate", folder, "-o", "汇总.xlsx", "--store", "上年.db", cwd=tmp_path)
        # Returned submissions do not count; the officer accepts this one.
        done("accept", "--store", "上年.db", "--unit", "657002", "--reason", "上年已批复", cwd=tmp_path)
        done("consolidate", folder, "-o", "汇总.xlsx", "--store", "上年.db", cwd=tmp_path)
        task = handed_out / "task.toml"
        options = ("--task", task, "--roster", handed_out / "名册.xlsx", "--last-year", "上年.db")
        shown = done("template", *options, "-o", "新", cwd=tmp_path)
        assert "带入上年内容的单位 1 个" in shown
        found = openpyxl.load_workbook(tmp_path / "新" / NAMES[2])
        assert found["封面"]["B5"].value == "王芳"
        values = [found["项目01"][cell].value for cell in ("B3", "E3", "C4", "E4", "B8", "C10")]
        assert values == ["13028123T000000000001", "修路", 12.5, None, "按时保质保量完成道路修建。", "修路里程"]
        ring = find_ring(task, load_task(task))
        assert read_submission(tmp_path / "新" / NAMES[2], ring=ring).seal is not None


class DescribeWrongUsage:
    @pytest.mark.parametrize(
        ("change", "arguments", "code"),
        [
            (lambda at: (at / "task.key").unlink(), ("--roster", "名册.xlsx"), "S40"),
            (lambda at: (at / "task.key").write_text("{}"), ("--roster", "名册.xlsx"), "S41"),
            (lambda at: None, (), "C03"),
            (lambda at: None, ("--roster", "无.xlsx"), "C01"),
            (lambda at: None, ("--roster", "名册.xlsx", "--last-year", "无.db"), "C01"),
            (lambda at: (at / "名册.csv").write_text(PROJECTS), ("--roster", "名册.csv"), "S45"),
            (lambda at: (at / "下发").write_text(""), ("--roster", "名册.xlsx"), "C02"),
            (lambda at: None, ("--roster", "名册.xlsx", "--unit", "657001=甲"), "C03"),
        ],
    )
    def it_is_answered_with_nothing_written(self, change, arguments, code: str, tmp_path: Path) -> None:  # type: ignore[no-untyped-def]
        roster_file(tmp_path / "名册.xlsx")
        done("task", "new", "--year", "2023", cwd=tmp_path)
        change(tmp_path)
        before = sorted(tmp_path.rglob("*"))
        found = run("template", "--task", "task.toml", *arguments, "-o", "下发", cwd=tmp_path)
        assert (found.returncode, found.stdout, found.stderr.strip()[-5:]) == (2, "", f"[{code}]"), found
        assert sorted(tmp_path.rglob("*")) == before

    def it_never_replaces_a_key(self, tmp_path: Path) -> None:
        done("task", "new", "--year", "2023", cwd=tmp_path)
        key = (tmp_path / "task.key").read_bytes()
        assert (tmp_path / "task.key").stat().st_mode & 0o777 == 0o600
        (tmp_path / "task.toml").unlink()
        assert run("task", "new", "--year", "2023", cwd=tmp_path).stderr.strip().endswith("[S44]")
        assert (tmp_path / "task.key").read_bytes() == key
        assert not (tmp_path / "task.toml").exists()

    def it_keeps_the_old_key_when_it_is_rotated(self, tmp_path: Path) -> None:
        done("task", "new", "--year", "2023", cwd=tmp_path)
        assert "现有 2 个" in done("task", "rotate-key", cwd=tmp_path)
        ring = find_ring(tmp_path / "task.toml", load_task(tmp_path / "task.toml"))
        assert ring is not None and len({each.secret for each in ring.keys}) == len({each.password for each in ring.keys}) == 2
        assert (tmp_path / "task.key").stat().st_mode & 0o777 == 0o600


class DescribeTheName:
    def it_is_one_that_windows_takes(self) -> None:
        assert workbook_name("657001", "遵化市 房屋/征收:中心*本级.", 2023) == "657001_遵化市房屋_征收_中心_本级_2023.xlsx"
        assert len(os.fsencode(workbook_name("657001", "长" * 500, 2023))) < 250
