"""The house: imports run one way, modules stay small, every error is fully told."""

from __future__ import annotations

import ast
from pathlib import Path

import pytest

from perfxl.errors import CATALOGUE, PerfxlError

PACKAGE = Path(__file__).resolve().parents[1] / "perfxl"
MODULES = sorted(PACKAGE.rglob("*.py"))
GROUND = {"errors", "workers", ""}
"""What every room may import; "" is the package itself (its version)."""

MAY_IMPORT = {
    "errors": set(),
    "workers": set(),
    "rules": set(),
    "form": {"rules"},
    "workbook": {"rules", "form"},
    "check": {"rules", "form", "workbook"},
    "consolidate": {"rules", "form", "workbook", "check"},
    "publish": {"rules", "form", "workbook", "check", "consolidate"},
    "post": {"rules", "form", "workbook", "check", "consolidate"},
    "dashboard": {"rules", "form", "workbook", "check", "consolidate", "publish"},
    "excel": {"rules", "form", "workbook", "check", "consolidate", "publish", "post"},
    "demo": {"rules", "form", "workbook", "check", "consolidate", "publish", "post", "dashboard"},
    "cli": {"rules", "form", "workbook", "check", "consolidate", "publish", "post", "dashboard", "excel", "demo"},
    "__main__": {"cli"},
    "": set(),
}


def room(module: Path) -> str:
    """The room of a file: its folder in the package, or its own name."""
    first = module.relative_to(PACKAGE).parts[0].removesuffix(".py")
    return "" if first == "__init__" else first


def imported(module: Path) -> set[str]:
    """The rooms that a file imports from, its own not counted."""
    within = module.relative_to(PACKAGE).parts[:-1]
    found: set[str] = set()
    for node in ast.walk(ast.parse(module.read_text("utf-8"))):
        if isinstance(node, ast.Import):
            names = [alias.name.split(".") for alias in node.names]
            found |= {path[1] if len(path) > 1 else "" for path in names if path[0] == "perfxl"}
        elif isinstance(node, ast.ImportFrom):
            path = (node.module or "").split(".") if node.module else []
            if node.level:
                full = [*within[: len(within) - node.level + 1], *path]
            elif path and path[0] == "perfxl":
                full = path[1:]
            else:
                continue
            found |= {full[0]} if full else {_room_or_package(alias.name) for alias in node.names}
    return found - {room(module)}


def _room_or_package(name: str) -> str:
    return name if (PACKAGE / name).is_dir() or (PACKAGE / f"{name}.py").exists() else ""


def errors_raised(module: Path) -> list[tuple[int, str, set[str]]]:
    """Every PerfxlError, Refusal or Fault with a literal code: line, code, names given; ``**`` counts as all."""
    found: list[tuple[int, str, set[str]]] = []
    for node in ast.walk(ast.parse(module.read_text("utf-8"))):
        if not isinstance(node, ast.Call):
            continue
        name = node.func.id if isinstance(node.func, ast.Name) else getattr(node.func, "attr", "")
        first = node.args[0] if node.args else None
        if name not in ("PerfxlError", "Refusal", "fault") or not isinstance(first, ast.Constant):
            continue
        given = {keyword.arg for keyword in node.keywords}
        if None in given:
            continue
        found.append((node.lineno, str(first.value), {each for each in given if each}))
    return found


class DescribeRooms:
    @pytest.mark.parametrize("module", MODULES, ids=[str(path.relative_to(PACKAGE)) for path in MODULES])
    def it_imports_one_way_only(self, module: Path) -> None:
        assert imported(module) - GROUND - MAY_IMPORT[room(module)] == set()

    def it_sees_every_way_of_importing(self, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
        package = tmp_path / "perfxl"
        module = package / "rules" / "deep" / "wrong.py"
        module.parent.mkdir(parents=True)
        (package / "cli").mkdir()
        module.write_text(
            "import perfxl.form.load\nfrom perfxl import cli\nfrom perfxl.check import run\n"
            "from ...workbook import write\nfrom ..syntax import parse\nfrom ... import cli as again\nimport json\n"
        )
        monkeypatch.setattr("tests.test_house.PACKAGE", package)
        assert imported(module) == {"form", "cli", "check", "workbook"}

    @pytest.mark.parametrize("module", MODULES, ids=[str(path.relative_to(PACKAGE)) for path in MODULES])
    def it_keeps_modules_to_one_idea(self, module: Path) -> None:
        assert len(module.read_text("utf-8").splitlines()) <= 500

    def it_has_a_line_in_the_table_for_every_room(self) -> None:
        assert {room(module) for module in MODULES} <= MAY_IMPORT.keys()


class DescribeCatalogue:
    @pytest.mark.parametrize("module", MODULES, ids=[str(path.relative_to(PACKAGE)) for path in MODULES])
    def it_is_given_every_placeholder(self, module: Path) -> None:
        wanting = [
            (line, code, sorted(CATALOGUE[code].placeholders - given))
            for line, code, given in errors_raised(module)
            if code not in CATALOGUE or CATALOGUE[code].placeholders - given
        ]
        assert wanting == []

    def it_sees_the_calls_it_looks_for(self) -> None:
        codes = {code for module in MODULES for _, code, _ in errors_raised(module)}
        assert {"F01", "F06", "C01", "C02", "L05", "I05", "I10"} <= codes

    def it_refuses_an_error_that_is_half_told(self) -> None:
        with pytest.raises(TypeError, match="path"):
            PerfxlError("C02", reason="磁盘已满")

    def it_tells_place_message_and_remedy_in_one_line(self) -> None:
        fault = PerfxlError("C03", option="--unit", found="x", expected="y").within(file="a.toml", place="k")
        assert str(fault) == "a.toml：k：--unit 的写法不对：x。应写成 y[C03]"

    def it_ends_every_message_without_and_every_remedy_with_a_stop(self) -> None:
        assert [code for code, each in CATALOGUE.items() if each.message.endswith("。") or not each.remedy] == []
