"""Rows over several sheets where one cannot hold them: whole departments together as far as they fit."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from itertools import groupby

__all__ = ["Part", "Slice", "runs", "split"]


@dataclass(frozen=True, slots=True)
class Slice:
    """So many rows of a department, in order."""

    department: str
    rows: int


@dataclass(frozen=True, slots=True)
class Part:
    """What one of ``of`` sheets holds; ``number`` counts from 1."""

    number: int
    of: int
    slices: tuple[Slice, ...]

    @property
    def rows(self) -> int:
        """The number of rows, subtotals not counted."""
        return sum(each.rows for each in self.slices)

    def title(self, title: str) -> str:
        """The sheet's title."""
        return title if self.number == 1 else f"{title}（{self.number}）"

    @property
    def note(self) -> str:
        """What the heading says of the division; "" if there is none."""
        if self.of == 1:
            return ""
        first, last = self.slices[0].department, self.slices[-1].department
        which = f"主管部门 {first}—{last}" if first != last else f"主管部门 {first}"
        return f"    行数超过一张工作表，按主管部门分为 {self.of} 张，本表为第 {self.number} 张：{which}"


def runs(departments: Iterable[str]) -> Iterator[Slice]:
    """How many rows of each department follow each other."""
    for department, rows in groupby(departments):
        yield Slice(department, sum(1 for _ in rows))


def split(slices: Iterable[Slice], room: int, *, subtotals: bool = False) -> list[Part]:
    """Sheets of at most ``room`` rows (``subtotals``: a further row for each department); one without rows at least.

    A department begins a new sheet if it fits on none that is begun, and is cut only where it is larger than a sheet.
    """
    extra = int(subtotals)
    sheets: list[list[Slice]] = [[]]
    left = room
    for each in slices:
        rest = each.rows
        if rest + extra > left and sheets[-1]:
            sheets.append([])
            left = room
        while rest:
            taken = min(rest, room - extra) if rest + extra > left else rest
            sheets[-1].append(Slice(each.department, taken))
            rest -= taken
            left -= taken + extra
            if rest:
                sheets.append([])
                left = room
    return [Part(number, len(sheets), tuple(found)) for number, found in enumerate(sheets, 1)]
