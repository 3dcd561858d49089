"""Statements over HTTP: the payload, its refusals, validation and prices."""

from __future__ import annotations

import pytest

from tests.http.conftest import Ask

TOTALS = "SELECT carrier, COUNT(*) AS flights FROM nyc.flights GROUP BY carrier ORDER BY carrier"


async def test_a_statement_is_run_and_told_as_the_payload(ask: Ask) -> None:
    reply = await ask("POST", "api/v1/sql/run", json_body={"sql": TOTALS, "sample_rows": 2})
    assert reply.status == 200, reply.body
    found = reply.json
    assert (found["verdict"], found["row_count"], found["truncated"]) == ("passed", 3, False)
    assert found["sample_rows"] == [
        {"carrier": "AA", "flights": 2}, {"carrier": "B6", "flights": 1},
    ]  # fmt: skip
    assert [column["type"] for column in found["schema"]] == ["STRING", "INT64"]
    assert isinstance(found["cost_usd"], str)
    assert found["computed_at"].endswith("Z")
    assert found["columns"][0]["sources"] == ["local.nyc.flights.carrier"]
    assert found["receipt"]
    again = await ask("POST", "api/v1/sql/run", json_body={"sql": TOTALS})
    assert again.json["cache_hit"] is True


async def test_parameters_are_bound_with_told_or_given_types(ask: Ask) -> None:
    sql = "SELECT COUNT(*) AS n FROM nyc.flights WHERE flight_date >= @day AND carrier = @carrier"
    parameters = {"day": {"type": "DATE", "value": "2013-06-02"}, "carrier": "AA"}
    reply = await ask("POST", "api/v1/sql/run", json_body={"sql": sql, "parameters": parameters})
    assert reply.json["sample_rows"] == [{"n": 1}]


async def test_a_failed_check_is_a_verdict(ask: Ask) -> None:
    reply = await ask(
        "POST", "api/v1/sql/run", json_body={"sql": TOTALS, "checks": [{"rows": {"min": 9}}]}
    )
    assert (reply.status, reply.json["verdict"]) == (200, "failed")
    assert reply.json["checks"][0]["passed"] is False


async def test_what_fails_while_running_is_a_verdict(ask: Ask) -> None:
    sql = "SELECT 1 / (distance - distance) AS x FROM nyc.flights"
    reply = await ask("POST", "api/v1/sql/run", json_body={"sql": sql})
    assert (reply.status, reply.json["verdict"]) == (200, "could_not_run")
    assert reply.json["reason"] == "failed"


@pytest.mark.parametrize(
    ("sql", "code"),
    [
        ("DELETE FROM nyc.flights WHERE TRUE", "sql_refused"),
        ("SELECT 1; SELECT 2", "sql_invalid"),
        ("SELECT carier FROM nyc.flights", "sql_invalid"),
        ("SELECT FROM WHERE", "sql_invalid"),
    ],
)
@pytest.mark.parametrize("verb", ["run", "explain"])
async def test_a_refused_statement_is_422_with_its_place(
    ask: Ask, sql: str, code: str, verb: str
) -> None:
    reply = await ask("POST", f"api/v1/sql/{verb}", json_body={"sql": sql})
    assert (reply.status, reply.json["code"]) == (422, code), reply.body
    assert reply.json["problems"][0]["line"] == 1


async def test_a_statement_over_its_cap_is_422_and_not_run(ask: Ask) -> None:
    reply = await ask("POST", "api/v1/sql/run", json_body={"sql": TOTALS, "max_bytes": 1})
    assert (reply.status, reply.json["code"]) == (422, "bytes_cap_exceeded")
    costs = await ask("GET", "api/v1/analytics/costs")
    assert costs.json["total_bytes_scanned"] == 0


@pytest.mark.parametrize(
    "body",
    [
        {},
        {"sql": ""},
        {"sql": TOTALS, "sample_rows": 101},
        {"sql": TOTALS, "max_bytes": 0},
        {"sql": TOTALS, "timeout_s": 0},
        {"sql": TOTALS, "colour": "red"},
        {"sql": TOTALS, "parameters": {"a": {"type": "DATE", "wert": 1}}},
        ["SELECT 1"],
    ],
)
async def test_a_body_of_another_shape_is_400_and_says_where(ask: Ask, body: object) -> None:
    reply = await ask("POST", "api/v1/sql/run", json_body=body)
    assert (reply.status, reply.json["code"]) == (400, "invalid_request"), reply.body
    assert reply.json["detail"]


async def test_a_body_that_is_no_json_is_400(ask: Ask) -> None:
    kind = {"Content-Type": "application/json"}
    for body in (b"", b"{", b"\xff", b"[" * 50_000):
        reply = await ask("POST", "api/v1/sql/run", body=body, headers=kind)
        assert (reply.status, reply.json["code"]) == (400, "invalid_request"), body[:10]


async def test_explaining_prices_a_statement_and_runs_nothing(ask: Ask) -> None:
    reply = await ask("POST", "api/v1/sql/explain", json_body={"sql": TOTALS})
    found = reply.json
    assert (found["verdict"], found["dry_run"], found["row_count"]) == ("passed", True, None)
    assert found["estimated_bytes"] > 0
    assert found["sample_rows"] == []


async def test_validating_names_what_a_statement_reads(ask: Ask) -> None:
    sql = "SELECT carier FROM nyc.flights WHERE distance > @least"
    offline = await ask("POST", "api/v1/sql/validate", json_body={"sql": sql})
    assert offline.json == {
        "valid": True, "mode": "offline", "problems": [], "statement_type": "SELECT",
        "tables": ["nyc.flights"], "parameters": ["least"], "tiers": ["syntax", "guard"],
    }  # fmt: skip
    warehouse = await ask(
        "POST", "api/v1/sql/validate", json_body={"sql": sql, "mode": "warehouse"}
    )
    assert (warehouse.status, warehouse.json["valid"]) == (200, False)
    assert "carrier" in warehouse.json["problems"][0]["hint"]
    assert warehouse.json["tiers"] == ["syntax", "guard", "names"]
    right = {"sql": "SELECT carrier FROM nyc.flights", "mode": "warehouse"}
    asked = await ask("POST", "api/v1/sql/validate", json_body=right)
    # GoogleSQL's analyzer is an extra, which need not be there, nor be loaded yet.
    tiers = [tier for tier in asked.json["tiers"] if tier != "googlesql"]
    assert tiers == ["syntax", "guard", "names", "binding", "dry_run"]
    broken = await ask("POST", "api/v1/sql/validate", json_body={"sql": "SELECT ("})
    assert (broken.status, broken.json["statement_type"]) == (200, None)
