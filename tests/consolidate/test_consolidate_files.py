"""Which files are read, and how the output is written."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from perfxl.consolidate.files import gather, shown_path
from perfxl.consolidate.output import check_writable, write_complete
from perfxl.errors import PerfxlError


def touch(folder: Path, *names: str) -> None:
    for name in names:
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(b"x")


class DescribeGathering:
    def it_takes_workbooks_below_a_folder_in_natural_order(self, tmp_path: Path) -> None:
        touch(tmp_path, "单位10.xlsx", "单位9.xlsx", "b/2.XLSX", "a/old.xls", "a/x.et")
        found = [each.path.relative_to(tmp_path).as_posix() for each in gather([tmp_path]).files]
        assert found == ["单位9.xlsx", "单位10.xlsx", "a/old.xls", "a/x.et", "b/2.XLSX"]

    def it_leaves_lock_files_and_hidden_ones(self, tmp_path: Path) -> None:
        touch(tmp_path, "a.xlsx", "~$a.xlsx", ".~lock.a.xlsx#", ".hidden.xlsx", ".git/b.xlsx", "__MACOSX/a.xlsx", ".a.xlsx.1.tmp")
        assert [each.path.name for each in gather([tmp_path]).files] == ["a.xlsx"]

    def it_counts_a_file_once_and_never_reads_its_own_output(self, tmp_path: Path) -> None:
        touch(tmp_path, "a.xlsx", "汇总.xlsx")
        found = gather([tmp_path, tmp_path / "a.xlsx", tmp_path / "." / "a.xlsx"], but=[tmp_path / "汇总.xlsx"])
        assert [each.path.name for each in found.files] == ["a.xlsx"]

    def it_names_what_is_no_workbook(self, tmp_path: Path) -> None:
        touch(tmp_path, "a.xlsx", "说明.pdf", "通知.docx")
        assert [Path(name).name for name in gather([tmp_path]).others] == ["说明.pdf", "通知.docx"]

    def it_is_not_stopped_by_links_that_lead_nowhere_or_in_a_circle(self, tmp_path: Path) -> None:
        touch(tmp_path, "a.xlsx")
        (tmp_path / "b.xlsx").symlink_to("nowhere.xlsx")
        (tmp_path / "c.xlsx").symlink_to("c.xlsx")
        (tmp_path / "d").symlink_to(tmp_path)
        assert [each.path.name for each in gather([tmp_path]).files] == ["a.xlsx", "b.xlsx", "c.xlsx"]

    def it_reads_any_file_given_by_name(self, tmp_path: Path) -> None:
        touch(tmp_path, "无扩展名")
        assert len(gather([tmp_path / "无扩展名"]).files) == 1

    @pytest.mark.parametrize(("make", "code"), [(True, "C05"), (False, "C01")])
    def it_refuses_an_empty_or_missing_folder(self, tmp_path: Path, make: bool, code: str) -> None:
        folder = tmp_path / "空"
        if make:
            folder.mkdir()
        with pytest.raises(PerfxlError) as fault:
            gather([folder])
        assert fault.value.code == code

    def it_never_shows_two_files_under_one_name(self, tmp_path: Path) -> None:
        broken = os.fsdecode(b"\xff\xff.xlsx"), os.fsdecode(b"\xff\xfe.xlsx")
        touch(tmp_path, *broken)
        assert len({each.shown for each in gather([tmp_path]).files}) == 2

    def it_shows_names_from_chinese_archives(self) -> None:
        raw = os.fsdecode("单位.xlsx".encode("gb18030"))
        assert shown_path(Path(raw)) == "单位.xlsx"


class DescribeWriting:
    def it_replaces_the_old_file_and_leaves_nothing_beside(self, tmp_path: Path) -> None:
        path = tmp_path / "新" / "out.xlsx"
        write_complete(path, b"old")
        write_complete(path, b"new")
        assert path.read_bytes() == b"new"
        assert [each.name for each in path.parent.iterdir()] == ["out.xlsx"]

    def it_removes_what_a_killed_run_left(self, tmp_path: Path) -> None:
        touch(tmp_path, ".out.xlsx.old.tmp", ".out.xlsx.new.tmp", ".other.xlsx.old.tmp")
        for name in (".out.xlsx.old.tmp", ".other.xlsx.old.tmp"):
            os.utime(tmp_path / name, (0, 0))
        write_complete(tmp_path / "out.xlsx", b"new")
        assert sorted(each.name for each in tmp_path.iterdir()) == [".other.xlsx.old.tmp", ".out.xlsx.new.tmp", "out.xlsx"]

    def it_refuses_a_folder_in_the_place_of_the_output(self, tmp_path: Path) -> None:
        for action in (lambda: write_complete(tmp_path, b""), lambda: check_writable(tmp_path)):
            with pytest.raises(PerfxlError) as fault:
                action()
            assert fault.value.code == "C02"

    def it_refuses_a_file_in_the_place_of_the_folder(self, tmp_path: Path) -> None:
        touch(tmp_path, "a")
        for action in (lambda: write_complete(tmp_path / "a" / "b", b""), lambda: check_writable(tmp_path / "a" / "b")):
            with pytest.raises(PerfxlError) as fault:
                action()
            assert fault.value.code == "C02"
