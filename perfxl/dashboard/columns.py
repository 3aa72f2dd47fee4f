"""Tables as columns with a pool of texts: how the page carries its data, small and quick to parse.

A text column holds indices into the pool; a number column holds numbers or
``null``.  Money is an integer of 10⁻⁶ 万元, written as text where it exceeds
what a double holds exactly.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence

from ..consolidate.content import Value
from ..consolidate.run import printed
from ..form.model import Field
from ..publish.context import printable
from ..rules.values import plain, rounded

__all__ = ["Cell", "Pool", "exact", "folder_of", "shown", "table"]

Cell = int | float | str | None
"""A value of a number column."""

_EXACT = 2**53
_ROOTED = re.compile(r"/|\\\\|[A-Za-z]:[/\\]")


def folder_of(files: Iterable[str]) -> str:
    """The folder under which all absolute paths lie, with the sign that ends it; "" if none or only a disk's root.

    An archive is no folder of the machine: it tells where to find what is in it.
    """
    rooted = [re.split(r"(?<=[/\\])", each)[:-1] for each in files if _ROOTED.match(each)]
    if not rooted:
        return ""
    least, most = min(rooted), max(rooted)
    alike = next((at for at, (one, other) in enumerate(zip(least, most, strict=False)) if one != other), len(least))
    alike = next((at for at, each in enumerate(least[:alike]) if each[:-1].lower().endswith(".zip")), alike)
    folder = "".join(least[:alike])
    return folder if re.sub(r"^[A-Za-z]:", "", folder).strip("/\\") else ""


class Pool:
    """Every text once; index 0 is the empty text.

    ``folders`` are cut from every text: where files lie on the officer's machine
    is nobody's concern who is shown the page, and would crowd their names out.
    """

    def __init__(self, folders: Iterable[str] = ()) -> None:
        self._folders = sorted({each for each in folders if each}, key=len, reverse=True)
        self.texts: list[str] = [""]
        self._known: dict[str, int] = {"": 0}

    def __call__(self, text: str) -> int:
        """The index of a text; what no output can carry and what reorders its neighbours is dropped."""
        found = self._known.get(text)
        if found is None:
            cut = text
            for folder in self._folders:
                cut = cut.replace(folder, "")
            clean = printable(cut)
            found = self._known.setdefault(clean, len(self.texts))
            if found == len(self.texts):
                self.texts.append(clean)
            self._known[text] = found
        return found


def table(
    pool: Pool,
    rows: int,
    *,
    texts: Mapping[str, Sequence[str]] | None = None,
    numbers: Mapping[str, Sequence[Cell]] | None = None,
) -> dict[str, object]:
    """Columns of equal length, as the page reads them."""
    texts, numbers = texts or {}, numbers or {}
    for name, column in (*texts.items(), *numbers.items()):
        if len(column) != rows:
            raise ValueError(f"column {name} has {len(column)} values for {rows} rows")
    return {
        "rows": rows,
        "texts": {name: [pool(each) for each in column] for name, column in texts.items()},
        "numbers": {name: list(column) for name, column in numbers.items()},
    }


def exact(micro: int | None) -> int | str | None:
    """Money for the page: an integer if a double holds it, else its digits."""
    return str(micro) if micro is not None and abs(micro) >= _EXACT else micro


def shown(field: Field, value: Value) -> str:
    """A value as tables show it: money with two decimals, half up; percents ``30%``; what is ill-typed as it stands."""
    if value is None or isinstance(value, str):
        return value or ""
    if field.type_name == "money":
        return printed(int(value))
    if field.type_name == "percent":
        return plain(rounded(value * 100, 6)) + "%"
    return plain(rounded(float(value), 6))
