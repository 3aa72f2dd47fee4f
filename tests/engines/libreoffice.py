"""LibreOffice headless, with a private profile that recalculates every file on load."""

from __future__ import annotations

import json
import os
import shutil
import signal
import subprocess
import tempfile
from pathlib import Path

import pytest

PROFILE = """<?xml version="1.0" encoding="UTF-8"?>
<oor:items xmlns:oor="http://openoffice.org/2001/registry" xmlns:xs="http://www.w3.org/2001/XMLSchema">
<item oor:path="/org.openoffice.Office.Calc/Formula/Load"><prop oor:name="OOXMLRecalcMode" oor:op="fuse"><value>0</value></prop></item>
<item oor:path="/org.openoffice.Office.Calc/Formula/Load"><prop oor:name="ODFRecalcMode" oor:op="fuse"><value>0</value></prop></item>
</oor:items>
"""


def require() -> str:
    """The program's path; the test is skipped without it, or fails where CI demands it."""
    found = shutil.which("soffice") or shutil.which("libreoffice")
    if found is None:
        if os.environ.get("PERFXL_REQUIRE_OFFICE"):
            pytest.fail("PERFXL_REQUIRE_OFFICE is set, but LibreOffice is not installed")
        pytest.skip("LibreOffice is not installed")
    return found


def profile() -> Path:
    """A private profile folder, made once per process."""
    folder = Path(tempfile.gettempdir()) / f"perfxl-office-{os.getpid()}"
    registry = folder / "user" / "registrymodifications.xcu"
    if not registry.exists():
        registry.parent.mkdir(parents=True, exist_ok=True)
        registry.write_text(PROFILE, "utf-8")
    return folder


def _run(command: list[str], timeout: int) -> None:
    """Run a command in a group of its own; at the time limit its children end with it (soffice starts others)."""
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, start_new_session=True) as started:
        try:
            output, errors = started.communicate(timeout=timeout)
        except subprocess.TimeoutExpired:
            os.killpg(started.pid, signal.SIGKILL)
            raise
    assert started.returncode == 0, (output, errors)


def convert(files: list[Path], to: str, folder: Path, *, timeout: int = 240) -> list[Path]:
    """Open, recalculate and save files in another format (xlsx, ods, pdf); all in one start."""
    program = require()
    folder.mkdir(parents=True, exist_ok=True)
    command = [program, f"-env:UserInstallation={profile().as_uri()}", "--headless", "--convert-to", to]
    command += ["--outdir", str(folder), *map(str, files)]
    _run(command, timeout)
    made = [folder / f"{file.stem}.{to.split(':')[0]}" for file in files]
    assert all(path.exists() for path in made), [path for path in made if not path.exists()]
    return made


def calculate(files: list[Path], *, timeout: int = 1200) -> list[dict[str, dict[str, list[list[object]]]]]:
    """Load and recalculate workbooks without saving them: per file, per sheet, data and error cells."""
    require()
    script = Path(__file__).with_name("uno_calculate.py")
    command = [office_python(), str(script), profile().as_uri(), *map(str, files)]
    done = subprocess.run(command, check=False, capture_output=True, timeout=timeout)
    assert done.returncode == 0, done.stderr.decode()[-2000:]
    return [json.loads(line) for line in done.stdout.splitlines()]


def load_seconds(files: list[Path]) -> list[float]:
    """How long LibreOffice takes to load and recalculate each file, once it runs."""
    require()
    script = Path(__file__).with_name("uno_calculate.py")
    command = [office_python(), str(script), profile().as_uri(), "--time", *map(str, files)]
    done = subprocess.run(command, check=True, capture_output=True, timeout=600)
    return [float(line) for line in done.stdout.splitlines()]


def edit(source: Path, target: Path, steps: list[list[object]], *, timeout: int = 240) -> Path:
    """Do what a person could do in LibreOffice (see uno_edit.py) and save the result."""
    require()
    script = Path(__file__).with_name("uno_edit.py")
    command = [office_python(), str(script), profile().as_uri(), str(source), str(target)]
    given = json.dumps(steps).encode()
    done = subprocess.run(command, check=False, capture_output=True, input=given, timeout=timeout)
    assert done.returncode == 0, done.stderr.decode()[-2000:]
    return target


def office_python() -> str:
    """The Python that has LibreOffice's uno module (Debian: python3-uno)."""
    for program in ("/usr/bin/python3", "/usr/lib/libreoffice/program/python"):
        if Path(program).exists() and subprocess.run([program, "-c", "import uno"], capture_output=True).returncode == 0:
            return program
    if os.environ.get("PERFXL_REQUIRE_OFFICE"):
        pytest.fail("PERFXL_REQUIRE_OFFICE is set, but LibreOffice's Python module (python3-uno) is not installed")
    pytest.skip("LibreOffice's Python module (python3-uno) is not installed")


def pictures(file: Path, folder: Path, *, dpi: int = 60) -> list[Path]:
    """The printed pages of a workbook or document as PNG files."""
    (pdf,) = convert([file], "pdf", folder)
    subprocess.run(["pdftoppm", "-r", str(dpi), "-png", str(pdf), str(folder / file.stem)], check=True, timeout=120)
    return sorted(folder.glob(f"{file.stem}*.png"))
