"""A DuckDB set up as the worker sets up its own."""

from __future__ import annotations

from typing import TYPE_CHECKING

import duckdb
import pytest

from peter_core.engine.worker_functions import register_functions

if TYPE_CHECKING:
    from collections.abc import Iterator


@pytest.fixture(scope="session")
def memory() -> Iterator[duckdb.DuckDBPyConnection]:
    """An empty in-process DuckDB whose session time zone is UTC."""
    connection = duckdb.connect()
    connection.execute("SET TimeZone = 'UTC'")
    register_functions(connection)
    yield connection
    connection.close()
