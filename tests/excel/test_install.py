"""Installing: a folder stands in for XLSTART, a file that cannot be replaced for an open Excel."""

from __future__ import annotations

import os
from pathlib import Path

import pytest
from typer.testing import CliRunner

from perfxl import __version__
from perfxl.cli.addin import addin as commands
from perfxl.errors import PerfxlError
from perfxl.excel.install import ADDIN_NAME, addin_version, install_addin, remember_python, start_folder, uninstall_addin
from perfxl.excel.sources import built_addin


class DescribeInstalling:
    def it_writes_the_addin_and_knows_its_version(self, tmp_path: Path) -> None:
        done = install_addin(built_addin().read_bytes(), tmp_path / "XLSTART")
        assert (done.path.name, done.replaced) == (ADDIN_NAME, "")
        assert done.path.read_bytes() == built_addin().read_bytes()
        assert addin_version(done.path) == __version__

    def it_replaces_an_older_one_and_leaves_nothing_beside(self, tmp_path: Path) -> None:
        (tmp_path / ADDIN_NAME).write_bytes(b"no package at all")
        assert install_addin(b"new", tmp_path).replaced == "?"
        assert [path.name for path in tmp_path.iterdir()] == [ADDIN_NAME]

    def it_says_to_close_excel_when_the_file_is_held(self, tmp_path: Path) -> None:
        # A folder in the file's place cannot be replaced either, on any system.
        (tmp_path / ADDIN_NAME / "held").mkdir(parents=True)
        with pytest.raises(PerfxlError, match="先关闭所有 Excel 窗口"):
            install_addin(b"new", tmp_path)
        assert [path.name for path in tmp_path.iterdir()] == [ADDIN_NAME]
        with pytest.raises(PerfxlError, match="A03"):
            uninstall_addin(tmp_path)

    def it_says_so_when_the_folder_is_a_file(self, tmp_path: Path) -> None:
        (tmp_path / "book.xlsx").write_bytes(b"x")
        with pytest.raises(PerfxlError, match="A03"):
            install_addin(b"new", tmp_path / "book.xlsx")
        assert not uninstall_addin(tmp_path / "book.xlsx")

    def it_uninstalls_once(self, tmp_path: Path) -> None:
        install_addin(b"x", tmp_path)
        assert (uninstall_addin(tmp_path), uninstall_addin(tmp_path)) == (True, False)

    def it_tells_the_addin_where_python_is(self, tmp_path: Path) -> None:
        written = remember_python(tmp_path / "perfxl", "/opt/python/bin/python3")
        assert written == tmp_path / "perfxl" / "python.txt"
        assert written.read_text("utf-8") == "/opt/python/bin/python3\n"

    @pytest.mark.skipif(os.name == "nt", reason="there is such a folder on Windows")
    def it_says_where_there_is_no_excel(self) -> None:
        with pytest.raises(PerfxlError, match="A02"):
            start_folder()


class DescribeTheCommands:
    def it_builds_installs_and_uninstalls(self, tmp_path: Path) -> None:
        run = CliRunner()
        made = tmp_path / "perfxl.xlam"
        folder = str(tmp_path / "XLSTART")
        built = run.invoke(commands, ["build", "-o", str(made)])
        assert built.output.startswith(f"已生成加载项 {made}（{__version__} 版")
        assert made.read_bytes() == built_addin().read_bytes()
        assert "请关闭并重新打开 Excel。" in run.invoke(commands, ["install", "--folder", folder]).output
        assert run.invoke(commands, ["uninstall", "--folder", folder]).output == "已卸载加载项。\n"
        assert run.invoke(commands, ["uninstall", "--folder", folder]).output == "没有安装加载项。\n"
