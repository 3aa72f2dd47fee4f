"""A project's indicators, fetched from the store whenever they are looked at: a province's need not fit into memory."""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Callable, Iterator, Sequence
from contextlib import suppress
from typing import Any, overload

from ..errors import PerfxlError
from .content import Indicator

__all__ = ["Shelf", "StoredIndicators"]

_QUERY = "SELECT indicators FROM project WHERE (sha256, ordinal) = (?, ?)"


class Shelf:
    """Where the indicators of a store's contents are fetched from, also after the store was closed.

    ``connection`` is the open store's; ``reopened`` makes another one when that is closed.
    """

    def __init__(self, name: str, connection: sqlite3.Connection, reopened: Callable[[], sqlite3.Connection] | None) -> None:
        self.name = name
        self._connection: sqlite3.Connection | None = connection
        self._reopened = reopened
        self._last: tuple[str, int, list[Any]] | None = None

    def rows(self, sha256: str, ordinal: int) -> Sequence[Any]:
        """The rows of a project's indicators (see :mod:`perfxl.consolidate.schema`); S20 if they cannot be fetched any more."""
        if self._last is not None and self._last[:2] == (sha256, ordinal):
            return self._last[2]  # findings about a project ask again and again
        try:
            if self._connection is None:
                assert self._reopened is not None
                self._connection = self._reopened()
            found = self._connection.execute(_QUERY, (sha256, ordinal)).fetchall()
        except sqlite3.Error as fault:
            raise PerfxlError("S20", path=self.name, reason=str(fault)) from None
        if not found:
            raise PerfxlError("S20", path=self.name, reason="其中的内容已被另一次汇总更换")
        rows = json.loads(found[0][0])
        self._last = (sha256, ordinal, rows)
        return rows  # type: ignore[no-any-return]

    def leave(self) -> None:
        """The store is closed: from now on another connection is opened when one is needed; a store in memory lives on."""
        if self._reopened is not None and self._connection is not None:
            self._connection.close()
            self._connection = None

    def __del__(self) -> None:
        if self._connection is not None:
            with suppress(sqlite3.Error):
                self._connection.close()


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
