"""Form definitions and the records that carry values with their places."""

from .evaluate import Failure, SheetResult, computed_values, evaluate
from .load import load_form
from .model import COVER, Check, Field, Form, Group, Rule, Scope, Severity, Sheet
from .records import Book, Row, RowKey, SheetRecord

__all__ = [
    "COVER",
    "Book",
    "Check",
    "Failure",
    "Field",
    "Form",
    "Group",
    "Row",
    "RowKey",
    "Rule",
    "Scope",
    "Severity",
    "Sheet",
    "SheetRecord",
    "SheetResult",
    "computed_values",
    "evaluate",
    "load_form",
]
