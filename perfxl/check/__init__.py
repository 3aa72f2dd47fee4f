"""Run a form's rules over what was read, and say what is wrong where."""

from .findings import Finding
from .submission import Condition, SheetPlace, Submission

__all__ = ["Condition", "Finding", "SheetPlace", "Submission"]
