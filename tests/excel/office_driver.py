"""Runs macros of the add-in in LibreOffice: ``/usr/bin/python3 office_driver.py PROFILE``.

Stands alone, since the UNO bridge belongs to the system's Python.  Each line
read is a JSON list of steps (see hosts.py), each line written the list of
answers; LibreOffice runs until the input ends.
"""

import contextlib
import json
import os
import subprocess
import sys
import time

import uno
from com.sun.star.beans import PropertyValue

PROBE = """Option VBASupport 1
Function Probe() As String
    On Error GoTo failed
    {call}
    Probe = "ok"
    Exit Function
failed:
    Probe = "error " & Err.Number & ": " & Err.Description
End Function
"""


def value(name, content):
    found = PropertyValue()
    found.Name, found.Value = name, content
    return found


class Host:
    def __init__(self, desktop):
        self.desktop = desktop
        self.addin = None
        self.book = None
        self.probes = 0

    def open_addin(self, path):
        options = (value("MacroExecutionMode", 4), value("FilterName", "Calc MS Excel 2007 VBA XML"))
        self.addin = self.desktop.loadComponentFromURL(uno.systemPathToFileUrl(path), "_blank", 0, options)

    def open(self, path):
        options = (value("MacroExecutionMode", 4),)
        self.book = self.desktop.loadComponentFromURL(uno.systemPathToFileUrl(path), "_blank", 0, options)

    def close(self):
        for document in (self.book, self.addin):
            document.close(True)

    def run(self, call):
        self.probes += 1
        name = f"Probe{self.probes}"
        library = self.addin.BasicLibraries.getByName("VBAProject")
        library.insertByName(name, PROBE.replace("{call}", call))
        uri = f"vnd.sun.star.script:VBAProject.{name}.Probe?language=Basic&location=document"
        started = time.perf_counter()
        answer = self.addin.getScriptProvider().getScript(uri).invoke((), (), ())[0]
        self.took = time.perf_counter() - started
        return answer

    def took_seconds(self):
        return self.took

    def _cell(self, sheet, address):
        return self.book.Sheets.getByName(sheet).getCellRangeByName(address)

    def get(self, sheet, address):
        cell = self._cell(sheet, address)
        kind = cell.Type.value
        if kind == "EMPTY":
            return None
        if kind == "VALUE" or (kind == "FORMULA" and cell.FormulaResultType2 == 1):
            return cell.Value
        return cell.String

    def formula(self, sheet, address):
        return self._cell(sheet, address).Type.value == "FORMULA"

    def put(self, sheet, address, content):
        cell = self._cell(sheet, address)
        if isinstance(content, str):
            cell.String = content
        else:
            cell.Value = content

    def hidden(self, sheet):
        rows = self.book.Sheets.getByName(sheet).Rows
        return [number + 1 for number in range(60) if not rows.getByIndex(number).IsVisible]

    def activate(self, sheet):
        self.book.CurrentController.setActiveSheet(self.book.Sheets.getByName(sheet))

    def select(self, sheet, address):
        self.activate(sheet)
        self.book.CurrentController.select(self._cell(sheet, address))

    def selection(self):
        chosen = self.book.CurrentSelection
        address = chosen.RangeAddress
        sheet = self.book.Sheets.getByIndex(address.Sheet)
        cell = sheet.getCellByPosition(address.StartColumn, address.StartRow)
        return cell.AbsoluteName.replace("$", "").replace("'", "").replace(".", "!")

    def _store(self):
        return self.addin.Sheets.getByName("px")

    def _row(self, key):
        row = 1
        while self._store().getCellByPosition(3, row).String not in ("", key):
            row += 1
        return row

    def state(self, key):
        return self._store().getCellByPosition(4, self._row(key)).String

    def set_state(self, key, text):
        row = self._row(key)
        self._store().getCellByPosition(3, row).String = key
        self._store().getCellByPosition(4, row).String = text


def main():
    pipe = f"perfxl{os.getpid()}"
    office = subprocess.Popen(
        ["soffice", f"-env:UserInstallation={sys.argv[1]}", "--headless", "--norestore", f"--accept=pipe,name={pipe};urp;"],
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    try:
        desktop = connect(pipe)
        for line in sys.stdin:
            host = Host(desktop)
            answers = [getattr(host, name)(*arguments) for name, *arguments in json.loads(line)]
            host.close()
            print(json.dumps(answers, ensure_ascii=True), flush=True)
        with contextlib.suppress(Exception):
            desktop.terminate()
        office.wait(30)
    finally:
        if office.poll() is None:
            office.kill()


def connect(pipe):
    local = uno.getComponentContext()
    resolver = local.ServiceManager.createInstanceWithContext("com.sun.star.bridge.UnoUrlResolver", local)
    for _ in range(150):
        try:
            remote = resolver.resolve(f"uno:pipe,name={pipe};urp;StarOffice.ComponentContext")
            return remote.ServiceManager.createInstanceWithContext("com.sun.star.frame.Desktop", remote)
        except Exception:
            time.sleep(0.2)
    raise SystemExit("LibreOffice does not answer")


main()
