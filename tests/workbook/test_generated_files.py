"""The committed workbooks are what the program builds, part by part."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.regenerate import ROOT, generated
from tests.workbook.parts import parts

FILES = generated()


class DescribeGeneratedFiles:
    @pytest.mark.parametrize("path", FILES)
    def it_is_rebuilt_to_the_same_parts(self, path: str) -> None:
        committed = parts((ROOT / path).read_bytes())
        rebuilt = parts(FILES[path])
        assert [name for name in sorted({*committed, *rebuilt}) if committed.get(name) != rebuilt.get(name)] == []

    def it_names_no_path_of_the_machine_that_built_it(self) -> None:
        for content in FILES.values():
            assert [name for name, part in parts(content).items() if b"/tmp/" in part or str(Path.home()).encode() in part] == []
