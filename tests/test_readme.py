"""Every command that README shows is run as it stands there."""

from __future__ import annotations

import io
import os
import re
import shlex
import shutil
import subprocess
import sys
from contextlib import redirect_stderr, redirect_stdout
from pathlib import Path

import pytest
import typer

from perfxl.cli import app, main
from tests.mail.others import a_mail_office

ROOT = Path(__file__).resolve().parents[1]
README = (ROOT / "README.md").read_text("utf-8")
SET_UP = re.findall(r"```bash\n(.*?)\n```", README, re.DOTALL)
BEFORE, BY_MAIL = README.split("## A round by mail\n")
BY_MAIL, AFTER = BY_MAIL.split("\n## ", 1)
WALK, MAIL_WALK = (re.findall(r"^\$ (.+)$", part, re.MULTILINE) for part in (BEFORE + AFTER, BY_MAIL))


def run(command: str, folder: Path) -> tuple[int, str]:
    """One line of README's console blocks, in this process."""
    program, *arguments = shlex.split(command)
    assert program == "perfxl"
    out = io.StringIO()
    with pytest.MonkeyPatch.context() as patch, redirect_stdout(out), redirect_stderr(out):
        patch.setattr(sys, "argv", ["perfxl", *arguments])
        patch.chdir(folder)
        with pytest.raises(SystemExit) as ended:
            main()
            sys.exit(0)
    return int(ended.value.code or 0), out.getvalue()


class DescribeReadme:
    def it_walks_from_template_to_publication(self, tmp_path: Path) -> None:
        failed = []
        for command in WALK:
            code, told = run(command, tmp_path)
            if code:
                failed.append((command, code, told))
        assert failed == []
        made = {path.name for path in tmp_path.rglob("*") if path.is_file() and not path.name.startswith(".")}
        assert {"空白填报表.xlsx", "657001.xlsx", "汇总.xlsx", "汇总库.db", "看板.html"} <= made

    def it_walks_a_round_by_mail(self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        """On local servers; between the officer's commands, others fill the roster and answer the letters."""
        with a_mail_office(tmp_path / "certificates", monkeypatch) as others:
            for command in MAIL_WALK:
                others.before(command, tmp_path)
                code, told = run(command, tmp_path)
                assert code == 0, (command, told)
        told = run("perfxl status 2023/汇总库.db", tmp_path)[1]
        assert re.search(r"│ 通过 +│ +3 │", told), told
        assert "未报送：657004" in told and "来件：报送 4" in told
        assert others.letters == {"下发": 4, "回执": 4, "退回": 1, "催报": 2}
        assert len(list((tmp_path / "2023/公开").glob("*.docx"))) == 1

    def it_lists_exactly_the_commands_that_exist(self) -> None:
        run("perfxl --version", ROOT)
        listed = re.findall(r"^\| `perfxl ([a-z]+)` \|", README, re.MULTILINE)
        assert sorted(listed) == sorted(typer.main.get_command(app).commands)  # type: ignore[attr-defined]

    def it_sets_up_an_environment_and_runs_the_demo_and_the_tests(self, tmp_path: Path) -> None:
        demo, tests = ([shlex.split(part) for part in block.split("&&")] for block in SET_UP)
        venv, install = ["python3", "-m", "venv", ".venv"], [".venv/bin/pip", "install", "-q", "-e"]
        assert demo == [venv, [*install, "."], [".venv/bin/perfxl", "demo"]]
        assert tests == [venv, [*install, ".[test,excel,addin]"], [".venv/bin/python", "-m", "pytest"]]
        code, told = run(" ".join(["perfxl", *demo[2][1:]]), tmp_path)
        assert (code, "预算数合计 10.85 万元" in told) == (0, True)
        subprocess.run([sys.executable, "-m", "pytest", "--version"], check=True, capture_output=True, timeout=60)

    def it_points_to_files_that_exist(self) -> None:
        links = re.findall(r"\]\(([^)#]+)\)", README)
        assert [link for link in links if not (ROOT / link).exists()] == []
        assert "docs/workbook.png" in links

    @pytest.mark.long
    def it_works_in_a_fresh_virtual_environment(self, tmp_path: Path) -> None:
        copy = tmp_path / "clone"
        subprocess.run(["git", "clone", "-q", str(ROOT), str(copy)], check=True, timeout=120)
        shutil.rmtree(copy / ".venv", ignore_errors=True)
        environment = {name: value for name, value in os.environ.items() if name != "VIRTUAL_ENV"}
        done = subprocess.run(
            ["bash", "-c", SET_UP[0]], cwd=copy, env=environment, capture_output=True, text=True, timeout=900, check=False
        )
        assert done.returncode == 0, done.stderr
        assert "预算数合计 10.85 万元" in done.stdout
