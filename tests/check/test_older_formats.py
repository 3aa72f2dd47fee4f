"""Workbooks that come back as .xls, .et or .ods: the values are read, and what the format lacks is said once."""

from __future__ import annotations

import io
import struct
from pathlib import Path

import pytest
import xlrd
from hypothesis import given, settings
from hypothesis import strategies as some

from perfxl.check import Condition, submission_of
from perfxl.check.legacy import as_xlsx
from perfxl.form.model import Severity
from perfxl.workbook.container import Refusal
from tests.check.bad_files import OLE, cell, seed, text
from tests.check.hebei import found
from tests.cli.test_commands import process
from tests.engines import libreoffice

FORMATS = ["xls", "ods"]


@pytest.fixture(scope="module")
def saved(tmp_path_factory: pytest.TempPathFactory) -> dict[str, bytes]:
    """The seed's workbook, and one with faults, saved again in older formats."""
    folder = tmp_path_factory.mktemp("older")
    (folder / "seed.xlsx").write_bytes(seed())
    (folder / "faulty.xlsx").write_bytes(faulty())
    made = {}
    for kind in FORMATS:
        for path in libreoffice.convert([folder / "seed.xlsx", folder / "faulty.xlsx"], kind, folder / kind):
            made[path.name] = path.read_bytes()
    return made


def faulty() -> bytes:
    """Text in a money cell, 30 in a percent cell, a changed label, a name with odd characters."""
    data = text("C4", "０．８５")
    data = cell("B7", "><v>30</v>", of=data)
    data = text("D4", "其中：中央资金", of=data)
    return text("E3", "名 _x005F_x0041_ &lt;称&gt;&amp;&#10;二", of=data)


class DescribeValues:
    @pytest.mark.parametrize("kind", FORMATS)
    def it_reads_what_the_xlsx_holds(self, saved: dict[str, bytes], kind: str) -> None:
        meant, read = submission_of(seed(), "a"), submission_of(saved[f"seed.{kind}"], "a")
        assert read.condition is Condition.READ
        assert read.book == meant.book
        assert found(read) == [("I34", "", ""), *found(meant)]
        assert read.findings[0].severity is Severity.HINT

    @pytest.mark.parametrize("kind", FORMATS)
    def it_finds_the_same_faults(self, saved: dict[str, bytes], kind: str) -> None:
        meant, read = submission_of(faulty(), "a"), submission_of(saved[f"faulty.{kind}"], "a")
        assert [each for each in found(read) if each[0] != "I34"] == found(meant)
        assert {"P04", "P09", "I17"} <= {rule for rule, *_ in found(read)}

    @pytest.mark.parametrize("kind", FORMATS)
    def it_knows_when_it_was_saved(self, saved: dict[str, bytes], kind: str) -> None:
        assert submission_of(saved[f"seed.{kind}"], "a").modified[:2] == "20"

    def it_goes_by_content_not_by_name(self, saved: dict[str, bytes], tmp_path: Path) -> None:
        for name in ("a.et", "b.xlsx", "c.xls"):
            (tmp_path / name).write_bytes(saved["seed.xls"])
        done = process("check", tmp_path)
        assert (done.returncode, done.stderr) == (0, "")
        assert done.stdout.count("I34") == 3


class DescribeDamage:
    def it_recognises_encryption_by_content(self, saved: dict[str, bytes]) -> None:
        assert found(submission_of(with_file_pass(saved["seed.xls"]), "a.xls")) == [("I03", "", "")]
        assert found(submission_of(renamed_stream(saved["seed.xls"], "EncryptedPackage"), "a.xlsx")) == [("I03", "", "")]
        # A text that says so is no encryption.
        harmless = saved["seed.xls"] + "EncryptedPackage".encode("utf-16-le")
        assert submission_of(harmless, "a.xls").condition is Condition.READ

    def it_refuses_documents_that_are_no_workbooks(self, saved: dict[str, bytes]) -> None:
        (finding,) = submission_of(renamed_stream(saved["seed.xls"], "WordDocument"), "a.xls").findings
        assert (finding.rule, "不是工作簿" in finding.message) == ("I02", True)

    def it_does_not_follow_an_endless_chain(self, saved: dict[str, bytes]) -> None:
        data = bytearray(saved["seed.xls"])
        table = 512 * (1 + struct.unpack_from("<I", data, 76)[0])
        for entry in range(128):  # every sector of the first table leads to sector 1, that to itself
            struct.pack_into("<I", data, table + 4 * entry, 1)
        assert found(submission_of(bytes(data), "a.xls")) == [("I05", "", "")]

    @given(some.data())
    @settings(max_examples=60, deadline=None)
    def it_never_raises_whatever_is_flipped(self, saved: dict[str, bytes], data: some.DataObject) -> None:
        kind = data.draw(some.sampled_from(FORMATS))
        content = bytearray(saved[f"seed.{kind}"])
        for _ in range(data.draw(some.integers(1, 8))):
            content[data.draw(some.integers(0, len(content) - 1))] = data.draw(some.integers(0, 255))
        try:
            as_xlsx(bytes(content))
        except Refusal as refusal:
            assert refusal.code in ("I02", "I03", "I04", "I05", "I10")

    @pytest.mark.parametrize("cut", [8, 511, 512, 2000, 100_000])
    def it_refuses_half_a_file(self, saved: dict[str, bytes], cut: int) -> None:
        assert submission_of(saved["seed.xls"][:cut], "a.xls").condition is Condition.UNREADABLE
        assert submission_of(OLE + b"\0" * cut, "a.xls").condition is Condition.UNREADABLE


def renamed_stream(data: bytes, name: str) -> bytes:
    """The compound file with its stream Workbook called otherwise."""
    old = "Workbook".encode("utf-16-le") + b"\0" * (64 - 16)
    at = data.index(old)
    new = name.encode("utf-16-le")
    entry = new + b"\0" * (64 - len(new)) + struct.pack("<H", len(new) + 2)
    return data[:at] + entry + data[at + 66 :]


def with_file_pass(data: bytes) -> bytes:
    """The second record of the globals turned into FilePass ([MS-XLS] 2.4.117)."""
    bof = data.index(struct.pack("<HHHH", 0x0809, 16, 0x0600, 0x0005))
    at = bof + 20
    size = struct.unpack_from("<H", data, at + 2)[0]
    after = bytearray(data)
    struct.pack_into("<HHH", after, at, 0x002F, size, 1)
    with pytest.raises(xlrd.XLRDError, match="encrypted"):
        xlrd.open_workbook(file_contents=bytes(after), logfile=io.StringIO())
    return bytes(after)
