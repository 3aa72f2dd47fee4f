"""Records: the values of one unit's workbook, independent of where they came from.

Values are *raw* (as a cell holds them); what a rule reads and what is data are
derived by the field's type.  A record carries no addresses; the workbook room
knows where each value lies.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from decimal import Decimal
from typing import NamedTuple

from ..rules.types import Raw, is_blank
from ..rules.values import NA, ReadValue, strip
from .model import COVER, Field, Form, Group

__all__ = ["MICRO", "Book", "Row", "RowKey", "SheetRecord", "data_text", "from_micro", "money_micro", "read_value"]

MICRO = 1_000_000
"""Money is held as an integer of 10⁻⁶ 万元 (1 分)."""


class RowKey(NamedTuple):
    """A row beside which a remark and an explanation stand.

    For a row of a group: its name, block and slot (from 0).  For any other row
    of the grid: ``group`` is "" and ``slot`` the grid row.
    """

    group: str
    block: int
    slot: int


class Row(NamedTuple):
    """One slot of a group: ``block`` and ``slot`` count from 0."""

    block: int
    slot: int
    raws: dict[str, Raw]

    @property
    def begun(self) -> bool:
        """Any entry cell is not blank."""
        return any(not is_blank(raw) for raw in self.raws.values())


@dataclass(slots=True)
class SheetRecord:
    """The values of one sheet; ``ordinal`` counts sheets of the same id from 1.

    ``rows`` holds begun rows only, in the form's order.
    """

    sheet: str
    ordinal: int = 1
    raws: dict[str, Raw] = field(default_factory=dict)
    rows: dict[str, list[Row]] = field(default_factory=dict)
    explanations: dict[RowKey, str] = field(default_factory=dict)

    @property
    def begun(self) -> bool:
        """Any entry cell is not blank (a project sheet without is no project)."""
        return any(self.rows.values()) or any(not is_blank(raw) for raw in self.raws.values())


@dataclass(slots=True)
class Book:
    """One unit's workbook as values: the cover and its sheets in order."""

    cover: SheetRecord = field(default_factory=lambda: SheetRecord(COVER))
    sheets: list[SheetRecord] = field(default_factory=list)

    def all(self) -> Iterator[SheetRecord]:
        """The cover, then every sheet."""
        yield self.cover
        yield from self.sheets

    def of(self, sheet: str) -> list[SheetRecord]:
        """The sheets with this id."""
        return [record for record in self.all() if record.sheet == sheet]

    def projects(self, form: Form) -> list[SheetRecord]:
        """The begun project sheets."""
        wanted = form.project_sheet.id
        return [record for record in self.sheets if record.sheet == wanted and record.begun]


def read_value(field: Field, raw: Raw) -> ReadValue:
    """What rules read of a raw value (see :mod:`perfxl.rules.types`)."""
    assert field.type is not None, field.name
    return field.type.read(raw)


def data_text(field: Field, raw: Raw) -> str:
    """The value as data: outer blanks lost, a code without any; "" where ill-typed or blank."""
    if not isinstance(raw, str):
        return ""
    if field.type_name in ("code", "choice"):
        value = read_value(field, raw)
        return value if isinstance(value, str) else ""
    return strip(raw)


def data_number(field: Field, raw: Raw) -> float | None:
    """The value of a number field; ``None`` where blank or ill-typed."""
    value = read_value(field, raw)
    return value if isinstance(value, float) else None


def money_micro(field: Field, raw: Raw) -> int | None:
    """Money in 10⁻⁶ 万元, exactly; ``None`` where blank or ill-typed."""
    value = read_value(field, raw)
    if value is NA or not isinstance(value, float):
        return None
    # Money is under 10⁸ and within a twentieth of 10⁻⁶ of a multiple of it, so the product rounds right.
    return round(value * MICRO)


def from_micro(micro: int) -> Decimal:
    """10⁻⁶ 万元 as 万元, without trailing zeros."""
    value = (Decimal(micro) / MICRO).normalize()
    return value.quantize(Decimal(1)) if value == value.to_integral_value() else value


def row_label(group: Group, row: Row) -> str:
    """What a row is called in messages: its level 2 and slot."""
    block = group.blocks[row.block]
    return f"{block.level2 or group.label}第{row.slot + 1}行"


def values_of(form: Form, sheet: str, raws: Mapping[str, Raw]) -> dict[str, ReadValue]:
    """Read values of a sheet's own (ungrouped) entry fields, missing ones as blank."""
    return {
        field.name: read_value(field, raws.get(field.name))
        for field in form.entry_fields(sheet)
        if not field.group
    }
