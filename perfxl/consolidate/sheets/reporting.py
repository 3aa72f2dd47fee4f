"""报送情况: every unit of the roster: reported, returned, missing, late; and a summary by 归口股室."""

from __future__ import annotations

from datetime import datetime

from ..dataset import Dataset
from ..mail import Kind as LetterKind
from ..standing import OfficeTally, Standing, office_tallies, standings
from ..states import State, moment
from ..task import CHINA
from ..unit_mail import UnitMail
from .cells import CellContent, Formula, Link, Money
from .draft import Draft
from .files import TONES
from .looks import Kind, Tone
from .page import Column, Page
from .places import Places

__all__ = ["TITLE", "add_reporting"]

TITLE = "报送情况"
_PRINTED = 18
_STATES = (State.ACCEPTED.label, State.HINTS.label, State.RETURNED.label, "未报送")
_MAIL = ("下发邮件", "催报邮件", "退回邮件", "来件")
_OFFICES = ("归口股室", "应报单位", "已下发", "已报", *_STATES, "迟报")


def add_reporting(draft: Draft, dataset: Dataset, places: Places) -> Page | None:
    """Add the sheet 报送情况; ``None`` without a roster."""
    units = standings(dataset)
    if not units:
        return None
    page = draft.page(TITLE, _columns(dataset), csv=TITLE)
    page.heading(TITLE, _note(dataset, units), _PRINTED)
    header = page.header()
    for number, each in enumerate(units, 1):
        tones = {5: _handed_tone(each, dataset), 7: _tone(each), 9: _late(each)}
        page.line(_line(number, each, dataset, places, page.row + 1), tones=tones)
    last = page.row
    _offices(page, units)
    page.freeze(header + 1, 6)
    page.table(TITLE, header, last)
    page.print_setup(header, _PRINTED)
    return page


def _columns(dataset: Dataset) -> list[Column]:
    form = dataset.form
    label = {role: form.fields[name].label for role, name in form.roles.items()}
    return [
        Column(title="序号", width=6, kind=Kind.CENTRE),
        Column(title="归口股室", width=14, kind=Kind.CENTRE),
        Column(title="主管部门", width=18),
        Column(title=label["unit_code"], width=9, kind=Kind.CODE),
        Column(title=label["unit_name"], width=22),
        Column(title="下发时间", width=16, kind=Kind.CENTRE),
        Column(title="下发次数", width=7, kind=Kind.COUNT),
        Column(title="状态", width=9, kind=Kind.CENTRE),
        Column(title="份数", width=7, kind=Kind.COUNT),
        Column(title="迟报", width=7, kind=Kind.CENTRE),
        Column(title="保存时间", width=16, kind=Kind.CENTRE),
        Column(title="项目数", width=8, kind=Kind.COUNT),
        Column(title=label["budget"], width=13, kind=Kind.MONEY),
        Column(title="控制数", width=13, kind=Kind.MONEY),
        Column(title="差额", width=13, kind=Kind.MONEY),
        Column(title="错误", width=7, kind=Kind.COUNT),
        Column(title="提示未说明", width=8, kind=Kind.COUNT),
        Column(title="情况", width=34),
        *(Column(title=title, width=20, kind=Kind.CENTRE) for title in _MAIL if dataset.mail),
        Column(title="联系人", width=10, kind=Kind.CENTRE),
        Column(title="联系电话", width=14, kind=Kind.CENTRE),
        Column(title="电子邮箱", width=22),
        Column(title="文件", width=32),
    ]


def _note(dataset: Dataset, units: tuple[Standing, ...]) -> str:
    listed = [each for each in units if each.listed]
    reported = sum(each.file is not None for each in listed)
    parts = [f"应报 {len(listed)} 个单位，已报 {reported} 个，未报 {len(listed) - reported} 个"]
    if dataset.handed:
        parts.append(f"已下发 {sum(bool(each.handed) for each in listed)} 个")
    if len(units) > len(listed):
        parts.append(f"另有 {len(units) - len(listed)} 个单位不在名册")
    if dataset.task:
        deadline = f"，截止 {dataset.task.deadline}" if dataset.task.deadline else ""
        parts.insert(0, f"任务：{dataset.task.title}{deadline}")
    return "    ".join([*parts, f"单位：{dataset.form.money_unit}"])


def _line(number: int, each: Standing, dataset: Dataset, places: Places, row: int) -> list[CellContent]:
    unit, file = each.unit, each.file
    department = dataset.roster.department_name(unit.code[:3])
    content = file.content if file else None
    time = f"{moment(content.when).astimezone(CHINA):%Y-%m-%d %H:%M}" if content and moment(content.when).year > 1 else ""
    budget = content.budget if content else None
    difference = (budget or 0) - each.ceiling if each.ceiling is not None else None
    label = each.label if each.listed else f"{each.label}（不在名册）"
    return [
        *(number, unit.office, f"{unit.code[:3]} {department}".strip(), unit.code, unit.name),
        *(_handed(each, dataset), len(each.handed) or None, label),
        *(each.versions, "迟报" if each.late else None, time),
        len(content.projects) if content else None,
        Money(budget) if budget is not None else None,
        Money(each.ceiling) if each.ceiling is not None else None,
        Formula(f"=ROUND(M{row}-N{row},6)", Money(difference).number) if difference is not None else None,
        content.errors if content else None,
        content.open_hints if content else None,
        "；".join(each.notes),
        *(_mailed(dataset.mail.get(unit.code, UnitMail())) if dataset.mail else ()),
        *(unit.contact, unit.phone, unit.email),
        places.in_file(content.file, content.file) if content else Link(""),
    ]


def _mailed(mail: UnitMail) -> tuple[str, ...]:
    """What was mailed to the unit and by it, in the columns of :data:`_MAIL`."""
    return mail.shown(LetterKind.HAND_OUT), mail.shown(LetterKind.REMIND), mail.shown(LetterKind.RETURN), mail.came_shown


def _handed(each: Standing, dataset: Dataset) -> str:
    """When a workbook last went out to the unit, in Chinese time; nothing where nobody has said what was handed out."""
    if not each.handed:
        return "未下发" if dataset.handed else ""
    at = each.handed[-1].at
    return f"{datetime.fromisoformat(at).astimezone(CHINA):%Y-%m-%d %H:%M}" if at else "已下发"


def _handed_tone(each: Standing, dataset: Dataset) -> Tone:
    return Tone.HINT if dataset.handed and not each.handed else Tone.PLAIN


def _tone(each: Standing) -> Tone:
    return TONES[each.file.state] if each.file else Tone.ERROR


def _late(each: Standing) -> Tone:
    return Tone.HINT if each.late else Tone.PLAIN


def _offices(page: Page, units: tuple[Standing, ...]) -> None:
    """The summary by 归口股室, below; its columns are B to J."""
    tallies = office_tallies(units)
    page.gap()
    page.section("按归口股室汇总")
    page.header(["序号", *_OFFICES])
    kinds = dict.fromkeys(range(1, 10), Kind.CENTRE)
    first = page.row + 1
    for number, tally in enumerate(tallies, 1):
        page.line([number, tally.office, *_figures(tally)], kinds=kinds)
    sums = [sum(each) for each in zip(*map(_figures, tallies), strict=True)]
    contents: list[CellContent] = ["合计", None]
    for letter, value in zip("CDEFGHIJ", sums, strict=True):
        contents.append(Formula(f"=SUM({letter}{first}:{letter}{page.row})", value))
    page.line(contents, Tone.TOTAL, kinds=kinds)


def _figures(tally: OfficeTally) -> list[int]:
    return [tally.units, tally.handed, tally.reported, *tally.states.values(), tally.late]
