"""Worksheet functions for xlwings: as COM functions on Windows, or under its Office.js server.

With ``XLWINGS_ON_SERVER=true`` set before the import, the same decorators
register with the server code (``xlwings.pro``: PolyForm Noncommercial or a
commercial licence); the COM functions need the BSD-licensed part alone.  The
wrappers in ``vba/PxFunctions.bas`` are what xlwings' own generator writes for them.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from importlib import import_module
from typing import Any, TypeVar

import xlwings as xw

from . import answers

__all__ = ["PX_CHECK", "PX_CODE_OK", "PX_HINTS", "PX_PROJECT", "PX_SIMILAR", "PX_TARGET", "PX_TOTAL"]

registered: Any = import_module("xlwings.server") if xw.__dict__.get("on_server") else xw
"""Whichever side of xlwings registers functions in this process."""

_CATEGORY = "绩效目标"
_F = TypeVar("_F", bound=Callable[..., Any])


def _function(*, ranges: Mapping[str, str] | None = None, cells: Mapping[str, str] | None = None) -> Callable[[_F], _F]:
    """Register a function; ``ranges`` and ``cells`` give each argument's help.

    A range always arrives as rows, and so does the answer to one leave.
    """

    def register(function: _F) -> _F:
        registered.func(category=_CATEGORY)(function)
        for name, text in (ranges or {}).items():
            registered.arg(name, ndim=2, doc=text)(function)
        for name, text in (cells or {}).items():
            registered.arg(name, doc=text)(function)
        return function

    return register


@_function(
    ranges={"values": "指标值，可为一片单元格"},
    cells={"part": "要哪一部分：规范、符号、数值、单位、类型；不写为 规范"},
)
def PX_TARGET(values: Any, part: Any = "规范") -> Any:  # noqa: N802
    """把指标值统一写法，或取出其符号、数值、单位、类型。"""
    return answers.target_parts(values, str(part or "规范"))


@_function(ranges={"codes": "项目编码，可为一片单元格"}, cells={"form": "表样编号，可不写"})
def PX_CODE_OK(codes: Any, form: Any = "") -> Any:  # noqa: N802
    """项目编码是否合乎规则（位数、格式、校验码）。"""
    return answers.codes_ok(codes, str(form or ""))


@_function(
    ranges={"table": "整张项目表，从 A1 起，含右侧的“主要用于”"}, cells={"form": "表样编号，不写时按表中的栏目名称识别"}
)
def PX_CHECK(table: Any, form: Any = "") -> Any:  # noqa: N802
    """列出一张项目表的全部问题：单元格、规则、级别、提示。"""
    return answers.check_table(table, str(form or ""))


@_function(ranges={"cells": "每行第一格为表名，其后为该行各格；第一张为 _perfxl"})
def PX_HINTS(cells: Any) -> Any:  # noqa: N802
    """只在财政端判断的规则对整份工作簿的提示（供加载项使用）。"""
    return answers.finance_hints(cells)


@_function(ranges={"first": "一个项目的三级指标名称", "second": "另一个项目的三级指标名称"})
def PX_SIMILAR(first: Any, second: Any) -> Any:  # noqa: N802
    """两组三级指标的重合比例（0 到 1）。"""
    return answers.similar(first, second)


@_function(cells={"store": "汇总库文件的路径", "unit": "单位编码", "field": "金额栏目，如 预算数"})
def PX_TOTAL(store: Any, unit: Any, field: Any) -> Any:  # noqa: N802
    """汇总库中一个单位某金额栏目的合计（万元）。"""
    return answers.unit_total(str(store or ""), _code(unit), str(field or ""))


@_function(cells={"store": "汇总库文件的路径", "code": "项目编码", "field": "栏目，如 项目名称"})
def PX_PROJECT(store: Any, code: Any, field: Any) -> Any:  # noqa: N802
    """汇总库中一个项目某栏目的内容。"""
    return answers.project_value(str(store or ""), str(code or ""), str(field or ""))


def _code(value: object) -> str:
    """A unit code that a cell holds as a number."""
    return f"{value:.0f}" if isinstance(value, float) else str(value)
