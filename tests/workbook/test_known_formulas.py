"""What is remembered of formulas says the same as searching for them."""

from __future__ import annotations

import re
from itertools import chain

from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from perfxl.demo import filled_workbook
from perfxl.workbook import known_formulas
from perfxl.workbook.calculation import formula_mark
from perfxl.workbook.known_formulas import known_mark, remember_mark
from perfxl.workbook.tampering import _formulas, _meant
from tests.check.hebei import FORM
from tests.workbook.parts import parts, sheet_parts
from tests.workbook.test_plain_reading import mutants, quickly, sheet, spelled_rows

SEED = filled_workbook(FORM)[1]
CALCULATION = parts(SEED)[sheet_parts(SEED)["_c0"]]
KEY = ("rules of the test", "_c0")
PIECES = [
    b"<f", b"<f>", b"<f ", b"</f>", b"/>", b">", b"<f/>", b"<f>1</f>", b"<f/>1</f>", b"<f a='", b"<formula>", b"1", b"", b"<v>",
    b"<v>9</v>", b' t="str"', b"<f t='shared' si='0'/>", b"</v></c>", b"<sheetData>", b"\xff",
]  # fmt: skip
MANY = settings(max_examples=150, deadline=None, derandomize=True, suppress_health_check=[HealthCheck.too_slow])


@st.composite
def changed(draw: st.DrawFn) -> bytes:
    content = CALCULATION
    for _ in range(draw(st.integers(1, 3))):
        places = [match.start() for match in re.finditer(rb"[<>]", content)]
        at = draw(st.sampled_from(places)) + draw(st.integers(0, 1))
        cut = draw(st.sampled_from([0, 0, 1, 2, 3, 5, 40]))
        content = content[:at] + draw(st.sampled_from(PIECES)) + content[at + cut :]
    return content


class DescribeKnownFormulas:
    @MANY
    @given(changed())
    @example(CALCULATION.replace(b"<v>0</v>", b"<v>1</v>"))
    def it_gives_the_mark_that_a_search_gives(self, content: bytes) -> None:
        known_formulas._KNOWN.clear()
        remember_mark(KEY, CALCULATION, formula_mark(CALCULATION))
        remember_mark(KEY, content, formula_mark(content))
        for each in (CALCULATION, content, CALCULATION + content, content.replace(b"<v>0</v>", b"<v>1</v>")):
            assert known_mark(KEY, each) in (None, formula_mark(each))

    def it_knows_a_sheet_with_other_values_again(self) -> None:
        known_formulas._KNOWN.clear()
        remember_mark(KEY, CALCULATION, formula_mark(CALCULATION))
        other = re.sub(rb' t="str"([^>]*>(?:<f>[^<]*</f>))<v>[^<]*</v>', rb"\1<v>12</v>", CALCULATION)
        assert other != CALCULATION
        assert known_mark(KEY, other) == formula_mark(CALCULATION)
        assert known_mark(KEY, CALCULATION.replace(b"<f>", b"<f>1+", 1)) is None
        assert known_mark(("other rules", "_c0"), other) is None

    def it_forgets_rather_than_fill_the_memory(self) -> None:
        known_formulas._KNOWN.clear()
        for number in range(40):
            remember_mark(("many", str(number)), b"<f>" + b"1" * 1_000_000 + b"</f>", "x")
        assert sum(len(each.elements[0][0]) for known in known_formulas._KNOWN.values() for each in known) <= 12_000_000


class DescribeFormulasThatTheReaderKept:
    @MANY
    @given(mutants() | spelled_rows().map(sheet))
    def it_gives_what_a_search_of_the_sheet_gives(self, content: bytes) -> None:
        found = quickly(content)
        if found is not None:
            assert found.formulas is not None
            assert dict(map(_meant, chain.from_iterable(found.formulas))) == _formulas(content)
