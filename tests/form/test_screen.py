"""The batch's quick way over a book finds what running check by check finds."""

from __future__ import annotations

from itertools import count, islice, product

import pytest

from perfxl.form.library import find_form
from perfxl.form.model import Form
from perfxl.form.records import Book, Row, SheetRecord
from perfxl.form.screen import failures_of
from perfxl.rules.types import Raw
from tests.conformance import pools
from tests.conformance.harness import batch_differences
from tests.conformance.suite import Suite


@pytest.mark.parametrize("form_id", ["hebei-2023", "national-2021"])
class DescribeScreening:
    def it_finds_what_every_check_alone_finds_in_the_same_order(self, form_id: str) -> None:
        form = find_form(form_id)
        failed: set[int] = set()
        for _, made in islice(Suite(form), 150):
            assert list(batch_differences(form, made)) == []
            failed |= {failure.check.number for failures in failures_of(form, made) for failure in failures}
        assert {f"{check.rule} {check.field}" for check in form.checks if check.number not in failed} == set()


# --- one hurting value among plain ones ------------------------------------------------

_HURTING: list[Raw] = [
    *pools.BLANKS, *pools.BROKEN, *pools.TEXTS, *pools.TARGETS, *pools.MONEY,
    "İ", "ſ", "ß", "ẞ", "Σ", "ς", "\u212a", "e\u0301", "\u200b", "\ufeff", "\ud83d", "٣", "字" * 5_000, "xx", "ＸＸ", "\x00",
    "a\u2003b",
]  # fmt: skip


def plain_book(form: Form) -> Book:
    """A cover, every sheet once and a second of what repeats, all rows filled with ordinary, different values."""
    plain: dict[str, Raw] = {"money": 10.0, "percent": 1.0, "number": 5.0, "target": "≥95%"}
    names = count()

    def value(name: str) -> Raw:
        each = form.fields[name]
        if each.type_name == "choice":
            return next(iter(each.options))
        return plain.get(each.type_name) or f"道路桥梁养护工作第{next(names)}项内容"

    book = Book()
    book.cover.raws = {name: value(name) for name in form.cover}
    for sheet in form.sheets.values():
        for ordinal in range(1, 3 if sheet.repeats else 2):
            raws = {each.name: value(each.name) for each in form.entry_fields(sheet.id) if not each.group}
            rows = {
                name: [Row(block, 0, {each: value(each) for each in group.fields}) for block in range(len(group.blocks))]
                for name, group in form.groups.items()
                if group.sheet == sheet.id
            }
            book.sheets.append(SheetRecord(sheet.id, ordinal, raws, rows))
    return book


@pytest.mark.parametrize("form_id", ["hebei-2023", "national-2021"])
class DescribeScreeningOfPlainBooks:
    @pytest.mark.parametrize("step", [29, pytest.param(1, marks=pytest.mark.long)])
    def it_finds_what_every_check_alone_finds_wherever_one_value_hurts(self, form_id: str, step: int) -> None:
        form = find_form(form_id)
        assert list(batch_differences(form, plain_book(form))) == []
        for place, hurting in islice(product(range(len(_places(plain_book(form)))), _HURTING), 0, None, step):
            book = plain_book(form)
            raws, name = _places(book)[place]
            raws[name] = hurting
            assert list(batch_differences(form, book)) == [], (name, hurting)

    def it_finds_what_every_check_alone_finds_where_rows_are_alike_or_missing(self, form_id: str) -> None:
        form = find_form(form_id)
        for at in range(len(plain_book(form).sheets)):
            for record in (changed := plain_book(form)).sheets[at : at + 1]:
                for name, rows in record.rows.items():
                    record.rows[name] = [*rows[1:], *rows[1:2]]
            assert list(batch_differences(form, changed)) == []
            for record in (changed := plain_book(form)).sheets[at : at + 1]:
                record.rows.clear()
            assert list(batch_differences(form, changed)) == []
            for record in (changed := plain_book(form)).sheets[at : at + 1]:
                record.raws.clear()
                for rows in record.rows.values():
                    rows[0].raws.popitem()
            assert list(batch_differences(form, changed)) == []


def _places(book: Book) -> list[tuple[dict[str, Raw], str]]:
    """Every cell of the cover, and of the first and the last row of each sheet."""
    found = [(record.raws, name) for record in book.all() for name in record.raws]
    for record in book.sheets:
        found += [(row.raws, name) for rows in record.rows.values() for row in (rows[0], rows[-1]) for name in row.raws]
    return found
