"""A keyring for tests: the real library with a backend that remembers one password."""

from __future__ import annotations

from keyring.backend import KeyringBackend

from .servers import SECRET, USER


class Keyring(KeyringBackend):
    priority = 1  # type: ignore[assignment]

    def get_password(self, service: str, username: str) -> str | None:
        return SECRET if (service, username) == ("perfxl", USER) else None

    def set_password(self, service: str, username: str, password: str) -> None:
        raise NotImplementedError

    def delete_password(self, service: str, username: str) -> None:
        raise NotImplementedError
