"""Where things stand in the consolidated workbook and in the files, for links."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping

from ...check import Finding
from .cells import Link, sheet_reference

__all__ = ["Places"]

_ROW = re.compile(r"[0-9]+\Z")


class Places:
    """Remembers where the projects, indicators and files stand that findings speak of, and no others."""

    def __init__(self, links: Mapping[str, str], findings: Iterable[tuple[str, Finding]]) -> None:
        self._links = links
        wanted = {(file, each.sheet, _row(each.cell)) for file, each in findings}
        self._rows = wanted
        self._sheets = {(file, sheet) for file, sheet, _ in wanted}
        self._projects: dict[tuple[str, str], str] = {}
        self._indicators: dict[tuple[str, str, str], str] = {}
        self._files: dict[str, str] = {}

    def project(self, file: str, sheet: str, place: str) -> None:
        """The project on this sheet stands at ``place``."""
        if (file, sheet) in self._sheets:
            self._projects[file, sheet] = place

    def indicator(self, file: str, sheet: str, cell: str, title: str, row: int) -> None:
        """The indicator in the row of ``cell`` stands in this row of the sheet ``title``."""
        if (file, sheet) in self._sheets and (key := (file, sheet, _row(cell))) in self._rows:
            self._indicators[key] = sheet_reference(title, f"A{row}")

    def file(self, file: str, place: str) -> None:
        """The file is listed at ``place``."""
        self._files[file] = place

    def of_finding(self, file: str, finding: Finding) -> Link:
        """A link to where a finding shows in this workbook: its indicator, project or file."""
        found = (
            self._indicators.get((file, finding.sheet, _row(finding.cell)))
            or self._projects.get((file, finding.sheet))
            or self._files.get(file, "")
        )
        return Link(found.replace("'", "").replace("!", " "), location=found)

    def in_file(self, file: str, text: str, sheet: str = "", cell: str = "") -> Link:
        """A link to a file, at a sheet and cell if given."""
        target = self._links.get(file, "")
        location = sheet_reference(sheet, cell) if target and sheet else ""
        return Link(text, location=location, target=target)


def _row(cell: str) -> str:
    match = _ROW.search(cell)
    return match.group() if match else ""
