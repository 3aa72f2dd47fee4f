"""Build the consolidated workbook: a dataset in, the bytes of an .xlsx out."""

from __future__ import annotations

import gc
import io
import sys
import tempfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from datetime import datetime

from openpyxl.workbook import Workbook

from ...errors import PerfxlError
from ..dataset import Dataset
from ..package import finish
from .accounts import add_accounts
from .files import add_files
from .findings import add_findings
from .indicators import add_indicators
from .page import Styles
from .places import Places
from .projects import add_projects
from .reporting import add_reporting

__all__ = ["build_workbook"]


def build_workbook(dataset: Dataset, *, as_of: datetime, links: Mapping[str, str] | None = None) -> bytes:
    """The consolidated workbook; the same arguments give the same bytes.

    ``links`` maps a file as shown to the URI reference that leads to it from
    the workbook's folder.  C02 if temporary files cannot be written.
    """
    with _without_collection():
        return _build(dataset, as_of, links or {})


@contextmanager
def _without_collection() -> Iterator[None]:
    """No garbage collection meanwhile: hundreds of thousands of live cells cost a fifth of the time to walk through."""
    enabled = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if enabled:
            gc.enable()


def _build(dataset: Dataset, as_of: datetime, links: Mapping[str, str]) -> bytes:
    book = Workbook()
    assert book.active is not None
    book.remove(book.active)
    styles = Styles(book)
    places = Places(links)
    projects = add_projects(book, styles, dataset, places, as_of)
    indicators = add_indicators(book, styles, dataset, places)
    files = add_files(book, styles, dataset, places)
    findings = add_findings(book, styles, dataset, places)
    reporting = add_reporting(book, styles, dataset, places)
    accounts = add_accounts(book, styles, dataset, projects, files)
    styles.drop(book)
    pages = [projects.page, indicators, findings, *([reporting] if reporting else []), accounts, files.page]
    book.move_sheet(files.page.sheet, offset=len(pages) - 1 - book.index(files.page.sheet))
    properties = book.properties
    properties.creator = "perfxl"
    properties.title = f"{dataset.form.year}年{dataset.form.title}汇总表"
    properties.created = properties.modified = as_of.replace(tzinfo=None)
    cached = {number: page.cached for number, page in enumerate(pages, 1)}
    return finish(_saved(book), cached, as_of)


def _saved(book: Workbook) -> bytes:
    """What openpyxl writes; C02 if there is no room for the temporary files that it makes of sheets.

    With lxml a full disk shows as lxml's SerialisationError, and once more
    while its half-closed writer is collected, which nobody needs to see.
    """
    target = io.BytesIO()
    hook, sys.unraisablehook = sys.unraisablehook, lambda _: None
    reason = ""
    try:
        book.save(target)
    except Exception as fault:
        if not isinstance(fault, OSError) and type(fault).__name__ != "SerialisationError":
            sys.unraisablehook = hook
            raise
        reason = str(fault) or type(fault).__name__
    if reason:
        gc.collect()
    sys.unraisablehook = hook
    if reason:
        raise PerfxlError("C02", path=tempfile.gettempdir(), reason=reason)
    return target.getvalue()
