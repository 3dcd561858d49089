"""Lists say when a dashboard was computed last and what that cost."""

from __future__ import annotations

import datetime as dt
from decimal import Decimal

import sqlalchemy as sa

from peter_core.store.ledger import Ledger
from tests.core.store.test_ledger import NOW, entry, receipt, run

HOUR = dt.timedelta(hours=1)


def indexed(ledger: Ledger, slug: str, *queries: str) -> None:
    """Publish a dashboard of queries whose fingerprints are their names."""
    stamps = [receipt(name, slug=slug, id=f"{slug} {name}", fingerprint=name) for name in queries]
    ledger.index(entry(slug), receipts=stamps)


def test_a_list_says_the_oldest_result_and_the_sum_of_the_last_costs(ledger: Ledger) -> None:
    indexed(ledger, "flights", "daily", "airlines")
    indexed(ledger, "idle", "monthly")
    ledger.record_runs(
        [
            run(fingerprint="daily", at=NOW - 3 * HOUR, cost_usd=Decimal(9)),
            run(fingerprint="daily", at=NOW - HOUR, cost_usd=Decimal("0.25")),
            run(fingerprint="airlines", at=NOW - 2 * HOUR, cost_usd=Decimal("0.5")),
            run(fingerprint="daily", at=NOW, cache_hit=True, cost_usd=Decimal(0)),
            run(fingerprint="daily", at=NOW, status="query_failed", cost_usd=Decimal(7)),
            run(fingerprint="removed-since", at=NOW, cost_usd=Decimal(8)),
            run(fingerprint="own", at=NOW, slug=None, query=None, cost_usd=Decimal(5)),
        ]
    )
    (flights, idle), _ = ledger.dashboards()
    assert (flights.computed_at, flights.last_cost_usd) == (NOW - 2 * HOUR, Decimal("0.75"))
    assert (idle.computed_at, idle.last_cost_usd) == (None, None)
    found = ledger.entry("flights")
    assert found is not None
    assert found.last_cost_usd == Decimal("0.75")


def test_a_result_that_another_dashboard_computed_counts_too(ledger: Ledger) -> None:
    indexed(ledger, "first", "daily")
    indexed(ledger, "second", "daily")
    ledger.record_run(run(slug="first", fingerprint="daily", at=NOW))
    entries, _ = ledger.dashboards()
    assert [item.computed_at for item in entries] == [NOW, NOW]


def test_only_the_queries_of_the_published_revision_count(ledger: Ledger) -> None:
    indexed(ledger, "flights", "daily", "airlines")
    ledger.index(
        entry("flights", revision="cd" * 32),
        receipts=[receipt("daily", "cd" * 32, id="2", fingerprint="newer")],
    )
    ledger.record_run(run(fingerprint="daily", at=NOW - HOUR))
    ledger.record_run(run(fingerprint="newer", at=NOW))
    ((found,), _) = ledger.dashboards()
    assert found.computed_at == NOW


def test_an_entry_that_was_read_can_be_indexed_again(ledger: Ledger) -> None:
    indexed(ledger, "flights", "daily")
    ledger.record_run(run(fingerprint="daily", at=NOW))
    (found,), _ = ledger.dashboards()
    ledger.index(found)
    assert ledger.dashboards()[0] == (found,)


def test_a_page_of_a_list_takes_one_statement_more_and_an_index(ledger: Ledger) -> None:
    for number in range(30):
        indexed(ledger, f"board-{number}", "daily", "airlines")
    ledger.record_runs([run(fingerprint=name, at=NOW) for name in ("daily", "airlines")])
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
