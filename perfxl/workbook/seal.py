"""The seal: what a task's key vouches for in a workbook that was handed out.

HMAC-SHA256 over form, version, task, unit, plan, the marks of the live rules
and every prefilled (locked) value.  Text and code stand in the very hidden sheet; the key never does.
Protection guides, the seal proves.
"""

from __future__ import annotations

import hashlib
import hmac
import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from ..form.model import COVER, Form
from ..form.records import Book
from ..rules.types import Raw, is_blank
from ..rules.values import strip
from .layout import Plan
from .said import SAID_KEY
from .write import RULES_KEY, plan_text, rules_mark

__all__ = ["KeyRing", "Locked", "Seal", "SealFault", "SealKey", "cover_locked", "open_seal", "same_value", "seal_meta"]

_PURPOSE = b"perfxl-seal-1\n"
_PIECE = 30_000
"""A cell holds 32 767 characters."""

_PIECES = 20
_PIECE_KEYS = tuple(f"sealed{number}" for number in range(1, _PIECES + 1))
_DECIMALS = 6


@dataclass(frozen=True, slots=True, kw_only=True)
class SealKey:
    """One key: ``secret`` makes seals, ``password`` protects the sheets handed out with it; ``created`` is ISO 8601."""

    id: str
    secret: bytes
    password: str
    created: str


@dataclass(frozen=True, slots=True, kw_only=True)
class KeyRing:
    """The keys of one task, oldest first; the last one seals, all of them verify."""

    task: str
    keys: tuple[SealKey, ...]

    @property
    def current(self) -> SealKey:
        """The key that new seals are made with."""
        return self.keys[-1]

    @property
    def mark(self) -> str:
        """Changes whenever a verification may come out differently."""
        text = "\n".join((self.task, *(each.id for each in self.keys)))
        return hashlib.sha256(text.encode()).hexdigest()[:8]


@dataclass(frozen=True, slots=True)
class Locked:
    """A prefilled value that the unit may not change."""

    sheet: str
    ordinal: int
    field: str
    value: str | float


@dataclass(frozen=True, slots=True, kw_only=True)
class Seal:
    """What a valid seal says; ``id`` is how manifests name it."""

    id: str
    task: str
    unit: str
    name: str
    locked: tuple[Locked, ...]

    @property
    def fields(self) -> dict[tuple[str, int], frozenset[str]]:
        """The locked fields of each sheet."""
        found: dict[tuple[str, int], set[str]] = {}
        for each in self.locked:
            found.setdefault((each.sheet, each.ordinal), set()).add(each.field)
        return {place: frozenset(names) for place, names in found.items()}


@dataclass(frozen=True, slots=True)
class SealFault:
    """Why a workbook has no valid seal: I20 none, I21 forged, I22 another task's (``task``: which it says)."""

    code: str
    task: str = ""


def seal_meta(
    ring: KeyRing,
    form: Form,
    plan: Plan,
    book: Book,
    locked: Mapping[tuple[str, int], frozenset[str]],
    said: Mapping[str, str] | None = None,
) -> dict[str, str]:
    """The lines of the very hidden sheet that seal a book; its blank values and the fields not ``locked`` stay free.

    ``said`` are the lines that note its explanations (see :mod:`perfxl.workbook.said`), sealed and returned with it.
    """
    code, name = (strip(str(book.cover.raws.get(form.roles[role]) or "")) for role in ("unit_code", "unit_name"))
    text = json.dumps(
        {
            "form": [form.id, form.version],
            "task": ring.task,
            "unit": [code, name],
            "plan": plan_text(plan),
            RULES_KEY: rules_mark(form, plan),
            SAID_KEY: _said_digest(said or {}),
            "locked": [[each.sheet, each.ordinal, each.field, each.value] for each in _locked(book, locked)],
        },
        ensure_ascii=False,
        separators=(",", ":"),
    )
    if len(text) > _PIECE * _PIECES:
        raise ValueError("too much is prefilled for a seal")
    key = ring.current
    pieces = {_PIECE_KEYS[at // _PIECE]: text[at : at + _PIECE] for at in range(0, len(text), _PIECE)}
    return {"task": ring.task, "unit": code, "key": key.id, "seal": _code(key, text), **pieces, **(said or {})}


def _said_digest(meta: Mapping[str, str]) -> str:
    """What the very hidden sheet notes of explanations, in short."""
    noted = sorted((key, text) for key, text in meta.items() if key.startswith(SAID_KEY) and key[len(SAID_KEY) :].isdigit())
    return hashlib.sha256(repr(noted).encode("utf-8", "surrogatepass")).hexdigest()[:16] if noted else ""


def _locked(book: Book, locked: Mapping[tuple[str, int], frozenset[str]]) -> Iterator[Locked]:
    for record in book.all():
        for name in sorted(locked.get((record.sheet, record.ordinal), ())):
            value = record.raws.get(name)
            if isinstance(value, (str, int, float)) and not isinstance(value, bool) and not is_blank(value):
                yield Locked(record.sheet, record.ordinal, name, strip(value) if isinstance(value, str) else float(value))


def _code(key: SealKey, text: str) -> str:
    return hmac.new(key.secret, _PURPOSE + text.encode("utf-8", "surrogatepass"), hashlib.sha256).hexdigest()


def open_seal(ring: KeyRing, meta: Mapping[str, str], form: Form, plan: Plan) -> Seal | SealFault:
    """Verify the seal in a workbook's very hidden sheet against the keys of a task.

    A seal of another task cannot be verified; what it says of its task decides
    between another task's workbook (I22) and a forged one (I21).
    """
    code = meta.get("seal", "")
    text = "".join([meta[key] for key in _PIECE_KEYS if key in meta])
    if not code and not text:
        return SealFault("I20")
    said = meta.get("task", "")
    key = next((each for each in ring.keys if each.id == meta.get("key")), None)
    genuine = key is not None and code.isascii() and hmac.compare_digest(_code(key, text), code)
    if not genuine:
        return SealFault("I22", said) if said and said != ring.task else SealFault("I21")
    content = json.loads(text)
    if content["task"] != ring.task:
        return SealFault("I22", str(content["task"]))
    if content["form"] != [form.id, form.version] or content["plan"] != plan_text(plan):
        return SealFault("I21")
    if content.get(RULES_KEY, meta.get(RULES_KEY)) != meta.get(RULES_KEY):
        return SealFault("I21")
    if SAID_KEY in content and content[SAID_KEY] != _said_digest(meta):
        return SealFault("I21")
    unit, name = content["unit"]
    locked = tuple(Locked(*each) for each in content["locked"])
    return Seal(id=code[:12], task=ring.task, unit=unit, name=name, locked=locked)


def same_value(sealed: str | float, found: Raw) -> bool:
    """The cell still holds what was prefilled, whatever program saved it."""
    if isinstance(sealed, str):
        return isinstance(found, str) and strip(found) == sealed
    return isinstance(found, (int, float)) and not isinstance(found, bool) and round(found - sealed, _DECIMALS) == 0


def cover_locked(form: Form) -> dict[tuple[str, int], frozenset[str]]:
    """The unit's code and name, which every sealed workbook locks."""
    return {(COVER, 1): frozenset((form.roles["unit_code"], form.roles["unit_name"]))}
