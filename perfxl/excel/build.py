"""Build ``perfxl.xlam``: a workbook with the texts, the VBA project, two ribbons, icons.

The same sources give the same bytes: dates are given, parts are ordered.
"""

from __future__ import annotations

import io
import tempfile
import zipfile
from datetime import datetime
from pathlib import Path
from xml.sax.saxutils import quoteattr

from xlsxwriter.workbook import Workbook

from .. import __version__
from ..errors import PerfxlError
from . import sources

__all__ = ["TEXT_SHEET", "addin_parts", "build_addin"]

TEXT_SHEET = "px"
"""The very hidden sheet: texts in A:B, states in D:E, the last step of changes in G:K."""

_CREATED = datetime(2023, 1, 1)
_ZIP_DATE = (1980, 1, 1, 0, 0, 0)
_WORKBOOK_TYPES = (
    "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet.main+xml",
    "application/vnd.ms-excel.sheet.macroEnabled.main+xml",
    "application/vnd.ms-excel.addin.macroEnabled.main+xml",
)
_RIBBON_RELATIONS = {
    "customUI": "http://schemas.microsoft.com/office/2006/relationships/ui/extensibility",
    "customUI14": "http://schemas.microsoft.com/office/2007/relationships/ui/extensibility",
}
_IMAGE_RELATION = "http://schemas.openxmlformats.org/officeDocument/2006/relationships/image"
_RELATIONS = "http://schemas.openxmlformats.org/package/2006/relationships"

Parts = dict[str, bytes]


def build_addin() -> bytes:
    """The add-in as bytes.  Raises A01 without pyOpenVBA (the ``addin`` extra)."""
    return _zipped(addin_parts())


def addin_parts() -> Parts:
    """The add-in's parts by name, before they are zipped."""
    plain, with_macros, addin = (kind.encode() for kind in _WORKBOOK_TYPES)
    parts = _unzipped(_text_workbook())
    parts["[Content_Types].xml"] = parts["[Content_Types].xml"].replace(plain, with_macros)
    parts = _with_macros(parts)
    parts["[Content_Types].xml"] = parts["[Content_Types].xml"].replace(with_macros, addin)
    _add_ribbons(parts)
    return parts


def _text_workbook() -> bytes:
    target = io.BytesIO()
    book = Workbook(target, {"in_memory": True, "strings_to_formulas": False, "strings_to_urls": False})
    book.set_properties({"title": "绩效目标", "comments": f"perfxl {__version__}", "created": _CREATED})
    front = book.add_worksheet("perfxl")
    store = book.add_worksheet(TEXT_SHEET)
    store.very_hidden()
    front.set_column(0, 0, 80)
    front.write_string(0, 0, sources.texts()["about"].replace("{0}", __version__).replace("\n", "；"))
    lines = {"version": __version__, **sources.texts()}
    store.write_row(0, 0, ("text", "", "", "state", "", "", "change"))
    for row, (key, text) in enumerate(lines.items(), 1):
        store.write_string(row, 0, key)
        store.write_string(row, 1, text)
    book.close()
    return target.getvalue()


def _with_macros(parts: Parts) -> Parts:
    """The same workbook with the VBA project; pyOpenVBA works on files only."""
    try:
        from pyopenvba import ExcelFile, VBAModuleKind
    except ImportError as missing:
        raise PerfxlError("A01", package=str(missing.name)) from None
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "perfxl.xlsm"
        path.write_bytes(_zipped(parts))
        with ExcelFile(path) as file:
            project = file.add_vba_project()
            for module in sources.modules():
                if module.name in project.module_names():
                    header = file.get_module(module.name)
                    file.set_module(module.name, header + module.source)
                    continue
                kind = VBAModuleKind.other if module.is_class else VBAModuleKind.standard
                project.add_module(module.name, module.source, kind=kind)
            file.save()
        return _unzipped(path.read_bytes())


def _add_ribbons(parts: Parts) -> None:
    pictures = sources.icons()
    images = {name: (_IMAGE_RELATION, f"images/{name}.png") for name in pictures}
    ribbons = {}
    for part in sources.NAMESPACES:
        parts[f"customUI/{part}.xml"] = sources.ribbon_xml(part).encode()
        parts[f"customUI/_rels/{part}.xml.rels"] = _relations(images).encode()
        ribbons[f"px{part}"] = (_RIBBON_RELATIONS[part], f"customUI/{part}.xml")
    for name, picture in pictures.items():
        parts[f"customUI/images/{name}.png"] = picture
    inner = _relation_lines(ribbons).encode()
    parts["_rels/.rels"] = parts["_rels/.rels"].replace(b"</Relationships>", inner + b"</Relationships>")
    png = b'<Default Extension="png" ContentType="image/png"/>'
    types = parts["[Content_Types].xml"]
    parts["[Content_Types].xml"] = types.replace(b'<Default Extension="rels"', png + b'<Default Extension="rels"', 1)


def _relations(entries: dict[str, tuple[str, str]]) -> str:
    head = '<?xml version="1.0" encoding="UTF-8" standalone="yes"?>\n'
    return f'{head}<Relationships xmlns="{_RELATIONS}">{_relation_lines(entries)}</Relationships>'


def _relation_lines(entries: dict[str, tuple[str, str]]) -> str:
    return "".join(
        f"<Relationship Id={quoteattr(name)} Type={quoteattr(kind)} Target={quoteattr(target)}/>"
        for name, (kind, target) in entries.items()
    )


def _unzipped(content: bytes) -> Parts:
    with zipfile.ZipFile(io.BytesIO(content)) as package:
        return {name: package.read(name) for name in package.namelist()}


def _zipped(parts: Parts) -> bytes:
    target = io.BytesIO()
    with zipfile.ZipFile(target, "w", zipfile.ZIP_DEFLATED, compresslevel=9) as package:
        for name, content in parts.items():
            package.writestr(zipfile.ZipInfo(name, _ZIP_DATE), content, zipfile.ZIP_DEFLATED)
    return target.getvalue()
