"""Calls functions and scripts through xlwings' Office.js entry points: JSON requests in, JSON answers out.

A process of its own: ``XLWINGS_ON_SERVER`` has to stand before xlwings is imported.
"""

import asyncio
import json
import sys

import xlwings as xw
from xlwings.server import custom_functions_call, custom_functions_meta

from perfxl.excel import functions, scripts


def answer(request):
    if request["kind"] == "function":
        data = {
            "func_name": request["name"],
            "args": request["args"],
            "caller_address": "[Book1.xlsx]Sheet1!$A$1",
            "content_language": "zh-CN",
            "version": xw.__version__,
            "client": "Office.js",
            "runtime": "1.4",
            "date_format": "yyyy/m/d",
        }
        return asyncio.run(custom_functions_call(data, functions))
    if request["kind"] == "meta":
        return custom_functions_meta(functions)
    book = xw.Book(json=request["book"])
    target = book.sheets[request["target"]]
    count = scripts.deep_check(book, target)
    return {"count": count, "actions": book.json()["actions"]}


print(json.dumps([answer(each) for each in json.load(sys.stdin)], ensure_ascii=True))
