"""The benchmark of the dashboard runs, on a small round."""

from __future__ import annotations

import pytest

from tests.benchmarks import dashboard
from tests.dashboard.browsers import require


class DescribeDashboardBenchmark:
    @pytest.mark.long
    def it_measures_a_small_round(self, capsys: pytest.CaptureFixture[str]) -> None:
        require()
        assert dashboard.main(["--projects", "9", "--indicators", "180", "--repeat", "1", "--varied"]) == 0
        told = capsys.readouterr().out
        assert "9 projects, 180 indicators" in told
        assert "first paint: median" in told
        assert "→ 180 rows" in told
