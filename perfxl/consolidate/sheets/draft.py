"""A workbook under construction: pages, and one package of them at the end."""

from __future__ import annotations

import gc
import io
import sys
import tempfile
from collections.abc import Sequence
from datetime import datetime
from typing import BinaryIO

from openpyxl.workbook import Workbook

from ...errors import PerfxlError
from ..package import SheetContent, complete
from .csv_files import CsvFiles
from .looks import Styles
from .page import MOST_ROWS, Column, Page
from .rows import SharedStrings

__all__ = ["Draft"]


class Draft:
    """Pages that share styles and texts; lists are divided at ``most_rows``, Excel's limit but in tests."""

    def __init__(self, title: str, *, most_rows: int = MOST_ROWS, csv: CsvFiles | None = None) -> None:
        self.book = Workbook()
        assert self.book.active is not None
        self.book.remove(self.book.active)
        self.book.properties.creator, self.book.properties.title = "perfxl", title
        self._styles = Styles(self.book)
        self._strings = SharedStrings()
        self._pages: list[Page] = []
        self._csv = csv
        self.most_rows = most_rows

    def page(self, title: str, columns: Sequence[Column], *, csv: str = "", whole: bool = False) -> Page:
        """A new sheet after the others.

        ``csv`` names the file that takes its rows too: column titles, once, and
        what is neither subtotal nor total; all that the sheet holds if ``whole``.
        """
        page = Page(self.book, title, columns, self._styles, self._strings)
        if csv and self._csv is not None:
            page.copy_to(self._csv, csv, whole=whole)
        self._pages.append(page)
        return page

    def write(self, target: BinaryIO, as_of: datetime, order: Sequence[Page] = ()) -> None:
        """The package, its sheets in this order; C02 if temporary files cannot be written."""
        pages = list(order) or self._pages
        assert sorted(map(id, pages)) == sorted(map(id, self._pages)), "every page has its place"
        self._styles.drop()
        self.book._sheets = [page.sheet for page in pages]  # type: ignore[attr-defined]
        self.book.active = 0
        for page in pages:
            page.set_widths()
            page.sheet.sheet_view.tabSelected = page is pages[0]
        properties = self.book.properties
        properties.created = properties.modified = as_of.replace(tzinfo=None)
        contents: dict[int, SheetContent] = {}
        for number, page in enumerate(pages, 1):
            contents[number] = SheetContent(
                rows=page.rows.pieces(),
                dimension=page.dimension,
                hyperlinks=page.hyperlinks() if page.links else None,
                relations=page.relations() if page.targets else None,
            )
        complete(_saved(self.book), contents, self._strings.part(), as_of, target)

    def close(self) -> None:
        """Drop the temporary files."""
        for page in self._pages:
            page.close()


def _no_room(fault: Exception) -> PerfxlError:
    return PerfxlError("C02", path=tempfile.gettempdir(), reason=str(fault) or type(fault).__name__)


def _saved(book: Workbook) -> bytes:
    """What openpyxl writes; C02 if there is no room for the temporary files that it makes of sheets.

    With lxml a full disk shows as lxml's SerialisationError, and once more
    while its half-closed writer is collected, which nobody needs to see.
    """
    target = io.BytesIO()
    hook, sys.unraisablehook = sys.unraisablehook, lambda _: None
    reason: PerfxlError | None = None
    try:
        book.save(target)
    except Exception as fault:
        if not isinstance(fault, OSError) and type(fault).__name__ != "SerialisationError":
            sys.unraisablehook = hook
            raise
        reason = _no_room(fault)
    if reason:
        gc.collect()
    sys.unraisablehook = hook
    if reason:
        raise reason
    return target.getvalue()
