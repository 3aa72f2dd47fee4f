"""What the seal of a returned workbook says against what its cells hold."""

from __future__ import annotations

from collections.abc import Iterator
from functools import lru_cache

from ..form.evaluate import Held
from ..form.model import COVER, Form, Severity
from ..rules.types import shown
from ..rules.values import plain
from ..workbook.read import Fault, Reading
from ..workbook.seal import KeyRing, Locked, Seal, SealFault, open_seal, same_value

__all__ = ["seal_faults", "unit_rule"]


def seal_faults(reading: Reading, ring: KeyRing) -> tuple[Seal | SealFault, list[Fault]]:
    """The seal, if it is valid, and what is wrong: I20–I22, or the prefilled values that were changed.

    Another unit's code or name in the cells is the batch's part of the rule
    that wants them filled (DOMAIN, U01); any other prefilled value is I23.
    """
    seal = open_seal(ring, reading.meta, reading.form, reading.plan)
    if isinstance(seal, SealFault):
        values = {"task": seal.task} if seal.code == "I22" else {}
        return seal, [Fault(code=seal.code, values=values)]
    return seal, list(_changed(reading, seal))


def _changed(reading: Reading, seal: Seal) -> Iterator[Fault]:
    form = reading.form
    unit = {form.roles["unit_code"]: seal.unit, form.roles["unit_name"]: seal.name}
    sealed = [Locked(COVER, 1, name, value) for name, value in unit.items()]
    sealed += [each for each in seal.locked if each.sheet != COVER or each.field not in unit]
    records = {
        (record.sheet, record.ordinal): (record, place)
        for record, place in zip(reading.book.all(), reading.places, strict=True)
    }
    for each in sealed:
        if (each.sheet, each.ordinal) not in records:
            continue  # The missing sheet is told by itself.
        record, place = records[each.sheet, each.ordinal]
        found = record.raws.get(each.field)
        if same_value(each.value, found):
            continue
        expected = each.value if isinstance(each.value, str) else plain(each.value)
        yield Fault(
            code="I24" if each.sheet == COVER and each.field in unit else "I23",
            sheet=place.title,
            cell=place.cells.get(each.field, ""),
            field=each.field,
            value=shown(found),
            values={"label": form.fields[each.field].label, "expected": expected},
        )


def unit_rule(form: Form) -> str:
    """The rule with a formula about the unit code, "" if the form has none."""
    return _unit_rule(Held(form))


@lru_cache(maxsize=16)
def _unit_rule(held: Held) -> str:
    form = held.form
    code = form.roles["unit_code"]
    wanted = (each for each in form.checks if each.field == code and each.severity is Severity.ERROR)
    return next((each.rule for each in wanted if each.formula is not None), "")


