"""Run by LibreOffice's own Python: load workbooks, let them recalculate, write all values as JSON.

Usage: python3 uno_calculate.py PROFILE-URL FILE…  (one JSON line per file on standard output)
"""

import json
import os
import subprocess
import sys
import time

import uno
from com.sun.star.beans import PropertyValue
from com.sun.star.connection import NoConnectException
from com.sun.star.sheet.FormulaResult import ERROR


def property_value(name, value):
    """One load argument."""
    found = PropertyValue()
    found.Name, found.Value = name, value
    return found


def connect(profile):
    """Start the office and wait until it answers."""
    pipe = f"perfxl{os.getpid()}"
    command = ["soffice", f"-env:UserInstallation={profile}", "--headless", "--norestore", f"--accept=pipe,name={pipe};urp;"]
    process = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    local = uno.getComponentContext()
    resolver = local.ServiceManager.createInstanceWithContext("com.sun.star.bridge.UnoUrlResolver", local)
    for _ in range(600):
        try:
            context = resolver.resolve(f"uno:pipe,name={pipe};urp;StarOffice.ComponentContext")
            return process, context.ServiceManager.createInstanceWithContext("com.sun.star.frame.Desktop", context)
        except NoConnectException:
            time.sleep(0.1)
    raise SystemExit("LibreOffice did not start")


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
    for path in sys.argv[2:]:
        url = uno.systemPathToFileUrl(path)
        document = desktop.loadComponentFromURL(url, "_blank", 0, (property_value("Hidden", True),))
        print(json.dumps(values(document)), flush=True)
        document.close(True)
finally:
    desktop.terminate()
    process.wait(60)
