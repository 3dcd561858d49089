"""One provider and one server a module; the provider behaves again before each test."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.hosts.standalone.house import BROWSERS, House, start
from tests.servers.openid import OpenIdProvider
from tests.small_flights import write_tables


@pytest.fixture(scope="module")
def google() -> Iterator[OpenIdProvider]:
    """The provider, running."""
    provider = OpenIdProvider().start()
    yield provider
    provider.stop()


@pytest.fixture(autouse=True)
def behaving(request: pytest.FixtureRequest) -> Iterator[None]:
    """No fault of a test lives on in the next one, and no browser."""
    if "google" in request.fixturenames:
        request.getfixturevalue("google").behave()
    yield
    while BROWSERS:
        BROWSERS.pop().close()


@pytest.fixture(scope="module")
def house(tmp_path_factory: pytest.TempPathFactory, google: OpenIdProvider) -> Iterator[House]:
    """A server with a login, over two small tables."""
    folder = tmp_path_factory.mktemp("house")
    write_tables(folder / "workspace")
    running = start(folder, google)
    try:
        yield running
    finally:
        code = running.terminate()
    assert code == 0, "\n".join(running.lines)
    assert not [line for line in running.lines if "Traceback" in line]
