"""The engines' own faults, reproduced without perfxl; an upgrade that mends one fails here."""

from __future__ import annotations

import io

import openpyxl
import pytest

from tests.engines.recalculated import ENGINES

from .faults import FAULTS, Fault


def _workbook(fault: Fault) -> bytes:
    book = openpyxl.Workbook()
    sheet = book.active
    sheet.title = "S"
    sheet["A1"] = fault.typed
    sheet["B1"] = f"={fault.through}"
    sheet["C1"] = f"={fault.formula}"
    made = io.BytesIO()
    book.save(made)
    return made.getvalue()


def _answer(engine: str, fault: Fault) -> object:
    (calculated,) = ENGINES[engine]([_workbook(fault)])
    return calculated("S", "C1")


class DescribeEngineFaults:
    @pytest.mark.parametrize("fault", FAULTS, ids=lambda fault: f"{fault.engine}: {fault.what}")
    def it_is_still_there_and_others_agree(self, fault: Fault) -> None:
        assert _answer(fault.engine, fault) == fault.answers
        assert {engine: _answer(engine, fault) for engine in fault.agree} == dict.fromkeys(fault.agree, fault.should)
