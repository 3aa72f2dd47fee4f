"""Build the consolidated workbook: a dataset in, an .xlsx out."""

from __future__ import annotations

import io
from collections.abc import Mapping
from datetime import datetime
from typing import BinaryIO

from ..dataset import Dataset
from .accounts import add_accounts
from .csv_files import CsvFiles, OpenFile
from .draft import Draft
from .figures import add_figures
from .files import add_files
from .findings import add_findings
from .indicators import add_indicators
from .page import MOST_ROWS
from .places import Places
from .projects import add_projects
from .reporting import add_reporting

__all__ = ["build_workbook", "write_workbook"]


def build_workbook(
    dataset: Dataset, *, as_of: datetime, links: Mapping[str, str] | None = None, most_rows: int = MOST_ROWS
) -> bytes:
    """The consolidated workbook's bytes; as :func:`write_workbook`."""
    target = io.BytesIO()
    write_workbook(dataset, target, as_of=as_of, links=links, most_rows=most_rows)
    return target.getvalue()


def write_workbook(
    dataset: Dataset,
    target: BinaryIO,
    *,
    as_of: datetime,
    links: Mapping[str, str] | None = None,
    csv: OpenFile | None = None,
    most_rows: int = MOST_ROWS,
) -> None:
    """Write the consolidated workbook; the same arguments give the same bytes.

    ``links`` maps a file as shown to the URI reference that leads to it from
    the workbook's folder.  ``csv`` opens a file for each list, which is written
    there too.  What exceeds ``most_rows`` goes on further sheets.  C02 if
    temporary files cannot be written.
    """
    files = CsvFiles(csv) if csv else None
    draft = Draft(f"{dataset.form.year}年{dataset.form.title}汇总表", most_rows=most_rows, csv=files)
    try:
        places = Places(links or {}, ((row.file.content.file, row.finding) for row in dataset.findings))
        projects = add_projects(draft, dataset, places, as_of)
        indicators = add_indicators(draft, dataset, places)
        listed = add_files(draft, dataset, places)
        findings = add_findings(draft, dataset, places)
        reporting = add_reporting(draft, dataset, places)
        figures = add_figures(draft, dataset)
        accounts = add_accounts(draft, dataset, projects, listed)
        some = [each for each in (reporting, figures) if each is not None]
        draft.write(target, as_of, [*projects.pages, *indicators, *findings, *some, accounts, *listed.pages])
        if files is not None:
            files.finish()
    finally:
        draft.close()
