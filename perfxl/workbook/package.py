"""XlsxWriter, made strict: SHA-512 protection, no silent refusals, no formula rewriting.

XlsxWriter only warns where it drops what Excel would refuse; here every warning
and negative return is :class:`~perfxl.errors.PerfxlError` C06.
"""

from __future__ import annotations

import io
import warnings
import zipfile
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime
from typing import Any

import xlsxwriter.workbook
from xlsxwriter.workbook import Workbook
from xlsxwriter.worksheet import Worksheet

from ..errors import PerfxlError
from .calculation import controls_escaped
from .protect import SPIN_COUNT, PasswordHash

__all__ = ["ErrorText", "Package", "SheetWriter", "accepted"]


class ErrorText(str):
    """A cached error value, as opposed to a text that reads like one."""

    __slots__ = ()


def accepted(answer: object, what: str) -> None:
    """Refuse a negative return of XlsxWriter (C06)."""
    if isinstance(answer, int) and answer < 0:
        raise PerfxlError("C06", reason=f"{what}（{answer}）")


class _TightZip(zipfile.ZipFile):
    """XlsxWriter has no option for the compression level; the best one saves 4 % of every mail."""

    def writestr(self, zinfo_or_arcname: Any, data: Any, compress_type: int | None = None, _: int | None = None) -> None:
        super().writestr(zinfo_or_arcname, data, compress_type, 9)


# The only place where XlsxWriter looks the class up.
xlsxwriter.workbook.ZipFile = _TightZip


class SheetWriter(Worksheet):  # type: ignore[misc]
    """A worksheet with a modern protection hash and formulas written as given."""

    secret: PasswordHash | None = None
    rows_xml: str | None = None

    def set_rows(self, rows: str, last_row: int, last_column: int) -> None:
        """Give the whole sheet data as XML instead of writing cell by cell."""
        self.rows_xml = rows
        self.dim_rowmin = self.dim_colmin = 0
        self.dim_rowmax, self.dim_colmax = last_row, last_column

    def _xml_formula_element(self, formula: str, result: Any, attributes: list[tuple[str, Any]]) -> None:
        # An empty text is a value too, and a text may read like an error; XlsxWriter guesses otherwise.
        if isinstance(result, str) and not isinstance(result, ErrorText):
            attributes = [*(each for each in attributes if each[0] != "t"), ("t", "str")]
        if isinstance(result, str):
            # XlsxWriter escapes control characters in strings only, not in cached values.
            result = controls_escaped(result)
        super()._xml_formula_element(formula, result, attributes)

    def _write_sheet_data(self) -> None:
        if self.rows_xml is None:
            super()._write_sheet_data()
        else:
            self.fh.write(f"<sheetData>{self.rows_xml}</sheetData>")

    def _calculate_spans(self) -> None:
        # Rows' "spans" are an optional hint (18.3.1.73); without them every mail is smaller.
        self.row_spans: dict[int, str] = {}

    def _prepare_formula(self, formula: str, expand_future_functions: bool = False) -> str:
        # Only functions of Excel 2010 occur: nothing to prefix, and the 200
        # substitutions of the original cost most of the writing time.
        return formula.removeprefix("=")

    def lock(self, secret: PasswordHash) -> None:
        """Protect the sheet; row heights and column widths may still be changed."""
        self.protect("", {"format_rows": True, "format_columns": True, "objects": False, "scenarios": False})
        self.secret = secret

    def _write_sheet_protection(self) -> None:
        if not self.protect_options or self.secret is None:
            return
        self._xml_empty_tag(
            "sheetProtection",
            [
                ("algorithmName", "SHA-512"),
                ("hashValue", self.secret.hash_value),
                ("saltValue", self.secret.salt_value),
                ("spinCount", SPIN_COUNT),
                ("sheet", 1),
                ("objects", 1),
                ("scenarios", 1),
                ("formatColumns", 0),
                ("formatRows", 0),
            ],
        )


class Package(Workbook):  # type: ignore[misc]
    """A workbook built in memory; use :func:`building`."""

    structure_secret: PasswordHash | None = None

    def _extract_named_ranges(self, _: object) -> list[str]:
        # Named ranges are listed among the file's properties too (docProps/app.xml), for nobody: 2 KB of every mail.
        return []

    def _write_workbook_pr(self) -> None:
        super()._write_workbook_pr()
        if self.structure_secret is not None:
            self._xml_empty_tag(
                "workbookProtection",
                [
                    ("workbookAlgorithmName", "SHA-512"),
                    ("workbookHashValue", self.structure_secret.hash_value),
                    ("workbookSaltValue", self.structure_secret.salt_value),
                    ("workbookSpinCount", SPIN_COUNT),
                    ("lockStructure", 1),
                ],
            )


@contextmanager
def building(target: io.BytesIO, created: datetime, properties: dict[str, Any]) -> Iterator[Package]:
    """A workbook that is written to ``target`` when the block ends without error."""
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        try:
            book = Package(target, {"in_memory": True, "strings_to_formulas": False, "strings_to_urls": False})
            book.worksheet_class = SheetWriter
            book.set_properties({**properties, "created": created})
            yield book
            book.close()
        except Warning as refused:
            raise PerfxlError("C06", reason=str(refused)) from None
