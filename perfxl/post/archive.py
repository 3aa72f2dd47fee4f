"""Look into an archive that came by mail: the archive reader of consolidation, on an attachment's bytes."""

from __future__ import annotations

import tempfile
from dataclasses import dataclass, field
from pathlib import Path

from ..consolidate.archives import archive_kind, member_bytes, members
from ..errors import entry
from ..workbook.container import Refusal

__all__ = ["Trouble", "Unpacked", "foreign_kind", "unpacked"]

_MOST_MEMBERS = 300
_MOST_TOTAL = 100_000_000
_TNEF = b"\x78\x9f\x3e\x22"


class Trouble(Exception):  # noqa: N818 - becomes a line of the list
    """Why an archive was not read."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Unpacked:
    """A file in an archive, under the path that its maker saw."""

    name: str
    content: bytes = field(repr=False)


def foreign_kind(content: bytes) -> str:
    """The kind of an archive that is not read (.rar, .7z, Outlook's winmail.dat …), "" for anything else."""
    return "winmail.dat" if content.startswith(_TNEF) else archive_kind(content)


def unpacked(content: bytes) -> list[Unpacked] | None:
    """The files in a .zip and in archives within it; ``None`` for a workbook, which is a .zip as well.

    Raises Trouble where it cannot be read whole without harm: then nothing of it is taken.
    """
    with tempfile.TemporaryDirectory(prefix="perfxl-") as folder:
        path = Path(folder) / "archive.zip"
        path.write_bytes(content)
        try:
            inside = members(path)
            if not inside:
                return None
            wanted = [each for each in inside if not each.name.startswith((".", "~$")) and "__MACOSX" not in each.path]
            if len(wanted) > _MOST_MEMBERS:
                raise Trouble(f"内有 {len(wanted)} 个文件")
            total = 0
            found: list[Unpacked] = []
            for each in wanted:
                found.append(Unpacked(name="/".join(each.path), content=member_bytes(path, each.inside)))
                total += len(found[-1].content)
                if total > _MOST_TOTAL:
                    raise Trouble("解压后过大")
        except Refusal as why:
            raise Trouble(entry(why.code).message.format(**why.values)) from None
    return found
