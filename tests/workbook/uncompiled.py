"""The quick reader as it is where nothing could be compiled."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

import pytest

from perfxl.workbook import plain_cells, read, strings

__all__ = ["without_what_is_compiled"]


@contextmanager
def without_what_is_compiled() -> Iterator[None]:
    """Python alone."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(plain_cells, "_STRETCHES", None)
        patch.setattr(strings, "cut", None)
        patch.setattr(read, "cut", None)
        yield
