"""LibreOffice's own update of the contents gives the entries and page numbers that were filled in."""

from __future__ import annotations

import shutil
import subprocess
from pathlib import Path

import pytest
from made_departments import AS_OF, seed_department, template

from perfxl.errors import PerfxlError
from perfxl.publish import office
from perfxl.publish.blocks import Paragraph, blocks_of_docx
from perfxl.publish.run import Options, publish

SYSTEM_PYTHON = shutil.which("python3", path="/usr/bin:/usr/local/bin") or ""
UPDATE = """
import subprocess, sys, time, uno
from com.sun.star.beans import PropertyValue
program, profile, document = sys.argv[1:]
pipe = "perfxl" + str(abs(hash(profile)))
office = subprocess.Popen([program, "-env:UserInstallation=" + profile, "--headless", "--norestore",
                           "--accept=pipe,name=" + pipe + ";urp;"], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
try:
    local = uno.getComponentContext()
    resolver = local.ServiceManager.createInstanceWithContext("com.sun.star.bridge.UnoUrlResolver", local)
    for attempt in range(120):
        try:
            context = resolver.resolve("uno:pipe,name=" + pipe + ";urp;StarOffice.ComponentContext")
            break
        except Exception:
            time.sleep(0.5)
    desktop = context.ServiceManager.createInstanceWithContext("com.sun.star.frame.Desktop", context)
    hidden = PropertyValue()
    hidden.Name, hidden.Value = "Hidden", True
    opened = desktop.loadComponentFromURL(document, "_blank", 0, (hidden,))
    indexes = opened.getDocumentIndexes()
    assert indexes.getCount() == 1
    indexes.getByIndex(0).update()
    print(indexes.getByIndex(0).getAnchor().getString())
    opened.close(True)
finally:
    office.terminate()
    office.wait(30)
"""


def has_uno() -> bool:
    if not (SYSTEM_PYTHON and office.office_path()):
        return False
    return subprocess.run([SYSTEM_PYTHON, "-c", "import uno"], capture_output=True, check=False).returncode == 0


class DescribeOffice:
    @pytest.mark.office
    @pytest.mark.skipif(not has_uno(), reason="LibreOffice with its Python bridge is not installed")
    def it_agrees_with_libreoffices_own_update(self, tmp_path: Path) -> None:
        (made,) = publish([seed_department()], template(), Options(as_of=AS_OF, pages=True))
        (content,) = made.files.values()
        path = tmp_path / "made.docx"
        path.write_bytes(content)
        command = [SYSTEM_PYTHON, "-c", UPDATE, office.office_path(), (tmp_path / "profile").as_uri(), path.as_uri()]
        done = subprocess.run(command, capture_output=True, text=True, timeout=180, check=True)
        updated = [line for line in done.stdout.splitlines() if line]
        entries = [block.text for block in blocks_of_docx(content, "") if isinstance(block, Paragraph) and block.target]
        assert len(entries) == 7
        assert entries == updated
        assert all(entry.partition("\t")[2].isdigit() for entry in entries)

    def it_says_when_libreoffice_is_missing(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setenv("PATH", "")
        with pytest.raises(PerfxlError) as caught:
            list(publish([seed_department()], template(), Options(as_of=AS_OF, pdf=True)))
        assert caught.value.code == "W04"
