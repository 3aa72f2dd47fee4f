"""Wrong usage of the command line, said in Chinese like every other fault."""

from __future__ import annotations

import difflib
from typing import Any

from typer import rich_utils

from ..errors import PerfxlError

__all__ = ["speak_chinese", "usage_fault"]

# Words of Typer's and Click's messages on a value of the wrong kind.
_EXPECTED = {"integer": "整数", "number": "数字", "float": "数字", "datetime": "日期"}


def speak_chinese() -> None:
    """Give the panels of help pages Chinese titles."""
    rich_utils.ARGUMENTS_PANEL_TITLE = "参数"
    rich_utils.OPTIONS_PANEL_TITLE = "选项"
    rich_utils.COMMANDS_PANEL_TITLE = "命令"
    rich_utils.REQUIRED_LONG_STRING = "（必填）"
    rich_utils.DEFAULT_STRING = "（默认：{}）"


def usage_fault(fault: Exception) -> PerfxlError | None:
    """What Typer's (Click's) exception says, as an error of the catalogue; ``None`` for any other exception.

    Told by the names of its classes: Typer 0.29 carries a Click of its own, older ones use the package.
    """
    names = {kind.__name__ for kind in type(fault).__mro__}
    if "UsageError" not in names:
        return None
    said: Any = fault
    context = getattr(said, "ctx", None)
    command = context.command_path if context else "perfxl"
    param = getattr(said, "param", None)
    option = getattr(said, "option_name", "") or (_name(param) if param is not None else "")
    if "MissingParameter" in names:
        return PerfxlError("C10", name=option, command=command)
    if "NoSuchOption" in names:
        return PerfxlError("C11", name=option, near=_near(getattr(said, "possibilities", None) or ()), command=command)
    if "BadOptionUsage" in names:
        return PerfxlError("C12", name=option, command=command)
    if param is not None:
        expected = next((text for word, text in _EXPECTED.items() if word in str(said.message)), "")
        return PerfxlError("C13", name=option, expected=f"，应为{expected}" if expected else "", command=command)
    found, known = _command(str(said.message), context)
    if found:
        return PerfxlError("C14", name=found, near=_near(difflib.get_close_matches(found, known)), command=command)
    return PerfxlError("C15", reason=said.format_message(), command=command)


def _name(param: Any) -> str:
    """How a parameter is called on the command line."""
    if getattr(param, "param_type_name", "") == "argument":
        return str(param.metavar or param.human_readable_name)
    return str(max(param.opts, key=len))


def _near(names: Any) -> str:
    return f"，是不是 {'、'.join(sorted(names))}" if names else ""


def _command(message: str, context: Any) -> tuple[str, list[str]]:
    """The unknown command of a message, and the commands that there are; ("", []) for another message."""
    known = list(getattr(getattr(context, "command", None), "commands", {}))
    pieces = message.split("'")
    return (pieces[1], known) if known and len(pieces) > 2 else ("", [])
