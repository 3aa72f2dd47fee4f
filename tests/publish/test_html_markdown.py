"""The same document as HTML and Markdown: complete, self-contained, accessible."""

from __future__ import annotations

import re

import pytest
from lxml import html
from made_departments import AS_OF, seed_department, template

from perfxl.publish.blocks import Cell, Paragraph, Table, TableRow, blocks_of_docx
from perfxl.publish.markdown import markdown_of
from perfxl.publish.run import Options, publish
from perfxl.rules.values import squash


@pytest.fixture(scope="module")
def files() -> dict[str, str]:
    (made,) = publish([seed_department()], template(), Options(as_of=AS_OF, html=True, markdown=True))
    return {name.rpartition(".")[2]: content.decode("utf-8", "replace") for name, content in made.files.items()}


def document_texts() -> list[str]:
    (made,) = publish([seed_department()], template(), Options(as_of=AS_OF))
    found: list[str] = []
    for block in blocks_of_docx(next(iter(made.files.values())), ""):
        if isinstance(block, Paragraph):
            found.append(block.text.split("\t")[0])
        else:
            found += [cell.text for row in block.rows for cell in row.cells]
    return [squash(text) for text in found if squash(text)]


class DescribeHtml:
    def it_has_every_text_of_the_document_in_order(self, files: dict[str, str]) -> None:
        page = html.fromstring(files["html"])
        texts = [element.text or "" for element in page.iter("p", "h1", "h2", "h3", "a", "th", "td")]
        assert [squash(text) for text in texts if squash(text)] == document_texts()

    def it_links_the_contents_to_headings(self, files: dict[str, str]) -> None:
        page = html.fromstring(files["html"])
        targets = [link.get("href") for link in page.iter("a")]
        assert len(targets) == 7
        assert [page.get_element_by_id(target[1:]).tag for target in targets] == ["h1"] + ["h2"] * 3 + ["h1"] + ["h2"] * 2

    def it_names_language_title_and_what_each_table_is(self, files: dict[str, str]) -> None:
        page = html.fromstring(files["html"])
        assert page.get("lang") == "zh-CN"
        assert page.findtext(".//title") == "遵化市房屋征收中心 2023年部门预算绩效目标"
        named = [page.get_element_by_id(table.get("aria-labelledby")).text for table in page.iter("table")]
        assert named == ["1.安可计算机购置绩效目标表"] * 2 + ["2.综合办公经费绩效目标表"] * 2

    def it_marks_heads_of_columns_rows_and_groups(self, files: dict[str, str]) -> None:
        tables = list(html.fromstring(files["html"]).iter("table"))
        heads = [(head.text, head.get("scope"), head.get("rowspan")) for head in tables[1].iter("th")]
        columns = ("一级指标", "二级指标", "三级指标", "绩效指标描述", "指标值", "指标值确定依据")
        assert heads[:6] == [(text, "col", None) for text in columns]
        assert heads[6:8] == [("产出指标", "rowgroup", "4"), ("数量指标", "row", None)]
        assert ("项目编码", "row", None) in [(head.text, head.get("scope"), head.get("rowspan")) for head in tables[0].iter("th")]

    def it_fills_every_row_to_the_tables_width(self, files: dict[str, str]) -> None:
        for table in html.fromstring(files["html"]).iter("table"):
            grid: dict[tuple[int, int], object] = {}
            for number, row in enumerate(table.iter("tr")):
                column = 0
                for cell in row:
                    while (number, column) in grid:
                        column += 1
                    for down in range(int(cell.get("rowspan", 1))):
                        for across in range(int(cell.get("colspan", 1))):
                            assert (number + down, column + across) not in grid
                            grid[number + down, column + across] = cell
            rows = 1 + max(row for row, _ in grid)
            assert len(grid) == rows * 7

    def it_asks_for_nothing_from_elsewhere(self, files: dict[str, str]) -> None:
        assert not re.search(r"https?:|url\(|<script|<link|<img|@import", files["html"])


class DescribeMarkdown:
    def it_has_headings_contents_and_tables(self, files: dict[str, str]) -> None:
        lines = files["md"].split("\n")
        assert [line for line in lines if line.startswith("#")] == [
            "# 部门整体绩效目标",
            "## 一、总体绩效目标",
            "## 二、分项绩效目标",
            "### 房屋征收项目综合办公经费",
            "## 三、工作保障措施",
            "# 预算项目绩效目标",
            "## 1.安可计算机购置绩效目标表",
            "## 2.综合办公经费绩效目标表",
        ]
        cells = ("产出指标", "质量指标", "房屋征收完成率（%）", "该项目已完成征收占项目总量的比率", "≥95%")
        assert f"| {' | '.join(cells)} | 遵机编字（2019）5号文件 |" in lines

    def it_keeps_every_row_of_a_table_equally_wide(self, files: dict[str, str]) -> None:
        for table in re.findall(r"(?:^\|.*\n)+", files["md"], re.MULTILINE):
            assert len({len(re.findall(r"(?<!\\)\|", line)) for line in table.splitlines()}) == 1

    def it_escapes_what_markdown_would_read(self) -> None:
        row = TableRow(cells=(Cell(text="a|b\nc<d>", column=0),), line=1)
        text = markdown_of([
            Paragraph(text="1. *甲* [乙](丙) `丁` # 戊", line=1), Paragraph(text="- 己", line=2), Table(rows=(row,), line=3),
        ])  # fmt: skip
        assert text == (
            "1\\. \\*甲\\* \\[乙\\](丙) \\`丁\\` \\# 戊\n\n\\- 己\n\n|   |\n| --- |\n| a\\|b<br>c\\<d\\> |\n"
        )
