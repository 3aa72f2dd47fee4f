"""A project's indicators and long texts, fetched from the store when they are looked at: a province's fill no memory."""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import suppress
from typing import Any, overload

from ..errors import PerfxlError
from .content import Indicator, Value

__all__ = ["Shelf", "StoredIndicators", "StoredValues"]

_SHORT = 24
"""Longer texts of a project are fetched when they are looked at."""

_LATER = object()


class Shelf:
    """Where the indicators of a store's contents are fetched from, also after the store was closed.

    ``connection`` is the open store's; ``reopened`` makes another one when that is closed.
    """

    def __init__(self, name: str, connection: sqlite3.Connection, reopened: Callable[[], sqlite3.Connection] | None) -> None:
        self.name = name
        self._connection: sqlite3.Connection | None = connection
        self._reopened = reopened
        self._last: dict[str, tuple[str, int, Any]] = {}
        self._places: dict[tuple[str, ...], dict[str, int]] = {}

    def places(self, names: tuple[str, ...]) -> dict[str, int]:
        """Where the values of these fields stand: one mapping for all projects that have them."""
        return self._places.get(names) or self._places.setdefault(names, {name: at for at, name in enumerate(names)})

    def rows(self, sha256: str, ordinal: int) -> list[Any]:
        """The rows of a project's indicators (see :mod:`perfxl.consolidate.schema`); S20 if they cannot be fetched any more."""
        return self._fetched("indicators", sha256, ordinal)  # type: ignore[no-any-return]

    def values(self, sha256: str, ordinal: int) -> dict[str, Value]:
        """The values of a project; S20 if they cannot be fetched any more."""
        return self._fetched("fields", sha256, ordinal)  # type: ignore[no-any-return]

    def _fetched(self, column: str, sha256: str, ordinal: int) -> Any:
        last = self._last.get(column)
        if last is not None and last[:2] == (sha256, ordinal):
            return last[2]  # whoever looks at a project asks again and again
        try:
            if self._connection is None:
                assert self._reopened is not None
                self._connection = self._reopened()
            query = f"SELECT {column} FROM project WHERE (sha256, ordinal) = (?, ?)"
            found = self._connection.execute(query, (sha256, ordinal)).fetchall()
        except sqlite3.Error as fault:
            raise PerfxlError("S20", path=self.name, reason=str(fault)) from None
        if not found:
            raise PerfxlError("S20", path=self.name, reason="其中的内容已被另一次汇总更换")
        read = json.loads(found[0][0])
        self._last[column] = (sha256, ordinal, read)
        return read

    def leave(self) -> None:
        """The store is closed: from now on another connection is opened when one is needed; a store in memory lives on."""
        if self._reopened is not None and self._connection is not None:
            self._connection.close()
            self._connection = None

    def __del__(self) -> None:
        if self._connection is not None:
            with suppress(sqlite3.Error):
                self._connection.close()


class StoredValues(Mapping[str, Value]):
    """Equal to the mapping of a project's values; the long texts among them are fetched whenever one is asked for."""

    __slots__ = ("_at", "_items", "_ordinal", "_sha256", "_shelf")

    def __init__(self, shelf: Shelf, sha256: str, ordinal: int, values: Mapping[str, Value], same: Mapping[str, str]) -> None:
        """``same`` gives texts that stand elsewhere too, so that they are held once."""
        self._shelf = shelf
        self._sha256 = sha256
        self._ordinal = ordinal
        self._at = shelf.places(tuple(values))
        self._items = tuple([_kept(each, same) for each in values.values()])

    def get(self, name: str, default: Any = None) -> Any:
        """The value of a field, ``default`` if the project has none."""
        at = self._at.get(name)
        if at is None:
            return default
        found = self._items[at]
        return self._shelf.values(self._sha256, self._ordinal)[name] if found is _LATER else found

    def __getitem__(self, name: str) -> Value:
        if name not in self._at:
            raise KeyError(name)
        return self.get(name)  # type: ignore[no-any-return]

    def __iter__(self) -> Iterator[str]:
        return iter(self._at)

    def __len__(self) -> int:
        return len(self._at)

    def __repr__(self) -> str:
        return repr(dict(self))

    def __reduce__(self) -> tuple[Any, ...]:
        return dict, (dict(self),)  # elsewhere there is no store to fetch from


def _kept(value: Value, same: Mapping[str, str]) -> object:
    if not isinstance(value, str):
        return value
    return same.get(value, value) if len(value) <= _SHORT else same.get(value, _LATER)


class StoredIndicators(Sequence[Indicator]):
    """Equal to the tuple of its indicators, which are fetched and made anew whenever one is asked for."""

    __slots__ = ("_count", "_ordinal", "_sha256", "_shelf")

    def __init__(self, shelf: Shelf, sha256: str, ordinal: int, count: int) -> None:
        self._shelf = shelf
        self._sha256 = sha256
        self._ordinal = ordinal
        self._count = count

    def rows(self) -> Sequence[Any]:
        """The indicators as lists of what an :class:`~.content.Indicator` has, not to be changed."""
        return self._shelf.rows(self._sha256, self._ordinal) if self._count else ()

    def __len__(self) -> int:
        return self._count

    def __iter__(self) -> Iterator[Indicator]:
        return map(Indicator._make, self.rows())

    @overload
    def __getitem__(self, at: int) -> Indicator: ...
    @overload
    def __getitem__(self, at: slice) -> Sequence[Indicator]: ...
    def __getitem__(self, at: int | slice) -> Indicator | Sequence[Indicator]:
        rows = self.rows()[at]
        return tuple(map(Indicator._make, rows)) if isinstance(at, slice) else Indicator._make(rows)

    def __eq__(self, other: object) -> bool:
        return tuple(self) == tuple(other) if isinstance(other, (tuple, StoredIndicators)) else NotImplemented

    def __hash__(self) -> int:
        return hash((self._sha256, self._ordinal))

    def __repr__(self) -> str:
        return repr(tuple(self))

    def __reduce__(self) -> tuple[Any, ...]:
        return tuple, (list(self),)  # elsewhere there is no store to fetch from
