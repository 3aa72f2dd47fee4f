"""Servers for the tests of mail; passwords and certificates in the environment, as an office has them."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from .office import Office
from .servers import SECRET, USER, Certificates, Imap, Mailbox, imap_server, smtp_server


@pytest.fixture(scope="session")
def certificates(tmp_path_factory: pytest.TempPathFactory) -> Certificates:
    return Certificates(tmp_path_factory.mktemp("certificates"))


@pytest.fixture(autouse=True)
def environment(monkeypatch: pytest.MonkeyPatch, certificates: Certificates) -> None:
    monkeypatch.setenv("SSL_CERT_FILE", str(certificates.ca))
    monkeypatch.setenv("PERFXL_MAIL_PASSWORD", SECRET)
    monkeypatch.setenv("PERFXL_MAIL_FROM", f"遵化市财政局绩效股 <{USER}>")
    for name in ("PERFXL_SMTP", "PERFXL_IMAP", "PERFXL_SMTP_PASSWORD", "PERFXL_IMAP_PASSWORD"):
        monkeypatch.delenv(name, raising=False)


@pytest.fixture
def smtp(certificates: Certificates, monkeypatch: pytest.MonkeyPatch) -> Iterator[Mailbox]:
    with smtp_server(certificates) as (mailbox, port):
        monkeypatch.setenv("PERFXL_SMTP", f"smtp://{USER}@localhost:{port}")
        yield mailbox


@pytest.fixture(scope="module")
def dovecot(certificates: Certificates) -> Iterator[Imap]:
    with imap_server(certificates) as found:
        yield found


@pytest.fixture
def imap(dovecot: Imap, monkeypatch: pytest.MonkeyPatch) -> Imap:
    """An empty mailbox."""
    dovecot.empty()
    monkeypatch.setenv("PERFXL_IMAP", f"imaps://{USER}@localhost:{dovecot.port}")
    return dovecot


@pytest.fixture(scope="session")
def handed(tmp_path_factory: pytest.TempPathFactory) -> Office:
    """A task with workbooks for a few units, made once."""
    return Office.made(tmp_path_factory.mktemp("office"), 5)


@pytest.fixture
def office(handed: Office, tmp_path: Path) -> Office:
    """A copy of it to work in."""
    return handed.copied(tmp_path / "局")
