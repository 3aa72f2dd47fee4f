"""The officer's way round: hand out, collect, consolidate, reissue, consolidate again; as commands."""

from __future__ import annotations

from pathlib import Path

import openpyxl
from test_handout import NAMES, roster_file, run
from units import run_here as done


def filled(path: Path, target: Path, fiscal: float, unit: str = "") -> None:
    """A workbook as a unit returns it; its one project is the roster's 修路."""
    book = openpyxl.load_workbook(path)
    if unit:
        book["封面"]["B3"].value = unit
    book["封面"]["B5"].value, book["封面"]["B6"].value = "王芳", "0315-6612345"
    sheet = book["项目01"]
    values = {"B3": "13028123T000000000001", "E4": fiscal, "I5": "修建道路。", "B8": "按时保质保量完成道路修建任务。"}
    values |= {"B7": 0.3, "D7": 0.6, "E7": 0.9, "G7": 1}
    for row in range(10, 28, 2):
        level2 = sheet.cell(row, 2).value
        operator = "≤" if level2 == "成本指标" else "≥"
        values |= {f"C{row}": f"{level2}修路完成率（%）", f"D{row}": "修路完成数占总数", f"F{row}": f"{operator}90%"}
        values |= {f"G{row}": "遵机编字（2019）5号文件"}
    for cell, value in values.items():
        sheet[cell].value = value
    target.parent.mkdir(exist_ok=True)
    book.save(target)


def it_goes_round_by_commands(tmp_path: Path) -> None:
    roster_file(tmp_path / "名册.xlsx")
    done("task", "new", "--year", "2023", cwd=tmp_path)
    done("template", "--task", "task.toml", "--roster", "名册.xlsx", "-o", "下发", cwd=tmp_path)
    filled(tmp_path / "下发" / NAMES[2], tmp_path / "收回" / "二所.xlsx", 11, unit="657003")

    checked = run("check", "收回/二所.xlsx", "--task", "task.toml", cwd=tmp_path)
    assert checked.returncode == 1 and "这份工作簿是发给“657002”的" in checked.stdout.replace("\n", "")
    options = ("收回", "-o", "汇总.xlsx", "--store", "库.db", "--task", "task.toml", "--roster", "名册.xlsx")
    done("consolidate", *options, cwd=tmp_path)
    assert "未报送：657002" not in done("status", "库.db", cwd=tmp_path)

    shown = done("reissue", "--store", "库.db", "--task", "task.toml", "-o", "退回", cwd=tmp_path)
    assert "1 处错误" in shown and "已重新下发 1 份" in shown
    book = openpyxl.load_workbook(tmp_path / "退回" / NAMES[2])
    assert book["退回意见"]["D2"].value == "P07"
    book["项目01"]["E4"].value = 12.5
    book.save(tmp_path / "收回" / "二所 改正.xlsx")
    (tmp_path / "收回" / "二所.xlsx").unlink()
    assert "收到 1 个文件：通过 1\n" in done("consolidate", *options, cwd=tmp_path)


def it_overwrites_nobodys_work(tmp_path: Path) -> None:
    roster_file(tmp_path / "名册.xlsx")
    done("task", "new", "--year", "2023", cwd=tmp_path)
    hand_out = ("template", "--task", "task.toml", "--roster", "名册.xlsx", "-o", "下发")
    done(*hand_out, cwd=tmp_path)
    done(*hand_out, cwd=tmp_path)  # what nobody has touched is made again
    filled(tmp_path / "下发" / NAMES[2], tmp_path / "下发" / NAMES[2], 11)
    work = (tmp_path / "下发" / NAMES[2]).read_bytes()
    found = run(*hand_out, cwd=tmp_path)
    assert (found.returncode, found.stderr.strip()[-5:]) == (2, "[C07]")
    assert (tmp_path / "下发" / NAMES[2]).read_bytes() == work

    again = ("reissue", f"下发/{NAMES[2]}", "--task", "task.toml", "-o", "退回")
    done(*again, cwd=tmp_path)
    mended = tmp_path / "退回" / NAMES[2]
    mended.write_bytes(work)
    found = run(*again, cwd=tmp_path)
    assert (found.returncode, "[C07]" in found.stdout, mended.read_bytes() == work) == (2, True, True)
    # A store knows what it was itself that wrote.
    mended.unlink()
    done("consolidate", "下发", "-o", "汇总.xlsx", "--store", "库.db", "--task", "task.toml", cwd=tmp_path)
    for _ in range(2):
        done(*again, "--store", "库.db", cwd=tmp_path)

    done("accept", "--store", "库.db", "--unit", "657002", "--reason", "已批复", cwd=tmp_path)
    done("consolidate", "下发", "-o", "汇总.xlsx", "--store", "库.db", "--task", "task.toml", cwd=tmp_path)
    assert "财政决定：657002 征收二所" in done("status", "库.db", cwd=tmp_path)


def it_answers_wrong_usage(tmp_path: Path) -> None:
    (tmp_path / "坏.xlsx").write_bytes(b"no")
    faults = (((), "S47"), (("无.xlsx",), "C01"), (("--store", "无.db"), "C01"), (("坏.xlsx", "--task", "无"), "C01"))
    for arguments, code in faults:
        found = run("reissue", *arguments, "-o", "退回", cwd=tmp_path)
        assert (found.returncode, found.stderr.strip()[-5:]) == (2, f"[{code}]"), found
    found = run("reissue", "坏.xlsx", "-o", "退回", cwd=tmp_path)
    assert (found.returncode, "没有重新下发" in found.stdout) == (2, True)
    assert not (tmp_path / "退回").exists()
