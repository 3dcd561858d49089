"""Lineage and cost reports over HTTP."""

from __future__ import annotations

import datetime as dt

import pytest

from tests.http.conftest import Ask

LINEAGE = "api/v1/dashboards/small-flights/lineage"


def ids(reply: object) -> set[str]:
    return {node["id"] for node in reply.json["nodes"]}  # type: ignore[attr-defined]


async def test_lineage_goes_to_tables_and_when_asked_to_columns(ask: Ask, published: str) -> None:
    tables = await ask("GET", LINEAGE, who="vera")
    assert "table:local.nyc.flights" in ids(tables)
    assert not any(id.startswith("column:") for id in ids(tables))
    columns = await ask("GET", LINEAGE, columns="true")
    assert "column:local.nyc.flights/dep_delay" in ids(columns)


async def test_a_node_is_followed_both_ways_by_depth(ask: Ask, published: str) -> None:
    down = await ask("GET", "api/v1/lineage/downstream/table:local.nyc.flights")
    assert "dashboard:small-flights" in ids(down)
    near = await ask("GET", "api/v1/lineage/downstream/table:local.nyc.flights", depth=1)
    assert "dashboard:small-flights" not in ids(near)
    up = await ask("GET", "api/v1/lineage/upstream/chart:small-flights%2Fdelay")
    assert "table:local.nyc.flights" in ids(up)
    assert "chart:small-flights/airlines" not in ids(up)


@pytest.mark.parametrize(("node", "depth", "status"), [
    ("table:local.nyc.fligths", "1", 404), ("table:local.nyc.flights", "-1", 400),
    ("table:local.nyc.flights", "many", 400),
])  # fmt: skip
async def test_an_unknown_node_or_depth_is_told(
    ask: Ask, published: str, node: str, depth: str, status: int
) -> None:
    reply = await ask("GET", f"api/v1/lineage/downstream/{node}", depth=depth)
    assert reply.status == status


async def test_costs_come_from_the_ledger(ask: Ask, published: str) -> None:
    await ask("GET", "api/v1/dashboards/small-flights/data")
    reply = await ask("GET", "api/v1/analytics/costs", group_by="query", slug="small-flights")
    assert reply.status == 200
    found = reply.json
    assert found["query_count"] >= 4
    assert 0 < found["cache_hit_ratio"] < 1
    assert isinstance(found["cost_usd"], str)
    assert found["saved_usd"] == "0"  # the embedded engine bills nothing
    assert {(line["saved_usd"], line["slot_ms"]) for line in found["breakdown"]} == {("0", 0)}
    assert {line["key"] for line in found["breakdown"]} >= {"small-flights/daily"}
    assert found["end"].endswith("Z")


async def test_a_day_as_the_end_is_part_of_the_period(ask: Ask, published: str) -> None:
    today = dt.datetime.now(dt.UTC).date().isoformat()
    reply = await ask("GET", "api/v1/analytics/costs", start=today, end=today)
    assert reply.json["query_count"] >= 2
    past = await ask("GET", "api/v1/analytics/costs", start="2001-01-01", end="2001-01-31")
    assert past.json["query_count"] == 0


@pytest.mark.parametrize("query", [
    {"start": "yesterday"}, {"start": "2026-01-01T00:00:00"}, {"group_by": "colour"},
    {"start": "2026-01-02", "end": "2026-01-01T00:00:00Z"}, {"end": "9999-12-31"},
])  # fmt: skip
async def test_a_period_that_is_none_is_400(ask: Ask, query: dict[str, object]) -> None:
    reply = await ask("GET", "api/v1/analytics/costs", **query)
    assert (reply.status, reply.json["code"]) == (400, "invalid_request")


async def test_only_an_admin_sees_what_each_user_spent(ask: Ask, published: str) -> None:
    mine = await ask("GET", "api/v1/analytics/costs", group_by="user")
    assert (mine.status, mine.json["code"]) == (403, "forbidden")
    all_users = await ask("GET", "api/v1/analytics/costs", who="ada", group_by="user")
    assert [line["key"] for line in all_users.json["breakdown"]] == ["alice"]


@pytest.fixture
def budgeted(monkeypatch: pytest.MonkeyPatch) -> None:
    """Budgets that are set before the server starts."""
    monkeypatch.setenv("PETER_BUDGET_MONTH_USD", "10")
    monkeypatch.setenv("PETER_BUDGET_USER_DAY_USD", "0.5")


async def test_costs_say_where_the_budgets_stand(budgeted: None, ask: Ask) -> None:
    whole, mine = (await ask("GET", "api/v1/analytics/costs")).json["budgets"]
    assert (whole["scope"], whole["period"], whole["subject"]) == ("whole", "month", "")
    assert (whole["limit_usd"], whole["left_usd"], whole["level"]) == ("10", "10", "within")
    assert whole["begins_anew"].endswith("-01T00:00:00Z")
    assert (mine["scope"], mine["subject"], mine["limit_usd"]) == ("user", "alice", "0.5")


async def test_without_budgets_none_are_told(ask: Ask) -> None:
    assert (await ask("GET", "api/v1/analytics/costs")).json["budgets"] == []


IMPACT = "api/v1/lineage/impact"


async def test_impact_names_charts_and_queries_before_the_change(ask: Ask, published: str) -> None:
    reply = await ask("POST", IMPACT, who="vera", json_body={"drop": "nyc.flights/dep_delay"})
    assert reply.status == 200
    found = reply.json
    assert (found["change"], found["node"]) == ("drop", "column:local.nyc.flights/dep_delay")
    assert found["dashboards"] == ["small-flights"]
    assert "delay" in {chart["chart"] for chart in found["charts"]}
    assert found["queries"][0]["uses"]
    rename = {"rename": {"old": "nyc.flights", "new": "nyc.departures"}}
    renamed = await ask("POST", IMPACT, json_body=rename)
    assert (renamed.json["change"], renamed.json["new_name"]) == ("rename", "nyc.departures")
    assert {query["query"] for query in renamed.json["queries"]} >= {"daily"}


@pytest.mark.parametrize(("body", "status"), [
    ({"drop": "nyc.fligths"}, 404), ({}, 400), ({"drop": ""}, 400), ({"delete": "x"}, 400),
    ({"rename": {"old": "nyc.flights", "new": "; DROP"}}, 400),
    ({"drop": "nyc.flights", "rename": {"old": "nyc.flights", "new": "nyc.x"}}, 400),
])  # fmt: skip
async def test_a_change_that_cannot_be_told_is_refused(
    ask: Ask, published: str, body: dict[str, object], status: int
) -> None:
    assert (await ask("POST", IMPACT, json_body=body)).status == status
