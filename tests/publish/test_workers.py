"""Several processes make the same files as one, and hand faults over."""

from __future__ import annotations

import pytest
from made_departments import AS_OF, HEBEI, seed_book, template
from test_template import own

from perfxl.errors import PerfxlError
from perfxl.publish.department import Department, departments_of
from perfxl.publish.engine import DocumentTemplate
from perfxl.publish.run import Options, publish


def departments(count: int) -> list[Department]:
    books = [seed_book() for _ in range(count)]
    for number, book in enumerate(books):
        book.cover.raws["unit_code"] = f"{100 + number}001"
    return departments_of(HEBEI, books)


class DescribeWorkers:
    def it_makes_the_same_files_in_the_same_order(self) -> None:
        found = departments(12)
        one, two = (list(publish(found, template(), Options(as_of=AS_OF, jobs=jobs))) for jobs in (1, 2))
        assert [each.department.code for each in two] == [str(100 + number) for number in range(12)]
        assert [each.files for each in one] == [each.files for each in two]

    def it_hands_a_templates_fault_over(self) -> None:
        faulty = DocumentTemplate(own("{{ department.kode }}"), "my.docx")
        with pytest.raises(PerfxlError) as caught:
            list(publish(departments(3), faulty, Options(as_of=AS_OF, jobs=2)))
        assert (caught.value.code, caught.value.values["tag"]) == ("W02", "{{ department.kode }}")
