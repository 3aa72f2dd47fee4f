"""A real Dask cluster on loopback reads what one process reads, also when a worker is killed or sees no file."""

from __future__ import annotations

import contextlib
import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

import pytest
from deadly_reader import Deadly
from test_store import contents_of, folder, text_reader

from perfxl.check import Condition
from perfxl.consolidate import cluster
from perfxl.consolidate.files import Found, gather
from perfxl.consolidate.reading import FileReader, read_contents
from perfxl.consolidate.store import Store
from perfxl.errors import PerfxlError
from perfxl.workers import Bounds, Lost
from tests.check.hostile_folder import lay_out

linux = pytest.mark.skipif(sys.platform != "linux", reason="needs /proc")


@dataclass
class Cluster:
    """A scheduler and its workers, each a process of its own."""

    address: str
    folder: Path
    environment: dict[str, str]
    processes: list[subprocess.Popen[bytes]] = field(default_factory=list)

    def start(self, *arguments: str) -> subprocess.Popen[bytes]:
        command = [sys.executable, "-m", "dask", *arguments]
        with (self.folder / f"{len(self.processes)}.log").open("wb") as log:
            started = subprocess.Popen(
                command, cwd=self.folder, env=self.environment, stdout=log, stderr=log, start_new_session=True
            )
        self.processes.append(started)
        return started

    def worker(self, *more: str) -> subprocess.Popen[bytes]:
        options = ("--nthreads", "1", "--host", "127.0.0.1", "--no-dashboard", "--local-directory", str(self.folder))
        return self.start("worker", self.address, *options, *(more or ("--no-nanny",)))

    def stop(self) -> None:
        """End every process, and those that nannies started."""
        for each in self.processes:
            with contextlib.suppress(ProcessLookupError):
                os.killpg(each.pid, signal.SIGKILL)
            each.wait()


def begun(place: Path, **environment: str) -> Cluster:
    """A scheduler alone."""
    path = os.pathsep.join((str(Path(__file__).parent), *sys.path))
    made = Cluster("", place, {**os.environ, "PYTHONPATH": path, **environment})
    told = place / "scheduler.json"
    made.start("scheduler", "--host", "127.0.0.1", "--port", "0", "--no-dashboard", "--scheduler-file", str(told))
    deadline = time.monotonic() + 60
    while not made.address and time.monotonic() < deadline:
        time.sleep(0.05)
        with contextlib.suppress(OSError, ValueError):  # not yet, or not whole yet
            made.address = str(json.loads(told.read_text())["address"])
    return made


@pytest.fixture(scope="module")
def two(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Cluster]:
    """Two workers."""
    made = begun(tmp_path_factory.mktemp("cluster"))
    made.worker()
    made.worker()
    yield made
    made.stop()


def same(tmp_path: Path, files: list[Found], address: str, reader: Deadly) -> int:
    """Read on the cluster and here: the same contents and the same rows.  How many were read."""
    with Store(tmp_path / "cluster.db") as store:
        there = read_contents(files, store, reader, cluster=address)
    with Store(tmp_path / "here.db") as store:
        here = read_contents(files, store, text_reader)
    assert there == here
    assert contents_of(tmp_path / "cluster.db") == contents_of(tmp_path / "here.db")
    return there.opened


class DescribeACluster:
    def it_reads_what_one_process_reads(self, tmp_path: Path, two: Cluster) -> None:
        files = gather([folder(tmp_path / "in", 120)]).files
        assert same(tmp_path, list(files), two.address, Deadly()) == 120

    @linux
    def it_gets_the_bytes_where_its_workers_do_not_see_the_files(
        self, tmp_path: Path, two: Cluster, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        files = folder(tmp_path / "in", 30)
        lay_out(files)
        monkeypatch.chdir(files)
        found = gather([Path("/proc/self/cwd")]).files  # another folder for every process
        with Store() as store:
            there = read_contents(found, store, FileReader(), cluster=two.address)
        with Store() as store:
            here = read_contents(found, store, FileReader())
        assert there == here
        assert there.contents == here.contents
        assert {each.condition for each in there.contents} == {Condition.READ, Condition.UNREADABLE}

    def it_refuses_workers_with_another_program(self, tmp_path: Path, two: Cluster) -> None:
        (found,) = gather([folder(tmp_path / "in", 1)]).files
        with pytest.raises(PerfxlError) as fault:
            list(cluster.on_cluster(two.address, Deadly(), [found], mark=cluster_mark, lost=given_up, bounds=Bounds()))
        assert fault.value.code == "S63"

    def it_loses_nothing_when_a_worker_is_killed(self, tmp_path: Path, two: Cluster) -> None:
        files = gather([folder(tmp_path / "in", 200)]).files
        victim = two.processes[-1]

        def kill(done: int, _total: int, _name: str) -> None:
            if done >= 20 and victim.poll() is None:
                victim.send_signal(signal.SIGKILL)

        with Store(tmp_path / "cluster.db") as store:
            there = read_contents(files, store, Deadly(pause=0.01), cluster=two.address, progress=kill)
        assert victim.wait(5) == -signal.SIGKILL
        with Store(tmp_path / "here.db") as store:
            assert there == read_contents(files, store, text_reader)
        assert contents_of(tmp_path / "cluster.db") == contents_of(tmp_path / "here.db")

    @pytest.mark.long
    def it_ends_when_the_scheduler_is_lost_and_keeps_what_was_read(self, tmp_path: Path) -> None:
        made = begun(tmp_path)
        files = gather([folder(tmp_path / "in", 300)]).files

        def kill(done: int, _total: int, _name: str) -> None:
            if done == 20:
                made.processes[0].send_signal(signal.SIGKILL)

        try:
            made.worker()
            with Store(tmp_path / "s.db") as store, pytest.raises(PerfxlError) as fault:
                read_contents(files, store, Deadly(pause=0.01), cluster=made.address, progress=kill)
        finally:
            made.stop()
        assert (fault.value.code, "连接中断" in str(fault.value)) == ("S61", True)
        with Store(tmp_path / "s.db") as store:
            assert int(str(store.rows("SELECT count(*) FROM content")[0][0])) >= 20

    @pytest.mark.long
    def it_finds_the_file_that_kills_workers(self, tmp_path: Path) -> None:
        made = begun(tmp_path, DASK_DISTRIBUTED__SCHEDULER__ALLOWED_FAILURES="0")
        try:
            made.worker("--nanny")
            made.worker("--nanny")
            files = folder(tmp_path / "in", 40)
            (files / "abort.xlsx").write_text("abort")
            with Store() as store:
                there = read_contents(gather([files]).files, store, Deadly(), cluster=made.address)
        finally:
            made.stop()
        assert [Path(each.file).stem for each in there.contents if each.condition is Condition.UNREADABLE] == ["abort"]
        assert sum(each.condition is Condition.READ for each in there.contents) == 40


def cluster_mark() -> str:
    """Differs in every process."""
    return str(os.getpid())


def given_up(found: Found, lost: Lost) -> object:
    return found.shown, lost


class DescribeNoCluster:
    def read(self, tmp_path: Path, address: str) -> PerfxlError:
        files = gather([folder(tmp_path / "in", 1)]).files
        with Store() as store, pytest.raises(PerfxlError) as fault:
            read_contents(files, store, Deadly(), cluster=address)
        return fault.value

    def it_says_what_to_install(self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setitem(sys.modules, "distributed", None)
        fault = self.read(tmp_path, "tcp://127.0.0.1:8786")
        assert (fault.code, 'pip install "perfxl[cluster]"' in str(fault)) == ("S60", True)

    def it_says_that_none_answers(self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(cluster, "_CONNECT_SECONDS", 1.0)
        assert self.read(tmp_path, "tcp://127.0.0.1:9").code == "S61"
        (tmp_path / "in").rename(tmp_path / "old")
        assert self.read(tmp_path, "klingon://x").code == "S61"
