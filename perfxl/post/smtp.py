"""Hand one letter at a time to an SMTP server, and say exactly how far it got."""

from __future__ import annotations

import select
import smtplib
import socket
import ssl
import sys
import time
from collections.abc import Callable, Sequence
from types import TracebackType
from typing import Self

from ..errors import PerfxlError
from .account import Account, Tls, tls_context

__all__ = ["Courier", "Lost", "Refused", "Unsure"]

_CONNECT_SECONDS = 60.0
_ANSWER_SECONDS = 600.0
"""RFC 5321 4.5.3.2.6: a server may take ten minutes to answer the end of the data."""

_OK, _GO_ON = 250, 354


class Refused(Exception):  # noqa: N818 - a server's answer, no fault of the program
    """The server has answered that it does not take the letter."""


class Lost(Exception):  # noqa: N818
    """The connection broke before the letter was complete: the server must drop it (RFC 5321 4.1.1.4)."""


class Unsure(Exception):  # noqa: N818
    """The letter was complete, but no answer came: it may have gone out or not."""


class Courier:
    """A connection to an SMTP server; opened anew after each time it was lost."""

    def __init__(self, account: Account) -> None:
        self._account = account
        self._smtp: smtplib.SMTP | None = None

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, fault: BaseException | None, trace: TracebackType | None) -> None:
        if self._smtp is not None:
            try:
                self._smtp.quit()
            except (OSError, smtplib.SMTPException):
                self._drop()

    def connect(self) -> None:
        """Connect and log in if that is still to be done; M04, M05 if it fails."""
        if self._smtp is None:
            self._smtp = _connected(self._account)

    def deliver(self, sender: str, recipients: Sequence[str], content: bytes, before_end: Callable[[], None]) -> str:
        """Send a message (CRLF line ends); returns what the server said of refused recipients, "" if it took all.

        ``before_end`` is called once everything but the final dot is on its way:
        from its return to that of this call nobody can know whether the letter
        goes out.  Raises Refused, Lost or Unsure; M04, M05 if there is no connection.
        """
        self.connect()
        smtp = self._smtp
        assert smtp is not None
        try:
            refused = self._envelope(smtp, sender, recipients, len(content))
            code, answer = smtp.docmd("DATA")
            if code != _GO_ON:
                raise Refused(self._said(code, answer))
            smtp.send(smtplib._quote_periods(content))  # type: ignore[attr-defined]
            self._arrived(smtp)
        except Refused:
            self._reset(smtp)
            raise
        except (OSError, smtplib.SMTPException) as fault:
            self._drop()
            raise Lost(self._told(fault)) from None
        before_end()
        try:
            smtp.send(b".\r\n")
            code, answer = smtp.getreply()
        except (OSError, smtplib.SMTPException) as fault:
            self._drop()
            raise Unsure(self._told(fault)) from None
        if code != _OK:
            raise Refused(self._said(code, answer))
        return refused

    def _arrived(self, smtp: smtplib.SMTP) -> None:
        """Wait until the other machine has the letter, and see that it has not hung up: then only the dot is at risk."""
        sock = smtp.sock
        if sock is None:
            raise smtplib.SMTPServerDisconnected("connection closed")
        until = time.monotonic() + _ANSWER_SECONDS
        while True:
            waiting = 0 if _local(sock) else _unsent(sock)
            # A server says nothing before the end of the data: whatever there is to read means that it is closing.
            if select.select([sock], [], [], 0)[0]:
                raise smtplib.SMTPServerDisconnected("connection closed")
            if not waiting:
                return
            if time.monotonic() > until:
                raise TimeoutError("the letter does not get through")
            time.sleep(0.001)

    def _envelope(self, smtp: smtplib.SMTP, sender: str, recipients: Sequence[str], size: int) -> str:
        code, answer = smtp.mail(sender, [f"size={size}"] if smtp.has_extn("size") else [])
        if code != _OK:
            raise Refused(self._said(code, answer))
        refused = []
        for each in recipients:
            code, answer = smtp.rcpt(each)
            if code not in (_OK, 251):
                refused.append(f"{each}：{self._said(code, answer)}")
        if len(refused) == len(recipients):
            raise Refused("；".join(refused))
        return "；".join(refused)

    def _said(self, code: int, answer: bytes) -> str:
        text = answer.decode("utf-8", "replace") if isinstance(answer, bytes) else str(answer)
        return self._account.password.hide_in(f"{code} {' '.join(text.split())}"[:300])

    def _told(self, fault: Exception) -> str:
        return self._account.password.hide_in(" ".join(str(fault).split())[:300] or type(fault).__name__)

    def _reset(self, smtp: smtplib.SMTP) -> None:
        try:
            smtp.rset()
        except (OSError, smtplib.SMTPException):
            self._drop()

    def _drop(self) -> None:
        if self._smtp is not None:
            self._smtp.close()
        self._smtp = None


def _connected(account: Account) -> smtplib.SMTP:
    smtp: smtplib.SMTP | None = None
    try:
        if account.tls is Tls.DIRECT:
            smtp = smtplib.SMTP_SSL(account.host, account.port, timeout=_CONNECT_SECONDS, context=tls_context())
        else:
            smtp = smtplib.SMTP(account.host, account.port, timeout=_CONNECT_SECONDS)
            if account.tls is Tls.STARTTLS:
                smtp.starttls(context=tls_context())
        smtp.ehlo_or_helo_if_needed()
        if account.user:
            smtp.login(account.user, account.password.reveal())
        if smtp.sock is not None:
            smtp.sock.settimeout(_ANSWER_SECONDS)
    except smtplib.SMTPAuthenticationError as fault:
        _close(smtp)
        raise PerfxlError("M05", server=account.name, reason=_plain(account, fault)) from None
    except smtplib.SMTPNotSupportedError as fault:
        _close(smtp)
        raise PerfxlError("M04", server=f"{account.host}:{account.port}", reason=_plain(account, fault)) from None
    except (OSError, smtplib.SMTPException, UnicodeError) as fault:
        _close(smtp)
        raise PerfxlError("M04", server=f"{account.host}:{account.port}", reason=_plain(account, fault)) from None
    return smtp


def _local(sock: socket.socket) -> bool:
    """The server is on this machine: nothing gets lost on the way, and it would confirm only after 40 ms."""
    try:
        return str(sock.getpeername()[0]).startswith(("127.", "::1"))
    except OSError:
        return False


def _unsent(sock: socket.socket) -> int:
    """Bytes that the other machine has not confirmed, where the system tells (Linux)."""
    try:
        import fcntl
        import termios

        return int.from_bytes(fcntl.ioctl(sock.fileno(), termios.TIOCOUTQ, bytes(4)), sys.byteorder)
    except (ImportError, OSError, AttributeError):
        return 0


def _close(smtp: smtplib.SMTP | None) -> None:
    if smtp is not None:
        smtp.close()


def _plain(account: Account, fault: Exception) -> str:
    if isinstance(fault, ssl.SSLCertVerificationError):
        return f"服务器证书不可信（{fault.verify_message}）"
    if isinstance(fault, UnicodeError):
        return "用户名或口令含有服务器不支持的字符"
    if isinstance(fault, smtplib.SMTPResponseException):
        text = fault.smtp_error.decode("utf-8", "replace") if isinstance(fault.smtp_error, bytes) else str(fault.smtp_error)
        return account.password.hide_in(f"{fault.smtp_code} {' '.join(text.split())}"[:300])
    return account.password.hide_in(" ".join(str(fault).split())[:300] or type(fault).__name__)
