"""Draw docs' picture of the ribbon anew: ``python -m tests.excel.show FONT`` (LibreOffice runs the macros)."""

from __future__ import annotations

import sys
import tempfile
from pathlib import Path

from perfxl.excel.picture import draw
from perfxl.excel.sources import built_addin
from tests.excel.conftest import built, faulty
from tests.excel.hosts import Office
from tests.excel.test_functions import call, server
from tests.excel.test_live_hints import GATHER, PIECES, shown, table_of


def main(font: str) -> None:
    """What a host shows on a faulty workbook, below the ribbon of the built file."""
    addin, office = built_addin(), Office()
    with tempfile.TemporaryDirectory() as folder:
        book = Path(folder) / "657001.xlsx"
        book.write_bytes(built(faulty(), projects=4))
        (answer,) = server(call("PX_HINTS", table_of(office.play(addin, book, ("run", GATHER), *PIECES))))
        (status,) = office.play(addin, book, ("run", shown(answer)), ("state", "status"))
        (message,) = office.play(addin, book, ("run", "PxNormalise"), ("state", "message"), answer="no")
    office.close()
    addin.with_name("ribbon.png").write_bytes(draw(addin.read_bytes(), font, str(status), str(message)))


if __name__ == "__main__":
    main(sys.argv[1])
