"""Documents while they are written: their picture, verification, difference and completions."""

from __future__ import annotations

from typing import Any

import pytest

from peter_core.dashboard.model import RESERVED_SLUGS
from peter_jupyter.http.routes import ROUTES
from tests.http.conftest import DOCUMENT, Ask

YAML = {"Content-Type": "application/yaml"}


async def post(ask: Ask, path: str, text: str, who: str = "alice") -> Any:
    return await ask("POST", path, body=text, headers=YAML, who=who)


def test_no_dashboard_can_have_the_name_of_a_route() -> None:
    words = {pattern.removeprefix("api/v1/dashboards/").split("/")[0] for pattern, _ in ROUTES
             if pattern.startswith("api/v1/dashboards/")}  # fmt: skip
    assert {word for word in words if "(" not in word} <= RESERVED_SLUGS


async def test_a_document_is_drawn_without_being_published(ask: Ask) -> None:
    reply = await post(ask, "api/v1/dashboards/preview", DOCUMENT)
    assert reply.status == 200, reply.body
    assert (reply.json["slug"], reply.json["title"]) == ("small-flights", "Small flights")
    assert reply.json["charts"]["flights"]["state"] == "ready"
    assert (await ask("GET", "api/v1/dashboards/small-flights")).status == 404


async def test_a_preview_is_drawn_at_the_filter_values_of_its_address(ask: Ask) -> None:
    everything = await post(ask, "api/v1/dashboards/preview", DOCUMENT)
    one = await post(ask, "api/v1/dashboards/preview?carrier=B6", DOCUMENT)

    def total(reply: Any) -> object:
        return reply.json["charts"]["flights"]["view"]["value"]["raw"]

    assert total(one) != total(everything)
    part = await post(ask, "api/v1/dashboards/preview?carrier=B6&charts=flights", DOCUMENT)
    assert list(part.json["charts"]) == ["flights"]
    assert total(part) == total(one)


async def test_a_broken_query_is_a_broken_tile_of_the_preview(ask: Ask) -> None:
    broken = DOCUMENT.replace("FROM nyc.airlines", "FROM nyc.airlimes")
    reply = await post(ask, "api/v1/dashboards/preview", broken)
    assert reply.status == 200, reply.body
    assert reply.json["charts"]["airlines"]["state"] == "failed"
    assert reply.json["charts"]["flights"]["state"] == "ready"


async def test_a_document_that_cannot_be_read_is_422_with_its_places(ask: Ask) -> None:
    line = DOCUMENT[: DOCUMENT.index("type: kpi")].count("\n") + 1
    for path in ("preview", "verify", "diff"):
        reply = await post(
            ask, f"api/v1/dashboards/{path}", DOCUMENT.replace("type: kpi", "type: k")
        )
        assert (reply.status, reply.json["code"]) == (422, "document_invalid"), path
        found = reply.json["problems"][0]
        assert (found["path"], found["line"]) == ("charts.flights.type", line), path


async def test_every_query_of_a_document_is_verified_with_its_checks(ask: Ask) -> None:
    reply = await post(ask, "api/v1/dashboards/verify", DOCUMENT)
    assert reply.status == 200, reply.body
    verdicts = {q["query"]: q["verification"]["verdict"] for q in reply.json["queries"]}
    assert verdicts == {"daily": "passed", "carriers": "passed"}
    assert reply.json["passed"] is True
    strict = DOCUMENT.replace("{min: 1}", "{min: 99}")
    reply = await post(ask, "api/v1/dashboards/verify", strict)
    assert reply.json["passed"] is False
    daily = next(q for q in reply.json["queries"] if q["query"] == "daily")
    assert daily["verification"]["checks"][0]["passed"] is False


async def test_a_draft_is_compared_with_what_is_published(ask: Ask, published: str) -> None:
    same = await post(ask, "api/v1/dashboards/diff", DOCUMENT + "# a comment\n")
    assert same.json["changes"] == []
    changed = await post(
        ask, "api/v1/dashboards/diff", DOCUMENT.replace("Small flights", "Fewer flights")
    )
    assert changed.json["from_revision"] == published
    assert [change["path"] for change in changed.json["changes"]] == ["title"]


async def test_a_draft_of_a_new_dashboard_has_nothing_to_be_compared_with(ask: Ask) -> None:
    reply = await post(ask, "api/v1/dashboards/diff", DOCUMENT)
    assert (reply.status, reply.json["code"]) == (404, "not_found")


async def test_the_lineage_of_a_draft_is_told_down_to_what_is_asked_for(ask: Ask) -> None:
    def ids(reply: Any) -> set[str]:
        return {node["id"] for node in reply.json["nodes"]}

    tables = await post(ask, "api/v1/lineage/draft", DOCUMENT)
    assert tables.status == 200, tables.body
    assert {"dashboard:small-flights", "table:local.nyc.flights"} <= ids(tables)
    assert not any(id.startswith("column:") for id in ids(tables))
    columns = await post(ask, "api/v1/lineage/draft?columns=true", DOCUMENT)
    assert "column:local.nyc.flights/dep_delay" in ids(columns)
    assert (await ask("GET", "api/v1/dashboards/small-flights")).status == 404


@pytest.mark.parametrize("broken", ["nyc.airlimes", "nyc.airlines WHERE", "nyc.airlines; DROP"])
async def test_a_draft_with_a_broken_query_still_tells_the_lineage_of_the_others(
    ask: Ask, broken: str
) -> None:
    text = DOCUMENT.replace("FROM nyc.airlines", f"FROM {broken}")
    for address in ("api/v1/lineage/draft", "api/v1/lineage/draft?columns=true"):
        reply = await post(ask, address, text)
        assert reply.status == 200, reply.body
        assert "table:local.nyc.flights" in {node["id"] for node in reply.json["nodes"]}


async def test_a_statement_is_completed_with_its_tables_columns_and_parameters(ask: Ask) -> None:
    async def labels(sql: str) -> list[str]:
        body = {"sql": sql.replace("|", ""), "offset": sql.index("|"), "parameters": ["carrier"]}
        reply = await ask("POST", "api/v1/sql/complete", json_body=body)
        assert reply.status == 200, reply.body
        return [item["label"] for item in reply.json["completions"]]

    assert (await labels("SELECT dep| FROM nyc.flights"))[0] == "dep_delay"
    assert "nyc.airlines" in await labels("SELECT * FROM nyc.a|")
    assert await labels("SELECT 1 FROM nyc.flights WHERE carrier = @|") == ["@carrier"]
