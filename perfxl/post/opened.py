"""Open a mail that came in, bounded: what is inside is hostile until read.

Nothing raises past :func:`open_mail`; a mail that is no ordinary one is
*refused* with the reason, and its bytes are kept for a person to look at.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import datetime
from email import policy
from email.message import Message
from email.parser import BytesParser

from .archive import Trouble, foreign_kind, unpacked
from .bounce import Bounce, bounce_in
from .headers import addresses_in, date_in, decoded, joined, name_of, raw_header, received_at
from .message import OUR_ID

__all__ = ["MOST_MAIL", "Found", "Opened", "head_of", "open_mail"]

MOST_MAIL = 60_000_000
"""Bytes of a mail; mail servers take 20–50 MB."""

_MOST_HEADER = 512_000
_MOST_TYPE = 8_000
_MOST_PARTS = 300
_MOST_DEPTH = 12
_MOST_WORK = 8_000_000
"""Lines times open boundaries: what the parser has to compare."""

_TYPES = re.compile(rb"^content-(?:type|disposition):[^\n]*(?:\n[ \t][^\n]*)*", re.IGNORECASE | re.MULTILINE)
_BOUNDARY = re.compile(rb"boundary\s*\*?0?\*?=", re.IGNORECASE)
_ZIP, _OLE = b"PK\x03\x04", b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"
_SHEETS = (".xlsx", ".xls", ".xlsm", ".xlsb", ".et", ".ett", ".ods")


@dataclass(frozen=True, slots=True, kw_only=True)
class Found:
    """A file found in a mail.

    ``workbook``: it is, or claims to be, one; ``trouble``: why an archive was
    not read to its end; ``inline``: a picture within the text, such as a logo.
    """

    name: str
    content: bytes = field(repr=False)
    received: datetime
    workbook: bool = False
    inline: bool = False
    trouble: tuple[str, str] = ("", "")


@dataclass(frozen=True, slots=True, kw_only=True)
class Opened:
    """What a mail says and holds; ``refused`` is why it was not opened, "" if it was.

    ``ours``: Message-IDs of letters of ours that it answers; ``own``: it is one of them.
    """

    message_id: str
    received: datetime
    sender: str
    subject: str
    automatic: bool
    own: bool = False
    ours: tuple[str, ...] = ()
    bounce: Bounce | None = None
    files: tuple[Found, ...] = ()
    refused: str = ""


class _Refusal(Exception):  # noqa: N818
    """The mail is not opened."""


def open_mail(raw: bytes, now: datetime, arrived: datetime | None = None) -> Opened:
    """Open a mail's bytes; ``arrived`` is when the mailbox got it."""
    refused = ""
    try:
        message = _parsed(raw)
    except _Refusal as why:
        refused, message = str(why), head_of(raw)
    received = received_at(message, arrived, now)
    files: tuple[Found, ...] = ()
    if not refused:
        try:
            files = tuple(_Walk(now).files(message, received, 0))
        except _Refusal as why:
            refused = str(why)
        except Exception as why:  # the net below everything that was foreseen: one mail never stops a batch
            refused = type(why).__name__
    senders = addresses_in(message, "From", "Sender")
    text = joined(message, ("In-Reply-To", "References")).encode("utf-8", "replace")
    message_id = decoded(raw_header(message, "Message-ID")).strip(" <>")[:300]
    return Opened(
        message_id=message_id,
        received=received,
        sender=senders[0][1][:254] if senders else "",
        subject=decoded(raw_header(message, "Subject"))[:300],
        automatic=_automatic(message),
        own=OUR_ID.fullmatch(message_id.encode("utf-8", "replace")) is not None,
        ours=tuple(dict.fromkeys(each.decode() for each in OUR_ID.findall(text))),
        bounce=None if refused else bounce_in(message, raw),
        files=() if refused else files,
        refused=refused,
    )


def _parsed(raw: bytes) -> Message:
    """Parse once it is clear that parsing ends: the standard parser takes quadratic time over some mails."""
    if len(raw) > MOST_MAIL:
        raise _Refusal(f"邮件有 {len(raw) // 1_000_000} MB")
    if _header_end(raw) > _MOST_HEADER:
        raise _Refusal(f"信头有 {_header_end(raw) // 1000} KB")
    if max((each.end() - each.start() for each in _TYPES.finditer(raw)), default=0) > _MOST_TYPE:
        raise _Refusal("附件说明过长")
    boundaries = len(_BOUNDARY.findall(raw))
    if boundaries > _MOST_PARTS or raw.count(b"\n") * (boundaries + 1) > _MOST_WORK:
        raise _Refusal("结构过于复杂")
    try:
        return BytesParser(policy=policy.compat32).parsebytes(raw)
    except Exception as fault:  # RecursionError and whatever else the parser meets
        raise _Refusal(type(fault).__name__) from None


def _header_end(raw: bytes) -> int:
    ends = [at for at in (raw.find(b"\r\n\r\n"), raw.find(b"\n\n")) if at >= 0]
    return min(ends) if ends else len(raw)


def head_of(raw: bytes) -> Message:
    """The first headers alone, of a mail that is not opened."""
    head = raw[: min(_header_end(raw), 64_000)]
    try:
        return BytesParser(policy=policy.compat32).parsebytes(head, headersonly=True)
    except Exception:
        return Message()


def _automatic(message: Message) -> bool:
    """Written by a machine (RFC 3834, and what Exchange and lists add): it gets no answer."""
    told = raw_header(message, "Auto-Submitted").strip().lower()
    if told and not told.startswith("no"):
        return True
    if raw_header(message, "Return-Path").strip() == "<>" or raw_header(message, "X-Autoreply") or raw_header(message, "List-Id"):
        return True
    if raw_header(message, "Precedence").strip().lower() in ("bulk", "junk", "list", "auto_reply"):
        return True
    senders = addresses_in(message, "From")
    return bool(senders) and senders[0][1].partition("@")[0].lower() in ("mailer-daemon", "postmaster", "noreply", "no-reply")


class _Walk:
    """Goes through a mail's parts, each forwarded message and archive included, and counts them."""

    def __init__(self, now: datetime) -> None:
        self._now = now
        self._parts = 0

    def files(self, part: Message, received: datetime, depth: int) -> Iterator[Found]:
        self._parts += 1
        if self._parts > _MOST_PARTS:
            raise _Refusal(f"附件超过 {_MOST_PARTS} 个")
        if depth > _MOST_DEPTH:
            raise _Refusal(f"转发超过 {_MOST_DEPTH} 层")
        payload = part.get_payload()
        if isinstance(payload, list):
            forwarded = part.get_content_maintype() == "message"
            for each in payload:
                assert isinstance(each, Message)
                yield from self.files(each, self._sent(each, received) if forwarded else received, depth + 1)
        else:
            yield from self._leaf(part, received, depth)

    def _sent(self, inner: Message, received: datetime) -> datetime:
        """A forwarded message's own date: the old attachments of a reply must not pass for new ones."""
        return min(date_in(inner) or received, received)

    def _leaf(self, part: Message, received: datetime, depth: int) -> Iterator[Found]:
        name = name_of(part)
        kind = part.get_content_type()
        if not name and part.get_content_maintype() in ("text", "message"):
            return
        found = part.get_payload(decode=True)
        content = found if isinstance(found, bytes) else b""
        if name.lower().endswith(".eml") or kind == "message/rfc822":
            inner = _parsed(content)
            yield from self.files(inner, self._sent(inner, received), depth + 1)
            return
        inline = bool(part.get("Content-ID")) and part.get_content_maintype() == "image"
        yield from self._file(name or kind.replace("/", "."), content, received, inline=inline)

    def _file(self, name: str, content: bytes, received: datetime, *, inline: bool = False) -> Iterator[Found]:
        kind = foreign_kind(content)
        if kind:
            yield Found(name=name, content=content, received=received, trouble=("M27", kind))
            return
        if content.startswith(_ZIP) and not name.lower().endswith(_SHEETS):
            inside = self._archive(name, content, received)
            if inside is not None:
                yield from inside
                return
        workbook = content.startswith((_ZIP, _OLE)) or name.lower().endswith(_SHEETS)
        yield Found(name=name, content=content, received=received, workbook=workbook, inline=inline)

    def _archive(self, name: str, content: bytes, received: datetime) -> list[Found] | None:
        """What is in an archive, itself with its trouble if it cannot be read; ``None`` if it is none but a workbook."""
        try:
            inside = unpacked(content)
        except Trouble as why:
            return [Found(name=name, content=content, received=received, trouble=("M26", str(why)))]
        if inside is None:
            return None
        self._parts += len(inside)
        if self._parts > _MOST_PARTS:
            return [Found(name=name, content=content, received=received, trouble=("M26", f"内有 {len(inside)} 个文件"))]
        return [self._member(f"{name}/{each.name}", each.content, received) for each in inside]

    def _member(self, name: str, content: bytes, received: datetime) -> Found:
        kind = foreign_kind(content)
        workbook = content.startswith((_ZIP, _OLE)) or name.lower().endswith(_SHEETS)
        trouble = ("M27", kind) if kind else ("", "")
        return Found(name=name, content=content, received=received, workbook=workbook and not kind, trouble=trouble)
