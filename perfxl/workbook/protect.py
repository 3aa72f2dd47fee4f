"""Sheet and structure protection as Excel 2013 and later write it.

SHA-512, salted, 100 000 rounds (ECMA-376 part 1, 18.2.29 and 18.3.1.85).
Protection guides the clerk; it proves nothing (the seal does).
"""

from __future__ import annotations

import base64
import hashlib
import struct
from dataclasses import dataclass
from functools import lru_cache

__all__ = ["DEFAULT_PASSWORD", "SPIN_COUNT", "PasswordHash", "password_hash"]

DEFAULT_PASSWORD = "perfxl"
"""The documented word for workbooks that belong to no task."""

SPIN_COUNT = 100_000


@dataclass(frozen=True, slots=True)
class PasswordHash:
    """Base64 hash and salt, as they stand in the attributes."""

    hash_value: str
    salt_value: str


@lru_cache(maxsize=64)
def password_hash(password: str, purpose: str) -> PasswordHash:
    """Hash a password; the salt derives from ``purpose``, so that two builds are the same.

    Costs some 60 ms; cached, since thousands of workbooks share it.
    """
    salt = hashlib.sha256(f"perfxl:{purpose}".encode()).digest()[:16]
    digest = hashlib.sha512(salt + password.encode("utf-16-le")).digest()
    for round_number in range(SPIN_COUNT):
        digest = hashlib.sha512(digest + struct.pack("<I", round_number)).digest()
    return PasswordHash(base64.b64encode(digest).decode(), base64.b64encode(salt).decode())
