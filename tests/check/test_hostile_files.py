"""Every kind of hostile or broken file: none stops the run, none costs much, each is told, and good files never notice.

A kind is named for what is wrong with it (hostile_packages.py, hostile_folder.py).
"""

from __future__ import annotations

import json
import re
import subprocess
import sys
from collections.abc import Iterable
from datetime import datetime
from pathlib import Path

import pytest

from perfxl.consolidate.content import content_of
from perfxl.consolidate.dataset import Dataset
from perfxl.consolidate.files import gather
from perfxl.consolidate.reading import FileReader, contents_of
from perfxl.consolidate.run import consolidate_files
from perfxl.consolidate.states import State
from perfxl.form.model import Severity
from tests.check.bad_files import seed
from tests.check.hostile_folder import NAMES, RAW, lay_out
from tests.check.hostile_packages import KINDS
from tests.workbook.parts import packed, parts

AS_OF = datetime(2023, 3, 10, 9, 30)
MOST_SECONDS, MOST_MEGABYTES = 5, 300

OUTCOMES = {
    "I01": "zero bytes",
    "I02": "one byte|a thousand zeros|csv|html table as exported by web systems|spreadsheet XML of 2003|pdf|picture|rich text"
    "|Windows shortcut|program|empty zip|zip of texts|Word document|workbook within a zip called .xlsx|first block zeros"
    "|garbage before|two parts of one name|Word document of 97|compound file without streams",
    "I03": "encrypted workbook|old workbook with a password|OpenDocument with a password",
    "I06": "plan nested without end|plan of minus one sheet|plan of other blocks|old workbook of someone else"
    "|compound sectors of 2^65535 bytes|old workbook with a cell at IV65536|old workbook with NaN"
    "|old workbook, the same row a thousand times|OpenDocument of someone else",
    "I10": "5000 parts|530 MB of blanks|25 MB of shared strings|23 MB in every sheet|20 000 sheets|half a million cells"
    "|OpenDocument of a billion cells|200 000 nested elements|attribute of 20 MB|comment of 20 MB|million empty elements"
    "|200 000 names|million empty rows|text of 10 MB in a cell|300 000 runs in a cell|form without end"
    "|a bomb that lies about its size",
    "I11": "form ../../etc",
    "I33": "rar|7z|gzip",
    # Read; what is wrong is told in its place.
    "read": "directory entry beyond the end|directory says 65535 entries|sizes of 4 GB declared|names that lead outside|UTF-16"
    "|byte order mark|50 000 attributes"
    "|no relationships of the package|no content types|links to other workbooks|archive embedded|macros"
    "|part called in capitals|false dimension|dimension that is none"
    "|rows upside down|million merges|control characters|lone surrogates"
    "|text that is a formula|text that turns right to left|CDATA",
    "read I08": "sheet called ../..|sheet without a name|sheet name of 100 000 characters",
    "read I08 U02": "two sheets of one name",
    "read I09": "value at XFD1048576",
    "read I12 P04": "formula without a value",
    "read I12 P07": "formula of the whole sheet",
    "read I17": "column ZZZZZZZ",
    "read I18 I17": "sheet leads to the workbook|sheet leads to its relationships",
    "read I16 I17 I07": "plan of 999 sheets with 9 000 rows each",
    "read P04": "number with underscores|NaN|INF|1e400|number of 100 000 digits"
    "|number in Arabic digits|year 9999999|boolean that is none|unknown error value",
    "read P07": "a cell twice|unknown type of cell",
    "read T01": "date serial 1e300",
    "read I35": "negative row|row 99999999999999999999|address that is none|cells without addresses",
    # Whatever the bit meant.
    "I05/read": "bit flipped in the middle",
}
EXPECTED = {name: outcome for outcome, names in OUTCOMES.items() for name in names.split("|")}
"""Anything else is I05, damaged."""

HEAVY = {kind for kind in KINDS if re.search(r"million|00 000|\d MB|20 000|999 sheets|5000", kind)}
"""Slow to make or to read: all of them in long runs."""

OF_THE_SEED = ["R06", "U03", "R06"]


def file_name(kind: str) -> str:
    return f"{kind.replace('/', '∕')}.xlsx"


def write(folder: Path, kinds: Iterable[str]) -> Path:
    folder.mkdir(exist_ok=True)
    for kind in kinds:
        (folder / file_name(kind)).write_bytes(KINDS[kind]())
    return folder


def good(folder: Path, count: int) -> Path:
    """Workbooks of different units with different projects."""
    folder.mkdir()
    content = parts(seed())
    for number in range(count):
        unit, code = f"{100 + number // 50}{number % 50 + 1:03}".encode(), b"P%05d" % number
        found = {name: xml.replace(b"657001", unit).replace(b"P0002", code) for name, xml in content.items()}
        (folder / f"{unit.decode()}.xlsx").write_bytes(packed(found))
    return folder


def outcome(rules: list[str], *, read: bool) -> str:
    """As in OUTCOMES: the code, or what was found beyond what the seed's own workbook has."""
    if not read:
        return rules[0]
    more = list(rules)
    for rule in OF_THE_SEED:
        if rule in more:
            more.remove(rule)
    return " ".join(["read", *dict.fromkeys(more)])


def expected(kind: str) -> list[str]:
    """What may come of a kind."""
    return EXPECTED.get(kind, "I05").split("/")


def of_good_files(dataset: Dataset, folder: Path) -> object:
    """Everything that a consolidation says of the files in a folder."""
    mine = {each.content.file: each for each in dataset.files if each.content.file.startswith(f"{folder}/")}
    return (
        mine,
        [row for row in dataset.projects if row.file.content.file in mine],
        [row for row in dataset.indicators if row.file.content.file in mine],
        [row for row in dataset.findings if row.file.content.file in mine],
    )


def mixed(tmp_path: Path, count: int, kinds: Iterable[str], jobs: int) -> None:
    """Good files alone and among bad ones: the same result, and every bad one is listed with code and reason."""
    files, bad = good(tmp_path / "good", count), write(tmp_path / "bad", kinds)
    (tmp_path / "odd").mkdir()
    odd = lay_out(tmp_path / "odd")
    alone = consolidate_files([files], tmp_path / "1.xlsx", as_of=AS_OF, jobs=1).dataset
    among = consolidate_files([bad, files, tmp_path / "odd"], tmp_path / "2.xlsx", as_of=AS_OF, jobs=jobs).dataset
    assert len(alone.files) == count
    assert of_good_files(among, files) == of_good_files(alone, files)
    told = {Path(each.content.file).name: each for each in among.files if each.content.file.startswith(f"{bad}/")}
    assert set(told) == {path.name for path in bad.iterdir()}
    assert [name for name, each in told.items() if not each.reason] == []
    unread = {name: each for name, each in told.items() if each.state in (State.UNREADABLE, State.UNRECOGNISED)}
    for kind in KINDS:
        if file_name(kind) in told and not any(each.startswith("read") for each in expected(kind)):
            (finding,) = unread[file_name(kind)].content.findings
            assert finding.rule in expected(kind)
    listed = [each for each in among.files if each.content.file.startswith(f"{tmp_path / 'odd'}/")]
    assert len(listed) == sum(code != "-" for code in odd.values()) + len(RAW)
    assert sum(tally.files for tally in among.tallies) == len(among.files) == count + len(told) + len(listed)


class DescribeKinds:
    def it_knows_more_than_sixty(self) -> None:
        assert len(KINDS) >= 150
        assert set(EXPECTED) <= set(KINDS)

    @pytest.mark.parametrize("kind", sorted(set(KINDS) - HEAVY))
    def it_tells_what_is_wrong(self, tmp_path: Path, kind: str) -> None:
        (found,) = gather([write(tmp_path / "in", [kind])]).files
        content = content_of(FileReader()(found))
        assert outcome([each.rule for each in content.findings], read=content.form is not None) in expected(kind)
        assert all(each.message and each.severity in Severity for each in content.findings)


class DescribeAFolder:
    def it_tells_what_is_no_file_and_reads_files_of_any_name(self, tmp_path: Path) -> None:
        expected = lay_out(tmp_path)
        files = gather([tmp_path]).files
        found = {Path(each.file).name: each for each in contents_of(files, FileReader(), jobs=1)}
        codes = {name: "" if each.form else each.findings[0].rule for name, each in found.items()}
        assert codes == {name: code for name, code in expected.items() if code != "-"} | {
            "单位报表.xlsx": "",
            b"\xff\xfe.xlsx".decode("gb18030", "replace"): "",
        }
        assert len(files) == len(codes)

    def it_prints_any_name(self, tmp_path: Path) -> None:
        lay_out(tmp_path)
        command = [sys.executable, "-m", "perfxl", "check", str(tmp_path), "--jobs", "2"]
        done = subprocess.run(command, capture_output=True, encoding="utf-8", timeout=120, check=False)
        assert (done.returncode, done.stderr) == (2, "")
        assert [name for name in NAMES if name.isprintable() and name not in done.stdout] == []
        assert "\x1b" not in done.stdout


class DescribeGoodFilesAmongBadOnes:
    def it_gives_the_good_files_result(self, tmp_path: Path) -> None:
        kinds = sorted(set(KINDS) - HEAVY)[::5]
        mixed(tmp_path, 30, kinds, jobs=2)

    @pytest.mark.long
    def it_gives_the_result_of_three_hundred_with_every_kind(self, tmp_path: Path) -> None:
        mixed(tmp_path, 300, KINDS, jobs=2)


class DescribeCost:
    def measure(self, folder: Path) -> dict[str, dict[str, object]]:
        command = [sys.executable, "-m", "tests.check.measured", str(folder)]
        done = subprocess.run(command, capture_output=True, encoding="utf-8", timeout=1200, check=True)
        told: dict[str, dict[str, object]] = json.loads(done.stdout)
        return told

    def costly(self, folder: Path, kinds: Iterable[str]) -> dict[str, dict[str, object]]:
        """The kinds that crash, or need more processor time or memory than allowed."""
        write(folder, kinds)
        (folder / "good.xlsx").write_bytes(seed())
        told = self.measure(folder)
        assert len(told) == len(list(folder.iterdir()))
        return {
            name: each
            for name, each in told.items()
            if each["ended"] or not each["said"] or each["cpu"] > MOST_SECONDS or each["megabytes"] > MOST_MEGABYTES  # type: ignore[operator]
        }

    def it_is_bounded_for_bombs(self, tmp_path: Path) -> None:
        kinds = (
            "530 MB of blanks",
            "a bomb that lies about its size",
            "overlapping members",
            "quoting members",
            "entity expansion",
            "200 000 nested elements",
            "plan of 999 sheets with 9 000 rows each",
            "compound file with an endless chain",
            "OpenDocument of a billion cells",
        )
        assert self.costly(tmp_path, kinds) == {}

    @pytest.mark.long
    def it_is_bounded_for_every_kind(self, tmp_path: Path) -> None:
        assert self.costly(tmp_path, KINDS) == {}
