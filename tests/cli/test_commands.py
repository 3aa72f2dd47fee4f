"""The real command in a process of its own: results, exit codes, and never a traceback."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import openpyxl
import pytest

from perfxl import __version__, cli
from tests.check import bad_files
from tests.check.hebei import changed, workbook
from tests.command import Done, perfxl


def process(*arguments: str | Path, **environment: str) -> Done:
    """Run ``perfxl`` in a process of its own, every warning an error."""
    code = "import sys; sys.argv[0] = 'perfxl'; from perfxl.cli import main; main()"
    command = [sys.executable, "-W", "error", "-c", code, *map(str, arguments)]
    variables = {**os.environ, "COLUMNS": "200", **environment}
    done = subprocess.run(command, env=variables, capture_output=True, encoding="utf-8", timeout=120, check=False)
    assert "Traceback" not in done.stderr + done.stdout
    return done


@pytest.fixture(scope="module")
def demo(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("demo")
    done = process("demo", folder)
    assert (done.returncode, done.stderr) == (0, "")
    return folder


SEED = "657001_遵化市房屋征收中心本级_2023.xlsx"


class DescribeTheCommands:
    def it_finds_every_command_in_its_module(self) -> None:
        # Only the module of the command that is asked for is imported.
        cli._register()
        every = {each.name or each.callback.__name__ for each in cli.app.registered_commands if each.callback}
        every |= {each.name for each in cli.app.registered_groups}
        assert every == set(cli._MODULES)
        for name, module in cli._MODULES.items():
            code = f"from perfxl import cli; cli._register({name!r}); import sys; print(*sorted(sys.modules))"
            if name in ("check", "dashboard"):
                loaded = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout.split()
                assert f"perfxl.cli.{module}" in loaded and "perfxl.cli.publish" not in loaded


class DescribeWrongUsage:
    @pytest.mark.parametrize(
        ("arguments", "message"),
        [
            (("check",), "缺少 FILE…。运行 perfxl check -h 查看用法。[C10]"),
            (("task", "new"), "缺少 --year。运行 perfxl task new -h 查看用法。[C10]"),
            (("publish", "x", "--forms", "y"), "没有选项 --forms，是不是 --form。运行 perfxl publish -h 查看用法。[C11]"),
            (("template", "--projects"), "选项 --projects 缺少值，或不能带值。运行 perfxl -h 查看用法。[C12]"),
            (("check", "x", "--json=1"), "选项 --json 缺少值，或不能带值。运行 perfxl -h 查看用法。[C12]"),
            (("template", "--projects", "两"), "--projects 的值不对，应为整数。运行 perfxl template -h 查看用法。[C13]"),
            (("chek", "x"), "没有命令 chek，是不是 check。运行 perfxl -h 查看有哪些命令。[C14]"),
            (("task", "nix"), "没有命令 nix。运行 perfxl task -h 查看有哪些命令。[C14]"),
        ],
    )
    def it_says_in_chinese_what_is_wrong(self, arguments: tuple[str, ...], message: str) -> None:
        done = perfxl(*arguments)
        assert (done.returncode, done.stdout, done.stderr) == (2, "", f"错误：{message}\n")

    def it_says_in_chinese_why_the_system_refused(self, tmp_path: Path) -> None:
        (tmp_path / "file").write_text("x")
        done = perfxl("demo", tmp_path / "file")
        assert (done.returncode, done.stdout) == (2, "")
        assert "：已有同名的文件。" in done.stderr and done.stderr.endswith("[C02]\n")

    def it_shows_the_commands_when_none_is_given(self) -> None:
        done = perfxl()
        assert done.returncode == 2
        assert "命令" in done.stdout and "consolidate" in done.stdout


class DescribeDemo:
    def it_goes_from_blank_template_to_consolidated_workbook(self, demo: Path) -> None:
        assert {path.name for path in demo.rglob("*.xlsx")} == {"空白填报表.xlsx", SEED, "绩效目标汇总表.xlsx"}
        book = openpyxl.load_workbook(demo / "绩效目标汇总表.xlsx", data_only=True)
        assert book.sheetnames[0] == "汇总表"
        cells = [cell.value for row in book["汇总表"] for cell in row]
        for figure in (0.85, 10, 10.85):
            assert figure in cells

    def it_says_where_everything_lies_and_what_was_found(self, tmp_path: Path) -> None:
        done = perfxl("demo", "结果", cwd=tmp_path)
        assert "4. 汇总表：结果/绩效目标汇总表.xlsx" in done.stdout.replace("\\", "/")
        assert "3. 校验：0 处错误" in done.stdout
        assert "2 个项目，18 条指标，预算数合计 10.85 万元" in done.stdout

    def it_prints_json_alone_when_asked(self, tmp_path: Path) -> None:
        made = json.loads(perfxl("demo", tmp_path / "d", "--json").stdout)
        assert Path(made["filled"]).name == SEED
        assert {finding["rule"] for finding in made["findings"]} >= {"R06"}


class DescribeTemplate:
    def it_prefills_and_locks_the_unit(self, tmp_path: Path) -> None:
        target = tmp_path / "深/657001.xlsx"
        done = perfxl(
            "template", "--unit", "657001=遵化市房屋征收中心本级", "--projects", "2", "--slots", "数量指标=6", "-o", target
        )
        assert (done.returncode, done.stderr) == (0, "")
        assert "2 张项目表" in done.stdout
        book = openpyxl.load_workbook(target)
        assert [(book["封面"][cell].value, book["封面"][cell].protection.locked) for cell in ("B3", "B4")] == [
            ("657001", True),
            ("遵化市房屋征收中心本级", True),
        ]
        assert "部门整体" in book.sheetnames
        names = dict(book["项目02"].defined_names.items())
        assert names["g_indicators_1"].attr_text == "'项目02'!$A$10:$H$15"

    def it_leaves_part_one_out_for_other_units(self, tmp_path: Path) -> None:
        perfxl("template", "--unit", "657002=遵化市房屋征收服务站", "-o", tmp_path / "b.xlsx")
        assert "部门整体" not in openpyxl.load_workbook(tmp_path / "b.xlsx").sheetnames

    @pytest.mark.parametrize(
        ("arguments", "code"),
        [
            (["--form", "hebei-1949"], "F01"),
            (["--form", "nowhere/form.toml"], "F01"),
            (["--unit", "657001"], "C03"),
            (["--unit", "65700=甲"], "C04"),
            (["--slots", "数量=6"], "C03"),
            (["--slots", "数量指标=x"], "C03"),
            (["--slots", "数量指标=0"], "C03"),
        ],
    )
    def it_refuses_wrong_usage_in_one_line(self, tmp_path: Path, arguments: list[str], code: str) -> None:
        done = perfxl("template", *arguments, "-o", tmp_path / "x.xlsx")
        assert (done.returncode, done.stdout, len(done.stderr.splitlines())) == (2, "", 1)
        assert done.stderr.startswith("错误：")
        assert f"[{code}]" in done.stderr
        assert list(tmp_path.iterdir()) == []

    def it_refuses_a_faulty_form_with_its_file_and_key(self, tmp_path: Path) -> None:
        form = tmp_path / "form.toml"
        form.write_text('[form]\nid = "x"\nversion = "1"\n', "utf-8")
        done = perfxl("template", "--form", form, "-o", tmp_path / "x.xlsx")
        assert done.returncode == 2
        assert f"{form}：" in done.stderr

    def it_refuses_an_output_that_cannot_be_written(self, tmp_path: Path) -> None:
        (tmp_path / "file").write_text("x")
        (tmp_path / "folder.xlsx").mkdir()
        for target in (tmp_path / "folder.xlsx", tmp_path / "file" / "x.xlsx"):
            done = perfxl("template", "-o", target)
            assert (done.returncode, "[C02]" in done.stderr) == (2, True)

    def it_refuses_a_name_that_is_no_workbooks(self, tmp_path: Path) -> None:
        for target in (tmp_path, tmp_path / "x.xls", Path("/dev/null")):
            done = perfxl("template", "-o", target)
            assert (done.returncode, "[C08]" in done.stderr) == (2, True)

    def it_does_not_overwrite_a_filled_workbook(self, demo: Path) -> None:
        filled = next((demo / "收回").glob("*.xlsx"))
        before = filled.read_bytes()
        for command in (("template", "-o", filled), ("consolidate", demo / "收回", "-o", filled)):
            done = perfxl(*command)
            assert (done.returncode, "[C07]" in done.stderr) == (2, True)
        assert filled.read_bytes() == before

    def it_builds_the_same_blank_again(self, tmp_path: Path) -> None:
        for name in ("a.xlsx", "b.xlsx"):
            perfxl("template", "-o", tmp_path / name)
        assert (tmp_path / "a.xlsx").read_bytes() == (tmp_path / "b.xlsx").read_bytes()


class DescribeCheck:
    def it_exits_with_0_on_hints(self, demo: Path) -> None:
        done = perfxl("check", demo / "收回")
        assert (done.returncode, done.stderr) == (0, "")
        assert "没有错误，2 处提示待说明" in done.stdout or "R06" in done.stdout

    def it_exits_with_1_on_errors_and_gives_json(self, tmp_path: Path) -> None:
        path = tmp_path / "a.xlsx"
        path.write_bytes(workbook(changed({"budget": 11.0})))
        done = perfxl("check", path, "--json")
        assert done.returncode == 1
        assert json.loads(done.stdout) == [
            {
                "file": str(path),
                "sheet": "项目01",
                "cell": "C4",
                "field": "budget",
                "rule": "P07",
                "severity": "error",
                "value": "11",
                "message": "预算数应等于财政资金与其他资金之和（差额 0.15 万元）",
            }
        ]

    @pytest.mark.parametrize("make", [lambda: b"", bad_files.plain_text, bad_files.someone_elses, lambda: bad_files.ole("x")])
    def it_exits_with_2_on_what_it_cannot_read(self, tmp_path: Path, make: object) -> None:
        path = tmp_path / "a.xlsx"
        path.write_bytes(make())  # type: ignore[operator]
        done = perfxl("check", path)
        assert (done.returncode, done.stderr) == (2, "")
        assert str(path) in done.stdout.replace("\n", "")

    def it_checks_the_rest_beside_an_unreadable_file(self, demo: Path, tmp_path: Path) -> None:
        (tmp_path / "bad.xlsx").write_bytes(b"")
        (tmp_path / "good.xlsx").write_bytes((demo / "收回" / SEED).read_bytes())
        (tmp_path / "~$good.xlsx").write_bytes(b"lock")
        done = perfxl("check", tmp_path, "--json")
        assert done.returncode == 2
        assert {Path(finding["file"]).name for finding in json.loads(done.stdout)} == {"bad.xlsx", "good.xlsx"}

    @pytest.mark.parametrize("arguments", [["nowhere.xlsx"], ["."]])
    def it_exits_with_2_where_there_is_no_file(self, tmp_path: Path, arguments: list[str]) -> None:
        done = perfxl("check", *arguments, cwd=tmp_path)
        assert (done.returncode, len(done.stderr.splitlines())) == (2, 1)

    def it_reads_a_named_pipe_as_no_file(self, tmp_path: Path) -> None:
        os.mkfifo(tmp_path / "pipe.xlsx")
        assert process("check", tmp_path / "pipe.xlsx").returncode == 2

    def it_shows_no_escape_sequences_of_a_hostile_file(self, tmp_path: Path) -> None:
        path = tmp_path / "a.xlsx"
        path.write_bytes(bad_files.text("C4", "[red]x_x001B_[31m"))
        done = perfxl("check", path)
        assert "\x1b" not in done.stdout
        assert "[red]x" in done.stdout


class DescribeConsolidate:
    def it_takes_one_of_two_workbooks_of_a_unit(self, demo: Path, tmp_path: Path) -> None:
        for name in ("一.xlsx", "二.xlsx"):
            (tmp_path / name).write_bytes((demo / "收回" / SEED).read_bytes())
        done = perfxl("consolidate", tmp_path, "-o", tmp_path / "out/汇总.xlsx", "--json")
        assert (done.returncode, done.stderr) == (0, "")
        assert json.loads(done.stdout)["files"] == 2
        sheet = openpyxl.load_workbook(tmp_path / "out/汇总.xlsx", data_only=True)["汇总表"]
        assert [cell.value for row in sheet for cell in row].count("安可计算机购置") == 1

    def it_leaves_the_old_output_alone_when_it_fails(self, tmp_path: Path) -> None:
        (tmp_path / "out.xlsx").write_bytes(b"old")
        done = perfxl("consolidate", tmp_path / "nowhere", "-o", tmp_path / "out.xlsx")
        assert (done.returncode, (tmp_path / "out.xlsx").read_bytes()) == (2, b"old")

    def it_refuses_a_folder_as_output(self, demo: Path, tmp_path: Path) -> None:
        done = perfxl("consolidate", demo / "收回", "-o", tmp_path)
        assert (done.returncode, "[C02]" in done.stderr) == (2, True)


class DescribeCommandLine:
    def it_speaks_utf_8_where_the_terminal_does_not(self, demo: Path) -> None:
        done = process("check", demo / "收回", PYTHONUTF8="0", PYTHONIOENCODING="ascii", LC_ALL="C")
        assert "提示" in done.stdout

    def it_tells_its_version(self) -> None:
        assert perfxl("--version").stdout == f"perfxl {__version__}\n"

    @pytest.mark.parametrize("arguments", [["nonsense"], ["check"], ["template"], ["template", "--projects", "0", "-o", "x"]])
    def it_exits_with_2_on_wrong_usage(self, arguments: list[str]) -> None:
        assert perfxl(*arguments).returncode == 2
