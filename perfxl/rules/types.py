"""Field types: what a raw cell reads as, in Excel and in Python alike.

A raw cell is ``None`` (empty), ``str``, ``float``, ``bool`` or
:class:`CellError`.  Its read value is ``""`` when blank, :data:`~.values.NA`
when it fails its type, else text without blanks or a number.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

from .functions import Kind
from .targets import Target, quoted, spelling_formula, squash_formula, target_of
from .values import NA, ReadValue, fold, left, plain, rounded, squash, strip

__all__ = [
    "CellError", "FieldType", "Raw", "choice_type", "is_blank", "number_type", "shown", "shown_formula", "text_target",
    "text_type",
]  # fmt: skip


@dataclass(frozen=True, slots=True)
class CellError:
    """An Excel error value in a cell, such as #DIV/0!."""

    code: str

    def __str__(self) -> str:
        return self.code


Raw = None | str | float | bool | CellError

_SHOWN_TEXT = 20
_SHOWN_NUMBER = 1e15
_SHOWN_ERROR = "错误值"
_SHOWN_LARGE = "过大的数值"


@dataclass(frozen=True, slots=True, kw_only=True)
class FieldType:
    """How cells of one field are read.

    ``read`` gives the read value of a raw cell; ``excel`` gives Excel text that
    yields the same from the Excel text of the raw cell (#N/A for NA).
    ``plainly`` gives Python text, of a variable with a raw cell, that is true
    only where the cell is its own read value.
    ``expects`` completes "应为…" in messages; ``bounds`` limit numbers.
    """

    name: str
    kind: Kind
    expects: str
    read: Callable[[Raw], ReadValue]
    excel: Callable[[str], str]
    bounds: tuple[float, float] | None = None
    plainly: Callable[[str], str] | None = None


def is_blank(raw: Raw) -> bool:
    """Nothing is left after removing blanks (DEFINITIONS, "Blank")."""
    return raw is None or (isinstance(raw, str) and not strip(raw))


def _read_text(raw: Raw) -> ReadValue:
    if isinstance(raw, str):
        return squash(raw)
    return "" if raw is None else NA


class _Known(dict[str, Target]):
    """Texts that were read as target values; units write the same few thousand."""

    def __missing__(self, text: str) -> Target:
        if len(self) >= _MOST_KNOWN:
            self.clear()
        found = self[text] = target_of(text)
        return found


_MOST_KNOWN: Final = 4_096
KNOWN_TARGETS: Final = _Known()
text_target: Final[Callable[[str], Target]] = KNOWN_TARGETS.__getitem__
"""A text as a target value: its normal form (which is its read value) and the parts of it."""


def _read_target(raw: Raw) -> ReadValue:
    if isinstance(raw, str):
        return text_target(raw).form
    return "" if raw is None else NA


def _text_formula(squashed: str, cell: str) -> str:
    return f'IF(ISTEXT({cell}),{squashed},IF({cell}="","",NA()))'


def text_type(name: str) -> FieldType:
    """Text: ``text``, ``long`` and ``code`` read alike, ``target`` in its normal form."""
    if name == "target":
        return FieldType(
            name=name,
            kind=Kind.TEXT,
            expects="文本（如 ≥90%）",
            read=_read_target,
            excel=lambda cell: _text_formula(spelling_formula(cell), cell),
        )
    return FieldType(
        name=name,
        kind=Kind.TEXT,
        expects="文本",
        read=_read_text,
        excel=lambda cell: _text_formula(squash_formula(cell), cell),
    )


def choice_type(options: tuple[str, ...]) -> FieldType:
    """One of the listed texts, compared without blanks and case."""
    by_fold = {fold(squash(option)): option for option in options}

    def read(raw: Raw) -> ReadValue:
        found = _read_text(raw)
        if found == "" or not isinstance(found, str):
            return found
        return found if fold(found) in by_fold else NA

    def excel(cell: str) -> str:
        items = ",".join(quoted(squash(option)) for option in options)
        squashed = squash_formula(cell)
        listed = f'IF({squashed}="","",IF(SUMPRODUCT(--({squashed}={{{items}}}))>0,{squashed},NA()))'
        return _text_formula(listed, cell)

    expects = "、".join(options) + " 之一"
    return FieldType(name="choice", kind=Kind.TEXT, expects=expects, read=read, excel=excel)


_SHORT: Final = 1e8
_SHORT_DECIMALS: Final = 6
_LARGE: Final = 1000
_FINE: Final = (11, 7)


def number_type(name: str, *, minimum: float, maximum: float, decimals: int | None, expects: str) -> FieldType:
    """A number within bounds and, unless ``decimals`` is None, with no more decimals.

    Bounds are compared at 9 decimals.  The decimals are compared to the 11th
    place below 1 000 and to the 7th above, the most that a double can tell.
    """

    quick = decimals is None or 0 <= decimals <= _SHORT_DECIMALS
    quick = quick and rounded(minimum, 9) == minimum and rounded(maximum, 9) == maximum
    least, most = (max(minimum, -_SHORT), min(maximum, _SHORT)) if quick else (1.0, 0.0)

    def read(raw: Raw) -> ReadValue:
        if raw is None:
            return ""
        if isinstance(raw, float) and least <= raw <= most and (decimals is None or round(raw, decimals) == raw):
            return raw
        if isinstance(raw, bool) or not isinstance(raw, float | int):
            return "" if is_blank(raw) else NA
        value = float(raw)
        if not -1e15 < value < 1e15:
            return NA
        near = rounded(value, 9)
        if near < minimum or near > maximum:
            return NA
        if decimals is not None:
            places = _FINE[0] if abs(value) < _LARGE else _FINE[1]
            if rounded(value - rounded(value, decimals), places) != 0:
                return NA
        return value

    def plainly(raw: str) -> str:
        within = f"{raw}.__class__ is float and {least!r}<={raw}<={most!r}"
        return within if decimals is None else f"{within} and round({raw},{decimals})=={raw}"

    def excel(cell: str) -> str:
        near = f"ROUND({cell},9)"
        tests = [f"{near}>={plain(minimum)}", f"{near}<={plain(maximum)}"]
        if decimals is not None:
            places = f"IF(ABS({cell})<{_LARGE},{_FINE[0]},{_FINE[1]})"
            tests.append(f"ROUND({cell}-ROUND({cell},{decimals}),{places})=0")
        blank = f'IF(ISTEXT({cell}),IF({squash_formula(cell)}="","",NA()),IF({cell}="","",NA()))'
        bounded = f"IF(ABS({cell})<1E+15,IF(AND({','.join(tests)}),{cell},NA()),NA())"
        return f"IF(ISNUMBER({cell}),{bounded},{blank})"

    bounds = (minimum, maximum)
    return FieldType(name=name, kind=Kind.NUMBER, expects=expects, read=read, excel=excel, bounds=bounds, plainly=plainly)


def shown(raw: Raw) -> str:
    """A raw cell as a message names it: at most 20 characters, a number at 6 decimals."""
    if raw is None:
        return ""
    if isinstance(raw, CellError):
        return _SHOWN_ERROR
    if isinstance(raw, bool):
        return "TRUE" if raw else "FALSE"
    if isinstance(raw, str):
        return left(raw, _SHOWN_TEXT)
    return plain(rounded(float(raw), 6)) if abs(raw) < _SHOWN_NUMBER else _SHOWN_LARGE


def shown_formula(cell: str) -> str:
    """Excel text for :func:`shown`."""
    number = f'IF(ABS({cell})<1E+15,ROUND({cell},6)&"",{quoted(_SHOWN_LARGE)})'
    text = f'IF(ISNUMBER({cell}),{number},LEFT({cell}&"",{_SHOWN_TEXT}))'
    return f"IFERROR({text},{quoted(_SHOWN_ERROR)})"
