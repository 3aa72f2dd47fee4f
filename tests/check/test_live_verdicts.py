"""The same workbooks recalculated by LibreOffice: every remark, flag and count equals the batch's findings."""

from __future__ import annotations

import re

import pytest

from perfxl.check import Finding, Submission, submission_of
from perfxl.form.model import COVER, Severity
from perfxl.rules.types import Raw
from perfxl.workbook.layout import SheetLayout, plan_of
from perfxl.workbook.write import live_plan
from tests.check.hebei import FORM, Change, changed, workbook
from tests.check.rule_cases import CASES
from tests.engines import libreoffice
from tests.workbook.parts import without_cached_values

pytestmark = pytest.mark.office



def merged(changes: list[Change]) -> list[Change]:
    """As few changes as possible: those that touch different cells go together."""
    found: list[dict[str, Raw]] = []
    for change in changes:
        free = next((each for each in found if not each.keys() & change.keys()), None)
        if free is None:
            found.append(free := {})
        free.update(change)
    return list(found)


BOOKS = {
    **{f"{case.rule}_{number}_broken": case.books()[0] for number, case in enumerate(CASES, 1)},
    **{
        f"within_{number}": changed(change)
        for number, change in enumerate(merged([case.within for case in CASES if case.within and case.projects == 1]), 1)
    },
}
Sheet = list[list[object]]
Calculated = dict[str, dict[str, Sheet]]
Verdict = tuple[dict[int, str], dict[int, str], str, dict[str, int]]
_CELL = re.compile(r"[A-Z]+([0-9]+)\Z")


@pytest.fixture(scope="module")
def recalculated(tmp_path_factory: pytest.TempPathFactory) -> Calculated:
    """All workbooks, without cached values, calculated by one start of LibreOffice."""
    folder = tmp_path_factory.mktemp("live")
    files = []
    for name, book in BOOKS.items():
        path = folder / f"{name}.xlsx"
        path.write_bytes(without_cached_values(workbook(book)))
        files.append(path)
    found = libreoffice.calculate(files, timeout=560)
    return {
        name: {title: sheet["data"] for title, sheet in sheets.items()} for name, sheets in zip(BOOKS, found, strict=True)
    }


def layouts(submission: Submission) -> dict[str, SheetLayout]:
    assert submission.book is not None
    plan = plan_of(FORM, projects=max(1, len(submission.book.of("project"))))
    found = live_plan(FORM, plan).layouts
    return {place.title: found[record.sheet] for record, place in zip(submission.book.all(), submission.places, strict=True)}


def live_findings(submission: Submission, title: str) -> list[Finding]:
    return [each for each in submission.findings if each.sheet == title and not FORM.rules[each.rule].batch_only]


def order(finding: Finding) -> tuple[str, int]:
    numbers = [
        check.number
        for check in FORM.checks
        if (check.rule, check.severity, check.field) == (finding.rule, finding.severity, finding.field)
    ]
    return finding.severity.value, numbers[0]


def prefix(finding: Finding) -> str:
    if finding.severity is Severity.ERROR:
        return "错误："
    return "已说明：" if finding.explained else "提示："


def expected(submission: Submission, title: str, layout: SheetLayout) -> Verdict:
    """What the batch's findings should look like on the sheet: remarks, flags, status, counts by rule."""
    by_row: dict[int, list[Finding]] = {}
    counts: dict[str, int] = {}
    for finding in live_findings(submission, title):
        match = _CELL.match(finding.cell)
        assert match is not None
        by_row.setdefault(int(match.group(1)) - 1, []).append(finding)
        if not finding.explained:
            counts[finding.rule] = counts.get(finding.rule, 0) + 1
    remarks, flags = {}, {}
    for row, found in by_row.items():
        first = min(found, key=order)
        more = f"（另有 {len(found) - 1} 处）" if len(found) > 1 else ""
        remarks[row] = prefix(first) + first.message + more
        flags[row] = "".join(_flag(name, found) * columns for name, columns in layout.flagged(row))
    every = [finding for found in by_row.values() for finding in found]
    errors = sum(each.severity is Severity.ERROR for each in every)
    hints = sum(each.severity is Severity.HINT and not each.explained for each in every)
    status = f"还有 {errors} 处错误、{hints} 处提示待说明" if errors else f"有 {hints} 处提示待说明" if hints else "通过"
    if layout.sheet.repeats and not _begun(submission, title):
        status = "未填写"
    return remarks, flags, status, counts


def _begun(submission: Submission, title: str) -> bool:
    assert submission.book is not None
    return any(
        record.begun and place.title == title
        for record, place in zip(submission.book.all(), submission.places, strict=True)
    )


def _flag(name: str, found: list[Finding]) -> str:
    mine = [each for each in found if each.field == name]
    if any(each.severity is Severity.ERROR for each in mine):
        return "E"
    return ("X" if all(each.explained for each in mine) else "H") if mine else "."


def shown(sheets: dict[str, Sheet], title: str, layout: SheetLayout) -> Verdict:
    """The same from the recalculated cells."""
    sheet = sheets[title]

    def texts(column: int) -> dict[int, str]:
        return {row: str(sheet[row][column]) for row in layout.entries_in_row if column < len(sheet[row]) and sheet[row][column]}

    flags = {row: text for row, text in texts(layout.flags).items() if text.strip(".")}
    counts: dict[str, int] = {}
    for line in sheets["校验"][1:]:
        if line[0] == title and line[4]:
            counts[str(line[1])] = counts.get(str(line[1]), 0) + int(float(str(line[4])))
    return texts(layout.remark), flags, str(sheet[0][layout.remark]), counts


def differences(name: str, sheets: dict[str, Sheet]) -> list[tuple[str, str, Verdict, Verdict]]:
    submission = submission_of(workbook(BOOKS[name]), name)
    found = []
    for title, layout in layouts(submission).items():
        meant, live = expected(submission, title, layout), shown(sheets, title, layout)
        if meant != live:
            found.append((name, title, meant, live))
    return found


class DescribeLiveVerdicts:
    @pytest.mark.parametrize("name", BOOKS)
    def it_equals_the_batch_after_recalculation(self, recalculated: Calculated, name: str) -> None:
        assert differences(name, recalculated[name]) == []

    def it_shows_the_first_message_and_the_light(self, recalculated: Calculated) -> None:
        (name,) = (name for name in BOOKS if name.startswith(f"P01_{len(CASES)}_broken"))
        sheets = recalculated[name]
        light = next(line[1] for line in sheets["封面"] if line[0] == "填报状态")
        assert light == "还有 5 处错误、2 处提示待说明"
        first = {(line[0], line[1]): line[5] for line in sheets["校验"][1:] if line[4]}
        assert first["项目01", "P07"] == "预算数应等于财政资金与其他资金之和（差额 -10.85 万元）"
        assert first["项目01", "P01"] == "项目编码应为 21 位，现为 9 位"

    def it_calculates_the_narrative(self, recalculated: Calculated) -> None:
        name = next(name for name in BOOKS if name.startswith("P12"))
        sheet = recalculated[name]["项目01"]
        assert sheet[4][1] == "预算数10.85万元。其中：财政资金10万元，其他资金0.85万元。主要用于：房屋征收工作。"
        assert sheet[0][0] == "综合办公经费之1绩效目标表"

    def it_covers_every_sheet_kind(self) -> None:
        assert {COVER, *FORM.sheets} == {record.sheet for book in BOOKS.values() for record in book.all()}
