"""Which files have not been touched since they were read, told without reading them again, as git's index tells it.

Size and modification time can stay the same over other bytes: copies keep times,
anyone can set them (``touch -d``, ``os.utime``), files are put back from archives.
The change time of a POSIX file system closes that hole: it moves with every write
and every change of name, owner or time, and no program can set it.  So a file is
taken for the one that was read if device, inode, size, modification and change
time are all as remembered, and it was not *racily* young then: what is written
within the same tick of the file system's clock as it was looked at keeps its times
(git's ``Documentation/technical/racy-git``).  Whatever is in doubt is read and hashed:
files on file systems that are not known to keep change times or that others serve
(FAT, network shares, FUSE), and everything where the system does not tell which is which.
"""

from __future__ import annotations

import os
import stat
import sys
from pathlib import Path
from typing import NamedTuple

__all__ = ["Stamp", "stamp_of", "steady_devices"]

_STEADY = frozenset({"bcachefs", "btrfs", "ext2", "ext3", "ext4", "f2fs", "jfs", "overlay", "reiserfs", "tmpfs", "xfs", "zfs"})
"""File systems of this machine's own, with change times that only their clock sets."""

_MOUNTS = Path("/proc/self/mountinfo")
_YOUNG_NS = 5_000_000_000
"""Some file systems keep whole seconds; twice that, and a little more."""

_LARGEST_INODE = 1 << 63


class Stamp(NamedTuple):
    """What a file system says of a file; sizes in bytes, times in nanoseconds since 1970."""

    device: int
    inode: int
    size: int
    modified: int
    changed: int


def steady_devices() -> frozenset[int]:
    """The devices whose file systems keep change times; none where that cannot be told (proc_pid_mountinfo(5))."""
    if not sys.platform.startswith("linux"):
        return frozenset()
    try:
        lines = _MOUNTS.read_text("utf-8", "surrogateescape").splitlines()
    except OSError:
        return frozenset()
    found: dict[int, bool] = {}
    for line in lines:
        mount, _, system = line.partition(" - ")
        major, _, minor = mount.split()[2].partition(":")
        device = os.makedev(int(major), int(minor))
        found[device] = found.get(device, True) and system.split()[0] in _STEADY
    return frozenset(device for device, steady in found.items() if steady)


def stamp_of(path: Path, devices: frozenset[int], now: int) -> Stamp | None:
    """The stamp of a regular file that stood on one of the devices and was not young ``now`` (nanoseconds, before this call)."""
    try:
        status = os.stat(path)  # noqa: PTH116 - a Path's own call takes twice as long
    except (OSError, ValueError):
        return None
    if not stat.S_ISREG(status.st_mode) or status.st_dev not in devices or status.st_ino >= _LARGEST_INODE:
        return None
    if max(status.st_mtime_ns, status.st_ctime_ns) > now - _YOUNG_NS:
        return None
    return Stamp(status.st_dev, status.st_ino, status.st_size, status.st_mtime_ns, status.st_ctime_ns)
