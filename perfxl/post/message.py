"""From a letter's parts to the bytes of a message (RFC 5322) that every mail program reads."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime
from email import policy
from email.header import Header
from email.message import Message
from email.mime.application import MIMEApplication
from email.mime.multipart import MIMEMultipart
from email.mime.text import MIMEText
from email.utils import format_datetime, formataddr, parseaddr

__all__ = ["OUR_ID", "Attachment", "Draft", "addresses_of", "composed", "message_id_of", "one_line", "valid_address"]

OUR_ID = re.compile(rb"<?(perfxl\.[0-9a-f]{32}\.[0-9]{1,4}@[A-Za-z0-9.-]{1,255})>?")
"""What the Message-IDs of our letters look like, wherever they turn up (bounces, replies)."""

_CONTROL = re.compile("[\x00-\x1f\x7f-\x9f\u2028\u2029\ud800-\udfff]+")
_ADDRESS = re.compile(r"[A-Za-z0-9!#$%&'*+/=?^_`{|}~.-]{1,64}@[A-Za-z0-9-]+(\.[A-Za-z0-9-]+)*")
_SEPARATORS = re.compile(r"[;,；，、\s]+")
_LINE, _LONG_LINE = 75, 90
"""The longer one keeps the media type of .xlsx on the line of its header."""

_LONGEST_NAME = 60
_XLSX = "vnd.openxmlformats-officedocument.spreadsheetml.sheet"


@dataclass(frozen=True, slots=True, kw_only=True)
class Attachment:
    """A file to be sent along, under this name."""

    name: str
    sha256: str
    content: bytes = field(repr=False)

    @classmethod
    def of(cls, name: str, content: bytes) -> Attachment:
        """With the SHA-256 of what it holds."""
        return cls(name=name, sha256=hashlib.sha256(content).hexdigest(), content=content)


@dataclass(frozen=True, slots=True, kw_only=True)
class Draft:
    """A message before it is written out: ``sender`` and ``recipients`` are addresses, ``sender_name`` may be "".

    ``answers`` is the Message-ID of the mail that this one replies to.
    """

    message_id: str
    sender: str
    sender_name: str
    recipients: tuple[str, ...]
    recipient_name: str
    reply_to: str
    subject: str
    text: str
    html: str
    date: datetime
    attachments: tuple[Attachment, ...] = ()
    answers: str = ""


def one_line(text: str) -> str:
    """Text that may stand in a header: control characters and line ends, which would begin another header, are blanks."""
    return " ".join(_CONTROL.sub(" ", text).split())


def valid_address(address: str) -> bool:
    """An address as every server takes it (RFC 5321, ASCII, no quoted local part)."""
    return len(address) <= 254 and _ADDRESS.fullmatch(address) is not None


def addresses_of(text: str) -> tuple[str, ...]:
    """The addresses in a cell of the roster, several separated by ; or ,."""
    return tuple(dict.fromkeys(each for each in _SEPARATORS.split(text.strip()) if each))


def message_id_of(series: str, number: int, sender: str) -> str:
    """The Message-ID of a letter: the same letter always has the same one."""
    domain = sender.rpartition("@")[2] or "localhost"
    return f"perfxl.{hashlib.sha256(series.encode()).hexdigest()[:32]}.{number}@{domain}"


def composed(draft: Draft, *, unsent: bool = False) -> bytes:
    """The message with CRLF line ends, 7-bit throughout; ``unsent`` marks a draft that Outlook opens for sending."""
    body = MIMEMultipart("alternative")
    body.attach(MIMEText(draft.text, "plain", "utf-8"))
    body.attach(MIMEText(draft.html, "html", "utf-8"))
    message: Message = body
    if draft.attachments:
        message = MIMEMultipart("mixed")
        message.attach(body)
        for each in draft.attachments:
            message.attach(_attached(each))
    message["From"] = _named(draft.sender_name, draft.sender)
    message["To"] = ", ".join(_named(draft.recipient_name, each) for each in draft.recipients)
    if draft.reply_to:
        message["Reply-To"] = _named(*parseaddr(one_line(draft.reply_to)))
    # Encoded here: words of at most 75 characters (RFC 2047), whatever the length of lines.
    message["Subject"] = Header(one_line(draft.subject), "utf-8", header_name="Subject", maxlinelen=_LINE).encode()
    message["Date"] = format_datetime(draft.date)
    message["Message-ID"] = f"<{draft.message_id}>"
    if draft.answers:
        message["In-Reply-To"] = message["References"] = f"<{draft.answers}>"
        message["Auto-Submitted"] = "auto-replied"  # RFC 3834: so that no machine answers it
    if unsent:
        message["X-Unsent"] = "1"
    return message.as_bytes(policy=policy.compat32.clone(linesep="\r\n", max_line_length=_LONG_LINE))


def _named(name: str, address: str) -> str:
    name = one_line(name)[:_LONGEST_NAME]
    if name.isascii():
        return formataddr((name, address))
    return f"{Header(name, 'utf-8', maxlinelen=_LINE, header_name='Reply-To').encode()} <{address}>"


def _attached(each: Attachment) -> Message:
    """RFC 2231 in Content-Disposition; RFC 2047 in Content-Type's name, which QQ, 163 and older Outlooks read instead."""
    part = MIMEApplication(each.content, _XLSX)
    name = one_line(each.name)
    part.add_header("Content-Disposition", "attachment", filename=name if name.isascii() else ("utf-8", "", name))
    part.set_param("name", _encoded_words(name))
    return part


def _encoded_words(name: str) -> str:
    """Each word within RFC 2047's 75 characters, on one line: folded parameters break in old programs."""
    return name if name.isascii() else "".join(Header(name, "utf-8", maxlinelen=_LINE).encode(linesep="").split("\n"))


def references(headers: Sequence[str]) -> tuple[str, ...]:
    """Our Message-IDs in header texts."""
    found = OUR_ID.findall(" ".join(headers).encode("utf-8", "replace"))
    return tuple(dict.fromkeys(each.decode() for each in found))
