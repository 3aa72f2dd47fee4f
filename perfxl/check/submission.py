"""A submission (一份报送): what one returned file turned out to hold."""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import Enum

from ..form.model import Form, Severity
from ..form.records import Book, SheetRecord, data_text
from ..workbook.layout import Plan
from ..workbook.places import SheetPlace
from ..workbook.said import Stale
from ..workbook.seal import Seal
from .findings import Finding

__all__ = ["Condition", "SheetPlace", "Submission"]


class Condition(Enum):
    """How far reading got."""

    UNREADABLE = "unreadable"
    UNRECOGNISED = "unrecognised"
    READ = "read"


@dataclass(slots=True, kw_only=True)
class Submission:
    """One file after reading and checking.

    ``file`` is its path as given (shown to people), ``modified`` the workbook's
    own modification time (ISO 8601, "" if unknown).  ``book`` is ``None``
    unless ``condition`` is READ; ``places`` runs parallel to ``book.all()``.
    ``stale`` are explanations that were written for other values.
    ``seal`` is there if a task's key has verified it: it then says which unit this is.
    """

    file: str
    sha256: str
    condition: Condition
    size: int = 0
    modified: str = ""
    form: Form | None = None
    book: Book | None = None
    places: list[SheetPlace] = field(default_factory=list)
    findings: list[Finding] = field(default_factory=list)
    meta: dict[str, str] = field(default_factory=dict)
    seal: Seal | None = None
    plan: Plan | None = None
    stale: Stale = field(default_factory=dict)

    @property
    def errors(self) -> int:
        """The number of errors."""
        return sum(finding.severity is Severity.ERROR for finding in self.findings)

    @property
    def open_hints(self) -> int:
        """The number of hints that no 审核说明 explains."""
        return sum(finding.severity is Severity.HINT and not finding.explained for finding in self.findings)

    def _cover(self, role: str) -> str:
        if self.form is None or self.book is None:
            return ""
        name = self.form.roles[role]
        return data_text(self.form.fields[name], self.book.cover.raws.get(name))

    @property
    def unit_code(self) -> str:
        """The unit code that the seal vouches for, else the one on the cover, "" if missing."""
        return self.seal.unit if self.seal else self._cover("unit_code")

    @property
    def unit_name(self) -> str:
        """The unit name that the seal vouches for, else the one on the cover, "" if missing."""
        return self.seal.name if self.seal else self._cover("unit_name")

    def place_of(self, record: SheetRecord) -> SheetPlace:
        """Where a sheet's values lie."""
        assert self.book is not None
        for each, place in zip(self.book.all(), self.places, strict=True):
            if each is record:
                return place
        raise KeyError(record.sheet)
