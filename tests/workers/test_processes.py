"""Several processes do what one does; those that die, hang or are killed cost what they were at and nothing else."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as some
from works import Blocked, Deadly, Slow, broken, doubled, faulty, greedy, where

from perfxl.errors import PerfxlError
from perfxl.workers import Bounds, Lost, Why, batch_size, mapped, unordered, workers_for

linux = pytest.mark.skipif(sys.platform != "linux", reason="bounds of memory, named pipes")


@pytest.fixture(autouse=True, params=["forked", "served"])
def beginning(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> None:
    """Every test with processes forked from this one, and with those that a server forks or the system begins anew."""
    forked = request.param == "forked" and sys.platform == "linux"
    monkeypatch.setattr("perfxl.workers.pool.may_fork", lambda: forked)


def told(number: int, lost: Lost) -> int:
    return -number - 1000 * (lost.why is Why.HUNG)


def alive(pid: int) -> bool:
    try:
        state = Path(f"/proc/{pid}/stat").read_text().rpartition(") ")[2][0]
    except OSError:
        return False
    return state not in "ZX"


class DescribeProcesses:
    def it_gives_the_results_of_one_process_in_order(self) -> None:
        assert list(mapped(doubled, range(300), jobs=2)) == list(mapped(doubled, range(300), jobs=1))

    def it_works_where_and_with_what_the_caller_works(self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setenv("PERFXL_TEST_WORD", "词")
        monkeypatch.chdir(tmp_path)
        assert set(mapped(where, range(4), jobs=2)) == {("词", str(tmp_path))}

    def it_hands_a_fault_of_the_users_over(self) -> None:
        with pytest.raises(PerfxlError) as fault:
            list(mapped(faulty, range(20), jobs=2))
        assert (fault.value.code, fault.value.file, fault.value.values["path"]) == ("C01", "a.toml", "b.xlsx")

    def it_hands_a_programmers_fault_over_with_its_place(self) -> None:
        with pytest.raises(RuntimeError, match=r"works\.py(.|\n)*ZeroDivisionError"):
            list(mapped(broken, range(20), jobs=2))

    def it_leaves_no_process_behind_when_the_caller_stops(self, tmp_path: Path) -> None:
        found = unordered(Slow(tmp_path), range(1000), jobs=2)
        next(found)
        found.close()  # type: ignore[attr-defined]
        pids = [int(each.name) for each in tmp_path.iterdir()]
        assert pids
        assert [pid for pid in pids if alive(pid)] == []

    @given(some.integers(1, 5000), some.integers(1, 16), some.integers(1, 200))
    def it_gives_smaller_batches_towards_the_end(self, count: int, workers: int, most: int) -> None:
        sizes = []
        while count:
            sizes.append(batch_size(count, workers, most))
            count -= sizes[-1]
        assert sizes == sorted(sizes, reverse=True)
        assert sizes[0] <= most
        assert sizes[-1] == 1

    def it_forks_only_while_there_is_a_single_thread(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.undo()
        code = """
import threading
from perfxl.workers.pool import may_fork
print(may_fork())
done = threading.Event()
threading.Thread(target=done.wait).start()
print(may_fork())
done.set()
"""
        said = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
        assert said.stdout.split() == [str(sys.platform == "linux"), "False"]

    def it_uses_one_process_per_core_once_that_is_worth_it(self) -> None:
        cores = len(os.sched_getaffinity(0)) if sys.platform == "linux" else os.cpu_count()
        assert [workers_for(39), workers_for(40), workers_for(3, 8), workers_for(100, 1)] == [1, max(2, cores or 0), 3, 1]


class DescribeProcessesThatDie:
    def it_loses_exactly_the_items_that_kill(self) -> None:
        killers = frozenset((0, 1, 5, 6, 17, 40, 41, 42, 59))
        found = list(mapped(Deadly(killers), range(60), jobs=2, lost=told))
        assert found == [-number if number in killers else number * 2 for number in range(60)]

    def it_suspects_no_item_whose_result_only_died_with_the_process(self) -> None:
        again: list[int] = []
        killers = frozenset((9, 30))
        found = dict(unordered(Deadly(killers), range(60), jobs=2, lost=told, again=again.append))
        assert sorted(again) == sorted(killers)
        assert found == {number: -number if number in killers else number * 2 for number in range(60)}

    def it_says_how_an_item_ended_the_process(self) -> None:
        deaths: dict[int, Lost] = {}

        def keep(number: int, lost: Lost) -> int:
            deaths[number] = lost
            return 0

        list(mapped(Deadly(frozenset((3, 4, 5))), range(10), jobs=2, lost=keep))
        assert {number: (lost.why, lost.signal) for number, lost in deaths.items()} == {
            3: (Why.DIED, "SIGKILL"),
            4: (Why.DIED, "SIGABRT"),
            5: (Why.DIED, ""),
        }

    def it_tries_an_item_once_more_alone(self, tmp_path: Path) -> None:
        found = list(mapped(Deadly(frozenset((3, 4, 5)), tmp_path), range(20), jobs=2, lost=told))
        assert found == [number * 2 for number in range(20)]

    def it_loses_nothing_when_a_process_is_killed_from_outside(self, tmp_path: Path) -> None:
        killed: set[int] = set()
        found = []
        for number in mapped(Slow(tmp_path), range(100), jobs=2, lost=told):
            found.append(number)
            pids = {int(each.name) for each in tmp_path.iterdir()}
            if len(killed) < 3 and number % 20 == 10:
                pid = min(pids - killed)
                os.kill(pid, signal.SIGKILL)
                killed.add(pid)
        assert len(killed) == 3
        assert found == list(range(100))

    def it_is_an_error_where_nothing_may_be_lost(self) -> None:
        with pytest.raises(PerfxlError) as fault:
            list(mapped(Deadly(frozenset((4,))), range(10), jobs=2))
        assert (fault.value.code, fault.value.values["reason"]) == ("C09", "SIGABRT")

    @linux
    def it_gives_up_an_item_that_hangs(self, tmp_path: Path) -> None:
        os.mkfifo(tmp_path / "pipe")
        begun = time.monotonic()
        work = Blocked(tmp_path / "pipe", frozenset((2, 11)))
        found = list(mapped(work, range(20), jobs=2, lost=told, bounds=Bounds(seconds=0.8)))
        assert found == [-number - 1000 if number in (2, 11) else number for number in range(20)]
        assert time.monotonic() - begun < 60

    @linux
    def it_gives_up_an_item_that_needs_more_memory_than_allowed(self) -> None:
        found = list(mapped(greedy, range(20), jobs=2, lost=told, bounds=Bounds(memory=1 << 30)))
        assert found == [-7 if number == 7 else number for number in range(20)]

    def it_ends_when_no_process_can_begin(self) -> None:
        with pytest.raises(PerfxlError) as fault:
            list(mapped(doubled, range(20), jobs=2, begin=os._exit, given=(1,)))
        assert fault.value.code == "C09"
