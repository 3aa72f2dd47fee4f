"""What several tests of this room take from one start of LibreOffice."""

from __future__ import annotations

from pathlib import Path

import pytest

from perfxl.demo import filled_workbook
from perfxl.form.library import find_form
from tests.engines import libreoffice


@pytest.fixture(scope="session")
def seed_file(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The seed's filled workbook as a file."""
    path = tmp_path_factory.mktemp("seed") / "seed.xlsx"
    path.write_bytes(filled_workbook(find_form("hebei-2023"))[1])
    return path


@pytest.fixture(scope="session")
def resaved(seed_file: Path) -> bytes:
    """The same after LibreOffice opened, recalculated and saved it."""
    (made,) = libreoffice.convert([seed_file], "xlsx", seed_file.parent / "resaved")
    return made.read_bytes()


@pytest.fixture(scope="session")
def printed(seed_file: Path) -> Path:
    """The same as LibreOffice prints it."""
    (made,) = libreoffice.convert([seed_file], "pdf", seed_file.parent / "printed")
    return made
