"""Put the add-in where Excel loads it at start, and take it away again (Windows).

Excel opens every add-in in its XLSTART folder; no registry entry and no
trust setting is needed beyond those of an own file.
"""

from __future__ import annotations

import importlib.util
import os
import zipfile
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from xml.etree import ElementTree

from ..errors import PerfxlError, reason

__all__ = [
    "ADDIN_NAME",
    "Installed",
    "addin_version",
    "install_addin",
    "remember_python",
    "start_folder",
    "uninstall_addin",
]

ADDIN_NAME = "perfxl.xlam"
_CORE = "docProps/core.xml"
_DESCRIPTION = "{http://purl.org/dc/elements/1.1/}description"


@dataclass(frozen=True, slots=True, kw_only=True)
class Installed:
    """Where the add-in lies now and which version it replaced ("" if none, "?" if unreadable)."""

    path: Path
    replaced: str


def start_folder() -> Path:
    """Excel's XLSTART folder of this user.  Raises A02 where there is no Windows."""
    roaming = os.environ.get("APPDATA")
    if os.name != "nt" or not roaming:
        raise PerfxlError("A02")
    return Path(roaming) / "Microsoft" / "Excel" / "XLSTART"


def install_addin(content: bytes, folder: Path) -> Installed:
    """Write the add-in into a folder, replacing an older one; A03 while Excel holds it open.

    The new file is written beside the old one and renamed, so that a failure
    leaves the old one as it was.
    """
    path = folder / ADDIN_NAME
    replaced = addin_version(path) if path.exists() else ""
    beside = folder / (ADDIN_NAME + ".new")
    try:
        folder.mkdir(parents=True, exist_ok=True)
        beside.write_bytes(content)
        beside.replace(path)
    except OSError as fault:
        with suppress(OSError):
            beside.unlink()
        raise PerfxlError("A03", path=path, reason=reason(fault)) from None
    return Installed(path=path, replaced=replaced)


def uninstall_addin(folder: Path) -> bool:
    """Remove the add-in; ``False`` if there was none, A03 while Excel holds it open."""
    path = folder / ADDIN_NAME
    if not path.exists():
        return False
    try:
        path.unlink()
    except OSError as fault:
        raise PerfxlError("A03", path=path, reason=reason(fault)) from None
    return True


def remember_python(folder: Path, program: str) -> Path | None:
    """Tell the add-in where Python is (``python.txt``), if xlwings is there; ``None`` otherwise.

    VBA reads the file in the system's code page.
    """
    if importlib.util.find_spec("xlwings") is None:
        return None
    path = folder / "python.txt"
    folder.mkdir(parents=True, exist_ok=True)
    path.write_text(program + "\n", encoding="mbcs" if os.name == "nt" else "utf-8")
    return path


def addin_version(path: Path) -> str:
    """The perfxl version that built an add-in, "?" if it cannot be told."""
    try:
        with zipfile.ZipFile(path) as package:
            description = ElementTree.fromstring(package.read(_CORE)).findtext(_DESCRIPTION) or ""
    except (OSError, KeyError, zipfile.BadZipFile, ElementTree.ParseError):
        return "?"
    return description.removeprefix("perfxl ") if description.startswith("perfxl ") else "?"
