"""The questions the ledger asks of a full PostgreSQL are answered by an index."""

from __future__ import annotations

import datetime as dt
import json
from collections.abc import Callable, Iterator
from pathlib import Path

import psycopg
import pytest
import sqlalchemy as sa

from peter_core.store.ledger import Ledger
from peter_core.store.sessions import SessionStore, TokenStore
from tests.servers.postgres import Servers

NOW = dt.datetime(2026, 11, 23, 3, 0, tzinfo=dt.UTC)
DAY = dt.timedelta(days=1)
FILL = Path(__file__).with_name("hundred_thousand_rows.sql")


@pytest.fixture(scope="module", params=["15", pytest.param("18", marks=pytest.mark.slow)])
def full(request: pytest.FixtureRequest, postgres: Servers) -> Iterator[Ledger]:
    """A ledger that is full."""
    url = postgres.database(request.param)
    ledger = Ledger(url)
    ledger.database.migrate()
    with psycopg.connect(url, autocommit=True) as connection:
        # Without looking up every row's dashboard: they are there.
        connection.execute("SET session_replication_role = replica")
        connection.execute(FILL.read_bytes())
    ledger.check()
    yield ledger
    ledger.close()


def asked(ledger: Ledger, call: Callable[[], object]) -> list[tuple[str, set[str], set[str]]]:
    """The statements of a call, the indexes each is answered by, and the tables read whole."""
    statements: list[tuple[str, object]] = []

    def note(connection, cursor, statement, parameters, context, many) -> None:  # type: ignore[no-untyped-def]
        statements.append((statement, parameters))

    engine = ledger.database._engine
    sa.event.listen(engine, "before_cursor_execute", note)
    call()
    sa.event.remove(engine, "before_cursor_execute", note)
    found = []
    with engine.connect() as connection:
        for statement, parameters in statements:
            if "advisory" in statement:
                continue
            plan = connection.exec_driver_sql(
                f"EXPLAIN (FORMAT JSON) {statement}",
                parameters,  # type: ignore[arg-type]
            ).scalar()
            parts = list(_parts(plan if isinstance(plan, list) else json.loads(str(plan))))
            indexes = {part["Index Name"] for part in parts if "Index Name" in part}
            whole = {part["Relation Name"] for part in parts if part.get("Node Type") == "Seq Scan"}
            found.append((statement, indexes, whole))
    return found


def _parts(plan: object) -> Iterator[dict[str, str]]:
    if isinstance(plan, list):
        for part in plan:
            yield from _parts(part)
    if isinstance(plan, dict):
        yield plan
        for part in plan.values():
            yield from _parts(part)


@pytest.mark.parametrize(
    ("index", "call"),
    [
        ("pk_dashboards", lambda ledger: ledger.entry("board-5")),
        ("pk_lineage_edges", lambda ledger: ledger.edges("board-5")),
        ("pk_lineage_nodes", lambda ledger: ledger.nodes("board-5")),
        ("pk_receipts", lambda ledger: ledger.receipts("board-5", "r")),
        ("ix_runs_at", lambda ledger: ledger.last_runs()),
        ("ix_runs_slug_at", lambda ledger: ledger.last_runs(slug="board-5")),
        ("ix_runs_at", lambda ledger: ledger.cost_report(NOW - 30 * DAY, NOW)),
        ("ix_runs_at", lambda ledger: ledger.cost_report(NOW - 30 * DAY, NOW, "date")),
        ("ix_runs_slug_at",
         lambda ledger: ledger.cost_report(NOW - 30 * DAY, NOW, "query", slug="board-5")),
        ("pk_sessions", lambda ledger: SessionStore(ledger.database).find(
            "a" * 43, at=NOW, idle=DAY)),
        ("pk_sessions", lambda ledger: SessionStore(ledger.database).touch("a" * 43, at=NOW)),
        ("ix_sessions_principal",
         lambda ledger: SessionStore(ledger.database).revoke_all("user9999")),
        ("pk_api_tokens", lambda ledger: TokenStore(ledger.database).find(
            f"peter_{'a' * 43}", at=NOW)),
        ("ix_api_tokens_owner", lambda ledger: TokenStore(ledger.database).list("user7")),
        ("ix_api_tokens_id", lambda ledger: TokenStore(ledger.database).revoke("x", at=NOW)),
    ],
)  # fmt: skip
def test_a_question_about_few_rows_reads_few_rows(
    full: Ledger, index: str, call: Callable[[Ledger], object]
) -> None:
    statements = asked(full, lambda: call(full))
    assert statements
    for statement, _, whole in statements:
        assert whole == set(), statement
    assert index in set().union(*(indexes for _, indexes, _ in statements))


def test_a_page_of_the_list_reads_a_page(full: Ledger) -> None:
    (count, _, _), (page, indexes, whole), (_, tag_indexes, tags_whole), *_ = asked(
        full, lambda: full.dashboards(offset=100, limit=50)
    )
    # How many there are is counted: an exact count reads every row, of any database.
    assert "count(*)" in count
    assert "ix_dashboards_sort_title_slug" in indexes, page
    assert (whole, tags_whole) == (set(), set())
    assert tag_indexes == {"pk_dashboard_tags"}


def test_a_tag_is_found_by_its_index(full: Ledger) -> None:
    # The last statement is about the runs behind the receipts; of few receipts it reads all.
    *found, _ = asked(full, lambda: full.dashboards(tag="tag7"))
    for statement, indexes, whole in found:
        assert whole == set(), statement
        assert indexes & {"ix_dashboard_tags_tag", "pk_dashboard_tags"}


def test_the_open_reservations_are_found_among_the_settled(full: Ledger) -> None:
    from decimal import Decimal

    from peter_core.store.budgets import Budget, Budgets

    budgets = Budgets(full.database)
    statements = asked(
        full,
        lambda: budgets.states(
            [Budget("user", "month", Decimal(1))], user="ann", slug=None, at=NOW
        ),
    )
    (waiting, window) = statements
    assert waiting[1] == {"ix_budget_entries_settled_expires_at"}
    assert waiting[2] == set()
    assert "budget_windows" in window[0]


def test_a_word_is_looked_for_in_every_row_in_time(full: Ledger) -> None:
    # No index of ours helps LIKE '%word%' (that takes the extension pg_trgm, which an operator
    # may not have): a list of 100,000 is read whole, in well under the time of a statement.
    began = dt.datetime.now(dt.UTC)
    found, total = full.dashboards(q="board-99999")
    assert (total, found[0].slug) == (1, "board-99999")
    assert (dt.datetime.now(dt.UTC) - began).total_seconds() < 2
