"""The event loop stays free: slow queries, deadlines, clients that go away, shutdown."""

from __future__ import annotations

import asyncio
import json
import threading
import time
from collections.abc import Callable
from typing import Any

import pytest

from peter_core.engine.port import CancelToken
from peter_core.errors import EngineUnavailable, QueryCancelled, QueryTimeout
from peter_jupyter.http import statements
from peter_jupyter.http.pool import PooledPeter
from tests.http.conftest import DOCUMENT, SLOW, Ask

SLOW_FOR_AA = DOCUMENT.replace(
    'carriers: {sql: "',
    'slow: {sql: "SELECT SUM(MOD(a * b, 7)) AS n FROM'
    " UNNEST(GENERATE_ARRAY(1, IF(@carrier = 'AA', 40000, 1))) AS a,"
    " UNNEST(GENERATE_ARRAY(1, IF(@carrier = 'AA', 40000, 1))) AS b\"}\n"
    '  carriers: {sql: "',
).replace("  about:", "  slow: {type: kpi, query: slow, title: Slow, value: n}\n  about:")


@pytest.fixture
def hurry(jp_web_app: Any) -> Callable[[], None]:
    """Make the deadlines short, once all is ready, so that slow statements end."""

    def shorten() -> None:
        pool: PooledPeter = jp_web_app.settings["peter_service"]
        pool.deadline_s, pool.long_deadline_s = 3.0, 6.0

    return shorten


async def test_a_slow_query_blocks_nobody_and_ends_at_the_deadline(
    ask: Ask, hurry: Callable[[], None], jp_web_app: Any
) -> None:
    await ask("POST", "api/v1/sql/run", json_body={"sql": "SELECT 1 AS n"})
    hurry()
    slow = asyncio.create_task(ask("POST", "api/v1/sql/run", json_body={"sql": SLOW}))
    await _first(jp_web_app.settings["peter_service"])
    answered = 0
    while not slow.done():
        assert (await ask("GET", "health")).status == 200
        answered += not slow.done()
        await asyncio.sleep(0.02)
    reply = await slow
    assert (reply.status, reply.json["code"]) == (504, "query_timeout")
    # A blocked loop would answer one of them at most before the slow one's end.
    assert answered > 3


async def test_a_stream_that_cannot_be_finished_ends_with_the_problem(
    ask: Ask, hurry: Callable[[], None]
) -> None:
    made = await ask("POST", "api/v1/dashboards", yaml=SLOW_FOR_AA)
    assert made.status == 201, made.body
    hurry()
    reply = await ask(
        "POST", "api/v1/dashboards/small-flights/precompute",
        json_body={"filters": {"carrier": "AA"}}, headers={"Accept": "application/x-ndjson"},
    )  # fmt: skip
    lines = [json.loads(line) for line in reply.body.splitlines()]
    assert (reply.status, lines[0]["event"], lines[0]["status"]) == (200, "query", "succeeded")
    assert (lines[-1]["event"], lines[-1]["code"]) == ("failed", "query_timeout")
    assert lines[-1]["trace_id"] == reply.headers["X-Request-Id"]


async def test_a_long_run_tells_that_it_runs_and_how_it_ended(
    ask: Ask, hurry: Callable[[], None], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(statements, "BEAT_S", 0.2)
    lines = {"Accept": "application/x-ndjson"}
    short = {"sql": "SELECT 1 AS n"}
    quick = await ask("POST", "api/v1/sql/run", json_body=short, headers=lines)
    last = json.loads(quick.body.splitlines()[-1])
    assert (last["event"], last["verdict"], last["schema"][0]["name"]) == ("done", "passed", "n")
    hurry()
    slow = await ask("POST", "api/v1/sql/run", json_body={"sql": SLOW}, headers=lines)
    told = [json.loads(line) for line in slow.body.splitlines()]
    assert {line["event"] for line in told[:-1]} == {"running"}
    waits = [line["elapsed_ms"] for line in told[:-1]]
    assert waits == sorted(waits)
    assert (told[-1]["event"], told[-1]["code"]) == ("failed", "query_timeout")
    refused = await ask(
        "POST", "api/v1/sql/run", json_body={"sql": "DELETE FROM nyc.flights"}, headers=lines
    )
    assert (refused.status, refused.json["code"]) == (422, "sql_refused")


async def test_a_client_that_goes_away_cancels_its_query(
    ask: Ask, jp_serverapp: Any, jp_base_url: str, http_server_port: Any, jp_web_app: Any
) -> None:
    await ask("POST", "api/v1/sql/run", json_body={"sql": "SELECT 1 AS n"})
    pool: PooledPeter = jp_web_app.settings["peter_service"]
    body = b'{"sql": "%s"}' % SLOW.encode()
    head = (
        f"POST {jp_base_url}peter/api/v1/sql/run HTTP/1.1\r\nHost: 127.0.0.1\r\n"
        "Authorization: token token-alice\r\nContent-Type: application/json\r\n"
        f"Content-Length: {len(body)}\r\n\r\n"
    )
    _, writer = await asyncio.open_connection("127.0.0.1", http_server_port[1])
    writer.write(head.encode() + body)
    await writer.drain()
    token = await _first(pool)
    writer.close()
    until = time.monotonic() + 60
    while pool._running and time.monotonic() < until:
        await asyncio.sleep(0.02)
    assert token.cancelled
    assert not pool._running
    assert (await ask("POST", "api/v1/sql/run", json_body={"sql": "SELECT 2 AS n"})).status == 200


async def test_many_readers_of_a_cached_dashboard_all_get_it(ask: Ask, published: str) -> None:
    replies = await asyncio.gather(
        *(ask("GET", "api/v1/dashboards/small-flights/data", who="vera") for _ in range(40))
    )
    assert {reply.status for reply in replies} == {200}
    assert len({reply.headers["ETag"] for reply in replies}) == 1


async def test_peter_is_opened_once_by_requests_that_come_together(
    ask: Ask, jp_web_app: Any
) -> None:
    pool: PooledPeter = jp_web_app.settings["peter_service"]
    opening, opened = pool._opening, []

    def counted() -> Any:
        opened.append(1)
        return opening()

    pool._opening = counted
    await asyncio.gather(*(ask("GET", "api/v1/cache/stats") for _ in range(6)))
    assert opened == [1]


async def test_a_server_that_goes_down_cancels_and_closes(ask: Ask, jp_web_app: Any) -> None:
    await ask("POST", "api/v1/sql/run", json_body={"sql": "SELECT 1 AS n"})
    pool: PooledPeter = jp_web_app.settings["peter_service"]
    running = asyncio.create_task(ask("POST", "api/v1/sql/run", json_body={"sql": SLOW}))
    token = await _first(pool)
    await pool.close()
    assert token.cancelled
    assert (await running).status == 503
    assert pool._peter is None
    after = await ask("GET", "api/v1/cache/stats")
    assert (after.status, after.json["code"]) == (503, "engine_unavailable")
    assert after.headers["Retry-After"]
    assert (await ask("GET", "health")).status == 200
    assert (await ask("GET", "ready")).status == 503


async def test_a_peter_that_cannot_open_is_told_and_tried_again(ask: Ask, jp_web_app: Any) -> None:
    pool: PooledPeter = jp_web_app.settings["peter_service"]
    opening = pool._opening

    def failing() -> Any:
        pool._opening = opening
        raise EngineUnavailable("The warehouse sleeps.")

    pool._opening = failing
    assert (await ask("GET", "ready")).json == {
        "status": "not_ready", "ready": False, "parts": {}, "code": "engine_unavailable",
    }  # fmt: skip
    assert (await ask("GET", "ready")).status == 200


async def test_work_that_is_cancelled_while_it_waits_never_begins() -> None:
    pool = PooledPeter(lambda: None, workers=1)  # type: ignore[arg-type,return-value]
    begun: list[str] = []
    released = threading.Event()
    first = asyncio.create_task(pool.call(lambda _: released.wait(60), CancelToken()))
    await asyncio.sleep(0)
    token = CancelToken()
    second = asyncio.create_task(pool.call(lambda _: begun.append("second"), token))
    await asyncio.sleep(0)
    pool.stop(token)
    while not token.cancelled:
        await asyncio.sleep(0.01)
    released.set()
    with pytest.raises(QueryCancelled):
        await second
    await first
    assert begun == []
    await pool.close()


async def test_a_deadline_tells_the_work_to_stop() -> None:
    pool = PooledPeter(lambda: None, workers=1)  # type: ignore[arg-type,return-value]
    token = CancelToken()

    def wait(_: object) -> None:
        while not token.cancelled:
            time.sleep(0.01)

    with pytest.raises(QueryTimeout, match=r"0\.1 s"):
        await pool.call(wait, token, deadline_s=0.1)
    await pool.close()
    assert token.cancelled


async def _first(pool: PooledPeter) -> CancelToken:
    """The token of the request that is worked on."""
    for _ in range(6000):
        if pool._running:
            return next(iter(pool._running))
        await asyncio.sleep(0.01)
    raise AssertionError("no request is worked on")
