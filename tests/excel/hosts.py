"""Two hosts that run the built add-in's macros: LibreOffice and pyOpenVBA's interpreter.

Both play the same steps, tuples of a name and arguments:

=========================  ==========================================================
``run, VBA``               run these VBA statements; answers "ok" or the error
``get, sheet, cell``       the value of a cell (``None`` if empty)
``formula, sheet, cell``   whether it holds a formula
``put, sheet, cell, x``    type a value
``select, sheet, cell``    select a cell
``selection``              "sheet!cell" of the active cell
``hidden, sheet``          the numbers of the hidden rows
``state, key``             what the add-in keeps: "message", "status"
=========================  ==========================================================

Messages are kept, not shown, and every question is answered with ``answer``.
"""

from __future__ import annotations

import json
import shutil
import subprocess
import threading
from abc import ABC, abstractmethod
from pathlib import Path

from pyopenvba import ExcelFile
from pyopenvba.apps.excel import ExcelApplication

from tests.engines import libreoffice

Step = tuple[object, ...]
_SYSTEM_PYTHON = "/usr/bin/python3"
_LIMIT = 120.0
_SILENT = ("put", "select", "set_state", "open", "open_addin")


class Host(ABC):
    """Plays steps on one workbook, with the add-in loaded."""

    @abstractmethod
    def answers(self, addin: Path, book: Path, steps: list[Step]) -> list[object]:
        """One answer per step."""

    def play(self, addin: Path, book: Path, *steps: Step, answer: str = "yes") -> list[object]:
        """The answers of the steps that give one; a macro that fails fails the test."""
        first: list[Step] = [("set_state", "unattended", "yes"), ("set_state", "answer", answer)]
        found = []
        for step, given in zip([*first, *steps], self.answers(addin, book, [*first, *steps]), strict=True):
            if step[0] == "run":
                assert given == "ok", (step, given)
            elif step[0] not in _SILENT:
                found.append(given)
        return found


class Office(Host):
    """LibreOffice, driven through UNO by the system's Python."""

    name = "LibreOffice"

    def __init__(self) -> None:
        self.driver: subprocess.Popen[str] | None = None

    def answers(self, addin: Path, book: Path, steps: list[Step]) -> list[object]:
        libreoffice.require()
        if self.driver is None:
            self.driver = self._start()
        assert self.driver.stdin is not None and self.driver.stdout is not None
        self.driver.stdin.write(json.dumps([("open_addin", str(addin)), ("open", str(book)), *steps]) + "\n")
        self.driver.stdin.flush()
        stuck = threading.Timer(_LIMIT, self.driver.kill)
        stuck.start()
        answer = self.driver.stdout.readline()
        stuck.cancel()
        assert answer, "LibreOffice gave no answer"
        return list(json.loads(answer))[2:]

    def _start(self) -> subprocess.Popen[str]:
        profile = libreoffice.profile().with_name(libreoffice.profile().name + "-macros")
        shutil.copytree(libreoffice.profile(), profile, dirs_exist_ok=True)
        command = [_SYSTEM_PYTHON, str(Path(__file__).with_name("office_driver.py")), profile.as_uri()]
        return subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)

    def close(self) -> None:
        """Let LibreOffice end."""
        if self.driver is not None:
            self.driver.communicate(timeout=60)
            self.driver = None


class Interpreter(Host):
    """pyOpenVBA's Excel in memory; it has neither events nor classes with events."""

    name = "pyOpenVBA"

    def answers(self, addin: Path, book: Path, steps: list[Step]) -> list[object]:
        self.app = ExcelApplication.open(addin, with_vba=False)
        self.addin = self.app.workbooks()[0]
        with ExcelFile(addin) as file:
            for module in file.vba_project().modules:
                if module.name not in ("PxEvents", "ThisWorkbook"):
                    self.app.add_module(module.source, name=module.name, kind="standard")
        self.book = self.app.open_workbook(book)
        self.probes = 0
        return [getattr(self, f"_{name}")(*arguments) for name, *arguments in steps]

    def _run(self, code: str) -> str:
        self.probes += 1
        name = f"Probe{self.probes}"
        self.app.add_module(f"Sub {name}()\n{code}\nEnd Sub\n", name=f"M{name}")
        self.app.run(name)
        return "ok"

    def _get(self, sheet: str, cell: str) -> object:
        return self.app.sheet(sheet, workbook=self.book).value(cell)

    def _formula(self, sheet: str, cell: str) -> bool:
        return self.app.sheet(sheet, workbook=self.book).formula(cell).startswith("=") and bool(
            self.app.evaluate(f'ActiveWorkbook.Worksheets("{sheet}").Range("{cell}").HasFormula')
        )

    def _put(self, sheet: str, cell: str, content: object) -> None:
        self.app.sheet(sheet, workbook=self.book).set_value(cell, content)

    def _select(self, sheet: str, cell: str) -> None:
        self._run(f'ActiveWorkbook.Worksheets("{sheet}").Activate\nActiveSheet.Range("{cell}").Select')

    def _selection(self) -> object:
        return str(self.app.evaluate('ActiveSheet.Name & "!" & ActiveCell.Address')).replace("$", "")

    def _hidden(self, sheet: str) -> list[int]:
        rows = f'ActiveWorkbook.Worksheets("{sheet}").Rows'
        return [number for number in range(1, 61) if self.app.evaluate(f"{rows}({number}).Hidden")]

    def _state(self, key: str) -> object:
        return self.app.evaluate(f'PxState("{key}")')

    def _set_state(self, key: str, text: str) -> None:
        self.app.run("PxSetState", key, text)
