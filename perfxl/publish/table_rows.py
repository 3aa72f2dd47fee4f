"""Recognise the rows of a published table: which grid row of the form each one is.

Tolerates lost merges (a merged cell repeated, emptied or left out) and blanks
anywhere; labels decide, never positions on the page.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from ..form.model import Form, GridCell, Group, Mark
from ..rules.values import squash
from .outline import grid_cells

__all__ = ["Matched", "RowReader"]

Aligned = list[tuple[GridCell, str]]


@dataclass(frozen=True, slots=True, kw_only=True)
class Matched:
    """A recognised row: its grid row, the text of each field, and its levels if it is a group's row.

    ``levels`` are the texts of level 1 and level 2, "" where merged with the row above.
    """

    row: int
    fields: Mapping[str, str]
    group: str = ""
    levels: tuple[str, str] = ("", "")


class RowReader:
    """Matches rows in the order of a document; remembers the row before."""

    def __init__(self, form: Form) -> None:
        self.sheet = form.project_sheet
        self.groups: dict[int, Group] = {form.groups[name].row: form.groups[name] for name in self.sheet.groups}
        self.cells = [grid_cells(self.sheet, row) for row in range(self.sheet.grid.rows)]
        self.before = -1

    def reset(self) -> None:
        """Forget the row before: another table begins that has nothing to do with it."""
        self.before = -1

    def match(self, texts: Sequence[str]) -> Matched | None:
        """The grid row that these cell texts are, ``None`` if none fits."""
        found = self._labelled(texts) or self._following(texts)
        if found is not None:
            self.before = found.row
        return found

    def _labelled(self, texts: Sequence[str]) -> Matched | None:
        """The row whose own labels stand in their places, the most labels winning."""
        best: tuple[int, Matched] | None = None
        for row, cells in enumerate(self.cells):
            labels = sum(cell.mark is Mark.LABEL and cell.row == row for cell in cells)
            if row in self.groups or labels <= (best[0] if best else 0):
                continue
            aligned = self._aligned(row, cells, texts)
            if aligned is not None:
                best = labels, Matched(row=row, fields=_fields(aligned))
        return best[1] if best else None

    def _following(self, texts: Sequence[str]) -> Matched | None:
        """A row without labels of its own, known by what stands above it."""
        if self.before in self.groups:
            return self._group_row(self.before, texts)
        row = self.before + 1
        if not 0 < row < len(self.cells):
            return None
        if row in self.groups:
            return self._group_row(row, texts)
        if any(cell.mark is Mark.LABEL and cell.row == row for cell in self.cells[row]):
            return None
        aligned = self._aligned(row, self.cells[row], texts)
        return None if aligned is None else Matched(row=row, fields=_fields(aligned))

    def _group_row(self, row: int, texts: Sequence[str]) -> Matched | None:
        group = self.groups[row]
        cells = self.cells[row]
        known = [{squash(block.level1) for block in group.blocks}, {squash(block.level2) for block in group.blocks}]
        inner = [cell for cell in cells if cell.mark not in (Mark.LEVEL1, Mark.LEVEL2)]
        choices = [cells, [cell for cell in cells if cell.mark is not Mark.LEVEL1], inner]
        for chosen in dict.fromkeys(tuple(choice) for choice in choices):
            for aligned in _alignments(chosen, texts, self.sheet.grid.columns):
                levels = [
                    next((text for cell, text in aligned if cell.mark is mark), "") for mark in (Mark.LEVEL1, Mark.LEVEL2)
                ]
                if all(not squash(level) or squash(level) in names for level, names in zip(levels, known, strict=True)):
                    return Matched(row=row, fields=_fields(aligned), group=group.name, levels=(levels[0], levels[1]))
        return None

    def _aligned(self, row: int, cells: Sequence[GridCell], texts: Sequence[str]) -> Aligned | None:
        """Texts laid over a grid row's cells so that every label fits."""
        own = [cell for cell in cells if cell.row == row]
        for chosen in (cells, own) if len(own) < len(cells) else (cells,):
            for aligned in _alignments(chosen, texts, self.sheet.grid.columns):
                if all(_fits(cell, text, row) for cell, text in aligned):
                    return [(cell, text) for cell, text in aligned if cell.row == row]
        return None


def _fits(cell: GridCell, text: str, row: int) -> bool:
    if cell.row < row:
        return not squash(text) or cell.mark is not Mark.LABEL or squash(text) == squash(cell.text)
    return cell.mark is not Mark.LABEL or squash(text) == squash(cell.text)


def _alignments(cells: Sequence[GridCell], texts: Sequence[str], columns: int) -> Iterator[Aligned]:
    """One text per cell; or one per grid column, where the merged ones are empty or repeated."""
    if len(texts) == len(cells):
        yield list(zip(cells, texts, strict=True))
    start = cells[0].column if cells else 0
    if len(texts) == columns - start != len(cells):
        aligned = [(cell, texts[cell.column - start]) for cell in cells]
        over = [
            (texts[column - start], text)
            for cell, text in aligned
            for column in range(cell.column + 1, cell.column + cell.columns)
        ]
        if all(not squash(other) or squash(other) == squash(text) for other, text in over):
            yield aligned


def _fields(aligned: Aligned) -> dict[str, str]:
    return {cell.text: text for cell, text in aligned if cell.mark is Mark.FIELD}
