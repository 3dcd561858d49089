"""What BigQuery says a statement reads counts beside what its text says."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

import pytest

from peter_core.engine.bigquery.dry_runs import DryRun, DryRuns
from peter_core.errors import SqlRefused

JOB: Any = SimpleNamespace(statement=SimpleNamespace(tables=("acme.shop.orders",)))
LEFT = "acme._anon.left"


def held(*tables: str, left: str | None = None, kind: str = "SELECT") -> None:
    """Hold what BigQuery read against what may be read."""
    client: Any = None
    runs = DryRuns(client, location=None, default_dataset=None,
                   allowed=lambda table, _: table.startswith("acme.shop."))  # fmt: skip
    made = DryRun(bytes=0, billed_bytes=0, columns=(), tables=tables, location=None, at=0.0)
    runs._hold(kind, made, JOB, left)


def test_a_table_that_only_bigquery_saw_is_refused_outside_the_allowed_datasets() -> None:
    held("acme.shop.orders")
    with pytest.raises(SqlRefused, match=r"acme\.secret\.people"):
        held("acme.shop.orders", "acme.secret.people")


def test_an_earlier_result_is_allowed_and_opens_nothing_else() -> None:
    held("acme.shop.orders", LEFT, left=LEFT)
    with pytest.raises(SqlRefused, match="_anon"):
        held("acme.shop.orders", LEFT)
    with pytest.raises(SqlRefused, match=r"acme\.secret\.people"):
        held("acme.secret.people", LEFT, left=LEFT)
