"""``python -m perfxl``, and the installed command: worker processes that import this load no command line."""

from __future__ import annotations

__all__ = ["main"]


def main() -> None:
    """Run the command line."""
    from .cli import main as run

    run()


if __name__ == "__main__":
    main()
