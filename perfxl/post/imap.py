"""A mailbox over IMAP, looked at and not touched: messages are peeked at, flags stay unless asked, nothing is deleted."""

from __future__ import annotations

import contextlib
import imaplib
import re
import ssl
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime
from email.utils import parsedate_to_datetime
from types import TracebackType
from typing import Any, Self

from imap_tools import AND, BaseMailBox, MailBox, MailBoxStartTls
from imap_tools.errors import ImapToolsError

from .. import __version__
from ..errors import PerfxlError
from .account import Account, Tls, tls_context

__all__ = ["Box", "BoxLost", "Listed"]

_SECONDS = 120.0
_CHUNK = 200
_SIZE = re.compile(rb"RFC822\.SIZE (\d+)")
_UID = re.compile(rb"UID (\d+)")
_DATE = re.compile(rb'INTERNALDATE "([^"]+)"')
_FAULTS = (imaplib.IMAP4.error, ImapToolsError, OSError, ssl.SSLError, EOFError)


class BoxLost(Exception):  # noqa: N818
    """The connection broke; what was collected stays collected."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Listed:
    """A message in the mailbox: its size in bytes, and when the mailbox got it."""

    uid: int
    size: int
    arrived: datetime | None


class Box:
    """One folder of a mailbox, opened.  Raises M04, M05, M08; BoxLost later."""

    def __init__(self, account: Account, folder: str, *, change_flags: bool = False) -> None:
        self._account = account
        self._box = _logged_in(account)
        try:
            _introduce(self._box.client)
            self._box.folder.set(folder, readonly=not change_flags)
            validity = self._box.client.response("UIDVALIDITY")[1]
        except ImapToolsError as fault:
            self.close()
            raise PerfxlError("M08", folder=folder, reason=_reason(account, fault)) from None
        except _FAULTS as fault:
            self.close()
            raise BoxLost(_reason(account, fault)) from None
        number = validity[0].decode() if validity and isinstance(validity[0], bytes) else "0"
        self.name = f"{account.name}/{folder}/{number}"
        """Names the folder as long as its UIDs mean the same messages (RFC 3501, UIDVALIDITY)."""

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, fault: BaseException | None, trace: TracebackType | None) -> None:
        self.close()

    def close(self) -> None:
        """Log out; a server that is gone is no matter."""
        try:
            self._box.logout()
        except _FAULTS:
            _shut(self._box)

    def listed(self, *, since: date | None, unseen: bool, but: set[int]) -> list[Listed]:
        """The messages looked for, oldest first, without those in ``but``."""
        criteria: dict[str, Any] = {}
        if since is not None:
            criteria["date_gte"] = since
        if unseen:
            criteria["seen"] = False
        try:
            uids = [int(each) for each in self._box.uids(AND(**criteria) if criteria else "ALL")]
            return list(self._details([each for each in sorted(uids) if each not in but]))
        except (*_FAULTS, ValueError) as fault:
            raise BoxLost(_reason(self._account, fault)) from None

    def _details(self, uids: Sequence[int]) -> Iterator[Listed]:
        for at in range(0, len(uids), _CHUNK):
            wanted = ",".join(map(str, uids[at : at + _CHUNK]))
            _, found = self._box.client.uid("FETCH", wanted, "(UID RFC822.SIZE INTERNALDATE)")
            for line in found:
                text = line if isinstance(line, bytes) else line[0] if isinstance(line, tuple) else b""
                uid, size, arrived = _UID.search(text), _SIZE.search(text), _DATE.search(text)
                if uid:
                    at_time = _moment(arrived[1]) if arrived else None
                    yield Listed(uid=int(uid[1]), size=int(size[1]) if size else 0, arrived=at_time)

    def fetch(self, uid: int) -> bytes | None:
        """The bytes of a message, without marking it as seen; ``None`` if it is gone."""
        return self._body(uid, "(BODY.PEEK[])")

    def fetch_head(self, uid: int) -> bytes:
        """The first bytes of its headers."""
        return self._body(uid, "(BODY.PEEK[HEADER]<0.60000>)") or b""

    def _body(self, uid: int, what: str) -> bytes | None:
        try:
            _, found = self._box.client.uid("FETCH", str(uid), what)
        except _FAULTS as fault:
            raise BoxLost(_reason(self._account, fault)) from None
        return next((line[1] for line in found if isinstance(line, tuple) and isinstance(line[1], bytes)), None)

    def mark_seen(self, uid: int) -> None:
        """Mark a message as read (only if the folder was opened for that)."""
        try:
            self._box.client.uid("STORE", str(uid), "+FLAGS.SILENT", r"(\Seen)")
        except _FAULTS as fault:
            raise BoxLost(_reason(self._account, fault)) from None


def _logged_in(account: Account) -> BaseMailBox:
    box: BaseMailBox
    server = f"{account.host}:{account.port}"
    try:
        if account.tls is Tls.DIRECT:
            box = MailBox(account.host, account.port, timeout=_SECONDS, ssl_context=tls_context())
        else:
            box = MailBoxStartTls(account.host, account.port, timeout=_SECONDS, ssl_context=tls_context())
    except (*_FAULTS, ValueError) as fault:
        raise PerfxlError("M04", server=server, reason=_reason(account, fault)) from None
    try:
        login = box.login if (account.user + account.password.reveal()).isascii() else box.login_utf8
        login(account.user, account.password.reveal(), initial_folder=None)
    except (imaplib.IMAP4.abort, OSError) as fault:
        _shut(box)
        raise PerfxlError("M04", server=server, reason=_reason(account, fault)) from None
    except (imaplib.IMAP4.error, ImapToolsError) as fault:
        _shut(box)
        raise PerfxlError("M05", server=account.name, reason=_reason(account, fault)) from None
    return box


def _shut(box: BaseMailBox) -> None:
    with contextlib.suppress(OSError):
        box.client.shutdown()


def _introduce(client: imaplib.IMAP4) -> None:
    """The ID command (RFC 2971): 163 and 126 refuse SELECT as "unsafe login" without it."""
    if "ID" in client.capabilities or not client.capabilities:
        client.xatom("ID", f'("name" "perfxl" "version" "{__version__}" "vendor" "perfxl")')


def _moment(text: bytes) -> datetime | None:
    try:
        return parsedate_to_datetime(text.decode().replace("-", " ")).astimezone(UTC)
    except (ValueError, TypeError, IndexError):
        return None


def _reason(account: Account, fault: Exception) -> str:
    if isinstance(fault, ssl.SSLCertVerificationError):
        return f"服务器证书不可信（{fault.verify_message}）"
    return account.password.hide_in(" ".join(str(fault).split())[:300] or type(fault).__name__)
