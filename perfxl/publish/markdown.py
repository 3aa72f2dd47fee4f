"""A document as Markdown (CommonMark with GitHub's tables)."""

from __future__ import annotations

import re
from collections.abc import Sequence

from .blocks import Block, Paragraph, Table, TableRow

__all__ = ["markdown_of"]

_SPECIAL = re.compile(r"([\\`*_\[\]<>&|~#$])")
_LIST = re.compile(r"^(\d+)([.)])(?=\s|$)")
_BULLET = re.compile(r"^([-+=])")


def markdown_of(blocks: Sequence[Block]) -> str:
    """Markdown of these blocks; merged cells repeat their text, so that every row reads by itself."""
    parts: list[str] = []
    entries: list[str] = []
    for block in blocks:
        if isinstance(block, Paragraph) and block.target:
            indent = "  " if block.style.endswith("2") else ""
            entries.append(f"{indent}- {_escaped(block.text.split(chr(9))[0])}")
            continue
        if entries:
            parts.append("\n".join(entries))
            entries = []
        if isinstance(block, Table):
            parts.append(_table(block))
        elif block.text.strip():
            parts.append(_paragraph(block))
    if entries:
        parts.append("\n".join(entries))
    return "\n\n".join(parts) + "\n"


def _escaped(text: str) -> str:
    return _SPECIAL.sub(r"\\\1", text.strip("\n"))


def _line(text: str) -> str:
    text = _escaped(text).lstrip(" \t")
    return _BULLET.sub(r"\\\1", _LIST.sub(r"\1\\\2", text))


def _paragraph(block: Paragraph) -> str:
    if block.level:
        return f"{'#' * min(block.level, 6)} {_escaped(' '.join(block.text.split(chr(10))))}"
    return "\\\n".join(_line(line) for line in block.text.strip("\n").split("\n") if line.strip())


def _table(table: Table) -> str:
    edges = sorted({cell.column for row in table.rows for cell in row.cells})
    above: dict[int, str] = {}
    lines = [_row(row, above, edges) for row in table.rows]
    if not table.rows[0].header:
        # GitHub's tables must begin with a header; an empty one says that there is none.
        lines.insert(0, "|" + "   |" * len(edges))
    lines.insert(1, "|" + " --- |" * len(edges))
    return "\n".join(lines)


def _row(row: TableRow, above: dict[int, str], edges: Sequence[int]) -> str:
    """``edges`` are the grid columns at which some cell of the table begins."""
    texts = dict.fromkeys(edges, "")
    for cell in row.cells:
        text = above.get(cell.column, "") if cell.continued else _escaped(cell.text).replace("\n", "<br>")
        above[cell.column] = texts[cell.column] = text
    return "| " + " | ".join(texts.values()) + " |"
