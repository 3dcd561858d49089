"""A dashboard of several tabs: nobody pays for a tab that nobody opens."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from peter_core.plan.artifact import Artifact
from peter_core.plan.merging import merged
from peter_core.principal import LOCAL
from peter_core.service import Peter
from tests.small_flights import write_tables

SLUG = "tabs"
DOCUMENT = f"""\
version: 1
slug: {SLUG}
title: Tabs
filters:
  carrier: {{type: select, options: {{query: carriers, value: carrier}}, default: null}}
queries:
  daily:
    sql: |
      SELECT flight_date, COUNT(*) AS flights FROM nyc.flights
      WHERE @carrier IS NULL OR carrier = @carrier
      GROUP BY flight_date ORDER BY flight_date
  carriers: {{sql: "SELECT carrier, name FROM nyc.airlines ORDER BY name"}}
  far:
    sql: "SELECT COUNT(*) AS n FROM nyc.flights WHERE distance >= 1000"
    checks: [{{equals: {{query: near, column: n}}, severity: warning}}]
  near: {{sql: "SELECT COUNT(*) AS n FROM nyc.flights WHERE distance < 1000"}}
charts:
  departures: {{type: kpi, query: daily, title: Departures, value: flights, aggregate: sum}}
  days: {{type: table, query: daily, title: Days}}
  far: {{type: kpi, query: far, title: Far, value: n}}
  near: {{type: kpi, query: near, title: Near, value: n}}
  about: {{type: text, markdown: "What this is."}}
layout:
  tabs:
    - {{title: First, rows: [[departures]]}}
    - {{title: Second, rows: [[days, far], [about]]}}
    - {{title: Third, rows: [[near]]}}
"""


@pytest.fixture(scope="module")
def tables(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write_tables(tmp_path_factory.mktemp("tabs"))


@pytest.fixture
def peter(tables: Path) -> Iterator[Peter]:
    with Peter.local(tables) as opened:
        opened.publish(DOCUMENT, if_match="*")
        opened.invalidate(slug=SLUG)
        yield opened


def states(artifact: Artifact) -> dict[str, str]:
    return {name: chart["state"] for name, chart in artifact.payload["charts"].items()}


def asked(peter: Peter) -> set[str]:
    """The queries that the cache holds, so that somebody ran them."""
    plan = peter.compile(DOCUMENT)
    held = peter._runner.held_answers(plan, principal=LOCAL)
    return {plan.steps[key].query for key in held}


def test_only_the_queries_of_the_open_tab_are_run(peter: Peter) -> None:
    first = peter.data(SLUG, tab=1)
    assert states(first) == {
        "departures": "ready",
        "days": "ready",  # it shows a query of the first tab
        "far": "waiting",
        "near": "waiting",
        "about": "ready",
    }
    # What a filter offers is asked for wherever one is.
    assert asked(peter) == {"daily", "carriers"}
    assert first.payload["filters"][0]["options"]
    assert first.payload["queries"] == 2
    waiting = first.payload["charts"]["far"]
    assert (waiting["view"], waiting["problem"], waiting["computed_at"]) == (None, None, None)
    assert waiting["title"] == "Far"


def test_a_tab_that_is_opened_is_asked_for_alone(peter: Peter) -> None:
    first = peter.data(SLUG, tab=1)
    part = peter.data(SLUG, charts=["far"])
    assert asked(peter) == {"daily", "carriers", "far", "near"}
    whole = merged(first, part)
    assert whole is not None
    assert states(whole)["far"] == "ready"
    assert states(whole)["near"] == "waiting"


def test_what_the_cache_answers_is_there_from_the_start(peter: Peter) -> None:
    whole = peter.data(SLUG)
    first = peter.data(SLUG, tab=1)
    assert set(states(whole).values()) == {"ready"}
    assert states(first) == states(whole)
    # The same picture, so that one answer serves all who ask.
    assert first.etag == peter.data(SLUG).etag


def test_a_refresh_of_a_tab_leaves_the_others_alone(peter: Peter) -> None:
    before = peter.data(SLUG).payload["charts"]
    after = peter.data(SLUG, tab=1, refresh=True).payload["charts"]
    assert after["far"] == before["far"] | {"cache_hit": True, "bytes_scanned": 0}
    assert after["departures"]["cache_hit"] is False


def test_a_chart_waits_until_what_its_checks_compare_with_is_there(peter: Peter) -> None:
    peter.data(SLUG)
    plan = peter.compile(DOCUMENT)
    peter.invalidate(fingerprint=plan.steps[plan.query_steps["near"]].statement.fingerprint)
    assert states(peter.data(SLUG, tab=1))["far"] == "waiting"


def test_a_page_is_painted_as_soon_as_its_first_tab_is_held(peter: Peter) -> None:
    assert peter.held(SLUG) is None
    peter.data(SLUG, tab=1)
    held = peter.held(SLUG)
    assert held is not None
    assert states(held)["far"] == "waiting"
    assert peter.held(SLUG, tab=2) is None


def test_a_changed_filter_runs_what_the_open_tab_shows_of_it(peter: Peter) -> None:
    peter.data(SLUG)
    values: dict[str, Any] = {"carrier": "AA"}
    part = peter.data(SLUG, filters=values, charts=["departures", "days"], tab=1)
    assert states(part) == {"departures": "ready", "days": "ready"}
    document = DOCUMENT.replace("rows: [[departures]]", "rows: [[far]]")
    document = document.replace("[days, far]", "[days, departures]")
    peter.publish(document, if_match="*")
    values = {"carrier": "B6"}
    part = peter.data(SLUG, filters=values, charts=["departures", "days"], tab=1)
    assert states(part) == {"departures": "waiting", "days": "waiting"}


def test_a_tab_that_is_gone_is_the_last_one(peter: Peter) -> None:
    assert states(peter.data(SLUG, tab=20))["near"] == "ready"
