"""A project's indicators as the store's rows, packed: a province's fit into memory, unpacked where they are looked at."""

from __future__ import annotations

import json
import marshal
import zlib
from collections.abc import Iterator, Sequence
from typing import Any, overload

from .content import Indicator

__all__ = ["PackedIndicators"]

_QUICK = 1
"""The level of compression: each project is packed once and unpacked a few times."""


class PackedIndicators(Sequence[Indicator]):
    """Equal to the tuple of its indicators, which are made anew whenever one is asked for.

    Made of rows (group, block, slot, level 1, level 2, cell, values as JSON).
    """

    __slots__ = ("_count", "_packed")

    def __init__(self, rows: Sequence[tuple[Any, ...]]) -> None:
        self._count = len(rows)
        self._packed = b""
        if rows:
            values = json.loads(f"[{','.join([row[6] for row in rows])}]")  # at once: a call for each costs more than its text
            whole = tuple([(*row[:6], each) for row, each in zip(rows, values, strict=True)])
            self._packed = zlib.compress(marshal.dumps(whole), _QUICK)

    def _rows(self) -> Sequence[Any]:
        # What is unpacked was packed by this process, or another one of the same program.
        return marshal.loads(zlib.decompress(self._packed)) if self._count else ()

    def __len__(self) -> int:
        return self._count

    def __iter__(self) -> Iterator[Indicator]:
        return map(Indicator._make, self._rows())

    @overload
    def __getitem__(self, at: int) -> Indicator: ...
    @overload
    def __getitem__(self, at: slice) -> Sequence[Indicator]: ...
    def __getitem__(self, at: int | slice) -> Indicator | Sequence[Indicator]:
        rows = self._rows()[at]
        return tuple(map(Indicator._make, rows)) if isinstance(at, slice) else Indicator._make(rows)

    def __eq__(self, other: object) -> bool:
        if isinstance(other, PackedIndicators) and self._packed == other._packed:
            return True
        return tuple(self) == tuple(other) if isinstance(other, (tuple, PackedIndicators)) else NotImplemented

    def __hash__(self) -> int:
        return hash((self._count, self._packed))

    def __repr__(self) -> str:
        return repr(tuple(self))
