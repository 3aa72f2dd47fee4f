"""Plain runs draw the same values every time; ``pytest -m long`` draws new ones."""

from __future__ import annotations

import pytest
from hypothesis import settings

settings.register_profile("plain", derandomize=True)


def pytest_configure(config: pytest.Config) -> None:
    if config.option.markexpr == "not long":
        settings.load_profile("plain")
