"""The roster (单位名册): the units that are to report, and their projects with ceilings (预算控制数).

An .xlsx with the sheets 单位 and 项目 (made by :func:`roster_template`), or a
.csv with the columns of either.  All faults are told at once.
"""

from __future__ import annotations

import csv
import io
import itertools
import zipfile
import zlib
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from decimal import Decimal, InvalidOperation
from functools import cached_property

from ..errors import PerfxlError
from ..form.records import MICRO
from ..rules.values import squash

__all__ = ["PROJECT_COLUMNS", "UNIT_COLUMNS", "YEAR_TITLE", "Ceiling", "Roster", "Unit", "read_roster"]

UNIT_COLUMNS = ("单位编码", "单位名称", "主管部门名称", "是否本级", "归口股室", "电子邮箱", "联系人", "联系电话")
YEAR_TITLE = "预算年度"
PROJECT_COLUMNS = ("单位编码", "项目编码", "项目名称", "预算控制数（万元）")
_NEEDED = {"单位": ("单位编码", "单位名称"), "项目": ("单位编码", "预算控制数（万元）")}
_COLUMNS = {"单位": UNIT_COLUMNS, "项目": PROJECT_COLUMNS}
_MOST_ROWS = 100_000
_ODD = (zlib.error, SyntaxError, TypeError, AttributeError, IndexError)
"""What openpyxl raises besides for packages that are no workbooks."""
_MOST_COLUMNS = 40
_MOST_MONEY = 10**15
_YES, _NO = ("是", "1", "本级", "Y", "y"), ("", "否", "0", "N", "n")


@dataclass(frozen=True, slots=True, kw_only=True)
class Unit:
    """A unit that is to report."""

    code: str
    name: str
    department: str = ""
    lead: bool = False
    office: str = ""
    email: str = ""
    contact: str = ""
    phone: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Ceiling:
    """A project of a unit and its 预算控制数 in 10⁻⁶ 万元 (``None``: listed without one).

    Without code and name it is the ceiling of the whole unit.
    """

    unit: str
    code: str = ""
    name: str = ""
    amount: int | None = None


@dataclass(frozen=True, kw_only=True)
class Roster:
    """The units by code, in order, and the ceilings; ``file`` and ``year`` if it says (0 if not)."""

    units: Mapping[str, Unit] = field(default_factory=dict)
    ceilings: tuple[Ceiling, ...] = ()
    year: int = field(default=0, compare=False)
    file: str = field(default="", compare=False)

    @cached_property
    def _department_names(self) -> Mapping[str, str]:
        found: dict[str, str] = {}
        for unit in self.units.values():
            if unit.department:
                found.setdefault(unit.code[:3], unit.department)
        for unit in self.units.values():
            if unit.lead:
                found.setdefault(unit.code[:3], unit.name)
        return found

    def department_name(self, department: str) -> str:
        """The department's name: as the roster gives it, else its lead unit's."""
        return self._department_names.get(department, "")

    @property
    def total(self) -> int | None:
        """The sum of all ceilings; a unit's own ceiling stands for its projects' where both are given."""
        by_unit: dict[str, int] = {}
        whole = {each.unit: each.amount for each in self.ceilings if not each.code and not each.name}
        for each in self.ceilings:
            if each.amount is not None:
                by_unit[each.unit] = by_unit.get(each.unit, 0) + each.amount
        by_unit.update({unit: amount for unit, amount in whole.items() if amount is not None})
        return sum(by_unit.values()) if by_unit else None

    @cached_property
    def _ceilings_of_units(self) -> Mapping[str, int]:
        whole: dict[str, int] = {}
        sums: dict[str, int] = {}
        for each in self.ceilings:
            if each.amount is not None and not each.code and not each.name:
                whole.setdefault(each.unit, each.amount)
            sums[each.unit] = sums.get(each.unit, 0) + (each.amount or 0)
        named = {each.unit for each in self.ceilings if each.amount is not None}
        return {unit: amount for unit, amount in sums.items() if unit in named} | whole

    def ceiling_of(self, unit: str) -> int | None:
        """A unit's ceiling: its own, else the sum of its projects'."""
        return self._ceilings_of_units.get(unit)


_Line = tuple[int, dict[str, str]]


def read_roster(content: bytes, file: str) -> Roster:
    """Read a roster from the bytes of an .xlsx or .csv; S30 with all faults, S31 if it is neither."""
    sheets = list(_xlsx(content, file) if content[:2] == b"PK" else _csv(content, file))
    tables = dict(found for found in map(_table, sheets) if found)
    faults: list[str] = []
    units = _units(tables.get("单位", []), faults)
    ceilings = _ceilings(tables.get("项目", []), units, faults)
    if not tables:
        faults.append("没有找到表头（“单位”表须有 单位编码、单位名称；“项目”表须有 单位编码、预算控制数（万元））")
    elif not units and not ceilings and not faults:
        faults.append("没有内容")
    if faults:
        shown = faults if len(faults) <= 50 else [*faults[:50], f"……另有 {len(faults) - 50} 处"]
        raise PerfxlError("S30", path=file, count=len(faults), faults="\n  " + "\n  ".join(shown) + "\n")
    return Roster(units=units, ceilings=tuple(ceilings), year=_year(sheets), file=file)


def _year(sheets: Iterable[Sequence[Sequence[str]]]) -> int:
    """The number beside the cell 预算年度, wherever it stands near the top."""
    for rows in sheets:
        for row in rows[:20]:
            for title, value in itertools.pairwise(row):
                if squash(title) == YEAR_TITLE and value.isascii() and value.isdigit():
                    return int(value)
    return 0


def _xlsx(content: bytes, file: str) -> Iterator[list[list[str]]]:
    from openpyxl import load_workbook  # here, not above: processes that read workbooks do without it
    from openpyxl.utils.exceptions import InvalidFileException

    try:
        book = load_workbook(io.BytesIO(content), read_only=True, data_only=True)
        for sheet in book.worksheets:
            rows = sheet.iter_rows(max_row=_MOST_ROWS, max_col=_MOST_COLUMNS, values_only=True)
            yield [[_text(value) for value in row] for row in rows]
        book.close()
    except (InvalidFileException, zipfile.BadZipFile, KeyError, ValueError, OSError, EOFError, *_ODD) as fault:
        raise PerfxlError("S31", path=file, reason=str(fault)) from None


def _csv(content: bytes, file: str) -> Iterator[list[list[str]]]:
    for encoding in ("utf-8-sig", "gb18030"):
        try:
            text = content.decode(encoding)
        except UnicodeDecodeError:
            continue
        if "\0" in text:
            break
        try:
            yield [[_text(value) for value in row] for row in csv.reader(io.StringIO(text, newline=""))]
        except csv.Error as fault:
            raise PerfxlError("S31", path=file, reason=str(fault)) from None
        return
    raise PerfxlError("S31", path=file, reason="既不是 .xlsx，也不是 UTF-8 或 GB 18030 编码的 .csv")


def _table(rows: Sequence[Sequence[str]]) -> tuple[str, list[_Line]] | None:
    """The table below the first line that has the needed headings: its kind and its lines."""
    for number, row in enumerate(rows[:20]):
        titles = [squash(value).replace("(", "（").replace(")", "）") for value in row]
        for kind in ("项目", "单位"):
            if all(title in titles for title in _NEEDED[kind]):
                places = {title: titles.index(title) for title in _COLUMNS[kind] if title in titles}
                lines = [
                    (at, {title: line[place] if place < len(line) else "" for title, place in places.items()})
                    for at, line in enumerate(rows[number + 1 :], number + 2)
                ]
                return kind, [line for line in lines if any(line[1].values())]
    return None


def _text(value: object) -> str:
    if value is None:
        return ""
    if isinstance(value, float) and value.is_integer():
        value = int(value)
    return str(value).strip(" \t\r\n\u00a0\u3000")


def _units(lines: Sequence[_Line], faults: list[str]) -> dict[str, Unit]:
    found: dict[str, Unit] = {}
    first: dict[str, int] = {}
    leads: dict[str, tuple[str, int]] = {}
    for at, line in lines:
        code, name, lead = squash(line["单位编码"]), line["单位名称"], line.get("是否本级", "")
        where = f"单位表第 {at} 行："
        if not (len(code) == 6 and code.isascii() and code.isdigit()):
            faults.append(f"{where}单位编码“{code}”不是 6 位数字")
        elif code in first:
            faults.append(f"{where}单位编码 {code} 与第 {first[code]} 行重复")
        if not name:
            faults.append(f"{where}没有单位名称")
        if lead not in _YES + _NO:
            faults.append(f"{where}是否本级应填 是 或 否，现为“{lead}”")
        if lead in _YES and code[:3] in leads:
            faults.append(f"{where}部门 {code[:3]} 已有本级单位（第 {leads[code[:3]][1]} 行）")
        email = line.get("电子邮箱", "")
        if email and ("@" not in email[1:-1] or " " in email):
            faults.append(f"{where}电子邮箱“{email}”不是邮件地址")
        first.setdefault(code, at)
        if lead in _YES:
            leads.setdefault(code[:3], (code, at))
        found.setdefault(
            code,
            Unit(
                code=code,
                name=name,
                department=line.get("主管部门名称", ""),
                lead=lead in _YES,
                office=line.get("归口股室", ""),
                email=email,
                contact=line.get("联系人", ""),
                phone=line.get("联系电话", ""),
            ),
        )
    return {code: _with_lead(unit, leads) for code, unit in sorted(found.items())}


def _with_lead(unit: Unit, leads: Mapping[str, tuple[str, int]]) -> Unit:
    """Where the roster names no lead of a department, its unit …001 leads (DEFINITIONS, "Department")."""
    if unit.code[:3] in leads or unit.code[3:] != "001":
        return unit
    return replace(unit, lead=True)


def _ceilings(lines: Sequence[_Line], units: Mapping[str, Unit], faults: list[str]) -> list[Ceiling]:
    found: list[Ceiling] = []
    seen: dict[tuple[str, str, str], int] = {}
    for at, line in lines:
        where = f"项目表第 {at} 行："
        unit, code, name = squash(line["单位编码"]), squash(line.get("项目编码", "")), line.get("项目名称", "")
        if not (len(unit) == 6 and unit.isascii() and unit.isdigit()):
            faults.append(f"{where}单位编码“{unit}”不是 6 位数字")
        elif units and unit not in units:
            faults.append(f"{where}单位 {unit} 不在单位表中")
        key = (unit, code, "" if code else name)
        if key in seen:
            faults.append(f"{where}与第 {seen[key]} 行是同一个项目")
        seen.setdefault(key, at)
        try:
            amount = _amount(line["预算控制数（万元）"])
        except ValueError as fault:
            faults.append(f"{where}{fault}")
            amount = None
        found.append(Ceiling(unit=unit, code=code, name=name, amount=amount))
    return found


def _amount(text: str) -> int | None:
    text = text.replace(",", "").replace("，", "")
    if not text:
        return None
    try:
        micro = Decimal(text) * MICRO
    except InvalidOperation:
        raise ValueError(f"预算控制数“{text}”不是数字") from None
    if not micro.is_finite() or not 0 <= micro < _MOST_MONEY or abs(micro - round(micro)) > Decimal("0.01"):
        raise ValueError(f"预算控制数“{text}”应为不小于 0、至多 6 位小数的数字")
    return round(micro)
