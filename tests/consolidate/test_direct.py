"""A submission straight to rows is the same as by way of its content."""

from __future__ import annotations

import json
from itertools import islice
from random import Random

import pytest

from perfxl.check import Condition, Submission
from perfxl.check.intake import submission_of
from perfxl.check.run import findings_of
from perfxl.consolidate.content import content_of
from perfxl.consolidate.direct import submission_rows
from perfxl.consolidate.rows import Rows, rows_of
from perfxl.consolidate.store import Store
from perfxl.form.library import find_form
from perfxl.form.records import Book, RowKey
from perfxl.workbook.places import SheetPlace
from perfxl.workbook.said import NotedKey
from tests.conformance.suite import Suite


def made(form_id: str, seed: int, found: Book) -> Submission:
    """A submission of the book, explained here and there, some cells without a known place."""
    form, rng = find_form(form_id), Random(seed)
    places = []
    stale: dict[NotedKey, frozenset[str]] = {}
    for number, record in enumerate(found.all()):
        place = SheetPlace(f"表{number}")
        place.cells = {name: f"B{at}" for at, name in enumerate(record.raws) if rng.random() < 0.9}
        for name, rows in record.rows.items():
            for row in rows:
                cells = {field: f"C{row.block}{row.slot}" for field in row.raws if rng.random() < 0.7}
                place.rows[name, row.block, row.slot] = cells
            key = RowKey(name, rows[0].block, rows[0].slot)
            record.explanations[key] = "确有其事，已核对"
            if rng.random() < 0.2:
                stale[record.sheet, record.ordinal, key] = frozenset()
        places.append(place)
    return Submission(
        file="a.xlsx",
        sha256=f"{seed:064x}",
        condition=Condition.READ,
        size=5,
        modified="2022-10-01T00:00:00Z",
        form=form,
        book=found,
        places=places,
        findings=findings_of(form, found, places, "a.xlsx"),
        meta={"form": form_id, "名": "“值”"},
        stale=stale,
    )


def said(rows: Rows) -> list[object]:
    """The rows with what is written in them as JSON: numbers may be spelled differently (1e-5, 1e-05)."""

    def read(value: object) -> object:
        return json.loads(value) if isinstance(value, str) and value[:1] in ("{", "[") else value

    return [rows.sha256, *([[read(value) for value in row] for row in table] for table in rows[1:])]


@pytest.mark.parametrize("form_id", ["hebei-2023", "national-2021"])
class DescribeSubmissionRows:
    def it_writes_what_the_content_holds(self, form_id: str) -> None:
        for seed, (_, found) in enumerate(islice(Suite(find_form(form_id)), 120)):
            one = made(form_id, seed, found)
            assert said(submission_rows(one, "reader")) == said(rows_of(content_of(one), "reader")), seed

    @pytest.mark.parametrize("where", ["value", "title", "meta"])
    def it_replaces_lone_surrogates_wherever_they_stand(self, form_id: str, where: str) -> None:
        form = find_form(form_id)
        found = next(found for _, found in Suite(form) if found.projects(form))
        one = made(form_id, 4, found)
        assert one.book is not None
        if where == "value":
            one.book.cover.raws["contact"] = "张\ud800三"
        elif where == "title":
            for place in one.places:
                place.title += "\udc00"
        else:
            one.meta["名"] = "\udfff"
        rows = submission_rows(one, "reader")
        assert rows == rows_of(content_of(one), "reader")
        with Store() as store:
            store.insert([rows])
            kept = store.rows("SELECT meta FROM content")
            assert "\ufffd" in repr([store.book(one.sha256), store.contents({"a.xlsx": one.sha256}), kept])


class DescribeWhatWasNotRead:
    def it_keeps_the_reason(self) -> None:
        one = submission_of(b"no workbook", "a.xlsx")
        assert submission_rows(one, "reader") == rows_of(content_of(one), "reader")
        assert submission_rows(one, "reader").finding
