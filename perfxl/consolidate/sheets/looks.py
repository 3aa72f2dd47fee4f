"""How cells look: kinds, tones, and the numbers of their styles in the workbook."""

from __future__ import annotations

from enum import Enum

from openpyxl.cell.cell import Cell
from openpyxl.styles import Alignment, Border, Font, PatternFill, Side
from openpyxl.workbook import Workbook

__all__ = ["Kind", "Styles", "Tone"]

_FONT = "宋体"


class Kind(Enum):
    """How a column's cells are shown: number format and alignment."""

    TEXT = ("General", "left")
    CENTRE = ("General", "center")
    CODE = ("@", "left")
    MONEY = ("#,##0.00", "right")
    PERCENT = ("0%", "right")
    SHARE = ("0.0%", "right")
    NUMBER = ("General", "right")
    COUNT = ("0", "right")

    @property
    def wraps(self) -> bool:
        """Texts run over several lines; a column of another kind is made wide enough."""
        return self in (Kind.TEXT, Kind.CENTRE)


class Tone(Enum):
    """The look of a row or a cell."""

    PLAIN = "plain"
    HEADER = "header"
    SUBTOTAL = "subtotal"
    TOTAL = "total"
    ERROR = "error"
    HINT = "hint"
    GOOD = "good"
    MUTED = "muted"
    LINK = "link"
    ENTRY = "entry"


_FILLS = {
    Tone.HEADER: "D9E2F0",
    Tone.SUBTOTAL: "EEF2F8",
    Tone.TOTAL: "D9E2F0",
    Tone.ERROR: "F8D7DA",
    Tone.HINT: "FFF3CD",
    Tone.GOOD: "DFF0D8",
    Tone.MUTED: "F2F2F2",
    Tone.ENTRY: "FFFFE8",
}


class Styles:
    """The styles of a workbook, by number: one per kind and tone, made once.

    openpyxl keeps what is registered here when the sample cells are gone.
    """

    def __init__(self, book: Workbook) -> None:
        self._book = book
        self._sheet = book.create_sheet("styles")
        self._numbers: dict[tuple[Kind, Tone, bool] | str, int] = {}
        self._named("title", Font(name="黑体", size=16, bold=True), Alignment(horizontal="center", vertical="center"))
        self._named("note", Font(name=_FONT, size=10), Alignment(horizontal="right", vertical="center"))
        self._named("section", Font(name="黑体", size=12), Alignment(horizontal="left", vertical="center"))

    def _new(self) -> Cell:
        cell = self._sheet.cell(1, 1)
        assert isinstance(cell, Cell)
        del self._sheet._cells[1, 1]  # the next one is made anew
        return cell

    def _number(self, cell: Cell) -> int:
        return int(cell.style_id)

    def _named(self, name: str, font: Font, alignment: Alignment) -> None:
        cell = self._new()
        cell.font, cell.alignment = font, alignment
        self._numbers[name] = self._number(cell)

    def named(self, name: str) -> int:
        """The style of titles, notes and section lines."""
        return self._numbers[name]

    def of(self, kind: Kind, tone: Tone, *, quoted: bool = False) -> int:
        """The style of a table cell; ``quoted``: a text that looks like a formula stays text when it is edited."""
        key = (kind, tone, quoted)
        found = self._numbers.get(key)
        if found is None:
            cell = self._new()
            self._dress(cell, kind, tone)
            if quoted:
                cell.quotePrefix = True
            found = self._numbers[key] = self._number(cell)
        return found

    @staticmethod
    def _dress(cell: Cell, kind: Kind, tone: Tone) -> None:
        number_format, horizontal = kind.value
        side = Side(style="thin", color="9AA5B1")
        strong = tone in (Tone.HEADER, Tone.SUBTOTAL, Tone.TOTAL)
        link = tone is Tone.LINK
        cell.number_format = number_format
        cell.font = Font(
            name=_FONT, size=10, bold=strong, color="1F4E9E" if link else "000000", underline="single" if link else None
        )
        cell.alignment = Alignment(horizontal=horizontal, vertical="center", wrap_text=kind.wraps)
        cell.border = Border(left=side, right=side, top=side, bottom=side)
        fill = _FILLS.get(tone)
        if fill:
            cell.fill = PatternFill("solid", fgColor=fill)

    def drop(self) -> None:
        """Remove the sheet that the sample cells stand on."""
        self._book.remove(self._sheet)
