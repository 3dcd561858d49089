"""Fixtures that several rooms share: the real flights as a workspace."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import HealthCheck, settings

from peter_core import Peter
from tools.flights import write_flights

# A busy machine needs longer for an example at times: that says nothing of the code.
settings.register_profile(
    "patient", settings(), deadline=None, suppress_health_check=[HealthCheck.too_slow]
)
settings.load_profile("patient")


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Give the slow tests an hour: the limit of all others is for what should take seconds."""
    for item in items:
        if item.get_closest_marker("slow"):
            item.add_marker(pytest.mark.timeout(3600))


@pytest.fixture(scope="session")
def flights_folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A workspace folder with the real flights as tables ``nyc.*``."""
    folder = tmp_path_factory.mktemp("flights")
    write_flights(folder)
    return folder


@pytest.fixture(scope="session")
def flights_peter(flights_folder: Path) -> Iterator[Peter]:
    """Peter over the real flights."""
    with Peter.local(flights_folder) as peter:
        yield peter
