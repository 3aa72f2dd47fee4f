"""A folder as it may arrive: things that are no files, files that cannot be opened, and names that no program expects."""

from __future__ import annotations

import os
import socket
import sys
from pathlib import Path

from tests.check.bad_files import seed

__all__ = ["lay_out"]

NAMES = (
    "😀 绩效（最终版）(3).xlsx",
    "带\n换行.xlsx",
    "\u202exslx.单位.xlsx",
    " 前后空格 .xlsx",
    "-o.xlsx",
    "--json.xlsx",
    "%2e%2e%2f.xlsx",
    "a'b\"c`d$(e);f&g|h.xlsx",
    "#井号?问号.xlsx",
    "CON.xlsx",
    "=HYPERLINK(1).xlsx",
    "[red]标记.xlsx",
    "无\u200b宽.xlsx",
    "x" * 250 + ".xlsx",
    "𠮷" * 62 + ".xlsx",
    "大写.XLSX",
    "a.b.c.xlsx.xlsx",
)
"""Each holds a good workbook."""

RAW = ("单位报表.xlsx".encode("gbk"), b"\xff\xfe.xlsx")
"""Names that are no UTF-8."""


def lay_out(folder: Path) -> dict[str, str]:
    """Fill a folder; what is to come of each file by name: a code, "" where it is read, "-" where it is no submission."""
    told: dict[str, str] = {}
    for name in NAMES:
        (folder / name).write_bytes(seed())
        told[name] = ""
    if sys.platform == "linux":
        for raw in RAW:
            Path(os.fsdecode(os.fsencode(folder) + b"/" + raw)).write_bytes(seed())
    (folder / "文件夹.xlsx").mkdir()
    (folder / "空文件夹.xlsx" / "再一层.xlsx").mkdir(parents=True)
    os.mkfifo(folder / "管道.xlsx")
    (folder / "断链.xlsx").symlink_to("没有.xlsx")
    (folder / "环.xlsx").symlink_to("环.xlsx")
    (folder / "上级").symlink_to(folder, target_is_directory=True)
    (folder / "设备.xlsx").symlink_to("/dev/zero")
    with socket.socket(socket.AF_UNIX) as made:
        here = Path.cwd()
        os.chdir(folder)  # a socket's path is short
        try:
            made.bind("套接字.xlsx")
        finally:
            os.chdir(here)
    with (folder / "600 MB.xlsx").open("wb") as file:
        file.truncate(600_000_000)
    told |= dict.fromkeys(("管道.xlsx", "断链.xlsx", "环.xlsx", "设备.xlsx", "套接字.xlsx"), "I14") | {"600 MB.xlsx": "I10"}
    if os.geteuid() != 0:
        (folder / "无权限.xlsx").write_bytes(seed())
        (folder / "无权限.xlsx").chmod(0)
        told["无权限.xlsx"] = "I14"
    for name in ("~$657001.xlsx", ".~lock.a.xlsx#", "._657001.xlsx", "Thumbs.db", "下载中.xlsx.crdownload", "半个.xlsx.part"):
        (folder / name).write_bytes(b"x")
        told[name] = "-"
    return told
