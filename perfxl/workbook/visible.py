"""Write one sheet that staff see: cells, remarks beside them, validation, colours, names, page."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any

from ..form.model import COVER, Form, Mark
from ..form.records import SheetRecord
from ..rules.targets import PARTS
from ..rules.types import CellError, Raw
from . import overview
from .cache import Cache
from .layout import STATUS_ROW, Area, Label, SheetLayout, a1, column_letters
from .live import CellValue, LiveSheet
from .package import ErrorText, Package, SheetWriter, accepted
from .styles import Styles
from .validation import validation_of

__all__ = ["SheetJob", "VisibleSheet", "absolute"]

LINE_HEIGHT = 14.5
_PADDING = 5.0
_TALLEST = 409.0
_WITH_REMARK = 1.6
_SIDE_WIDTHS = {"beside": 30.0, "remark": 54.0, "explanation": 26.0}


@dataclass(slots=True)
class SheetJob:
    """One visible sheet and what is written on it."""

    live: LiveSheet
    record: SheetRecord
    cache: Cache

    @property
    def layout(self) -> SheetLayout:
        """Where things lie."""
        return self.live.layout

    @property
    def title(self) -> str:
        """The visible sheet's name."""
        return self.live.visible_title


def absolute(area: Area) -> str:
    """The absolute address of an area's top left cell."""
    return a1(area.row, area.column, absolute=True)


class VisibleSheet:
    """Writes one sheet that staff see."""

    def __init__(
        self,
        package: Package,
        form: Form,
        styles: Styles,
        job: SheetJob,
        sheet: SheetWriter,
        *,
        hide_unused: bool,
        locked: frozenset[str],
    ) -> None:
        self.package = package
        self.form = form
        self.styles = styles
        self.job = job
        self.layout = job.layout
        self.sheet = sheet
        self.hide_unused = hide_unused
        self.locked = locked

    def write(self) -> None:
        """Write everything that belongs to the sheet."""
        self._widths()
        self._rows()
        for label in self.layout.labels:
            self._area(label.area, label.text, self._label_style(label))
        for name, area in self.layout.singles.items():
            self._single(name, area)
        self._group_rows()
        self._side()
        self._validation()
        self._conditions()
        self._names()
        self._page()

    # --- geometry -----------------------------------------------------------------

    def _widths(self) -> None:
        layout = self.layout
        for column, width in enumerate(layout.sheet.widths):
            self.sheet.set_column(column, column, width)
        for gap in layout.gaps:
            self.sheet.set_column(gap, gap, 1.5)
        if layout.beside is not None:
            self.sheet.set_column(layout.beside, layout.beside, _SIDE_WIDTHS["beside"])
        self.sheet.set_column(layout.remark, layout.remark, _SIDE_WIDTHS["remark"])
        self.sheet.set_column(layout.explanation, layout.explanation, _SIDE_WIDTHS["explanation"])
        self.sheet.set_column(layout.flags, layout.flags, 3, None, {"hidden": True})

    def _rows(self) -> None:
        used = self._used_rows()
        for row in range(self.layout.rows):
            options = {"hidden": True} if self.hide_unused and row not in used else {}
            self.sheet.set_row(row, self._height(row), None, options)

    def _used_rows(self) -> set[int]:
        """All rows but the blank slots; an empty block keeps its first slot."""
        used = set(range(self.layout.rows))
        for name in self.layout.sheet.groups:
            begun = {(row.block, row.slot) for row in self.job.record.rows.get(name, ())}
            for number in range(len(self.form.groups[name].blocks)):
                first, count = self.layout.block_rows(name, number)
                slots = [slot for slot in range(count) if (number, slot) in begun] or [0]
                used -= {first + slot for slot in range(count) if slot not in slots}
        return used

    def _height(self, row: int) -> float:
        names = [*self.layout.entries_in_row.get(row, ()), *self._computed_in(row)]
        # A remark may need a second line.
        lines = _WITH_REMARK if row in self.layout.checks_in_row else 1.0
        for name in names:
            area = self.layout.in_rows.get(name) or self.layout.singles[name]
            text = self._text(name, row)
            room = self._width(area)
            needed = sum(max(1, math.ceil(overview.breadth(line) / max(1.0, room - 2))) for line in text.split("\n"))
            least = 1 if self.hide_unused else self.form.fields[name].lines
            lines = max(lines, needed if text else 1, least)
        if row == 0:
            return 30.0
        return min(_TALLEST, lines * LINE_HEIGHT + _PADDING)

    def _computed_in(self, row: int) -> list[str]:
        return [name for name in self.layout.computed if self.layout.singles[name].row == row]

    def _text(self, name: str, row: int) -> str:
        if name in self.layout.computed:
            return str(self.job.cache.at(row, self.layout.computed[name]))
        raw = self._raw(name, row)
        return raw if isinstance(raw, str) else ""

    def _raw(self, name: str, row: int) -> Raw:
        key = self.layout.keys[row]
        if not key.group:
            return self.job.record.raws.get(name)
        for each in self.job.record.rows.get(key.group, ()):
            if (each.block, each.slot) == (key.block, key.slot):
                return each.raws.get(name)
        return None

    def _width(self, area: Area) -> float:
        if area.column >= self.layout.columns:
            return _SIDE_WIDTHS["beside"]
        return sum(self.layout.sheet.widths[area.column : area.column + area.columns])

    # --- cells ----------------------------------------------------------------------

    def _area(self, area: Area, text: str, style: Any) -> None:
        if area.rows == area.columns == 1:
            self.sheet.write_string(area.row, area.column, text, style)
            return
        last_row, last_column = area.row + area.rows - 1, area.column + area.columns - 1
        accepted(self.sheet.merge_range(area.row, area.column, last_row, last_column, text, style), "合并单元格")

    def _label_style(self, label: Label) -> Any:
        area = label.area
        if area.row == 0:
            return self.styles.named("title")
        whole = area.columns == self.layout.columns
        if whole and label.mark is Mark.LABEL:
            return self.styles.named("section")
        if self._is_line(area.row):
            return self.styles.named("line_right" if area.column else "line")
        return self.styles.named("label")

    def _is_line(self, row: int) -> bool:
        """A line above the table proper: it carries the unit and has no borders."""
        return row == 1 and not self.layout.entries_in_row.get(row)

    def _single(self, name: str, area: Area) -> None:
        field = self.form.fields[name]
        if field.formula is None:
            style = self.styles.entry(field.type_name, field.align, locked=name in self.locked)
            self._area(area, "", style)
            self._value(area.row, area.column, self.job.record.raws.get(name), style)
            return
        if area.row == 0:
            style = self.styles.named("title")
        elif self._is_line(area.row):
            style = self.styles.named("line")
        else:
            style = self.styles.computed(field.align)
        self._area(area, "", style)
        column = self.layout.computed[name]
        self._follow(area.row, area.column, area.row, column, style, self.job.cache.at(area.row, column))

    def _follow(self, row: int, column: int, source: int, block_column: int, style: Any, value: CellValue) -> None:
        """A formula that shows a cell of the calculation block."""
        self.sheet.write_formula(row, column, self.job.live.elsewhere(source, block_column), style, value)

    def _group_rows(self) -> None:
        for name, inside in self.layout.in_rows.items():
            field = self.form.fields[name]
            style = self.styles.entry(field.type_name, field.align, locked=name in self.locked)
            values = {
                self.layout.area(name, row.block, row.slot).row: row.raws.get(name)
                for row in self.job.record.rows.get(field.group, ())
            }
            first, last = self.layout.group_rows(field.group)
            for row in range(first, last + 1):
                self._area(Area(row, inside.column, 1, inside.columns), "", style)
                self._value(row, inside.column, values.get(row), style)

    def _value(self, row: int, column: int, raw: Raw, style: Any) -> None:
        if raw is None:
            self.sheet.write_blank(row, column, None, style)
        elif isinstance(raw, bool):
            self.sheet.write_boolean(row, column, raw, style)
        elif isinstance(raw, str):
            accepted(self.sheet.write_string(row, column, raw, style), "文字")
        elif isinstance(raw, CellError):
            self.sheet.write_formula(row, column, raw.code, style, ErrorText(raw.code))
        else:
            self.sheet.write_number(row, column, raw, style)

    # --- beside the table -------------------------------------------------------------

    def _side(self) -> None:
        layout = self.layout
        top = 1 if layout.rows > 1 else 0
        status = self.job.live.total(STATUS_ROW)
        self.sheet.write_formula(0, layout.remark, status, self.styles.named("light"), self.job.cache.status)
        self.sheet.write_string(top, layout.remark, "校验提示", self.styles.named("side_head"))
        hinted = layout.explained_rows
        if hinted:
            self.sheet.write_string(top, layout.explanation, "审核说明（黄色提示不改时填写）", self.styles.named("side_head"))
        if layout.sheet.id != COVER:
            link = f"internal:'{overview.COVER_TITLE}'!A1"
            accepted(self.sheet.write_url(0, layout.explanation, link, self.styles.named("link"), "返回封面"), "链接")
        for name, area in layout.singles.items():
            if self.form.fields[name].beside:
                text = f"{self.form.fields[name].label}（填在下格）："
                self.sheet.write_string(area.row - 1, area.column, text, self.styles.named("side_label"))
        for row in layout.entries_in_row:
            self._row_side(row, row in hinted)
        marker = f"perfxl|{layout.sheet.id}|{self.job.record.ordinal}"
        self.sheet.write_string(0, layout.flags, marker, self.styles.named("hidden"))

    def _row_side(self, row: int, hinted: bool) -> None:
        layout = self.layout
        cache = self.job.cache
        if row in layout.checks_in_row:
            text = cache.at(row, layout.remark_text)
            self._follow(row, layout.remark, row, layout.remark_text, self.styles.named("remark"), text)
        if hinted:
            note = self.job.record.explanations.get(layout.keys[row], "")
            self._value(row, layout.explanation, note or None, self.styles.named("note"))
        flags = cache.at(row, layout.flag_text, layout.blank_flags(row))
        self._follow(row, layout.flags, row, layout.flag_text, self.styles.named("hidden"), flags)

    # --- validation, conditional formats, names, page ------------------------------------

    def _validation(self) -> None:
        for name, area in (*self.layout.singles.items(), *self.layout.in_rows.items()):
            field = self.form.fields[name]
            if not field.is_entry:
                continue
            first, last = area.row, area.row + area.rows - 1
            if field.group:
                first, last = self.layout.group_rows(field.group)
            options = validation_of(self.form, field, a1(first, area.column))
            end = area.column + area.columns - 1
            accepted(self.sheet.data_validation(first, area.column, last, end, options), "数据验证")

    def _conditions(self) -> None:
        layout = self.layout
        flags = column_letters(layout.flags)
        right = layout.columns - 1 if layout.beside is None else layout.beside
        for flag in "EHX":
            criteria = f'=MID(${flags}1,COLUMN(),1)="{flag}"'
            self._condition(0, 0, layout.rows - 1, right, criteria, flag)
        for name in layout.sheet.fields:
            if self.form.fields[name].type_name == "percent":
                self._fraction(name)
        remark = column_letters(self.layout.remark)
        last_row = self.layout.rows - 1
        for text, style in (("错误", "error_text"), ("提示", "hint_text"), ("已说明", "quiet_text")):
            criteria = f'=LEFT(${remark}2,{len(text)})="{text}"'
            self._condition(1, self.layout.remark, last_row, self.layout.remark, criteria, style)
        for text, style in (("还有", "E"), ("有", "H"), ("通过", "ok"), ("未填", "X")):
            criteria = f'=LEFT(${remark}$1,{len(text)})="{text}"'
            self._condition(0, self.layout.remark, 0, self.layout.remark, criteria, style)

    def _fraction(self, name: str) -> None:
        """A percent that is not whole shows its decimals."""
        area = self.layout.area(name)
        first, last = area.row, area.row + area.rows - 1
        if self.form.fields[name].group:
            first, last = self.layout.group_rows(self.form.fields[name].group)
        cell = a1(first, area.column)
        criteria = f"=ROUND(N({cell})*100,0)<>ROUND(N({cell})*100,6)"
        self._condition(first, area.column, last, area.column + area.columns - 1, criteria, "fraction")

    def _condition(self, first: int, column: int, last: int, end: int, criteria: str, style: str) -> None:
        options = {"type": "formula", "criteria": criteria, "format": self.styles.condition(style)}
        accepted(self.sheet.conditional_format(first, column, last, end, options), "条件格式")

    def _names(self) -> None:
        title = f"'{self.job.title}'"
        names = {"px_id": a1(0, self.layout.flags, absolute=True)}
        for name, area in self.layout.singles.items():
            names[f"f_{name}"] = absolute(area)
        for name, inside in self.layout.in_rows.items():
            first, last = self.layout.group_rows(self.form.fields[name].group)
            begin, end = a1(first, inside.column, absolute=True), a1(last, inside.column, absolute=True)
            names[f"c_{name}"] = f"{begin}:{end}"
        for name in self.layout.sheet.groups:
            for number in range(len(self.form.groups[name].blocks)):
                first, count = self.layout.block_rows(name, number)
                end = a1(first + count - 1, self.layout.gaps[0], absolute=True)
                names[f"g_{name}_{number + 1}"] = f"{a1(first, 0, absolute=True)}:{end}"
        places = {name: f"{title}!{address}" for name, address in names.items()} | self._calculated_names()
        for name, place in places.items():
            accepted(self.package.define_name(f"{title}!{name}", f"={place}"), "名称")

    def _calculated_names(self) -> dict[str, str]:
        """What the add-in shows of the calculation: the normal form and kind of target values, the cover's light."""
        layout, live = self.layout, self.job.live
        found = {}
        for name, start in layout.parts.items():
            field = self.form.fields[name]
            first = last = layout.area(name).row
            if field.group:
                first, last = layout.group_rows(field.group)
            for prefix, part in (("n", "form"), ("k", "kind")):
                column = start + PARTS.index(part)
                found[f"{prefix}_{name}"] = f"{live.elsewhere(first, column)}:{live.elsewhere(last, column).rpartition('!')[2]}"
        if layout.sheet.id == COVER:
            found["px_light"] = f"'{self.job.title}'!{a1(layout.rows + 1, 1, absolute=True)}"
        return found

    def _page(self) -> None:
        sheet, layout = self.sheet, self.layout
        sheet.set_paper(9)
        if layout.sheet.landscape:
            sheet.set_landscape()
        sheet.set_margins(left=0.6, right=0.6, top=0.7, bottom=0.7)
        sheet.center_horizontally()
        sheet.fit_to_pages(1, 0)
        sheet.set_footer("&C第 &P 页 共 &N 页")
        if layout.sheet.id != COVER:
            sheet.print_area(0, 0, layout.rows - 1, layout.columns - 1)
        sheet.hide_gridlines(2)
