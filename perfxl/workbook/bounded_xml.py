"""XML of a returned file: no document types, no entities, no endless tokens, a bounded number of elements."""

from __future__ import annotations

from collections.abc import Callable
from xml.parsers import expat

from .archive import Refusal

__all__ = ["Budget", "elements", "local_name", "parse"]

MOST_ELEMENTS = 900_000
MOST_CELLS = 300_000
MOST_DEPTH = 64
_MOST_TOKEN = 800_000
_MOST_SIGNS = 800_000
_STEP = 1 << 16

Start = Callable[[str, dict[str, str]], None]
End = Callable[[str], None]
Data = Callable[[str], None]


class Budget:
    """What may still be read of one file: inflated bytes, elements and cells."""

    __slots__ = ("bytes", "cells", "elements")

    def __init__(self, most_bytes: int) -> None:
        self.bytes = most_bytes
        self.elements = MOST_ELEMENTS
        self.cells = MOST_CELLS

    def take_cells(self, count: int) -> None:
        """Count cells; I10 when there are too many."""
        self.cells -= count
        if self.cells < 0:
            raise Refusal("I10", reason=f"超过 {MOST_CELLS} 个单元格")


def local_name(name: str) -> str:
    """The name of an element or attribute without its prefix."""
    return name.rpartition(":")[2]


def parse(content: bytes, part: str, budget: Budget, start: Start, end: End, data: Data) -> None:
    """Feed a part to expat, prefixes kept; I05 where it is no XML, I10 beyond the bounds.

    Namespaces are not resolved: a long URI on many elements would take hours.
    """
    if content.count(b"=") > _MOST_SIGNS:
        raise Refusal("I10", reason=f"{part} 的属性过多")
    parser = expat.ParserCreate()
    depth = 0

    def refuse(*_: object) -> None:
        raise Refusal("I05", reason="内含 XML 实体定义")

    def opened(name: str, attributes: dict[str, str]) -> None:
        nonlocal depth
        depth += 1
        budget.elements -= 1
        if budget.elements < 0 or depth > MOST_DEPTH:
            raise Refusal("I10", reason=f"{part} 的内容过多或层次过深")
        start(name, attributes)

    def closed(name: str) -> None:
        nonlocal depth
        depth -= 1
        end(name)

    parser.StartDoctypeDeclHandler = refuse
    parser.EntityDeclHandler = refuse
    parser.buffer_text = True
    parser.StartElementHandler, parser.EndElementHandler, parser.CharacterDataHandler = opened, closed, data
    try:
        for at in range(0, len(content), _STEP):
            parser.Parse(content[at : at + _STEP], False)
            if at + _STEP - parser.CurrentByteIndex > _MOST_TOKEN:
                raise Refusal("I10", reason=f"{part} 的内容过大")
        parser.Parse(b"", True)
    except expat.ExpatError as fault:
        raise Refusal("I05", reason=f"{part} 第 {fault.lineno} 行不是有效的 XML") from None
    except LookupError:
        raise Refusal("I05", reason=f"{part} 的文字编码不认识") from None
    except ValueError as fault:
        raise Refusal("I05", reason=f"{part}：{fault}") from None


def elements(content: bytes, part: str, budget: Budget) -> list[tuple[str, dict[str, str], str]]:
    """The elements of a small part as (local name, attributes, text); prefixes of attributes are kept."""
    found: list[tuple[str, dict[str, str], str]] = []
    open_texts: list[list[str]] = []
    places: list[int] = []

    def start(name: str, attributes: dict[str, str]) -> None:
        open_texts.append([])
        places.append(len(found))
        found.append((local_name(name), attributes, ""))

    def end(_: str) -> None:
        text, place = "".join(open_texts.pop()), places.pop()
        if text:
            found[place] = (*found[place][:2], text)

    def data(text: str) -> None:
        if open_texts:
            open_texts[-1].append(text)

    parse(content, part, budget, start, end, data)
    return found
