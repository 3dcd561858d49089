"""Verifications and artifacts of every shape, built by hand for the displays."""

from __future__ import annotations

import datetime as dt
from typing import Any

from peter_core.engine.port import Column, ColumnProfile
from peter_core.verify.verification import (
    CheckOutcome,
    ColumnSources,
    Finding,
    TableStamp,
    Verification,
)

SQL = """\
SELECT DATE(year, month, day) AS flight_date,
       COUNT(*) AS flights, AVG(dep_delay) AS delay, carrier
FROM nyc.flights
GROUP BY flight_date, carrier
ORDER BY flight_date"""

AT = dt.datetime(2026, 11, 23, 3, 0, tzinfo=dt.UTC)


def passed(**changes: Any) -> Verification:
    """A statement that ran and met its checks, with a warning."""
    days = [dt.date(2013, 6, 1) + dt.timedelta(days=i) for i in range(12)]
    values: dict[str, Any] = {
        "verdict": "passed",
        "statement_type": "SELECT",
        "sql": SQL,
        "fingerprint": "9f1c2d3e4a5b6c7d8e9f",
        "engine": "duckdb",
        "schema": (
            Column("flight_date", "DATE"),
            Column("flights", "INT64", "REQUIRED"),
            Column("delay", "FLOAT64"),
            Column("carrier", "STRING"),
        ),
        "row_count": 30,
        "sample_rows": tuple(
            {
                "flight_date": day.isoformat(),
                "flights": 842 + 7 * i,
                "delay": None if i == 3 else 12.4321 + i,
                "carrier": ("UA", "B6", "EV")[i % 3],
            }
            for i, day in enumerate(days)
        ),
        "profile": (
            ColumnProfile("flight_date", 0, 30, "2013-06-01", "2013-06-30"),
            ColumnProfile("flights", 0, 28, 754, 1002, 941.43),
            ColumnProfile("delay", 1, 29, -0.5, 54.18, 20.7521),
            ColumnProfile("carrier", 0, 3, "B6", "UA", None, (("UA", 14), ("B6", 9), ("EV", 7))),
        ),
        "checks": (
            CheckOutcome("at least 1 row", True, "30 rows"),
            CheckOutcome("flight_date is never null", True, "0 of 30 rows are null"),
        ),
        "findings": (
            Finding(
                "order-by",
                "info",
                "The result is ordered although nothing needs it.",
                5,
                1,
                "Leave the ordering to the chart.",
            ),
        ),
        "tables": (TableStamp("local.nyc.flights", AT, 336_776),),
        "columns": (
            ColumnSources(
                "flight_date",
                (
                    "local.nyc.flights.year",
                    "local.nyc.flights.month",
                    "local.nyc.flights.day",
                ),
            ),
            ColumnSources("delay", ("local.nyc.flights.dep_delay",)),
        ),
        "bytes_scanned": 2_700_000,
        "cost_usd": "0.00006",
        "cap_bytes": 10**9,
        "duration_ms": 41.0,
        "computed_at": AT,
        "receipt": "4f2c91ab03de",
    }
    return Verification(**{**values, **changes})


def check_failed() -> Verification:
    """A statement that ran and failed a check."""
    return passed(
        verdict="failed",
        error="flight_date is never null: 3 of 30 rows are null (rows 2, 5, 9)",
        checks=(
            CheckOutcome("at least 1 row", True, "30 rows"),
            CheckOutcome(
                "flight_date is never null", False, "3 of 30 rows are null (rows 2, 5, 9)"
            ),
            CheckOutcome("at most 20 rows", False, "30 rows", "warning"),
        ),
    )


def unknown_column() -> Verification:
    """A statement that names a column that does not exist."""
    message = "No column `dealy` in `nyc.flights`."
    return Verification(
        verdict="could_not_run",
        statement_type="SELECT",
        sql=SQL.replace("AVG(dep_delay)", "AVG(dealy)"),
        fingerprint="0" * 20,
        engine="duckdb",
        cap_bytes=10**9,
        reason="refused",
        error=message,
        hint="Did you mean `dep_delay`?",
        findings=(Finding("unknown-column", "error", message, 2, 33, "Did you mean `dep_delay`?"),),
    )


def over_cap() -> Verification:
    """A statement that would read more than its cap."""
    return Verification(
        verdict="could_not_run",
        statement_type="SELECT",
        sql=SQL,
        fingerprint="0" * 20,
        engine="bigquery",
        cap_bytes=10**9,
        estimated_bytes=3_400_000_000,
        cost_usd="0",
        reason="over_cap",
        error="The statement would read 3.4 GB and its cap is 1 GB; nothing was run.",
        hint="Filter on the partition column, or raise the cap with --max-bytes.",
        schema=(Column("flight_date", "DATE"),),
    )
