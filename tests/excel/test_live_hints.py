"""Hints of batch-only rules in the status bar: from the open workbook through PX_HINTS and back.

The cells are gathered by the macro in a running host, judged through xlwings' own entry
point, and the answer is shown by the macro; only the COM call between them is missing here.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

import openpyxl

from perfxl.check import read_submission
from tests.excel.conftest import FORM, built, seed
from tests.excel.hosts import Host, Office
from tests.excel.test_functions import call, server

GATHER = """
Dim table As Variant
Dim row As Long
Dim column As Long
Dim piece As Long
Dim text As String
table = PxHintsTable(ActiveWorkbook)
text = UBound(table, 1) & vbTab & UBound(table, 2)
For row = 1 To UBound(table, 1)
    For column = 1 To UBound(table, 2)
        If CStr(table(row, column)) <> "" Then
            text = text & vbLf & row & vbTab & column & vbTab & VarType(table(row, column)) & vbTab & _
                Replace(CStr(table(row, column)), vbLf, Chr(1))
        End If
    Next
Next
For piece = 0 To 9
    PxSetState "part" & piece, Mid$(text, piece * 20000 + 1, 20000)
Next
"""
TEXT = 8
PIECES = [("state", f"part{piece}") for piece in range(10)]


def table_of(pieces: list[object]) -> list[list[Any]]:
    """The table that the macro gathered, as xlwings gets it."""
    head, *lines = "".join(str(piece) for piece in pieces).split("\n")
    rows, columns = map(int, head.split("\t"))
    table: list[list[Any]] = [[""] * columns for _ in range(rows)]
    for line in lines:
        row, column, kind, text = line.split("\t", 3)
        table[int(row) - 1][int(column) - 1] = text.replace("\1", "\n") if int(kind) == TEXT else float(text)
    return table


def shown(answer: list[list[str]]) -> str:
    """VBA that hands an answer of PX_HINTS to the add-in."""
    lines = [f"Dim answer(0 To {len(answer) - 1}, 0 To {len(answer[0]) - 1}) As Variant"]
    for row, cells in enumerate(answer):
        for column, text in enumerate(cells):
            coded = " & ".join(f"ChrW({ord(letter)})" for letter in text) or '""'
            lines.append(f"answer({row}, {column}) = {coded}")
    return "\n".join([*lines, "PxHintsTake ActiveWorkbook, answer"])


def batch_only(path: Path) -> list[list[str]]:
    """What only the batch finds in a file."""
    judges = {judge.id for judge in FORM.judges}
    found = [each for each in read_submission(path).findings if each.rule in judges]
    return [[each.sheet, each.cell, each.rule, each.severity.label, each.message] for each in found]


class DescribeHintsWhileTyping:
    def it_shows_in_the_status_bar_what_the_batch_would_say(self, host: Host, addin: Path, good_book: Path) -> None:
        table = table_of(host.play(addin, good_book, ("run", GATHER), *PIECES))
        (answer,) = server(call("PX_HINTS", table))
        assert answer == batch_only(good_book)
        assert [line[2] for line in answer] == ["U03"]
        sheet, cell, _, _, message = answer[0]
        found = host.play(addin, good_book, ("run", shown(answer)), ("state", "status"))
        assert found == [f"绩效目标：有 2 处提示待说明  财政端审核另有 1 处提示，第 1 处 {sheet}!{cell}：{message}"]

    def it_judges_what_is_typed_not_what_is_saved(self, host: Host, addin: Path, good_book: Path) -> None:
        sheet = openpyxl.load_workbook(good_book)["项目02"]
        area = sheet.parent["项目02"].defined_names["c_indicator"].attr_text.rpartition("!")[2].replace("$", "")
        typed = [("put", "项目02", row[0].coordinate, f"另一指标{row[0].row}") for row in sheet[area] if row[0].value]
        assert typed
        table = table_of(host.play(addin, good_book, *typed, ("run", GATHER), *PIECES))
        (answer,) = server(call("PX_HINTS", table))
        assert [line for line in answer if line[2] == "U03"] == []

    def it_says_nothing_more_when_there_is_nothing(self, host: Host, addin: Path, good_book: Path) -> None:
        found = host.play(addin, good_book, ("run", shown([[""] * 5])), ("state", "status"))
        assert found == ["绩效目标：有 2 处提示待说明"]

    def it_gives_up_with_the_reason_in_about(self, host: Host, addin: Path, good_book: Path) -> None:
        (answer,) = server(call("PX_HINTS", [["_perfxl", "x", "y"]]))
        assert len(answer) == 1 and str(answer[0][0]).startswith("错误：")
        steps = [("run", shown(answer)), ("run", "PxAbout"), ("state", "message")]
        assert str(host.play(addin, good_book, *steps)[0]).endswith(f"\n财政端提示已停用：{answer[0][0]}")

    def it_asks_nobody_where_python_is_missing(self, office: Office, addin: Path, good_book: Path) -> None:
        # The interpreter has no classes with events.
        steps = [("run", "PxStart"), ("run", "PxHintsSoon"), ("run", "PxHintsNow"), ("run", "PxStop")]
        assert office.play(addin, good_book, *steps, ("run", "PxAbout"), ("state", "message")) == [
            office.play(addin, good_book, ("run", "PxAbout"), ("state", "message"))[0]
        ]

    def it_does_not_mix_up_workbooks(self, host: Host, addin: Path, good_book: Path, tmp_path: Path) -> None:
        other = tmp_path / "other name.xlsx"
        other.write_bytes(built(seed()))
        said = shown([["项目01", "A1", "U03", "提示", "x"]])
        code = f'{said}\nPxSetState "note", PxHintsNote(ThisWorkbook)'
        assert host.play(addin, other, ("run", code), ("state", "note")) == [""]
