"""A read-only DuckDB connection with every door closed that a setting can close.

A second layer, not a sandbox: the guard comes before it, the process limits around it.
"""

from __future__ import annotations

from pathlib import Path

import duckdb

IN_MEMORY = Path(":memory:")
"""The name of a database that no file holds."""

_LOCKED = (
    # As SQL: given as a connect option it makes DuckDB look for its icu extension.
    "SET GLOBAL TimeZone = 'UTC'",
    "SET GLOBAL enable_external_access = false",
    "SET GLOBAL allow_community_extensions = false",
    "SET GLOBAL allow_persistent_secrets = false",
    "SET GLOBAL python_enable_replacements = false",
    "SET GLOBAL python_scan_all_frames = false",
    # Last: from here on no setting changes, this one neither.
    "SET GLOBAL lock_configuration = true",
)


def open_locked(
    database: Path, *, memory_limit_bytes: int, threads: int
) -> duckdb.DuckDBPyConnection:
    """Open a database read-only, with nothing reachable but its own tables.

    Take a fresh ``cursor()`` for each statement: what a statement leaves behind (temporary
    tables, a search path) ends with its cursor. ``IN_MEMORY`` opens an empty database of its own,
    which alone can be written to.
    """
    connection = duckdb.connect(
        database,
        read_only=database != IN_MEMORY,
        config={
            "memory_limit": f"{memory_limit_bytes // 2**20}MiB",
            "threads": str(threads),
            "temp_directory": "",
            "max_temp_directory_size": "0KB",
            "autoinstall_known_extensions": "false",
            "autoload_known_extensions": "false",
        },
    )
    for setting in _LOCKED:
        connection.execute(setting).fetchall()
    return connection
