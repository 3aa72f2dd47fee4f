"""Where records to publish or compare come from: folders of workbooks, a store, published documents."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from ..consolidate.content import Content, content_of
from ..consolidate.dataset import Dataset, common_form, dataset_of
from ..consolidate.files import Found, bytes_of, gather
from ..consolidate.ledger import form_of, remembered
from ..consolidate.reading import BOUNDS, FileReader, lost_content
from ..consolidate.states import Judged, State
from ..consolidate.store import Store
from ..errors import PerfxlError, reason
from ..form.library import find_form, form_ids
from ..form.model import Form
from ..form.records import Book
from ..workbook.container import Refusal
from ..workers import Lost, mapped, workers_for
from .blocks import Block, blocks_of_docx, blocks_of_text
from .bring_back import Imported, import_blocks

__all__ = ["LeftOut", "Source", "blocks_of_file", "import_file", "read_source"]

Progress = Callable[[int, int, str], None]
"""Called after each file: how many are done, of how many, and the file's name."""

_SQLITE = b"SQLite format 3\x00"
_ZIP = b"PK\x03\x04"
_MOST_BYTES = 50_000_000
_TEXTS = (".txt", ".text", ".md")
_DOCUMENTS = (".docx", *_TEXTS)


@dataclass(frozen=True, slots=True, kw_only=True)
class LeftOut:
    """A file whose content is not in the result, and why."""

    file: str
    unit: str
    state: State
    reason: str

    def __str__(self) -> str:
        return f"{self.state.label}：{self.file}{f'（{self.unit}）' if self.unit else ''}：{self.reason}"


@dataclass(frozen=True, slots=True, kw_only=True)
class Source:
    """The books that count, what was left out, and the roster's names and leads by department code."""

    form: Form
    books: tuple[Book, ...]
    left_out: tuple[LeftOut, ...] = ()
    names: Mapping[str, str] = field(default_factory=dict)
    leads: Mapping[str, str] = field(default_factory=dict)

    @property
    def unpublished(self) -> tuple[LeftOut, ...]:
        """What was left out and is missing in the result (a superseded file is not)."""
        return tuple(each for each in self.left_out if each.state is not State.SUPERSEDED)


def read_source(
    paths: Sequence[Path], *, form: str = "", every_state: bool = False, progress: Progress | None = None
) -> Source:
    """The books of a store, of workbooks and folders of them, or of published documents.

    Files that are not accepted or with hints are left out, unless
    ``every_state`` (then whatever could be read counts, to compare it).
    ``form`` is an id; else the form of most files.  Raises C01, C05, F01, W01,
    W06 and the store's own faults.
    """
    for path in paths:
        if not path.exists():
            raise PerfxlError("C01", path=path)
    if len(paths) == 1 and paths[0].is_file():
        if _begins(paths[0], _SQLITE):
            return _stored(paths[0], form, progress)
        if paths[0].suffix.lower() in _DOCUMENTS:
            found = find_form(form or form_ids()[0])
            return Source(form=found, books=tuple(import_file(found, paths[0]).books))
    return _gathered(paths, form, every_state, progress)


def _begins(path: Path, mark: bytes) -> bool:
    try:
        with path.open("rb") as file:
            return file.read(len(mark)) == mark
    except OSError as fault:
        raise PerfxlError("C01", path=f"{path}（{reason(fault)}）") from None


def _gathered(paths: Sequence[Path], form: str, every_state: bool, progress: Progress | None) -> Source:
    files = gather(paths).files
    read: dict[str, tuple[Content, Book | None]] = {}
    jobs = workers_for(len(files))
    for number, (content, book) in enumerate(mapped(_read, files, jobs=jobs, lost=_lost, bounds=BOUNDS), 1):
        read[content.file] = content, book
        if progress is not None:
            progress(number, len(files), content.file)
    contents = [content for content, _ in read.values()]
    key = common_form(contents)
    if not form and key is None:
        raise PerfxlError("W06", reason=f"{len(files)} 个文件都不能读取，如 {contents[0].file}：{_why(contents[0].findings)}")
    meant = find_form(form or (key or ("", 0))[0])
    dataset = dataset_of(contents, meant)
    return _source(dataset, lambda judged: read[judged.content.file][1], every_state=every_state)


def _read(found: Found) -> tuple[Content, Book | None]:
    submission = FileReader()(found)
    return content_of(submission), submission.book


def _lost(found: Found, lost: Lost) -> tuple[Content, Book | None]:
    return lost_content(found, lost), None


def _why(findings: Sequence[object]) -> str:
    return str(getattr(findings[0], "message", "")) if findings else ""


def _source(dataset: Dataset, book_of: Callable[[Judged], Book | None], *, every_state: bool = False) -> Source:
    books: list[Book] = []
    left_out: list[LeftOut] = []
    wanted = (State.ACCEPTED, State.HINTS, State.RETURNED) if every_state else (State.ACCEPTED, State.HINTS)
    for judged in dataset.official:
        book = book_of(judged) if judged.state in wanted else None
        unit = f"{judged.content.unit_code}{judged.content.unit_name}"
        if book is not None:
            books.append(book)
        elif judged.state in wanted:
            reason = "汇总之后文件已移走或改动"
            left_out.append(LeftOut(file=judged.content.file, unit=unit, state=judged.state, reason=reason))
        else:
            left_out.append(LeftOut(file=judged.content.file, unit=unit, state=judged.state, reason=judged.reason))
    units = dataset.roster.units.values()
    return Source(
        form=dataset.form,
        books=tuple(books),
        left_out=tuple(left_out),
        names={unit.code[:3]: unit.department for unit in units if unit.department},
        leads={unit.code[:3]: unit.code for unit in units if unit.lead},
    )


def _stored(path: Path, form: str, progress: Progress | None) -> Source:
    """The files that a store counts, read once more: the store keeps no Part One."""
    with Store(path, read_only=True) as store:
        dataset = remembered(store, find_form(form or form_of(store) or form_ids()[0]))
    total = sum(judged.state.counts for judged in dataset.files)
    done = 0

    def again(judged: Judged) -> Book | None:
        nonlocal done
        done += 1
        if progress is not None:
            progress(done, total, judged.content.file)
        found = _same_file(path, judged.content.file, judged.content.sha256)
        return None if found is None else FileReader()(found).book

    return _source(dataset, again)


def _same_file(store: Path, name: str, sha256: str) -> Found | None:
    """A file that the store names, if it is still the same; also looked for beside the store."""
    for path in (Path(name), store.parent / name):
        try:
            (found,) = gather([path]).files
            if hashlib.sha256(bytes_of(found)).hexdigest() == sha256:
                return found
        except (PerfxlError, Refusal, OSError, ValueError):
            continue
    return None


def blocks_of_file(path: Path) -> list[Block]:
    """A published document's blocks, .docx or text by its content; C01, W01 or W08 if it cannot be read."""
    try:
        if not path.is_file():
            raise PerfxlError("C01", path=path)
        if path.stat().st_size > _MOST_BYTES:
            raise PerfxlError("W08", file=str(path), reason="文件过大")
        content = path.read_bytes()
    except OSError as fault:
        raise PerfxlError("W08", file=str(path), reason=reason(fault)) from None
    if content.startswith(_ZIP):
        return blocks_of_docx(content, str(path))
    for encoding in ("utf-8-sig", "gb18030"):
        try:
            text = content.decode(encoding)
        except UnicodeDecodeError:
            continue
        if "\x00" not in text:
            return blocks_of_text(text)
    raise PerfxlError("W08", file=str(path), reason="既不是 .docx，也不是 UTF-8 或 GB 18030 文字")


def import_file(form: Form, path: Path) -> Imported:
    """The books of a published document; W08 where nothing in it is of this form."""
    imported = import_blocks(form, blocks_of_file(path))
    if not imported.books:
        raise PerfxlError("W08", file=str(path), reason=f"没有找到表样 {form.id} 的项目表")
    return imported
