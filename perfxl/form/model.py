"""A form as data: fields, grids, groups, sheets, rules.  No file access here.

Everything is frozen: a form version never changes (DEFINITIONS, "Form version").
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import Enum
from functools import cached_property

from ..rules.analyse import Expression
from ..rules.types import FieldType

__all__ = [
    "COVER",
    "Block",
    "Check",
    "CrossRule",
    "Field",
    "Form",
    "Grid",
    "GridCell",
    "Group",
    "JudgeRule",
    "Mark",
    "Rule",
    "Scope",
    "Severity",
    "Sheet",
    "Shown",
]

COVER = "cover"
"""The id of the cover sheet, whose fields belong to the whole book."""


class Severity(Enum):
    """错误 must be mended; 提示 is mended or explained."""

    ERROR = "error"
    HINT = "hint"

    @property
    def label(self) -> str:
        """The word that people read."""
        return "错误" if self is Severity.ERROR else "提示"


NOTE = "情况"
"""The level of rules about the roster: told, but nobody's fault to mend in a file."""


class Scope(Enum):
    """Over what a rule runs, once per …"""

    BOOK = "book"
    SHEET = "sheet"
    GROUP = "group"
    ROW = "row"


@dataclass(frozen=True, slots=True, kw_only=True)
class Field:
    """One value of the form.

    ``group`` names the repeating group it belongs to, if any; ``beside`` the
    field on whose row its entry cell stands outside the table; ``formula`` is
    set for computed fields only, ``type`` for all others.  ``lines`` is the
    number of text lines its cell should have room for.
    """

    name: str
    label: str
    sheet: str
    type_name: str
    type: FieldType | None
    help: str = ""
    group: str = ""
    beside: str = ""
    lines: int = 1
    options: tuple[str, ...] = ()
    formula: Expression | None = None
    align: str = ""

    @property
    def is_entry(self) -> bool:
        """The unit types it (computed fields are not)."""
        return self.formula is None


class Mark(Enum):
    """What a grid cell holds."""

    LABEL = "label"
    FIELD = "field"
    LEVEL1 = "level1"
    LEVEL2 = "level2"
    ORDINAL = "ordinal"


@dataclass(frozen=True, slots=True, kw_only=True)
class GridCell:
    """One (possibly merged) cell of the grid; rows and columns count from 0."""

    row: int
    column: int
    rows: int
    columns: int
    mark: Mark
    text: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Grid:
    """The table as a picture: ``rows`` x ``columns`` and the cells that fill it."""

    rows: int
    columns: int
    cells: tuple[GridCell, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Block:
    """A run of slots in a group: one level 2 of the indicator tree, or the whole list."""

    level1: str = ""
    level2: str = ""
    required: bool = False
    slots: int = 1


@dataclass(frozen=True, slots=True, kw_only=True)
class Group:
    """Repeating rows: ``row`` of the grid is written once per slot of every block."""

    name: str
    label: str
    sheet: str
    row: int
    fields: tuple[str, ...]
    blocks: tuple[Block, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Sheet:
    """One sheet of the unit's workbook.

    ``repeats``: one per project, named by ``name`` with the ordinal ({n:02d});
    ``lead_only``: only in the workbook of a department's lead unit.
    ``widths`` are in characters, one per grid column.
    """

    id: str
    name: str
    grid: Grid
    widths: tuple[float, ...]
    groups: tuple[str, ...]
    fields: tuple[str, ...]
    repeats: bool = False
    lead_only: bool = False
    default_count: int = 1
    landscape: bool = False

    def title(self, ordinal: int) -> str:
        """The sheet's name in the workbook; ordinals count from 1."""
        return self.name.format(n=ordinal)


@dataclass(frozen=True, slots=True)
class Shown:
    """The placeholder {SHOWN} in a message: the value found in the cell."""


MessagePart = str | Shown | Expression


@dataclass(frozen=True, slots=True, kw_only=True)
class Rule:
    """What the catalogue lists: one id may have several checks and both severities.

    ``batch_only`` rules cannot be judged in the workbook; they run in the batch alone.
    """

    id: str
    title: str
    scope: str
    batch_only: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Check:
    """One formula at one field, part of a rule.

    ``formula`` is ``None`` for the check that a cell is of its field's type.
    ``number`` is the check's place in the form's order, from 0.
    """

    number: int
    rule: str
    severity: Severity
    sheet: str
    scope: Scope
    group: str
    field: str
    formula: Expression | None
    message: tuple[MessagePart, ...]

    @property
    def has_figures(self) -> bool:
        """Its message has placeholders."""
        return any(not isinstance(part, str) for part in self.message)

    @property
    def in_rows(self) -> bool:
        """It has one outcome per row (or block) rather than one per sheet."""
        return self.scope in (Scope.ROW, Scope.GROUP)


@dataclass(frozen=True, slots=True, kw_only=True)
class CrossRule:
    """A rule across submissions: SQL over the store that selects what fails.

    ``field`` is the field at which a finding is reported, "" for the whole
    submission; ``message`` has placeholders {column} for columns of the result.
    The views and the columns that a query must give are told in
    :mod:`perfxl.consolidate.cross_tables`.
    """

    id: str
    severity: Severity
    field: str
    sql: str
    message: str
    place: str = ""
    """The key of its SQL in the form file."""


@dataclass(frozen=True, slots=True, kw_only=True)
class RosterRule:
    """A rule about the units of the roster, severity ``note``: SQL that selects what 报送情况 has to say of a unit.

    It is neither error nor hint and changes no file's state.  The tables and the columns that a
    query must give are told in :mod:`perfxl.consolidate.notes`.
    """

    id: str
    sql: str
    message: str
    place: str = ""
    """The key of its SQL in the form file."""


@dataclass(frozen=True, slots=True, kw_only=True)
class JudgeRule:
    """A batch-only rule that a registered Python check decides (see :mod:`perfxl.form.judges`).

    ``settings`` are the judge's own; ``message`` has the placeholders that it offers.
    """

    id: str
    severity: Severity
    field: str
    python: str
    settings: Mapping[str, str | float]
    message: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Renames:
    """What is called otherwise than in the version ``since``: old name to new name; everything else keeps its name.

    ``levels`` are level 2 texts of the indicator tree.
    """

    since: int
    sheets: Mapping[str, str]
    fields: Mapping[str, str]
    groups: Mapping[str, str]
    levels: Mapping[str, str]


@dataclass(frozen=True, kw_only=True)
class Form:
    """A whole form definition, checked."""

    id: str
    version: int
    title: str
    year: int
    money_unit: str
    notes: tuple[str, ...]
    roles: Mapping[str, str]
    cover: tuple[str, ...]
    fields: Mapping[str, Field]
    groups: Mapping[str, Group]
    sheets: Mapping[str, Sheet]
    lists: Mapping[str, tuple[str, ...]]
    rules: Mapping[str, Rule]
    checks: tuple[Check, ...]
    cross: tuple[CrossRule, ...] = ()
    judges: tuple[JudgeRule, ...] = ()
    roster: tuple[RosterRule, ...] = ()
    renames: tuple[Renames, ...] = ()
    source: str = ""

    @cached_property
    def checks_of(self) -> Mapping[str, tuple[Check, ...]]:
        """The checks of each sheet id, the cover's among them."""
        names = (COVER, *self.sheets)
        return {name: tuple(check for check in self.checks if check.sheet == name) for name in names}

    @cached_property
    def project_sheet(self) -> Sheet:
        """The sheet that repeats, one per project."""
        return next(sheet for sheet in self.sheets.values() if sheet.repeats)

    def severity_of(self, rule: str) -> str:
        """The level of a rule as people read it: 错误, 提示 or 错误/提示; 情况 for one about the roster."""
        if any(each.id == rule for each in self.roster):
            return NOTE
        severities = {check.severity for check in self.checks if check.rule == rule}
        severities |= {each.severity for each in self.cross if each.id == rule}
        severities |= {each.severity for each in self.judges if each.id == rule}
        return "/".join(severity.label for severity in Severity if severity in severities)

    def entry_fields(self, sheet: str) -> tuple[Field, ...]:
        """The fields that a unit fills on a sheet, group fields among them."""
        return tuple(field for field in self.fields.values() if field.sheet == sheet and field.is_entry)

    def is_required(self, field: str) -> bool:
        """Some error rule of the form is exactly NOT(BLANK(field))."""
        return field in self._required

    @cached_property
    def _required(self) -> frozenset[str]:
        return frozenset(
            check.field
            for check in self.checks
            if check.severity is Severity.ERROR
            and check.formula is not None
            and check.formula.source.replace(" ", "") == f"NOT(BLANK({check.field}))"
        )
