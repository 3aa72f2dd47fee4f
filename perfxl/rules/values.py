"""Values as Excel sees them: blank, ill-typed, text, number; and its arithmetic.

Rules never see a raw cell.  They see its *read value*: ``""`` when the cell is
blank, a ``str`` without blanks or a ``float`` when it is of its field's type,
and :data:`NA` when it is not.  A rule that reads :data:`NA` is undecided.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from decimal import ROUND_DOWN, ROUND_HALF_UP, Context, Decimal
from itertools import product
from string import ascii_lowercase
from typing import Final

__all__ = [
    "BLANKS",
    "NA",
    "Columns",
    "NotAvailable",
    "ReadValue",
    "Undecided",
    "fold",
    "left",
    "length",
    "mid",
    "plain",
    "right",
    "rounded",
    "squash",
    "strip",
    "unfolded",
]

BLANKS: Final = " \u00a0\u3000\t\r\n"
"""What counts as blank (DEFINITIONS: U+0020, U+00A0, U+3000, tab, CR, LF)."""

_DROP_BLANKS = str.maketrans("", "", BLANKS)


class NotAvailable:
    """The type of :data:`NA`."""

    __slots__ = ()

    def __repr__(self) -> str:
        return "NA"

    def __reduce__(self) -> str:
        return "NA"


NA: Final = NotAvailable()
"""The read value of a cell that fails its own type rule (Excel: #N/A)."""

ReadValue = str | float | NotAvailable
Columns = Sequence[ReadValue]


class Undecided(Exception):  # noqa: N818 - an outcome, not a fault
    """A rule has no outcome: it read an ill-typed value, or Excel would show an error."""


def squash(text: str) -> str:
    """Remove every blank, inside too."""
    # Most texts have no white space at all, which split() tells soonest.
    words = text.split(None, 1)
    if len(words) == 1 and len(words[0]) == len(text):
        return text
    return text.translate(_DROP_BLANKS)


def strip(text: str) -> str:
    """Remove outer blanks: the text as data, inner blanks kept."""
    return text.strip(BLANKS)


def fold(text: str) -> str:
    """The form in which Excel's ``=`` compares texts (it ignores case)."""
    lowered = text.lower()
    # İ alone has a small form of two characters; LibreOffice and IronCalc keep it.
    return lowered if len(lowered) == len(text) else "".join(each if each == "İ" else each.lower() for each in text)


_MOST_UNFOLDED: Final = 512
_SPELLED: Final = {small: (small, small.upper()) for small in ascii_lowercase} | {"k": ("k", "K", "\u212a")}
"""Every character whose small form is an ASCII letter; KELVIN SIGN is one of k."""


def unfolded(folded: str) -> frozenset[str] | None:
    """Every text that :func:`fold` makes ``folded``; ``None`` where they are many, or not plain to tell."""
    spelled = [_SPELLED.get(char, (char,)) for char in folded]
    if any(char not in _SPELLED and not char.lower() == char == char.upper() == char.title() for char in folded):
        return None
    if math.prod(map(len, spelled)) > _MOST_UNFOLDED:
        return None
    return frozenset(map("".join, product(*spelled)))


def length(text: str) -> int:
    """LEN: UTF-16 units, as Excel counts (an emoji is 2)."""
    return len(text) if text.isascii() else len(text.encode("utf-16-le", "surrogatepass")) // 2


def _narrow(text: str) -> bool:
    return text.isascii() or max(text) <= "\uffff"


def left(text: str, count: float) -> str:
    """LEFT(text, count); a negative count is Excel's #VALUE!."""
    if count < 0:
        raise Undecided
    start = text[: int(count)]
    return start if _narrow(start) else mid(text, 1, count)


def right(text: str, count: float) -> str:
    """RIGHT(text, count)."""
    if count < 0:
        raise Undecided
    if count < 1:
        return ""
    end = text[-int(count) :]
    return end if _narrow(end) else mid(text, max(1, length(text) - int(count) + 1), count)


def mid(text: str, start: float, count: float) -> str:
    """MID(text, start, count), start from 1, in UTF-16 units."""
    if start < 1 or count < 0:
        raise Undecided
    begin, end = int(start) - 1, int(start) - 1 + int(count)
    if _narrow(text[:end]):
        return text[begin:end]
    units = text.encode("utf-16-le", "surrogatepass")[2 * begin : 2 * end]
    return units.decode("utf-16-le", "replace")


_FIFTEEN = Context(prec=15, rounding=ROUND_HALF_UP)
_CLEAR_OF_A_TIE = 0.49
_TWELVE_DIGITS = 1e12
_MOST_QUICK = 9
_SCALES = tuple(10.0**places for places in range(_MOST_QUICK + 1))


def rounded(number: float, digits: float) -> float:
    """ROUND(number, digits): half away from zero, on the 15 digits that Excel keeps."""
    if 0 <= digits <= _MOST_QUICK:
        # Up to twelve digits before the cut, only a number near a tie is rounded in
        # another way by Python (half to even, on the exact double).
        places = int(digits)
        scale = _SCALES[places]
        near = round(number, places) if -_TWELVE_DIGITS < number * scale < _TWELVE_DIGITS else math.nan
        if abs(number - near) * scale < _CLEAR_OF_A_TIE:
            return near + 0.0
    if not math.isfinite(number):
        raise Undecided
    kept = _FIFTEEN.create_decimal(repr(number))
    places = int(digits)
    if kept.is_zero() or -kept.as_tuple().exponent <= places:  # type: ignore[operator]
        return float(kept)
    if kept.adjusted() < -places - 1:
        return 0.0
    return float(kept.quantize(Decimal(1).scaleb(-places), rounding=ROUND_HALF_UP))


def floor(number: float) -> float:
    """INT(number)."""
    return float(math.floor(number))


def plain(number: float) -> str:
    """``number & ""``: at most 15 significant digits, no exponent, no trailing zeros."""
    kept = _FIFTEEN.create_decimal(repr(number))
    if kept.is_zero():
        return "0"
    text = format(kept, "f")
    return text.rstrip("0").rstrip(".") if "." in text else text


def truncated(number: Decimal, places: int) -> Decimal:
    """Cut after ``places`` decimals."""
    return number.quantize(Decimal(1).scaleb(-places), rounding=ROUND_DOWN)
