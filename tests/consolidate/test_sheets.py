"""The consolidated workbook as officers use it: tables, charts, further sheets, CSV; and what other programs read."""

from __future__ import annotations

import csv
import io
import re
import subprocess
import zipfile
from datetime import datetime
from decimal import Decimal
from itertools import pairwise
from pathlib import Path

import openpyxl
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from made_submissions import HEBEI, OTHER, book, finding, other_form, project, submission, unread
from openpyxl.utils import range_boundaries
from openpyxl.workbook import Workbook
from openxml_audit import OpenXmlValidator
from python_calamine import CalamineWorkbook
from test_consolidated_workbook import SECOND_ROW, build, column, some

from perfxl.check import Submission
from perfxl.consolidate import content_of, dataset_of
from perfxl.consolidate.dataset import Dataset
from perfxl.consolidate.roster import Roster, Unit
from perfxl.consolidate.run import consolidate_files
from perfxl.consolidate.sheets import build_workbook, draft, rows, write_workbook
from perfxl.consolidate.sheets.split import Slice, split
from perfxl.errors import PerfxlError
from perfxl.form.load import load_form
from perfxl.form.model import Severity
from perfxl.form.records import MICRO, Book, Row, SheetRecord
from tests.engines import libreoffice

AS_OF = datetime(2023, 3, 10, 9, 30)


def code(number: int) -> str:
    return f"13028123P{number:011d}W"


def departments(*sizes: int) -> list[Submission]:
    """As many units in each department as said, one project each."""
    units = [(f"{300 + at}{unit:03d}", at * 100 + unit) for at, size in enumerate(sizes, 1) for unit in range(1, size + 1)]
    return [submission(f"{unit}.xlsx", book(unit, f"单位{unit}", project(code(number), 1.5))) for unit, number in units]


def dataset(submissions: list[Submission], **more: object) -> Dataset:
    return dataset_of([content_of(each) for each in submissions], HEBEI, **more)  # type: ignore[arg-type]


def loaded(data: bytes) -> Workbook:
    return openpyxl.load_workbook(io.BytesIO(data))


def charts(data: bytes) -> list[str]:
    with zipfile.ZipFile(io.BytesIO(data)) as package:
        parts = [package.read(name).decode() for name in package.namelist() if name.startswith("xl/charts/chart")]
    return ["".join(re.findall(r"<a:t>([^<]*)</a:t>", part)) for part in parts]


class DescribeTables:
    def it_makes_named_tables_whose_headings_are_those_of_the_cells(self) -> None:
        units = {"657001": Unit(code="657001", name="本级"), "657009": Unit(code="657009", name="未报的")}
        found = loaded(build_workbook(dataset(some(), roster=Roster(units=units)), as_of=AS_OF))
        tables = {name: table for sheet in found for name, table in sheet.tables.items()}
        assert set(tables) == {"指标明细1", "校验问题1", "文件清单1", "报送情况"}
        for sheet in found:
            for table in sheet.tables.values():
                left, top, right, bottom = range_boundaries(table.ref)
                heads = [sheet.cell(top, each).value for each in range(left, right + 1)]
                assert [each.name for each in table.tableColumns] == heads
                assert len(set(heads)) == len(heads)
                assert table.autoFilter.ref == table.ref
                assert bottom > top and sheet.cell(bottom, 1).value is not None

    def it_makes_no_table_of_nothing(self) -> None:
        assert [len(sheet.tables) for sheet in loaded(build([unread("坏.xlsx")]))] == [0, 0, 1, 0, 0, 1]

    def it_tells_columns_apart_that_a_form_calls_alike(self) -> None:
        form = load_form(OTHER.replace('label = "事项"', 'label = "文件"'), "other.toml")
        record = SheetRecord("item", 1, {"what": "修路", "sum": 1.0}, {"steps": [Row(0, 0, {"step": "勘察"})]})
        made = Book(SheetRecord("cover", 1, {"org": "110", "org_name": "交通局"}), [record])
        sheet = loaded(build([submission("a.xlsx", made, form=form)], form))["指标明细"]
        heads = [cell.value for cell in sheet[3]]
        assert heads.count("文件") == heads.count("文件（2）") == 1

    def it_folds_away_where_rows_come_from(self) -> None:
        found = loaded(build(some()))
        for name in ("汇总表", "指标明细"):
            sheet = found[name]
            hidden = [cell.value for cell in sheet[3] if sheet.column_dimensions[cell.column_letter].hidden]
            assert hidden == ["文件", "工作表", "单元格"]
            link = next(cell for cell in sheet[4] if cell.value == "打开").hyperlink
            assert (link.target.startswith("收回/"), link.location[:3]) == (True, "'项目")

    def it_shows_numbers_whole(self) -> None:
        sheet = loaded(build([submission("a", book("657001", "本级", project(code(1), 99999999.0)))]))["汇总表"]
        assert sheet.column_dimensions["G"].width > len("99,999,999.00")


class DescribeCharts:
    def it_draws_progress_money_findings_and_targets(self) -> None:
        units = {each: Unit(code=each, name=each, office=office) for each, office in (("657001", "甲"), ("657009", "乙"))}
        data = build_workbook(dataset(some(), roster=Roster(units=units)), as_of=AS_OF)
        progress = ["报送进度", "各股室报送进度"]
        targets = ["各二级指标的指标值类型", "各二级指标的百分比指标值分布"]
        assert charts(data) == [*progress, "各主管部门预算数（万元）", "各规则的问题数", *targets]
        assert column(loaded(data), "图表", "单位数")[:2] == [1, 1]

    def it_draws_no_chart_of_nothing(self) -> None:
        assert charts(build([unread("坏.xlsx")])) == ["文件状态", "各规则的问题数"]
        assert "各规则的问题数" not in charts(build([submission()]))

    def it_knows_nothing_of_a_form(self) -> None:
        form = other_form()
        record = SheetRecord("item", 1, {"what": "修路", "sum": 1.0}, {"steps": [Row(0, 0, {"step": "勘察"})]})
        made = Book(SheetRecord("cover", 1, {"org": "110", "org_name": "交通局"}), [record])
        data = build([submission("a.xlsx", made, form=form)], form)
        assert charts(data) == ["文件状态", "各主管部门金额（元）", "各分组的条数"]
        assert column(loaded(data), "图表", "分组")[:2] == ["步骤", "风险"]

    def it_counts_targets_by_kind_and_height(self) -> None:
        made = book("657001", "本级", project(code(1)))
        values = ["≥90%", "不少于95％", "100%", "120%", "≤3天", "2023年12月底前", "优", "≥%", "5户"]
        for row, value in zip(made.sheets[0].rows["indicators"], values, strict=True):
            row.raws["value"] = value
        found = loaded(build([submission("a", made)]))["图表"]
        rows = {(header[0], tuple(row[1:])) for header, row in headed(found)}
        assert ("二级指标", (1, 0, 0, 0, 0, 0, None)) in rows
        totals = [sum(int(row[at] or 0) for header, row in headed(found) if header[1] == "不低于") for at in range(1, 7)]
        assert totals == [2, 1, 3, 1, 1, 1]
        shares = [sum(int(row[at] or 0) for header, row in headed(found) if header[1] == "<60%") for at in range(1, 8)]
        assert shares == [0, 0, 0, 1, 1, 1, 1]


def headed(sheet: openpyxl.worksheet.worksheet.Worksheet) -> list[tuple[list[object], list[object]]]:
    """Every row below a heading that begins with 二级指标, with that heading."""
    found, header = [], None
    for row in sheet.iter_rows(values_only=True, max_col=8):
        if row[0] == "二级指标":
            header = list(row)
        elif row[0] is None:
            header = None
        elif header:
            found.append((header, list(row)))
    return found


class DescribeFurtherSheets:
    def it_divides_by_department_and_says_so(self) -> None:
        data = build_workbook(dataset(departments(4, 4, 4)), as_of=AS_OF, most_rows=80)
        found = loaded(data)
        assert found.sheetnames[:3] == ["汇总表", "指标明细", "指标明细（2）"]
        assert "按主管部门分为 2 张，本表为第 2 张：主管部门 303" in str(found["指标明细（2）"]["A2"].value)
        assert [list(sheet.tables) for sheet in found][1:3] == [["指标明细1"], ["指标明细2"]]
        numbers = [*column(found, "指标明细", "序号"), *column(found, "指标明细（2）", "序号")]
        assert numbers == list(range(1, 109))

    def it_ties_sums_over_sheets(self) -> None:
        submissions = departments(4, 9, 4)
        whole, parts = (build_workbook(dataset(submissions), as_of=AS_OF, most_rows=rows) for rows in (1000, 12))
        found, one = (openpyxl.load_workbook(io.BytesIO(data), data_only=True) for data in (parts, whole))
        assert [name for name in found.sheetnames if name.startswith("汇总表")] == ["汇总表", "汇总表（2）", "汇总表（3）"]
        assert list(found["核对"].values) == list(one["核对"].values)
        assert column(found, "汇总表（3）", "预算数")[-1] == 25.5

    @given(st.lists(st.integers(1, 30), max_size=12), st.integers(3, 25), st.booleans())
    def it_keeps_every_row_and_its_order(self, sizes: list[int], room: int, subtotals: bool) -> None:
        slices = [Slice(str(at), rows) for at, rows in enumerate(sizes)]
        parts = split(slices, room, subtotals=subtotals)
        assert [each for part in parts for each in [s.department for s in part.slices for _ in range(s.rows)]] == [
            each.department for each in slices for _ in range(each.rows)
        ]
        assert all(part.rows + subtotals * len(part.slices) <= room for part in parts)
        for one, other in pairwise(parts):
            cut = one.slices[-1].department == other.slices[0].department
            if cut:
                assert sizes[int(other.slices[0].department)] + subtotals > room  # only what no sheet holds is cut


def converted(folder: Path, *paths: Path) -> list[Workbook]:
    """The workbooks as LibreOffice saves them."""
    profile = f"-env:UserInstallation={(folder / 'profile').as_uri()}"
    arguments = [profile, "--headless", "--convert-to", "xlsx", "--outdir", str(folder / "out"), *map(str, paths)]
    subprocess.run([libreoffice.require(), *arguments], check=True, capture_output=True, timeout=180)
    return [openpyxl.load_workbook(folder / "out" / path.name, data_only=True) for path in paths]


def csv_of(made: Dataset, most_rows: int = 1000) -> dict[str, bytes]:
    files: dict[str, io.BytesIO] = {}
    target = io.BytesIO()
    write_workbook(made, target, as_of=AS_OF, csv=lambda title: files.setdefault(title, io.BytesIO()), most_rows=most_rows)
    return {title: file.getvalue() for title, file in files.items()}


def csv_rows(content: bytes) -> list[list[str]]:
    return list(csv.reader(io.StringIO(content.decode("utf-8-sig"), newline="")))


class DescribeCsv:
    def it_holds_the_rows_of_every_list_once(self) -> None:
        found = csv_of(dataset(some()))
        assert set(found) == {"汇总表", "指标明细", "校验问题", "文件清单", "核对"}
        assert all(each.startswith(b"\xef\xbb\xbf") for each in found.values())
        rows = csv_rows(found["汇总表"])
        assert (rows[0][:3], rows[0][-4:]) == (["序号", "主管部门", "单位编码"], ["状态", "文件", "工作表", "单元格"])
        assert [row[6] for row in rows[1:]] == ["1234567.89", "10", "0.85", "125.005"]

    def it_has_one_file_for_several_sheets(self) -> None:
        rows = csv_rows(csv_of(dataset(departments(4, 4)), most_rows=40)["指标明细"])
        assert [row[0] for row in rows] == ["序号", *map(str, range(1, 73))]

    def it_is_written_beside_the_workbook_and_only_when_all_is_complete(self, tmp_path: Path) -> None:
        returned = next(Path(__file__).parents[2].glob("workbooks/657001_*.xlsx"))
        folder = tmp_path / "表"
        consolidate_files([returned], tmp_path / "汇总.xlsx", as_of=AS_OF, csv=folder)
        written = {path.name: path.read_bytes() for path in folder.iterdir()}
        assert set(written) == {"汇总表.csv", "指标明细.csv", "校验问题.csv", "文件清单.csv", "核对.csv"}
        assert len(csv_rows(written["指标明细.csv"])) == 19
        (folder / "核对.csv").unlink()
        (folder / "核对.csv").mkdir()  # cannot be replaced
        with pytest.raises(PerfxlError, match="C02"):
            consolidate_files([returned], tmp_path / "汇总.xlsx", as_of=datetime(2024, 1, 1), csv=folder)
        assert {path.name: path.read_bytes() for path in folder.iterdir() if path.is_file()} == {
            name: content for name, content in written.items() if name != "核对.csv"
        }
        assert loaded((tmp_path / "汇总.xlsx").read_bytes()).properties.modified == AS_OF

    @pytest.mark.parametrize("start", ["=", "+", "-", "@", "\t"])
    def it_quotes_what_would_be_taken_for_a_formula(self, start: str) -> None:
        hint = finding(Severity.HINT, value=f"{start}cmd")
        rows = csv_rows(csv_of(dataset([submission("a", None, hint)]))["校验问题"])
        assert rows[1][8] == f"'{start}cmd"


CHARACTERS = st.characters(codec="utf-8", exclude_categories=["Cc", "Cs"]) | st.sampled_from("\n=+-@<&>_x0041")
TEXTS = st.text(CHARACTERS, min_size=1, max_size=20)


class DescribeTexts:
    @pytest.mark.parametrize("most", [0, 2, 1000])
    def it_is_the_same_text_whether_shared_or_not(self, most: int, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(rows, "_LATEST", 1)
        monkeypatch.setattr(draft, "SharedStrings", lambda: rows.SharedStrings(most))
        made = dataset(departments(2, 2))
        data = build_workbook(made, as_of=AS_OF)
        found = loaded(data)
        for name, field in (("指标值", "value"), ("三级指标", "indicator")):
            assert column(found, "指标明细", name) == [row.indicator.values[field] for row in made.indicators]
        assert column(found, "指标明细", "项目编码") == [row.project.code for row in made.indicators]


class DescribeReadingBack:
    @settings(max_examples=12, deadline=None, suppress_health_check=[HealthCheck.too_slow])
    @given(st.lists(st.tuples(TEXTS, st.integers(0, 99_999_999_000_000)), min_size=1, max_size=6))
    def it_gives_the_cells_of_the_dataset(self, rows: list[tuple[str, int]]) -> None:
        projects = [project(code(at), float(Decimal(micro) / MICRO), name) for at, (name, micro) in enumerate(rows)]
        made = dataset([submission("a", book("657001", "本级", *projects))])
        data = build_workbook(made, as_of=AS_OF)
        expected = [
            (row.project.code, row.project.values["name"], (row.project.budget or 0) / MICRO) for row in made.projects
        ]
        for read in (with_openpyxl(data), with_calamine(data)):
            assert read == expected

    @pytest.mark.office
    def it_opens_in_libreoffice_with_the_same_cells_sums_and_charts(self, tmp_path: Path) -> None:
        names = ["=1+1", "+8", "@x", "_x0041_", "换\n行", "a<b>&c", "😀", "'引号", "1e5"]
        projects = [project(code(at), 10.25 + at, name) for at, name in enumerate(names)]
        odd = submission("a", book("657001", "本级", *projects), finding(Severity.HINT))
        data = build_workbook(dataset([*departments(2, 9, 2), odd]), as_of=AS_OF, most_rows=16)
        (tmp_path / "a.xlsx").write_bytes(data)
        loaded(data).save(tmp_path / "b.xlsx")  # openpyxl writes formulas without their values, so that they must be calculated
        again, calculated = converted(tmp_path, tmp_path / "a.xlsx", tmp_path / "b.xlsx")
        assert again.sheetnames == loaded(data).sheetnames
        expected = openpyxl.load_workbook(io.BytesIO(data), data_only=True)
        for sheet in expected:
            cells = {cell.coordinate: cell.value for row in sheet for cell in row if cell.value is not None}
            for other in (again, calculated):
                found = {place: other[sheet.title][place].value for place in cells}
                assert [place for place, value in cells.items() if not alike(found[place], value)] == []
        assert len(charts((tmp_path / "out" / "a.xlsx").read_bytes())) == len(charts(data)) == 5


def alike(found: object, value: object) -> bool:
    return found == pytest.approx(value) if isinstance(value, float) else found == value


def with_openpyxl(data: bytes) -> list[tuple[object, ...]]:
    rows = openpyxl.load_workbook(io.BytesIO(data), data_only=True)["汇总表"].iter_rows(min_row=4, values_only=True)
    return [(row[4], row[5], row[6]) for row in rows if isinstance(row[0], int)]


def with_calamine(data: bytes) -> list[tuple[object, ...]]:
    rows = CalamineWorkbook.from_filelike(io.BytesIO(data)).get_sheet_by_name("汇总表").to_python()
    return [(row[4], row[5], row[6]) for row in rows[3:] if isinstance(row[0], float)]


class DescribeAudit:
    def it_is_clean_with_further_sheets_and_charts(self, tmp_path: Path) -> None:
        units = {each: Unit(code=each, name=each, office=office) for each, office in (("301001", "甲"), ("657009", "乙"))}
        hint = finding(Severity.HINT, rule="R06", cell=SECOND_ROW["value"], field="value", value="=≥95%", message="成本")
        made = [*departments(4, 4), submission("b&b.xlsx", book("657001", "甲&乙", project(code(9))), hint)]
        path = tmp_path / "a.xlsx"
        whole = dataset(made, roster=Roster(units=units))
        path.write_bytes(build_workbook(whole, as_of=AS_OF, links={"b&b.xlsx": "b&b.xlsx"}, most_rows=40))
        assert list(OpenXmlValidator().validate(str(path)).errors) == []
