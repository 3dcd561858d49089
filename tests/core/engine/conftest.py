"""Fixtures of the engine's tests."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from peter_core.engine.worker_pool import WorkerPool
from tests.core.engine.workspace import make_database

MEMORY_LIMIT = 256 * 2**20


@pytest.fixture(scope="session")
def database(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A database file with ``nyc.flights``."""
    return make_database(tmp_path_factory.mktemp("database") / "flights.duckdb")


@pytest.fixture
def pool() -> Iterator[WorkerPool]:
    """Two workers with little memory."""
    pool = WorkerPool(workers=2, memory_limit_bytes=MEMORY_LIMIT, threads=2)
    yield pool
    pool.close()
