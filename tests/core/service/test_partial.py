"""Some charts of a dashboard asked for alone, and put into what is held."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import orjson
import pytest

from peter_core.errors import InvalidRequest
from peter_core.plan.artifact import Artifact
from peter_core.plan.merging import merged, touched
from peter_core.service import Peter
from tests.small_flights import write_tables

DOCUMENT = """\
version: 1
slug: flights
title: Flights
filters:
  period: {type: date_range, default: {from: 2013-06-02, to: 2013-06-02}}
  carrier: {type: select, options: {query: carriers, value: carrier, label: name}, default: null}
  least: {type: number, default: 0}
queries:
  daily:
    sql: |
      SELECT flight_date, COUNT(*) AS flights FROM nyc.flights
      WHERE flight_date BETWEEN @PERIOD_start AND @period_end
      GROUP BY flight_date ORDER BY flight_date
  carried:
    sql: "SELECT COUNT(*) AS n FROM nyc.flights WHERE @carrier IS NULL OR carrier = @carrier"
  far:
    sql: "SELECT COUNT(*) AS n FROM nyc.flights WHERE distance >= @least"
    checks: [{equals: {query: carried, column: n}, severity: warning}]
  carriers: {sql: "SELECT carrier, name FROM nyc.airlines ORDER BY name"}
  lost: {sql: "SELECT nobody FROM nyc.airlines"}
charts:
  departures:
    {type: kpi, query: daily, title: Departures, value: flights, aggregate: sum,
     comparison: {to: previous_period, filter: period}}
  share: {type: kpi, query: carried, title: Share, value: n}
  far: {type: kpi, query: far, title: Far, value: n}
  airlines: {type: table, query: carriers, title: Airlines}
  broken: {type: kpi, query: lost, title: Broken, value: nobody}
  about: {type: text, markdown: "What this is."}
"""
DEFAULTS = {"period": ["2013-06-02", "2013-06-02"], "carrier": None, "least": 0}


@pytest.fixture(scope="module")
def peter(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Peter]:
    with Peter.local(write_tables(tmp_path_factory.mktemp("partial"))) as opened:
        yield opened


def drawn(peter: Peter, **more: Any) -> Artifact:
    return peter.preview(DOCUMENT, **more)


def test_a_chart_names_the_filters_that_decide_what_it_shows(peter: Peter) -> None:
    charts = drawn(peter).payload["charts"]
    assert {name: chart["filters"] for name, chart in charts.items()} == {
        "departures": ["period"],
        "share": ["carrier"],
        "far": ["carrier", "least"],  # a check compares it with what the carrier restricts
        "airlines": [],
        "broken": ["period", "carrier", "least"],  # another value might mend it
        "about": [],
    }


@pytest.mark.parametrize(
    ("changed", "charts"),
    [
        ({"period": ["2013-06-01", "2013-06-03"]}, frozenset({"departures", "broken"})),
        ({"carrier": "AA"}, frozenset({"share", "far", "broken"})),
        ({"least": 1000, "carrier": None}, frozenset({"far", "broken"})),
        ({}, frozenset()),
    ],
)
def test_a_filter_touches_the_charts_that_depend_on_it(
    peter: Peter, changed: dict[str, object], charts: frozenset[str]
) -> None:
    assert touched(drawn(peter), DEFAULTS | changed) == charts
    assert touched(drawn(peter), changed) == charts, "what is not said is the default"


def test_what_a_value_of_no_filter_touches_cannot_be_told(peter: Peter) -> None:
    assert touched(drawn(peter), {"period_start": "2013-06-01"}) is None


def test_only_the_queries_behind_the_asked_charts_are_run(peter: Peter) -> None:
    part = drawn(peter, charts=["share"]).payload
    assert list(part["charts"]) == ["share"]
    assert part["partial"] is True
    assert part["queries"] == 2, "its own, and the one that gives the carriers to choose from"
    assert [option["value"] for option in part["filters"][1]["options"]] == ["AA", "B6", "UA"]
    assert drawn(peter, charts=["far"]).payload["charts"]["far"]["failed_checks"] == []
    assert drawn(peter, charts=["far"]).payload["queries"] == 3, "and the one it is compared with"
    assert drawn(peter, charts=["departures"]).payload["queries"] == 3, "and the period before"
    assert drawn(peter, charts=[]).payload["charts"] == {}
    assert "partial" not in drawn(peter, charts=list(drawn(peter).payload["charts"])).payload


@pytest.mark.parametrize(("name", "hint"), [("shar", "'share'"), ("x", "departures, share")])
def test_a_chart_that_is_not_there_is_named_with_those_that_are(
    peter: Peter, name: str, hint: str
) -> None:
    with pytest.raises(InvalidRequest, match=f"no chart '{name}'") as refused:
        drawn(peter, charts=["share", name])
    assert hint in (refused.value.hint or "")


@pytest.mark.parametrize(
    "values",
    [
        {"carrier": "AA"},
        {"least": 1100},
        {"period": ("2013-06-01", "2013-06-02"), "carrier": "UA"},
        {"carrier": "B6", "least": 500, "period": ("2013-06-03", "2013-06-03")},
    ],
)
def test_a_part_in_its_whole_is_what_asking_for_all_gives(
    peter: Peter, values: dict[str, Any]
) -> None:
    held = drawn(peter)
    asked = {key: list(v) if isinstance(v, tuple) else v for key, v in values.items()}
    part = drawn(peter, filters=values, charts=touched(held, asked))
    whole = merged(held, part)
    assert whole is not None
    assert _shown(whole) == _shown(drawn(peter, filters=values))
    assert whole.etag not in (held.etag, part.etag)


def test_a_part_of_another_revision_does_not_fit(peter: Peter) -> None:
    held = drawn(peter)
    changed = DOCUMENT.replace("title: Share", "title: Portion")
    assert merged(held, peter.preview(changed, charts=["share"])) is None
    whole = peter.preview(changed)
    assert merged(held, whole) is whole


def test_a_part_does_not_fit_beside_a_chart_of_another_filter_value(peter: Peter) -> None:
    held = drawn(peter)
    assert merged(held, drawn(peter, filters={"carrier": "AA"}, charts=["share"])) is None
    assert merged(held, drawn(peter, filters={"carrier": "AA"}, charts=[])) is None


def _shown(artifact: Artifact) -> dict[str, Any]:
    """What a reader sees: not what it cost to ask."""
    payload: dict[str, Any] = orjson.loads(artifact.body)
    for name in ("queries", "queries_cached", "duration_ms", "bytes_scanned", "cache_hit"):
        del payload[name]
    for chart in payload["charts"].values():
        for name in ("cache_hit", "bytes_scanned", "computed_at"):
            del chart[name]
    del payload["as_of"]
    return payload


def test_a_failed_chart_says_the_error_of_its_own_query(peter: Peter) -> None:
    text = DOCUMENT.replace(
        "  lost:", '  lost_too: {sql: "SELECT another FROM nyc.airlines"}\n  lost:'
    )
    text = text.replace(
        "  about:", "  other: {type: kpi, query: lost_too, title: T, value: x}\n  about:"
    )
    charts = peter.preview(text).payload["charts"]
    assert "nobody" in charts["broken"]["problem"]["detail"]
    assert "another" in charts["other"]["problem"]["detail"]


@pytest.mark.parametrize(
    ("more", "whose"),
    [
        ("    max_bytes: 1MB\n", "of the query `daily`"),
        ("", "of the dashboard's `defaults`"),
    ],
)
def test_a_chart_that_its_cap_stopped_says_whose_the_cap_is(
    peter: Peter, more: str, whose: str
) -> None:
    text = DOCUMENT.replace("  carried:", f"{more}  carried:").replace(
        "COUNT(*) AS f", "SUM(1) AS f"
    )
    charts = peter.preview(f"defaults: {{max_bytes: 2MB}}\n{text}").payload["charts"]
    problem = charts["departures"]["problem"]
    assert problem["code"] == "bytes_cap_exceeded"
    assert problem["hint"].endswith(f"The cap is `max_bytes` {whose}.")
