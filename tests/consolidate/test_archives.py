"""Archives among the files: every member a file of its own, under a name that leads to it, whatever was packed."""

from __future__ import annotations

import io
import json
import struct
import zipfile
import zlib
from pathlib import Path

import openpyxl
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as some

from perfxl.consolidate.archives import MOST_NESTED, members
from perfxl.consolidate.files import bytes_of, gather
from perfxl.consolidate.reading import FileReader
from perfxl.errors import PerfxlError
from perfxl.workbook.container import MOST_FILE, Refusal
from tests.check.bad_files import seed
from tests.cli.test_commands import perfxl


class GbkInfo(zipfile.ZipInfo):
    """A member named as Chinese Windows names it: GBK, unmarked."""

    def _encodeFilenameFlags(self) -> tuple[bytes, int]:
        return self.filename.encode("gbk"), self.flag_bits


def archive(*members: tuple[str, bytes], kind: type[zipfile.ZipInfo] = zipfile.ZipInfo) -> bytes:
    target = io.BytesIO()
    with zipfile.ZipFile(target, "w") as made:
        for name, content in members:
            info = kind("x")
            info.filename = info.orig_filename = name
            info.compress_type = zipfile.ZIP_DEFLATED
            with pytest.warns(UserWarning) if name in made.namelist() else io.BytesIO():
                made.writestr(info, content)
    return target.getvalue()


def names(tmp_path: Path, content: bytes) -> list[str]:
    """What is found in an archive, without the folder's name."""
    (tmp_path / "包.zip").write_bytes(content)
    return [each.shown.removeprefix(f"{tmp_path}/") for each in gather([tmp_path]).files]


def told(tmp_path: Path) -> list[tuple[str, str]]:
    """Each file's name and the code of its first finding, "" if it was read."""
    found = []
    for each in gather([tmp_path]).files:
        submission = FileReader()(each)
        found.append((each.shown.rpartition("/")[2], submission.findings[0].rule if submission.book is None else ""))
    return found


class DescribeNames:
    @pytest.mark.parametrize("kind", [zipfile.ZipInfo, GbkInfo])
    def it_reads_names_in_utf_8_and_in_gbk(self, tmp_path: Path, kind: type[zipfile.ZipInfo]) -> None:
        content = archive(("唐山市/遵化市 征收中心.xlsx", b"x"), ("说明.txt", b"x"), kind=kind)
        assert names(tmp_path, content) == ["包.zip/唐山市/遵化市 征收中心.xlsx"]
        assert [name.rpartition("/")[2] for name in gather([tmp_path]).others] == ["说明.txt"]

    def it_is_not_misled_by_gbk_that_looks_like_utf_8(self, tmp_path: Path) -> None:
        assert names(tmp_path, archive(("通知.xlsx", b"x"), kind=GbkInfo)) == ["包.zip/通知.xlsx"]

    def it_reads_unmarked_utf_8(self, tmp_path: Path) -> None:
        content = archive(("单位.xlsx", b"x"))
        marked = struct.pack("<H", 0x800)
        assert content.count(marked) >= 2
        at = content.index(b"PK\x03\x04") + 6, content.index(b"PK\x01\x02") + 8
        for each in at:
            assert content[each : each + 2] == marked
            content = content[:each] + b"\0\0" + content[each + 2 :]
        assert names(tmp_path, content) == ["包.zip/单位.xlsx"]

    def it_reads_the_unicode_name_beside_a_mangled_one(self, tmp_path: Path) -> None:
        target = io.BytesIO()
        info = zipfile.ZipInfo("____.xlsx")
        meant = "单位.xlsx".encode()
        info.extra = struct.pack("<HHBI", 0x7075, 5 + len(meant), 1, zlib.crc32(b"____.xlsx")) + meant
        with zipfile.ZipFile(target, "w") as made:
            made.writestr(info, b"x")
        assert names(tmp_path, target.getvalue()) == ["包.zip/单位.xlsx"]

    def it_leads_nowhere_outside_the_archive(self, tmp_path: Path) -> None:
        content = archive(
            ("../../上级.xlsx", b"x"),
            ("/etc/a.xlsx", b"x"),
            ("C:\\桌面\\b.xlsx", b"x"),
            ("甲\\乙/./c.xlsx", b"x"),
            ("d\n\x1b[31m.xlsx", b"x"),
        )
        assert names(tmp_path, content) == [
            "包.zip/d__[31m.xlsx",
            "包.zip/上级.xlsx",
            "包.zip/etc/a.xlsx",
            "包.zip/桌面/b.xlsx",
            "包.zip/甲/乙/c.xlsx",
        ]

    def it_leaves_folders_lock_files_and_what_a_mac_adds(self, tmp_path: Path) -> None:
        content = archive(("a/", b""), ("a/单位10.xlsx", b"x"), ("a/单位9.xlsx", b"x"), ("a/~$单位9.xlsx", b"x"))
        content = archive(("__MACOSX/a/._单位9.xlsx", b"x"), ("a/.DS_Store", b"x"), ("b.zip", content))
        assert names(tmp_path, content) == ["包.zip/b.zip/a/单位9.xlsx", "包.zip/b.zip/a/单位10.xlsx"]

    def it_never_shows_two_members_under_one_name(self, tmp_path: Path) -> None:
        content = archive(("a.xlsx", b"1"), ("a.xlsx", b"2"), ("A\\..\\a.xlsx", b"3"))
        found = names(tmp_path, content)
        assert found[:2] == ["包.zip/a.xlsx", "包.zip/a.xlsx（2）"]
        assert len(set(found)) == 3
        assert sorted(bytes_of(each) for each in gather([tmp_path]).files) == [b"1", b"2", b"3"]

    @given(some.lists(some.text(some.characters(exclude_characters="\0/\\"), min_size=1, max_size=40), min_size=1, max_size=6))
    @settings(max_examples=40, suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)
    def it_takes_any_name(self, tmp_path: Path, given: list[str]) -> None:
        content = io.BytesIO()
        with zipfile.ZipFile(content, "w") as made:
            for number, name in enumerate(given):
                made.writestr(f"{number}{name.encode('utf-8', 'replace').decode()}.xlsx", str(number))
        (tmp_path / "包.zip").write_bytes(content.getvalue())
        found = gather([tmp_path / "包.zip"]).files
        assert sorted(bytes_of(each) for each in found) == sorted(str(number).encode() for number in range(len(given)))
        assert all(".." not in each.shown.removeprefix(str(tmp_path)).split("/") for each in found)


class DescribeWhatCannotBeOpened:
    def it_is_a_file_with_a_reason(self, tmp_path: Path) -> None:
        good = archive(("a.xlsx", seed()))
        secret = bytearray(archive(("密.xlsx", seed())))
        for mark, at in ((b"PK\x03\x04", 6), (b"PK\x01\x02", 8)):
            secret[secret.index(mark) + at] |= 1
        flipped = bytearray(good)
        flipped[200] ^= 0xFF
        cases = {
            "0 空.zip": b"",
            "1 截断.zip": good[:-30],
            "2 密码.zip": bytes(secret),
            "3 翻转.zip": bytes(flipped),
            "4 套三层.zip": archive(("b.zip", archive(("c.zip", good)))),
            "5 炸弹.zip": archive(("大.xlsx", b"\0" * (MOST_FILE - 1))),
            "6 过大.zip": archive(("大.xlsx", b"\0" * (MOST_FILE + 1))),
            "7 改名.zip": seed(),
            "8.rar": b"Rar!\x1a\x07\x01\x00" + b"\0" * 50,
            "9.7z": b"7z\xbc\xaf\x27\x1c" + b"\0" * 50,
            "10.tar.gz": b"\x1f\x8b\x08" + b"\0" * 50,
            "11 其实是.rar.xlsx": b"Rar!\x1a\x07\x01\x00" + b"\0" * 50,
            "12 好.zip": good,
            "13 内层坏.zip": archive(("b.zip", good[:-30]), ("a.xlsx", seed())),
        }
        for name, content in cases.items():
            (tmp_path / name).write_bytes(content)
        assert told(tmp_path) == [
            ("0 空.zip", "I32"),
            ("1 截断.zip", "I32"),
            ("密.xlsx", "I32"),
            ("a.xlsx", "I32"),
            ("c.zip", "I32"),
            ("大.xlsx", "I10"),
            ("大.xlsx", "I10"),
            ("7 改名.zip", ""),
            ("8.rar", "I33"),
            ("9.7z", "I33"),
            ("10.tar.gz", "I33"),
            ("11 其实是.rar.xlsx", "I33"),
            ("a.xlsx", ""),
            ("a.xlsx", ""),
            ("b.zip", "I32"),
        ]

    def it_refuses_overlapping_members(self, tmp_path: Path) -> None:
        content = bytearray(archive(("a.xlsx", seed()), ("b.xlsx", seed())))
        first = content.index(b"PK\x01\x02")
        second = content.index(b"PK\x01\x02", first + 4)
        content[second + 42 : second + 46] = content[first + 42 : first + 46]
        (tmp_path / "a.zip").write_bytes(content)
        with pytest.raises(Refusal) as refusal:
            members(tmp_path / "a.zip")
        assert "重叠" in str(refusal.value.values["reason"])

    def it_refuses_too_many_members_and_too_large_an_inner_archive(self, tmp_path: Path) -> None:
        target = io.BytesIO()
        with zipfile.ZipFile(target, "w") as made:
            for number in range(20_001):
                made.writestr(f"{number}.xlsx", b"")
        (tmp_path / "many.zip").write_bytes(target.getvalue())
        (tmp_path / "deep.zip").write_bytes(archive(("in.zip", b"\0" * (MOST_NESTED + 1))))
        assert [(name.rpartition("/")[2], code) for name, code in told(tmp_path)] == [("in.zip", "I10"), ("many.zip", "I32")]

    def it_never_raises_for_damage(self, tmp_path: Path) -> None:
        good = archive(("a/单位.xlsx", b"0123456789" * 9), ("b.zip", archive(("c.xlsx", b"x"))))
        path = tmp_path / "包.zip"
        for at in range(len(good)):
            path.write_bytes(good[:at] + bytes((good[at] ^ 0xFF,)) + good[at + 1 :])
            for found in gather([path]).files:
                try:
                    bytes_of(found)
                except Refusal as refusal:
                    assert refusal.code in ("I10", "I32")


class DescribeConsolidatingAnArchive:
    def it_lists_links_and_finds_every_member_again(self, tmp_path: Path) -> None:
        files = tmp_path / "收回"
        files.mkdir()
        packed = archive(("征收中心/657001.xlsx", seed()), ("旧/坏.xlsx", b""), ("通知.docx", b"x"), kind=GbkInfo)
        (files / "县.zip").write_bytes(packed)
        arguments = ("consolidate", "收回", "-o", "汇总.xlsx", "--store", "s.db", "--json")
        done = perfxl(*arguments, cwd=tmp_path)
        assert done.returncode == 2
        result = json.loads(done.stdout)
        assert [(each["file"], each["state"]) for each in result["list"]] == [
            ("收回/县.zip/征收中心/657001.xlsx", "with_hints"),
            ("收回/县.zip/旧/坏.xlsx", "unreadable"),
        ]
        assert result["others"] == ["收回/县.zip/通知.docx"]
        book = openpyxl.load_workbook(tmp_path / "汇总.xlsx")
        cells = (cell for sheet in book for row in sheet.iter_rows() for cell in row)
        links = {cell.hyperlink.target.partition("#")[0] for cell in cells if cell.hyperlink and cell.hyperlink.target}
        assert links == {"%E6%94%B6%E5%9B%9E/%E5%8E%BF.zip"}
        again = json.loads(perfxl(*arguments, cwd=tmp_path).stdout)
        assert (result["opened"], again["opened"]) == (2, 1)

    def it_takes_a_member_by_its_shown_name(self, tmp_path: Path) -> None:
        (tmp_path / "县.zip").write_bytes(archive(("a/657001.xlsx", seed()), ("b.xlsx", b"")))
        assert perfxl("check", "县.zip/a/657001.xlsx", cwd=tmp_path).returncode == 0
        assert "无法读取" in perfxl("check", "县.zip", cwd=tmp_path).stdout
        with pytest.raises(PerfxlError) as fault:
            gather([tmp_path / "县.zip" / "c.xlsx"])
        assert fault.value.code == "C01"

    def it_publishes_from_a_store_what_lies_in_an_archive(self, tmp_path: Path) -> None:
        (tmp_path / "县.zip").write_bytes(archive(("a/657001.xlsx", seed())))
        perfxl("consolidate", "县.zip", "-o", "汇总.xlsx", "--store", "s.db", cwd=tmp_path)
        done = perfxl("publish", "s.db", "-o", "公开", cwd=tmp_path)
        assert done.returncode == 0
        assert list((tmp_path / "公开").glob("*.docx"))
