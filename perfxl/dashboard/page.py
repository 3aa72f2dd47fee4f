"""One HTML file out of ``templates/dashboard/``: styles, libraries, program and data inside, nothing fetched.

A content security policy forbids every request and lists the hash of each
script and style, so that nothing else can run.  Data stand in blocks that the
browser does not run: JSON, deflated (RFC 1950), as base64.
"""

from __future__ import annotations

import base64
import hashlib
import json
import re
import tomllib
import zlib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from html import escape
from pathlib import Path

from ..form.library import templates_folder

__all__ = ["Library", "dashboard_folder", "libraries", "page_of"]

APP = ("start", "data", "dom", "figures", "charts", "tables", "printed", "overview", "lists", "details", "comparison", "route")
"""The parts of the page's own program, ``app/*.js``, in the order in which they run."""

_SOURCE_MAP = re.compile(r"^(//|/\*)# sourceMappingURL=.*$", re.MULTILINE)


@dataclass(frozen=True, slots=True, kw_only=True)
class Library:
    """A library that is set into the page: what ``vendor/libraries.toml`` records of it."""

    name: str
    version: str
    licence: str
    released: str
    file: str
    sha256: str
    package: str
    reason: str


def dashboard_folder() -> Path:
    """``templates/dashboard/``."""
    return templates_folder() / "dashboard"


def libraries() -> tuple[Library, ...]:
    """The vendored files, scripts in the order in which they run."""
    text = (dashboard_folder() / "vendor" / "libraries.toml").read_text("utf-8")
    return tuple(Library(**each) for each in tomllib.loads(text)["library"])


def page_of(title: str, data: Mapping[str, object]) -> bytes:
    """The page; ``data`` are its blocks by name, each of which JSON can hold."""
    folder = dashboard_folder()
    vendored = [folder / "vendor" / each.file for each in libraries()]
    styles = [_text(each) for each in (*vendored, folder / "style.css") if each.suffix == ".css"]
    programs = [_text(each) for each in vendored if each.suffix == ".js"]
    app = "\n".join(_text(folder / "app" / f"{name}.js") for name in APP)
    check = _text(folder / "check.js")
    program = f'(function () {{\n"use strict";\n{app}\n}})();'
    scripts = [check, *programs, program]
    values = {
        "TITLE": escape(title),
        "POLICY": _policy(scripts, styles),
        "STYLES": "\n".join(f"<style>{_inert(each, 'style')}</style>" for each in styles),
        "CHECK": f"<script>{_inert(check, 'script')}</script>",
        "DATA": "\n".join((*_blocks(data), _licences(folder / "vendor"))),
        "SCRIPTS": "\n".join(f"<script>{_inert(each, 'script')}</script>" for each in (*programs, program)),
    }
    parts = _text(folder / "page.html").split("%%")
    return "".join(values[part] if number % 2 else part for number, part in enumerate(parts)).encode("utf-8")


def _text(path: Path) -> str:
    """A file's text with LF line ends, as browsers count them into hashes, and without a pointer to its source map."""
    return _SOURCE_MAP.sub("", path.read_text("utf-8").replace("\r\n", "\n"))


def _policy(scripts: list[str], styles: list[str]) -> str:
    def hashes(texts: list[str]) -> str:
        return " ".join(f"'sha256-{base64.b64encode(hashlib.sha256(each.encode('utf-8')).digest()).decode()}'" for each in texts)

    return (
        f"default-src 'none'; script-src {hashes(scripts)}; style-src {hashes(styles)}; img-src data:; "
        "base-uri 'none'; form-action 'none'"
    )


def _inert(text: str, element: str) -> str:
    """Text that cannot end its element; a library that could is a programmer's fault."""
    if f"</{element}" in text.lower() or "<!--" in text:
        raise ValueError(f"a {element} of the page would end itself")
    return text


def _licences(folder: Path) -> str:
    """The licence texts of the libraries, which go wherever their code goes; shown at the foot of the page."""
    texts = [f"{each.name} {each.version}: {each.licence}" for each in libraries() if each.file.endswith(".js")]
    texts += [f"== {path.stem} ==\n\n{_text(path).strip()}" for path in sorted(folder.glob("*.txt"))]
    return f'<script type="text/plain" id="licences">{_inert(chr(10).join(texts), "script")}</script>'


def _blocks(data: Mapping[str, object]) -> Iterator[str]:
    for name, content in data.items():
        text = json.dumps(content, ensure_ascii=False, separators=(",", ":"))
        packed = base64.b64encode(zlib.compress(text.encode("utf-8"), 9)).decode("ascii")
        yield f'<script type="application/octet-stream" id="data-{name}">{packed}</script>'
