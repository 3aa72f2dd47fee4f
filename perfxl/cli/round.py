"""``perfxl task``, ``perfxl roster``, ``perfxl accept``, ``perfxl status``: a round of reporting."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console
from rich.table import Table

from ..consolidate.content import Content
from ..consolidate.dataset import Dataset
from ..consolidate.keys import key_path, needed_ring, new_ring, rotated, write_ring
from ..consolidate.ledger import choose, force, forget, form_meant, handed_of, last_run, remembered, stated
from ..consolidate.mail import EnclosureState, Fate, MailKind
from ..consolidate.output import write_complete
from ..consolidate.roster_template import roster_template
from ..consolidate.run import dataset_json, printed
from ..consolidate.standing import Standing, office_tallies, standings
from ..consolidate.states import WINNING
from ..consolidate.store import Store
from ..consolidate.task import Ceilings, Hints, Task, load_task, read_task, write_task
from ..consolidate.unit_mail import MailTally, mail_json, mail_tally
from ..errors import PerfxlError
from ..form.library import find_form
from ..rules.values import squash
from . import app

__all__ = ["accept", "roster_app", "status", "task_app"]

task_app = typer.Typer(help="任务：一个预算年度的一轮报送。", no_args_is_help=True)
roster_app = typer.Typer(help="单位名册：应报单位、项目和预算控制数。", no_args_is_help=True)
app.add_typer(task_app, name="task")
app.add_typer(roster_app, name="roster")

StoreArgument = Annotated[Path, typer.Argument(metavar="STORE", help="汇总库文件")]
StoreOption = Annotated[Path, typer.Option("--store", metavar="FILE", help="汇总库文件")]
JsonOption = Annotated[bool, typer.Option("--json", help="输出 JSON")]


def _say(text: str) -> None:
    Console(highlight=False, soft_wrap=True).print(text, markup=False)


@task_app.command("new")
def new_task(
    year: Annotated[int, typer.Option("--year", help="预算年度，如 2023")],
    output: Annotated[Path, typer.Option("-o", "--output", metavar="FILE", help="写出的任务文件")] = Path("task.toml"),
    form: Annotated[str, typer.Option("--form", metavar="ID", help="表样")] = "hebei-2023",
    round_name: Annotated[str, typer.Option("--round", help="轮次，如 一上、二上、调整")] = "一上",
    deadline: Annotated[str, typer.Option("--deadline", help="截止日期或时间（北京时间），如 2022-10-31")] = "",
    ceilings: Annotated[Ceilings, typer.Option("--ceilings", help="预算数与控制数：equal 相等，max 不超过")] = Ceilings.EQUAL,
    hints: Annotated[Hints, typer.Option("--hints", help="提示：explain 须说明，free 不要求")] = Hints.EXPLAIN,
) -> None:
    """新建任务文件 task.toml，并在旁边生成密钥文件 task.key（只有本人可读，不要外发，请备份）。"""
    found = find_form(form)
    if output.exists():
        raise PerfxlError("S32", path=output)
    key = (found.id, found.version)
    task = Task(form=key, year=year, round=round_name, deadline=deadline, ceilings=ceilings, hints=hints)
    text = write_task(task)
    read_task(text, str(output))
    keys = key_path(output)
    if keys.exists():
        raise PerfxlError("S44", path=keys)
    write_ring(keys, new_ring(task, datetime.now(UTC).astimezone()))
    try:
        write_complete(output, text.encode("utf-8"))
    except PerfxlError:
        keys.unlink()
        raise
    _say(f"已建立任务：{task.title}，表样 {found.id} 第 {found.version} 版：{output}")
    _say(f"密钥文件：{keys}（用于封签和工作表保护，不要外发，请备份）")


@task_app.command("rotate-key")
def rotate_key(
    task: Annotated[Path, typer.Argument(metavar="TASK", help="任务文件 task.toml")] = Path("task.toml"),
) -> None:
    """更换密钥和保护密码：此后下发的用新密钥，已下发的仍可核对。"""
    ring = rotated(needed_ring(task, load_task(task)), datetime.now(UTC).astimezone())
    write_ring(key_path(task), ring)
    _say(f"已更换密钥，现有 {len(ring.keys)} 个，新下发的用 {ring.current.id}：{key_path(task)}")


@roster_app.command("template")
def template(
    output: Annotated[Path, typer.Option("-o", "--output", metavar="FILE", help="写出的空白名册")] = Path("单位名册.xlsx"),
    year: Annotated[int, typer.Option("--year", help="预算年度，写进名册，汇总时与任务核对")] = 0,
) -> None:
    """写出空白的单位名册，填好后交给 perfxl consolidate --roster。"""
    write_complete(output, roster_template(datetime.now(UTC).astimezone(), year))
    _say(f"空白名册：{output}")


@app.command()
def accept(
    store: StoreOption,
    unit: Annotated[str, typer.Option("--unit", metavar="CODE", help="单位编码")],
    reason: Annotated[str, typer.Option("--reason", help="理由，记入汇总库并显示在文件清单中")] = "",
    file: Annotated[str, typer.Option("--file", metavar="NAME", help="采用该单位的哪一份文件；不给时为当前一份")] = "",
    withdraw: Annotated[bool, typer.Option("--withdraw", help="撤回对该单位的决定")] = False,
) -> None:
    """采用一个单位有错误的报送，或指定采用哪一份；下次汇总时生效。"""
    if withdraw:
        with _existing(store) as opened:
            forget(opened, unit)
        _say(f"已撤回对 {unit} 的决定。请重新运行 perfxl consolidate。")
        return
    if not squash(reason):
        raise PerfxlError("C03", option="--reason", found="空白", expected="采用的理由")
    with _existing(store) as opened:
        content = _chosen(opened, unit, file)
        if file:
            choose(opened, unit, content.sha256, reason)
        force(opened, unit, content.sha256, reason)
    _say(f"已记录：{unit} {content.unit_name} 采用“{content.file}”，理由：{reason}。请重新运行 perfxl consolidate。")


def _existing(path: Path, *, read_only: bool = False) -> Store:
    if not path.is_file():
        raise PerfxlError("C01", path=path)
    return Store(path, read_only=read_only)


def _chosen(store: Store, unit: str, file: str) -> Content:
    mine = [each for each in stated(store) if each.unit_code == unit]
    if not mine:
        raise PerfxlError("S33", unit=unit)
    if not file:
        mine = [each for each in stated(store, WINNING) if each.unit_code == unit]
        return mine[0]
    found = [each for each in mine if each.file == file] or [each for each in mine if Path(each.file).name == file]
    if len(found) != 1:
        raise PerfxlError("S34", unit=unit, name=file)
    return found[0]


@app.command()
def status(store: StoreArgument, as_json: JsonOption = False) -> None:
    """一轮报送的情况：谁报了、谁没报、各状态的文件和金额。"""
    with _existing(store, read_only=True) as opened:
        run = last_run(opened)
        if run is None and not handed_of(opened) and mail_tally(opened) is None:
            raise PerfxlError("S35", path=store)
        dataset = remembered(opened, form_meant(opened))
        mail = mail_tally(opened)
    if as_json:
        when = {"as_of": run.as_of, "output": run.output} if run else {"as_of": "", "output": ""}
        posted = {"mail": mail_json(mail)} if mail else {}
        print(json.dumps({**when, **dataset_json(dataset), **posted}, ensure_ascii=False, indent=2))
        return
    if dataset.task:
        deadline = f"，截止 {dataset.task.deadline}" if dataset.task.deadline else ""
        _say(f"任务：{dataset.task.title}{deadline}")
    if run is None:
        _say("已下发，还没有汇总过")
    else:
        _say(f"最近一次汇总：{run.as_of[:16].replace('T', ' ')}，{run.files} 个文件 → {run.output}")
        _show_states(dataset)
    for each in dataset.files:
        if each.forced:
            _say(f"财政决定：{each.content.unit_code} {each.content.unit_name} {each.content.file}：{each.reason}")
    units = standings(dataset)
    if units:
        _show_units(units)
    if mail:
        _show_mail(mail, dataset)


def _show_mail(tally: MailTally, dataset: Dataset) -> None:
    table = Table("信件")
    sending = any(counts.get(Fate.SENDING) for counts in tally.letters.values())
    fates = [fate for fate in Fate if sending or fate is not Fate.SENDING]
    for fate in fates:
        table.add_column(fate.label, justify="right")
    for kind, counts in tally.letters.items():
        table.add_row(kind.value, *(str(counts.get(fate, 0)) for fate in fates))
    Console(highlight=False).print(table)
    came = "，".join(f"{kind.label} {tally.mails[kind]}" for kind in MailKind if tally.mails.get(kind))
    files = "，".join(f"{state.label} {tally.files[state]}" for state in EnclosureState if tally.files.get(state))
    if came:
        _say(f"来件：{came}" + (f"；其中的文件：{files}" if files else ""))
    troubles = [(code, each.trouble) for code, each in dataset.mail.items()]
    shown = [f"{each.fate.label}：{code} {each.kind.value} {each.address}：{each.reason}" for code, each in troubles if each]
    for line in shown[:20]:
        _say(line)
    if len(shown) > 20:
        _say(f"……另有 {len(shown) - 20} 封没有送达")


def _show_states(dataset: Dataset) -> None:
    table = Table("状态")
    for title in ("文件", "项目", f"预算数（{dataset.form.money_unit}）"):
        table.add_column(title, justify="right")
    for tally in dataset.tallies:
        table.add_row(tally.state.label, str(tally.files), str(tally.projects), printed(tally.budget))
    Console(highlight=False).print(table)


def _show_units(units: tuple[Standing, ...]) -> None:
    table = Table("归口股室")
    for title in ("应报", "已下发", "已报", "通过", "有提示", "应退回", "未报送", "迟报"):
        table.add_column(title, justify="right")
    for tally in office_tallies(units):
        figures = (tally.units, tally.handed, tally.reported, *tally.states.values(), tally.late)
        table.add_row(tally.office, *map(str, figures))
    Console(highlight=False).print(table)
    if any(each.handed for each in units):
        _name("未下发", [each for each in units if each.listed and not each.handed])
    _name("未报送", [each for each in units if each.file is None])


def _name(title: str, units: list[Standing]) -> None:
    for each in units[:20]:
        _say(f"{title}：{each.unit.code} {each.unit.name}　{each.unit.contact} {each.unit.phone}".rstrip("\u3000 "))
    if len(units) > 20:
        _say(f"……另有 {len(units) - 20} 个单位{title}")
