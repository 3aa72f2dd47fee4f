"""Departments for the tests of publication: real form, real records, the shipped template."""

from __future__ import annotations

from datetime import UTC, datetime
from functools import lru_cache
from pathlib import Path

from perfxl.form.book_file import read_book
from perfxl.form.library import find_form
from perfxl.form.records import Book
from perfxl.publish.department import Department, departments_of
from perfxl.publish.engine import DocumentTemplate
from perfxl.publish.run import default_template

ROOT = Path(__file__).resolve().parents[2]
HEBEI = find_form("hebei-2023")
AS_OF = datetime(2023, 3, 1, 8, tzinfo=UTC)


def seed_book() -> Book:
    """A fresh copy of the seed's data."""
    return read_book(HEBEI, (ROOT / "workbooks" / "657001.toml").read_text("utf-8"), "657001.toml")


def seed_department() -> Department:
    return departments_of(HEBEI, [seed_book()])[0]


@lru_cache(maxsize=1)
def template() -> DocumentTemplate:
    return default_template(HEBEI)
