"""Run by LibreOffice's own Python: load workbooks, let them recalculate, write all values as JSON.

Usage: python3 uno_calculate.py PROFILE-URL [--time] FILE…
One JSON line per file on standard output; with --time, the seconds to load it.
"""

import json
import sys
import time

import uno  # noqa: F401 - makes com.sun importable
from com.sun.star.sheet.FormulaResult import ERROR
from uno_office import connect, load


def values(document):
    """Values and error cells of every sheet."""
    found = {}
    for sheet in document.Sheets:
        cursor = sheet.createCursor()
        cursor.gotoEndOfUsedArea(False)
        end = cursor.RangeAddress
        area = sheet.getCellRangeByPosition(0, 0, end.EndColumn, end.EndRow)
        errors = []
        for each in area.queryFormulaCells(ERROR).RangeAddresses:
            for row in range(each.StartRow, each.EndRow + 1):
                errors += [[row, column] for column in range(each.StartColumn, each.EndColumn + 1)]
        found[sheet.Name] = {"data": area.getDataArray(), "errors": errors}
    return found


process, desktop = connect(sys.argv[1])
try:
    timed = sys.argv[2] == "--time"
    for path in sys.argv[3 if timed else 2 :]:
        start = time.perf_counter()
        document = load(desktop, path)
        print(time.perf_counter() - start if timed else json.dumps(values(document)), flush=True)
        document.close(True)
finally:
    desktop.terminate()
    process.wait(60)
