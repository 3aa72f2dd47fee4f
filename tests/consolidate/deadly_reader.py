"""A reader that some files kill: injected into the processes of a consolidation, nothing else is changed."""

from __future__ import annotations

import io
import os
import signal
import time
from dataclasses import dataclass

from python_calamine import CalamineWorkbook
from test_store import text_reader

from perfxl.check import Submission
from perfxl.consolidate.files import Found


@dataclass(frozen=True)
class Deadly:
    """What a file's name says happens to the process that reads it; other files are "unit,amount".

    ``pause`` seconds go into each.
    """

    pause: float = 0.0

    def __call__(self, found: Found) -> Submission:
        time.sleep(self.pause)
        match found.path.stem:
            case "abort":
                os.abort()
            case "killed":
                os.kill(os.getpid(), signal.SIGKILL)
            case "memory":
                bytearray(2 << 30)
            case "calamine":
                sheet = CalamineWorkbook.from_filelike(io.BytesIO(found.path.read_bytes())).get_sheet_by_index(0)
                sheet.to_python()  # native code asks for more memory than there is and aborts
            case "hangs":
                time.sleep(600)
            case "once" if not found.path.with_suffix(".seen").exists():
                found.path.with_suffix(".seen").touch()
                os.kill(os.getpid(), signal.SIGKILL)
        return text_reader(found)
