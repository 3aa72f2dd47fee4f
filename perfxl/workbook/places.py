"""Where the values of a sheet lie in one file."""

from __future__ import annotations

from dataclasses import dataclass, field

from ..form.records import Row

__all__ = ["SheetPlace"]


@dataclass(slots=True)
class SheetPlace:
    """A sheet's actual name and the cell of each value.

    ``cells`` maps field -> A1 address for single fields; ``rows`` maps
    (group, block, slot) -> {field: address}.
    """

    title: str
    cells: dict[str, str] = field(default_factory=dict)
    rows: dict[tuple[str, int, int], dict[str, str]] = field(default_factory=dict)

    def cell(self, name: str, group: str = "", row: Row | None = None) -> str:
        """The A1 address of a field, in a row where the field belongs to a group; "" if unknown."""
        if row is None:
            return self.cells.get(name, "")
        return self.rows.get((group, row.block, row.slot), {}).get(name, "")
