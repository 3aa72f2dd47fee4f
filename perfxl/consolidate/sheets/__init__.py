"""The sheets of the consolidated workbook (汇总表), one module each."""

from .book import build_workbook, write_workbook

__all__ = ["build_workbook", "write_workbook"]
