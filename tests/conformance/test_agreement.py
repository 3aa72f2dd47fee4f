"""Every live verdict equals the batch's, as three independent engines calculate it."""

from __future__ import annotations

from datetime import date

import pytest
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

from perfxl.form.library import find_form, form_ids
from perfxl.form.records import Book, Row, SheetRecord
from perfxl.rules.types import Raw
from perfxl.workbook.layout import plan_of
from tests.engines.recalculated import ENGINES, by_cellrune, by_ironcalc, differences, sheets_of

from . import pools
from .faults import SPARED
from .harness import batch_differences, built, run

FORMS = form_ids()
SHARDS = 100


class DescribeGeneratedBooks:
    @pytest.mark.parametrize("form_id", FORMS)
    @pytest.mark.parametrize("engine", ENGINES)
    def it_agrees_with_every_engine_on_every_formula(self, engine: str, form_id: str) -> None:
        report = run(form_id, engine, books=18)
        print("\n".join(report.lines(find_form(form_id))))
        assert report.found == []
        assert {rule for (rule, _), count in report.counts.items() if not count} == set()

    @pytest.mark.long
    @pytest.mark.parametrize("shard", range(1, SHARDS + 1))
    @pytest.mark.parametrize("form_id", FORMS)
    @pytest.mark.parametrize("engine", ENGINES)
    def it_agrees_a_hundred_times_wider(self, engine: str, form_id: str, shard: int) -> None:
        """Each shard is a run as long as CI's, over other books; ``-k "LibreOffice and 17"`` runs one."""
        report = run(form_id, engine, least=200, seed=shard)
        print("\n".join(report.lines(find_form(form_id))))
        assert report.found == []


_LETTERS = "≥≤=><≧≦＞＝％%‰0123456789.,，-－ \u3000次元天年月日以上内下优不低于大小达到户()/+*?~"
_PIECES = st.sampled_from([*_LETTERS, "以上", "以内", "大于等于", "1,234"])
_TARGET = st.lists(_PIECES, max_size=9).map("".join)
_TEXT = st.text(st.characters(max_codepoint=0xFFFF, exclude_categories=("Cs", "Cc", "Cn", "Co")), max_size=12)


def _book(texts: list[str], targets: list[str]) -> Book:
    record = SheetRecord("project", 1, {"name": texts[0], "goals": texts[1], "purpose": texts[2]})
    record.rows["indicators"] = [
        Row(block, 0, {"indicator": texts[3 + block], "description": "说明", "value": target, "basis": "依据"})
        for block, target in enumerate(targets)
    ]
    return Book(sheets=[record])


class DescribeAnyText:
    @settings(max_examples=25, deadline=None, derandomize=True, suppress_health_check=list(HealthCheck))
    @given(st.lists(_TEXT, min_size=12, max_size=12), st.lists(_TARGET, min_size=9, max_size=9))
    def it_reads_every_target_value_alike(self, texts: list[str], targets: list[str]) -> None:
        form = find_form("hebei-2023")
        plan = plan_of(form, projects=1, lead=False, slots={"indicators": 1})
        content = built(form, plan, _book(texts, targets))
        for engine in (by_ironcalc, by_cellrune):
            (calculated,) = engine([content])
            assert list(differences(content, calculated)) == []


def _typed(number: float) -> float:
    """A number as Excel keeps what is typed: 15 digits (beyond, engines differ: see FAULTS)."""
    return float(f"{number:.15g}")


_DIGITS = st.integers(-(10**17), 10**17).flatmap(lambda whole: st.integers(0, 16).map(lambda places: whole / 10**places))
_ANY: st.SearchStrategy[Raw] = st.one_of(
    st.sampled_from([*pools.BLANKS, *pools.BROKEN, *pools.MONEY, *pools.PERCENTS, *pools.NUMBERS]),
    _DIGITS.map(_typed),
    st.floats(-1e9, 1e9).map(_typed),
    st.floats(0, 1).map(_typed),
    st.dates(date(1900, 3, 1), date(2100, 1, 1)).map(lambda day: float((day - date(1899, 12, 30)).days)),
    _TEXT,
    _TARGET,
)


class DescribeAnyValue:
    @pytest.mark.parametrize("form_id", FORMS)
    @settings(max_examples=12, deadline=None, derandomize=True, phases=[Phase.generate], suppress_health_check=list(HealthCheck))
    @given(st.data())
    def it_judges_alike_whatever_a_cell_holds(self, form_id: str, data: st.DataObject) -> None:
        form = find_form(form_id)
        plan = plan_of(form, projects=1, slots=dict.fromkeys(form.groups, 1))
        spared = _ANY.filter(lambda raw: not SPARED["IronCalc"](raw))
        book = Book()
        for name in form.cover:
            book.cover.raws[name] = data.draw(spared)
        for sheet in form.sheets.values():
            record = SheetRecord(sheet.id)
            book.sheets.append(record)
            record.raws = {each.name: data.draw(spared) for each in form.entry_fields(sheet.id) if not each.group}
            for name in sheet.groups:
                blocks = range(len(form.groups[name].blocks))
                rows = [Row(block, 0, {each: data.draw(spared) for each in form.groups[name].fields}) for block in blocks]
                record.rows[name] = [row for row in rows if row.begun]
        content = built(form, plan, book)
        for engine in (by_ironcalc, by_cellrune):
            (calculated,) = engine([content])
            assert list(differences(content, calculated)) == []
        assert list(batch_differences(form, book)) == []


LONGEST = 32_767


def _long(count: int) -> Book:
    """Texts as long as a cell holds, in fields that no computed field joins."""
    longest = "字" * LONGEST
    found = Book(sheets=[SheetRecord("project", at + 1, {"code": longest, "goals": longest}) for at in range(count)])
    values = [piece * (LONGEST // len(piece)) for piece in ("9", "以上", "（含）", " ", "，", "字")]
    values.append("≥90%" + "字" * (LONGEST - 4))
    found.sheets[0].rows["indicators"] = [
        Row(block, 0, {"indicator": longest, "description": longest, "value": value, "basis": longest})
        for block, value in enumerate(values)
    ]
    return found


class DescribeTheLongestTexts:
    @pytest.mark.parametrize("engine", ENGINES)
    def it_agrees_on_texts_that_fill_their_cells(self, engine: str) -> None:
        form = find_form("hebei-2023")
        content = built(form, plan_of(form, projects=2, lead=False, slots={"indicators": 1}), _long(2))
        (calculated,) = ENGINES[engine]([content])
        assert list(differences(content, calculated)) == []

    def it_caches_no_text_longer_than_a_cell_holds(self) -> None:
        form = find_form("hebei-2023")
        book = Book(sheets=[SheetRecord("project", 1, {"name": "字" * LONGEST, "purpose": "字" * LONGEST})])
        cells = sheets_of(built(form, plan_of(form, projects=1, lead=False), book))
        cached = [value for sheet in cells.values() for value in sheet.values.values() if isinstance(value, str)]
        assert max(map(len, cached)) == LONGEST
        assert (cells["项目01"].values.get((0, 0)), cells["项目01"].values.get((4, 1))) == ("", "")


class DescribeEmoji:
    @pytest.mark.parametrize("engine", ENGINES)
    def it_agrees_wherever_no_count_of_them_decides(self, engine: str) -> None:
        form = find_form("hebei-2023")
        goals = "😀按时保质保量完成道路修建任务。"
        book = Book(sheets=[SheetRecord("project", 1, {"name": "😀修路", "purpose": "修😀路", "goals": goals})])
        values = ("≥90%😀", "😀≥90%", "😀", "5😀", "≥😀", "≤😀5", "😀完成", "≥1,😀", "*😀")
        book.sheets[0].rows["indicators"] = [
            Row(block, 0, {"indicator": f"😀指标{block % 7}", "description": "😀", "value": value, "basis": " 😀 字"})
            for block, value in enumerate(values)
        ]
        content = built(form, plan_of(form, projects=1, lead=False, slots={"indicators": 1}), book)
        (calculated,) = ENGINES[engine]([content])
        assert list(differences(content, calculated)) == []


REGRESSIONS = {
    "OR that stops early hid an ill-typed value (IronCalc)": ["≥90%", True],
    "a number alone was measured 15 long": ["5", "00012"],
    "a text that reads like an error value": ["#N/A", "#DIV/0!"],
    "outer blanks in a computed field": [" 前后 ", "\u3000全角\u3000"],
}


class DescribeRegressions:
    @pytest.mark.parametrize("name", REGRESSIONS)
    def it_stays_mended(self, name: str) -> None:
        form = find_form("hebei-2023")
        plan = plan_of(form, projects=1, lead=False, slots={"indicators": 1})
        one, other = REGRESSIONS[name]
        book = Book(sheets=[SheetRecord("project", 1, {"name": one, "purpose": other, "goals": other})])
        book.sheets[0].rows["indicators"] = [
            Row(0, 0, {"indicator": one, "description": other, "value": one, "basis": other}),
            Row(3, 0, {"indicator": other, "description": one, "value": other, "basis": one}),
        ]
        content = built(form, plan, book)
        for engine in (by_ironcalc, by_cellrune):
            (calculated,) = engine([content])
            assert list(differences(content, calculated)) == []

    def it_tells_a_dotted_capital_i_from_two_small_characters(self) -> None:
        form = find_form("hebei-2023")
        book = Book(sheets=[SheetRecord("project", 1, {"name": "项目"})])
        book.sheets[0].rows["indicators"] = [
            Row(block, 0, {"indicator": name, "description": "说明", "value": "≥90%", "basis": "依据"})
            for block, name in enumerate(("\u0130", "i\u0307"))
        ]
        content = built(form, plan_of(form, projects=1, lead=False, slots={"indicators": 1}), book)
        (calculated,) = by_ironcalc([content])
        assert list(differences(content, calculated)) == []
