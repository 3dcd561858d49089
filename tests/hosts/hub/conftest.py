"""A live hub with Google's stand-in, and people who are known to it."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.hosts.hub.people import People
from tests.servers.google import Google, running_google
from tests.servers.hub import Hub, running_hub
from tests.small_flights import write_tables


@pytest.fixture(scope="session")
def google(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Google]:
    """Google's stand-in; everybody has an account of example.com."""
    with running_google(tmp_path_factory.mktemp("google")) as google:
        for name in ("ada", "ann", "vera", "nora", "root", "ulf"):
            google.knows(f"{name}@example.com")
        yield google


@pytest.fixture(scope="session")
def hub(tmp_path_factory: pytest.TempPathFactory, google: Google) -> Iterator[Hub]:
    """The hub of this test process, started when first asked for."""
    folder = tmp_path_factory.mktemp("hub")
    write_tables(folder / "workspace")
    with running_hub(folder, google) as hub:
        yield hub


@pytest.fixture(scope="session")
def people(hub: Hub) -> People:
    """Who works with the hub, each with a browser and tokens."""
    return People(hub)
