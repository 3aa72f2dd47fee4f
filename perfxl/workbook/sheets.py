"""The cells of a workbook's sheets, each part read once: quickly where it is plain, carefully otherwise."""

from __future__ import annotations

from .cells import SheetCells, read_carefully
from .container import Container
from .frames import frame_of
from .plain_cells import read_plainly
from .strings import Strings, read_strings

__all__ = ["Sheets"]


class Sheets:
    """Reads sheets of a container on demand; raises Refusal I05 or I10."""

    def __init__(self, container: Container) -> None:
        self.container = container
        self.budget = container.budget
        self._cells: dict[str, SheetCells] = {}
        self._read = 0
        part = container.shared_part
        content = container.part(part) if part and container.has(part) else b""
        self._shared_size = len(content)
        self.strings = read_strings(content, part, self.budget) if content else Strings([])

    def cells(self, title: str) -> SheetCells:
        """The cells of the sheet with a title that the workbook has."""
        part = self.container.sheets[title]
        found = self._cells.get(part)
        if found is None:
            content = self.container.part(part)
            self._read += len(content)
            found = self._cells[part] = self._read_cells(content, part)
        return found

    def most_text(self, entries: int) -> int:
        """Characters that this many cells hold at the most."""
        return self._read + entries * self._shared_size

    def _read_cells(self, content: bytes, part: str) -> SheetCells:
        frame = frame_of(content)
        if frame is not None:
            found = read_plainly(content, frame, self.strings, self.budget)
            if found is not None:
                return found
        return read_carefully(content, self.strings.texts, part, self.budget)
