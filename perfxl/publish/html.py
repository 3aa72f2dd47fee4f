"""A document as one HTML page: self-contained, readable by screen readers, printable."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from html import escape

from ..rules.values import squash
from .blocks import Block, Cell, Paragraph, Table, TableRow

__all__ = ["html_of"]

_STYLE = """
:root { color-scheme: light dark; }
body { font-family: "Songti SC", SimSun, "Noto Serif CJK SC", serif; line-height: 1.7; max-width: 60rem; margin: 2rem auto;
  padding: 0 1rem; }
h1, h2, h3 { font-family: "Heiti SC", SimHei, "Noto Sans CJK SC", sans-serif; line-height: 1.4; }
h1 { text-align: center; margin-top: 3rem; }
p { white-space: pre-line; overflow-wrap: anywhere; }
.PartLabel, .CoverTitle, .CoverLine, .ContentsTitle { text-align: center; }
.CoverTitle { font-size: 1.6rem; margin: 0.5rem 0; }
.PartLabel { font-size: 1.3rem; margin-top: 4rem; }
.BodyText { text-indent: 2em; }
nav ul { list-style: none; padding-left: 1rem; }
nav li.level2 { padding-left: 1.5rem; }
.wide { overflow-x: auto; }
table { border-collapse: collapse; width: 100%; margin: 0 0 0.6rem; font-size: 0.92rem; }
th, td { border: 1px solid currentColor; padding: 0.25rem 0.4rem; text-align: center; vertical-align: middle;
  white-space: pre-line; overflow-wrap: anywhere; }
th { font-weight: 600; background: rgba(128, 128, 128, 0.14); }
td.left { text-align: left; } td.right { text-align: right; }
@media print { body { max-width: none; margin: 0; } h2 { break-after: avoid; } tr { break-inside: avoid; } }
"""


def html_of(blocks: Sequence[Block], *, title: str, labels: Collection[str] = ()) -> str:
    """One HTML page of these blocks; ``labels`` are the texts whose cells head a row."""
    known = frozenset(squash(label) for label in labels)
    body: list[str] = []
    entries: list[str] = []
    heading = ""
    count = 0
    for block in blocks:
        if isinstance(block, Paragraph) and block.target:
            level = 2 if block.style.endswith("2") else 1
            text = escape(block.text.split("\t")[0])
            entries.append(f'<li class="level{level}"><a href="#{escape(block.target)}">{text}</a></li>')
            continue
        if entries:
            body.append(_contents(entries))
            entries = []
        if isinstance(block, Table):
            count += 1
            body.append(_table(block, heading, known, count))
        elif block.text.strip():
            if block.level:
                heading = block.bookmark
            body.append(_paragraph(block))
    if entries:
        body.append(_contents(entries))
    lines = "\n".join(body)
    return (
        f'<!DOCTYPE html>\n<html lang="zh-CN">\n<head>\n<meta charset="utf-8">\n'
        f'<meta name="viewport" content="width=device-width, initial-scale=1">\n<title>{escape(title)}</title>\n'
        f"<style>{_STYLE}</style>\n</head>\n<body>\n<main>\n{lines}\n</main>\n</body>\n</html>\n"
    )


def _contents(entries: list[str]) -> str:
    return '<nav aria-label="目录">\n<ul>\n' + "\n".join(entries) + "\n</ul>\n</nav>"


def _paragraph(block: Paragraph) -> str:
    name = f"h{min(block.level, 6)}" if block.level else "p"
    key = f' id="{escape(block.bookmark)}"' if block.bookmark else ""
    kind = f' class="{escape(block.style)}"' if block.style and not block.level else ""
    return f"<{name}{key}{kind}>{escape(block.text.strip(chr(10)))}</{name}>"


def _table(table: Table, heading: str, labels: Collection[str], count: int) -> str:
    named = f' aria-labelledby="{escape(heading)}"' if heading else f' aria-label="表 {count}"'
    head = [row for row in table.rows if row.header]
    rest = [row for row in table.rows if not row.header]
    parts = [f'<div class="wide"><table{named}>']
    if head:
        parts += ["<thead>", *(_row(row, labels, "col") for row in head), "</thead>"]
    parts += ["<tbody>", *(_row(row, labels, "row") for row in rest), "</tbody>", "</table></div>"]
    return "\n".join(parts)


def _row(row: TableRow, labels: Collection[str], scope: str) -> str:
    return "<tr>" + "".join(_cell(cell, labels, scope) for cell in row.cells if not cell.continued) + "</tr>"


def _cell(cell: Cell, labels: Collection[str], scope: str) -> str:
    heads = scope == "col" or squash(cell.text) in labels
    name = "th" if heads else "td"
    marks = f' scope="{"rowgroup" if scope == "row" and cell.rows > 1 else scope}"' if heads else ""
    if cell.columns > 1:
        marks += f' colspan="{cell.columns}"'
    if cell.rows > 1:
        marks += f' rowspan="{cell.rows}"'
    if not heads and cell.align in ("left", "right"):
        marks += f' class="{cell.align}"'
    return f"<{name}{marks}>{escape(cell.text)}</{name}>"
