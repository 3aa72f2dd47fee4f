"""Findings (校验问题): one fault at one place, in the words that people read."""

from __future__ import annotations

from dataclasses import asdict, dataclass

from ..form.model import Severity

__all__ = ["JSON_KEYS", "Finding"]

JSON_KEYS = ("file", "sheet", "cell", "field", "rule", "severity", "value", "message")
"""The keys of a finding in ``--json`` output, in order."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Finding:
    """A fault in a returned workbook.

    ``rule`` is a rule's id (P07) or an intake code of the catalogue (I07);
    ``cell`` is an A1 address, "" for faults of a whole file or sheet; ``value``
    is what was found, as text.  ``explained``: a hint whose 审核说明 suffices.
    """

    file: str
    sheet: str
    cell: str
    field: str
    rule: str
    severity: Severity
    value: str
    message: str
    explained: bool = False
    explanation: str = ""

    def as_json(self) -> dict[str, str]:
        """The finding as ``perfxl check --json`` prints it."""
        content = asdict(self)
        content["severity"] = self.severity.value
        return {key: content[key] for key in JSON_KEYS}
