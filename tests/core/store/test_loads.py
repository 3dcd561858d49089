"""Lists say when a dashboard was computed last and what that cost."""

from __future__ import annotations

import datetime as dt
from decimal import Decimal

import sqlalchemy as sa

from peter_core.lineage.graph import Node
from peter_core.store.ledger import Ledger
from tests.core.store.test_ledger import NOW, entry, run

HOUR = dt.timedelta(hours=1)


def indexed(ledger: Ledger, slug: str, *queries: str) -> None:
    nodes = [Node(f"query:{slug}/{name}", "query", name) for name in queries]
    ledger.index(entry(slug), nodes=nodes)


def test_a_list_says_the_oldest_result_and_the_sum_of_the_last_costs(ledger: Ledger) -> None:
    indexed(ledger, "flights", "daily", "airlines")
    indexed(ledger, "idle", "daily")
    ledger.record_runs(
        [
            run(at=NOW - 3 * HOUR, cost_usd=Decimal(9)),
            run(at=NOW - HOUR, cost_usd=Decimal("0.25")),
            run(at=NOW - 2 * HOUR, query="airlines", cost_usd=Decimal("0.5")),
            run(at=NOW, cache_hit=True, cost_usd=Decimal(0)),
            run(at=NOW, status="query_failed", cost_usd=Decimal(7)),
            run(at=NOW, query="removed-since", cost_usd=Decimal(8)),
            run(at=NOW, slug="other", cost_usd=Decimal(6)),
            run(at=NOW, slug=None, query=None, cost_usd=Decimal(5)),
        ]
    )
    (flights, idle), _ = ledger.dashboards()
    assert (flights.computed_at, flights.last_cost_usd) == (NOW - 2 * HOUR, Decimal("0.75"))
    assert (idle.computed_at, idle.last_cost_usd) == (None, None)
    found = ledger.entry("flights")
    assert found is not None
    assert found.last_cost_usd == Decimal("0.75")


def test_an_entry_that_was_read_can_be_indexed_again(ledger: Ledger) -> None:
    indexed(ledger, "flights", "daily")
    ledger.record_run(run(at=NOW))
    (found,), _ = ledger.dashboards()
    ledger.index(found, nodes=[Node("query:flights/daily", "query", "daily")])
    assert ledger.dashboards()[0] == (found,)


def test_a_page_of_a_list_takes_one_statement_more_and_an_index(ledger: Ledger) -> None:
    for number in range(30):
        indexed(ledger, f"board-{number}", "daily", "airlines")
        for query in ("daily", "airlines"):
            ledger.record_run(run(slug=f"board-{number}", query=query, at=NOW))
    statements: list[tuple[str, object]] = []

    def note(connection, cursor, statement, parameters, context, many) -> None:  # type: ignore[no-untyped-def]
        statements.append((statement, parameters))

    engine = ledger.database._engine
    sa.event.listen(engine, "before_cursor_execute", note)
    entries, total = ledger.dashboards(limit=30)
    sa.event.remove(engine, "before_cursor_execute", note)
    assert (total, {item.computed_at for item in entries}) == (30, {NOW})
    about_runs = [asked for asked in statements if "runs" in asked[0]]
    assert len(about_runs) == 1
    if engine.dialect.name == "sqlite":
        with engine.connect() as connection:
            plan = connection.exec_driver_sql(
                f"EXPLAIN QUERY PLAN {about_runs[0][0]}",
                about_runs[0][1],  # type: ignore[arg-type]
            ).all()
        assert any("ix_runs_computed" in str(step) for step in plan), plan
