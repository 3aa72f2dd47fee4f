"""What a round comes to: states, units, departments, offices, days, rules; figures as in 汇总表, 报送情况 and 核对."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from datetime import datetime

from ..consolidate.dataset import Dataset, StatedFinding
from ..consolidate.mail import Kind
from ..consolidate.roster import Unit
from ..consolidate.run import printed
from ..consolidate.standing import NO_OFFICE, Standing, standings
from ..consolidate.states import WINNING, Judged, State, is_late, moment
from ..consolidate.task import CHINA
from ..consolidate.unit_mail import UnitMail
from ..errors import CATALOGUE
from ..form.model import Severity
from .columns import Pool, exact, table

__all__ = ["Board", "board_of", "day_of"]

MISSING = "missing"
_PLACEHOLDER = re.compile(r"\{[^{}]*\}")


def day_of(when: str) -> str:
    """The day of a moment, in China; "" if unknown."""
    found = moment(when)
    return f"{found.astimezone(CHINA):%Y-%m-%d}" if found.year > 1 else ""


@dataclass(frozen=True, kw_only=True)
class Board:
    """A dataset with every unit that is to report or has reported, in official order."""

    dataset: Dataset
    units: tuple[Standing, ...]
    on_roster: bool
    unit_of_file: dict[str, int] = field(default_factory=dict)

    def first(self, pool: Pool) -> dict[str, object]:
        """Everything that the overview shows."""
        return {
            "tallies": [
                {"state": each.state.value, "files": each.files, "projects": each.projects, "money": exact(each.budget)}
                for each in self.dataset.tallies
            ],
            "units": self._units(pool),
            "departments": list(self._departments()),
            "offices": list(self._offices()),
            "days": self._days(),
            "rules": list(self._rules()),
            "total": self._total(),
        }

    def _total(self) -> dict[str, object]:
        dataset = self.dataset
        listed = [each for each in self.units if each.listed]
        severities = [row.finding.severity for row in dataset.findings]
        return {
            "files": len(dataset.files),
            "listed": len(listed),
            "reported": sum(each.file is not None for each in (listed if self.on_roster else self.units)),
            "others": len(self.units) - len(listed) if self.on_roster else 0,
            "late": sum(each.late for each in self.units),
            "projects": len(dataset.projects),
            "indicators": len(dataset.indicators),
            "money": exact(dataset.budget),
            "printed": printed(dataset.budget),
            "ceiling": exact(dataset.roster.total),
            "errors": severities.count(Severity.ERROR),
            "hints": severities.count(Severity.HINT),
            "explained": sum(row.finding.explained for row in dataset.findings),
            "opinions": sum(bool(dataset.opinion(row)) for row in dataset.findings),
        }

    def _units(self, pool: Pool) -> dict[str, object]:
        units, dataset = self.units, self.dataset
        contents = [each.file.content if each.file else None for each in units]
        words = ("code", "name", "contact", "phone", "email")
        texts: dict[str, list[str]] = {word: [getattr(each.unit, word) for each in units] for word in words}
        texts["office"] = [each.unit.office or (NO_OFFICE if self.on_roster and each.listed else "") for each in units]
        texts["department"] = [each.unit.code[:3] for each in units]
        texts["state"] = [each.code for each in units]
        texts["day"] = [day_of(each.when) if each else "" for each in contents]
        texts["mail"] = ["；".join(_mailed(dataset.mail.get(each.unit.code))) for each in units]
        texts["notes"] = ["；".join(each.notes) for each in units]
        texts["out"] = [day_of(each.handed[-1].at) if each.handed else "" for each in units]
        numbers: dict[str, list[int | float | str | None]] = {
            "listed": [int(each.listed) for each in units],
            "late": [int(each.late) for each in units],
            "versions": [each.versions for each in units],
            "handed": [len(each.handed) for each in units],
            "projects": [len(each.projects) if each else None for each in contents],
            "money": [exact(each.budget) if each else None for each in contents],
            "ceiling": [exact(each.ceiling) for each in units],
            "errors": [each.errors if each else None for each in contents],
            "open": [each.open_hints if each else None for each in contents],
            "explained": [each.explained_hints if each else None for each in contents],
        }
        return table(pool, len(units), texts=texts, numbers=numbers)

    def _departments(self) -> Iterator[dict[str, object]]:
        counted = dict(self.dataset.departments())
        by_code: dict[str, list[Standing]] = {}
        for each in self.units:
            by_code.setdefault(each.unit.code[:3], []).append(each)
        for code in sorted({*by_code, *counted}, key=lambda each: (not each, each)):
            mine, rows = by_code.get(code, []), counted.get(code, ())
            ceilings = [each.ceiling for each in mine if each.ceiling is not None]
            yield {
                "code": code,
                "name": self.dataset.department_name(code) if code else "",
                **self._standing(mine),
                "counted": len({row.file.content.unit_code for row in rows}),
                "projects": len(rows),
                "money": exact(sum(row.project.budget or 0 for row in rows)),
                "ceiling": exact(sum(ceilings)) if ceilings else None,
                "errors": sum(each.file.content.errors for each in mine if each.file),
                "open": sum(each.file.content.open_hints for each in mine if each.file),
            }

    def _offices(self) -> Iterator[dict[str, object]]:
        if not self.on_roster:
            return
        by_office: dict[str, list[Standing]] = {}
        for each in self.units:
            if each.listed:
                by_office.setdefault(each.unit.office or NO_OFFICE, []).append(each)
        for office, mine in by_office.items():
            yield {"name": office, **self._standing(mine)}

    def _standing(self, mine: Sequence[Standing]) -> dict[str, object]:
        codes = [each.code for each in mine]
        states = {code: codes.count(code) for code in (*(state.value for state in WINNING), MISSING)}
        return {"units": len(mine), "states": states, "late": sum(each.late for each in mine)}

    def _days(self) -> list[dict[str, object]]:
        """Per day: files that came, and units of which no earlier file is known."""
        files: dict[str, int] = {}
        first: dict[str, str] = {}
        for judged in self.dataset.files:
            content = judged.content
            day = day_of(content.when)
            if not day or judged.state in (State.UNREADABLE, State.UNRECOGNISED):
                continue
            files[day] = files.get(day, 0) + 1
            key = content.unit_code or content.file
            first[key] = min(first.get(key, day), day)
        new = list(first.values())
        return [{"day": day, "files": files[day], "units": new.count(day)} for day in sorted(files)]

    def _rules(self) -> Iterator[dict[str, object]]:
        found: dict[str, list[StatedFinding]] = {}
        for row in self.dataset.findings:
            found.setdefault(row.finding.rule, []).append(row)
        known = list(self.dataset.form.rules)
        order = {rule: number for number, rule in enumerate(known)}
        for rule in sorted(found, key=lambda each: (order.get(each, len(known)), each)):
            rows = found[rule]
            yield {
                "id": rule,
                "title": self._title(rule),
                "errors": sum(row.finding.severity is Severity.ERROR for row in rows),
                "open": sum(row.finding.severity is Severity.HINT and not row.finding.explained for row in rows),
                "explained": sum(row.finding.severity is Severity.HINT and row.finding.explained for row in rows),
                "units": len({row.file.content.unit_code or row.file.content.file for row in rows}),
            }

    def _title(self, rule: str) -> str:
        """A rule's title, or what the catalogue says of a file's fault, its placeholders left open."""
        if rule in self.dataset.form.rules:
            return self.dataset.form.rules[rule].title
        entry = CATALOGUE.get(rule)
        return _PLACEHOLDER.sub("…", entry.message) if entry else ""


def _mailed(mail: UnitMail | None) -> list[str]:
    """What was mailed to a unit and by it, in a few words each."""
    if mail is None:
        return []
    sent = [f"{kind.value} {mail.shown(kind)}" for kind in Kind if mail.shown(kind)]
    return [*sent, f"来件 {mail.came_shown}"] if mail.came else sent


def board_of(dataset: Dataset) -> Board:
    """The board of a dataset; without a roster its units are those that reported."""
    listed = standings(dataset)
    units = listed or tuple(_reporting(dataset))
    known = {each.unit.code: number for number, each in enumerate(units) if each.unit.code}
    files = {judged.content.file: known.get(judged.content.unit_code, -1) for judged in dataset.files}
    files.update({each.file.content.file: number for number, each in enumerate(units) if each.file})
    return Board(dataset=dataset, units=units, on_roster=bool(listed), unit_of_file=files)


def _reporting(dataset: Dataset) -> Iterator[Standing]:
    closes = dataset.task.closes if dataset.task else None
    versions: dict[str, set[str]] = {}
    for judged in dataset.files:
        if judged.state not in (State.UNREADABLE, State.UNRECOGNISED):
            versions.setdefault(judged.content.unit_code, set()).add(judged.content.sha256)
    for judged in dataset.official:
        if judged.state in WINNING:
            yield _unlisted(dataset, judged, closes, versions)


def _unlisted(dataset: Dataset, judged: Judged, closes: datetime | None, versions: dict[str, set[str]]) -> Standing:
    content = judged.content
    return Standing(
        unit=Unit(code=content.unit_code, name=content.unit_name),
        listed=False,
        file=judged,
        versions=len(versions[content.unit_code]) if content.unit_code else 1,
        late=is_late(content, closes),
        ceiling=dataset.roster.ceiling_of(content.unit_code) if content.unit_code else None,
    )
