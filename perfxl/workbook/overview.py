"""The sheets that sum up: 封面 (light, links), 校验 (a row per rule and sheet), 填报说明."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from ..form.model import COVER, Check, Form, Rule, Severity
from ..rules.targets import quoted
from .cache import Cache
from .layout import ERRORS_ROW, HINTS_ROW, MESSAGE_ROW, STATUS_ROW, SheetLayout, a1
from .live import LiveSheet
from .package import SheetWriter, accepted
from .status import light_formula, light_text
from .styles import Styles

__all__ = ["CHECKS_TITLE", "COVER_TITLE", "GUIDE_TITLE", "Overview", "SheetLine", "guide_texts"]

COVER_TITLE = "封面"
CHECKS_TITLE = "校验"
GUIDE_TITLE = "填报说明"
PASSED = "本地校验通过"


@dataclass(frozen=True, slots=True, kw_only=True)
class SheetLine:
    """What the summing sheets say of one visible sheet."""

    live: LiveSheet
    cache: Cache
    name: str
    name_cell: str


class Overview:
    """Writes the three sheets of one workbook; ``more`` are further sheets that the cover leads to."""

    def __init__(self, form: Form, styles: Styles, lines: list[SheetLine], more: tuple[str, ...] = ()) -> None:
        self.form = form
        self.styles = styles
        self.lines = lines
        self.more = more

    # --- 封面 --------------------------------------------------------------------

    def cover(self, sheet: SheetWriter, layout: SheetLayout) -> None:
        """The light and the list of sheets, below the cover's own fields."""
        row = layout.rows + 1
        errors, hints = ("+".join(line.live.total(total) for line in self.lines) for total in (ERRORS_ROW, HINTS_ROW))
        counts = [sum(line.cache.total(total) for line in self.lines) for total in (ERRORS_ROW, HINTS_ROW)]
        sheet.set_row(row, 30)
        sheet.write_string(row, 0, "填报状态", self.styles.named("label"))
        light = light_formula(f"({errors})", f"({hints})", PASSED)
        text = light_text(counts[0], counts[1], PASSED)
        sheet.write_formula(row, 1, light, self.styles.named("light"), text)
        cell = a1(row, 1, absolute=True)
        for start, style in (("还有", "E"), ("有", "H"), (PASSED, "ok")):
            options = {
                "type": "formula",
                "criteria": f'=LEFT({cell},{len(start)})="{start}"',
                "format": self.styles.condition(style),
            }
            accepted(sheet.conditional_format(row, 1, row, 1, options), "条件格式")
        self._links(sheet, layout, row + 2)

    def _links(self, sheet: SheetWriter, layout: SheetLayout, row: int) -> None:
        for column, text in ((0, "表"), (1, "项目名称"), (layout.remark, "状态")):
            sheet.write_string(row, column, text, self.styles.named("head"))
        for line in self.lines:
            if line.live.layout.sheet.id == COVER:
                continue
            row += 1
            sheet.set_row(row, 18)
            self._link(sheet, row, 0, line.live.visible_title)
            style = self.styles.named("cell")
            if line.name_cell:
                sheet.write_formula(row, 1, f'IF(ISTEXT({line.name_cell}),{line.name_cell},"")', style, line.name)
            else:
                sheet.write_string(row, 1, "", style)
            sheet.write_formula(row, layout.remark, line.live.total(STATUS_ROW), style, line.cache.status)
        for title in (*self.more, CHECKS_TITLE, GUIDE_TITLE):
            row += 1
            self._link(sheet, row, 0, title)

    def _link(self, sheet: SheetWriter, row: int, column: int, title: str) -> None:
        link = f"internal:'{title}'!A1"
        accepted(sheet.write_url(row, column, link, self.styles.named("link"), title), "链接")

    # --- 校验 --------------------------------------------------------------------

    def checks(self, sheet: SheetWriter) -> None:
        """A row per rule and sheet: number of places, first message, link to the first field."""
        heads = (("表", 12), ("规则", 8), ("级别", 8), ("内容", 44), ("处数", 8), ("第一处的提示", 70), ("定位", 10))
        for column, (text, width) in enumerate(heads):
            sheet.set_column(column, column, width)
            sheet.write_string(0, column, text, self.styles.named("head"))
        row = 1
        for line in self.lines:
            for (rule, _), checks in _by_rule(line.live).items():
                self._check_row(sheet, row, line, rule, checks)
                row += 1
        for batch in (each for each in self.form.rules.values() if each.batch_only):
            self._batch_row(sheet, row, batch)
            row += 1
        sheet.freeze_panes(1, 0)
        sheet.autofilter(0, 0, row - 1, len(heads) - 1)
        for criteria, style in (('=AND(N($E2)>0,$C2="错误")', "E"), ("=N($E2)>0", "H")):
            options = {"type": "formula", "criteria": criteria, "format": self.styles.condition(style)}
            accepted(sheet.conditional_format(1, 0, row - 1, len(heads) - 1, options), "条件格式")
        sheet.set_landscape()
        sheet.set_paper(9)
        sheet.fit_to_pages(1, 0)
        sheet.repeat_rows(0)
        sheet.hide_gridlines(2)

    def _check_row(self, sheet: SheetWriter, row: int, line: SheetLine, rule: str, checks: list[Check]) -> None:
        cell, center = self.styles.named("cell"), self.styles.named("cell_center")
        live, title = line.live, line.live.visible_title
        severity = checks[0].severity
        places = [each for each in live.places() if (each[0].rule, each[0].severity) == (rule, severity)]
        sheet.write_string(row, 0, title, center)
        sheet.write_string(row, 1, rule, center)
        sheet.write_string(row, 2, severity.label, center)
        sheet.write_string(row, 3, self.form.rules[rule].title, cell)
        number = sum(line.cache.count(each) for each in places)
        count = "+".join(live.count(each, outside=True) for each in places)
        sheet.write_formula(row, 4, count, center, number)
        message = line.cache.first_message(checks) if number else ""
        sheet.write_formula(row, 5, _first_message(live, checks, a1(row, 4)), cell, message)
        # Excel alone jumps to a sheet's own names; a row that is asked for follows its cell and serves LibreOffice too.
        area = live.layout.area(checks[0].field)
        column = area.address.rstrip("0123456789")
        link = f'HYPERLINK("#\'{title}\'!{column}"&ROW(\'{title}\'!{area.address}),"查看")'
        sheet.write_formula(row, 6, link, self.styles.named("link"), "查看")

    def _batch_row(self, sheet: SheetWriter, row: int, rule: Rule) -> None:
        """A rule that cannot be judged in the workbook."""
        cell, center = self.styles.named("cell"), self.styles.named("cell_center")
        texts = ("全部", rule.id, self.form.severity_of(rule.id), rule.title, "仅财政端", "收表后由财政端校验", "")
        for column, text in enumerate(texts):
            sheet.write_string(row, column, text, cell if column in (3, 5) else center)

    # --- 填报说明 -----------------------------------------------------------------

    def guide(self, sheet: SheetWriter) -> None:
        """Notes, every entry field with its help, every rule."""
        for column, width in enumerate((16, 22, 10, 84)):
            sheet.set_column(column, column, width)
        sheet.merge_range(0, 0, 0, 3, "填报说明", self.styles.named("title"))
        sheet.set_row(0, 30)
        row = 1
        for note in _notes(self.form):
            accepted(sheet.merge_range(row, 0, row, 3, note, self.styles.named("text")), "说明")
            sheet.set_row(row, 34 if breadth(note) > 124 else 19)
            row += 1
        row = self._table(sheet, row + 1, ("表", "栏目", "必填", "填写要求"), _field_lines(self.form))
        self._table(sheet, row + 1, ("规则", "级别", "何处校验", "要求"), _rule_lines(self.form))
        sheet.set_paper(9)
        sheet.set_landscape()
        sheet.fit_to_pages(1, 0)
        sheet.hide_gridlines(2)

    def _table(self, sheet: SheetWriter, row: int, heads: tuple[str, ...], lines: list[tuple[str, ...]]) -> int:
        for column, text in enumerate(heads):
            sheet.write_string(row, column, text, self.styles.named("head"))
        for line in lines:
            row += 1
            for column, text in enumerate(line):
                style: Any = self.styles.named("cell" if column == 3 else "cell_center")
                sheet.write_string(row, column, text, style)
        return row + 1


def _notes(form: Form) -> list[str]:
    return [f"{number}. {note}" for number, note in enumerate(form.notes, 1)]


def _field_lines(form: Form) -> list[tuple[str, ...]]:
    titles = {COVER: COVER_TITLE, **{each.id: each.title(1) for each in form.sheets.values()}}
    return [
        (titles[field.sheet], field.label, "是" if form.is_required(field.name) else "", field.help)
        for field in form.fields.values()
        if field.is_entry
    ]


def _rule_lines(form: Form) -> list[tuple[str, ...]]:
    return [
        (rule.id, form.severity_of(rule.id), "仅财政端" if rule.batch_only else "", rule.title)
        for rule in form.rules.values()
    ]


def guide_texts(form: Form) -> list[str]:
    """The sentences of 填报说明: notes, what to fill in where, what the rules ask for."""
    lines = (*_field_lines(form), *_rule_lines(form))
    return [text for text in (*_notes(form), *(line[3] for line in lines)) if text]


def breadth(text: str) -> float:
    """Width in characters of the standard font: a Chinese character takes two."""
    return sum(2.0 if ord(char) > 0x2E80 or char in "“”‘’…—≥≤×" else 1.0 for char in text)


def _by_rule(live: LiveSheet) -> dict[tuple[str, Severity], list[Check]]:
    found: dict[tuple[str, Severity], list[Check]] = {}
    for check in live.checks:
        found.setdefault((check.rule, check.severity), []).append(check)
    order = list(live.form.rules)
    return dict(sorted(found.items(), key=lambda item: (order.index(item[0][0]), item[0][1].value)))


def _first_message(live: LiveSheet, checks: list[Check], count: str) -> str:
    """Excel text for the message of the first check that fails; ``count`` tells how often any does."""
    text = '""'
    for check in reversed(checks):
        message = live.header(check, MESSAGE_ROW) if check.has_figures else quoted("".join(map(str, check.message)))
        fails = f"{count}>0" if len(checks) == 1 else live.fails_somewhere(check)
        text = f"IF({fails},{message},{text})"
    # All places explained: nothing is left to say.
    return text if len(checks) == 1 else f'IF({count}>0,{text},"")'
