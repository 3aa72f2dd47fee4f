"""How large and how quick the dashboard is: ``python -m tests.benchmarks.dashboard [--projects 3000] [--indicators 60000]``.

Makes a round of made-up units (three projects each), the page, and opens it in
the system's Chromium: first paint, the time until the overview stands, until
everything is unpacked, and filters and searches of the largest lists (from the
input to the frame that shows the result; median and worst of several).  The
machine's own pace is told by the time of a plain loop in the same browser.
"""

from __future__ import annotations

import argparse
import random
import statistics
import sys
import tempfile
import time
from itertools import cycle, islice
from pathlib import Path
from typing import Any

from perfxl.dashboard import make_dashboard
from perfxl.form.records import Row, SheetRecord
from tests.dashboard.browsers import ARGUMENTS, require
from tests.dashboard.made_rounds import HEBEI, keep, returned, roster_of, units

_STEP = """async step => {
  const start = performance.now();
  const each = document.querySelector(step.select || 'input[type=search]');
  each.value = step.value;
  each.dispatchEvent(new Event(step.select ? 'change' : 'input'));
  const ran = performance.now() - start;
  await new Promise(done => requestAnimationFrame(() => setTimeout(done, 0)));
  return [ran, performance.now() - start, document.querySelector('.count b').innerText];
}"""
_STEPS: tuple[tuple[str, tuple[dict[str, str], ...]], ...] = (
    (
        "indicators",
        (
            {"value": "满意度"},
            {"value": "学生 资助"},
            {"value": ""},
            {"select": "select[data-filter=level]", "value": "成本指标"},
        ),
    ),
    ("projects", ({"value": "设备"}, {"value": ""}, {"select": "select[data-filter=counts]", "value": "计入"})),
)
_PACE = """() => { const start = performance.now(); let sum = 0;
  for (let at = 0; at < 1e8; at++) sum += at & 7; return performance.now() - start; }"""


_NEUTRAL = """() => {
  for (const each of document.querySelectorAll('.tools select')) { each.value = ''; each.dispatchEvent(new Event('change')); }
  const each = document.querySelector('input[type=search]'); each.value = ''; each.dispatchEvent(new Event('input')); }"""


def varied(record: SheetRecord, rng: random.Random) -> None:
    """Every text of a project's rows gets 30 characters that nothing can compress."""
    for rows in record.rows.values():
        for row in rows:
            texts = [name for name, raw in row.raws.items() if isinstance(raw, str)]
            row.raws[texts[1]] = f"{row.raws[texts[1]]}{''.join(chr(rng.randint(0x4E00, 0x9FA5)) for _ in range(30))}"


def widened(record: SheetRecord, wanted: int) -> None:
    """A project with this many indicators, the new ones under other names."""
    for name, rows in record.rows.items():
        if HEBEI.groups[name].sheet != HEBEI.project_sheet.id:
            continue
        slots = {block: sum(row.block == block for row in rows) for block in {row.block for row in rows}}
        first = HEBEI.groups[name].fields[0]
        for row in islice(cycle(list(rows)), max(0, wanted - len(rows))):
            slots[row.block] += 1
            raws = {**row.raws, first: f"{row.raws[first]}（{slots[row.block]}）"}
            rows.append(Row(row.block, slots[row.block] - 1, raws))
        rows.sort(key=lambda row: (row.block, row.slot))


def make_page(folder: Path, projects: int, indicators: int, *, unlike: bool = False) -> Path:
    """The page of a round with so many projects and indicators; prints what it took."""
    made = units(projects // 3)
    rng = random.Random(1)
    for unit in made:
        for sheet in unit.book.sheets:
            if sheet.sheet == HEBEI.project_sheet.id:
                widened(sheet, indicators // projects)
                if unlike:
                    varied(sheet, rng)
    start = time.process_time()
    kept = keep(folder / "汇总库.db", [returned(each) for each in made], roster=roster_of(made))
    print(f"round: {len(made)} units, consolidated into a store in {time.process_time() - start:.1f} s of CPU")
    start = time.process_time()
    page = make_dashboard(kept.store)
    busy = time.process_time() - start
    path = folder / "看板.html"
    path.write_bytes(page.content)
    rows = [each for file in kept.dataset.files for project in file.content.projects for each in project.indicators]
    shown = sum(len(file.content.projects) for file in kept.dataset.files)
    print(f"page: {shown} projects, {len(rows)} indicators, {len(kept.dataset.findings)} findings, {page.clusters} clusters")
    print(f"file: {len(page.content) / 1e6:.2f} MB, made in {busy:.1f} s of CPU")
    return path


def measure(path: Path, repeat: int) -> None:
    """Open the page and print what it takes there."""
    from playwright.sync_api import sync_playwright

    with sync_playwright() as started:
        browser = started.chromium.launch(executable_path=require(), args=list(ARGUMENTS))
        paints, stands, unpacked = [], [], []
        for _ in range(repeat):
            page = browser.new_page(viewport={"width": 1280, "height": 900})
            page.goto(f"{path.as_uri()}#/", wait_until="commit")
            page.wait_for_function("() => performance.getEntriesByName('perfxl-overview').length")
            page.wait_for_function("() => performance.getEntriesByName('perfxl-unpacked').length")
            paints.append(page.evaluate("performance.getEntriesByName('first-contentful-paint')[0].startTime"))
            stands.append(page.evaluate("performance.getEntriesByName('perfxl-overview')[0].startTime"))
            unpacked.append(page.evaluate("performance.getEntriesByName('perfxl-unpacked')[0].startTime"))
            page.close()
        _tell("first paint", paints)
        _tell("overview stands", stands)
        _tell("everything unpacked", unpacked)
        page = browser.new_page(viewport={"width": 1280, "height": 900})
        page.goto(f"{path.as_uri()}#/")
        page.wait_for_function("() => performance.getEntriesByName('perfxl-unpacked').length")
        print(f"a loop of 10⁸ steps in this browser: {page.evaluate(_PACE):.0f} ms")
        for view, steps in _STEPS:
            start = time.perf_counter()
            page.evaluate("route => { location.hash = route; }", f"#/{view}")
            page.wait_for_selector(".tabulator-row")
            print(f"list of {view} opened: {(time.perf_counter() - start) * 1000:.0f} ms")
            page.wait_for_timeout(300)
            for step in steps:
                times = []
                for _ in range(repeat):
                    page.evaluate(_NEUTRAL)
                    if not step["value"]:
                        page.evaluate(_STEP, {"value": "满意"})
                    times.append(page.evaluate(_STEP, step))
                what = f"{view}: {step.get('select', 'search')} = “{step['value']}” → {times[0][2]} rows"
                _tell(what, [each[1] for each in times])
        browser.close()


def _tell(what: str, values: list[Any]) -> None:
    print(f"{what}: median {statistics.median(values):.0f} ms, worst {max(values):.0f} ms")


def main(arguments: list[str] | None = None) -> int:
    """Run and print."""
    parser = argparse.ArgumentParser(prog="python -m tests.benchmarks.dashboard", description=__doc__)
    parser.add_argument("--projects", type=int, default=3000)
    parser.add_argument("--indicators", type=int, default=60_000)
    parser.add_argument("--varied", action="store_true", help="add 30 random characters to every indicator")
    parser.add_argument("--repeat", type=int, default=5)
    parser.add_argument("--keep", type=Path, help="a folder to keep the page in")
    given = parser.parse_args(arguments)
    with tempfile.TemporaryDirectory() as folder:
        path = make_page(Path(folder), given.projects, given.indicators, unlike=given.varied)
        measure(path, given.repeat)
        if given.keep:
            given.keep.mkdir(parents=True, exist_ok=True)
            (given.keep / path.name).write_bytes(path.read_bytes())
    return 0


if __name__ == "__main__":
    sys.exit(main())
