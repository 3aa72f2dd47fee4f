"""What a unit's workbook is called."""

from __future__ import annotations

import re

from ..rules.values import squash

__all__ = ["workbook_name"]

_FORBIDDEN = re.compile(r'[\\/:*?"<>|\x00-\x1f\x7f\ud800-\udfff]')
_LONGEST = 60
"""Characters of the unit's name: file names end at 255 bytes, and a Chinese character takes three."""


def workbook_name(code: str, name: str, year: int) -> str:
    """``657001_遵化市房屋征收中心本级_2023.xlsx``, without what Windows forbids in names."""
    shown = _FORBIDDEN.sub("_", squash(name))[:_LONGEST].rstrip(".")
    parts = [_FORBIDDEN.sub("_", squash(code))[:_LONGEST], shown, str(year)]
    return "_".join(part for part in parts if part) + ".xlsx"
