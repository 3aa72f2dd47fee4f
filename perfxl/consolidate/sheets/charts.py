"""Native charts of one look, each beside the table that it draws."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Literal

from openpyxl.chart import BarChart, DoughnutChart, Reference
from openpyxl.chart.axis import ChartLines
from openpyxl.chart.label import DataLabelList
from openpyxl.chart.layout import Layout, ManualLayout
from openpyxl.chart.legend import Legend
from openpyxl.chart.marker import DataPoint
from openpyxl.chart.shapes import GraphicalProperties
from openpyxl.chart.text import RichText, Text
from openpyxl.chart.title import Title
from openpyxl.drawing.line import LineProperties
from openpyxl.drawing.text import CharacterProperties, Paragraph, ParagraphProperties, RegularTextRun

from .page import Page

__all__ = ["BLUE", "COLOURS", "ROW_CM", "bars", "ring"]

BLUE = "5B7DB1"
COLOURS = ("5B7DB1", "8FB08C", "E2B659", "C9736B", "8D7BA8", "9AA5B1", "6FA8AD")
ROW_CM = 0.64
"""The height of a table row of one line."""

_WIDTH_CM = 19.0
_SMALL, _TITLE = 900, 1200


def _text(size: int) -> RichText:
    look = CharacterProperties(sz=size, solidFill="404040")
    return RichText(p=[Paragraph(pPr=ParagraphProperties(defRPr=look), endParaRPr=look)])


def _labels() -> DataLabelList:
    labels = DataLabelList(showVal=True, showPercent=False, showSerName=False, showCatName=False, showLegendKey=False)
    labels.txPr = _text(_SMALL)
    return labels


def _legend(position: Literal["b", "r"]) -> Legend:
    legend = Legend(legendPos=position)
    legend.txPr = _text(_SMALL)
    return legend


def _titled(chart: BarChart | DoughnutChart, title: str, height: float) -> None:
    look = CharacterProperties(sz=_TITLE, b=True, solidFill="404040")
    words = Paragraph(pPr=ParagraphProperties(defRPr=look), r=[RegularTextRun(rPr=look, t=title)])
    chart.title = Title(tx=Text(rich=RichText(p=[words])), overlay=False)
    chart.width, chart.height = _WIDTH_CM, height  # type: ignore[assignment]  # the stubs take whole centimetres only


def bars(
    page: Page,
    place: str,
    title: str,
    *,
    header: int,
    last: int,
    columns: Sequence[int],
    height: float,
    number_format: str = "#,##0",
    colours: Sequence[str] = COLOURS,
) -> None:
    """Lying bars of the table's ``columns`` (from 1; several are stacked), one for each row below ``header``."""
    chart = BarChart()
    chart.type = "bar"
    for column in columns:
        chart.add_data(Reference(page.sheet, min_col=column, min_row=header, max_row=last), titles_from_data=True)
    chart.set_categories(Reference(page.sheet, min_col=1, min_row=header + 1, max_row=last))
    for series, colour in zip(chart.series, colours, strict=False):
        series.graphicalProperties = GraphicalProperties(solidFill=colour, ln=LineProperties(noFill=True))
    if len(columns) > 1:
        chart.grouping, chart.overlap = "stacked", 100
        chart.legend = _legend("b")
    else:
        chart.legend = None
        chart.dataLabels = _labels()
        chart.dataLabels.numFmt = number_format
    chart.gapWidth = 50
    chart.x_axis.delete = chart.y_axis.delete = False
    chart.x_axis.txPr = chart.y_axis.txPr = _text(_SMALL)
    chart.y_axis.numFmt = number_format
    chart.y_axis.scaling.min = 0
    chart.y_axis.majorGridlines = ChartLines(spPr=GraphicalProperties(ln=LineProperties(solidFill="E3E6EA")))
    chart.x_axis.scaling.orientation = "maxMin"  # the first row on top
    chart.y_axis.crosses = "max"  # and the scale below
    _titled(chart, title, height)
    page.sheet.add_chart(chart, place)


def ring(page: Page, place: str, title: str, *, header: int, last: int, height: float, colours: Sequence[str]) -> None:
    """A ring of the table's second column, a colour for each row."""
    chart = DoughnutChart(holeSize=55)
    chart.add_data(Reference(page.sheet, min_col=2, min_row=header, max_row=last), titles_from_data=True)
    chart.set_categories(Reference(page.sheet, min_col=1, min_row=header + 1, max_row=last))
    for number, colour in enumerate(colours):
        chart.series[0].dPt.append(DataPoint(idx=number, spPr=GraphicalProperties(solidFill=colour)))
    chart.dataLabels = _labels()
    chart.legend = _legend("r")
    chart.layout = Layout(manualLayout=ManualLayout(x=0.08, y=0.18, w=0.6, h=0.76))
    _titled(chart, title, height)
    page.sheet.add_chart(chart, place)


