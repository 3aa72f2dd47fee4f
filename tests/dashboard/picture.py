"""The picture of the dashboard in README: ``python -m tests.dashboard.picture [FILE]`` (docs/dashboard.png).

Made from a round of 40 made-up units of a dozen departments, in the system's Chromium.
"""

from __future__ import annotations

import sys
import tempfile
from pathlib import Path

from perfxl.dashboard import make_dashboard
from tests.dashboard.browsers import desk
from tests.dashboard.made_rounds import usual

PICTURE = Path(__file__).resolve().parents[2] / "docs" / "dashboard.png"
WIDTH, HEIGHT = 1280, 1400


def take(target: Path) -> None:
    """Show the overview and keep its first three panels."""
    with tempfile.TemporaryDirectory() as folder, desk() as opened:
        path = Path(folder) / "看板.html"
        path.write_bytes(make_dashboard(usual(Path(folder) / "汇总库.db", 40, every=8).store).content)
        page = opened.open(path, width=WIDTH, height=HEIGHT)
        page.wait_for_timeout(300)
        last = page.locator(".panel").nth(2).bounding_box()
        page.screenshot(path=target, clip={"x": 0, "y": 0, "width": WIDTH, "height": round(last["y"] + last["height"] + 16)})
        assert opened.noted == []


if __name__ == "__main__":
    take(Path(sys.argv[1]) if len(sys.argv) > 1 else PICTURE)
