"""Run by LibreOffice's own Python: edit a workbook as a person could, recalculate, save it.

Usage: python3 uno_edit.py PROFILE-URL SOURCE TARGET  with a JSON list of steps on standard input:
["unprotect", sheet, password], ["insert", sheet, row, count], ["rename", sheet, name],
["put", sheet, cell, value] (past any validation, as a paste does), ["cut", sheet, from, to],
["comments", sheet]: its comments stay in view (for a picture: the target may be a .pdf).
"""

import json
import sys

import uno
from uno_office import connect, load, property_value


def apply(document, step):
    """One step."""
    kind, name, *rest = step
    if kind == "unprotect-book":
        document.unprotect(name)
        return
    sheet = document.Sheets.getByName(name)
    if kind == "unprotect":
        sheet.unprotect(rest[0])
    elif kind == "insert":
        sheet.Rows.insertByIndex(rest[0], rest[1])
    elif kind == "rename":
        sheet.Name = rest[0]
    elif kind == "comments":
        for at in range(sheet.Annotations.Count):
            sheet.Annotations.getByIndex(at).IsVisible = True
    elif kind == "cut":
        target = sheet.getCellRangeByName(rest[1]).CellAddress
        sheet.moveRange(target, sheet.getCellRangeByName(rest[0]).RangeAddress)
    else:
        cell = sheet.getCellRangeByName(rest[0])
        if isinstance(rest[1], str):
            cell.String = rest[1]
        else:
            cell.Value = rest[1]


process, desktop = connect(sys.argv[1])
try:
    document = load(desktop, sys.argv[2])
    for step in json.load(sys.stdin):
        apply(document, step)
    document.calculateAll()
    filters = {"ods": "calc8", "pdf": "calc_pdf_Export"}
    filter_name = filters.get(sys.argv[3].rpartition(".")[2], "Calc MS Excel 2007 XML")
    document.storeToURL(uno.systemPathToFileUrl(sys.argv[3]), (property_value("FilterName", filter_name),))
    document.close(True)
finally:
    desktop.terminate()
    process.wait(60)
