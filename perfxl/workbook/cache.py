"""What the formulas of a calculation block yield for one record: the values to cache in the file."""

from __future__ import annotations

from ..form.evaluate import SheetResult, computed_values
from ..form.model import COVER, Check, Severity
from ..form.records import Book, Row
from ..rules.python import Outcome
from ..rules.targets import PARTS, Target, read_target, spelling
from ..rules.types import CellError, Raw
from ..rules.values import BLANKS, ReadValue, length, squash
from .layout import (
    ACTIVE_ROW,
    COUNT_ROW,
    ERRORS_ROW,
    EXPLAINED_ROW,
    FIRST_ROW,
    HEADER_ROWS,
    HINTS_ROW,
    MESSAGE_ROW,
    STATUS_ROW,
)
from .live import EXPLAINED_LENGTH, CellValue, LiveSheet
from .status import status_text

__all__ = ["Cache"]


_NOT_AVAILABLE = CellError("#N/A")
_CELL_LENGTH = 32_767


class Cache:
    """Cached values of one block, where they differ from a blank sheet's.

    ``values`` is keyed by row and column of the calculation sheet.
    """

    def __init__(self, live: LiveSheet, book: Book, result: SheetResult) -> None:
        self.live = live
        self.layout = live.layout
        self.form = live.form
        self.record = result.record
        self.values: dict[tuple[int, int], CellValue] = {}
        self._row_of = {key: row for row, key in self.layout.keys.items()}
        self.failing: dict[tuple[int, int], str] = {}
        self._packed: dict[int, list[str]] = {}
        self._reads(result)
        self._failures(result)
        self._rows()
        self._totals()
        if self.layout.sheet.id != COVER:
            for name, text in computed_values(self.form, book, self.record).items():
                # Excel makes no text longer than a cell holds: the formula gives "" then (and a longer one breaks the file).
                shown = text if length(text) <= _CELL_LENGTH else ""
                self._put(self.layout.singles[name].row, self.layout.computed[name], shown)

    def at(self, row: int, column: int, default: CellValue = "") -> CellValue:
        """The cached value of a block column in the row parallel to a visible one."""
        return self.values.get((row + HEADER_ROWS, self.live.column(column)), default)

    def total(self, row: int) -> int:
        """One of the block's totals."""
        value = self.values.get((row, self.live.offset), 0)
        assert isinstance(value, int)
        return value

    @property
    def status(self) -> str:
        """The sheet's status line."""
        return str(self.values[STATUS_ROW, self.live.offset])

    def _open(self, checks: tuple[Check, ...]) -> tuple[int, int]:
        """At how many places these checks fail: not explained, explained."""
        numbers = {check.number for check in checks}
        rows = {row for row, number in self.failing if number in numbers}
        explained = sum(self._explained(row) for row in rows) if checks[0].severity is Severity.HINT else 0
        return len(rows) - explained, explained

    def count(self, checks: tuple[Check, ...]) -> int:
        """The number of places at which checks of one rule, severity and field fail, explained hints left out."""
        return self._open(checks)[0]

    def first_message(self, checks: list[Check]) -> str:
        """The message of the first check that fails, at its first place."""
        for check in checks:
            rows = sorted(row for row, number in self.failing if number == check.number)
            if rows:
                return self.failing[rows[0], check.number]
        return ""

    def _put(self, row: int, column: int, value: CellValue) -> None:
        self.values[row + HEADER_ROWS, self.live.column(column)] = value

    def _reads(self, result: SheetResult) -> None:
        for name, value in result.values.items():
            self._read(self.layout.singles[name].row, name, value, self.record.raws.get(name))
        for group, rows in self.record.rows.items():
            for row, values in zip(rows, result.row_values[group], strict=True):
                first, _ = self.layout.block_rows(group, row.block)
                for name, value in values.items():
                    self._read(first + row.slot, name, value, row.raws.get(name))

    def _read(self, row: int, name: str, value: ReadValue, raw: Raw) -> None:
        if raw is None:
            return
        column = self.layout.column_of(name)
        self._put(row, column, raw)
        if name in self.layout.spaced and isinstance(raw, str):
            spaced = "".join(" " if char in BLANKS else char for char in raw)
            self._put(row, self.layout.spaced[name], spaced)
        if value == "":
            return
        self._put(row, self.layout.begun, 1)
        column += self.layout.width
        parts = self.layout.parts.get(name)
        if not isinstance(value, str | float):
            self._put(row, column, raw if isinstance(raw, CellError) else _NOT_AVAILABLE)
            if parts is not None:
                for number in range(len(PARTS)):
                    self._put(row, parts + number, _NOT_AVAILABLE)
            return
        self._put(row, column, spelling(raw) if parts is not None and isinstance(raw, str) else value)
        if parts is not None and isinstance(value, str):
            for number, part in enumerate(_parts(read_target(value))):
                self._put(row, parts + number, part)

    # --- outcomes ------------------------------------------------------------------

    def _failures(self, result: SheetResult) -> None:
        for check, at, outcome, message in result.failures:
            row = self._row(check, at)
            if check.in_rows:
                states = self._packed.setdefault(row, list(self.live.blank_states(check.group)))
                states[self.layout.digits[check.number] - 1] = str(int(outcome))
            else:
                self._put(row, self.layout.singles_state[check.number], int(outcome))
            if outcome is Outcome.FAIL:
                self.failing[row, check.number] = message
        for row, states in self._packed.items():
            self._put(row, self.layout.packed, "".join(states))
        for check in self.live.checks:
            if check.number in self.layout.headers:
                self._header(check)

    def _row(self, check: Check, at: Row | None) -> int:
        if at is not None:
            return self.layout.block_rows(check.group, at.block)[0] + at.slot
        return self.layout.singles[check.field].row

    def _header(self, check: Check) -> None:
        rows = sorted(row for row, number in self.failing if number == check.number)
        if not rows:
            return
        column = self.live.column(self.layout.headers[check.number])
        if check.in_rows:
            self.values[COUNT_ROW, column] = self._open((check,))[0]
        if check.has_figures:
            if check.in_rows:
                self.values[FIRST_ROW, column] = rows[0] - self.layout.group_rows(check.group)[0] + 1
            self.values[MESSAGE_ROW, column] = self.failing[rows[0], check.number]

    def _explained(self, row: int) -> bool:
        text = self.record.explanations.get(self.layout.keys[row], "")
        return length(squash(text)) >= EXPLAINED_LENGTH

    def _rows(self) -> None:
        for key, text in self.record.explanations.items():
            self._put(self._row_of[key], self.layout.explanation, text)
        for row, checks in self.layout.checks_in_row.items():
            hints = any(check.severity is Severity.HINT for check in checks)
            explained = hints and self._explained(row)
            if explained:
                self._put(row, self.layout.explained, 1)
            failing = [check for check in checks if (row, check.number) in self.failing]
            if not failing:
                continue
            first = failing[0]
            prefix = "错误：" if first.severity is Severity.ERROR else "已说明：" if explained else "提示："
            more = f"（另有 {len(failing) - 1} 处）" if len(failing) > 1 else ""
            self._put(row, self.layout.remark_text, prefix + self.failing[row, first.number] + more)
            flags = [
                (_flag(name, failing, explained) if name else ".") * columns for name, columns in self.layout.flagged(row)
            ]
            self._put(row, self.layout.flag_text, "".join(flags))

    def _totals(self) -> None:
        errors = hints = explained = 0
        for checks in self.live.places():
            unsettled, settled = self._open(checks)
            if checks[0].severity is Severity.ERROR:
                errors += unsettled
            else:
                hints += unsettled
                explained += settled
        active, column = self.record.begun, self.live.offset
        self.values[ACTIVE_ROW, column] = int(active)
        self.values[ERRORS_ROW, column] = errors
        self.values[HINTS_ROW, column] = hints
        self.values[EXPLAINED_ROW, column] = explained
        repeats = self.layout.sheet.repeats
        status = status_text(active=active, errors=errors, hints=hints, repeats=repeats)
        self.values[STATUS_ROW, column] = status


def _flag(name: str, failing: list[Check], explained: bool) -> str:
    severities = {check.severity for check in failing if check.field == name}
    if Severity.ERROR in severities:
        return "E"
    if Severity.HINT in severities:
        return "X" if explained else "H"
    return "."


def _parts(target: Target) -> tuple[CellValue, ...]:
    """In the order of rules.targets.PARTS."""
    return target.form, target.op, target.rest, target.size, target.number, target.unit, target.kind

