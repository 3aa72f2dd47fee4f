"""Read the rules of a form: which names a formula may use where, and every check."""

from __future__ import annotations

import re
from collections.abc import Mapping

from ..errors import PerfxlError
from ..rules.analyse import Expression, Role, Symbol, analyse_rule, analyse_shown
from ..rules.functions import Kind
from .judges import JUDGES
from .model import COVER, Check, CrossRule, Field, Form, JudgeRule, MessagePart, RosterRule, Rule, Scope, Severity, Shown
from .toml import Table

__all__ = ["RuleReader", "scope_of"]

_LONGEST_LITERAL = 255
_RULE_ID = re.compile(r"[A-Z][0-9]{2}\Z")
_IT = re.compile(r'"(?:[^"]|"")*"|\bIT\b')
_COLUMN = re.compile(r"[a-z_]+\Z")
_PLACEHOLDER = re.compile(r"\{([^{}]*)\}")
_NAMES_OF_TYPES = ("text", "long", "code", "target", "money", "percent", "number", "choice")


def _symbol(field: Field, role: Role, repeated: bool) -> Symbol:
    kind = Kind.TEXT if field.type is None else field.type.kind
    return Symbol(name=field.name, role=role, kind=kind, target=field.type_name == "target", repeated=repeated)


def scope_of(form: Form, sheet: str, group: str, *, blocks: bool = False) -> dict[str, Symbol]:
    """The names that a formula on ``sheet`` (in a row of ``group``, if given) may use.

    Fields of its own sheet, of the cover and of sheets that do not repeat;
    columns of groups; ``level1``, ``level2``, ``required`` in rows and groups.
    """
    found: dict[str, Symbol] = {}
    for field in form.fields.values():
        if not field.is_entry or field.type is None:
            continue
        elsewhere = field.sheet != sheet
        if elsewhere and field.sheet != COVER and form.sheets[field.sheet].repeats:
            continue
        if not field.group:
            repeats = field.sheet != COVER and form.sheets[field.sheet].repeats
            found[field.name] = _symbol(field, Role.FIELD, repeats)
        elif not elsewhere:
            own = field.group == group and not blocks
            found[field.name] = _symbol(field, Role.FIELD if own else Role.COLUMN, own)
    if group and form.groups[group].blocks[0].level2:
        for name, kind in (("level1", Kind.TEXT), ("level2", Kind.TEXT), ("required", Kind.TRUTH)):
            found[name] = Symbol(name=name, role=Role.CONSTANT, kind=kind)
    for name in form.lists:
        found[name] = Symbol(name=name, role=Role.LIST)
    for name, each in form.groups.items():
        if each.sheet == sheet:
            found[name] = Symbol(name=name, role=Role.GROUP)
    for name, each_sheet in form.sheets.items():
        if each_sheet.repeats:
            found[name] = Symbol(name=name, role=Role.SHEET)
    return found


class RuleReader:
    """Reads ``[types]`` and ``[[rule]]``; the results are ``rules`` and ``checks``."""

    def __init__(self, form: Form, top: Table) -> None:
        self.form = form
        self.file = top.file
        self.rules: dict[str, Rule] = {}
        self.checks: list[Check] = []
        self.cross: list[CrossRule] = []
        self.judges: list[JudgeRule] = []
        self.roster: list[RosterRule] = []
        declared = top.tables("rule")
        self._types(top)
        faults: list[PerfxlError] = []
        for table in declared:
            try:
                self._rule(table)
            except PerfxlError as fault:
                faults.append(fault)
        if faults:
            raise PerfxlError.all_of(faults)

    def _types(self, top: Table) -> None:
        types = top.table("types")
        for type_name in types.names():
            if type_name not in _NAMES_OF_TYPES:
                raise types.fault("F03", type_name, key=type_name, known="、".join(_NAMES_OF_TYPES))
            table = types.table(type_name)
            rule = self._rule_id(table, table.text("rule"))
            if "title" in table:
                self.rules[rule] = Rule(id=rule, title=table.text("title"), scope="sheet")
            message = table.text("message")
            for field in self.form.fields.values():
                if field.type_name == type_name:
                    scope = Scope.ROW if field.group else Scope.SHEET
                    self._add(table, rule, Severity.ERROR, scope, field, None, message)
            table.done()
        for field in self.form.fields.values():
            if field.is_entry and field.type_name not in types:
                raise types.fault("F04", field.type_name, key=types.place(field.type_name), expected=field.type_name)

    def _rule_id(self, table: Table, rule: str) -> str:
        if not _RULE_ID.match(rule):
            raise table.fault("F13", "id", rule=rule)
        return rule

    def _rule(self, table: Table) -> None:
        rule = self._rule_id(table, table.text("id"))
        severity = table.text("severity")
        if severity == "note":
            self._roster(table, rule)
            return
        if severity not in ("error", "hint"):
            raise table.wrong("severity", "error 或 hint；关于名册的规则为 note")
        if "sql" in table:
            self._cross(table, rule, Severity(severity))
            return
        if "python" in table:
            self._judge(table, rule, Severity(severity))
            return
        fields = self._places(table)
        scope = self._scope(table, fields[0])
        title = table.text("title", "")
        if title and rule in self.rules and self.rules[rule].title != title:
            raise table.fault("F14", "id", what="规则编号", name=f"{rule}（已用于：{self.rules[rule].title}）")
        if title or rule not in self.rules:
            self.rules[rule] = Rule(id=rule, title=title or table.text("title"), scope=scope.value)
        formula, message = table.text("formula"), table.text("message")
        for field in fields:
            self._add(table, rule, Severity(severity), scope, field, formula, message)
        table.done()

    def _cross(self, table: Table, rule: str, severity: Severity) -> None:
        """A rule across submissions (scope = "cross"): SQL instead of a formula."""
        if table.text("scope") != "cross":
            raise table.wrong("scope", "cross（规则以 sql 写成）")
        field = table.text("at", "")
        if field and field not in self.form.fields:
            raise table.wrong("at", "字段名：" + "、".join(self.form.fields))
        message = self._sql_message(table, rule, "cross")
        sql, place = table.text("sql"), table.place("sql")
        self.cross.append(CrossRule(id=rule, severity=severity, field=field, sql=sql, message=message, place=place))
        table.done()

    def _roster(self, table: Table, rule: str) -> None:
        """A rule about the units of the roster (scope = "roster", severity = "note")."""
        if table.text("scope") != "roster":
            raise table.wrong("scope", "roster（severity 为 note 时）")
        message = self._sql_message(table, rule, "roster")
        self.roster.append(RosterRule(id=rule, sql=table.text("sql"), message=message, place=table.place("sql")))
        table.done()

    def _sql_message(self, table: Table, rule: str, scope: str) -> str:
        """The message of a rule written in SQL; the rule itself is noted where it is told first."""
        message = table.text("message")
        if not all(_COLUMN.match(name) for name in _PLACEHOLDER.findall(message)):
            raise table.wrong("message", "{列名} 形式的占位")
        title = table.text("title", "")
        if title or rule not in self.rules:
            self.rules[rule] = Rule(id=rule, title=title or table.text("title"), scope=scope, batch_only=True)
        return message

    def _judge(self, table: Table, rule: str, severity: Severity) -> None:
        """A rule that a registered Python check decides, in the batch only."""
        name = table.text("python")
        meant = JUDGES.get(name)
        if meant is None:
            raise table.wrong("python", "、".join(JUDGES) + " 之一")
        (field,) = self._places(table)
        given = table.table("with")
        settings: dict[str, str | float] = {}
        for key, kind in meant.settings.items():
            settings[key] = given.text(key) if kind is str else given.number(key)
            if kind is str and settings[key] not in self.form.fields:
                raise given.wrong(key, "已定义的字段名")
        given.done()
        message = table.text("message")
        unknown = set(_PLACEHOLDER.findall(message)) - meant.places
        if unknown:
            raise table.wrong("message", "只含占位 " + "、".join(sorted(meant.places)))
        self.rules[rule] = Rule(id=rule, title=table.text("title"), scope="book", batch_only=True)
        self.judges.append(
            JudgeRule(id=rule, severity=severity, field=field.name, python=name, settings=settings, message=message)
        )
        table.done()

    def _places(self, table: Table) -> list[Field]:
        names = table.texts("each") if "each" in table else (table.text("at"),)
        key = "each" if "each" in table else "at"
        known = {name: field for name, field in self.form.fields.items() if field.is_entry}
        for name in names:
            if name not in known:
                raise table.wrong(key, "填报字段名：" + "、".join(known))
        if not names:
            raise table.wrong(key, "至少一个字段名")
        return [known[name] for name in names]

    def _scope(self, table: Table, field: Field) -> Scope:
        default = Scope.ROW if field.group else Scope.SHEET
        given = table.text("scope", default.value)
        allowed = (Scope.ROW, Scope.GROUP) if field.group else (Scope.SHEET, Scope.BOOK)
        if given not in [scope.value for scope in allowed]:
            raise table.wrong("scope", " 或 ".join(scope.value for scope in allowed))
        return Scope(given)

    def _add(
        self, table: Table, rule: str, severity: Severity, scope: Scope, field: Field, formula: str | None, message: str
    ) -> None:
        if field.group and formula is not None and self._asked(rule, severity, field):
            # The live count of such a rule adds its checks up, so they must not fail together.
            raise table.fault("F16", "formula", rule=rule, field=field.name)
        names = scope_of(self.form, field.sheet, field.group, blocks=scope is Scope.GROUP)
        key = "message"
        try:
            parts = self._message(message, field, names)
            key = "formula"
            compiled = None if formula is None else analyse_rule(_about(formula, field), names)
        except PerfxlError as fault:
            raise fault.within(file=self.file, place=f"{table.place(key)}（{rule}）") from None
        self.checks.append(
            Check(
                number=len(self.checks),
                rule=rule,
                severity=severity,
                sheet=field.sheet,
                scope=scope,
                group=field.group,
                field=field.name,
                formula=compiled,
                message=parts,
            )
        )

    def _asked(self, rule: str, severity: Severity, field: Field) -> bool:
        return any(
            (check.rule, check.severity, check.field) == (rule, severity, field.name) and check.formula is not None
            for check in self.checks
        )

    def _message(self, message: str, field: Field, names: Mapping[str, Symbol]) -> tuple[MessagePart, ...]:
        message = message.replace("{LABEL}", field.label)
        if not message.strip():
            raise PerfxlError("F05", key="message", expected="不为空的提示", found="空")
        if "{" in _PLACEHOLDER.sub("", message) or "}" in _PLACEHOLDER.sub("", message):
            raise PerfxlError("F05", key="message", expected="成对的花括号", found=message[:30])
        longest = max(len(piece) for piece in _PLACEHOLDER.split(message)[::2])
        if longest > _LONGEST_LITERAL:
            raise PerfxlError("F11", what="提示中的文字", length=longest, limit=_LONGEST_LITERAL)
        parts: list[MessagePart] = []
        for number, piece in enumerate(_PLACEHOLDER.split(message)):
            if number % 2 == 0:
                parts.append(piece)
            elif piece == "SHOWN":
                parts.append(Shown())
            else:
                parts.append(self._figure(piece, field, names))
        return tuple(part for part in parts if part != "")

    def _figure(self, source: str, field: Field, names: Mapping[str, Symbol]) -> Expression:
        return analyse_shown(_about(source, field), names)


def _about(formula: str, field: Field) -> str:
    """The formula with IT replaced by the field's name, literals left alone."""
    return _IT.sub(lambda match: field.name if match.group() == "IT" else match.group(), formula)
