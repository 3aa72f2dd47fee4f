"""The built add-in and unit workbooks to run it on."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime
from pathlib import Path

import pytest

from perfxl.excel.build import build_addin
from perfxl.form.book_file import read_book
from perfxl.form.library import find_form
from perfxl.form.records import Book
from perfxl.workbook.layout import plan_of
from perfxl.workbook.write import BuildOptions, build_workbook
from tests.excel.hosts import Host, Interpreter, Office

SEED = Path(__file__).parents[2] / "workbooks" / "657001.toml"
FORM = find_form("hebei-2023")
SPELLINGS = ("大于等于90%", ">=90％", "不低于 95%", "等于12次", "90%以上", "优", "2023.07-2024.01", "＝5天", "≥90%")


def built(book: Book, *, projects: int = 3, meta: dict[str, str] | None = None, locked: frozenset[str] = frozenset()) -> bytes:
    """A unit's workbook."""
    options = BuildOptions(as_of=datetime(2023, 1, 1), meta=meta or {}, locked=locked)
    return build_workbook(FORM, plan_of(FORM, projects=projects), book, options)


def seed() -> Book:
    """The seed's unit."""
    return read_book(FORM, SEED.read_text("utf-8"), SEED.name)


def faulty() -> Book:
    """The seed's unit with target values in many spellings, a wrong sum and a wrong plan."""
    book = seed()
    first, second = book.of("project")
    for row, text in zip(first.rows["indicators"], SPELLINGS, strict=True):
        row.raws["value"] = text
    first.raws["budget"] = 11.0
    second.raws["plan_dec"] = 0.9
    return book


@pytest.fixture(scope="session")
def addin(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("addin") / "perfxl.xlam"
    path.write_bytes(build_addin())
    return path


@pytest.fixture(scope="session")
def office() -> Iterator[Office]:
    """LibreOffice, started once."""
    found = Office()
    yield found
    found.close()


# The interpreter calculates the workbook in Python, some ten seconds a test.
@pytest.fixture(params=["LibreOffice", pytest.param("pyOpenVBA", marks=pytest.mark.long)])
def host(request: pytest.FixtureRequest, office: Office) -> Host:
    return office if request.param == "LibreOffice" else Interpreter()


@pytest.fixture
def good_book(tmp_path: Path) -> Path:
    path = tmp_path / "good.xlsx"
    path.write_bytes(built(seed()))
    return path


@pytest.fixture
def faulty_book(tmp_path: Path) -> Path:
    path = tmp_path / "faulty.xlsx"
    path.write_bytes(built(faulty(), projects=4))
    return path


@pytest.fixture
def blank_book(tmp_path: Path) -> Path:
    path = tmp_path / "blank.xlsx"
    path.write_bytes(built(Book()))
    return path
