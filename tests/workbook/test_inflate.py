"""Parts inflate to the same bytes, or are refused alike, whether ISA-L is installed or not."""

from __future__ import annotations

import tracemalloc
import zlib
from types import ModuleType

import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from perfxl.demo import filled_workbook
from perfxl.workbook import archive, inflate
from perfxl.workbook.archive import Archive, Entry, Refusal, inflated
from tests.check.hebei import FORM

isal_zlib: ModuleType = pytest.importorskip("isal.isal_zlib", reason="the extra `fast` is not installed")
SEED = Archive(filled_workbook(FORM)[1])
PARTS = ("xl/sharedStrings.xml", "xl/workbook.xml", "docProps/core.xml", "xl/worksheets/sheet3.xml")
SAMPLES = [SEED.packed(name) for name in PARTS]
MANY = settings(max_examples=400, deadline=None, derandomize=True, suppress_health_check=[HealthCheck.too_slow])


def by(engine: ModuleType, entry: Entry, packed: bytes, most: int) -> bytes | str:
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(inflate, "quickest", engine)
        patch.setattr(archive, "crc32", engine.crc32)
        try:
            return inflated("x", entry, packed, most)
        except Refusal as refusal:
            return refusal.code


@st.composite
def damaged(draw: st.DrawFn) -> tuple[Entry, bytes]:
    entry, packed = draw(st.sampled_from(SAMPLES))
    for _ in range(draw(st.integers(0, 2))):
        at = draw(st.integers(0, len(packed)))
        piece = draw(st.binary(max_size=3))
        packed = packed[:at] + piece + packed[at + draw(st.sampled_from([0, 1, 2, 50, 100_000])) :]
    size = draw(st.sampled_from([entry.size, 0, 1, entry.size - 1, 0xFFFFFFFE]))
    return entry._replace(size=size, crc=draw(st.sampled_from([entry.crc, entry.crc, 1]))), packed


class DescribeInflating:
    @MANY
    @given(damaged(), st.sampled_from([48_000_000, 12_000_000, 30_000, 700, 1, 0]))
    @example((SAMPLES[0][0], b""), 48_000_000)
    def it_gives_the_same_bytes_or_the_same_code(self, part: tuple[Entry, bytes], most: int) -> None:
        assert by(isal_zlib, *part, most) == by(zlib, *part, most)

    @pytest.mark.parametrize("engine", [zlib, isal_zlib], ids=["zlib", "ISA-L"])
    def it_takes_no_memory_beyond_the_bound(self, engine: ModuleType) -> None:
        packer = zlib.compressobj(9, zlib.DEFLATED, -15)
        packed = b"".join(packer.compress(bytes(1_000_000)) for _ in range(200)) + packer.flush()
        entry = Entry(b"x", 0, 8, 0, len(packed), 200_000_000, 0)
        tracemalloc.start()
        try:
            assert by(engine, entry, packed, 3_000_000) == "I10"
            assert tracemalloc.get_traced_memory()[1] < 12_000_000
        finally:
            tracemalloc.stop()

    def it_uses_what_is_installed(self) -> None:
        assert inflate.quickest is isal_zlib
        assert inflate.crc32 is isal_zlib.crc32
