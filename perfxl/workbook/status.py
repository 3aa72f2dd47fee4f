"""The one-line status of a sheet and the light on the cover, in Excel and in Python."""

from __future__ import annotations

__all__ = ["light_formula", "light_text", "status_formula", "status_text"]

_UNFILLED = "未填写"
_PASSED = "通过"


def light_text(errors: int, hints: int, passed: str) -> str:
    """What the light says of this many errors and open hints."""
    if errors:
        return f"还有 {errors} 处错误、{hints} 处提示待说明"
    return f"有 {hints} 处提示待说明" if hints else passed


def light_formula(errors: str, hints: str, passed: str) -> str:
    """Excel text for :func:`light_text`."""
    wrong = f'"还有 "&{errors}&" 处错误、"&{hints}&" 处提示待说明"'
    return f'IF({errors}>0,{wrong},IF({hints}>0,"有 "&{hints}&" 处提示待说明","{passed}"))'


def status_text(*, active: bool, errors: int, hints: int, repeats: bool) -> str:
    """The status of one sheet; ``repeats``: a blank one counts as not filled."""
    if repeats and not active:
        return _UNFILLED
    return light_text(errors, hints, _PASSED)


def status_formula(active: str, errors: str, hints: str, repeats: bool) -> str:
    """Excel text for :func:`status_text`."""
    light = light_formula(errors, hints, _PASSED)
    return f'IF({active}=0,"{_UNFILLED}",{light})' if repeats else light
