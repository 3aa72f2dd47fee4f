"""The sheets of the consolidated workbook (汇总表), one module each."""

from .book import build_workbook, write_workbook
from .csv_files import OpenFile

__all__ = ["OpenFile", "build_workbook", "write_workbook"]
