"""Workspaces of the engine's tests: small, real, in every kind of file."""

from __future__ import annotations

import json
from pathlib import Path

import duckdb

FLIGHTS = """
    SELECT i AS id, 'carrier ' || (i % 3) AS carrier, DATE '2013-01-01' + (i % 31)::INTEGER AS day,
           (i % 100)::DOUBLE AS delay, (i * 1.5)::DECIMAL(10, 2) AS fare,
           TIMESTAMPTZ '2013-01-01 00:00:00+00' + INTERVAL (i) MINUTE AS departed
    FROM range({rows}) t(i)
"""


def write_parquet(path: Path, sql: str) -> None:
    """Write the rows of a DuckDB query as a Parquet file."""
    path.parent.mkdir(parents=True, exist_ok=True)
    with duckdb.connect() as connection:
        connection.execute("SET TimeZone = 'UTC'").fetchall()
        target = str(path).replace("'", "''")
        connection.execute(f"COPY ({sql}) TO '{target}' (FORMAT parquet)").fetchall()


def make_workspace(folder: Path, *, rows: int = 1000) -> Path:
    """``nyc.flights`` (Parquet), ``nyc.airlines`` (CSV), ``ops.events`` (JSON), ``ops.log``."""
    write_parquet(folder / "data/nyc/flights.parquet", FLIGHTS.format(rows=rows))
    (folder / "data/nyc/airlines.csv").write_text(
        'carrier,name\ncarrier 0,"Zero, Inc."\ncarrier 1,Öne\ncarrier 2,\n', encoding="utf-8"
    )
    ops = folder / "data/ops"
    ops.mkdir(parents=True)
    events = [
        {"id": 1, "tags": ["a", "bc"], "place": {"x": 1}},
        {"id": 2, "tags": [], "place": None},
    ]
    (ops / "events.json").write_text(json.dumps(events), encoding="utf-8")
    (ops / "log.ndjson").write_text('{"n": 1}\n{"n": 2}\n', encoding="utf-8")
    return folder


def make_database(path: Path, *, rows: int = 1000) -> Path:
    """A DuckDB file with the table ``nyc.flights``, as an import would leave it."""
    with duckdb.connect(path) as connection:
        connection.execute("SET TimeZone = 'UTC'").fetchall()
        connection.execute("CREATE SCHEMA nyc").fetchall()
        connection.execute(f"CREATE TABLE nyc.flights AS {FLIGHTS.format(rows=rows)}").fetchall()
    return path
