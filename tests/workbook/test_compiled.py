"""What the quick reader has compiled: built from the source that lies here, safe with anything, and the same as Python alone."""

from __future__ import annotations

import hashlib
import importlib.util
import os
import subprocess
import sys
import tracemalloc
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from perfxl.demo import filled_workbook
from perfxl.form.records import Row
from perfxl.rules.types import Raw, is_blank
from perfxl.rules.values import BLANKS
from perfxl.workbook.cells import cell_number
from perfxl.workbook.compiled import cut
from perfxl.workbook.plain_cells import _learn
from perfxl.workbook.read import read_workbook
from tests.check.hebei import FORM
from tests.workbook.parts import parts
from tests.workbook.uncompiled import without_what_is_compiled

ROOT = Path(__file__).resolve().parents[2]
SOURCE = ROOT / "perfxl" / "workbook" / "_cut.c"
SEED = filled_workbook(FORM)[1]

if cut is None and os.environ.get("PERFXL_REQUIRE_OFFICE") != "1":
    pytest.skip("perfxl was installed without a C compiler", allow_module_level=True)


def stretches(most: int = 10) -> object:
    assert cut is not None
    return cut.Stretches(_learn, cell_number, most, 7)


def crowding() -> list[bytes]:
    """Stretches with one hash, whatever the seed: what the top bit of a word changes, the next word changes back."""
    found = []
    for number in range(256):
        words = [int.from_bytes(b"abcdefgh", "little")] * 16
        for pair in range(8):
            if number >> pair & 1:
                words[2 * pair] ^= 1 << 63
                words[2 * pair + 1] ^= 1 << 63 | 1 << 34
        found.append(b"".join(word.to_bytes(8, "little") for word in words))
    return found


class DescribeWhatIsCompiled:
    def it_was_compiled_from_the_source_that_lies_here(self) -> None:
        assert cut is not None, "pip install -e . compiles it"
        assert cut.source == hashlib.sha256(SOURCE.read_bytes().replace(b"\r\n", b"\n")).hexdigest()

    def it_reads_a_workbook_as_python_alone_does(self) -> None:
        def found() -> object:
            reading = read_workbook(SEED, lambda *_: FORM)
            return reading.book, reading.faults, reading.meta

        quick = found()
        with without_what_is_compiled():
            assert found() == quick

    def it_is_left_out_where_that_is_asked_for(self) -> None:
        code = "from perfxl.workbook.compiled import cut; print(cut)"
        environment = {**os.environ, "PERFXL_COMPILED": "no"}
        said = subprocess.run([sys.executable, "-c", code], env=environment, capture_output=True, text=True, check=True)
        assert said.stdout == "None\n"

    def it_forgets_what_is_too_much_to_remember(self) -> None:
        few, many = stretches(3), stretches(1000)
        for number in range(1, 30):
            content = f'<row r="{number}"><c r="A{number}" t="s"><v>0</v></c></row>'.encode()
            assert few.cells(content, 0, len(content), ["甲"]) == many.cells(content, 0, len(content), ["甲"])
        assert 0 < len(few) <= 3
        assert len(many) == 30  # twenty-nine beginnings, one end

    def it_does_not_remember_what_crowds_one_place(self) -> None:
        assert cut is not None
        reader = cut.Stretches(lambda *_: (("A1", None, {}, {}, ()), True), cell_number, 1000, 7)
        for _ in range(2):
            for stretch in crowding():
                content = stretch + b"<v>0</v></c>"
                assert reader.cells(content, 0, len(content), ["甲"])[0] == {"A1": "甲"}
        assert len({*crowding()}) == 256
        assert 10 < len(reader) < 80

    def it_keeps_no_memory_of_what_it_has_read(self) -> None:
        assert cut is not None
        content, table = parts(SEED)["xl/worksheets/sheet3.xml"], parts(SEED)["xl/sharedStrings.xml"]
        begin, end = content.index(b"<sheetData>") + 11, content.index(b"</sheetData>")
        reader, texts = stretches(4000), [f"字{number}" for number in range(2000)]

        def read() -> None:
            assert reader.cells(content, begin, end, texts)
            assert reader.cells(content, begin, end, []) is None
            cut.texts(table, table.index(b"<si>"), lambda _: "a", lambda _: None)

        tracemalloc.start()
        try:
            taken = []
            for _ in range(4):
                for _ in range(60):
                    read()
                taken.append(tracemalloc.get_traced_memory()[0])
            assert taken[-1] - taken[0] < 2_000
        finally:
            tracemalloc.stop()

    @pytest.mark.parametrize(
        ("begin", "end"), [(-1, 5), (3, 2), (0, 7), (7, 7), (0, sys.maxsize), (-sys.maxsize, sys.maxsize)]
    )
    def it_refuses_rows_that_lie_beyond_the_content(self, begin: int, end: int) -> None:
        with pytest.raises(ValueError, match="rows beyond"):
            stretches().cells(b"<row/>", begin, end, [])

    def it_refuses_what_is_no_answer(self) -> None:
        assert cut is not None
        row = b'<row r="1"><c r="A1"><v>1</v></c></row>'
        wrong = [("A1", None, {}, {}), ("A1", None, {}, 5, ()), (1, 2, {}, {}, 5), (), 5]
        for answer in (None, 5, (), *((each, True) for each in wrong)):
            reader = cut.Stretches(lambda *_, answer=answer: answer, cell_number, 10, 1)
            with pytest.raises((TypeError, ValueError)):
                reader.cells(row, 0, len(row), ["甲"])
        with pytest.raises(TypeError):
            cut.texts(b"<si><t>&amp;</t></si></sst>", 0, lambda _: 5, lambda _: None)
        with pytest.raises(ZeroDivisionError):
            cut.texts(b"<si><t>&amp;</t></si></sst>", 0, lambda _: 1 / 0, lambda _: None)
        for slots in (((1, (), ()),), ((("a", 1, 2), ("a",), ()),), ((("a", 1), (), ()),), ((("a", 1, 2), ("a",), ([],)),)):
            with pytest.raises((TypeError, ValueError)):
                cut.rows({"A1": 1.0}, slots, BLANKS)
        with pytest.raises(ValueError, match="most"):
            cut.Stretches(_learn, cell_number, 0, 1)
        with pytest.raises(ValueError, match="items beyond"):
            cut.texts(b"", 1, lambda _: None, lambda _: None)


RAWS = st.none() | st.floats(allow_nan=False) | st.booleans()
RAWS |= st.sampled_from(["", *BLANKS, "\u3000\t", "\u2003", "字", " 字 ", "\U0001f600"])


@given(st.lists(st.tuples(RAWS, RAWS, RAWS), max_size=6), st.booleans())
def it_takes_the_rows_that_are_begun(found: list[tuple[Raw, ...]], said: bool) -> None:
    assert cut is not None
    names = ("indicator", "value", "basis")
    addresses = [tuple(f"{each}{number}" for each in "ABC") for number in range(len(found))]
    slots = tuple((("g", number // 2, number % 2), names, each) for number, each in enumerate(addresses))
    cells = {address: raw for slot, raws in zip(slots, found, strict=True) for address, raw in zip(slot[2], raws, strict=True)}
    values = {address: raw for address, raw in cells.items() if raw is not None or said}
    expected = [
        Row(key[1], key[2], dict(zip(names, raws, strict=True)))
        for (key, _, _), raws in zip(slots, found, strict=True)
        if not all(map(is_blank, raws))
    ]
    assert list(map(Row._make, cut.rows(values, slots, BLANKS))) == expected


@pytest.mark.long
def it_touches_no_memory_that_is_not_its_own(tmp_path: Path) -> None:
    """Compiled anew with AddressSanitizer and UndefinedBehaviorSanitizer, fed the tests' damaged sheets and tables."""
    spec = importlib.util.spec_from_file_location("hatch_build", ROOT / "hatch_build.py")
    assert spec and spec.loader
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    place = tmp_path / "perfxl" / "workbook"
    place.mkdir(parents=True)
    (place / "_cut.c").write_bytes(SOURCE.read_bytes())
    made = module.compiled(tmp_path, arguments=("-fsanitize=address,undefined", "-fno-sanitize-recover=all", "-O1"))
    library = subprocess.run(["gcc", "-print-file-name=libasan.so"], capture_output=True, text=True, check=True).stdout.strip()
    code = f"""
import importlib.util, sys
spec = importlib.util.spec_from_file_location("perfxl.workbook._cut", {str(made)!r})
module = importlib.util.module_from_spec(spec)
spec.loader.exec_module(module)
import perfxl.workbook
sys.modules["perfxl.workbook._cut"] = perfxl.workbook._cut = module
import pytest
from perfxl.workbook.compiled import cut
assert cut is module
tests = ["tests/workbook/test_plain_reading.py", "tests/workbook/test_compiled.py"]
chosen = "not keeps_no_memory and not compiled_from and not left_out"
sys.exit(pytest.main(["-q", "-n0", "-p", "no:cacheprovider", "-k", chosen, *tests]))
"""
    environment = {
        **os.environ,
        "LD_PRELOAD": library,
        "ASAN_OPTIONS": "detect_leaks=0:allocator_may_return_null=1",
        "PYTHONMALLOC": "malloc",
    }
    said = subprocess.run([sys.executable, "-c", code], env=environment, cwd=ROOT, capture_output=True, text=True, check=False)
    assert said.returncode == 0, said.stdout[-3000:] + said.stderr[-3000:]
    assert " passed" in said.stdout
