"""Run a form's rules over what was read, and say what is wrong where."""

from .findings import Finding
from .intake import read_submission, submission_of
from .run import findings_of
from .submission import Condition, SheetPlace, Submission

__all__ = ["Condition", "Finding", "SheetPlace", "Submission", "findings_of", "read_submission", "submission_of"]
