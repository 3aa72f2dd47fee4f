"""A real Chromium, the system's own, that notes everything a page says, asks for or does wrong."""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest

ARGUMENTS = ("--no-sandbox", "--disable-gpu", "--force-color-profile=srgb")
"""CI runs as root in a container, where Chromium's own sandbox cannot start."""


def require() -> str:
    """The program's path; the test is skipped without it or Playwright, or fails where CI demands them."""
    found = next((path for name in ("chromium", "chromium-browser", "google-chrome") if (path := shutil.which(name))), None)
    try:
        import playwright.sync_api  # noqa: F401
    except ImportError:
        found = None
    if found is None:
        if os.environ.get("PERFXL_REQUIRE_OFFICE"):
            pytest.fail("PERFXL_REQUIRE_OFFICE is set, but Chromium or Playwright is not installed")
        pytest.skip("Chromium or Playwright is not installed")
    return found


@dataclass
class Desk:
    """An open browser with one page whose doings are noted: messages, faults, requests."""

    page: Any
    noted: list[str] = field(default_factory=list)
    mine: str = ""

    def __post_init__(self) -> None:
        self.page.on("console", lambda message: self.noted.append(f"{message.type}: {message.text}"))
        self.page.on("pageerror", lambda fault: self.noted.append(str(fault)))
        self.page.on("request", self._asked)

    def _asked(self, request: Any) -> None:
        if request.url.split("#")[0] != self.mine and request.url != "data:,":
            self.noted.append(f"request: {request.url}")

    def open(self, path: Path, route: str = "", *, width: int = 1280, height: int = 900) -> Any:
        """Show a view of a file; one that is open already only changes the part of its address after #."""
        self.page.set_viewport_size({"width": width, "height": height})
        wanted = path.resolve().as_uri()
        if self.page.url.split("#")[0] != wanted:
            self.mine = wanted
            before = 0
            self.page.goto(f"{wanted}#/{route}")
        else:
            before = self.page.evaluate(GO, "#/" + route)
        self.page.wait_for_function("before => Number(document.body.dataset.views || 0) > before", arg=before)
        return self.page


GO = """hash => { const before = Number(document.body.dataset.views);
    if (location.hash === hash) window.dispatchEvent(new Event('hashchange')); else location.hash = hash;
    return before; }"""


@contextmanager
def desk() -> Iterator[Desk]:
    """One browser for a module's tests."""
    program = require()
    from playwright.sync_api import sync_playwright

    with sync_playwright() as started:
        browser = started.chromium.launch(executable_path=program, args=list(ARGUMENTS))
        try:
            yield Desk(browser.new_page())
        finally:
            browser.close()
