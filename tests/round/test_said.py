"""审核说明 counts only while the value that it judges is the one it was written for."""

from __future__ import annotations

import io

import openpyxl
import pytest
from test_reissue import CODES, PART, PLAIN, RING, Round, project, read, returned, unit_book

from perfxl.check import Submission
from perfxl.check.intake import submission_of
from perfxl.consolidate.content import content_of
from perfxl.form.records import RowKey
from perfxl.post.reissue import reissue

GOALS = RowKey("", 0, 7)
SAID = "目标确实只有这一句。"


def hints(found: Submission) -> list[tuple[str, str, bool]]:
    return [(each.rule, each.cell, each.explained) for each in found.findings if each.rule in ("P12", "R05")]


def edited(content: bytes, **cells: object) -> bytes:
    book = openpyxl.load_workbook(io.BytesIO(content))
    for cell, value in cells.items():
        book["项目01"][cell].value = value
    saved = io.BytesIO()
    book.save(saved)
    return saved.getvalue()


def explained(part: Round) -> bytes:
    """A reissued workbook with an explained hint at the goals, its first project."""
    made = unit_book(project(1, CODES[0], goals="修好道路", fiscal=11))
    made.sheets[0].explanations[GOALS] = SAID
    before = read(returned(made, sealed=part is PART), sealed=part is PART)
    assert hints(before) == [("P12", "B8", True)]
    return reissue(before, part).content


@pytest.mark.parametrize("part", [PART, PLAIN])
class DescribeAnExplanation:
    def it_counts_as_long_as_its_value_stays(self, part: Round) -> None:
        found = read(edited(explained(part), E4=12.5), sealed=part is PART)
        assert hints(found) == [("P12", "B8", True)]
        assert found.seal is not None or part is PLAIN

    def it_counts_no_more_once_the_value_has_changed(self, part: Round) -> None:
        found = read(edited(explained(part), B8="修好了路"), sealed=part is PART)
        assert hints(found) == [("P12", "B8", False)]
        [message] = [each.message for each in found.findings if each.rule == "P12"]
        assert message.endswith("（内容改动后尚未重新说明）")
        assert [each.explanation for each in found.findings if each.rule == "P12"] == [SAID]
        assert content_of(found).explanations == ()

    def it_counts_when_it_was_written_anew(self, part: Round) -> None:
        again = edited(explained(part), B8="修好了路", L8="改后的目标仍只有一句。")
        assert hints(read(again, sealed=part is PART)) == [("P12", "B8", True)]

    def it_does_not_count_again_because_it_was_sent_back_once_more(self, part: Round) -> None:
        stale = read(edited(explained(part), B8="修好了路"), sealed=part is PART)
        again = read(reissue(stale, part).content, sealed=part is PART)
        assert hints(again) == [("P12", "B8", False)]
        mended = read(edited(reissue(stale, part).content, B8="修好道路"), sealed=part is PART)
        assert hints(mended) == [("P12", "B8", True)]


def it_is_sealed() -> None:
    book = openpyxl.load_workbook(io.BytesIO(edited(explained(PART), B8="修好了路")))
    for row in book["_perfxl"].iter_rows(max_col=2):
        if row[0].value == "said1":
            row[0].value = row[1].value = None
    saved = io.BytesIO()
    book.save(saved)
    assert "I21" in [each.rule for each in submission_of(saved.getvalue(), "a.xlsx", RING).findings]
