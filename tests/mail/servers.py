"""Real mail servers for tests: SMTP (aiosmtpd) with TLS and login, IMAP (Dovecot), and a wire that breaks."""

from __future__ import annotations

import contextlib
import grp
import os
import pwd
import shutil
import signal
import socket
import ssl
import subprocess
import tempfile
import threading
import time
import warnings
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path

import pytest
import trustme
from aiosmtpd.controller import Controller
from aiosmtpd.smtp import SMTP, AuthResult, Envelope, LoginPassword, Session

USER, PASSWORD = "jixiao@finance.test", "授权码-Geheim-7"
SECRET = "pw-Xy7-not-to-be-seen"


@dataclass
class Certificates:
    """An authority of our own, and a server's certificate for 127.0.0.1 and localhost."""

    folder: Path
    authority: trustme.CA = field(default_factory=trustme.CA)

    def __post_init__(self) -> None:
        self.folder.mkdir(parents=True, exist_ok=True)
        made = self.authority.issue_cert("localhost", "127.0.0.1")
        self.authority.cert_pem.write_to_path(str(self.ca))
        made.private_key_pem.write_to_path(str(self.key))
        with self.chain.open("wb") as file:
            for each in made.cert_chain_pems:
                file.write(each.bytes())

    @property
    def ca(self) -> Path:
        return self.folder / "ca.pem"

    @property
    def key(self) -> Path:
        return self.folder / "server.key"

    @property
    def chain(self) -> Path:
        return self.folder / "server.pem"

    def context(self) -> ssl.SSLContext:
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(self.chain, self.key)
        return context


@dataclass
class Mailbox:
    """What an SMTP server took: envelope and bytes, in order; ``refuse`` answers recipients itself."""

    taken: list[tuple[str, list[str], bytes]] = field(default_factory=list)
    refuse: Callable[[str], str | None] = lambda _: None
    on_data: Callable[[Envelope], str | None] = lambda _: None
    logins: list[str] = field(default_factory=list)
    port: int = 0

    async def handle_RCPT(
        self, server: SMTP, session: Session, envelope: Envelope, address: str, options: list[str]
    ) -> str:
        said = self.refuse(address)
        if said:
            return said
        envelope.rcpt_tos.append(address)
        return "250 OK"

    async def handle_DATA(self, server: SMTP, session: Session, envelope: Envelope) -> str:
        said = self.on_data(envelope)
        content = envelope.original_content or b""
        if said is None or said.startswith("take"):
            self.taken.append((envelope.mail_from or "", list(envelope.rcpt_tos), content))
        if said is not None and said.endswith("drop"):
            assert server.transport is not None
            server.transport.abort()
        return said if said and said[:1].isdigit() else "250 taken"

    def authenticate(self, server: SMTP, session: Session, envelope: Envelope, mechanism: str, data: object) -> AuthResult:
        assert isinstance(data, LoginPassword)
        self.logins.append(data.login.decode())
        good = data.login.decode() == USER and data.password.decode() == SECRET
        return AuthResult(success=good, handled=good)


class _Controller(Controller):
    def factory(self) -> SMTP:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # it does not see that TLS was there from the first byte
            return SMTP(self.handler, **self.SMTP_kwargs)


@contextlib.contextmanager
def smtp_server(certificates: Certificates, *, direct: bool = False, port: int = 0) -> Iterator[tuple[Mailbox, int]]:
    """An SMTP server with STARTTLS (or TLS at once) that demands a login: what it takes, and its port."""
    port = port or free_port()
    mailbox = Mailbox(port=port)
    controller = _Controller(
        mailbox,
        hostname="127.0.0.1",
        port=port,
        ssl_context=certificates.context() if direct else None,
        tls_context=None if direct else certificates.context(),
        require_starttls=not direct,
        auth_required=True,
        auth_require_tls=not direct,
        authenticator=mailbox.authenticate,
        data_size_limit=60_000_000,
        ready_timeout=20,
    )
    controller.start()
    try:
        yield mailbox, port
    finally:
        controller.stop(no_assert=True)


def free_port() -> int:
    with socket.socket() as found:
        found.bind(("127.0.0.1", 0))
        return int(found.getsockname()[1])


# --- IMAP -----------------------------------------------------------------------------

_DOVECOT = """
base_dir = {base}/run
state_dir = {base}/state
log_path = {base}/dovecot.log
info_log_path = {base}/dovecot.log
debug_log_path = {base}/dovecot.log
protocols = imap
listen = 127.0.0.1
ssl = required
ssl_cert = <{chain}
ssl_key = <{key}
auth_mechanisms = plain login
disable_plaintext_auth = yes
default_internal_user = {user}
default_login_user = {user}
default_internal_group = {group}
mail_location = maildir:{base}/mail/%u
first_valid_uid = 0
first_valid_gid = 0
mail_max_userip_connections = 50
imap_id_log = *
passdb {{
  driver = static
  args = password={password}
}}
userdb {{
  driver = static
  args = uid={uid} gid={gid} home={base}/home/%u allow_all_users=yes
}}
service anvil {{
  chroot =
}}
service imap-login {{
  chroot =
  inet_listener imap {{
    port = {starttls}
  }}
  inet_listener imaps {{
    port = {port}
    ssl = yes
  }}
}}
service stats {{
  chroot =
}}
"""


@dataclass
class Imap:
    """A running Dovecot with one mailbox, and its log."""

    base: Path
    port: int
    starttls: int
    user: str = USER
    started: subprocess.Popen[bytes] | None = None
    _count: int = 0

    @property
    def maildir(self) -> Path:
        return self.base / "mail" / self.user

    def deliver(self, content: bytes, *, folder: str = "", seen: bool = False) -> None:
        """Put a message into the Maildir, as a delivery agent does."""
        self._count += 1
        where = self.maildir / folder if folder else self.maildir
        for name in ("tmp", "new", "cur"):
            (where / name).mkdir(parents=True, exist_ok=True)
        name = f"{int(time.time())}.{os.getpid()}_{self._count:06d}.test"
        (where / "tmp" / name).write_bytes(content)
        (where / "tmp" / name).rename(where / ("cur" if seen else "new") / (f"{name}:2,S" if seen else name))
        _own(where)

    def empty(self) -> None:
        for path in [path for part in ("new", "cur") for path in self.maildir.rglob(f"{part}/*")]:
            path.unlink()

    def flags(self) -> list[str]:
        """The flags of every message, in order of arrival."""
        names = sorted(path.name for part in ("new", "cur") for path in (self.maildir / part).glob("*"))
        return [name.partition(":2,")[2] for name in names]

    def messages(self) -> int:
        return sum(1 for part in ("new", "cur") for _ in (self.maildir / part).glob("*"))

    def log(self) -> str:
        return (self.base / "dovecot.log").read_text("utf-8", "replace")


def _account() -> pwd.struct_passwd:
    """Who reads the mail: Dovecot refuses to let root do it."""
    if os.getuid():
        return pwd.getpwuid(os.getuid())
    return pwd.getpwnam("nobody")


def _own(folder: Path) -> None:
    if os.getuid() == 0:
        account = _account()
        for path in (folder, *folder.parents):
            if path.name == "mail":
                break
            os.chown(path, account.pw_uid, account.pw_gid)
        for path in folder.rglob("*"):
            os.chown(path, account.pw_uid, account.pw_gid)


def require_dovecot() -> str:
    """Dovecot's path; the test is skipped without it, or fails where CI demands it."""
    found = shutil.which("dovecot") or shutil.which("/usr/sbin/dovecot")
    if found is None:
        if os.environ.get("PERFXL_REQUIRE_OFFICE"):
            pytest.fail("PERFXL_REQUIRE_OFFICE is set, but Dovecot is not installed")
        pytest.skip("Dovecot is not installed")
    return found


@contextlib.contextmanager
def imap_server(certificates: Certificates) -> Iterator[Imap]:
    """Dovecot with a configuration of its own, TLS and login, in a folder that another account may enter."""
    program = require_dovecot()
    with (
        tempfile.TemporaryDirectory(prefix="perfxl-imap-", ignore_cleanup_errors=True) as folder,
        _dovecot(program, certificates, Path(folder)) as found,
    ):
        yield found


@contextlib.contextmanager
def _dovecot(program: str, certificates: Certificates, base: Path) -> Iterator[Imap]:
    for name in ("run", "state", "mail", "home"):
        (base / name).mkdir(exist_ok=True)
    account = _account()
    if os.getuid() == 0:
        for path in (base, base / "home", base / "mail"):
            path.chmod(0o755)
            os.chown(path, account.pw_uid, account.pw_gid)
    found = Imap(base=base, port=free_port(), starttls=free_port())
    config = base / "dovecot.conf"
    config.write_text(
        _DOVECOT.format(
            base=base,
            chain=certificates.chain,
            key=certificates.key,
            user="dovecot" if os.getuid() == 0 else account.pw_name,
            group="dovecot" if os.getuid() == 0 else grp.getgrgid(account.pw_gid).gr_name,
            uid=account.pw_uid,
            gid=account.pw_gid,
            password=SECRET,
            port=found.port,
            starttls=found.starttls,
        ),
        "utf-8",
    )
    found.deliver(b"From: a@b.c\r\nSubject: first\r\nMessage-ID: <first@b.c>\r\n\r\nhello\r\n", seen=True)
    for path in (found.maildir / "cur").glob("*"):
        path.unlink()
    started = subprocess.Popen([program, "-F", "-c", str(config)], stdout=subprocess.DEVNULL, stderr=subprocess.PIPE)
    found.started = started
    try:
        _wait_for(found.port, started)
        yield found
    finally:
        started.send_signal(signal.SIGTERM)
        try:
            started.wait(20)
        except subprocess.TimeoutExpired:
            started.kill()
            started.wait(20)
        assert started.stderr is not None
        started.stderr.close()


def _wait_for(port: int, started: subprocess.Popen[bytes]) -> None:
    for _ in range(200):
        if started.poll() is not None:
            assert started.stderr is not None
            raise AssertionError(started.stderr.read().decode())
        with contextlib.suppress(OSError), socket.create_connection(("127.0.0.1", port), 1):
            return
        time.sleep(0.05)
    raise AssertionError("the server does not answer")


# --- a wire that breaks ---------------------------------------------------------------


class Wire:
    """A TCP proxy that cuts connections after so many bytes, in either direction."""

    def __init__(self, to: int) -> None:
        self.to = to
        self.port = free_port()
        self.cuts: list[int] = []
        self.connections = 0
        self._server = socket.create_server(("127.0.0.1", self.port))
        self._closed = False
        threading.Thread(target=self._accept, daemon=True).start()

    def _accept(self) -> None:
        while not self._closed:
            try:
                near, _ = self._server.accept()
            except OSError:
                return
            self.connections += 1
            allowed = self.cuts.pop(0) if self.cuts else -1
            try:
                far = socket.create_connection(("127.0.0.1", self.to))
            except OSError:
                near.close()
                continue
            budget = [allowed]
            for one, other in ((near, far), (far, near)):
                threading.Thread(target=self._pump, args=(one, other, budget), daemon=True).start()

    def _pump(self, one: socket.socket, other: socket.socket, budget: list[int]) -> None:
        try:
            while data := one.recv(4096):
                if budget[0] >= 0:
                    budget[0] -= len(data)
                    if budget[0] <= 0:
                        break
                other.sendall(data)
        except OSError:
            pass
        for each in (one, other):
            with contextlib.suppress(OSError):
                each.shutdown(socket.SHUT_RDWR)
            each.close()

    def close(self) -> None:
        self._closed = True
        self._server.close()
