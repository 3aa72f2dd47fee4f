"""Mail servers and credentials: where to log in, as whom, and the password, which nothing may show."""

from __future__ import annotations

import importlib
import os
import re
import ssl
from dataclasses import dataclass, field
from enum import Enum
from urllib.parse import unquote, urlsplit

from ..errors import PerfxlError

__all__ = ["Account", "Secret", "Tls", "account_of", "tls_context"]

_SERVICE = "perfxl"
_PORTS = {"smtps": 465, "smtp": 587, "smtp-plain": 25, "imaps": 993, "imap": 143}
_SHOWN = {
    "smtp": "smtps://用户@服务器:465（SSL）或 smtp://用户@服务器:587（STARTTLS），不含口令",
    "imap": "imaps://用户@服务器:993（SSL）或 imap://用户@服务器:143（STARTTLS），不含口令",
}


class Tls(Enum):
    """How the connection is protected."""

    DIRECT = "ssl"
    STARTTLS = "starttls"
    NONE = "none"


class Secret:
    """A password that does not show itself in messages, logs or tracebacks."""

    __slots__ = ("_text",)

    def __init__(self, text: str) -> None:
        self._text = text

    def __repr__(self) -> str:
        return "Secret(***)"

    def reveal(self) -> str:
        """The password, for the login alone."""
        return self._text

    def hide_in(self, text: str) -> str:
        """A server's answer without the password, should it repeat it."""
        return text.replace(self._text, "***") if self._text else text


@dataclass(frozen=True, slots=True, kw_only=True)
class Account:
    """A server and who logs in there; without ``user`` nobody does."""

    protocol: str
    tls: Tls
    host: str
    port: int
    user: str = ""
    password: Secret = field(default_factory=lambda: Secret(""))

    @property
    def name(self) -> str:
        """What messages call it."""
        return f"{self.user}@{self.host}" if self.user and "@" not in self.user else self.user or self.host


def account_of(protocol: str, address: str) -> Account:
    """The account for ``smtp`` or ``imap``.

    ``address`` comes from the environment (``PERFXL_SMTP``, ``PERFXL_IMAP``), else
    from the task; the password from ``PERFXL_SMTP_PASSWORD`` (``PERFXL_IMAP_PASSWORD``),
    ``PERFXL_MAIL_PASSWORD`` or the system's keyring (service ``perfxl``, user as in the address).
    Raises M01 without an address, M02 for a malformed one, M03 without a password.
    """
    variable = f"PERFXL_{protocol.upper()}"
    address = os.environ.get(variable, "") or address
    if not address:
        raise PerfxlError("M01", variable=variable, expected=_SHOWN[protocol])
    try:
        parts = urlsplit(address)
        port = parts.port or _PORTS.get(parts.scheme, 0)
        well = _PORTS.get(parts.scheme) and parts.scheme.startswith(protocol) and parts.hostname and parts.password is None
        user, host = unquote(parts.username or ""), parts.hostname or ""
    except ValueError:
        well = False
    if not well or re.search(r"[\x00-\x20\x7f]", user + host):
        # The address itself is not shown: it may hold a password.
        raise PerfxlError("M02", variable=variable, expected=_SHOWN[protocol])
    tls = Tls.DIRECT if parts.scheme.endswith("s") else Tls.NONE if parts.scheme.endswith("-plain") else Tls.STARTTLS
    if tls is Tls.NONE and user:
        raise PerfxlError("M02", variable=variable, expected=_SHOWN[protocol])
    password = Secret(_password(variable, user, address)) if user else Secret("")
    return Account(protocol=protocol, tls=tls, host=host, port=port, user=user, password=password)


def _password(variable: str, user: str, address: str) -> str:
    for name in (f"{variable}_PASSWORD", "PERFXL_MAIL_PASSWORD"):
        if os.environ.get(name):
            return os.environ[name]
    try:
        found = importlib.import_module("keyring").get_password(_SERVICE, user)
    except Exception:  # no keyring installed, or none that works here: then there is no password
        found = None
    if not found:
        raise PerfxlError("M03", variable=variable, user=user)
    return str(found)


def tls_context() -> ssl.SSLContext:
    """Certificates are checked against the system's, or those in ``SSL_CERT_FILE``."""
    return ssl.create_default_context()
