"""The page as a file: nothing fetched, nothing run that is not listed, texts stay texts, the same twice."""

from __future__ import annotations

import base64
import hashlib
import json
import re
import sqlite3
import subprocess
import sys
import zlib
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from perfxl.dashboard import make_dashboard
from perfxl.dashboard.columns import folder_of
from perfxl.dashboard.page import APP, dashboard_folder, libraries
from perfxl.errors import PerfxlError
from perfxl.form.library import templates_folder
from tests.dashboard.made_rounds import AS_OF, MadeRound, keep, returned, roster_of, units, usual


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> MadeRound:
    return usual(tmp_path_factory.mktemp("round") / "汇总库.db", 12)


def block(page: str, name: str) -> dict[str, Any]:
    """A data block as the page's program reads it."""
    found = re.search(rf'<script type="application/octet-stream" id="data-{name}">([^<]*)</script>', page)
    assert found
    return json.loads(zlib.decompress(base64.b64decode(found[1])))


class DescribePage:
    def it_is_the_same_twice(self, made: MadeRound) -> None:
        one, other = (make_dashboard(made.store).content for _ in range(2))
        assert one == other
        later = make_dashboard(made.store, as_of=datetime(2024, 1, 1, tzinfo=UTC)).content
        assert block(later.decode(), "first")["meta"]["made"] == "2024-01-01 08:00"
        assert block(one.decode(), "first")["meta"]["made"] == f"{AS_OF:%Y-%m-%d} 17:30"

    def it_lists_the_hash_of_every_script_and_style_and_allows_nothing_else(self, made: MadeRound) -> None:
        page = make_dashboard(made.store).content.decode()
        policy = re.search(r'http-equiv="Content-Security-Policy" content="([^"]*)"', page)
        assert policy
        rules = dict(rule.strip().split(" ", 1) for rule in policy[1].split(";"))
        assert rules["default-src"] == "'none'"
        assert set(rules) == {"default-src", "script-src", "style-src", "img-src", "base-uri", "form-action"}
        for element, rule in (("script", "script-src"), ("style", "style-src")):
            texts = re.findall(rf"<{element}>(.*?)</{element}>", page, re.DOTALL)
            hashes = [f"'sha256-{base64.b64encode(hashlib.sha256(each.encode()).digest()).decode()}'" for each in texts]
            assert rules[rule].split() == hashes
            assert hashes

    def it_points_to_nothing_outside_itself(self, made: MadeRound) -> None:
        page = make_dashboard(made.store).content.decode()
        body = re.sub(r"<(script|style)>.*?</\1>", "", page, flags=re.DOTALL)
        assert re.findall(r'(?:src|href)="([^"]*)"', body) == ["data:,", "#main"]
        assert "sourceMappingURL" not in page

    def it_holds_texts_only_inside_packed_data(self, tmp_path: Path) -> None:
        unit = units(1)[0]
        for sheet in unit.book.sheets:
            sheet.raws = {name: "</script><b>x" if isinstance(raw, str) else raw for name, raw in sheet.raws.items()}
        unit.book.cover.raws["unit_name"] = "</script><b>x"
        page = make_dashboard(keep(tmp_path / "库.db", [returned(unit)]).store).content.decode()
        assert "<b>x" not in page
        assert "</script><b>x" in block(page, "rest")["pool"]

    def it_drops_what_no_page_can_carry(self, tmp_path: Path) -> None:
        unit = units(1)[0]
        unit.book.cover.raws["unit_name"] = "甲\u202e乙\x00丙\ud800"
        pool = block(make_dashboard(keep(tmp_path / "库.db", [returned(unit)]).store).content.decode(), "first")["pool"]
        assert "甲乙丙" in {each.replace("\ufffd", "") for each in pool}

    @pytest.mark.parametrize(
        ("files", "folder"),
        [
            (["/home/liu/收回/县/a.xlsx", "/home/liu/收回/b.xlsx", "补报/c.xlsx"], "/home/liu/收回/"),
            (["/home/liu/收回/a.xlsx"], "/home/liu/收回/"),
            (["C:\\Users\\liu\\收回\\a.xlsx", "C:\\Users\\liu\\退回\\b.xlsx"], "C:\\Users\\liu\\"),
            (["\\\\server\\股\\收回\\a.xlsx", "\\\\server\\股\\收回\\b.xlsx"], "\\\\server\\股\\收回\\"),
            (["/home/liu/县.zip/单位/a.xlsx", "/home/liu/县.zip/单位/b.xlsx"], "/home/liu/"),
            (["/a/1.xlsx", "/b/2.xlsx"], ""),
            (["C:\\1.xlsx", "C:\\2.xlsx"], ""),
            (["C:\\收回\\1.xlsx", "D:\\收回\\2.xlsx"], ""),
            (["收回/a.xlsx", "收回/b.xlsx"], ""),
            ([], ""),
        ],
    )
    def it_finds_the_folder_of_the_files(self, files: list[str], folder: str) -> None:
        assert folder_of(files) == folder

    def it_does_not_tell_where_files_lie_on_the_machine(self, tmp_path: Path) -> None:
        made, home = units(3), "/home/liu/桌面/收回"
        files = [replace(returned(each), file=f"{home}/{each.unit.code}.xlsx") for each in made]
        files += [replace(returned(made[0], later=1), file=f"{home}/补报/{made[0].unit.code}.xlsx")]
        last = keep(tmp_path / "上年.db", [replace(each, file=each.file.replace("liu", "wang")) for each in files[:2]])
        made_round = keep(tmp_path / "库.db", files, roster=roster_of(made))
        page = make_dashboard(made_round.store, last_year=last.store).content.decode()
        texts = [*block(page, "first")["pool"], *block(page, "rest")["pool"]]
        assert [each for each in texts if "/home" in each] == []
        code = made[0].unit.code
        assert {f"{code}.xlsx", f"补报/{code}.xlsx", f"由较新的“补报/{code}.xlsx”取代"} <= set(texts)

    def it_runs_every_part_of_its_program(self) -> None:
        assert sorted(APP) == sorted(path.stem for path in (dashboard_folder() / "app").glob("*.js"))

    def it_names_no_field_of_any_form_in_its_program(self) -> None:
        texts = [path.read_text("utf-8") for path in (dashboard_folder() / "app").glob("*.js")]
        texts += [path.read_text("utf-8") for path in Path(__file__).parents[2].joinpath("perfxl", "dashboard").glob("*.py")]
        labels = ("预算数", "财政资金", "三级指标", "指标值", "plan_mar", "U03", "X04", "P07")
        assert [label for label in labels for text in texts if re.search(rf"""["'`]{label}["'`]""", text)] == []


class DescribeVendoredLibraries:
    def it_keeps_them_as_they_were_published(self) -> None:
        folder = dashboard_folder() / "vendor"
        for each in libraries():
            assert hashlib.sha256((folder / each.file).read_bytes()).hexdigest() == each.sha256, each.name
            assert each.package.endswith(f"@{each.version}")

    def it_ships_their_licences_and_nothing_unlisted(self) -> None:
        folder = dashboard_folder() / "vendor"
        files = {path.name for path in folder.iterdir()}
        licences = {each for each in files if each.endswith(".txt")}
        assert {
            "fflate-LICENSE.txt",
            "echarts-LICENSE.txt",
            "echarts-NOTICE.txt",
            "echarts-LICENSE-d3.txt",
            "tabulator-LICENSE.txt",
        } == licences
        assert files - licences - {"libraries.toml"} == {each.file for each in libraries()}

    def it_takes_their_licences_along(self, made: MadeRound) -> None:
        page = make_dashboard(made.store).content.decode()
        for path in (dashboard_folder() / "vendor").glob("*.txt"):
            assert path.read_text("utf-8").strip() in page

    def it_lies_where_the_wheel_takes_it_from(self) -> None:
        assert dashboard_folder().parent == templates_folder()


def run(*arguments: object, cwd: Path) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "perfxl", *map(str, arguments)], cwd=cwd, capture_output=True, text=True, check=False, timeout=60
    )


class DescribeCommand:
    def it_writes_the_page_and_tells_shortly(self, made: MadeRound, tmp_path: Path) -> None:
        done = run("dashboard", made.store, "-o", "看板.html", "--json", cwd=tmp_path)
        assert (done.returncode, done.stderr) == (0, "")
        told = json.loads(done.stdout)
        content = (tmp_path / "看板.html").read_bytes()
        assert (told["output"], told["bytes"], told["projects"]) == ("看板.html", len(content), len(made.dataset.projects))
        assert content == make_dashboard(made.store).content

    @pytest.mark.parametrize(
        ("store", "output", "more", "code"),
        [
            ("没有.db", "看板.html", (), "C01"),
            ("空.db", "看板.html", (), "S35"),
            ("新.db", "看板.html", (), "S22"),
            ("文.db", "看板.html", (), "S21"),
            ("好.db", "看板.xlsx", (), "C03"),
            ("好.db", "文.db/看板.html", (), "C02"),
            ("好.db", "看板.html", ("--last-year", "空.db"), "S35"),
            ("好.db", "看板.html", ("--last-year", "没有.db"), "C01"),
            ("好.db", "看板.html", ("--as-of", "昨天"), "C03"),
        ],
    )
    def it_refuses_in_one_line_and_leaves_the_old_page(
        self, made: MadeRound, tmp_path: Path, store: str, output: str, more: tuple[str, ...], code: str,
        capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch,
    ) -> None:  # fmt: skip
        from perfxl.cli import main

        keep(tmp_path / "空.db", [])
        with sqlite3.connect(tmp_path / "空.db") as connection:
            connection.execute("DELETE FROM run")
        (tmp_path / "新.db").write_bytes((tmp_path / "空.db").read_bytes())
        with sqlite3.connect(tmp_path / "新.db") as connection:
            connection.execute("PRAGMA user_version = 99")
        (tmp_path / "文.db").write_text("不是数据库", "utf-8")
        (tmp_path / "好.db").write_bytes(made.store.read_bytes())
        (tmp_path / "看板.html").write_text("旧", "utf-8")
        monkeypatch.chdir(tmp_path)
        monkeypatch.setattr(sys, "argv", ["perfxl", "dashboard", store, "-o", output, *more])
        with pytest.raises(SystemExit) as ended:
            main()
        told = capsys.readouterr().err
        assert (ended.value.code, f"[{code}]" in told, told.count("\n")) == (2, True, 1)
        assert (tmp_path / "看板.html").read_text("utf-8") == "旧"

    def it_refuses_a_store_whose_form_is_not_at_hand(self, made: MadeRound, tmp_path: Path) -> None:
        other = tmp_path / "他.db"
        other.write_bytes(made.store.read_bytes())
        with sqlite3.connect(other) as connection:
            connection.execute("UPDATE task SET form_version = 9")
        with pytest.raises(PerfxlError, match="F15"):
            make_dashboard(other)
        assert make_dashboard(made.store, last_year=other).changes is not None  # of last year's form the values are enough
