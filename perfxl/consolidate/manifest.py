"""The manifest (下发清单): which workbook went to which unit, and when."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import Enum
from typing import NoReturn

from ..errors import PerfxlError
from .keys import sealed_task
from .task import CHINA, Task

__all__ = ["MANIFEST", "HandedOut", "Occasion", "latest", "manifest_text", "read_manifest"]

MANIFEST = "下发清单.csv"
"""The manifest's file name, beside the workbooks."""

_COLUMNS = ("单位编码", "单位名称", "文件", "SHA-256", "封签", "密钥", "任务", "下发时间", "方式")
_NEEDED = ("单位编码", "文件", "SHA-256")
_FORMULA_LIKE = ("=", "+", "-", "@")
_TIMES = ("%Y-%m-%d %H:%M", "%Y/%m/%d %H:%M", "%Y-%m-%d", "%Y/%m/%d")
"""As it is written, and as Excel writes it back."""


class Occasion(Enum):
    """Why a workbook went out."""

    FIRST = "下发"
    AGAIN = "重新下发"


@dataclass(frozen=True, slots=True, kw_only=True)
class HandedOut:
    """One workbook that was made for a unit; ``at`` is ISO 8601 ("" if unknown), ``seal`` "" for an unsealed one."""

    unit: str
    name: str
    file: str
    sha256: str
    seal: str = ""
    key: str = ""
    task: str = ""
    at: str = ""
    occasion: Occasion = Occasion.FIRST


def manifest_text(handed: Sequence[HandedOut]) -> bytes:
    """The manifest as CSV that Chinese Excel opens rightly."""
    text = io.StringIO()
    lines = csv.writer(text, lineterminator="\r\n")
    lines.writerow(_COLUMNS)
    for each in handed:
        row = (each.unit, each.name, each.file, each.sha256, each.seal, each.key, each.task, _shown(each.at), each.occasion.value)
        # A text that Excel would take for a formula is marked as text.
        lines.writerow([f"'{value}" if value[:1] in _FORMULA_LIKE else value for value in row])
    return text.getvalue().encode("utf-8-sig", "replace")


def _shown(at: str) -> str:
    return f"{datetime.fromisoformat(at).astimezone(CHINA):{_TIMES[0]}}" if at else ""


def read_manifest(content: bytes, file: str, task: Task | None = None) -> list[HandedOut]:
    """Read a manifest, as written or saved again by Excel; S50 with all faults, S51 if it is another task's."""
    try:
        rows = list(csv.reader(io.StringIO(_decoded(content, file), newline="")))
    except csv.Error as fault:
        _refuse(file, [f"不是 .csv：{fault}"])
    titles = [each.strip() for each in rows[0]] if rows else []
    lacking = [each for each in _NEEDED if each not in titles]
    if lacking:
        _refuse(file, [f"没有“{'”“'.join(lacking)}”栏"])
    found: list[HandedOut] = []
    faults: list[str] = []
    for at, row in enumerate(rows[1:], 2):
        line = {title: _plain(value) for title, value in zip(titles, row, strict=False)}
        if any(line.values()):
            found.append(_handed(line, at, faults))
    if faults:
        _refuse(file, faults)
    expected = sealed_task(task) if task else ""
    for each in found:
        if task and each.task and each.task != expected:
            raise PerfxlError("S51", path=file, found=each.task, expected=expected)
    return found


def _refuse(file: str, faults: Sequence[str]) -> NoReturn:
    shown = faults if len(faults) <= 50 else [*faults[:50], f"……另有 {len(faults) - 50} 处"]
    raise PerfxlError("S50", path=file, count=len(faults), faults="\n  " + "\n  ".join(shown) + "\n")


def _decoded(content: bytes, file: str) -> str:
    for encoding in ("utf-8-sig", "gb18030"):
        try:
            text = content.decode(encoding)
        except UnicodeDecodeError:
            continue
        if "\0" not in text:
            return text
    _refuse(file, ["不是 UTF-8 或 GB 18030 编码的 .csv"])


def _plain(value: str) -> str:
    value = value.strip()
    return value[1:] if value[:1] == "'" and value[1:2] in _FORMULA_LIKE else value


def _handed(line: dict[str, str], at: int, faults: list[str]) -> HandedOut:
    unit, sha256 = line["单位编码"], line.get("SHA-256", "").lower()
    if not (len(unit) == 6 and unit.isascii() and unit.isdigit()):
        faults.append(f"第 {at} 行：单位编码“{unit}”不是 6 位数字")
    if len(sha256) != 64 or set(sha256) - set("0123456789abcdef"):
        faults.append(f"第 {at} 行：SHA-256“{sha256[:20]}”不是 64 位十六进制数")
    return HandedOut(
        unit=unit,
        name=line.get("单位名称", ""),
        file=line.get("文件", ""),
        sha256=sha256,
        seal=line.get("封签", ""),
        key=line.get("密钥", ""),
        task=line.get("任务", ""),
        at=_moment(line.get("下发时间", ""), at, faults),
        occasion=Occasion.AGAIN if line.get("方式") == Occasion.AGAIN.value else Occasion.FIRST,
    )


def _moment(text: str, at: int, faults: list[str]) -> str:
    for pattern in _TIMES if text else ():
        try:
            return datetime.strptime(text, pattern).replace(tzinfo=CHINA).isoformat()
        except ValueError:
            continue
    if text:
        faults.append(f"第 {at} 行：下发时间“{text}”不是日期和时间")
    return ""


def latest(handed: Iterable[HandedOut]) -> dict[str, HandedOut]:
    """The last workbook that went to each unit."""
    found: dict[str, HandedOut] = {}
    for each in handed:
        if each.unit not in found or each.at >= found[each.unit].at:
            found[each.unit] = each
    return found
