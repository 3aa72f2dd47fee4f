"""Who has reported and who has not (X06, 报送情况): the roster against the files that came in."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from .dataset import Dataset
from .manifest import HandedOut
from .notes import roster_notes
from .roster import Unit
from .states import WINNING, Judged, State, is_late

__all__ = ["OfficeTally", "Standing", "office_tallies", "standings"]

MISSING = "未报送"
NO_OFFICE = "（未定股室）"


@dataclass(frozen=True, slots=True, kw_only=True)
class Standing:
    """One unit: its file that counts (``None``: not reported), how many versions came, whether it is late.

    ``listed``: it stands on the roster.  ``ceiling`` in 10⁻⁶ 万元.  ``handed`` are
    the workbooks made for it, oldest first; ``notes`` what the form's rules about the roster (X06) say of it.
    """

    unit: Unit
    listed: bool
    file: Judged | None
    versions: int
    late: bool
    ceiling: int | None
    handed: tuple[HandedOut, ...] = ()
    notes: tuple[str, ...] = ()

    @property
    def label(self) -> str:
        """The word that people read."""
        return self.file.state.label if self.file else MISSING

    @property
    def code(self) -> str:
        """The word that programs read."""
        return self.file.state.value if self.file else "missing"


@dataclass(frozen=True, slots=True, kw_only=True)
class OfficeTally:
    """The units of one 归口股室: how many there are, were handed a workbook, have reported, and in which state."""

    office: str
    units: int
    handed: int
    reported: int
    states: dict[str, int]
    late: int


def standings(dataset: Dataset) -> tuple[Standing, ...]:
    """Every unit of the roster in official order, then the units that are not on it.

    Without a roster the units are those that were handed a workbook; () if nothing says who is to report.
    """
    if not dataset.roster.units and not dataset.handed:
        return ()
    return tuple(_standings(dataset))


def _standings(dataset: Dataset) -> Iterator[Standing]:
    winners: dict[str, Judged] = {}
    versions: dict[str, set[str]] = {}
    for judged in dataset.files:
        content = judged.content
        if not content.unit_code or judged.state in (State.UNREADABLE, State.UNRECOGNISED):
            continue
        versions.setdefault(content.unit_code, set()).add(content.sha256)
        if judged.state in WINNING:
            winners[content.unit_code] = judged
    handed: dict[str, list[HandedOut]] = {}
    for each in dataset.handed:
        handed.setdefault(each.unit, []).append(each)
    names = {code: out[-1].name for code, out in sorted(handed.items())}
    listed = dataset.roster.units or {code: Unit(code=code, name=name) for code, name in names.items()}
    names |= {code: winners[code].content.unit_name for code in sorted(winners)}
    others = {code: Unit(code=code, name=name) for code, name in sorted(names.items()) if code not in listed}
    closes = dataset.task.closes if dataset.task else None
    notes = roster_notes(dataset.files, dataset.form, roster=listed, handed=dataset.handed, task=dataset.task)
    for code, unit in {**listed, **others}.items():
        file = winners.get(code)
        yield Standing(
            unit=unit,
            listed=code in listed,
            file=file,
            versions=len(versions.get(code, ())),
            late=bool(file and is_late(file.content, closes)),
            ceiling=dataset.roster.ceiling_of(code),
            handed=tuple(handed.get(code, ())),
            notes=notes.get(code, ()),
        )


def office_tallies(units: tuple[Standing, ...]) -> tuple[OfficeTally, ...]:
    """The units of the roster by 归口股室, in the order in which these first appear."""
    found: dict[str, list[Standing]] = {}
    for each in units:
        if each.listed:
            found.setdefault(each.unit.office or NO_OFFICE, []).append(each)
    return tuple(
        OfficeTally(
            office=office,
            units=len(mine),
            handed=sum(bool(each.handed) for each in mine),
            reported=sum(each.file is not None for each in mine),
            states={code: sum(each.code == code for each in mine) for code in (*(state.value for state in WINNING), "missing")},
            late=sum(each.late for each in mine),
        )
        for office, mine in found.items()
    )
