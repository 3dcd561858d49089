"""Lineage from a table to a dashboard, and what breaks when something goes away."""

from __future__ import annotations

from typing import NamedTuple

import pytest

from peter_core.dashboard.model import Dashboard
from peter_core.engine.port import Column, TableInfo
from peter_core.errors import InvalidRequest, NotFound
from peter_core.lineage.graph import Graph, ImpactedChart, impact, plan_graph
from peter_core.plan.plan import ChartPlan, Plan, Step
from peter_core.sql.statement import parse


class Source(NamedTuple):
    """A column as SQL lineage names it."""

    table: str
    column: str


FLIGHTS = TableInfo("local.nyc.flights", (Column("day", "DATE"), Column("dep_delay", "INT64")))
AIRLINES = TableInfo("local.nyc.airlines", (Column("carrier", "STRING"),))
DOCUMENT = {
    "version": 1, "slug": "ops", "title": "Operations",
    "filters": {"carrier": {"type": "select", "options": {"query": "carriers",
                                                          "value": "carrier"}}},
    "queries": {
        "daily": {"sql": "SELECT day, dep_delay AS delay FROM nyc.flights"},
        "again": {"sql": "SELECT day, dep_delay AS delay FROM nyc.flights"},
        "carriers": {"sql": "SELECT carrier FROM nyc.airlines"},
    },
    "charts": {
        "delay": {"type": "line", "query": "daily", "title": "Delay", "x": "day", "y": "Delay"},
        "days": {"type": "table", "query": "again", "title": "Days", "columns": ("day",)},
        "note": {"type": "text", "markdown": "Words."},
    },
}  # fmt: skip
LINEAGE = {
    "daily": {"day": [Source("nyc.flights", "day")],
              "delay": [Source("nyc.flights", "dep_delay")]},
    "again": {"day": [Source("local.nyc.flights", "day")],
              "delay": [Source("flights", "dep_delay")]},
    "carriers": {"carrier": [Source("nyc.airlines", "carrier")]},
}  # fmt: skip
SIDE = {"daily": [Source("nyc.flights", "cancelled")]}


def step(key: str, table: TableInfo, sql: str) -> Step:
    return Step(
        key=key, query=key, role="main", statement=parse(sql), parameters=(), cap_bytes=1, ttl_s=1,
        columns=(), tables=(table,), estimate=None, used_by=(),
    )  # fmt: skip


PLAN = Plan(
    dashboard=Dashboard.model_validate(DOCUMENT),
    revision="r",
    values={},
    steps={
        "daily": step("daily", FLIGHTS, "SELECT day, dep_delay AS delay FROM nyc.flights"),
        "carriers": step("carriers", AIRLINES, "SELECT carrier FROM nyc.airlines"),
    },
    charts={
        "delay": ChartPlan("delay", "daily", None, {"x": ("day",), "y": ("Delay",)}),
        "days": ChartPlan("days", "daily", None, {"columns": ("day",)}),
        "note": ChartPlan("note", None, None, {}),
    },
    query_steps={"daily": "daily", "again": "daily", "carriers": "carriers"},
    problems=(),
)


@pytest.fixture(scope="module")
def graph() -> Graph:
    return plan_graph(PLAN, columns=True, column_lineage=LINEAGE, side_inputs=SIDE)


def ids(graph: Graph) -> set[str]:
    return {node.id for node in graph.nodes}


def test_a_dashboard_hangs_on_charts_queries_and_tables() -> None:
    small = plan_graph(PLAN)
    assert {(e.source, e.target, e.kind) for e in small.edges} == {
        ("chart:ops/delay", "dashboard:ops", "shows"),
        ("chart:ops/days", "dashboard:ops", "shows"),
        ("chart:ops/note", "dashboard:ops", "shows"),
        ("query:ops/daily", "chart:ops/delay", "feeds"),
        ("query:ops/again", "chart:ops/days", "feeds"),
        ("query:ops/carriers", "dashboard:ops", "options"),
        ("table:local.nyc.flights", "query:ops/daily", "reads"),
        ("table:local.nyc.flights", "query:ops/again", "reads"),
        ("table:local.nyc.airlines", "query:ops/carriers", "reads"),
    }
    assert small.node("chart:ops/delay").title == "Delay"


def test_every_edge_joins_nodes_of_the_graph(graph: Graph) -> None:
    assert {end for e in graph.edges for end in (e.source, e.target)} <= ids(graph)
    assert len(ids(graph)) == len(graph.nodes)
    assert len(set(graph.edges)) == len(graph.edges)


def test_columns_lead_to_encodings_whatever_the_case(graph: Graph) -> None:
    encodings = {(e.source, e.target, e.detail) for e in graph.edges if e.kind == "encodes"}
    assert encodings == {
        ("column:local.nyc.flights/day", "chart:ops/delay", "x: day"),
        ("column:local.nyc.flights/dep_delay", "chart:ops/delay", "y: Delay"),
        ("column:local.nyc.flights/day", "chart:ops/days", "columns: day"),
    }


def test_one_table_written_in_three_ways_is_one_node(graph: Graph) -> None:
    assert {i for i in ids(graph) if "flights" in i and i.startswith("table:")} == {
        "table:local.nyc.flights"
    }


def test_upstream_is_what_a_node_is_made_from(graph: Graph) -> None:
    assert ids(graph.upstream("chart:ops/days")) == {
        "chart:ops/days", "query:ops/again", "table:local.nyc.flights",
        "column:local.nyc.flights/day", "column:local.nyc.flights/dep_delay",
    }  # fmt: skip


def test_depth_counts_edges() -> None:
    small = plan_graph(PLAN)
    assert ids(small.upstream("dashboard:ops", 0)) == {"dashboard:ops"}
    assert ids(small.upstream("dashboard:ops", 1)) == {
        "dashboard:ops", "chart:ops/delay", "chart:ops/days", "chart:ops/note",
        "query:ops/carriers",
    }  # fmt: skip
    assert ids(small.downstream("table:local.nyc.airlines", 2)) == {
        "table:local.nyc.airlines", "query:ops/carriers", "dashboard:ops",
    }  # fmt: skip
    assert "dashboard:ops" not in ids(small.downstream("table:local.nyc.flights", 2))


def test_a_negative_depth_is_refused(graph: Graph) -> None:
    with pytest.raises(InvalidRequest, match="cannot be -1"):
        graph.upstream("dashboard:ops", -1)


def test_an_unknown_node_is_not_found_and_the_nearest_is_named(graph: Graph) -> None:
    with pytest.raises(NotFound) as error:
        graph.downstream("chart:ops/dely")
    assert error.value.hint is not None
    assert "chart:ops/delay" in error.value.hint


def test_dropping_a_column_breaks_the_charts_it_is_drawn_in(graph: Graph) -> None:
    assert impact(graph, "column:local.nyc.flights/dep_delay") == (
        ImpactedChart("ops", "delay", "Delay", ("daily",), ("y: Delay",)),
        ImpactedChart("ops", "days", "Days", ("again",), ()),
    )


def test_dropping_a_column_that_only_filters_breaks_charts_too(graph: Graph) -> None:
    assert impact(graph, "local.nyc.flights/cancelled") == (
        ImpactedChart("ops", "delay", "Delay", ("daily",), ()),
    )


def test_dropping_a_table_breaks_every_chart_on_it(graph: Graph) -> None:
    charts = impact(graph, "local.nyc.flights")
    assert [(each.chart, each.encodings) for each in charts] == [
        ("delay", ("x: day", "y: Delay")), ("days", ("columns: day",)),
    ]  # fmt: skip


def test_dropping_a_table_breaks_the_filter_that_reads_its_options(graph: Graph) -> None:
    assert impact(graph, "table:local.nyc.airlines") == (
        ImpactedChart("ops", "filter:carrier", "Filter carrier", ("carriers",), ("options",)),
    )


def test_dropping_what_nobody_reads_is_not_found(graph: Graph) -> None:
    with pytest.raises(NotFound):
        impact(graph, "local.nyc.flights/tailnum")


def test_graphs_of_several_dashboards_share_their_tables(graph: Graph) -> None:
    other = plan_graph(
        Plan(
            Dashboard.model_validate({**DOCUMENT, "slug": "second", "title": "Second"}),
            "r", {}, PLAN.steps, PLAN.charts, PLAN.query_steps, (),
        )
    )  # fmt: skip
    both = graph.merged(other, other)
    assert len(ids(both)) == len(both.nodes)
    assert {each.dashboard for each in impact(both, "local.nyc.flights")} == {"ops", "second"}


def test_the_json_leaves_out_what_is_not_known() -> None:
    body = plan_graph(PLAN).to_json()
    assert {"id": "chart:ops/note", "kind": "chart", "name": "note"} in body["nodes"]
    assert {"source": "query:ops/carriers", "target": "dashboard:ops", "kind": "options",
            "detail": "carrier"} in body["edges"]  # fmt: skip
