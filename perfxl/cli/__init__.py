"""The command line: one thin function per command, grouped as the house is.

Every command prints a short Chinese result, or JSON with ``--json``.  Exit
codes: 0 done, 1 there are errors in what was checked, 2 unreadable input or
wrong usage.
"""

from __future__ import annotations

import sys
from importlib import import_module
from typing import NoReturn

import typer
from rich.console import Console

from .. import __version__
from ..errors import PerfxlError
from .usage import speak_chinese, usage_fault

__all__ = ["app", "main"]

_INTERRUPTED = 130

app = typer.Typer(
    name="perfxl",
    help="预算绩效目标：下发、校验、汇总、公开。",
    no_args_is_help=True,
    add_completion=True,
    pretty_exceptions_enable=False,
    context_settings={"help_option_names": ["-h", "--help"]},
)


def _show_version(wanted: bool) -> None:
    if wanted:
        print(f"perfxl {__version__}")
        raise typer.Exit


@app.callback()
def _options(
    version: bool = typer.Option(False, "--version", callback=_show_version, is_eager=True, help="显示版本"),
) -> None:
    pass


_MODULES = {
    "template": "build",
    "check": "check",
    "consolidate": "consolidate",
    "status": "round",
    "accept": "round",
    "task": "round",
    "roster": "round",
    "reissue": "reissue",
    "send": "send",
    "collect": "collect",
    "publish": "publish",
    "import": "publish",
    "diff": "publish",
    "dashboard": "dashboard",
    "form": "form",
    "addin": "addin",
    "demo": "demo",
}
"""The module of each command, in the order of a round: only what is asked for is imported."""


def _register(command: str = "") -> None:
    """Import a command's module, or all of them for help and for a word that is no command."""
    found = _MODULES.get(command)
    for name in [found] if found else dict.fromkeys(_MODULES.values()):
        import_module(f".{name}", __name__)


def main() -> None:
    """Run the command line; a fault of the user's becomes one line and exit code 2."""
    for stream in (sys.stdout, sys.stderr):
        if hasattr(stream, "reconfigure"):
            stream.reconfigure(encoding="utf-8", errors="replace")
    _register(sys.argv[1] if len(sys.argv) > 1 else "")
    speak_chinese()
    try:
        done = app(standalone_mode=False, prog_name="perfxl")
    except PerfxlError as fault:
        _refuse(fault)
    except KeyboardInterrupt:
        _interrupted()
    except Exception as fault:
        wrong = usage_fault(fault)
        if wrong is None:
            raise
        if type(fault).__name__ == "NoArgsIsHelpError":  # the help page has been printed
            raise SystemExit(2) from None
        _refuse(wrong)
    if done == _INTERRUPTED:
        _interrupted()
    raise SystemExit(done if isinstance(done, int) else 0)


def _refuse(fault: PerfxlError) -> NoReturn:
    console = Console(stderr=True, highlight=False, soft_wrap=True)
    for each in (fault, *fault.more):
        console.print(f"错误：{each}", markup=False)
    raise SystemExit(2) from None


def _interrupted() -> NoReturn:
    print("已中断，没有写出不完整的文件。", file=sys.stderr)
    raise SystemExit(_INTERRUPTED) from None
