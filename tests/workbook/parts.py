"""Packages part by part: compared after unzip, changed in place, stripped of cached values."""

from __future__ import annotations

import io
import re
import zipfile
from collections.abc import Callable

Edit = Callable[[bytes], bytes]

_FORMULA = re.compile(rb"(<f(?: [^>]*)?(?:/>|>[^<]*</f>))<v>[^<]*</v>")


def parts(package: bytes) -> dict[str, bytes]:
    """The parts of a package by name."""
    with zipfile.ZipFile(io.BytesIO(package)) as archive:
        return {name: archive.read(name) for name in archive.namelist()}


def packed(content: dict[str, bytes]) -> bytes:
    """A package of these parts."""
    target = io.BytesIO()
    with zipfile.ZipFile(target, "w", zipfile.ZIP_DEFLATED, compresslevel=1) as archive:
        for name, part in content.items():
            archive.writestr(name, part)
    return target.getvalue()


def edited(package: bytes, name: str, edit: Edit) -> bytes:
    """The package with one part changed, which must really change."""
    content = parts(package)
    after = edit(content[name])
    assert after != content[name], f"{name} is unchanged"
    return packed({**content, name: after})


def sheet_parts(package: bytes) -> dict[str, str]:
    """The part of every sheet, by its title."""
    content = parts(package)
    targets = dict(
        re.findall(r'Id="([^"]+)" Type="[^"]+/worksheet" Target="([^"]+)"', content["xl/_rels/workbook.xml.rels"].decode())
    )
    sheets = re.findall(r'<sheet name="([^"]+)"[^>]* r:id="([^"]+)"', content["xl/workbook.xml"].decode())
    return {title: f"xl/{targets[link]}" for title, link in sheets}


def without_cached_values(package: bytes) -> bytes:
    """The package with every formula's cached value removed, so that a reader must calculate."""
    content = parts(package)
    for name in sheet_parts(package).values():
        content[name] = _FORMULA.sub(rb"\1", content[name])
    return packed(content)
