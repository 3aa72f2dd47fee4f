"""Draw the ribbon's pictures: ``python -m perfxl.excel.icons FOLDER`` (needs Pillow and a Chinese font).

The drawn files are committed under ``templates/addin/icons``: the add-in's
bytes must not depend on the fonts of the machine that builds it.
"""

from __future__ import annotations

import sys
from pathlib import Path

__all__ = ["DRAWN", "draw"]

DRAWN = {
    "check_sheet": ("校", "#2E75B6"),
    "check_all": ("全", "#1F4E79"),
    "previous": ("上", "#7F7F7F"),
    "next": ("下", "#7F7F7F"),
    "normalise": ("≥", "#548235"),
    "restore": ("复", "#7F7F7F"),
    "carry": ("带", "#BF8F00"),
    "copy_project": ("项", "#BF8F00"),
    "toggle_rows": ("行", "#7F7F7F"),
    "export": ("报", "#C55A11"),
    "preview": ("印", "#7F7F7F"),
    "deep_check": ("深", "#1F4E79"),
    "consolidate": ("汇", "#1F4E79"),
    "about": ("？", "#7F7F7F"),
}
"""Each picture's character and colour, by the name that the ribbon uses."""

_SIZE = 32
_FINER = 4


def draw(folder: Path, font_file: str) -> None:
    """Write every picture as a 32 x 32 PNG with a clear ground."""
    from PIL import Image, ImageDraw, ImageFont

    size = _SIZE * _FINER
    font = ImageFont.truetype(font_file, 22 * _FINER)
    for name, (character, colour) in DRAWN.items():
        picture = Image.new("RGBA", (size, size), (0, 0, 0, 0))
        pen = ImageDraw.Draw(picture)
        pen.rounded_rectangle((_FINER, _FINER, size - _FINER, size - _FINER), radius=6 * _FINER, fill=colour)
        pen.text((size / 2, size / 2), character, fill="white", font=font, anchor="mm")
        picture = picture.resize((_SIZE, _SIZE), Image.Resampling.LANCZOS)
        picture.save(folder / f"{name}.png", optimize=True)


if __name__ == "__main__":
    draw(Path(sys.argv[1]), sys.argv[2])
