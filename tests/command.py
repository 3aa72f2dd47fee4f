"""``perfxl`` run in the test's own process: starting one for each command costs more than most of them do."""

from __future__ import annotations

import contextlib
import io
import subprocess
import sys
from pathlib import Path

import pytest

from perfxl.cli import main

__all__ = ["Done", "perfxl"]

Done = subprocess.CompletedProcess[str]


def perfxl(*arguments: object, cwd: Path | None = None) -> Done:
    """Exit code, output and error output of a command; a traceback fails the test."""
    out, err = io.StringIO(), io.StringIO()
    words = [str(argument) for argument in arguments]
    with pytest.MonkeyPatch.context() as patch, contextlib.redirect_stdout(out), contextlib.redirect_stderr(err):
        patch.setattr(sys, "argv", ["perfxl", *words])
        patch.setenv("COLUMNS", "200")
        patch.chdir(cwd or Path.cwd())
        with pytest.raises(SystemExit) as ended:
            main()
    done = Done(words, int(ended.value.code or 0), out.getvalue(), err.getvalue())
    assert "Traceback" not in done.stderr + done.stdout
    return done
