"""The rule language: Excel's own formula syntax over names, compiled twice.

Knows names and kinds, nothing about forms or workbooks.
"""

from .analyse import Expression, Role, Symbol, analyse, analyse_rule, analyse_shown
from .excel import Addresses, excel_rule, excel_text
from .functions import FUNCTIONS, Kind
from .python import Outcome, Surroundings, python_rule, python_text
from .values import NA, ReadValue, Undecided

__all__ = [
    "FUNCTIONS",
    "NA",
    "Addresses",
    "Expression",
    "Kind",
    "Outcome",
    "ReadValue",
    "Role",
    "Surroundings",
    "Symbol",
    "Undecided",
    "analyse",
    "analyse_rule",
    "analyse_shown",
    "excel_rule",
    "excel_text",
    "python_rule",
    "python_text",
]
