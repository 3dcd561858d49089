"""The embedded engine and BigQuery show the same dashboard."""

from __future__ import annotations

from pathlib import Path

from peter_core import Peter
from tests.cloud.houses import Cloud, cloud_house, shown
from tests.cloud.test_end_to_end import DOCUMENT, SLUG


def test_both_engines_show_the_same_dashboard(
    cloud: Cloud, flights_folder: Path, tmp_path: Path
) -> None:
    with cloud_house(cloud, tmp_path) as company, Peter.local(flights_folder) as laptop:
        there = shown(company.peter.preview(DOCUMENT))
        here = shown(laptop.preview(DOCUMENT))
        assert there.keys() == here.keys()
        for chart in here:
            assert there[chart] == here[chart], chart
        assert company.peter.validate(DOCUMENT).revision == laptop.validate(DOCUMENT).revision
    assert SLUG in DOCUMENT
