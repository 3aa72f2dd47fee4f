"""``perfxl addin``: build the Excel add-in, put it where Excel finds it, take it away."""

from __future__ import annotations

import os
import sys
from pathlib import Path
from typing import Annotated

import typer

from .. import __version__
from ..errors import PerfxlError, reason
from ..excel.build import build_addin
from ..excel.install import install_addin, remember_python, start_folder, uninstall_addin
from ..excel.sources import built_addin
from . import app

__all__ = ["addin"]

addin = typer.Typer(help="Excel 加载项：生成、安装、卸载。", no_args_is_help=True)
app.add_typer(addin, name="addin")

_FOLDER = typer.Option("--folder", metavar="DIR", help="放进此文件夹；不给时为 Excel 的启动文件夹（XLSTART）")


@addin.command("build")
def build(
    output: Annotated[Path, typer.Option("-o", "--output", metavar="FILE", help="写出的加载项")] = Path("perfxl.xlam"),
) -> None:
    """由源代码生成加载项（同样的源代码得到同样的文件）。"""
    content = build_addin()
    try:
        output.write_bytes(content)
    except OSError as fault:
        raise PerfxlError("C02", path=output, reason=reason(fault)) from None
    print(f"已生成加载项 {output}（{__version__} 版，{len(content) / 1024:.0f} KB）")


@addin.command("install")
def install(folder: Annotated[Path | None, _FOLDER] = None) -> None:
    """安装加载项：Excel 下次启动时出现“绩效目标”选项卡。"""
    done = install_addin(built_addin().read_bytes(), folder or start_folder())
    print(f"已安装加载项 {__version__} 版：{done.path}")
    if done.replaced and done.replaced != __version__:
        print("已替换原有的文件（版本不明）。" if done.replaced == "?" else f"已替换原有的 {done.replaced} 版。")
    if os.environ.get("APPDATA") and remember_python(Path(os.environ["APPDATA"]) / "perfxl", sys.executable):
        print("已启用需要 Python 的功能（深度校验、合并汇总、PX_ 函数）。")
    print("请关闭并重新打开 Excel。")


@addin.command("uninstall")
def uninstall(folder: Annotated[Path | None, _FOLDER] = None) -> None:
    """卸载加载项。"""
    print("已卸载加载项。" if uninstall_addin(folder or start_folder()) else "没有安装加载项。")
