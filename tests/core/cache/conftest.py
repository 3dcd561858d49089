"""A Redis for the tests of the cache: one server, a database of its own for each test."""

from __future__ import annotations

import itertools
from collections.abc import Iterator
from functools import partial

import pytest

from peter_core.cache import redis
from peter_core.cache.redis import tier, watch
from tests.servers.redis import RedisServer, running_redis

PATIENCE_S = 10.0
"""For Redis: on a busy machine its usual 50 ms pass, and the disk would stand in."""


@pytest.fixture(autouse=True)
def _patient(monkeypatch: pytest.MonkeyPatch) -> None:
    """Caches that are opened by the address of a Redis wait longer for it, also for a handshake."""
    monkeypatch.setattr(redis, "RedisCache", partial(redis.RedisCache, budget_s=PATIENCE_S))
    monkeypatch.setattr(tier, "_FIRST_HANDSHAKE_S", 2 * PATIENCE_S)
    monkeypatch.setattr(watch, "_CONTROL_S", PATIENCE_S)


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
