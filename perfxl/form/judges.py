"""What only Python can judge: likeness of texts.  Registered checks for batch-only rules.

A form names a judge in ``[[rule]] python = "…"`` and gives its settings in
``with = { … }``; id, severity, place and message are declared like any rule's.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from itertools import combinations
from operator import contains

from ..rules.types import Raw
from ..rules.values import fold, squash
from .columns import raw_column, text_column
from .model import Field, Form, JudgeRule
from .records import Book, Row, SheetRecord, data_text

__all__ = ["JUDGES", "Judge", "Texts", "Verdict", "judge"]

Settings = Mapping[str, str | float]


@dataclass(frozen=True, slots=True, kw_only=True)
class Verdict:
    """A place where a judge found something; ``values`` fill the message."""

    record: SheetRecord
    row: Row | None
    values: Mapping[str, str]


@dataclass(frozen=True, slots=True, kw_only=True)
class Judge:
    """A registered check.

    ``settings`` maps each setting that a form must give to its kind (a field's
    name or a number); ``places``: the names that its message may use.
    """

    name: str
    title: str
    settings: Mapping[str, type]
    places: frozenset[str]
    run: Callable[[Form, JudgeRule, Texts], Iterator[Verdict]]


def judge(form: Form, rule: JudgeRule, texts: Texts) -> Iterator[Verdict]:
    """Run one batch-only rule over the texts of a book."""
    return JUDGES[rule.python].run(form, rule, texts)


class Texts:
    """What stands in the rows of a book's projects, as texts without blanks; a column is read once for all judges."""

    def __init__(self, form: Form, book: Book) -> None:
        self.projects = book.projects(form)
        self._form = form
        self._read: dict[int, Mapping[str, list[str]]] = {}
        self._columns: dict[tuple[str, str, int], list[str]] = {}

    def take(self, record: SheetRecord, columns: Mapping[str, list[str]]) -> None:
        """What another has read of a sheet: text fields in the rows of their groups."""
        self._read[id(record)] = columns

    def column(self, name: str, group: str, project: int) -> list[str]:
        """A field in every row of a group in a project (its place among ``projects``), "" where there is no text."""
        found = self._columns.get((name, group, project))
        if found is None:
            found = self._columns[name, group, project] = self._column(self._form.fields[name], group, self.projects[project])
        return found

    def _column(self, field: Field, group: str, record: SheetRecord) -> list[str]:
        read = self._read.get(id(record), {})
        if field.name in read and field.group == group:
            return read[field.name]
        raws = raw_column([row.raws for row in record.rows.get(group, ())], field.name)
        found = text_column(raws) if field.type_name in _AS_IT_IS else None
        return [_words(field, raw) for raw in raws] if found is None else found


# --- copied indicators (U03) ------------------------------------------------------

_PUNCTUATION = re.compile(r"[\W_]+")


def normal_name(text: str) -> str:
    """An indicator's name for comparison: no blanks, punctuation or case."""
    return fold(text if text.isalnum() else _PUNCTUATION.sub("", text))


def _words(field: Field, raw: Raw) -> str:
    """A value as text without blanks, "" where there is none."""
    if not isinstance(raw, str):
        return ""
    return squash(raw if field.type_name in _AS_IT_IS else data_text(field, raw))


_AS_IT_IS = ("text", "long", "target")
_START = 3
_STARTS = re.compile(r"[\u4e00-\u9fff]*")


class _Names:
    """The names in one project, and how they start."""

    def __init__(self, texts: Sequence[str]) -> None:
        self._texts = texts
        self._normal: frozenset[str] | None = None
        starts = [text[:_START] for text in texts]
        whole = "".join(starts)
        # Han characters stay in a normal name as they are, so names that start with
        # different ones are different; of other starts nothing is known.
        self._known = len(whole) == _START * len(starts) and _STARTS.fullmatch(whole) is not None
        self._list = starts
        self._starts = frozenset(starts)

    @property
    def normal(self) -> frozenset[str]:
        if self._normal is None:
            self._normal = frozenset({normal_name(text) for text in self._texts} - {""})
        return self._normal

    def surely_below(self, threshold: float, other: _Names) -> bool:
        """The share of common names is below the threshold, judged by how they start alone."""
        if not (self._known and other._known):
            return False
        most = 0
        if not self._starts.isdisjoint(other._starts):
            most = sum(start in other._starts for start in self._list)
        return most < threshold * min(len(self._starts), len(other._starts))


def _copied(form: Form, rule: JudgeRule, texts: Texts) -> Iterator[Verdict]:
    """|A∩B| / min(|A|,|B|) over normalised names, at least ``least`` each, once per pair (DEFINITIONS)."""
    field, threshold, least = str(rule.settings["field"]), float(rule.settings["threshold"]), int(rule.settings["least"])
    title, group = form.fields[form.roles["project_name"]], form.fields[field].group
    projects = [(record, _Names(texts.column(field, group, at))) for at, record in enumerate(texts.projects)]
    for (first, one), (second, other) in combinations(projects, 2):
        if one.surely_below(threshold, other):
            continue
        fewer = min(len(one.normal), len(other.normal))
        shared = len(one.normal & other.normal)
        if fewer >= least and shared >= threshold * fewer:
            name = data_text(title, first.raws.get(title.name))
            values = {"other": name, "shared": str(shared), "fewer": str(fewer), "percent": str(shared * 100 // fewer)}
            yield Verdict(record=second, row=None, values=values)


# --- name and description of different things (R10) ----------------------------------

_COMMON = (
    "完成", "情况", "项目", "工作", "比例", "占比", "数量", "指标", "年度", "当年", "本年", "全年", "达到", "进行",
    "相关", "要求", "标准", "提高", "实际", "计划", "总数", "总量", "及时", "程度", "反映", "考核", "不低于", "以上",
    "率", "数", "的", "占", "与", "和", "及", "对", "本", "该", "应", "按", "为", "是",
)  # fmt: skip
_HAN = re.compile(r"[\u4e00-\u9fff]+")
_FEWEST = 2
_RARE = "".join(chr(code) for code in range(0x4E00, 0xA000) if chr(code) not in "".join(_COMMON))
_RARE_RUNS = re.compile(f"[{_RARE}]{{2,}}")
_RARE_ONLY = re.compile(f"[{_RARE}]*")


@lru_cache(maxsize=8192)
def _pieces(text: str) -> list[str]:
    for word in _COMMON:
        text = text.replace(word, " ")
    return _HAN.findall(text)


@lru_cache(maxsize=8192)
def _is_rare(pair: str) -> bool:
    return _RARE_RUNS.fullmatch(pair) is not None


def plainly_alike(one: str, other: str) -> bool:
    """Both have a pair of neighbouring characters of which no common word has any: surely 1 in likeness."""
    for run in _RARE_RUNS.findall(one):
        for at in range(len(run) - 1):
            if run[at : at + 2] in other:
                return True
    return False


def likeness(one: str, other: str) -> float:
    """How much two short Chinese texts speak of the same thing, 0 to 1.

    The share of the shorter text's characters, common words left out, that the
    other has too; 1 if both share a pair of neighbouring characters, or if one
    has too little left to judge.
    """
    first, second = _pieces(one), _pieces(other)
    some, more = set("".join(first)), set("".join(second))
    if min(len(some), len(more)) < _FEWEST:
        return 1.0
    pairs = {piece[at : at + 2] for piece in first for at in range(len(piece) - 1)}
    whole = "|".join(second)
    if any(pair in whole for pair in pairs):
        return 1.0
    return len(some & more) / min(len(some), len(more))


def _pairs(text: str) -> frozenset[str]:
    return frozenset(piece[at : at + 2] for piece in _pieces(text) for at in range(len(piece) - 1))


def _unlike(form: Form, rule: JudgeRule, texts: Texts) -> Iterator[Verdict]:
    """A row whose description shares less than ``threshold`` with its name but has words of another row's.

    Many a good description words its name anew (出勤率: 实际到岗天数与应到天数之比), so
    unlikeness alone proves nothing; a description that speaks of another indicator was copied.
    """
    threshold, group = float(rule.settings["threshold"]), form.fields[rule.field].group
    columns = [texts.column(str(rule.settings["field"]), group, at) for at in range(len(texts.projects))]
    for at, (record, column) in enumerate(zip(texts.projects, columns, strict=True)):
        described = texts.column(rule.field, group, at)
        for place in _begun_otherwise(column, described):
            name, text = column[place], described[place]
            if not name or not text or plainly_alike(name, text) or likeness(name, text) >= threshold:
                continue
            if _speaks_of_another(text, name, [each for names in columns for each in names]):
                yield Verdict(record=record, row=record.rows[group][place], values={"name": name[:20], "text": text[:20]})


def _begun_otherwise(names: Sequence[str], texts: Sequence[str]) -> list[int]:
    """The places where the text does not plainly repeat how the name begins, as a good description often does."""
    starts = [name[:2] for name in names]
    whole = "".join(starts)
    if len(whole) == 2 * len(starts) and _RARE_ONLY.fullmatch(whole) and all(map(contains, texts, starts)):
        return []
    return [at for at, (start, text) in enumerate(zip(starts, texts, strict=True)) if start not in text or not _is_rare(start)]


def _speaks_of_another(text: str, name: str, names: Sequence[str]) -> bool:
    """The text has a pair of characters of another name."""
    said = _pairs(text)
    everything = "\n".join(names)
    # A pair of a name's pieces stands in the name itself, so most pairs need no further look.
    heard = [pair for pair in said if pair in everything]
    return any(
        pair in piece for pair in heard for other in names if other != name and pair in other for piece in _pieces(other)
    )


JUDGES: Mapping[str, Judge] = {
    each.name: each
    for each in (
        Judge(
            name="copied_indicators",
            title="两个项目的指标雷同",
            settings={"field": str, "threshold": float, "least": float},
            places=frozenset({"other", "shared", "fewer", "percent"}),
            run=_copied,
        ),
        Judge(
            name="unlike_texts",
            title="两个文本说的不是一件事",
            settings={"field": str, "threshold": float},
            places=frozenset({"name", "text"}),
            run=_unlike,
        ),
    )
}
