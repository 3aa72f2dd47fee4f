"""Bounces: what a mail system says of a letter of ours that it could not deliver (RFC 3464, and systems that write prose)."""

from __future__ import annotations

import re
from dataclasses import dataclass
from email.message import Message

from .headers import addresses_in, decoded, guessed, raw_header
from .message import OUR_ID

__all__ = ["Bounce", "bounce_in"]

_DAEMONS = ("mailer-daemon", "postmaster", "mail-daemon", "mailerdaemon", "mdaemon")
_FAILED = re.compile(
    r"退信|退回|未送达|无法送达|投递失败|发送失败|undeliver|not be delivered|failure|returned mail|failed", re.IGNORECASE
)
_FIELD = re.compile(r"^(Action|Status|Final-Recipient|Diagnostic-Code):[ \t]*(.*(?:\n[ \t].*)*)", re.IGNORECASE | re.MULTILINE)
_MOST_TEXT = 200_000


@dataclass(frozen=True, slots=True, kw_only=True)
class Bounce:
    """Which letters came back, and why; not ``failed``: still being tried."""

    letters: tuple[str, ...]
    failed: bool
    reason: str


def bounce_in(message: Message, raw: bytes) -> Bounce | None:
    """The bounce that a mail is, ``None`` if it is none.

    Whatever names one of our Message-IDs and comes from a mail system counts:
    many systems put the original in as they please.
    """
    report = message.get_content_type() == "multipart/report"
    senders = addresses_in(message, "From")
    daemon = bool(senders) and senders[0][1].partition("@")[0].lower() in _DAEMONS
    empty = raw_header(message, "Return-Path").strip() == "<>"
    if not (report or daemon or empty):
        return None
    letters = tuple(dict.fromkeys(each.decode() for each in OUR_ID.findall(raw)))
    status = _status(message)
    if status is None:
        subject = decoded(raw_header(message, "Subject"))
        if not letters or not _FAILED.search(f"{subject}\n{_text(message)}"):
            return None
        return Bounce(letters=letters, failed=True, reason=subject or "退信")
    action = status.get("action", "failed").strip().lower()
    if action in ("delivered", "relayed", "expanded"):
        return None
    parts = (status.get("final-recipient", "").rpartition(";")[2], status.get("status", ""), status.get("diagnostic-code", ""))
    reason = " ".join(" ".join(part.split()) for part in parts if part)[:300]
    return Bounce(letters=letters, failed=action != "delayed", reason=reason or "退信")


def _status(message: Message) -> dict[str, str] | None:
    for part in message.walk():
        if part.get_content_type() == "message/delivery-status":
            payload = part.get_payload()
            text = "\n".join(str(each) for each in payload) if isinstance(payload, list) else str(payload)
            return {name.lower(): value for name, value in _FIELD.findall(text[:_MOST_TEXT])}
    return None


def _text(message: Message) -> str:
    for part in message.walk():
        if part.get_content_type() == "text/plain":
            found = part.get_payload(decode=True)
            if isinstance(found, bytes):
                return guessed(found[:_MOST_TEXT].decode("utf-8", "surrogateescape"))
    return ""
