"""A task's keys: made once beside ``task.toml``, never handed out.

The file is JSON and readable by its owner alone.  A rotation adds a key;
workbooks sealed with an older one stay valid.
"""

from __future__ import annotations

import json
import secrets
from datetime import datetime
from pathlib import Path

from ..errors import PerfxlError, reason
from ..workbook.seal import KeyRing, SealKey
from .output import write_complete
from .task import Task

__all__ = ["find_ring", "key_path", "needed_ring", "new_ring", "ring_text", "rotated", "sealed_task", "write_ring"]

_KIND = "task-key"
_SECRET_BYTES = 32
_PASSWORD_BYTES = 9
_OWNER_ONLY = 0o600


def key_path(task_file: Path) -> Path:
    """Where the keys of a task file lie."""
    return task_file.with_suffix(".key")


def sealed_task(task: Task) -> str:
    """The task as seals name it; deadline and policy may change without making them void."""
    form, version = task.form
    return f"{form}/{version}/{task.year}/{task.round}"


def new_ring(task: Task, now: datetime) -> KeyRing:
    """The first key of a task."""
    return KeyRing(task=sealed_task(task), keys=(_new_key(now),))


def rotated(ring: KeyRing, now: datetime) -> KeyRing:
    """A new key and password for what is handed out from now on; the old ones are kept."""
    return KeyRing(task=ring.task, keys=(*ring.keys, _new_key(now)))


def _new_key(now: datetime) -> SealKey:
    return SealKey(
        id=secrets.token_hex(4),
        secret=bytes.fromhex(secrets.token_hex(_SECRET_BYTES)),
        password=secrets.token_urlsafe(_PASSWORD_BYTES),
        created=now.replace(microsecond=0).isoformat(),
    )


def ring_text(ring: KeyRing) -> str:
    """The text of a key file."""
    keys = [
        {"id": each.id, "created": each.created, "password": each.password, "secret": each.secret.hex()}
        for each in ring.keys
    ]
    return json.dumps({"perfxl": _KIND, "task": ring.task, "keys": keys}, ensure_ascii=False, indent=2) + "\n"


def write_ring(path: Path, ring: KeyRing) -> None:
    """Write a key file that its owner alone may read."""
    write_complete(path, ring_text(ring).encode("utf-8"), mode=_OWNER_ONLY)


def read_ring(content: bytes, file: str) -> KeyRing:
    """Read a key file; S41 if it is none."""
    try:
        found = json.loads(content)
        if found["perfxl"] != _KIND:
            raise ValueError
        keys = tuple(
            SealKey(
                id=str(each["id"]),
                secret=bytes.fromhex(each["secret"]),
                password=str(each["password"]),
                created=each["created"],
            )
            for each in found["keys"]
        )
        ring = KeyRing(task=str(found["task"]), keys=keys)
        datetime.fromisoformat(ring.current.created)
        if any(len(each.secret) < _SECRET_BYTES for each in keys):
            raise ValueError
    except (ValueError, KeyError, TypeError, IndexError):
        raise PerfxlError("S41", path=file) from None
    return ring


def find_ring(task_file: Path, task: Task) -> KeyRing | None:
    """The keys beside a task file, ``None`` if there are none; S41, S42 for a file that is no key or another task's."""
    path = key_path(task_file)
    if not path.is_file():
        return None
    try:
        ring = read_ring(path.read_bytes(), str(path))
    except OSError as fault:
        raise PerfxlError("S43", path=path, reason=reason(fault)) from None
    if ring.task != sealed_task(task):
        raise PerfxlError("S42", path=path, found=ring.task, expected=sealed_task(task))
    return ring


def needed_ring(task_file: Path, task: Task) -> KeyRing:
    """The keys beside a task file; S40 if there are none."""
    ring = find_ring(task_file, task)
    if ring is None:
        raise PerfxlError("S40", path=key_path(task_file))
    return ring
