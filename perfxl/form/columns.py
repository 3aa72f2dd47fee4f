"""Columns: the values of one field over all rows of a group, read at once.

Most of what is typed needs no reading: text without blanks.  One look at a
whole column tells so sooner than a look at each value.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence

from ..rules.targets import Target, read_target
from ..rules.types import FieldType, Raw, text_target
from ..rules.values import BLANKS, NA, ReadValue, squash

__all__ = ["AS_IT_IS", "Column", "as_they_are", "column_reader", "distinct", "raw_column", "read_targets", "text_column"]

Column = list[ReadValue]

AS_IT_IS = ("text", "long", "code")
"""Types whose read value is the text without blanks."""

_NO_TARGET = read_target("")


def raw_column(raws: Sequence[Mapping[str, Raw]], name: str) -> list[Raw]:
    """One field of every row; ``None`` where a row lacks it."""
    try:
        return [row[name] for row in raws]
    except KeyError:
        return [row.get(name) for row in raws]


def as_they_are(raws: Sequence[Raw]) -> bool:
    """All of them are texts without a blank, so that each is its own read value."""
    try:
        whole = "".join(raws)  # type: ignore[arg-type]
    except TypeError:
        return False
    for blank in BLANKS:  # noqa: SIM110 - a generator takes twice as long
        if blank in whole:
            return False
    return True


def column_reader(kind: FieldType) -> Callable[[list[Raw]], tuple[Column, bool]]:
    """What reads a column of a type: gives its read values and whether all of them are of the type."""
    read = kind.read

    def each(raws: list[Raw]) -> tuple[Column, bool]:
        column = [read(raw) for raw in raws]
        return column, not any(value is NA for value in column)

    def texts(raws: list[Raw]) -> tuple[Column, bool]:
        column: Column | None = text_column(raws)  # type: ignore[assignment]
        return each(raws) if column is None else (column, True)

    return texts if kind.name in AS_IT_IS else each


def text_column(raws: Sequence[Raw]) -> list[str] | None:
    """The texts without blanks; ``None`` if any value is no text."""
    if as_they_are(raws):
        return raws  # type: ignore[return-value]
    texts = [squash(raw) for raw in raws if isinstance(raw, str)]
    return texts if len(texts) == len(raws) else None


def read_targets(raws: Sequence[Raw]) -> tuple[Column, bool, list[Target]]:
    """A column of target values in their normal form, whether all are text or blank, and each taken apart."""
    try:
        "".join(raws)  # type: ignore[arg-type]
    except TypeError:
        column: Column = ["" if raw is None else text_target(raw).form if isinstance(raw, str) else NA for raw in raws]
        apart = [text_target(raw) if isinstance(raw, str) else _NO_TARGET for raw in raws]
        return column, not any(value is NA for value in column), apart
    apart = list(map(text_target, raws))  # type: ignore[arg-type]
    return [target.form for target in apart], True, apart


def distinct(column: Sequence[ReadValue]) -> bool:
    """No two of the texts are the same when folded; False also where that takes a closer look."""
    try:
        whole = "\n".join(column)  # type: ignore[arg-type]
    except TypeError:
        return False
    # No read value holds a line break, and none is in a word with the letters around it,
    # so small letters come out as they do text by text; but İ grows (see fold).
    small = whole.lower()
    if small == whole:
        return len(set(column)) == len(column)
    return len(small) == len(whole) and len(set(small.split("\n"))) == len(column)
