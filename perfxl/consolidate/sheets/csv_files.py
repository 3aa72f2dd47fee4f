"""The lists of the consolidated workbook as CSV, as Chinese Excel opens it rightly: no limit of rows."""

from __future__ import annotations

import csv
import io
from collections.abc import Callable, Sequence
from typing import BinaryIO

from ...form.records import from_micro
from .cells import CellContent, Formula, Link, Money

__all__ = ["CsvFiles", "OpenFile"]

OpenFile = Callable[[str], BinaryIO]
"""Opens the file of a sheet, given its title, to be written."""

_FORMULA_STARTS = ("=", "+", "-", "@", "\t", "\r")


class CsvFiles:
    """One file per title, UTF-8 with a byte order mark."""

    def __init__(self, open_file: OpenFile) -> None:
        self._open = open_file
        self._files: dict[str, io.TextIOWrapper] = {}

    def __contains__(self, title: str) -> bool:
        return title in self._files

    def write(self, title: str, contents: Sequence[CellContent]) -> None:
        """Add a line to the file of this title."""
        file = self._files.get(title)
        if file is None:
            # Excel looks for the mark; without it, it reads Chinese as GB 18030.
            file = io.TextIOWrapper(self._open(title), "utf-8-sig", "replace", newline="")
            self._files[title] = file
        csv.writer(file, lineterminator="\r\n").writerow([_shown(each) for each in contents])

    def finish(self) -> None:
        """Hand the files back, wholly written."""
        for file in self._files.values():
            file.flush()
            file.detach()


def _shown(content: CellContent) -> str:
    """Money exactly; a text that Excel would take for a formula is marked as text."""
    if isinstance(content, Money):
        return str(from_micro(content.micro))
    if isinstance(content, Formula):
        content = content.value
    if isinstance(content, Link):
        content = content.text
    if content is None:
        return ""
    if isinstance(content, str):
        return f"'{content}" if content.startswith(_FORMULA_STARTS) else content
    return repr(content)
