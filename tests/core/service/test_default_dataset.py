"""Names without a dataset over a folder of files: what BigQuery does with a default dataset."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from peter_core.service import Peter
from tests.small_flights import write_tables

BOARD = """\
version: 1
slug: flights
title: Flights
queries:
  both:
    sql: |
      SELECT f.carrier, a.name, COUNT(*) AS n
      FROM flights AS f JOIN abroad.flights AS b ON b.carrier = f.carrier
      JOIN airlines AS a ON a.carrier = f.carrier
      GROUP BY f.carrier, a.name
charts:
  all: {type: table, query: both, title: All}
"""


@pytest.fixture
def peter(tmp_path: Path) -> Iterator[Peter]:
    write_tables(tmp_path)
    (tmp_path / "data" / "abroad").mkdir()
    (tmp_path / "data" / "abroad" / "flights.csv").write_text("carrier\nAA\n")
    with Peter.local(tmp_path, default_dataset="nyc") as opened:
        yield opened


def test_a_dashboard_reads_the_default_dataset(peter: Peter) -> None:
    checked = peter.validate(BOARD)
    assert (checked.valid, checked.problems) == (True, ())
    peter.publish(BOARD)
    _, answers = peter.answers("flights")
    assert answers["both"].result is not None
    assert answers["both"].result.table.to_pylist() == [
        {"carrier": "AA", "name": "American", "n": 2}
    ]


def test_lineage_names_the_tables_that_were_read(peter: Peter) -> None:
    peter.publish(BOARD)
    edges = {(edge.source, edge.target) for edge in peter.lineage("flights", columns=True).edges}
    sources = {source for source, _ in edges if source.startswith("column:local.")}
    assert "column:local.nyc.airlines/name" in sources
    assert "column:local.nyc.flights/carrier" in sources
    assert peter.impact(drop="nyc.airlines").charts
    assert peter.impact(drop="abroad.flights/carrier").charts


def test_a_table_of_another_dataset_alone_is_told_with_its_whole_name(peter: Peter) -> None:
    (peter.settings.folder / "data" / "abroad" / "hotels.csv").write_text("hotel\nRitz\n")
    (problem,) = peter.check_statement("SELECT hotel FROM hotels").problems
    assert problem.message == "The default dataset `nyc` has no table `hotels`."
    assert problem.hint == "Write `abroad.hotels`."


def test_a_statement_is_checked_against_the_default_dataset_by_every_tier(peter: Peter) -> None:
    found = peter.check_statement("SELECT carrier, dep_delay FROM flights", patience_s=30)
    assert (found.valid, found.problems) == (True, ())
    assert {"names", "dry_run", "binding"} <= set(found.tiers)
    (problem,) = peter.check_statement("SELECT dep_dealy FROM flights").problems
    assert problem.rule == "unknown-column"
