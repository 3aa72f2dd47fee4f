"""A file -> a :class:`~perfxl.check.submission.Submission`; a bad file never raises."""

from __future__ import annotations

import hashlib
import stat
from dataclasses import replace
from pathlib import Path

from ..errors import PerfxlError, entry, reason
from ..form.library import form_version
from ..form.model import Form, Severity
from ..workbook.container import MOST_FILE, Refusal
from ..workbook.read import Fault, Reading, read_workbook
from ..workbook.said import noted_in, stale_in
from ..workbook.seal import KeyRing, SealFault
from .findings import Finding
from .legacy import LOST, as_xlsx, is_legacy
from .run import findings_of
from .sealed import seal_faults, unit_rule
from .submission import Condition, Submission

__all__ = ["file_bytes", "read_submission", "refused", "submission_of"]

_UNRECOGNISED = ("I06", "I11", "I22")


def read_submission(path: Path, *, shown: str = "", ring: KeyRing | None = None) -> Submission:
    """Read and check one file; ``shown`` is the name that findings give it (default: the path).

    With the keys of a task the seal is verified too.
    """
    name = shown or str(path)
    try:
        data = file_bytes(path)
    except Refusal as refusal:
        return refused(name, b"", refusal)
    return submission_of(data, name, ring)


def file_bytes(path: Path) -> bytes:
    """A file's bytes; Refusal I10 or I14 where it is too large or no ordinary file."""
    try:
        # A named pipe or a device would block; a directory cannot be read.
        status = path.stat()
        if not stat.S_ISREG(status.st_mode):
            raise Refusal("I14", reason="不是普通文件")
        if status.st_size > MOST_FILE:
            raise Refusal("I10", reason=f"文件有 {status.st_size // 1_000_000} MB")
        return path.read_bytes()
    except OSError as fault:
        raise Refusal("I14", reason=reason(fault)) from None


def submission_of(data: bytes, name: str, ring: KeyRing | None = None) -> Submission:
    """Read and check a workbook's bytes, its seal too if the keys of a task are given."""
    legacy = is_legacy(data)
    try:
        reading = read_workbook(as_xlsx(data) if legacy else data, _form)
    except Refusal as refusal:
        return refused(name, data, refusal)
    except MemoryError:
        return refused(name, data, Refusal("I10", reason="读取它需要的内存过多"))
    except Exception as fault:  # the net below everything that was foreseen: one file never stops a batch
        return refused(name, data, Refusal("I15", reason=type(fault).__name__))
    found = Submission(
        file=name,
        sha256=hashlib.sha256(data).hexdigest(),
        condition=Condition.READ,
        size=len(data),
        modified=reading.modified,
        form=reading.form,
        book=reading.book,
        places=reading.places,
        meta=reading.meta,
        plan=reading.plan,
    )
    faults = reading.faults
    if legacy:
        faults = [Fault(code="I34", severity=Severity.HINT), *(each for each in faults if each.code not in LOST)]
    found.findings = [_from_fault(fault, name) for fault in faults]
    if ring is not None:
        other = _verify(found, reading, ring)
        if other is not None:
            return refused(name, data, other)
    found.stale = stale_in(reading.form, reading.plan, reading.book, noted_in(reading.meta))
    found.findings += findings_of(
        reading.form, reading.book, reading.places, name, reissued=reading.reissued, stale=found.stale
    )
    return found


def _verify(found: Submission, reading: Reading, ring: KeyRing) -> Refusal | None:
    """Take over what the seal says; a refusal for a workbook of another task."""
    seal, faults = seal_faults(reading, ring)
    if isinstance(seal, SealFault):
        if seal.code == "I22":
            return Refusal("I22", task=seal.task)
    else:
        found.seal = seal
    rule = unit_rule(reading.form)
    for fault in faults:
        finding = _from_fault(fault, found.file)
        found.findings.append(replace(finding, rule=rule) if fault.code == "I24" and rule else finding)
    return None


def _form(form_id: str, version: int) -> Form | None:
    try:
        return form_version(form_id, version)
    except (PerfxlError, OSError, ValueError):
        return None


def refused(name: str, data: bytes, refusal: Refusal) -> Submission:
    """A file of which nothing can be read, and why."""
    fault = Fault(code=refusal.code, values=refusal.values)
    return Submission(
        file=name,
        sha256=hashlib.sha256(data).hexdigest() if data else "",
        condition=Condition.UNRECOGNISED if refusal.code in _UNRECOGNISED else Condition.UNREADABLE,
        size=len(data),
        findings=[_from_fault(fault, name)],
    )


def _from_fault(fault: Fault, name: str) -> Finding:
    said = entry(fault.code)
    text = f"{said.message}。{said.remedy}".format(**fault.values)
    return Finding(
        file=name,
        sheet=fault.sheet,
        cell=fault.cell,
        field=fault.field,
        rule=fault.code,
        severity=fault.severity,
        value=fault.value,
        message=text,
    )

