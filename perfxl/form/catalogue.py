"""A form's rules as people read them: where each runs, its formula, its message."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from ..rules.analyse import Expression
from .model import NOTE, Check, Form, MessagePart, Scope, Shown

__all__ = ["RuleLine", "rule_lines", "rules_markdown"]

_ACROSS = {"cross": "跨单位", "roster": "名册"}
_WHERE = {Scope.BOOK: "全书", Scope.SHEET: "每表", Scope.GROUP: "每组", Scope.ROW: "每行"}


@dataclass(frozen=True, slots=True, kw_only=True)
class RuleLine:
    """One check of a rule: ``runs`` is 填报端和财政端 for live rules, 仅财政端 otherwise.

    ``check`` is the number of the live check, if it is one.
    """

    rule: str
    title: str
    severity: str
    where: str
    runs: str
    at: str
    formula: str
    message: str
    check: int | None = None


def rule_lines(form: Form) -> Iterator[RuleLine]:
    """Every check of every rule, in the form's order."""
    for rule in form.rules.values():
        for check in form.checks:
            if check.rule == rule.id:
                yield _live(form, check)
        for judge in form.judges:
            if judge.id == rule.id:
                settings = "，".join(f"{key} = {value}" for key, value in judge.settings.items())
                how = f"Python：{judge.python}（{settings}）"
                yield _line(form, rule.id, judge.severity.label, judge.field, how, judge.message)
        for cross in form.cross:
            if cross.id == rule.id:
                yield _line(form, rule.id, cross.severity.label, cross.field, "SQL（跨单位）", cross.message)
        for note in form.roster:
            if note.id == rule.id:
                yield _line(form, rule.id, NOTE, "", "SQL（名册）", note.message)


def _live(form: Form, check: Check) -> RuleLine:
    field = form.fields[check.field]
    formula = check.formula.source if check.formula is not None else f"{field.label}的内容符合其类型（{field.type_name}）"
    return RuleLine(
        rule=check.rule,
        title=form.rules[check.rule].title,
        severity=check.severity.label,
        where=_WHERE[check.scope],
        runs="填报端和财政端",
        at=field.label,
        formula=formula,
        message=message_text(check.message),
        check=check.number,
    )


def _line(form: Form, rule: str, severity: str, field: str, formula: str, message: str) -> RuleLine:
    return RuleLine(
        rule=rule,
        title=form.rules[rule].title,
        severity=severity,
        where=_ACROSS.get(form.rules[rule].scope, "全书"),
        runs="仅财政端",
        at=form.fields[field].label if field else "",
        formula=formula,
        message=message,
    )


def message_text(parts: tuple[MessagePart, ...]) -> str:
    """A message with its placeholders as the form's author wrote them."""
    return "".join(_part(part) for part in parts)


def _part(part: MessagePart) -> str:
    if isinstance(part, Expression):
        return "{" + part.source + "}"
    return "{SHOWN}" if isinstance(part, Shown) else part


def rules_markdown(form: Form) -> str:
    """The catalogue as a Markdown page."""
    lines = [f"# {form.title}（{form.id} 第 {form.version} 版）校验规则", ""]
    lines += ["| 规则 | 级别 | 要求 | 位置 | 范围 | 何处校验 | 通过条件 | 提示 |", "|---|---|---|---|---|---|---|---|"]
    for line in rule_lines(form):
        cells = (line.rule, line.severity, line.title, line.at, line.where, line.runs, f"`{line.formula}`", line.message)
        lines.append("| " + " | ".join(cell.replace("|", "\\|").replace("\n", " ") for cell in cells) + " |")
    return "\n".join(lines) + "\n"
