"""Load and check a form definition: TOML text -> :class:`~perfxl.form.model.Form`."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import replace

from ..errors import PerfxlError
from ..rules.analyse import Role, analyse_shown
from ..rules.types import FieldType, choice_type, number_type, text_type
from .grid import read_grid
from .model import COVER, Block, Field, Form, Grid, Group, Mark, Renames, Sheet
from .rules import RuleReader, scope_of
from .toml import Table, read_toml

__all__ = ["load_form"]

_NAME = re.compile(r"[a-z][a-z0-9_]*\Z")
_FORM_ID = re.compile(r"[a-z0-9][a-z0-9_-]{0,39}\Z")
_TITLE_LIMIT = 32
_HELP_LIMIT = 255
_LIST_LIMIT = 255
_SHEET_NAME_LIMIT = 31
_FORBIDDEN_IN_SHEET_NAMES = set("[]:*?/\\")
_TYPES = ("text", "long", "code", "target", "money", "percent", "number", "choice", "computed")
_ROLES = ("unit_code", "unit_name", "project_code", "project_name", "budget")
_OWN_SHEETS = ("封面", "校验", "填报说明")
_MOST_SHEETS = 200
_MOST_SLOTS = 500
_MOST_LINES = 25  # Excel's rows are at most 409 points high


def load_form(text: str, file: str) -> Form:
    """Build a form from its TOML text.

    ``file`` is used in messages only.  Raises :class:`PerfxlError` (F…, L…)
    naming file, key, what was found and what was expected.
    """
    return _Loader(read_toml(text, file)).form(text)


class _Loader:
    def __init__(self, top: Table) -> None:
        self.top = top
        self.file = top.file

    def form(self, source: str) -> Form:
        top = self.top
        head = top.table("form")
        lists = self.lists()
        cover = top.table("cover")
        cover_fields = cover.texts("fields")
        cover.done()
        sheets = [self.sheet(table) for table in top.tables("sheet")]
        self.unique("表", [sheet.id for sheet in sheets])
        self.unique("表名", [*_OWN_SHEETS, *(title.lower() for sheet in sheets for title in _titles(sheet))])
        if sum(sheet.repeats for sheet in sheets) != 1:
            raise top.fault("F05", "sheet", key="sheet", expected="恰有一张 repeats = true 的表", found="其他")
        fields = self.fields(cover_fields, sheets, lists)
        groups = self.groups(sheets, fields)
        sheets = [self.finished(sheet, fields, groups) for sheet in sheets]
        form = Form(
            id=self.id(head),
            version=head.integer("version", least=1),
            title=head.text("title"),
            year=head.integer("year", least=2000),
            money_unit=head.text("money_unit", "万元"),
            notes=head.texts("notes", ()),
            roles=self.roles(fields, next(sheet.id for sheet in sheets if sheet.repeats)),
            cover=cover_fields,
            fields=fields,
            groups=groups,
            sheets={sheet.id: sheet for sheet in sheets},
            lists=lists,
            rules={},
            checks=(),
            source=source,
        )
        head.done()
        form = replace(form, fields=self.computed(form))
        reader = RuleReader(form, top)
        form = replace(
            form,
            rules=reader.rules,
            checks=tuple(reader.checks),
            cross=tuple(reader.cross),
            judges=tuple(reader.judges),
            roster=tuple(reader.roster),
            renames=tuple(self.renames(form)),
        )
        top.done()
        return form

    def renames(self, form: Form) -> Iterator[Renames]:
        """``[[migration]]``: what was called otherwise in an older version."""
        levels = {block.level2 for group in form.groups.values() for block in group.blocks}
        known = {"sheets": set(form.sheets), "fields": set(form.fields), "groups": set(form.groups), "levels": levels}
        for table in self.top.tables("migration"):
            since = table.integer("from", least=1)
            if since >= form.version:
                raise table.wrong("from", f"小于本版（{form.version}）的版本号")
            found: dict[str, dict[str, str]] = {}
            for what, names in known.items():
                inner = table.table(what, {})
                found[what] = {old: inner.text(old) for old in inner.names()}
                for old, new in found[what].items():
                    if new not in names:
                        raise inner.wrong(old, "本版中的名称：" + "、".join(sorted(names)))
            table.done()
            yield Renames(since=since, **found)

    def id(self, head: Table) -> str:
        """The form's id: the name of its folder and a part of file names."""
        found = head.text("id")
        if not _FORM_ID.match(found):
            raise head.wrong("id", "小写字母、数字和连字符组成的编号，与文件夹同名")
        return found

    def lists(self) -> dict[str, tuple[str, ...]]:
        if "lists" not in self.top:
            return {}
        table = self.top.table("lists")
        found = {name: table.texts(name) for name in table.names()}
        for name, items in found.items():
            if not items or not all(map(str.strip, items)):
                raise table.wrong(name, "至少一项文字，没有空白项")
        return found

    def unique(self, what: str, names: Iterable[str]) -> None:
        seen: set[str] = set()
        for name in names:
            if name in seen:
                raise PerfxlError("F14", file=self.file, what=what, name=name)
            seen.add(name)

    def name(self, table: Table, key: str, name: str) -> str:
        if not _NAME.match(name) or name in ("it", "level1", "level2", "required"):
            raise table.fault("F05", key, key=key, expected="小写字母开头的英文名称，且不是保留词", found=name)
        return name

    # --- sheets ---------------------------------------------------------------

    def sheet(self, table: Table) -> Sheet:
        sheet_id = self.name(table, "id", table.text("id"))
        try:
            grid = read_grid(table.picture("grid"))
        except PerfxlError as fault:
            raise fault.within(file=self.file, place=table.place("grid")) from None
        widths = table.numbers("widths")
        if len(widths) != grid.columns:
            raise table.fault("F05", "widths", key=table.place("widths"), expected=f"{grid.columns} 个列宽", found=len(widths))
        if not all(1 <= width <= 255 for width in widths):
            raise table.wrong("widths", "1 至 255 之间的列宽")
        repeats = table.truth("repeats")
        name = table.text("name")
        self.sheet_name(table, name, repeats)
        sheet = Sheet(
            id=sheet_id,
            name=name,
            grid=grid,
            widths=widths,
            groups=(),
            fields=(),
            repeats=repeats,
            lead_only=table.truth("lead_only"),
            default_count=table.integer("count", 1, least=1, most=_MOST_SHEETS),
            landscape=table.truth("landscape"),
        )
        table.done()
        return sheet

    def sheet_name(self, table: Table, name: str, repeats: bool) -> None:
        try:
            title = name.format(n=99)
        except (KeyError, IndexError, ValueError):
            title = ""
        bad = not title or len(title) > _SHEET_NAME_LIMIT or set(title) & _FORBIDDEN_IN_SHEET_NAMES
        if bad or title.startswith("_") or (repeats and title == name.format(n=1)):
            expected = "不超过 31 字的表名，重复的表含 {n:02d}，不以下划线开头"
            raise table.fault("F05", "name", key=table.place("name"), expected=expected, found=name)

    def finished(self, sheet: Sheet, fields: dict[str, Field], groups: dict[str, Group]) -> Sheet:
        return replace(
            sheet,
            groups=tuple(name for name, group in groups.items() if group.sheet == sheet.id),
            fields=tuple(name for name, field in fields.items() if field.sheet == sheet.id),
        )

    # --- fields ---------------------------------------------------------------

    def fields(
        self, cover: tuple[str, ...], sheets: list[Sheet], lists: dict[str, tuple[str, ...]]
    ) -> dict[str, Field]:
        sheet_of = dict.fromkeys(cover, COVER)
        uses: dict[str, int] = dict.fromkeys(cover, 1)
        for sheet in sheets:
            for cell in sheet.grid.cells:
                if cell.mark is Mark.FIELD:
                    sheet_of[cell.text] = sheet.id
                    uses[cell.text] = uses.get(cell.text, 0) + 1
        defined: dict[str, Field] = {}
        faults: list[PerfxlError] = []
        known: set[str] = set()
        for name, table in self.top.named("field"):
            known.add(name)
            try:
                self.name(table, name, name)
                field = self.field(name, table, sheet_of, lists)
                if uses.get(name, 0) + bool(field.beside) > 1:
                    count = uses.get(name, 0) + bool(field.beside)
                    raise PerfxlError("F08", file=self.file, place=table.path, field=name, count=count)
                defined[name] = field
            except PerfxlError as fault:
                faults.append(fault)
        faults += [PerfxlError("F10", file=self.file, field=name) for name in sheet_of if name not in known]
        if faults:
            raise PerfxlError.all_of(faults)
        return defined

    def field(
        self, name: str, table: Table, sheet_of: dict[str, str], lists: dict[str, tuple[str, ...]]
    ) -> Field:
        type_name = table.text("type")
        if type_name not in _TYPES:
            raise table.wrong("type", "、".join(_TYPES) + " 之一")
        beside = table.text("beside", "")
        anchor = beside or name
        if anchor not in sheet_of:
            raise PerfxlError("F09", file=self.file, place=table.path, field=anchor)
        options = self.options(table, lists) if type_name == "choice" else ()
        label = table.text("label")
        if not label.strip():
            raise table.wrong("label", "不为空的文字")
        self.limit(table, "label", label, _TITLE_LIMIT, "标签（校验标题）")
        help_text = table.text("help", "")
        self.limit(table, "help", help_text, _HELP_LIMIT, "填写说明（校验提示）")
        align = table.text("align", "")
        if align not in ("", "left", "center", "right"):
            raise table.wrong("align", "left、center 或 right")
        field = Field(
            name=name,
            label=label,
            sheet=sheet_of[anchor],
            type_name=type_name,
            type=self.type(table, type_name, options),
            help=help_text,
            beside=beside,
            lines=table.integer("lines", 1, least=1, most=_MOST_LINES),
            options=options,
            align=align,
        )
        if type_name == "computed":
            table.text("formula")
        table.done()
        return field

    def limit(self, table: Table, key: str, text: str, limit: int, what: str) -> None:
        if len(text) > limit:
            raise table.fault("F11", key, what=what, length=len(text), limit=limit)

    def options(self, table: Table, lists: dict[str, tuple[str, ...]]) -> tuple[str, ...]:
        name = table.text("options")
        if name not in lists:
            raise table.wrong("options", "[lists] 中的清单名")
        options = lists[name]
        inline = ",".join(options)
        if any("," in option for option in options):
            raise table.wrong("options", "各项不含逗号的清单")
        self.limit(table, "options", inline, _LIST_LIMIT, "下拉清单")
        return options

    def type(self, table: Table, name: str, options: tuple[str, ...]) -> FieldType | None:
        if name == "computed":
            return None
        if name == "choice":
            return choice_type(options)
        if name == "money":
            expects = "不小于 0 的数字，至多 6 位小数"
            return number_type("money", minimum=0, maximum=99_999_999, decimals=6, expects=expects)
        if name == "percent":
            return number_type("percent", minimum=0, maximum=1, decimals=None, expects="0% 至 100% 的百分比")
        if name == "number":
            least, most = table.number("minimum", -1e9), table.number("maximum", 1e9)
            if least > most:
                raise table.wrong("minimum", f"不大于 maximum（{most:g}）的数字")
            decimals = table.integer("decimals", 6)
            expects = f"{least:g} 至 {most:g} 的数字"
            return number_type("number", minimum=least, maximum=most, decimals=decimals, expects=expects)
        return text_type(name)

    def computed(self, form: Form) -> dict[str, Field]:
        fields = dict(form.fields)
        for name, table in self.top.named("field"):
            field = fields[name]
            if field.type_name != "computed":
                continue
            scope = scope_of(form, field.sheet, field.group)
            readable = {key: symbol for key, symbol in scope.items() if symbol.role in (Role.FIELD, Role.CONSTANT)}
            try:
                fields[name] = replace(field, formula=analyse_shown(table.text("formula"), readable))
            except PerfxlError as fault:
                raise fault.within(file=self.file, place=table.place("formula")) from None
        return fields

    def roles(self, fields: dict[str, Field], project_sheet: str) -> dict[str, str]:
        table = self.top.table("roles")
        found = {role: table.text(role) for role in _ROLES}
        for role, name in found.items():
            if name not in fields:
                raise table.wrong(role, "已定义的字段名")
            place = COVER if role.startswith("unit") else project_sheet
            if fields[name].sheet != place or fields[name].group or fields[name].type is None:
                raise table.wrong(role, "封面上的填报字段" if place == COVER else "重复的表上、分组之外的填报字段")
            if (role == "budget") != (fields[name].type_name == "money"):
                raise table.wrong(role, "金额（money）字段" if role == "budget" else "文字字段")
        table.done()
        return found

    # --- groups ---------------------------------------------------------------

    def groups(self, sheets: list[Sheet], fields: dict[str, Field]) -> dict[str, Group]:
        found: dict[str, Group] = {}
        rows: list[str] = []
        for name, table in self.top.named("group"):
            self.name(table, name, name)
            members = table.texts("fields")
            for member in members:
                if member not in fields or fields[member].type is None:
                    raise table.wrong("fields", "已定义的填报字段名")
                fields[member] = replace(fields[member], group=name)
            sheet, row = self.row_of(table, name, members, sheets)
            rows.append(f"{sheet.id} 第 {row + 1} 行")
            self.unique("分组所在的行", rows)
            blocks = self.blocks(table, sheet.grid, row)
            found[name] = Group(
                name=name, label=table.text("label"), sheet=sheet.id, row=row, fields=members, blocks=blocks
            )
            table.done()
        return found

    def row_of(self, table: Table, name: str, members: tuple[str, ...], sheets: list[Sheet]) -> tuple[Sheet, int]:
        cells = [
            (cell.text, sheet.id, cell.row)
            for sheet in sheets
            for cell in sheet.grid.cells
            if cell.mark is Mark.FIELD and cell.text in members
        ]
        places = {(sheet, row) for _, sheet, row in cells}
        if len(places) != 1 or {text for text, _, _ in cells} != set(members):
            raise table.fault("F12", "fields", group=name, fields="、".join(members))
        sheet_id, row = places.pop()
        return next(sheet for sheet in sheets if sheet.id == sheet_id), row

    def blocks(self, table: Table, grid: Grid, row: int) -> tuple[Block, ...]:
        slots = table.integer("slots", 1, least=1, most=_MOST_SLOTS)
        if "tree" not in table:
            return (Block(slots=slots),)
        marks = {cell.mark for cell in grid.cells if cell.row == row}
        if not {Mark.LEVEL1, Mark.LEVEL2} <= marks:
            raise table.fault("F05", "tree", key=table.place("tree"), expected="该行含 {level1} 和 {level2}", found="没有")
        required = table.texts("required", ())
        own_slots = table.table("slots_of", {})
        counts = {name: own_slots.integer(name, least=1, most=_MOST_SLOTS) for name in own_slots.names()}
        blocks: list[Block] = []
        for branch in table.tables("tree"):
            level1 = branch.text("level1")
            for level2 in branch.texts("level2"):
                blocks.append(Block(level1=level1, level2=level2, required=level2 in required, slots=counts.get(level2, slots)))
            branch.done()
        self.unique("二级指标", [block.level2 for block in blocks])
        for level2 in (*required, *counts):
            if level2 not in [block.level2 for block in blocks]:
                raise table.wrong("required" if level2 in required else "slots_of", f"指标树中的二级指标名（没有 {level2}）")
        return tuple(blocks)


def _titles(sheet: Sheet) -> list[str]:
    """The names that a sheet's copies may take."""
    return [sheet.title(number) for number in range(1, _MOST_SHEETS + 1)] if sheet.repeats else [sheet.title(1)]
