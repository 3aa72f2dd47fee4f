"""The page in a real Chromium: figures, search, filters, sorting, drill-down, back, paper, keyboard, accessibility."""

from __future__ import annotations

import io
import re
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime
from decimal import Decimal
from pathlib import Path
from typing import Any

import openpyxl
import pytest

from perfxl.consolidate import State, content_of, dataset_of
from perfxl.consolidate.roster import Roster
from perfxl.consolidate.run import printed
from perfxl.consolidate.sheets import build_workbook
from perfxl.dashboard import make_dashboard
from perfxl.dashboard.run import build_dashboard
from perfxl.form.library import find_form
from perfxl.form.model import Mark
from tests.dashboard.browsers import Desk, desk
from tests.dashboard.made_rounds import AS_OF, MadeRound, filled, keep, project_of, returned, submission, units, usual

ROOT = Path(__file__).resolve().parents[2]
VIEWS = ("", "units", "projects", "indicators", "findings", "copies", "last", "files")
HOSTILE = ('<script>alert(1)</script>', '</script><script>alert(2)</script>', '"onload="alert(3)', "<!--", '=HYPERLINK("http://x","y")',
           "<img src=x onerror=alert(4)>", "'; alert(5); '", "&lt;b&gt;&amp;")  # fmt: skip


@pytest.fixture(scope="module")
def open_desk() -> Iterator[Desk]:
    with desk() as opened:
        yield opened


@pytest.fixture
def browser(open_desk: Desk) -> Iterator[Desk]:
    """The browser; a test that left a message in the console or asked for anything has failed."""
    yield open_desk
    noted = list(open_desk.noted)
    open_desk.noted.clear()
    open_desk.page.emulate_media(media="screen")
    assert noted == []


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> MadeRound:
    return usual(tmp_path_factory.mktemp("round") / "汇总库.db", 40)


@pytest.fixture(scope="module")
def page_file(made: MadeRound) -> Path:
    last = units(40)
    for unit in last[::4]:
        project = project_of(unit.book)
        project.raws["name"] = "上年名称"
        project.rows["indicators"][0].raws["value"] = "≥1处"
    store = keep(made.store.with_name("上年.db"), [returned(each) for each in last[:38]]).store
    path = made.store.with_name("看板.html")
    path.write_bytes(make_dashboard(made.store, last_year=store).content)
    return path


@pytest.fixture(scope="module")
def workbook(made: MadeRound) -> Any:
    return openpyxl.load_workbook(io.BytesIO(build_workbook(made.dataset, as_of=AS_OF)), data_only=True)


def counted(page: Any) -> int:
    """How many rows a list says that it shows."""
    return int(page.locator(".count b").first.inner_text().replace(",", ""))


def column(page: Any, title: str) -> list[str]:
    """The drawn cells of a list's column, top to bottom."""
    return page.evaluate(
        """title => { const head = [...document.querySelectorAll('.tabulator-col')].find(each => each.innerText.trim() === title);
        const field = head.getAttribute('tabulator-field');
        return [...document.querySelectorAll(`.tabulator-cell[tabulator-field="${CSS.escape(field)}"]`)]
        .map(each => each.innerText.trim()); }""",
        title,
    )


def table(page: Any, label: str) -> list[list[str]]:
    """A plain table by its name, row by row."""
    return page.evaluate(
        """label => [...document.querySelector(`table[aria-label="${label}"]`).rows]
        .map(row => [...row.cells].map(cell => cell.textContent))""",
        label,
    )


def grave_faults(page: Any) -> list[tuple[str, str]]:
    """What axe finds serious or critical, with every table of figures open."""
    axe = pytest.importorskip("axe_playwright_python.sync_playwright").Axe()
    for button in page.locator("button:has-text('数据表')").all():
        button.click()
    found = axe.run(page, options={"resultTypes": ["violations"]}).response["violations"]
    return [(each["id"], each["nodes"][0]["html"][:200]) for each in found if each["impact"] in ("serious", "critical")]


class DescribeFigures:
    def it_equals_the_reconciliation_of_the_workbook(self, browser: Desk, page_file: Path, workbook: Any) -> None:
        sheet = workbook["核对"]
        expected = []
        for row in sheet.iter_rows(min_row=1, max_col=4, values_only=True):
            if row[0] in (*(state.label for state in State), "合计") and isinstance(row[1], int | float):
                expected.append([row[0], f"{row[1]:,.0f}", f"{row[2]:,.0f}", printed(round(Decimal(str(row[3])) * 10**6))])
            if row[0] == "合计":
                break
        found = [row[:4] for row in table(browser.open(page_file), "核对")[1:]]
        assert found == expected
        assert len(expected) == 7

    def it_equals_the_departments_of_the_workbook(self, browser: Desk, page_file: Path, workbook: Any) -> None:
        rows = [list(row) for row in workbook["核对"].iter_rows(max_col=4, values_only=True)]
        start = next(number for number, row in enumerate(rows) if row[0] == "主管部门")
        expected = []
        for row in rows[start + 1 :]:
            expected.append([str(row[0])[:3], f"{row[1]:.0f}", f"{row[2]:.0f}", printed(round(Decimal(str(row[3])) * 10**6))])
            if row[0] == "合计":
                break
        found = [[row[0][:3], *row[1:4]] for row in table(browser.open(page_file), "各主管部门金额")[1:]]
        assert found == expected
        assert len(expected) > 2

    def it_equals_the_total_and_the_rows_of_the_summary(
        self, browser: Desk, page_file: Path, workbook: Any, made: MadeRound
    ) -> None:
        sheet = workbook["汇总表"]
        rows = [row for row in sheet.iter_rows(values_only=True) if isinstance(row[0], int)]
        total = next(row for row in sheet.iter_rows(values_only=True) if row[0] == "合计")
        header = next(row for row in sheet.iter_rows(values_only=True) if row[0] == "序号")
        budget = printed(round(Decimal(str(total[header.index("预算数")])) * 10**6))
        page = browser.open(page_file)
        assert page.locator(".figures .money dd.main").inner_text() == budget
        page.click(".figures .money a")
        page.wait_for_selector(".tabulator-row")
        assert (counted(page), page.locator(".count b").nth(1).inner_text()) == (len(rows), budget)
        names = [str(row[header.index("项目名称")]) for row in rows]
        shown = column(page, "项目名称")
        assert shown == names[: len(shown)]
        assert len(shown) >= 10

    @pytest.mark.parametrize("route", ["units", "projects", "files"])
    def it_says_how_much_of_the_money_of_a_list_counts(
        self, browser: Desk, page_file: Path, made: MadeRound, route: str
    ) -> None:
        page = browser.open(page_file, route)
        assert page.inner_text(".count").endswith(f"，其中计入汇总 {printed(made.dataset.budget)} 万元")
        page = browser.open(page_file, f"{route}?state=accepted")
        assert "其中" not in page.inner_text(".count")

    def it_names_the_year_of_days_that_lie_in_several(self, browser: Desk, tmp_path: Path) -> None:
        sent = [returned(unit, later=days) for unit, days in zip(units(3), (0, 1, 800), strict=True)]
        path = tmp_path / "看板.html"
        path.write_bytes(make_dashboard(keep(tmp_path / "库.db", sent).store).content)
        page = browser.open(path)
        assert "图中只列收到文件的日期" in page.inner_text("section[aria-label^=报送进度]")

    def it_counts_findings_as_the_workbook_lists_them(self, browser: Desk, page_file: Path, workbook: Any) -> None:
        rows = [row for row in workbook["校验问题"].iter_rows(values_only=True) if isinstance(row[0], int)]
        page = browser.open(page_file, "findings")
        assert counted(page) == len(rows)
        by_rule: dict[str, int] = {}
        for row in rows:
            by_rule[row[2]] = by_rule.get(row[2], 0) + 1
        page = browser.open(page_file)
        found = {row[0]: sum(map(int, row[2:5])) for row in table(page, "各规则的校验问题")[1:]}
        assert found == by_rule

    def it_rounds_and_adds_money_as_python_does(self, browser: Desk, made: MadeRound, tmp_path: Path) -> None:
        made_units = units(4)
        values = (0.005, 0.004999, 1234567.895, 9999999.995)
        for unit, value in zip(made_units, values, strict=True):
            for sheet in unit.book.sheets[:]:
                if sheet.sheet == "project" and sheet.ordinal > 1:
                    unit.book.sheets.remove(sheet)
            project_of(unit.book).raws.update(budget=value, fiscal=value, other=None)
        path = tmp_path / "看板.html"
        kept = keep(tmp_path / "库.db", [returned(each) for each in made_units])
        path.write_bytes(make_dashboard(kept.store).content)
        page = browser.open(path, "units")
        page.wait_for_selector(".tabulator-row")
        assert column(page, "预算数") == ["0.01", "0.00", "1,234,567.90", "10,000,000.00"]
        assert page.locator(".count b").nth(1).inner_text() == printed(sum(round(Decimal(str(each)) * 10**6) for each in values))


class DescribeBrowsing:
    def it_searches_filters_and_sorts_projects(self, browser: Desk, page_file: Path, made: MadeRound) -> None:
        page = browser.open(page_file, "projects")
        page.wait_for_selector(".tabulator-row")
        every = counted(page)
        page.fill("input[type=search]", "校舍维修")
        found = counted(page)
        assert 0 < found < every
        assert any("校舍维修" in name for name in column(page, "项目名称"))
        page.select_option("select[data-filter=counts]", "计入")
        inside = counted(page)
        assert inside == sum("校舍维修" in row.project.name or any("校舍维修" in str(v) for v in row.project.values.values())
                             or "校舍维修" in row.file.content.unit_name for row in made.dataset.projects)  # fmt: skip
        page.click("button.sort:has-text('预算数')")
        page.click("button.sort:has-text('预算数')")
        amounts = [float(each.replace(",", "")) for each in column(page, "预算数")]
        assert amounts == sorted(amounts, reverse=True)
        assert page.locator(".tabulator-col[aria-sort=descending]").count() == 1
        page.click("text=清除条件")
        assert counted(page) == every

    def it_searches_indicators_for_several_words(self, browser: Desk, page_file: Path, made: MadeRound) -> None:
        page = browser.open(page_file, "indicators")
        page.wait_for_selector(".tabulator-row")
        page.fill("input[type=search]", "满意度 学生资助")
        expected = column(page, "三级指标")
        assert expected
        assert all("满意" in each for each in expected)
        page.fill("input[type=search]", "％")
        every = counted(page)
        page.fill("input[type=search]", "%")
        assert counted(page) == every > 0
        page.fill("input[type=search]", "没有这样的指标")
        assert counted(page) == 0
        assert page.locator(".tabulator-placeholder").inner_text() == "没有符合条件的内容"

    def it_draws_only_the_rows_in_sight(self, browser: Desk, page_file: Path) -> None:
        page = browser.open(page_file, "indicators")
        page.wait_for_selector(".tabulator-row")
        assert counted(page) > 1000
        assert page.locator(".tabulator-row").count() < 80

    def it_comes_back_to_the_row_that_was_left(self, browser: Desk, page_file: Path) -> None:
        page = browser.open(page_file, "indicators")
        page.wait_for_selector(".tabulator-row")
        page.evaluate("document.querySelector('.tabulator-tableholder').scrollTop = 20000")
        page.wait_for_timeout(200)
        names = column(page, "三级指标")
        page.locator(".tabulator-row a").nth(12).click()
        page.wait_for_selector(".form")
        page.go_back()
        page.wait_for_selector(".tabulator-row")
        page.wait_for_timeout(200)
        assert page.evaluate("document.querySelector('.tabulator-tableholder').scrollTop") == 20000
        assert set(column(page, "三级指标")) & set(names)

    def it_goes_down_to_the_table_as_printed_and_back_to_the_same_list(self, browser: Desk, page_file: Path) -> None:
        page = browser.open(page_file, "findings")
        page.wait_for_selector(".tabulator-row")
        page.select_option("select[data-filter=level]", "错误")
        errors, address = counted(page), page.url
        page.click(".tabulator-row a:has-text('12月底计划应为')")
        page.wait_for_selector(".form td.bad")
        bad = page.locator(".form td.here")
        assert bad.get_attribute("data-cell") == "G7"
        assert "12月底计划应为 100%" in page.locator(".findings").inner_text()
        assert re.search(r"来源：文件 .*\.xlsx › 工作表 项目\d\d › 单元格 [A-Z]+\d+", page.inner_text("main"))
        page.click(".trail a:nth-of-type(2)")
        page.wait_for_selector("text=归口股室")
        page.go_back()
        page.wait_for_selector(".form")
        page.go_back()
        page.wait_for_selector(".tabulator-row")
        assert (page.url, counted(page), page.input_value("select[data-filter=level]")) == (address, errors, "错误")

    def it_shows_every_value_at_the_cell_that_holds_it(self, browser: Desk, page_file: Path, made: MadeRound) -> None:
        row = made.dataset.projects[0]
        page = browser.open(page_file, "project/0")
        cells: dict[str, str] = page.evaluate(
            """Object.fromEntries([...document.querySelectorAll('[data-cell]')]
            .map(each => [each.dataset.cell, each.firstChild ? each.firstChild.textContent : '']))"""
        )
        for name in ("code", "name", "goals"):
            assert cells[row.project.cells[name]] == row.project.values[name]
        for each in row.project.indicators:
            number = each.cell[1:]
            assert [cells[f"{letter}{number}"] for letter in "CDFG"] == [
                each.values[name] for name in ("indicator", "description", "value", "basis")
            ]
        page.click("text=显示单元格地址")
        assert page.locator(".form small:visible").count() == len(cells)

    def it_shows_the_officers_opinions_beside_the_findings(self, browser: Desk, page_file: Path) -> None:
        page = browser.open(page_file, "findings?opinion=有")
        page.wait_for_selector(".tabulator-row")
        assert set(column(page, "财政意见")) == {"请与预算股核对后重报。"}
        page.click(".tabulator-row a >> nth=0")
        page.wait_for_selector(".opinion")
        assert page.locator(".opinion").first.inner_text() == "财政意见：请与预算股核对后重报。"

    def it_names_who_copied_indicators_from_whom(self, browser: Desk, page_file: Path) -> None:
        page = browser.open(page_file, "copies")
        rows = table(page, "雷同第 1 组")[1:]
        assert [row[0][:6] for row in rows] == ["101001", "101006", "101010"]
        assert rows[0][2] == "（本组第一个）"
        assert all(row[2].startswith("101001 ") and "100%" in row[3] for row in rows[1:])

    def it_compares_with_last_year(self, browser: Desk, page_file: Path) -> None:
        page = browser.open(page_file, "last")
        page.wait_for_selector(".tabulator-row")
        page.select_option("select[data-filter=kind]", "内容变化")
        assert "上年名称" in column(page, "上年")
        assert all(re.search(r"\.xlsx 项目\d\d [A-Z]+\d+$", each) for each in column(page, "上年位置"))

    def it_shows_part_one_of_a_lead_unit(self, browser: Desk, page_file: Path) -> None:
        page = browser.open(page_file, "unit/0")
        assert "一、总体绩效目标" in page.inner_text("main")
        assert "健全预算绩效管理办法" in page.inner_text("main")

    @pytest.mark.parametrize(
        "route", ["project/99999", "unit/x", "nothing", "findings?rule=%E0%A4%A", "projects?dep=000&sort=x.y"]
    )
    def it_survives_addresses_that_lead_nowhere(self, browser: Desk, page_file: Path, route: str) -> None:
        page = browser.open(page_file, route)
        assert page.locator("main section").count() >= 1


class DescribeHostileTexts:
    def it_shows_them_as_text_in_every_view(self, browser: Desk, tmp_path: Path) -> None:
        made_units = units(8)
        for unit, text in zip(made_units, HOSTILE, strict=True):
            unit.book.cover.raws.update(unit_name=text, contact=text)
            for sheet in unit.book.sheets:
                sheet.raws.update({name: text for name, raw in sheet.raws.items() if isinstance(raw, str) and name != "code"})
                for rows in sheet.rows.values():
                    for row in rows:
                        row.raws.update(dict.fromkeys(row.raws, text))
                for key in list(sheet.explanations):
                    sheet.explanations[key] = text
        path = tmp_path / "看板.html"
        sent = [returned(each) for each in made_units]
        for each, text in zip(sent, HOSTILE, strict=True):
            each.file = text + ".xlsx"
        listed = {
            unit.unit.code: replace(unit.unit, name=text, office=text, contact=text, email=text)
            for unit, text in zip(made_units, HOSTILE, strict=True)
        }
        kept = keep(tmp_path / "库.db", sent, opinion=HOSTILE[0], task=None, roster=Roster(units=listed))
        last = keep(tmp_path / "上年.db", sent[:4], task=None)
        path.write_bytes(make_dashboard(kept.store, last_year=last.store).content)
        page = browser.open(path)
        page.on("dialog", lambda dialog: pytest.fail(dialog.message))
        for route in (*VIEWS, *(f"unit/{n}" for n in range(8)), *(f"project/{n}" for n in range(8))):
            browser.open(path, route)
            assert page.locator("main script, main img, main b:has-text('alert')").count() == 0
        assert page.locator("main h2").first.inner_text().startswith(HOSTILE[2])
        browser.open(path, "units")
        page.wait_for_selector(".tabulator-row")
        assert column(page, "单位名称") == list(HOSTILE)
        page.evaluate("window.dispatchEvent(new Event('beforeprint'))")
        assert page.locator("main script, main img").count() == 0


class DescribePaper:
    def it_prints_the_whole_list_and_the_charts_with_their_figures(self, browser: Desk, page_file: Path) -> None:
        page = browser.open(page_file, "projects?counts=计入")
        page.wait_for_selector(".tabulator-row")
        count = counted(page)
        assert page.pdf(format="A4")[:5] == b"%PDF-"
        page.emulate_media(media="print")
        page.evaluate("window.dispatchEvent(new Event('beforeprint'))")
        assert page.locator("table.on-paper tbody tr").count() == count
        assert page.locator(".tabulator:visible, nav:visible, .tools:visible").count() == 0
        page.evaluate("window.dispatchEvent(new Event('afterprint'))")
        assert page.locator("table.on-paper").count() == 0
        page = browser.open(page_file)
        assert page.locator("table[aria-label='各主管部门金额']:visible").count() == 1


class DescribeEveryone:
    @pytest.mark.parametrize("route", ["", "projects"])
    def it_has_no_serious_fault_for_people_who_hear_or_type(self, browser: Desk, page_file: Path, route: str) -> None:
        assert grave_faults(browser.open(page_file, route)) == []

    @pytest.mark.long
    @pytest.mark.parametrize("width", [1280, 390])
    @pytest.mark.parametrize("route", [*VIEWS, "unit/0", "project/8"])
    def it_has_none_in_any_view_at_any_width(self, browser: Desk, page_file: Path, route: str, width: int) -> None:
        assert grave_faults(browser.open(page_file, route, width=width)) == []

    @pytest.mark.parametrize("width", [1280, 390])
    def it_fits_the_width_of_the_screen(self, browser: Desk, page_file: Path, width: int) -> None:
        for route in (*VIEWS, "unit/0", "project/3"):
            page = browser.open(page_file, route, width=width)
            assert page.evaluate("document.documentElement.scrollWidth") <= width, route

    def it_can_be_gone_through_by_keyboard(self, browser: Desk, page_file: Path) -> None:
        page = browser.open(page_file)
        page.reload()
        page.wait_for_selector(".figures")
        page.keyboard.press("Tab")
        assert page.evaluate("document.activeElement.textContent") == "跳到正文"
        for _ in range(4):
            page.keyboard.press("Tab")
        assert page.evaluate("document.activeElement.textContent") == "指标"
        page.keyboard.press("Enter")
        page.wait_for_selector(".tabulator-row")
        assert page.evaluate("document.activeElement.id") == "main"
        assert page.evaluate("getComputedStyle(document.activeElement).outlineStyle") == "none"  # it would cross the foot
        page.focus("button.sort >> nth=0")
        page.keyboard.press("Enter")
        assert page.locator(".tabulator-col[aria-sort=ascending]").count() == 1
        page.focus(".tabulator-row a >> nth=0")
        page.keyboard.press("Enter")
        page.wait_for_selector(".form")
        assert page.locator("nav a[aria-current=page]").inner_text() == "项目"

    def it_tells_an_old_browser_what_to_use(self, browser: Desk, page_file: Path) -> None:
        opened = browser.page.context.browser
        page = opened.new_page(java_script_enabled=False)
        page.goto(page_file.as_uri())
        assert "请换用 2020 年以后的浏览器" in page.locator("#old").inner_text()
        page.close()
        page = opened.new_page()
        page.add_init_script("delete window.BigInt")
        page.goto(page_file.as_uri())
        assert page.locator("#old").is_visible()
        page.close()
        page = opened.new_page()
        page.add_init_script("Object.defineProperty(window, 'Tabulator', { value: undefined })")  # as where it cannot be parsed
        page.goto(page_file.as_uri())
        assert page.locator("#old").is_visible()
        page.close()


class DescribeOddRounds:
    def it_shows_a_single_unit_without_task_roster_or_findings(self, browser: Desk, tmp_path: Path) -> None:
        path = tmp_path / "看板.html"
        path.write_bytes(make_dashboard(keep(tmp_path / "库.db", [returned(units(1)[0])], task=None).store).content)
        page = browser.open(path)
        assert "没有单位名册" in page.inner_text(".figures")
        assert page.locator("nav a").count() == 7
        assert "没有发现指标雷同的项目" in _view(browser, path, "copies")
        assert "没有校验问题" in _view(browser, path, "findings")

    @pytest.mark.parametrize("name", ["national-2021", "tests/form/second_form.toml"])
    def it_shows_a_round_of_any_form(self, browser: Desk, tmp_path: Path, name: str) -> None:
        form = find_form(str(ROOT / name) if name.endswith(".toml") else name)
        books = {f"{code}.xlsx": filled(form, code) for code in ("101001", "101002")}
        sent = [submission(book, file, AS_OF, form=form) for file, book in books.items()]
        dataset = dataset_of([content_of(each) for each in sent], form)
        path = tmp_path / "看板.html"
        path.write_bytes(build_dashboard(dataset, {each.sha256: each.book for each in sent}.get, as_of=AS_OF).content)
        for route in VIEWS[:6]:
            assert form.money_unit in _view(browser, path, route) + browser.page.inner_text("header")
        page = browser.open(path, "project/0")
        texts = page.inner_text(".form")
        sheet = form.project_sheet
        labels = {cell.text for cell in sheet.grid.cells if cell.mark is Mark.LABEL}
        assert [label for label in labels if re.sub(r"\s", "", label) not in re.sub(r"\s", "", texts)] == []
        entries = [each for each in form.entry_fields(sheet.id) if not each.beside]
        assert page.locator("[data-cell]").count() >= len(entries)
        record = sent[0].book.projects(form)[0] if sent[0].book else None
        assert record
        wanted = [str(raw) for row in (record, *(row for rows in record.rows.values() for row in rows))
                  for name, raw in row.raws.items() if isinstance(raw, str) and not form.fields[name].beside]  # fmt: skip
        assert [each for each in wanted if each not in texts] == []

    def it_shows_a_round_in_which_nothing_came_back(self, browser: Desk, made: MadeRound, tmp_path: Path) -> None:
        path = tmp_path / "看板.html"
        kept = keep(tmp_path / "库.db", [], roster=made.dataset.roster)
        path.write_bytes(make_dashboard(kept.store, as_of=datetime(2022, 10, 1, tzinfo=UTC)).content)
        page = browser.open(path)
        assert page.inner_text(".figures").count("未报送 40") == 1
        page.click("text=未报送 >> a")
        page.wait_for_selector(".tabulator-row")
        assert counted(page) == 40
        for route in ("units", "projects", "indicators", "findings", "files", "unit/3"):
            assert _view(browser, path, route)


def _view(browser: Desk, path: Path, route: str) -> str:
    return str(browser.open(path, route).inner_text("main"))
