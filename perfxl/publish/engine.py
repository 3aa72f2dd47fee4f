"""Run a Word template: docxtpl's tags, a sandbox, and faults told by tag and paragraph.

docxtpl prepares the XML; what it makes is compiled once per template and then
rendered per department, so that a document costs no template parsing.
"""

from __future__ import annotations

import io
import re
from collections.abc import Mapping
from dataclasses import dataclass
from html import unescape
from types import TracebackType
from typing import Any

from jinja2 import StrictUndefined, Template, TemplateError, TemplateSyntaxError, UndefinedError
from jinja2.exceptions import SecurityError
from jinja2.sandbox import ImmutableSandboxedEnvironment
from markupsafe import Markup, escape

from ..errors import PerfxlError
from .context import Record
from .docx_package import read_package

__all__ = ["CORE", "DocumentTemplate"]

CORE = "docProps/core.xml"
"""The part with title, author and dates (ECMA-376 part 2, 11.1)."""

_RENDERED = re.compile(r"word/(document|header\d*|footer\d*|footnotes|endnotes)\.xml\Z")
_TAG = re.compile(r"\{\{.*?\}\}|\{%.*?%\}", re.DOTALL)
_SPLIT_OPEN = re.compile(r"(?<=\{)(<[^>]*>)+(?=[{%#])|(?<=[%}#])(<[^>]*>)+(?=\})")
_SPLIT_INSIDE = re.compile(r"\{%(?:(?!%\}).)*|\{\{(?:(?!\}\}).)*", re.DOTALL)
_CELL_WITH_MERGE = re.compile(r"<w:tc[ >](?:(?!<w:tc[ >]).)*?\{%\s*vm\s+[^%]*%\}.*?</w:tc>", re.DOTALL)
_MERGE = re.compile(r"\{%\s*vm\s+([^%]*?)\s*%\}")
_BEFORE_MERGE = re.compile(r"(<w:tcPr[^>]*>(?:<w:(?:cnfStyle|tcW|gridSpan|hMerge)\b[^>]*/>)*)(?:<w:vMerge\b[^>]*/>)?")
_TEXT = re.compile(r"(<w:t(?: [^>]*)?>)([^<]*)(</w:t>)")
_MARKUP = re.compile(r"<[^>]+>")
_REASONS = (
    (re.compile(r"'(\w+)' is undefined"), "没有名称“{}”"),
    (re.compile(r"has no attribute '(\w+)'"), "没有“{}”这一项"),
    (re.compile(r"access to attribute '(\w+)'"), "不能使用“{}”"),
    (re.compile(r"has no element (.+)"), "没有第 {} 项（从 0 起数）"),
)
_SHOWN = 60
_REPEAT_LIMIT = 1_000_000


class _Sandbox(ImmutableSandboxedEnvironment):
    """No attribute that begins with an underscore, no missing name, no giant strings."""

    intercepted_binops = frozenset({"*", "**"})

    def getattr(self, obj: Any, attribute: str) -> Any:
        # A record holds data and nothing else; the sandbox's questions would take a third of the time.
        if type(obj) is Record:
            return obj.value(attribute, self.undefined)
        return super().getattr(obj, attribute)

    def call_binop(self, context: Any, operator: str, left: Any, right: Any) -> Any:
        sizes = [len(value) for value in (left, right) if isinstance(value, str | list | tuple)]
        times = [abs(value) for value in (left, right) if isinstance(value, int)]
        if operator == "**" or (sizes and times and sizes[0] * times[0] > _REPEAT_LIMIT):
            raise SecurityError("结果过大")
        return super().call_binop(context, operator, left, right)


def _written(value: Any) -> Any:
    """A value as run content: line ends become ``w:br``, tabs ``w:tab``; never markup of its own."""
    if value is None:
        return ""
    if isinstance(value, Markup):
        value = str(value)
    if not isinstance(value, str):
        value = str(value)
    text = str(escape(value))
    if "\n" in text or "\t" in text:
        text = text.replace("\n", '</w:t><w:br/><w:t xml:space="preserve">')
        text = text.replace("\t", '</w:t><w:tab/><w:t xml:space="preserve">')
    return Markup(text)


def _lines(text: str) -> list[str]:
    """A text's lines without the empty ones, each for a paragraph of its own."""
    return [line for line in text.split("\n") if line.strip()]


def _environment() -> _Sandbox:
    environment = _Sandbox(autoescape=True, undefined=StrictUndefined, finalize=_written)
    environment.globals.clear()
    environment.filters = {
        name: environment.filters[name]
        for name in ("default", "first", "last", "length", "join", "replace", "upper", "lower", "trim", "round", "int", "float")
    }
    environment.filters["lines"] = _lines
    return environment


@dataclass(frozen=True, slots=True)
class _Part:
    source: str
    compiled: Template


class DocumentTemplate:
    """A Word template, ready to be rendered any number of times."""

    def __init__(self, content: bytes, file: str) -> None:
        """Prepare the template of these bytes; ``file`` is for messages.

        Raises W01 for what is no .docx, W02 for a tag that cannot be understood.
        """
        self.file = file
        self.content = content
        self.parts = read_package(content, file)
        self._environment = _environment()
        self._compiled: dict[str, _Part] = {}
        # Imported here, since every command would else wait for python-docx.
        from docxtpl import DocxTemplate

        patcher = DocxTemplate(io.BytesIO(content))
        for name, part in self.parts.items():
            if not (_RENDERED.match(name) or name == CORE):
                continue
            source = part.decode("utf-8", "replace")
            if name != CORE:
                source = _with_merges(patcher.patch_xml(_joined(source)))
            if "{{" in source or "{%" in source:
                self._compiled[name] = self._compile(source)

    def _compile(self, source: str) -> _Part:
        source = re.sub(r"<w:p([ >])", r"\n<w:p\1", source)
        try:
            return _Part(source, self._environment.from_string(source))
        except TemplateSyntaxError as fault:
            raise self._fault("W02", source, fault.lineno, f"写法不对（{fault.message}）") from None

    def render(self, context: Mapping[str, Any]) -> dict[str, str]:
        """The rendered parts by name, as XML text.

        Raises W02 for a name that does not exist or a failing expression, W03
        for what the sandbox refuses, both with tag and paragraph.
        """
        return {name: self._render(part, context) for name, part in self._compiled.items()}

    def _render(self, part: _Part, context: Mapping[str, Any]) -> str:
        try:
            return part.compiled.render(context).replace("\n<w:p", "<w:p")
        except SecurityError as fault:
            raise self._fault("W03", part.source, _line(fault.__traceback__), _told(str(fault))) from None
        except UndefinedError as fault:
            code = "W03" if "'_" in str(fault) else "W02"
            raise self._fault(code, part.source, _line(fault.__traceback__), _told(str(fault))) from None
        except (TemplateError, ArithmeticError, TypeError, ValueError, LookupError, AttributeError) as fault:
            reason = f"{type(fault).__name__}：{fault}"
            raise self._fault("W02", part.source, _line(fault.__traceback__), reason) from None

    def _fault(self, code: str, source: str, line: int, reason: str) -> PerfxlError:
        lines = source.split("\n")
        text = lines[line - 1] if 0 < line <= len(lines) else ""
        inside, _, after = text.partition("</w:p>")
        # Paragraph and row tags stand between paragraphs once docxtpl has prepared them.
        text = inside if _TAG.search(inside) else after
        tags = _TAG.findall(text)
        named = re.findall(r"“(\w+)”", reason)
        meant = [tag for tag in tags if any(name in tag for name in named)] or tags
        paragraph = unescape(_MARKUP.sub("", text)).strip()
        tag = unescape(_MARKUP.sub("", meant[0])) if meant else paragraph
        return PerfxlError(code, file=self.file, tag=tag[:_SHOWN], reason=reason, paragraph=paragraph[:_SHOWN])


def _told(reason: str) -> str:
    """jinja2's words for a missing or forbidden name, in the user's."""
    for pattern, words in _REASONS:
        match = pattern.search(reason)
        if match:
            return words.format(match.group(1))
    return reason


def _line(traceback: TracebackType | None) -> int:
    """The template's line where rendering failed (jinja2 rewrites the traceback to it)."""
    found = 0
    while traceback is not None:
        if traceback.tb_frame.f_code.co_filename == "<template>":
            found = traceback.tb_lineno
        traceback = traceback.tb_next
    return found


def _joined(source: str) -> str:
    """Join tags that Word has split over runs, and give docxtpl's bare ``vm`` its condition."""
    source = _SPLIT_OPEN.sub("", source)
    source = _SPLIT_INSIDE.sub(lambda match: re.sub(r"</w:t>.*?<w:t(?: [^>]*)?>", "", match.group(), flags=re.DOTALL), source)
    return re.sub(r"\{%\s*vm\s*%\}", "{% vm loop.first %}", source)


def _with_merges(source: str) -> str:
    """``{% vm condition %}`` in a cell: begin a merged cell where it holds, continue the one above where not.

    docxtpl's own ``vm`` writes w:vMerge after the borders, which ECMA-376 17.4.69 does not allow.
    """
    return _CELL_WITH_MERGE.sub(_merged_cell, source)


def _merged_cell(match: re.Match[str]) -> str:
    cell = match.group()
    found = _MERGE.search(cell)
    assert found is not None
    condition = found.group(1)
    cell = _MERGE.sub("", cell)
    state = f'{{% if {condition} %}}restart{{% else %}}continue{{% endif %}}'
    cell = _BEFORE_MERGE.sub(lambda before: f'{before.group(1)}<w:vMerge w:val="{state}"/>', cell, count=1)
    return _TEXT.sub(lambda text: f"{text.group(1)}{{% if {condition} %}}{text.group(2)}{{% endif %}}{text.group(3)}", cell)
