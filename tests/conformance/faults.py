"""Faults of the engines themselves, one by one, each reproduced without perfxl.

A fault names the engine and version that shows it, a formula over typed cells,
what the engine answers and what it should (Excel's documented answer, which the
engines named in ``agree`` give).  Values that would trip an engine are spared in
its generated books only; the reproductions fail when an upgrade mends a fault.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

from perfxl.rules.types import Raw

from .pools import Spare


@dataclass(frozen=True, kw_only=True)
class Fault:
    """One fault: ``formula`` reads A1, which holds ``typed``, or B1, which holds ``through``."""

    engine: str
    version: str
    what: str
    typed: Raw
    formula: str
    through: str = "A1"
    answers: Raw
    should: Raw
    agree: tuple[str, ...]


FAULTS = (
    Fault(
        engine="LibreOffice",
        version="7.4",
        what="a truth that came through a formula counts as a number",
        typed=True,
        formula="ISNUMBER(B1)",
        through='IF(ISBLANK(A1),"",A1)',
        answers=True,
        should=False,
        agree=("CellRune", "IronCalc"),
    ),
    Fault(
        engine="LibreOffice",
        version="7.4",
        what="LEN counts a character beyond U+FFFF once; Excel counts UTF-16 units",
        typed="😀",
        formula="LEN(A1)",
        answers=1.0,
        should=2.0,
        agree=("CellRune",),
    ),
    Fault(
        engine="IronCalc",
        version="0.9.1",
        what="LEN counts a character beyond U+FFFF once; Excel counts UTF-16 units",
        typed="😀",
        formula="LEN(A1)",
        answers=1.0,
        should=2.0,
        agree=("CellRune",),
    ),
    Fault(
        engine="CellRune",
        version="0.2.0",
        what="SUBSTITUTE replaces a whole character beyond U+FFFF where its second half, given by RIGHT, was meant",
        typed="😀",
        formula="FIND(CHAR(1),SUBSTITUTE(A1,RIGHT(A1,1),CHAR(1),1))",
        answers=1.0,
        should=2.0,
        agree=(),
    ),
    Fault(
        engine="CellRune",
        version="0.2.0",
        what="LEFT counts a character beyond U+FFFF once, where its LEN counts two",
        typed="😀以上",
        formula="LEFT(A1,LEN(A1)-2)",
        answers="😀以",
        should="😀",
        agree=("LibreOffice", "IronCalc"),
    ),
    Fault(
        engine="LibreOffice",
        version="7.4",
        what="a tab in a text of several lines is loaded as U+0001",
        typed="a\tb\nc",
        formula="LEN(SUBSTITUTE(A1,CHAR(9),\"\"))",
        answers=5.0,
        should=4.0,
        agree=("CellRune", "IronCalc"),
    ),
    Fault(
        engine="LibreOffice",
        version="7.4",
        what="CR LF in a text is loaded as LF alone",
        typed="a\r\nb",
        formula="LEN(A1)",
        answers=3.0,
        should=4.0,
        agree=("CellRune", "IronCalc"),
    ),
    Fault(
        engine="IronCalc",
        version="0.9.1",
        what="a negative number rounded to 0 is written -0",
        typed=-4e-7,
        formula='ROUND(A1,6)&""',
        answers="-0",
        should="0",
        agree=("LibreOffice", "CellRune"),
    ),
    *(
        Fault(
            engine=engine,
            version=version,
            what="a number halfway between two of 15 digits is cut to the even one before it is rounded away from zero",
            typed=100000000.0078125,
            formula="ROUND(A1,6)",
            answers=100000000.007812,
            should=100000000.007813,
            agree=("LibreOffice",),
        )
        for engine, version in (("CellRune", "0.2.0"), ("IronCalc", "0.9.1"))
    ),
)


def astral(raw: Raw) -> bool:
    """A text with characters beyond U+FFFF."""
    return isinstance(raw, str) and any(char > "\uffff" for char in raw)


def tab_and_line(raw: Raw) -> bool:
    """A text with a tab and a line break, or with a carriage return."""
    return isinstance(raw, str) and (("\t" in raw and "\n" in raw) or "\r" in raw)


def below_zero(raw: Raw) -> bool:
    """A negative number that messages round to 0."""
    return isinstance(raw, float) and -5e-7 < raw <= 0 and math.copysign(1, raw) < 0


SPARED: dict[str, Spare] = {
    "LibreOffice": lambda raw: astral(raw) or tab_and_line(raw) or isinstance(raw, bool),
    "CellRune": astral,
    "IronCalc": lambda raw: astral(raw) or below_zero(raw),
}
