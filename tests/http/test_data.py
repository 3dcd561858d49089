"""The data of a dashboard: artifact, downloads, freshness, warming, cache."""

from __future__ import annotations

import gzip
import json
from typing import Any

import brotli
import pyarrow as pa
import pytest

from peter_core.service import Peter
from peter_jupyter.http import representation
from peter_jupyter.http.recent import LIFE_S
from tests.http.conftest import DOCUMENT, Ask

BOARD = "api/v1/dashboards/small-flights"
BROKEN = DOCUMENT.replace(
    'carriers: {sql: "SELECT carrier, name FROM nyc.airlines ORDER BY name"}',
    'carriers: {sql: "SELECT carrier, name FROM nyc.airlines ORDER BY name"}\n'
    "  broken: {sql: \"SELECT ERROR(CONCAT('secret ', carrier)) AS x FROM nyc.flights"
    " WHERE @carrier = 'AA'\"}",
).replace("  about:", "  wrong: {type: kpi, query: broken, title: Wrong, value: x}\n  about:")


async def test_all_charts_come_in_one_answer(ask: Ask, published: str) -> None:
    reply = await ask("GET", f"{BOARD}/data", who="vera")
    assert reply.status == 200
    found = reply.json
    assert (found["slug"], found["revision"]) == ("small-flights", published)
    assert set(found["charts"]) == {"flights", "delay", "airlines", "about"}
    assert found["charts"]["flights"]["view"]["value"]["raw"] == 5
    assert reply.headers["Cache-Control"] == "private, no-cache"
    assert reply.headers["Content-Type"].startswith("application/json")


async def test_filters_of_the_address_reach_the_queries(ask: Ask, published: str) -> None:
    reply = await ask("GET", f"{BOARD}/data", carrier="AA")
    assert reply.json["charts"]["flights"]["view"]["value"]["raw"] == 2
    everything = await ask("GET", f"{BOARD}/data", carrier="")
    assert everything.json["charts"]["flights"]["view"]["value"]["raw"] == 5


async def test_some_charts_are_asked_for_alone(ask: Ask, published: str) -> None:
    everything = await ask("GET", f"{BOARD}/data", carrier="AA")
    part = await ask("GET", f"{BOARD}/data", carrier="AA", charts="delay,flights")
    assert set(part.json["charts"]) == {"flights", "delay"}
    assert part.json["partial"] is True
    shown = part.json["charts"]["flights"]
    assert shown["view"] == everything.json["charts"]["flights"]["view"]
    assert shown["filters"] == ["carrier"]
    assert part.headers["ETag"] != everything.headers["ETag"]
    tag = {"If-None-Match": part.headers["ETag"]}
    again = await ask("GET", f"{BOARD}/data", headers=tag, carrier="AA", charts="delay,flights")
    assert again.status == 304
    none = await ask("GET", f"{BOARD}/data", charts="")
    assert none.json["charts"] == {}
    assert len(none.json["filters"][0]["options"]) == 4


@pytest.mark.parametrize(
    "query",
    [{"carier": "AA"}, {"refresh": "yes"}, {"revision": "../../etc"}, {"charts": "delays"},
     {"charts": "../delay"}, {"charts": "a" * 7000}],
)  # fmt: skip
async def test_a_wrong_argument_is_400(ask: Ask, published: str, query: dict[str, object]) -> None:
    reply = await ask("GET", f"{BOARD}/data", **query)
    assert (reply.status, reply.json["code"]) == (400, "invalid_request")


async def test_data_that_did_not_change_is_not_sent_again(ask: Ask, published: str) -> None:
    first = await ask("GET", f"{BOARD}/data")
    tag = {"If-None-Match": first.headers["ETag"]}
    again = await ask("GET", f"{BOARD}/data", headers=tag)
    assert (again.status, again.body) == (304, b"")
    assert again.headers["ETag"] == first.headers["ETag"]
    filtered = await ask("GET", f"{BOARD}/data", headers=tag, carrier="AA")
    assert filtered.status == 200
    refreshed = await ask("GET", f"{BOARD}/data", headers=tag, refresh="true")
    assert (refreshed.status, refreshed.json["cache_hit"]) == (200, False)


async def test_gzip_holds_the_same_artifact(ask: Ask, published: str) -> None:
    await ask("GET", f"{BOARD}/data")
    plain = await ask("GET", f"{BOARD}/data")
    zipped = await ask("GET", f"{BOARD}/data", headers={"Accept-Encoding": "gzip, br;q=0.5"})
    assert zipped.headers["Content-Encoding"] == "gzip"
    assert "Accept-Encoding" in zipped.headers["Vary"]
    assert gzip.decompress(zipped.body) == plain.body
    assert len(zipped.body) < len(plain.body) / 2
    unwanted = await ask("GET", f"{BOARD}/data", headers={"Accept-Encoding": "gzip;q=0"})
    assert "Content-Encoding" not in unwanted.headers


async def test_brotli_is_sent_to_who_likes_it_best(ask: Ask, published: str) -> None:
    plain = await ask("GET", f"{BOARD}/data")
    small = await ask("GET", f"{BOARD}/data", headers={"Accept-Encoding": "gzip, deflate, br"})
    assert small.headers["Content-Encoding"] == "br"
    assert json.loads(brotli.decompress(small.body))["charts"] == plain.json["charts"]
    zipped = await ask("GET", f"{BOARD}/data", headers={"Accept-Encoding": "gzip"})
    assert len(small.body) < len(zipped.body)


@pytest.fixture
def moment(jp_web_app: Any, monkeypatch: pytest.MonkeyPatch) -> list[float]:
    """The clock of the answers of a moment ago, moved by hand."""
    now = [1000.0]
    recent = jp_web_app.settings["peter_service"].recent
    monkeypatch.setattr(recent, "_clock", lambda: now[0])
    return now


async def test_a_cached_artifact_is_compressed_once(
    ask: Ask, published: str, moment: list[float], monkeypatch: pytest.MonkeyPatch
) -> None:
    made: list[str] = []
    compressed = representation._compressed

    def counted(plain: bytes, coding: Any) -> bytes:
        made.append(coding)
        return compressed(plain, coding)

    await ask("GET", f"{BOARD}/data")
    await ask("GET", f"{BOARD}/data")
    monkeypatch.setattr(representation, "_compressed", counted)
    for _ in range(3):
        for coding in ("gzip", "br"):
            reply = await ask("GET", f"{BOARD}/data", headers={"Accept-Encoding": coding})
            assert reply.headers["Content-Encoding"] == coding
        moment[0] += LIFE_S
    assert made == ["gzip", "br"]


async def test_a_change_is_seen_by_the_next_reader(ask: Ask, published: str) -> None:
    for _ in range(4):
        await ask("GET", f"{BOARD}/data")
    newer = DOCUMENT.replace("Small flights", "Few flights")
    await ask("PUT", BOARD, yaml=newer, headers={"If-Match": "*"})
    assert (await ask("GET", f"{BOARD}/data")).json["title"] == "Few flights"
    deleted = await ask("DELETE", BOARD, headers={"If-Match": "*"})
    assert deleted.status == 204
    assert (await ask("GET", f"{BOARD}/data")).status == 404


async def test_readers_of_the_same_moment_cost_one_look(
    ask: Ask, published: str, moment: list[float], monkeypatch: pytest.MonkeyPatch
) -> None:
    looked: list[str] = []
    data = Peter.data

    def counted(self: Peter, slug: str, **more: Any) -> Any:
        looked.append(slug)
        return data(self, slug, **more)

    monkeypatch.setattr(Peter, "data", counted)
    await ask("GET", f"{BOARD}/data", who="vera")
    moment[0] += LIFE_S
    looked.clear()
    replies = [await ask("GET", f"{BOARD}/data", who="vera") for _ in range(4)]
    assert looked == ["small-flights"]
    assert {reply.status for reply in replies} == {200}
    moment[0] += LIFE_S
    looked.clear()
    await ask("GET", f"{BOARD}/data", who="vera")
    assert looked == ["small-flights"]


async def test_what_an_author_may_read_is_no_viewers_answer(ask: Ask, published: str) -> None:
    for _ in range(4):
        author = await ask("GET", f"{BOARD}/data", who="alice")
    viewer = await ask("GET", f"{BOARD}/data", who="vera")
    assert author.headers["ETag"] != viewer.headers["ETag"]


async def test_an_earlier_revision_can_be_looked_at(ask: Ask, published: str) -> None:
    newer = DOCUMENT.replace("Small flights", "Few flights")
    await ask("PUT", BOARD, yaml=newer, headers={"If-Match": "*"})
    reply = await ask("GET", f"{BOARD}/data", revision=published)
    assert reply.json["title"] == "Small flights"


async def test_one_chart_comes_as_json_csv_and_arrow(ask: Ask, published: str) -> None:
    path = f"{BOARD}/charts/delay/data"
    as_json = await ask("GET", path, who="vera", carrier="AA")
    assert [column["name"] for column in as_json.json["columns"]] == [
        "flight_date", "flights", "delay",
    ]  # fmt: skip
    assert as_json.json["values"] == [["2013-06-01", "2013-06-02"], [1, 1], [2.0, 33.0]]
    as_csv = await ask("GET", path, headers={"Accept": "text/csv"})
    lines = as_csv.body.decode().split("\r\n")
    assert lines[:2] == ["flight_date,flights,delay", "2013-06-01,2,3.0"]
    assert 'filename="small-flights-delay.csv"' in as_csv.headers["Content-Disposition"]
    stream = "application/vnd.apache.arrow.stream"
    as_arrow = await ask("GET", path, headers={"Accept": stream})
    assert as_arrow.headers["Content-Type"] == stream
    table = pa.ipc.open_stream(as_arrow.body).read_all()
    assert table.column("flights").to_pylist() == [2, 2, 1]


async def test_a_spreadsheet_computes_nothing_of_a_csv(ask: Ask, published: str) -> None:
    reply = await ask("GET", f"{BOARD}/charts/airlines/data", headers={"Accept": "text/csv"})
    assert "XX,'=HYPERLINK(1)" in reply.body.decode()
    negative = await ask(
        "GET", f"{BOARD}/charts/delay/data", headers={"Accept": "text/csv"}, carrier="B6"
    )
    assert negative.body.decode().split("\r\n")[1] == "2013-06-02,1,-1.0"


@pytest.mark.parametrize("chart", ["dely", "about"])
async def test_a_chart_without_data_is_404(ask: Ask, published: str, chart: str) -> None:
    reply = await ask("GET", f"{BOARD}/charts/{chart}/data")
    assert (reply.status, reply.json["code"]) == (404, "not_found")


async def test_one_broken_chart_leaves_the_others_and_keeps_its_secret(ask: Ask) -> None:
    made = await ask("POST", "api/v1/dashboards", yaml=BROKEN)
    assert made.status == 201, made.body
    author = await ask("GET", f"{BOARD}/data", carrier="AA")
    assert author.json["charts"]["wrong"]["state"] == "failed"
    assert author.json["charts"]["flights"]["state"] == "ready"
    assert b"secret AA" in author.body
    viewer = await ask("GET", f"{BOARD}/data", who="vera", carrier="AA")
    assert viewer.json["charts"]["wrong"]["problem"]["code"] == "query_failed"
    assert b"secret AA" not in viewer.body
    assert viewer.headers["ETag"] != author.headers["ETag"]
    row = await ask("GET", f"{BOARD}/charts/wrong/data", who="vera", carrier="AA")
    assert (row.status, row.json["code"]) == (422, "query_failed")
    assert b"secret AA" not in row.body
    page = await ask("GET", "dashboards/small-flights", who="vera", carrier="AA")
    assert b"secret AA" not in page.body


async def test_freshness_says_what_was_computed_and_runs_nothing(ask: Ask, published: str) -> None:
    before = await ask("GET", f"{BOARD}/freshness", who="vera", carrier="UA")
    daily = {chart["chart"]: chart for chart in before.json["charts"]}["delay"]
    assert (daily["status"], daily["computed_at"]) == ("unknown", None)
    await ask("GET", f"{BOARD}/data", carrier="UA")
    after = await ask("GET", f"{BOARD}/freshness", carrier="UA")
    daily = {chart["chart"]: chart for chart in after.json["charts"]}["delay"]
    assert daily["status"] == "fresh"
    assert daily["computed_at"].endswith("Z")
    assert daily["age_seconds"] >= 0
    assert "about" not in {chart["chart"] for chart in after.json["charts"]}


async def test_precompute_sums_up(ask: Ask, published: str) -> None:
    forced = await ask("POST", f"{BOARD}/precompute", json_body={"force": True})
    assert forced.json["status"] == "success"
    assert (forced.json["queries_executed"], forced.json["queries_cached"]) == (2, 0)
    warm = await ask("POST", f"{BOARD}/precompute")
    assert (warm.json["queries_executed"], warm.json["queries_cached"]) == (0, 2)
    wrong = await ask("POST", f"{BOARD}/precompute", json_body={"filters": {"carier": "AA"}})
    assert wrong.status == 400


async def test_precompute_tells_its_progress_line_by_line(ask: Ask, published: str) -> None:
    reply = await ask(
        "POST", f"{BOARD}/precompute", json_body={"force": True},
        headers={"Accept": "application/x-ndjson"},
    )  # fmt: skip
    assert reply.headers["Content-Type"] == "application/x-ndjson"
    lines = [json.loads(line) for line in reply.body.splitlines()]
    assert [line["event"] for line in lines] == ["query", "query", "done"]
    assert {line["query"] for line in lines[:2]} == {"daily", "carriers"}
    assert lines[-1]["status"] == "success"
    missing = await ask(
        "POST", "api/v1/dashboards/no-such-board/precompute",
        headers={"Accept": "application/x-ndjson"},
    )  # fmt: skip
    assert (missing.status, missing.json["code"]) == (404, "not_found")


async def test_the_cache_counts_and_forgets(ask: Ask, published: str) -> None:
    await ask("GET", f"{BOARD}/data")
    stats = (await ask("GET", "api/v1/cache/stats", who="vera")).json
    assert stats["entries"] >= 2
    assert {"memory", "disk"} <= set(stats["tiers"])
    forgotten = await ask("DELETE", "api/v1/cache", slug="small-flights")
    assert (forgotten.status, forgotten.json["deleted"]) == (200, 2)
    table = await ask("DELETE", "api/v1/cache", table="nyc.flights")
    assert table.json == {"deleted": 0}


async def test_forgetting_everything_at_once_needs_a_selector(ask: Ask) -> None:
    assert (await ask("DELETE", "api/v1/cache")).status == 400
    assert (await ask("DELETE", "api/v1/cache", everything="true")).status == 400
    unknown = await ask("DELETE", "api/v1/cache", table="nyc.fligths")
    assert (unknown.status, unknown.json["code"]) == (404, "table_not_found")
