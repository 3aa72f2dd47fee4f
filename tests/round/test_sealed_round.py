"""Consolidating with the task's keys at hand: what the seal proves stays proven in the store."""

from __future__ import annotations

from datetime import datetime, timedelta
from pathlib import Path

from test_reissue import CODES, RING, TASK, project, returned, unit_book

from perfxl.consolidate.run import Round, Summary, consolidate_files

AS_OF = datetime(2022, 11, 1)


def states(summary: Summary) -> dict[str, tuple[str, str]]:
    return {Path(each.content.file).name: (each.state.value, each.content.unit_code) for each in summary.dataset.files}


def it_remembers_what_the_seals_proved(tmp_path: Path) -> None:
    folder = tmp_path / "收回"
    folder.mkdir()

    def other_unit(book) -> None:  # type: ignore[no-untyped-def]
        book["封面"]["B3"].value = "657009"

    def another_task(book) -> None:  # type: ignore[no-untyped-def]
        next(row[1] for row in book["_perfxl"].iter_rows(max_col=2) if row[0].value == "task").value = "hebei-2023/1/2024/一上"
        next(row[1] for row in book["_perfxl"].iter_rows(max_col=2) if row[0].value == "key").value = "00000000"

    bare = unit_book(project(1, CODES[1]))
    bare.cover.raws["unit_code"] = "657005"
    (folder / "冒用.xlsx").write_bytes(returned(unit_book(), other_unit))
    (folder / "无封签.xlsx").write_bytes(returned(bare, sealed=False))
    (folder / "另一任务.xlsx").write_bytes(returned(unit_book(), another_task))
    expected = {
        "冒用.xlsx": ("returned", "657002"),
        "无封签.xlsx": ("returned", "657005"),
        "另一任务.xlsx": ("unrecognised", ""),
    }
    store = tmp_path / "库.db"
    first = consolidate_files([folder], tmp_path / "汇总.xlsx", as_of=AS_OF, part=Round(store=store, task=TASK, keys=RING))
    assert (states(first), first.opened) == (expected, 3)
    # Without the keys nothing is forgotten, and what was verified is not read again without them.
    later = AS_OF + timedelta(days=1)
    second = consolidate_files([folder], tmp_path / "汇总.xlsx", as_of=later, part=Round(store=store))
    assert (states(second), second.opened) == (expected, 0)


def it_verifies_what_was_read_without_keys(tmp_path: Path) -> None:
    folder = tmp_path / "收回"
    folder.mkdir()
    (folder / "无封签.xlsx").write_bytes(returned(unit_book(), sealed=False))
    store = tmp_path / "库.db"
    first = consolidate_files([folder], tmp_path / "汇总.xlsx", as_of=AS_OF, part=Round(store=store, task=TASK))
    assert states(first) == {"无封签.xlsx": ("accepted", "657002")}
    second = consolidate_files([folder], tmp_path / "汇总.xlsx", as_of=AS_OF, part=Round(store=store, task=TASK, keys=RING))
    assert (states(second), second.opened) == ({"无封签.xlsx": ("returned", "657002")}, 1)
