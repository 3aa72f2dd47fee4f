"""Strict reading of TOML tables: every key is known, every value of its kind.

A fault names the file, the key's path and what was expected (F02–F05).
"""

from __future__ import annotations

import re
import tomllib
from collections.abc import Iterator, Mapping
from typing import Any, cast

from ..errors import PerfxlError

__all__ = ["Table", "read_toml"]


class Table:
    """One TOML table under inspection; call :meth:`done` when all keys were asked for."""

    def __init__(self, content: Mapping[str, Any], file: str, path: str = "") -> None:
        self._content = content
        self._asked: list[str] = []
        self.file = file
        self.path = path

    def place(self, key: str) -> str:
        """The key's path in the file."""
        return f"{self.path}.{key}" if self.path else key

    def fault(self, code: str, key: str, /, **values: object) -> PerfxlError:
        """An error at one of this table's keys."""
        return PerfxlError(code, file=self.file, place=self.place(key), **values)

    def wrong(self, key: str, expected: str) -> PerfxlError:
        """F05 for the value that stands at a key."""
        found = repr(self._content.get(key))[:60]
        return self.fault("F05", key, key=self.place(key), expected=expected, found=found)

    def __contains__(self, key: str) -> bool:
        return key in self._content

    def _get(self, key: str, kind: type | tuple[type, ...], expected: str, default: Any) -> Any:
        self._asked.append(key)
        if key not in self._content:
            if default is None:
                raise self.fault("F04", key, key=self.place(key), expected=f"{key}（{expected}）")
            return default
        value = self._content[key]
        if not isinstance(value, kind) or (isinstance(value, bool) and kind is not bool):
            raise self.wrong(key, expected)
        return value

    def text(self, key: str, default: str | None = None) -> str:
        """A text."""
        return cast(str, self._get(key, str, "文字", default))

    def integer(self, key: str, default: int | None = None, *, least: int = 0, most: int = 9_999) -> int:
        """A whole number within bounds."""
        found = cast(int, self._get(key, int, "整数", default))
        if found < least:
            raise self.wrong(key, f"不小于 {least} 的整数")
        if found > most:
            raise self.wrong(key, f"不大于 {most} 的整数")
        return found

    def number(self, key: str, default: float | None = None) -> float:
        """A number."""
        return float(self._get(key, (int, float), "数字", default))

    def truth(self, key: str, default: bool = False) -> bool:
        """true or false."""
        return cast(bool, self._get(key, bool, "true 或 false", default))

    def texts(self, key: str, default: tuple[str, ...] | None = None) -> tuple[str, ...]:
        """A list of texts."""
        found = self._get(key, (list, tuple), "文字的列表", default)
        if not all(isinstance(item, str) for item in found):
            raise self.wrong(key, "文字的列表")
        return tuple(found)

    def numbers(self, key: str) -> tuple[float, ...]:
        """A list of numbers."""
        found = self._get(key, list, "数字的列表", None)
        if not all(isinstance(item, int | float) for item in found):
            raise self.wrong(key, "数字的列表")
        return tuple(float(item) for item in found)

    def picture(self, key: str) -> tuple[tuple[str, ...], ...]:
        """A list of lists of texts."""
        found = self._get(key, list, "由多行文字组成的表格图", None)
        rows = [row for row in found if isinstance(row, list) and all(isinstance(cell, str) for cell in row)]
        if len(rows) != len(found) or not rows:
            raise self.wrong(key, "由多行文字组成的表格图")
        return tuple(tuple(row) for row in rows)

    def table(self, key: str, default: Mapping[str, Any] | None = None) -> Table:
        """A table."""
        return Table(self._get(key, dict, "一个表 [ ]", default), self.file, self.place(key))

    def tables(self, key: str) -> list[Table]:
        """An array of tables."""
        found = self._get(key, list, "若干个表 [[ ]]", [])
        if not all(isinstance(item, dict) for item in found):
            raise self.wrong(key, "若干个表 [[ ]]")
        return [Table(item, self.file, f"{self.place(key)}[{number}]") for number, item in enumerate(found, 1)]

    def named(self, key: str) -> Iterator[tuple[str, Table]]:
        """The tables of a table of tables, by name."""
        inner = self.table(key, {})
        for name in inner._content:
            yield name, inner.table(name)

    def names(self) -> tuple[str, ...]:
        """All keys, marked as asked for."""
        self._asked.extend(self._content)
        return tuple(self._content)

    def done(self) -> None:
        """Refuse keys that nothing asked for (F03)."""
        for key in self._content:
            if key not in self._asked:
                known = "、".join(dict.fromkeys(self._asked))
                raise self.fault("F03", key, key=self.place(key), known=known)


def read_toml(text: str, file: str) -> Table:
    """Parse TOML text; F02 with the parser's line and column."""
    try:
        return Table(tomllib.loads(text), file)
    except tomllib.TOMLDecodeError as fault:
        raise PerfxlError("F02", file=file, reason=_in_chinese(str(fault), text)) from None


_AT = re.compile(r"(.*) \(at (?:line ([0-9]+), column ([0-9]+)|end of document)\)", re.DOTALL)
_REASONS = {
    "Unclosed": "括号里缺少逗号，或括号没有成对",
    "Invalid value": "值的写法不对；文字放在半角引号里",
    "Invalid initial character": "键用英文字母、数字和下划线，其他文字放在半角引号里",
    "Invalid statement": "写法不对",
    "Cannot overwrite": "同一个键写了两次",
    "Cannot declare": "同一个表写了两次",
    "Duplicate": "同一个键写了两次",
    "Expected '='": "键之后缺少 =",
    "Expected newline": "一行之后有多余的内容",
    "Expected ']": "方括号没有成对",
    "Unterminated string": "引号没有成对",
    "Illegal character": "一行文字里有换行或控制字符；引号没有成对时也会这样",
}
"""How tomllib's messages begin, and what they mean to an officer."""


def _in_chinese(fault: str, text: str) -> str:
    """The parser's message with its line as the author sees it."""
    match = _AT.fullmatch(fault)
    english, line, column = match.groups() if match else (fault, None, None)
    meaning = next((each for start, each in _REASONS.items() if english.startswith(start)), english)
    if line is None:
        return f"{meaning}（文件末尾）"
    shown = (text.replace("\r\n", "\n").split("\n")[int(line) - 1 : int(line)] or [""])[0].strip()[:40]
    return f"第 {line} 行第 {column} 个字符处有误：{meaning}（{shown}）"
