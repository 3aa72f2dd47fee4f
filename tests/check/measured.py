"""``python -m tests.check.measured FOLDER``: reads every file of a folder in a process of its own and says what it cost.

Prints JSON: for each name the codes found, the condition, CPU seconds, wall
seconds, and the largest resident memory in MB (of the child alone, wait4).
"""

from __future__ import annotations

import json
import os
import sys
import time
from pathlib import Path

from perfxl.consolidate.content import content_of
from perfxl.consolidate.files import gather
from perfxl.consolidate.reading import FileReader
from perfxl.form.library import find_form
from tests.check.hebei import FORM


def main(folder: Path) -> None:
    """Fork for each file: what is imported and compiled already costs nothing again."""
    find_form(FORM.id)
    warm = next((each for each in gather([folder]).files if each.shown.endswith("good.xlsx")), None)
    if warm is not None:
        content_of(FileReader()(warm))
    told = {}
    for found in gather([folder]).files:
        into, out = os.pipe()
        begun = time.monotonic()
        child = os.fork()
        if not child:
            content = content_of(FileReader()(found))
            os.write(out, json.dumps([content.condition.value, [each.rule for each in content.findings[:20]]]).encode())
            os._exit(0)
        os.close(out)
        with os.fdopen(into, "rb") as pipe:
            said = pipe.read()
        _, status, usage = os.wait4(child, 0)
        told[found.shown] = {
            "ended": status,
            "said": json.loads(said) if said else None,
            "cpu": round(usage.ru_utime + usage.ru_stime, 3),
            "wall": round(time.monotonic() - begun, 3),
            "megabytes": usage.ru_maxrss // 1024,
        }
    print(json.dumps(told, ensure_ascii=False))


if __name__ == "__main__":
    main(Path(sys.argv[1]))
