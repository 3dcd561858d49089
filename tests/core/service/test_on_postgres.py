"""A dashboard published and read over PostgreSQL and over SQLite gives the same answers."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from peter_core import Peter
from peter_core.config import load_settings
from peter_core.errors import PeterError
from peter_core.store.database import Database
from tests.servers.postgres import VERSIONS, Servers
from tests.small_flights import write_tables

BOARD = """\
version: 1
slug: flights
title: Flights
owner: ops@example.com
tags: [daily]
queries:
  count: {sql: "SELECT carrier, COUNT(*) AS n FROM nyc.flights GROUP BY carrier"}
charts:
  by_carrier: {type: bar, query: count, title: By carrier, x: carrier, y: n}
"""


@pytest.fixture(scope="module")
def servers() -> Iterator[Servers]:
    opened = Servers()
    yield opened
    opened.close()


def told(folder: Path, url: str | None) -> dict[str, Any]:
    """What a publication, a load, lists, lineage, costs and a deletion give."""
    settings = load_settings(folder=write_tables(folder), database_url=url)
    now = dt.datetime.now(dt.UTC)
    period = (now - dt.timedelta(hours=1), now + dt.timedelta(hours=1))
    with Peter.open(settings) as peter:
        published = peter.publish(BOARD)
        for _ in range(2):
            artifact = peter.data("flights")
        graph = peter.whole_lineage()
        costs = peter.costs(*period, group_by="query")
        impact = peter.impact(drop="nyc.flights/carrier")
        listed = peter.list(q="flights ops@", tag="daily")
        peter.delete("flights", if_match=published.revision)
        reindexed = peter.reindex()
        return {
            "revision": published.revision,
            "list": [(entry.slug, entry.title, entry.tags) for entry in listed.dashboards],
            "receipt": artifact.payload["charts"]["by_carrier"]["receipt"]["matches"],
            "nodes": [node.id for node in graph.nodes],
            "edges": graph.edges,
            "costs": [(line.key, line.query_count, line.cache_hits, line.cost_usd)
                      for line in costs.breakdown],
            "impact": [(chart.dashboard, chart.chart) for chart in impact.charts],
            "left": (peter.list().total, reindexed.count, peter.ready()["database"]["ok"]),
        }  # fmt: skip


@pytest.mark.parametrize("version", VERSIONS)
def test_the_answers_are_the_same_on_every_database(
    servers: Servers, tmp_path: Path, version: str
) -> None:
    url = servers.database(version)
    database = Database(url)
    database.migrate()
    database.close()
    here, there = told(tmp_path / "sqlite", None), told(tmp_path / "postgres", url)
    assert here == there
    assert here["list"] == [("flights", "Flights", ("daily",))]
    assert here["receipt"] is True
    assert here["left"] == (0, 0, True)
    # The verification of the publication, and two loads from its cache.
    assert [line[:3] for line in here["costs"]] == [("flights/count", 3, 2)]


def test_a_published_dashboard_is_served_while_the_ledger_is_away(
    servers: Servers, tmp_path: Path
) -> None:
    server = servers.server("15")
    url = servers.database("15")
    database = Database(url)
    database.migrate()
    database.close()
    settings = load_settings(folder=write_tables(tmp_path), database_url=url)
    with Peter.open(settings) as peter:
        peter.publish(BOARD)
        server.stop()
        try:
            assert peter.data("flights").payload["charts"]["by_carrier"]["state"] == "ready"
            assert peter.ready()["database"]["ok"] is False
            with pytest.raises(PeterError, match="cannot be reached"):
                peter.list()
        finally:
            server.start()
        assert peter.list().total == 1
        # What was run meanwhile is noted now.
        now = dt.datetime.now(dt.UTC)
        peter.data("flights")
        costs = peter.costs(now - dt.timedelta(hours=1), now + dt.timedelta(hours=1))
        assert costs.query_count == 3
