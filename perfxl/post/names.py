"""What a unit's workbook is called."""

from __future__ import annotations

import re

from ..rules.values import squash

__all__ = ["joined_name", "safe_name", "workbook_name"]

_FORBIDDEN = re.compile(r'[\\/:*?"<>|\x00-\x1f\x7f\ud800-\udfff]')
_DEVICES = frozenset({"CON", "PRN", "AUX", "NUL", *(f"{name}{number}" for name in ("COM", "LPT") for number in range(1, 10))})
_LONGEST = 60
"""Characters of the unit's name: file names end at 255 bytes, and a Chinese character takes three."""


def workbook_name(code: str, name: str, year: int) -> str:
    """``657001_遵化市房屋征收中心本级_2023.xlsx``, without what Windows forbids in names."""
    shown = _FORBIDDEN.sub("_", squash(name))[:_LONGEST].rstrip(".")
    parts = [_FORBIDDEN.sub("_", squash(code))[:_LONGEST], shown, str(year)]
    return "_".join(part for part in parts if part) + ".xlsx"


def safe_name(name: str, longest: int = _LONGEST) -> str:
    """A name that some stranger gave, as the name of one file in one folder: no path, nothing forbidden, not hidden.

    At most ``longest`` characters before the extension.
    """
    last = re.split(r"[\\/]", name)[-1]
    stem, dot, extension = squash(_FORBIDDEN.sub("_", last)).strip(" .~$").rpartition(".")
    if not dot or len(extension) > 10:
        stem, extension = f"{stem}{dot}{extension}", ""
    stem = stem[:longest].strip(" .") or "_"
    if stem.split(".")[0].upper() in _DEVICES:
        stem = f"_{stem}"
    return f"{stem}.{extension}" if extension else stem


def joined_name(*parts: str) -> str:
    """Parts of our own (a unit's code and name, a kind) as the name of one file or folder, joined by ``_``."""
    return safe_name("_".join(re.sub(r"[\\/]", "_", part) for part in parts if part))
