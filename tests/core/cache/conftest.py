"""A Redis for the tests of the cache: one server, a database of its own for each test."""

from __future__ import annotations

import itertools
from collections.abc import Iterator

import pytest

from tests.servers.redis import RedisServer, running_redis


@pytest.fixture(scope="session")
def redis_server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RedisServer]:
    """A server that no test may stop."""
    with running_redis(tmp_path_factory.mktemp("redis"), "--databases", "1000") as server:
        yield server


_DATABASES = itertools.count()


@pytest.fixture
def redis_url(redis_server: RedisServer) -> str:
    """The address of an empty database."""
    return f"redis://127.0.0.1:{redis_server.port}/{next(_DATABASES)}"
