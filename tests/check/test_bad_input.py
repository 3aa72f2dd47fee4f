"""Whatever comes back, reading ends with findings: never a traceback, never a hanging process."""

from __future__ import annotations

import hashlib
import os
import re
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from perfxl.check import Condition, read_submission, submission_of
from perfxl.form.model import Severity
from tests.check import bad_files
from tests.check.bad_files import cell, replaced, seed, text
from tests.check.hebei import FORM, found

UNREADABLE, UNRECOGNISED = Condition.UNREADABLE, Condition.UNRECOGNISED
HINTS = [("R06", "项目01", "F16"), ("R06", "项目02", "F16")]
FILE = ("", "")

REFUSED: list[tuple[str, Callable[[], bytes], Condition, str, str]] = [
    ("empty", lambda: b"", UNREADABLE, "I01", "0 字节"),
    ("text", bad_files.plain_text, UNREADABLE, "I02", "不是 Excel 工作簿"),
    ("zip of something else", lambda: bad_files.packed({"a.txt": b"x"}), UNREADABLE, "I02", "没有工作簿"),
    ("half an old file", lambda: bad_files.ole("Workbook"), UNREADABLE, "I05", "已损坏"),
    ("truncated", bad_files.truncated, UNREADABLE, "I05", "已损坏"),
    ("flipped bit", bad_files.wrong_crc, UNREADABLE, "I05", "已损坏"),
    ("entity bomb", bad_files.entity_bomb, UNREADABLE, "I05", "实体"),
    ("no XML", lambda: replaced("项目01", b"<sheetData>", b"<sheetData><"), UNREADABLE, "I05", "XML"),
    ("bad string index", lambda: cell("B3", ' t="s"><v>99999</v>'), UNREADABLE, "I05", "B3"),
    ("negative string index", lambda: cell("B3", ' t="s"><v>-1</v>'), UNREADABLE, "I05", "B3"),
    ("zip bomb", bad_files.zip_bomb, UNREADABLE, "I10", "过大"),
    ("2001 parts", bad_files.many_parts, UNREADABLE, "I10", "过大"),
    ("20 MB", lambda: b"PK" + b"\0" * 20_000_001, UNREADABLE, "I10", "20 MB"),
    ("someone else's", bad_files.someone_elses, UNRECOGNISED, "I06", "不是本任务下发"),
    ("unknown form", bad_files.unknown_form, UNRECOGNISED, "I11", "hebei-1949"),
]

HEAVY: list[tuple[Callable[[], bytes], str]] = [
    (bad_files.many_cells, "超过 300000 个单元格"),
    (bad_files.many_plain_cells, "解压后超过 12 MB"),
    (bad_files.many_elements, "层次过深"),
    (bad_files.deep, "层次过深"),
    (bad_files.many_attributes, "属性过多"),
    (bad_files.long_comment, "内容过大"),
    (bad_files.long_text, "E3 的文字超过 32767 个字符"),
    (bad_files.many_sheets, "59911 张工作表"),
    (bad_files.false_sizes, "解压后超过 12 MB"),
]

MENDABLE: list[tuple[str, Callable[[], bytes], list[tuple[str, str, str]]]] = [
    ("missing sheet", lambda: bad_files.without_sheet("项目02"), [("I07", "项目02", ""), HINTS[0]]),
    (
        "renamed sheet",
        lambda: bad_files.book_xml("项目02", "综合办公"),
        [("I08", "综合办公", ""), HINTS[0], ("R06", "综合办公", "F16")],
    ),
    ("text in a money cell", lambda: text("C4", "八千五百元"), [("P04", "项目01", "C4"), *HINTS]),
    ("digits as text", lambda: text("C4", "0.85"), [("P04", "项目01", "C4"), *HINTS]),
    ("full-width digits", lambda: text("C4", "０．８５"), [("P04", "项目01", "C4"), *HINTS]),
    ("90 % as text", lambda: text("E7", "90 %"), [("P09", "项目01", "E7"), *HINTS]),
    ("30 in a percent cell", lambda: cell("B7", "><v>30</v>"), [("P09", "项目01", "B7"), *HINTS]),
    ("22 characters", lambda: text("B3", "13028123P00028410002WW"), [("P01", "项目01", "B3"), *HINTS]),
    ("not a number", lambda: cell("C4", "><v>NaN</v>"), [("P04", "项目01", "C4"), *HINTS]),
    ("infinity", lambda: cell("C4", "><v>1e999</v>"), [("P04", "项目01", "C4"), *HINTS]),
    ("error value", lambda: cell("C4", ' t="e"><v>#DIV/0!</v>'), [("P04", "项目01", "C4"), *HINTS]),
    ("boolean", lambda: cell("C4", ' t="b"><v>1</v>'), [("P04", "项目01", "C4"), *HINTS]),
    ("boolean as text", lambda: cell("E3", ' t="b"><v>1</v>'), [("T01", "项目01", "E3"), *HINTS]),
    ("date as name", lambda: cell("E3", ' t="d"><v>2023-01-01</v>'), [("T01", "项目01", "E3"), *HINTS]),
    ("absurd date", lambda: cell("E3", ' t="d"><v>9999999-01-01</v>'), [("T01", "项目01", "E3"), *HINTS]),
    ("formula", lambda: cell("C4", "><f>E4+G4</f><v>0.85</v>"), [("I12", "项目01", "C4"), *HINTS]),
    (
        "formula with a forged value",
        lambda: cell("C4", "><f>0.85</f><v>10</v>"),
        [("I12", "项目01", "C4"), ("P07", "项目01", "C4"), *HINTS],
    ),
    (
        "forged computed cell",
        lambda: replaced("项目01", "预算数0.85万元".encode(), "预算数9999万元".encode()),
        HINTS,
    ),
    (
        "a value at XFD1048576",
        lambda: replaced("项目01", b"</sheetData>", b'<row r="1048576"><c r="XFD1048576"><v>1</v></c></row></sheetData>'),
        [("I09", "项目01", "XFD1048576"), *HINTS],
    ),
    (
        "a false dimension",
        lambda: edit_dimension(b'<dimension ref="A1:XFD1048576"/>'),
        HINTS,
    ),
    (
        "edited label",
        lambda: text("D4", "其中：中央资金"),
        [("I17", "项目01", "D4"), *HINTS],
    ),
    (
        "inserted row",
        bad_files.inserted_row,
        [("I16", "项目01", ""), ("R06", "项目01", "F17"), ("R06", "项目02", "F16")],
    ),
    ("beside the table", lambda: beside("J9"), [("I35", "项目01", "J9"), *HINTS]),
    ("below the table", lambda: beside("C30"), [("I35", "项目01", "C30"), *HINTS]),
    ("under a merged label", lambda: beside("A31"), [("I35", "项目01", "A31"), *HINTS]),
    ("an attribute of ten million characters", bad_files.long_attribute, HINTS),
    ("a hundred thousand names", bad_files.absurd_names, HINTS),
]


def beside(address: str) -> bytes:
    """Something typed where nothing is to be entered."""
    row = f'<row r="{address[1:]}"><c r="{address}" t="inlineStr"><is><t>见附件</t></is></c></row>'
    return bad_files.in_rows(row)


def edit_dimension(new: bytes) -> bytes:
    return bad_files.edited(seed(), bad_files.part("项目01"), lambda xml: re.sub(rb"<dimension [^>]*/>", new, xml))


def within_form(data: bytes) -> list[tuple[str, str, str]]:
    """The findings but those that only the batch can judge."""
    every = found(submission_of(data, "657001.xlsx"))
    return [each for each in every if each[0] not in FORM.rules or not FORM.rules[each[0]].batch_only]


class DescribeFilesThatCannotBeRead:
    @pytest.mark.parametrize(
        ("make", "condition", "code", "words"), [line[1:] for line in REFUSED], ids=[line[0] for line in REFUSED]
    )
    def it_is_refused_with_one_clear_finding(
        self, make: Callable[[], bytes], condition: Condition, code: str, words: str
    ) -> None:
        submission = submission_of(make(), "657001.xlsx")
        assert submission.condition is condition
        assert found(submission) == [(code, *FILE)]
        (finding,) = submission.findings
        assert finding.severity is Severity.ERROR
        assert words in finding.message
        assert submission.book is None

    @pytest.mark.parametrize(("make", "words"), HEAVY, ids=[make.__name__ for make, _ in HEAVY])
    def it_is_refused_before_it_takes_time_or_memory(self, make: Callable[[], bytes], words: str) -> None:
        submission = submission_of(make(), "657001.xlsx")
        assert found(submission) == [("I10", *FILE)]
        assert words in submission.findings[0].message

    @pytest.mark.parametrize("make", [bad_files.absurd_plan, bad_files.deep_plan])
    def it_believes_no_absurd_plan(self, make: Callable[[], bytes]) -> None:
        assert found(submission_of(make(), "657001.xlsx")) == [("I06", *FILE)]

    def it_reads_parts_that_are_stored_or_deflated_only(self) -> None:
        assert found(submission_of(bad_files.packed_otherwise(), "657001.xlsx")) == [("I05", *FILE)]

    @pytest.mark.long
    @pytest.mark.parametrize("make", bad_files.HEAVY)
    def it_takes_less_than_five_seconds_and_300_mb(self, make: Callable[[], bytes], tmp_path: Path) -> None:
        path = tmp_path / "heavy.xlsx"
        path.write_bytes(make())
        bounds = "import resource, sys; resource.setrlimit(resource.RLIMIT_CPU, (5, 5)); "
        bounds += "resource.setrlimit(resource.RLIMIT_DATA, (300_000_000, 300_000_000)); "
        read = "from pathlib import Path; from perfxl.check import read_submission; read_submission(Path(sys.argv[1]))"
        done = subprocess.run([sys.executable, "-c", bounds + read, str(path)], capture_output=True, text=True, check=False)
        assert (done.returncode, done.stderr) == (0, "")

    def it_takes_no_time_over_a_bomb(self) -> None:
        bombs = [bad_files.zip_bomb(), bad_files.entity_bomb()]
        begun = time.perf_counter()
        for bomb in bombs:
            submission_of(bomb, "bomb.xlsx")
        assert time.perf_counter() - begun < 2

    def it_refuses_a_directory_a_pipe_and_what_is_not_there(self, tmp_path: Path) -> None:
        os.mkfifo(tmp_path / "pipe.xlsx")
        (tmp_path / "folder.xlsx").mkdir()
        (tmp_path / "link.xlsx").symlink_to(tmp_path / "nowhere.xlsx")
        told = [found(read_submission(tmp_path / name)) for name in ("pipe.xlsx", "folder.xlsx", "link.xlsx", "none.xlsx")]
        assert told == [[("I14", *FILE)]] * 4

    def it_refuses_any_truncation_and_any_garbage(self) -> None:
        whole = seed()
        for cut in range(0, len(whole), len(whole) // 40):
            assert submission_of(whole[:cut], "cut.xlsx").condition is UNREADABLE
            garbled = submission_of(whole[:cut] + hashlib.md5(b"%d" % cut).digest() + whole[cut + 16 :], "garbled.xlsx")
            assert garbled.findings != []


class DescribeHalfCharacters:
    def it_judges_a_value_with_half_a_character_beside_a_whole_one(self) -> None:
        for typed in ("_xD83D_😀次", "😀_xD83D_"):
            assert ("R02", "项目01", "F10") in found(submission_of(text("F10", typed), "657001.xlsx"))


class DescribeFilesWithFaults:
    @pytest.mark.parametrize(("make", "findings"), [line[1:] for line in MENDABLE], ids=[line[0] for line in MENDABLE])
    def it_is_read_and_each_fault_named_with_its_cell(
        self, make: Callable[[], bytes], findings: list[tuple[str, str, str]]
    ) -> None:
        assert within_form(make()) == findings

    def it_names_the_value_that_was_found(self) -> None:
        (money, *_) = submission_of(text("C4", "０．８５"), "x").findings
        assert money.value == "０．８５"
        assert "“０．８５”" in money.message

    def it_reads_every_other_value_around_a_fault(self) -> None:
        submission = submission_of(bad_files.inserted_row(), "x")
        whole = submission_of(seed(), "x")
        assert submission.book is not None
        assert whole.book is not None
        assert submission.book.sheets[1].raws == whole.book.sheets[1].raws
        assert submission.book.sheets[1].rows == whole.book.sheets[1].rows

    def it_reads_the_form_from_the_hidden_sheet_not_from_the_file_name(self, tmp_path: Path) -> None:
        path = tmp_path / "😀 绩效（最终版）(3).xlsx"
        path.write_bytes(seed())
        submission = read_submission(path)
        assert (submission.condition, submission.unit_code) == (Condition.READ, "657001")
