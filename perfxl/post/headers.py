"""Header texts as strangers write them: raw GBK, RFC 2047, RFC 2231, wrong charsets, none."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import UTC, datetime
from email.header import decode_header
from email.message import Message
from email.utils import collapse_rfc2231_value, getaddresses, parsedate_to_datetime

from .message import one_line

__all__ = ["addresses_in", "date_in", "decoded", "guessed", "joined", "name_of", "raw_header", "received_at"]

_LONGEST = 4_000
"""Characters of a header that are looked at."""

_GUESSES = ("utf-8", "gb18030")
_WIDER = {"gb2312": "gb18030", "gbk": "gb18030", "x-gbk": "gb18030", "cp936": "gb18030", "hz-gb-2312": "hz"}
"""Programs write "gb2312" over text that is wider."""


def raw_header(message: Message, name: str) -> str:
    """A header as it stands, 8-bit bytes guessed (UTF-8, else GB 18030), cut at a sane length; "" if it is missing."""
    found = next((value for key, value in message.raw_items() if key.lower() == name.lower()), "")
    return guessed(str(found)[:_LONGEST])


def guessed(text: str) -> str:
    """Text with undecoded bytes in it (as the parser leaves them): UTF-8, else GB 18030."""
    content = text.encode("utf-8", "surrogateescape")
    for charset in _GUESSES:
        try:
            return content.decode(charset)
        except UnicodeDecodeError:
            continue
    return content.decode("utf-8", "replace")


def decoded(text: str) -> str:
    """The text of a header: encoded words decoded, whatever charset they claim; one line."""
    if "=?" not in text:
        return one_line(text)
    try:
        parts = decode_header(text.replace("\r", "").replace("\n", ""))
    except (ValueError, LookupError, IndexError):
        return one_line(text)
    return one_line("".join(part if isinstance(part, str) else _in(part, charset) for part, charset in parts))


def _in(content: bytes, charset: str | None) -> str:
    wanted = (charset or "").lower()
    for each in (_WIDER.get(wanted, wanted), *_GUESSES):
        try:
            return content.decode(each)
        except (UnicodeDecodeError, LookupError, ValueError):
            continue
    return content.decode("utf-8", "replace")


def name_of(part: Message) -> str:
    """The name of an attachment, "" if it has none: Content-Disposition first, then Content-Type."""
    clean = Message()  # The library's parameter parser, on text that is already guessed.
    for header in ("Content-Disposition", "Content-Type"):
        text = raw_header(part, header)
        if text:
            clean[header] = " ".join(text.split())
    for header, parameter in (("Content-Disposition", "filename"), ("Content-Type", "name")):
        try:
            value = clean.get_param(parameter, header=header)
        except (ValueError, LookupError, UnicodeError):
            continue
        found = _rfc2231(value) if isinstance(value, tuple) else decoded(collapse_rfc2231_value(value or ""))
        if found:
            return found[:300]
    return ""


def _rfc2231(value: tuple[str | None, str | None, str]) -> str:
    charset, _, text = value
    content = text.encode("latin-1", "replace") if text.isascii() or max(text) < "\u0100" else text.encode("utf-8", "replace")
    return one_line(_in(content, charset))


def addresses_in(message: Message, *names: str) -> tuple[tuple[str, str], ...]:
    """(name, address) pairs of the first of these headers that has any."""
    for name in names:
        text = decoded_addresses(raw_header(message, name))
        if text:
            return text
    return ()


def decoded_addresses(text: str) -> tuple[tuple[str, str], ...]:
    """(name, address) pairs; addresses in lower case keep servers' habits apart from people's."""
    try:
        found = getaddresses([" ".join(text.split())])
    except (ValueError, IndexError):
        return ()
    return tuple((decoded(name), address) for name, address in found if "@" in address)


def date_in(message: Message) -> datetime | None:
    """What the header Date says, in UTC; ``None`` if it is no date."""
    return _date(raw_header(message, "Date"))


def _date(text: str) -> datetime | None:
    try:
        found = parsedate_to_datetime(" ".join(text.split()))
        return (found if found.tzinfo else found.replace(tzinfo=UTC)).astimezone(UTC)
    except (ValueError, TypeError, IndexError, OverflowError):
        return None


def received_at(message: Message, arrived: datetime | None, now: datetime) -> datetime:
    """When a mail reached the office: our own server's (topmost) Received, else Date, else its arrival in the mailbox.

    Never later than that arrival (or now): a clock that runs ahead must not win.
    """
    received = raw_header(message, "Received")
    found = _date(received.rpartition(";")[2]) if received else None
    latest = arrived or now
    return min(found or date_in(message) or latest, latest)


def joined(message: Message, names: Iterable[str]) -> str:
    """Several headers in one text."""
    return "\n".join(raw_header(message, name) for name in names)
