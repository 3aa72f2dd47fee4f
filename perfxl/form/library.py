"""The forms that perfxl ships, and where its template files lie."""

from __future__ import annotations

from functools import lru_cache
from pathlib import Path

from ..errors import PerfxlError
from .load import load_form
from .model import Form

__all__ = ["examples_folder", "find_form", "form_ids", "templates_folder"]


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


def form_ids() -> tuple[str, ...]:
    """The ids of the forms at hand."""
    return tuple(sorted(path.parent.name for path in templates_folder().glob("*/form.toml")))


def find_form(name: str) -> Form:
    """A form by its id or by the path of its ``form.toml``; F01 if there is none."""
    path = Path(name) if name.endswith(".toml") else templates_folder() / name / "form.toml"
    if not path.is_file():
        raise PerfxlError("F01", form=name, known="、".join(form_ids()))
    return _load(path, path.stat().st_mtime_ns)


@lru_cache(maxsize=32)
def _load(path: Path, modified: int) -> Form:
    return load_form(path.read_text("utf-8"), str(path))
