"""Compiles the quick reader's part in C (perfxl/workbook/_cut.c) where a compiler is at hand; perfxl works without it."""

from __future__ import annotations

import hashlib
import os
import sys
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from hatchling.builders.hooks.plugin.interface import BuildHookInterface

SOURCE = Path("perfxl/workbook/_cut.c")


def compiled(root: Path, *, arguments: tuple[str, ...] = ()) -> Path:
    """Compile beside the source; what it was made from stands in the module as ``source`` (SHA-256)."""
    from setuptools import Distribution, Extension

    source = root / SOURCE
    mark = hashlib.sha256(source.read_bytes().replace(b"\r\n", b"\n")).hexdigest()
    optimised = ["/O2"] if sys.platform == "win32" else ["-O3", "-fvisibility=hidden"]
    extension = Extension(
        "perfxl.workbook._cut",
        [str(source)],
        define_macros=[("SOURCE", f'"{mark}"')],
        extra_compile_args=[*optimised, *arguments],
        extra_link_args=list(arguments),
    )
    with TemporaryDirectory() as scratch:
        command = Distribution({"name": "perfxl", "ext_modules": [extension]}).get_command_obj("build_ext")
        command.build_lib = command.build_temp = scratch
        command.ensure_finalized()
        command.run()
        made = Path(command.get_ext_fullpath("perfxl.workbook._cut"))
        target = source.with_name(made.name)
        beside = target.with_name(f"{target.name}.new")
        beside.write_bytes(made.read_bytes())
        beside.replace(target)
    return target


class CompiledParts(BuildHookInterface):  # type: ignore[type-arg]
    """Runs when perfxl is installed or a wheel of it is made."""

    def initialize(self, version: str, build_data: dict[str, Any]) -> None:
        """Compile; without a compiler the wheel is as it would be without this file."""
        if self.target_name != "wheel" or os.environ.get("PERFXL_COMPILED") == "no":
            return
        try:
            made = compiled(Path(self.root))
        except (Exception, SystemExit) as fault:  # setuptools ends the process where it finds no compiler
            self.app.display_warning(f"perfxl reads workbooks without its compiled part: {fault}")
            return
        build_data["pure_python"] = False
        build_data["infer_tag"] = True
        build_data["artifacts"].append(str(made.relative_to(self.root)))
