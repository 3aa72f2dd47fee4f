"""The commands, run as a user runs them, on real workbooks."""

from __future__ import annotations

import json
import re
import shutil
import subprocess
from pathlib import Path

import pytest
from made_departments import HEBEI, ROOT, seed_book

from perfxl.form.records import Book
from perfxl.publish.office import office_path
from perfxl.publish.sources import import_file, read_source
from perfxl.publish.workbooks import workbook_of
from tests import command

OFFICE = pytest.mark.skipif(not office_path(), reason="LibreOffice is not installed")
NAME = "657遵化市房屋征收中心绩效文本"


def perfxl(*arguments: object) -> tuple[int, str]:
    """Exit code and output; a traceback fails the test."""
    done = command.perfxl(*arguments)
    return done.returncode, done.stdout + done.stderr


def answer(*arguments: object) -> tuple[int, dict[str, object]]:
    code, text = perfxl(*arguments, "--json")
    found: dict[str, object] = json.loads(text)
    return code, found


@pytest.fixture(scope="module")
def workbook() -> bytes:
    return workbook_of(HEBEI, seed_book())


@pytest.fixture
def folder(tmp_path: Path, workbook: bytes) -> Path:
    place = tmp_path / "收回"
    place.mkdir()
    (place / "657001.xlsx").write_bytes(workbook)
    return place


def data(books: list[Book] | tuple[Book, ...]) -> list[object]:
    """What books say, without where an empty row or sheet was."""
    return [
        [(record.sheet, {name: raw for name, raw in record.raws.items() if raw is not None},
          {group: [(row.block, {name: raw for name, raw in row.raws.items() if raw is not None}) for row in rows]
           for group, rows in record.rows.items() if rows})
         for record in book.all() if record.begun]
        for book in books
    ]  # fmt: skip


class DescribePublish:
    def it_publishes_a_folder_by_department(self, folder: Path, tmp_path: Path) -> None:
        code, told = answer("publish", folder, "-o", tmp_path / "out", "--html", "--markdown")
        files = [Path(file).name for file in told["files"]]  # type: ignore[attr-defined]
        assert (code, files) == (0, [f"{NAME}.docx", f"{NAME}.html", f"{NAME}.md"])
        assert (told["departments"], told["tables"], told["missing"], told["left_out"]) == (1, 2, [], [])
        assert sorted(path.name for path in (tmp_path / "out").iterdir()) == sorted(files)

    def it_publishes_a_store(self, folder: Path, tmp_path: Path) -> None:
        store = tmp_path / "汇总库.db"
        assert perfxl("consolidate", folder, "-o", tmp_path / "汇总.xlsx", "--store", store)[0] == 0
        assert perfxl("publish", store, "-o", tmp_path / "out")[0] == 0
        assert data(import_file(HEBEI, tmp_path / "out" / f"{NAME}.docx").books) == data([seed_book()])

    def it_lists_what_is_left_out_and_strict_refuses(self, folder: Path, tmp_path: Path) -> None:
        faulty = seed_book()
        faulty.cover.raws["unit_code"] = "657002"
        faulty.sheets = faulty.sheets[1:2]
        faulty.sheets[0].raws.update(code="13028123P00028410003U", budget=99.0)
        (folder / "错.xlsx").write_bytes(workbook_of(HEBEI, faulty))
        (folder / "坏.xlsx").write_bytes(b"")
        code, told = answer("publish", folder, "-o", tmp_path / "out")
        left_out = [(Path(each["file"]).name, each["state"]) for each in told["left_out"]]  # type: ignore[attr-defined]
        assert (code, sorted(left_out)) == (1, [("坏.xlsx", "unreadable"), ("错.xlsx", "returned")])
        code, text = perfxl("publish", folder, "-o", tmp_path / "strict", "--strict")
        assert (code, "[W10]" in text, (tmp_path / "strict").exists()) == (2, True, False)

    def it_limits_to_a_project(self, folder: Path, tmp_path: Path) -> None:
        code, told = answer("publish", folder, "-o", tmp_path / "out", "--project", "13028123P00028210002H")
        assert (code, told["tables"]) == (0, 1)
        (book,) = import_file(HEBEI, tmp_path / "out" / f"{NAME}.docx").books
        assert [sheet.sheet for sheet in book.sheets] == ["department", "project"]
        assert book.sheets[1].raws["name"] == "综合办公经费"
        assert perfxl("publish", folder, "-o", tmp_path / "out", "--unit", "999999")[0] == 2

    def it_refuses_a_faulty_template_with_tag_and_paragraph(self, folder: Path, tmp_path: Path) -> None:
        from test_template import own

        mine = tmp_path / "my.docx"
        mine.write_bytes(own("{{ department.name }}", "编码 {{ department.kode }}"))
        code, text = perfxl("publish", folder, "-o", tmp_path / "out", "--template", mine)
        assert code == 2
        assert "模板标记 {{ department.kode }} 有误" in text
        assert "所在段落“编码 {{ department.kode }}”" in text

    def it_lists_the_fields(self) -> None:
        code, text = perfxl("publish", "--fields")
        assert code == 0
        assert "project.narrative" in text
        assert "row.starts_level1" in text

    @pytest.mark.parametrize(
        ("arguments", "code"),
        [
            (["publish"], "C03"),
            (["publish", "无此文件夹", "-o", "x"], "C01"),
            (["publish", ".", "-o", "x", "--form", "无"], "F01"),
            (["diff", "无", "无"], "C01"),
        ],
    )
    def it_answers_wrong_usage_with_a_code(self, arguments: list[str], code: str, folder: Path) -> None:
        arguments = [str(folder) if each == "." else each for each in arguments]
        status, text = perfxl(*arguments)
        assert (status, f"[{code}]" in text) == (2, True)

    @pytest.mark.office
    @OFFICE
    def it_makes_a_pdf_with_the_right_page_numbers_in_its_contents(self, folder: Path, tmp_path: Path) -> None:
        if shutil.which("pdftotext") is None:
            pytest.skip("pdftotext is not installed")
        assert perfxl("publish", folder, "-o", tmp_path / "out", "--pdf")[0] == 0
        pdf = tmp_path / "out" / f"{NAME}.pdf"
        text = subprocess.run(["pdftotext", "-layout", pdf, "-"], capture_output=True, text=True, check=True).stdout
        pages = text.replace(" ", "").split("\f")
        entries = [re.split(r"\.{4,}", line) for line in pages[1].splitlines() if "...." in line]
        assert [number for _, number in entries] == ["1", "1", "1", "2", "3", "3", "4"]
        for title, number in entries:
            page = next(page for page in pages[2:] if title in page)
            assert page.rstrip().endswith(f"—{number}—")


class DescribeImport:
    def it_goes_all_the_way_round(self, tmp_path: Path) -> None:
        code, told = answer("import", ROOT / "workbooks" / "seed.txt", "-o", tmp_path / "in")
        assert (code, told["unplaced"], told["faults"]) == (0, [], [])
        assert perfxl("consolidate", tmp_path / "in", "-o", tmp_path / "汇总.xlsx")[0] == 0
        assert perfxl("publish", tmp_path / "in", "-o", tmp_path / "out")[0] == 0
        code, told = answer("import", tmp_path / "out" / f"{NAME}.docx", "-o", tmp_path / "again")
        assert (code, told["unplaced"]) == (0, [])
        first, second = (read_source([tmp_path / name]).books for name in ("in", "again"))
        assert data(first) == data(second) == data([seed_book()])

    def it_makes_room_for_more_rows_than_the_form_has(self, tmp_path: Path) -> None:
        book = seed_book()
        rows = book.sheets[1].rows["indicators"]
        rows[1:1] = [type(rows[0])(0, slot, {**rows[0].raws, "indicator": f"第{slot}项"}) for slot in range(1, 8)]
        (tmp_path / "many.xlsx").write_bytes(workbook_of(HEBEI, book))
        assert data(read_source([tmp_path / "many.xlsx"]).books) == data([book])

    def it_says_what_it_could_not_place_and_goes_on(self, tmp_path: Path) -> None:
        text = (ROOT / "workbooks" / "seed.txt").read_text("utf-8").replace("\t满意度指标\n", "\t其他\n", 1)
        (tmp_path / "last.txt").write_text(text, "gb18030")
        (tmp_path / "bad.docx").write_bytes(b"PK\x03\x04")
        (tmp_path / "other.txt").write_text("一封信", "utf-8")
        files = [tmp_path / name for name in ("bad.docx", "other.txt", "last.txt")]
        code, told = answer("import", *files, "-o", tmp_path / "in")
        assert code == 2
        assert [Path(each).name for each in told["workbooks"]] == ["657001_遵化市房屋征收中心本级_2023.xlsx"]  # type: ignore[attr-defined]
        (unplaced,) = told["unplaced"]  # type: ignore[misc]
        assert (unplaced["reason"], unplaced["line"]) == ("不是本表样的行", 123)
        assert [fault.split("[")[-1] for fault in told["faults"]] == ["W01]", "W08]"]  # type: ignore[attr-defined]


class DescribeDiff:
    def it_compares_workbooks_with_a_document(self, folder: Path, tmp_path: Path) -> None:
        assert perfxl("publish", folder, "-o", tmp_path / "out")[0] == 0
        changed = seed_book()
        changed.sheets[1].raws.update(budget=1.0, fiscal=1.0)
        changed.sheets[1].rows["indicators"][0].raws["value"] = "≥80%"
        (tmp_path / "new.xlsx").write_bytes(workbook_of(HEBEI, changed))
        code, told = answer("diff", tmp_path / "out" / f"{NAME}.docx", tmp_path / "new.xlsx", "-o", tmp_path / "d.xlsx")
        kinds = [(each["kind"], each["before"], each["after"]) for each in told["changes"]]  # type: ignore[attr-defined]
        assert (code, kinds) == (0, [("money", "0.85", "1"), ("money", "0.85", "1"), ("lowered", "≥90%", "≥80%")])
        assert (tmp_path / "d.xlsx").is_file()
        assert "没有变化" in perfxl("diff", folder, tmp_path / "out" / f"{NAME}.docx")[1]
