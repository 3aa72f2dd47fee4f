"""指标值: one spelling, then operator, number, unit and kind; for Excel and for Python.

``大于等于90％`` reads as ``≥90%``: operator ``≥``, number 90, unit ``%``, kind
``number``.  Both sides apply the same replacements in the same order, so they
cannot drift apart.  The Excel side follows the formula on which LibreOffice,
CellRune and IronCalc agree (PITFALLS, "Finding the number in ≥90%").

Kinds: ``number`` (operator, number, unit; any but the number may be missing),
``period`` (a date or a span of time), ``malformed`` (an operator or digits that
make no number), ``words`` (all else), ``""`` (blank).
"""

from __future__ import annotations

import re
from functools import lru_cache
from typing import Final, NamedTuple

from .values import BLANKS, left, length, mid, squash

__all__ = ["OPERATORS", "PARTS", "REPLACEMENTS", "Target", "normal_form", "part_formulas", "read_target", "spelling", "target_of"]

OPERATORS: Final = "≥≤=><"

REPLACEMENTS: Final[tuple[tuple[str, str], ...]] = (
    *((chr(0xFF10 + digit), str(digit)) for digit in range(10)),
    ("％", "%"),
    ("．", "."),
    ("，", ","),
    ("－", "-"),
    ("＝", "="),
    ("═", "="),
    ("＞", ">"),
    ("＜", "<"),
    ("≧", "≥"),
    ("≦", "≤"),
    (">=", "≥"),
    ("=>", "≥"),
    ("<=", "≤"),
    ("=<", "≤"),
    ("大于或等于", "≥"),
    ("大于等于", "≥"),
    ("不低于", "≥"),
    ("不少于", "≥"),
    ("不小于", "≥"),
    ("小于或等于", "≤"),
    ("小于等于", "≤"),
    ("不高于", "≤"),
    ("不超过", "≤"),
    ("不多于", "≤"),
    ("不大于", "≤"),
    ("大于", ">"),
    ("小于", "<"),
    ("等于", "="),
    ("至少", "≥"),
    ("最少", "≥"),
    ("至多", "≤"),
    ("最多", "≤"),
    ("超过", ">"),
    ("高于", ">"),
    ("多于", ">"),
    ("低于", "<"),
    ("少于", "<"),
    ("不足", "<"),
    ("达到", ""),
    ("（含）", ""),
    ("(含)", ""),
    ("（%）", "%"),
    ("(%)", "%"),
    ("及以上", "以上"),
    ("含以上", "以上"),
    ("及以下", "以下"),
    ("。", ""),
    ("；", ";"),
)
"""Spellings and what they become, in this order, after all blanks are gone."""

_DIGITS = "0123456789"
_NO_NUMBER = "%‰.,+*?xX×"
_IN_A_PERIOD = _DIGITS + ".-/~—至年月日底前末初内以上中下旬每当全第季度一二三四"
_IN_A_DATE = ".-/"
_GO_ON = "0123456789.,"
_SPAN = "-~—"
_MIXED = "≥≤=><;、+" + _SPAN
_WIDEST = 99
_LONGEST_NUMBER = 15
PARTS: Final = ("form", "op", "rest", "size", "number", "unit", "kind")
"""The helper cells of one 指标值, in the order in which they build on each other."""


class Target(NamedTuple):
    """A target value taken apart; ``number`` is 0 where there is none.

    ``rest`` is what follows operator and sign, ``size`` the length of its number.
    """

    form: str
    op: str
    number: float
    unit: str
    kind: str
    rest: str = ""
    size: int = 0


_REPLACED = re.compile("|".join(re.escape(old) for old, _ in REPLACEMENTS))


def spelling(text: str) -> str:
    """Blanks removed and every spelling replaced by its standard one."""
    found = squash(text)
    if not _REPLACED.search(found):
        return found
    for old, new in REPLACEMENTS:
        if old in found:
            found = found.replace(old, new)
    return found


def normal_form(spelled: str) -> str:
    """``90%以上`` becomes ``≥90%``, ``3天以内`` becomes ``≤3天``."""
    ending = spelled[-2:]
    if ending == "以上":
        front = left(spelled, length(spelled) - 2)
        return front if left(spelled, 1) == "≥" else "≥" + front
    if ending in ("以下", "以内"):
        front = left(spelled, length(spelled) - 2)
        return front if left(spelled, 1) == "≤" else "≤" + front
    return spelled


_WRITTEN = re.compile(r"([^0-9]{0,12})([0-9]{1,9}(?:\.[0-9]{1,5})?)([^0-9]{0,20})")
"""What stands before a short number, the number, what stands after it."""


def target_of(text: str) -> Target:
    """A value as it was typed, in its normal form and taken apart."""
    written = _WRITTEN.fullmatch(text)
    if written:
        before, digits, after = written.groups()
        around = _around(before, after)
        if around is not None and (around[0] or "." not in digits):
            op, sign, unit = around
            number = -float(digits) if sign else float(digits)
            form = f"{op}{sign}{digits}{unit}"
            return tuple.__new__(Target, (form, op, number, unit, "number", digits + unit, len(digits)))
    return read_target(normal_form(spelling(text)))


@lru_cache(maxsize=4096)
def _around(before: str, after: str) -> tuple[str, str, str] | None:
    """Operator, sign and unit around a short number, ``None`` where a closer look is needed.

    No spelling has digits in it, so what becomes of the words depends on no number.
    """
    form = normal_form(spelling(f"{before}1{after}"))
    simple = _SIMPLE.fullmatch(form)
    return (simple[1], simple[2], simple[4] or "") if simple and simple[3] == "1" else None


_NUMBER = re.compile(r"[0-9]+(?:\.[0-9]*)?")
_NEITHER = re.escape(_GO_ON + _IN_A_DATE + _MIXED) + "年月季至"
_SIMPLE = re.compile(
    rf"([{OPERATORS}]?)(-?)([0-9]{{1,9}}(?:\.[0-9]{{1,5}})?)"
    rf"([^{_NEITHER}][^{re.escape(_MIXED)},./年月季]{{0,20}})?"
)
"""Operator, sign, a short number without commas, and a unit of which nothing can be a period or a span."""


@lru_cache(maxsize=4096)
def read_target(form: str) -> Target:
    """Take a normal form (see :func:`normal_form`) apart."""
    simple = _SIMPLE.fullmatch(form)
    if simple:
        op, sign, digits, unit = simple.groups("")
        if op or "." not in digits:
            number = -float(digits) if sign else float(digits)
            # Most new values come this way, and Target(…) takes twice as long.
            return tuple.__new__(Target, (form, op, number, unit, "number", digits + unit, len(digits)))
    return _taken_apart(form)


def _taken_apart(form: str) -> Target:
    if not form:
        return Target("", "", 0.0, "", "")
    op = left(form, 1) if left(form, 1) in OPERATORS else ""
    start = len(op) + 1
    negative = mid(form, start, 1) == "-"
    rest = mid(form, start + negative, _WIDEST)
    bare = rest.replace(",", "")
    match = _NUMBER.match(left(bare, _LONGEST_NUMBER))
    if match is None and op == "" and _is_period(rest):
        return Target(form, op, 0.0, "", "period", rest)
    if match is None:
        bad = op != "" and (rest == "" or left(rest, 1) in _NO_NUMBER)
        return Target(form, op, 0.0, "", "malformed" if bad else "words", rest)
    size = match.end()
    number = float(match.group()) * (-1 if negative else 1)
    unit = mid(bare, size + 1, _WIDEST)
    return Target(form, op, number, unit, _kind(op, rest, bare, size, unit), rest, size)


def _kind(op: str, rest: str, bare: str, size: int, unit: str) -> str:
    if op == "" and _is_period(rest):
        return "period"
    if unit and left(unit, 1) in _GO_ON:
        return "malformed"
    comma = rest.find(",")
    if 0 <= comma <= size and rest != _grouped(bare, size):
        return "malformed"
    return "words" if left(unit, 1) == "至" or any(char in _MIXED for char in unit) else "number"


def _is_period(rest: str) -> bool:
    if rest == "" or any(char not in _IN_A_PERIOD for char in rest):
        return False
    return "年" in rest or "月" in rest or "季" in rest or (len(rest) >= 6 and rest[4] in _IN_A_DATE)


def _grouped(bare: str, size: int) -> str:
    """The number with a comma every three digits, and what follows it."""
    whole = bare[:size].split(".")[0]
    head = len(whole) % 3 or 3
    groups = [whole[:head], *(whole[at : at + 3] for at in range(head, len(whole), 3))]
    return ",".join(groups) + mid(bare, len(whole) + 1, _WIDEST)


# --- the same in Excel ---------------------------------------------------------


def quoted(text: str) -> str:
    """A text literal for an Excel formula."""
    return '"' + text.replace('"', '""') + '"'


def _character(char: str) -> str:
    return f"CHAR({ord(char)})" if char in "\t\r\n" else quoted(char)


def squash_formula(text: str) -> str:
    """Excel text that removes every blank from the expression ``text``."""
    for char in BLANKS:
        text = f'SUBSTITUTE({text},{_character(char)},"")'
    return text


def spaced_formula(text: str) -> str:
    """Excel text with every blank character as a space, the length kept."""
    for char in BLANKS[1:]:
        text = f'SUBSTITUTE({text},{_character(char)}," ")'
    return text


def strip_formula(text: str, spaced: str) -> str:
    """Excel text that removes the outer blanks of a text, as :func:`~.values.strip` does.

    ``spaced`` is the cell with :func:`spaced_formula` of the text.
    """
    trimmed = f"TRIM({spaced})"
    start = f"FIND(LEFT({trimmed},1),{spaced})"
    last = f"RIGHT({trimmed},1)"
    times = f'(LEN({spaced})-LEN(SUBSTITUTE({spaced},{last},"")))/LEN({last})'
    end = f"FIND(CHAR(1),SUBSTITUTE({spaced},{last},CHAR(1),{times}))"
    return f'IF({trimmed}="","",MID({text},{start},{end}-{start}+1))'


def spelling_formula(text: str) -> str:
    """Excel text for :func:`spelling`."""
    text = squash_formula(text)
    for old, new in REPLACEMENTS:
        text = f"SUBSTITUTE({text},{quoted(old)},{quoted(new)})"
    return text


def only_formula(text: str, characters: str) -> str:
    """Excel text: ``text`` consists of these characters only."""
    for char in characters:
        text = f'SUBSTITUTE({text},{quoted(char)},"")'
    return f'({text}="")'


def _starts(text: str, characters: str) -> str:
    return f"ISNUMBER(FIND(LEFT({text},1),{quoted(characters)}))"


def part_formulas(spelled: str, cell: dict[str, str]) -> dict[str, str]:
    """Excel text of every part, given the spelled-out value's address and each part's own.

    ``cell`` maps each name of :data:`PARTS` to the address of its helper cell.
    """
    form, op, rest = cell["form"], cell["op"], cell["rest"]
    bare = f'SUBSTITUTE({rest},",","")'
    size, unit = cell["size"], cell["unit"]
    cut = f"LEFT({spelled},LEN({spelled})-2)"
    first = f"MID({form},LEN({op})+1,1)"
    prefixes = "{" + ",".join(str(count) for count in range(1, _LONGEST_NUMBER + 1)) + "}"
    return {
        "form": f'IF(RIGHT({spelled},2)="以上",IF(LEFT({spelled},1)="≥","","≥")&{cut},'
        f'IF(OR(RIGHT({spelled},2)="以下",RIGHT({spelled},2)="以内"),IF(LEFT({spelled},1)="≤","","≤")&{cut},{spelled}))',
        "op": f'IF({form}="","",IF({_starts(form, OPERATORS)},LEFT({form},1),""))',
        "rest": f'MID({form},LEN({op})+IF({first}="-",2,1),{_WIDEST})',
        "size": f'IF({bare}="",0,IF({_starts(bare, _DIGITS)},'
        f'MIN(LEN({bare}),IFERROR(LOOKUP(9.99E+307,--(LEFT({bare},{prefixes})&"E0"),{prefixes}),0)),0))',
        "number": f'IF({size}=0,0,IF({first}="-",-1,1)*VALUE(LEFT({bare},{size})&"E0"))',
        "unit": f'IF({size}=0,"",MID({bare},{size}+1,{_WIDEST}))',
        "kind": _kind_formula(form, op, rest, bare, size, unit),
    }


def _kind_formula(form: str, op: str, rest: str, bare: str, size: str, unit: str) -> str:
    none = f'IF({op}="","words",IF(OR({rest}="",{_starts(rest, _NO_NUMBER)}),"malformed","words"))'
    dated = (
        f'OR(ISNUMBER(FIND("年",{rest})),ISNUMBER(FIND("月",{rest})),ISNUMBER(FIND("季",{rest})),'
        f"AND(LEN({rest})>=6,{_starts(f'MID({rest},5,1)', _IN_A_DATE)}))"
    )
    period = f'AND({op}="",{only_formula(rest, _IN_A_PERIOD)},{dated})'
    whole = f'(FIND(".",LEFT({bare},{size})&".")-1)'
    ends = f"MID({bare},{whole}+1,{_WIDEST})"

    def grouped(groups: int) -> str:
        parts = [f"LEFT({bare},{whole}-{3 * groups})"]
        parts += [f"MID({bare},{whole}-{3 * group - 1},3)" for group in range(groups, 0, -1)]
        return '&","&'.join(parts) + f"&{ends}"

    sizes = "".join(f"IF({whole}<={3 * (groups + 1)},{grouped(groups)}," for groups in range(4))
    right_commas = f"({sizes}{grouped(4)}))))={rest})"
    comma = f'FIND(",",{rest}&",")-1'
    misplaced = f"IF({rest}={bare},FALSE,IF({comma}>{size},FALSE,NOT({right_commas})))"
    goes_on = f'IF({unit}="",FALSE,{_starts(unit, _GO_ON)})'
    mixed = ",".join(quoted(char) for char in _MIXED)
    mixed_at = f"MIN(FIND({{{mixed}}},{unit}&{quoted(_MIXED)}))"
    span = f'OR(LEFT({unit},1)="至",{mixed_at}<=LEN({unit}))'
    return (
        f'IF({form}="","",IF({period},"period",IF({size}=0,{none},IF({goes_on},"malformed",'
        f'IF({misplaced},"malformed",IF({span},"words","number"))))))'
    )
