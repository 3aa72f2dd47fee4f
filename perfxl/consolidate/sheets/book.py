"""Build the consolidated workbook: a dataset in, the bytes of an .xlsx out."""

from __future__ import annotations

import io
from collections.abc import Mapping
from datetime import datetime

from openpyxl.workbook import Workbook

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
    the workbook's folder.
    """
    book = Workbook()
    assert book.active is not None
    book.remove(book.active)
    styles = Styles(book)
    places = Places(links or {})
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
    saved = io.BytesIO()
    book.save(saved)
    cached = {number: page.cached for number, page in enumerate(pages, 1)}
    return finish(saved.getvalue(), cached, as_of)
