"""Build the consolidated workbook: a dataset in, an .xlsx out."""

from __future__ import annotations

import io
from collections.abc import Mapping
from datetime import datetime
from typing import BinaryIO

from ..dataset import Dataset
from .accounts import add_accounts
from .draft import Draft
from .files import add_files
from .findings import add_findings
from .indicators import add_indicators
from .places import Places
from .projects import add_projects
from .reporting import add_reporting

__all__ = ["build_workbook", "write_workbook"]


def build_workbook(dataset: Dataset, *, as_of: datetime, links: Mapping[str, str] | None = None) -> bytes:
    """The consolidated workbook's bytes; as :func:`write_workbook`."""
    target = io.BytesIO()
    write_workbook(dataset, target, as_of=as_of, links=links)
    return target.getvalue()


def write_workbook(dataset: Dataset, target: BinaryIO, *, as_of: datetime, links: Mapping[str, str] | None = None) -> None:
    """Write the consolidated workbook; the same arguments give the same bytes.

    ``links`` maps a file as shown to the URI reference that leads to it from
    the workbook's folder.  C02 if temporary files cannot be written.
    """
    draft = Draft(f"{dataset.form.year}年{dataset.form.title}汇总表")
    try:
        places = Places(links or {})
        projects = add_projects(draft, dataset, places, as_of)
        indicators = add_indicators(draft, dataset, places)
        files = add_files(draft, dataset, places)
        findings = add_findings(draft, dataset, places)
        reporting = add_reporting(draft, dataset, places)
        accounts = add_accounts(draft, dataset, projects, files)
        order = [projects.page, indicators, findings, *([reporting] if reporting else []), accounts, files.page]
        draft.write(target, as_of, order)
    finally:
        draft.close()
