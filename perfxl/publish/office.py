"""LibreOffice, where present: PDF of documents, and the page numbers for their contents."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import tempfile
from collections.abc import Mapping
from pathlib import Path

from lxml import etree

from ..errors import PerfxlError, reason
from .contents import StyleSheet, W, headings_of, paragraph_text, parse, w
from .docx_package import DOCUMENT, read_package, write_package

__all__ = ["office_path", "page_numbers", "pdf_of"]

_BATCH = 25
_SECONDS_EACH = 20
_SECONDS_MORE = 60
_PROBE = re.compile(r"@(_\w+)@(\d+)@")


def office_path() -> str:
    """The LibreOffice program, "" if there is none."""
    return shutil.which("soffice") or shutil.which("libreoffice") or ""


def pdf_of(documents: Mapping[str, bytes]) -> dict[str, bytes]:
    """The PDF of each .docx, by the same names; raises W04 where LibreOffice is missing or fails."""
    return _converted(documents, "pdf")


def page_numbers(documents: Mapping[str, bytes]) -> dict[str, dict[str, int]]:
    """For each .docx: bookmark of a heading -> the page number that its reader sees.

    LibreOffice does not update a TOC on conversion, but it does calculate
    PAGEREF fields outside of one when it saves a .docx: so a copy with one such
    field per heading, after the document's end, is saved and read.  Raises W04.
    """
    saved = _converted({name: _probe(content) for name, content in documents.items()}, "docx")
    found: dict[str, dict[str, int]] = {}
    for name, content in saved.items():
        root = parse(read_package(content, name)[DOCUMENT])
        texts = (_PROBE.search(paragraph_text(paragraph)) for paragraph in root.iter(w("p")))
        found[name] = {match.group(1): int(match.group(2)) for match in texts if match}
    return found


def _probe(content: bytes) -> bytes:
    parts = read_package(content, "")
    root = parse(parts[DOCUMENT])
    body = root.find(w("body"))
    last = body.find(w("sectPr"))
    styles = StyleSheet.read(parts.get("word/styles.xml", b"<none/>"))
    for heading in headings_of(root, styles):
        paragraph = etree.fromstring(
            f'<w:p xmlns:w="{W}"><w:r><w:t>@{heading.bookmark}@</w:t></w:r>'
            f'<w:r><w:fldChar w:fldCharType="begin"/></w:r><w:r><w:instrText> PAGEREF {heading.bookmark} \\h </w:instrText></w:r>'
            '<w:r><w:fldChar w:fldCharType="separate"/></w:r><w:r><w:t>0</w:t></w:r><w:r><w:fldChar w:fldCharType="end"/></w:r>'
            "<w:r><w:t>@</w:t></w:r></w:p>"
        )
        if last is None:
            body.append(paragraph)
        else:
            last.addprevious(paragraph)
    parts[DOCUMENT] = etree.tostring(root, encoding="UTF-8", xml_declaration=True)
    return write_package(parts)


def _converted(documents: Mapping[str, bytes], kind: str) -> dict[str, bytes]:
    program = office_path()
    if not program:
        raise PerfxlError("W04", reason="没有找到 soffice 程序")
    names = list(documents)
    found: dict[str, bytes] = {}
    for start in range(0, len(names), _BATCH):
        batch = names[start : start + _BATCH]
        found.update(_batch(program, {name: documents[name] for name in batch}, kind))
    return found


def _batch(program: str, documents: Mapping[str, bytes], kind: str) -> dict[str, bytes]:
    """One run of LibreOffice over some files, in a profile of its own."""
    with tempfile.TemporaryDirectory(prefix="perfxl-") as place:
        root = Path(place)
        source, target, profile = root / "in", root / "out", root / "profile"
        source.mkdir()
        target.mkdir()
        files = {name: source / f"{number}.docx" for number, name in enumerate(documents)}
        for name, path in files.items():
            path.write_bytes(documents[name])
        command = [
            program,
            f"-env:UserInstallation={profile.as_uri()}",
            "--headless",
            "--norestore",
            "--convert-to",
            kind,
            "--outdir",
            str(target),
            *map(str, files.values()),
        ]
        seconds = _SECONDS_MORE + _SECONDS_EACH * len(files)
        try:
            headless = {**os.environ, "SAL_USE_VCLPLUGIN": "svp"}
            subprocess.run(command, capture_output=True, timeout=seconds, check=False, env=headless)
        except subprocess.TimeoutExpired:
            raise PerfxlError("W04", reason=f"{seconds} 秒内没有完成") from None
        except OSError as fault:
            raise PerfxlError("W04", reason=reason(fault)) from None
        found: dict[str, bytes] = {}
        for name, path in files.items():
            made = target / f"{path.stem}.{kind}"
            if not made.is_file():
                raise PerfxlError("W04", file=name, reason="没有生成文件")
            found[name] = made.read_bytes()
        return found
