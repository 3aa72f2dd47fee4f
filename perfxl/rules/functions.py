"""The functions that a rule may call, each with its Excel text and its Python body.

``EXCEL_FUNCTIONS`` are Excel's own, limited to what Excel 2010, WPS and
LibreOffice share; ``DOMAIN_FUNCTIONS`` are this field's words.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from enum import Enum
from functools import lru_cache
from operator import mul
from typing import Final

from . import values
from .targets import only_formula, quoted

__all__ = ["FUNCTIONS", "Argument", "Exactness", "Function", "Kind", "check_char"]


class Kind(Enum):
    """What an expression yields."""

    NUMBER = "数值"
    TEXT = "文本"
    TRUTH = "逻辑值"


class Exactness(Enum):
    """How safely a number may be compared: engines differ on unrounded ones."""

    INTEGER = 3
    ROUNDED = 2
    FLOATING = 1


class Argument(Enum):
    """What a function takes at one position."""

    NUMBER = "数值"
    TEXT = "文本"
    TRUTH = "逻辑值"
    LITERAL = "带引号的文字"
    REPLACEMENT = "带引号的文字（可以为空）"
    ANY = "任意值"
    TARGET = "指标值字段名"
    COLUMN = "重复行的字段名"
    REPEATED = "可计次数的字段名"
    GROUP = "分组名"
    SHEET = "表名"
    LIST = "清单名"


@dataclass(frozen=True, slots=True, kw_only=True)
class Function:
    """One callable name.

    ``excel`` and ``python`` turn compiled arguments into code text; they are
    ``None`` for the functions that need an address or the whole record, which
    the compilers treat by name.  ``swallows``: the Excel text hides an error in
    its argument, so the rule needs an explicit guard.
    """

    name: str
    takes: tuple[Argument, ...]
    gives: Kind
    exactness: Exactness = Exactness.INTEGER
    at_least: int | None = None
    repeats: bool = False
    swallows: bool = False
    excel: Callable[[list[str]], str] | None = None
    python: Callable[[list[str]], str] | None = None
    help: str = ""

    @property
    def fewest(self) -> int:
        """The smallest number of arguments."""
        return len(self.takes) if self.at_least is None else self.at_least


_ALPHABET: Final = "0123456789ABCDEFGHJKLMNPQRTUWXY"
_WEIGHTS: Final = tuple(pow(3, place, 31) for place in range(20))
_PLACES: Final = {char: place for place, char in enumerate(_ALPHABET)}


@lru_cache(maxsize=4096)
def check_char(code: str) -> str:
    """The 21st character of a P-family project code; "" unless ``code`` is its first 20.

    s = Σ value(char i)·3^i mod 31 over i = 0…19, check = alphabet[30 − s]
    (alphabet of GB 32100; fitted to every real code at hand, see DOMAIN.md).
    """
    if len(code) != len(_WEIGHTS):
        return ""
    try:
        return _ALPHABET[30 - sum(map(mul, map(_PLACES.__getitem__, code), _WEIGHTS)) % 31]
    except KeyError:
        return ""


def _check_char_excel(arguments: list[str]) -> str:
    text = arguments[0]
    places = "{" + ",".join(str(place) for place in range(1, 21)) + "}"
    weights = "{" + ",".join(str(weight) for weight in _WEIGHTS) + "}"
    alphabet = quoted(_ALPHABET)
    total = f"SUMPRODUCT((FIND(MID({text},{places},1),{alphabet})-1)*{weights})"
    return f'IF(LEN({text})<>20,"",IFERROR(MID({alphabet},31-MOD({total},31),1),""))'


def _call(name: str) -> Callable[[list[str]], str]:
    return lambda arguments: f"{name}({','.join(arguments)})"


def _joined(word: str, otherwise: str) -> Callable[[list[str]], str]:
    return lambda arguments: "(" + (f" {word} ".join(arguments) or otherwise) + ")"


def _contains_excel(arguments: list[str]) -> str:
    text, part = arguments
    return f'(LEN(SUBSTITUTE({text},{part},""))<LEN({text}))'


def _only_excel(arguments: list[str]) -> str:
    return only_formula(arguments[0], arguments[1][1:-1].replace('""', '"'))


_N, _T, _B = Argument.NUMBER, Argument.TEXT, Argument.TRUTH
_FUNCTIONS = (
    Function(name="IF", takes=(_B, Argument.ANY, Argument.ANY), gives=Kind.TEXT, help="条件取值"),
    Function(name="AND", takes=(_B,), gives=Kind.TRUTH, repeats=True, excel=_call("AND"),
             python=_joined("&", "True"), help="全部成立"),
    Function(name="OR", takes=(_B,), gives=Kind.TRUTH, repeats=True, excel=_call("OR"),
             python=_joined("|", "False"), help="至少一项成立"),
    Function(name="NOT", takes=(_B,), gives=Kind.TRUTH, excel=_call("NOT"),
             python=lambda a: f"(not {a[0]})", help="不成立"),
    Function(name="LEN", takes=(_T,), gives=Kind.NUMBER, excel=_call("LEN"), python=_call("length"), help="字符数"),
    Function(name="LEFT", takes=(_T, _N), gives=Kind.TEXT, excel=_call("LEFT"), python=_call("left"), help="左起若干字符"),
    Function(name="RIGHT", takes=(_T, _N), gives=Kind.TEXT, excel=_call("RIGHT"), python=_call("right"), help="右起若干字符"),
    Function(name="MID", takes=(_T, _N, _N), gives=Kind.TEXT, excel=_call("MID"), python=_call("mid"), help="中间若干字符"),
    Function(name="SUBSTITUTE", takes=(_T, Argument.LITERAL, Argument.REPLACEMENT), gives=Kind.TEXT, excel=_call("SUBSTITUTE"),
             python=lambda a: f"{a[0]}.replace({a[1]},{a[2]})", help="替换文字"),
    Function(name="ROUND", takes=(_N, _N), gives=Kind.NUMBER, exactness=Exactness.ROUNDED, excel=_call("ROUND"),
             python=_call("rounded"), help="四舍五入"),
    Function(name="ABS", takes=(_N,), gives=Kind.NUMBER, exactness=Exactness.FLOATING, excel=_call("ABS"),
             python=_call("abs"), help="绝对值"),
    Function(name="INT", takes=(_N,), gives=Kind.NUMBER, excel=_call("INT"), python=_call("floor"), help="取整"),
    Function(name="MIN", takes=(_N,), gives=Kind.NUMBER, exactness=Exactness.FLOATING, repeats=True, excel=_call("MIN"),
             python=lambda a: f"min({','.join(a)},)" if len(a) > 1 else a[0], help="最小值"),
    Function(name="MAX", takes=(_N,), gives=Kind.NUMBER, exactness=Exactness.FLOATING, repeats=True, excel=_call("MAX"),
             python=lambda a: f"max({','.join(a)},)" if len(a) > 1 else a[0], help="最大值"),
    Function(name="BLANK", takes=(Argument.ANY,), gives=Kind.TRUTH, help="为空（空格、全角空格、换行都算空）"),
    Function(name="CONTAINS", takes=(_T, Argument.LITERAL), gives=Kind.TRUTH, excel=_contains_excel,
             python=lambda a: f"({a[1]} in {a[0]})", help="含有某些文字"),
    Function(name="ONLY", takes=(_T, Argument.LITERAL), gives=Kind.TRUTH, excel=_only_excel,
             python=lambda a: f"(not set({a[0]}) - set({a[1]}))", help="只由给定字符组成"),
    Function(name="ONE_OF", takes=(_T, Argument.LIST), gives=Kind.TRUTH, help="等于清单中的某一项"),
    Function(name="CHECK_CHAR", takes=(_T,), gives=Kind.TEXT, swallows=True, excel=_check_char_excel,
             python=_call("check_char"), help="项目编码前 20 位的校验码"),
    Function(name="TARGET_OP", takes=(Argument.TARGET,), gives=Kind.TEXT, help="指标值的符号"),
    Function(name="TARGET_NUMBER", takes=(Argument.TARGET,), gives=Kind.NUMBER, exactness=Exactness.FLOATING,
             help="指标值的数值"),
    Function(name="TARGET_UNIT", takes=(Argument.TARGET,), gives=Kind.TEXT, help="指标值的单位"),
    Function(name="TARGET_KIND", takes=(Argument.TARGET,), gives=Kind.TEXT,
             help="指标值的类别：number、period、words、malformed"),
    Function(name="OCCURS", takes=(Argument.REPEATED,), gives=Kind.NUMBER, help="本值在同列（或各表）出现的次数"),
    Function(name="SUM", takes=(Argument.COLUMN,), gives=Kind.NUMBER, exactness=Exactness.FLOATING, help="一列之和"),
    Function(name="BEGUN", takes=(Argument.GROUP,), gives=Kind.NUMBER, help="已填写的行数"),
    Function(name="SHEETS", takes=(Argument.SHEET,), gives=Kind.NUMBER, help="已填写的表数"),
)  # fmt: skip
FUNCTIONS: Final[Mapping[str, Function]] = {function.name: function for function in _FUNCTIONS}

PYTHON_NAMES: Final[Mapping[str, object]] = {
    "length": values.length,
    "left": values.left,
    "right": values.right,
    "mid": values.mid,
    "rounded": values.rounded,
    "floor": values.floor,
    "plain": values.plain,
    "fold": values.fold,
    "check_char": check_char,
}
"""What compiled Python code may call."""
