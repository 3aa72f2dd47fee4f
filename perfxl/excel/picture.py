"""Draw the ribbon of a built add-in: ``python -m perfxl.excel.picture ADDIN FONT PNG [STATUS [MESSAGE]]`` (needs Pillow).

Labels, groups, sizes and pictures are read from the file; status and message
are what a host showed when the macros ran.
"""

from __future__ import annotations

import io
import sys
import zipfile
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

from .sources import NAMESPACES

__all__ = ["draw"]

_GROUND, _INK, _PALE, _LINE = "#F5F5F5", "#222222", "#666666", "#D0D0D0"
_TOP, _HEIGHT, _ROW = 34, 96, 26
_STATUS, _MESSAGE = 26, 24


def draw(addin: bytes, font_file: str, status: str = "", message: str = "") -> bytes:
    """A PNG of the tab, with a status bar and a message box below if given."""
    from PIL import Image, ImageDraw, ImageFont

    font, small = ImageFont.truetype(font_file, 15), ImageFont.truetype(font_file, 12)
    with zipfile.ZipFile(io.BytesIO(addin)) as package:
        tree = ElementTree.fromstring(package.read("customUI/customUI14.xml"))
        pictures = {
            Path(name).stem: Image.open(io.BytesIO(package.read(name))).convert("RGBA")
            for name in package.namelist()
            if name.endswith(".png")
        }
    lines = message.split("\n") if message else []
    space = "{" + NAMESPACES["customUI14"] + "}"
    tab = next(tree.iter(f"{space}tab"))
    picture = Image.new("RGB", (1400, 900), "white")
    pen: Any = ImageDraw.Draw(picture)
    pen.rectangle((0, 0, 1400, _TOP + _HEIGHT + 24), fill=_GROUND)
    pen.text((20, 8), tab.get("label", ""), fill="#1F6B3A", font=font)
    pen.line((18, 30, 24 + font.getlength(tab.get("label", "")), 30), fill="#1F6B3A", width=3)
    right = 12.0
    for group in tab.iter(f"{space}group"):
        left, right = right, _group(picture, pen, group, right, pictures, font)
        middle = (left + right) / 2
        pen.text((middle, _TOP + _HEIGHT + 8), group.get("label", ""), fill=_PALE, font=small, anchor="mm")
        pen.line((right, _TOP + 4, right, _TOP + _HEIGHT + 16), fill=_LINE)
        right += 10
    bottom = _TOP + _HEIGHT + 24
    if lines:
        wide = max(font.getlength(line) for line in lines) + 40
        pen.rectangle((20, bottom + 14, 20 + wide, bottom + 34 + _MESSAGE * len(lines)), outline=_LINE, width=2)
        for number, line in enumerate(lines):
            pen.text((40, bottom + 24 + _MESSAGE * number), line, fill=_INK, font=font)
        bottom += 48 + _MESSAGE * len(lines)
    if status:
        pen.rectangle((0, bottom, 1400, bottom + _STATUS), fill="#E8F2EA")
        pen.text((12, bottom + _STATUS / 2), status, fill=_INK, font=small, anchor="lm")
        bottom += _STATUS
    target = io.BytesIO()
    picture.crop((0, 0, int(right) + 10, int(bottom))).save(target, "PNG", optimize=True)
    return target.getvalue()


def _group(picture: Any, pen: Any, group: ElementTree.Element, left: float, pictures: dict[str, Any], font: Any) -> float:
    """Large buttons side by side, small ones in columns of three; returns the right edge."""
    at, column, row = left, 0.0, 0
    for button in group:
        label, icon = button.get("label", ""), pictures[button.get("image", "")]
        wide = font.getlength(label)
        if button.get("size") == "large":
            picture.paste(icon, (int(at + wide / 2 + 2), _TOP + 12), icon)
            pen.text((at + wide / 2 + 18, _TOP + 66), label, fill=_INK, font=font, anchor="mm")
            at += wide + 36
            continue
        if row == 3:
            at, column, row = at + column, 0.0, 0
        small = icon.resize((18, 18))
        picture.paste(small, (int(at + 8), _TOP + 8 + _ROW * row), small)
        pen.text((at + 32, _TOP + 17 + _ROW * row), label, fill=_INK, font=font, anchor="lm")
        column, row = max(column, wide + 44), row + 1
    return at + column


if __name__ == "__main__":
    file, font_path, output, *said = sys.argv[1:]
    Path(output).write_bytes(draw(Path(file).read_bytes(), font_path, *said))
