"""How cells look, by their part in the form."""

from __future__ import annotations

from typing import Any

from .package import Package

__all__ = ["Styles"]

_FONT = "宋体"
_HEADING_FONT = "黑体"
_BASE = {"font_name": _FONT, "font_size": 10.5, "valign": "vcenter", "text_wrap": True}
_BOX = {**_BASE, "border": 1, "align": "center"}
_NUMBER_FORMATS = {"money": "#,##0.00####", "percent": "0%", "number": "General"}
_STYLES: dict[str, dict[str, Any]] = {
    "title": {**_BASE, "font_name": _HEADING_FONT, "font_size": 16, "align": "center", "text_wrap": False},
    "line": {**_BASE, "align": "left", "text_wrap": False},
    "line_right": {**_BASE, "align": "right", "text_wrap": False},
    "head": {**_BOX, "bold": True, "bg_color": "#F2F2F2"},
    "label": {**_BOX, "bg_color": "#F2F2F2"},
    "section": {**_BOX, "bold": True, "align": "left", "bg_color": "#DDEBF7"},
    "computed": {**_BOX, "bg_color": "#F2F2F2"},
    "side_head": {**_BASE, "bold": True, "align": "center", "font_color": "#404040", "bottom": 1},
    "side_label": {**_BASE, "font_color": "#404040", "valign": "bottom"},
    "remark": {**_BASE, "font_size": 9.5, "font_color": "#404040"},
    "note": {**_BASE, "font_size": 9.5, "border": 4, "border_color": "#A6A6A6", "locked": False, "num_format": "@"},
    "link": {**_BASE, "font_color": "#0563C1", "underline": 1, "text_wrap": False},
    "light": {**_BASE, "font_size": 14, "bold": True, "border": 1, "align": "center"},
    "text": {**_BASE, "text_wrap": True, "valign": "top"},
    "cell": {**_BASE, "border": 1},
    "cell_center": {**_BOX},
    "cell_link": {**_BOX, "font_color": "#0563C1", "underline": 1},
    "cell_error": {**_BOX, "bg_color": "#FFC7CE", "font_color": "#9C0006"},
    "cell_hint": {**_BOX, "bg_color": "#FFEB9C", "font_color": "#7F6000"},
    "hidden": {"font_color": "#FFFFFF", "font_size": 8},
}
_CONDITIONS: dict[str, dict[str, Any]] = {
    "E": {"bg_color": "#FFC7CE", "font_color": "#9C0006"},
    "H": {"bg_color": "#FFEB9C", "font_color": "#7F6000"},
    "X": {"bg_color": "#E7E6E6", "font_color": "#404040"},
    "fraction": {"num_format": "0.00##%"},
    "ok": {"bg_color": "#C6EFCE", "font_color": "#006100"},
    "error_text": {"font_color": "#C00000", "bold": True},
    "hint_text": {"font_color": "#9C5700"},
    "quiet_text": {"font_color": "#7F7F7F"},
}


class Styles:
    """The formats of one package, made when first asked for."""

    def __init__(self, package: Package) -> None:
        self._package = package
        self._made: dict[tuple[Any, ...], Any] = {}

    def _format(self, key: tuple[Any, ...], properties: dict[str, Any]) -> Any:
        found = self._made.get(key)
        if found is None:
            found = self._made[key] = self._package.add_format(properties)
        return found

    def named(self, name: str) -> Any:
        """A locked style by its name."""
        return self._format((name,), _STYLES[name])

    def condition(self, name: str) -> Any:
        """A differential style for a conditional format."""
        return self._format(("condition", name), _CONDITIONS[name])

    def entry(self, type_name: str, align: str, *, locked: bool) -> Any:
        """The style of an entry cell; ``locked`` ones are prefilled by finance."""
        properties = {
            **_BOX,
            "locked": locked,
            "num_format": _NUMBER_FORMATS.get(type_name, "@"),
            "align": align or ("left" if type_name == "long" else "center"),
        }
        if properties["align"] == "left":
            properties["indent"] = 1
        if locked:
            properties["bg_color"] = "#F2F2F2"
        return self._format(("entry", type_name, align, locked), properties)

    def computed(self, align: str) -> Any:
        """The style of a computed cell inside the table."""
        indent = {"indent": 1} if align == "left" else {}
        return self._format(("computed", align), {**_STYLES["computed"], "align": align or "center", **indent})
