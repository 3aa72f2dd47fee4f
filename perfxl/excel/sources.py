"""The add-in's sources: VBA modules, ribbon and texts, read and checked."""

from __future__ import annotations

import tomllib
from dataclasses import dataclass
from pathlib import Path

from ..form.library import templates_folder

__all__ = ["NAMESPACES", "Module", "built_addin", "icons", "modules", "ribbon_xml", "texts"]

_HERE = Path(__file__).resolve().parent

NAMESPACES = {
    "customUI": "http://schemas.microsoft.com/office/2006/01/customui",
    "customUI14": "http://schemas.microsoft.com/office/2009/07/customui",
}
"""The part of each ribbon dialect and its namespace (MS-CUSTOMUI 2.2, MS-CUSTOMUI2 2.2)."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Module:
    """One VBA module: its name, its source with CRLF line ends, and whether it is a class."""

    name: str
    source: str
    is_class: bool


def modules() -> tuple[Module, ...]:
    """Every VBA module, by name.

    Raises ValueError if a source holds anything but ASCII: under the project's
    code page it would become question marks (PITFALLS, "VBA and the ribbon").
    """
    found = []
    for path in sorted((*_HERE.glob("vba/*.bas"), *_HERE.glob("vba/*.cls"))):
        source = path.read_text("utf-8")
        if not source.isascii():
            raise ValueError(f"{path.name} holds characters outside ASCII")
        found.append(
            Module(name=path.stem, source="\r\n".join(source.splitlines()) + "\r\n", is_class=path.suffix == ".cls")
        )
    return tuple(found)


def ribbon_xml(part: str) -> str:
    """The ribbon in one dialect, ``customUI`` (Office 2007) or ``customUI14`` (2010 and later)."""
    return (_HERE / "ribbon.xml").read_text("utf-8").replace("{namespace}", NAMESPACES[part])


def texts() -> dict[str, str]:
    """What the macros say, by key."""
    return tomllib.loads((_HERE / "texts.toml").read_text("utf-8"))


def icons() -> dict[str, bytes]:
    """The ribbon's pictures (PNG), by the name that the ribbon uses."""
    folder = templates_folder() / "addin" / "icons"
    return {path.stem: path.read_bytes() for path in sorted(folder.glob("*.png"))}


def built_addin() -> Path:
    """The built add-in that perfxl ships."""
    return templates_folder() / "addin" / "perfxl.xlam"
