"""Files that nobody has touched are not read again; whatever may have been touched is."""

from __future__ import annotations

import os
import time
from pathlib import Path
from zipfile import ZipFile

import pytest
from test_store import folder, text_reader

from perfxl.check import Submission
from perfxl.consolidate import reading, stamps
from perfxl.consolidate.files import Found, bytes_of, gather
from perfxl.consolidate.reading import read_contents
from perfxl.consolidate.stamps import stamp_of, steady_devices
from perfxl.consolidate.store import Store


@pytest.fixture
def steady(tmp_path: Path) -> Path:
    """A folder on a file system whose change times are believed."""
    if tmp_path.stat().st_dev not in steady_devices():
        pytest.skip("no file system with change times here")
    return tmp_path


@pytest.fixture
def settled(steady: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The same, where a file is no longer young as soon as the file system's clock has moved on."""
    monkeypatch.setattr(stamps, "_YOUNG_NS", 0)
    return steady


@pytest.fixture
def hashed(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """The names of the files that are hashed from now on."""
    found: list[str] = []
    real = reading._hash

    def counting(each: Found) -> str:
        found.append(Path(each.shown).name)
        return real(each)

    monkeypatch.setattr(reading, "_hash", counting)
    return found


def tick() -> None:
    """Long enough for the file system's clock to move on."""
    time.sleep(0.05)


def read(files: Path, store: Path) -> list[tuple[str, int]]:
    """The names and sums of all files, and how the store comes to them."""
    tick()
    with Store(store) as opened:
        found = read_contents(gather([files]).files, opened, text_reader)
        return [(Path(each.file).name, each.budget) for each in found.contents]


def restored(path: Path, text: str, before: os.stat_result) -> None:
    """Other bytes of the same size under the times that the file had."""
    assert len(text) == before.st_size
    path.write_text(text)
    os.utime(path, ns=(before.st_atime_ns, before.st_mtime_ns))
    after = path.stat()
    assert (after.st_ino, after.st_size, after.st_mtime_ns) == (before.st_ino, before.st_size, before.st_mtime_ns)


class DescribeUntouchedFiles:
    def it_neither_reads_nor_hashes_them(self, settled: Path, hashed: list[str]) -> None:
        files = folder(settled / "in", 5)
        first = read(files, settled / "s.db")
        assert (read(files, settled / "s.db"), hashed) == (first, [])

    def it_knows_them_under_another_name_of_the_folder(self, settled: Path, hashed: list[str]) -> None:
        files = folder(settled / "in", 3)
        first = read(files, settled / "s.db")
        files.rename(settled / "moved")
        assert (read(settled / "moved", settled / "s.db"), hashed) == (first, [])

    def it_reads_other_bytes_of_the_same_size_and_time(self, settled: Path, hashed: list[str]) -> None:
        files = folder(settled / "in", 3)
        read(files, settled / "s.db")
        tick()
        restored(files / "1.xlsx", "657002,7.25", (files / "1.xlsx").stat())
        assert read(files, settled / "s.db")[1] == ("1.xlsx", 7_250_000)
        assert hashed == ["1.xlsx"]

    def it_reads_what_was_put_in_a_files_place(self, settled: Path, hashed: list[str]) -> None:
        files = folder(settled / "in", 3)
        read(files, settled / "s.db")
        other, before = settled / "other", (files / "1.xlsx").stat()
        other.write_text("657002,8.25")
        os.utime(other, ns=(before.st_atime_ns, before.st_mtime_ns))
        other.replace(files / "1.xlsx")
        assert read(files, settled / "s.db")[1] == ("1.xlsx", 8_250_000)
        assert hashed == ["1.xlsx"]

    def it_reads_both_names_of_a_file_that_changed_through_one(self, settled: Path) -> None:
        files = folder(settled / "in", 2)
        (files / "9.xlsx").hardlink_to(files / "1.xlsx")
        assert read(files, settled / "s.db")[2] == ("9.xlsx", 1_250_000)
        tick()
        restored(files / "9.xlsx", "657002,6.25", (files / "9.xlsx").stat())
        assert read(files, settled / "s.db")[1:] == [("1.xlsx", 6_250_000), ("9.xlsx", 6_250_000)]

    def it_hashes_what_lies_in_archives(self, settled: Path, hashed: list[str]) -> None:
        files = settled / "in"
        files.mkdir()
        with ZipFile(files / "a.zip", "w") as archive:
            archive.writestr("1.xlsx", "657001,1.25")

        def unpacked(found: Found) -> Submission:
            path = settled / "unpacked"
            path.write_bytes(bytes_of(found))
            return text_reader(Found(path=path, shown=found.shown))

        for _ in range(2):
            tick()
            with Store(settled / "s.db") as store:
                opened = read_contents(gather([files]).files, store, unpacked).opened
                assert store.seen() == {}
        assert (opened, hashed) == (0, ["1.xlsx"])

    def it_believes_no_store_that_another_reader_filled(self, settled: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        files = folder(settled / "in", 3)
        read(files, settled / "s.db")
        monkeypatch.setattr(reading, "reader_mark", lambda: "newer")
        tick()
        with Store(settled / "s.db") as store:
            assert [read_contents(gather([files]).files, store, text_reader).opened for _ in range(2)] == [3, 0]

    def it_is_another_reader_with_any_other_form_even_a_broken_one(
        self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setenv("PERFXL_FORMS", str(tmp_path))
        marks = [reading.reader_mark()]
        (tmp_path / "own").mkdir()
        for name, text in (("form.toml", "x = ["), ("form.toml", "x = 1"), ("form-v1.toml", ""), ("form-v1.toml", "x = 1")):
            (tmp_path / "own" / name).write_text(text)
            marks.append(reading.reader_mark())
        assert len({*marks}) == 5


class DescribeDoubt:
    def it_remembers_no_file_that_is_young(self, steady: Path) -> None:
        files = folder(steady / "in", 3)
        before = time.time_ns()
        read(files, steady / "s.db")
        with Store(steady / "s.db") as store:
            assert store.seen() == {}
        assert stamp_of(files / "1.xlsx", steady_devices(), before + 60_000_000_000) is not None

    def it_remembers_no_file_whose_times_lie_ahead(self, settled: Path) -> None:
        path = folder(settled / "in", 1) / "0.xlsx"
        ahead = time.time_ns() + 3_600_000_000_000
        os.utime(path, ns=(ahead, ahead))
        tick()
        assert stamp_of(path, steady_devices(), time.time_ns()) is None

    def it_remembers_nothing_that_changed_while_it_was_read(self, settled: Path) -> None:
        files = folder(settled / "in", 3)

        def meddling(found: Found) -> Submission:
            made = text_reader(found)
            if found.path.name == "1.xlsx":
                found.path.write_text("657002,5.25")
            return made

        tick()
        with Store(settled / "s.db") as store:
            read_contents(gather([files]).files, store, meddling)
            assert len(store.seen()) == 2
        assert read(files, settled / "s.db")[1] == ("1.xlsx", 5_250_000)

    @pytest.mark.parametrize("kind", ["vfat", "exfat", "nfs4", "cifs", "fuse.sshfs", "9p", "ntfs3"])
    def it_believes_no_file_system_that_may_not_keep_change_times(
        self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, kind: str
    ) -> None:
        device = tmp_path.stat().st_dev
        place = f"{os.major(device)}:{os.minor(device)}"
        table = tmp_path / "mountinfo"
        table.write_text(f"36 35 {place} / /mnt rw,noatime master:1 - {kind} /dev/sdb1 rw\n")
        monkeypatch.setattr(stamps, "_MOUNTS", table)
        monkeypatch.setattr(stamps.sys, "platform", "linux")
        assert steady_devices() == frozenset()
        table.write_text(f"36 35 {place} / /mnt rw,noatime - ext4 /dev/sdb1 rw\n")
        assert steady_devices() == {device}

    @pytest.mark.parametrize("system", ["win32", "darwin"])
    def it_believes_no_other_system(self, monkeypatch: pytest.MonkeyPatch, system: str) -> None:
        monkeypatch.setattr(stamps.sys, "platform", system)
        assert steady_devices() == frozenset()
