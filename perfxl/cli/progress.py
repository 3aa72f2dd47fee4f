"""A progress bar on stderr, where that is a terminal."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

__all__ = ["Report", "progress"]

Report = Callable[[int, int, str], None]
"""Called after each piece of work: how many are done, of how many, and its name."""


@contextmanager
def progress(what: str) -> Iterator[Report | None]:
    """Draws a bar while its block runs; ``None`` where nobody would see it."""
    console = Console(stderr=True)
    if not console.is_terminal:
        yield None
        return
    columns = (TextColumn(what), BarColumn(), MofNCompleteColumn(), TimeRemainingColumn(), TextColumn("{task.fields[name]}"))
    bar = Progress(*columns, console=console, transient=True)
    task = bar.add_task("", total=None, name="")

    def report(done: int, total: int, name: str) -> None:
        bar.start()  # not before there is something to draw: processes begin sooner while this one has no second thread
        bar.update(task, completed=done, total=total, name=name[-40:])

    try:
        yield report
    finally:
        bar.stop()
