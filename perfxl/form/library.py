"""The forms that perfxl ships or is told of, and where its template files lie."""

from __future__ import annotations

import os
import re
from collections.abc import Iterator
from functools import lru_cache
from pathlib import Path

from ..errors import PerfxlError
from .load import load_form
from .model import Form

__all__ = [
    "examples_folder", "find_form", "form_file", "form_ids", "form_sources", "form_version", "form_versions", "templates_folder",
]  # fmt: skip


_OLDER = re.compile(r"form-v([1-9][0-9]{0,3})\.toml\Z")


_FOUND: dict[tuple[str, str], Path] = {}
"""Where forms were found: a province's workbooks ask for the same one again and again."""


def _shipped(name: str) -> Path:
    """A top-level folder of a checkout, or its copy inside an installed package."""
    package = Path(__file__).resolve().parent.parent
    packaged = package / f"_{name}"
    return packaged if packaged.is_dir() else package.parent / name


def templates_folder() -> Path:
    """``templates/``: forms, document templates, built blanks."""
    return _shipped("templates")


def examples_folder() -> Path:
    """``workbooks/``: the published document's data and what is made from it."""
    return _shipped("workbooks")


def _folders() -> list[Path]:
    """Where forms are looked for: the shipped ones first, then the folders named in ``PERFXL_FORMS``."""
    own = os.environ.get("PERFXL_FORMS", "").split(os.pathsep)
    return [templates_folder(), *(Path(folder) for folder in own if folder)]


def form_ids() -> tuple[str, ...]:
    """The ids of the forms at hand."""
    return tuple(sorted({path.parent.name for folder in _folders() for path in folder.glob("*/form.toml")}))


def form_file(name: str) -> Path:
    """The ``form.toml`` of a form, by its id or by that path itself; F01 if there is none."""
    key = (name, os.environ.get("PERFXL_FORMS", ""))
    found = _FOUND.get(key)
    if found is None or not found.is_file():
        found = _looked_up(name)
        if not name.endswith(".toml"):
            _FOUND[key] = found
    return found


def _looked_up(name: str) -> Path:
    known = form_ids()
    shipped = [folder / name / "form.toml" for folder in _folders() if name in known]
    paths = [Path(name)] if name.endswith(".toml") else shipped
    path = next((path for path in paths if path.is_file()), None)
    if path is None:
        raise PerfxlError("F01", form=name, known="、".join(known))
    return path


def find_form(name: str) -> Form:
    """A form by its id or by the path of its ``form.toml``; F01 if there is none, F05 if its id is another."""
    path = form_file(name)
    found = _load(path, path.stat().st_mtime_ns)
    if found.id != name and not name.endswith(".toml"):
        # A copy that still bears the id of the form it was made from would be taken for that one when it comes back.
        expected = f" {name}，与文件夹同名"
        raise PerfxlError("F05", file=str(path), place="form.id", key="form.id", expected=expected, found=found.id)
    return found


def form_version(name: str, version: int) -> Form:
    """A version of a form: the current one, or an older one kept beside it as ``form-v1.toml``.

    F01 if there is no such form, F15 if there is no such version, F05 for a file that says otherwise than its name.
    """
    current = find_form(name)
    if current.version == version:
        return current
    path = form_file(name).with_name(f"form-v{version}.toml")
    if not path.is_file():
        raise PerfxlError("F15", found=version, expected=current.version)
    found = _load(path, path.stat().st_mtime_ns)
    if (found.id, found.version) != (current.id, version):
        expected = f"{current.id} 第 {version} 版，与文件名一致"
        raise PerfxlError("F05", file=str(path), place="form", key="version", expected=expected, found=found.version)
    return found


def form_versions(name: str) -> tuple[int, ...]:
    """The versions of a form that can be read, the current one last."""
    current = find_form(name).version
    older = (_OLDER.match(path.name) for path in form_file(name).parent.glob("form-v*.toml"))
    return (*sorted(int(each[1]) for each in older if each and int(each[1]) != current), current)


def form_sources() -> Iterator[str]:
    """The text of every form at hand in all its versions, as it stands in the files: nothing of it is checked."""
    for name in form_ids():
        path = form_file(name)
        yield _text(path)
        for older in sorted(each for each in path.parent.glob("form-v*.toml") if _OLDER.match(each.name)):
            yield _text(older)


@lru_cache(maxsize=32)
def _load(path: Path, modified: int) -> Form:
    return load_form(_text(path), str(path))


def _text(path: Path) -> str:
    try:
        return path.read_text("utf-8-sig")
    except UnicodeDecodeError as fault:
        reason = f"第 {fault.start + 1} 个字节不是 UTF-8，请以 UTF-8 编码另存"
        raise PerfxlError("F02", file=str(path), reason=reason) from None
