"""Who is let in: a user's pace, a user's share, the server's, and a server that goes down."""

from __future__ import annotations

import asyncio
import threading
from typing import Any

import pytest

from peter_core.config import Settings
from peter_core.engine.port import CancelToken
from peter_core.errors import Overloaded
from peter_jupyter.hosts.jupyter_server import PeterServerApp
from peter_jupyter.http.admission import _REMEMBERED, Admission
from peter_jupyter.http.pool import PooledPeter
from peter_jupyter.http.statuses import RefusalError
from tests.http.conftest import SLOW, Ask


class Clock:
    """A clock that is set by hand."""

    def __init__(self) -> None:
        self.now = 1000.0

    def __call__(self) -> float:
        return self.now


def admission(clock: Clock | None = None, **more: Any) -> Admission:
    limits = {"user_concurrency": 2, "user_requests_per_minute": 60, "at_once": 100, **more}
    return Admission(**limits, clock=clock or Clock())


def test_the_limits_are_those_of_the_settings() -> None:
    pool = PooledPeter(lambda: None)  # type: ignore[arg-type,return-value]
    fields = Settings.model_fields
    assert pool.admission._concurrency == fields["user_concurrency"].default
    assert pool.admission._burst == fields["user_requests_per_minute"].default
    app = PeterServerApp()
    assert app.user_concurrency == fields["user_concurrency"].default
    assert app.user_requests_per_minute == fields["user_requests_per_minute"].default
    assert app.max_body == pool.max_body == fields["max_body"].default


def test_a_user_has_so_many_requests_a_minute_and_gets_them_back_by_the_second() -> None:
    clock = Clock()
    door = admission(clock, user_requests_per_minute=30)
    for _ in range(30):
        assert door.enter("ada") is None
        door.leave("ada")
    with pytest.raises(RefusalError) as refused:
        door.enter("ada")
    assert (refused.value.status_code, refused.value.code) == (429, "too_many_requests")
    assert refused.value.retry_after_s == 2
    assert door.enter("bob") is None
    clock.now += 2
    assert door.enter("ada") is None
    door.leave("ada")
    with pytest.raises(RefusalError):
        door.enter("ada")


async def test_a_users_share_leaves_room_for_others() -> None:
    door = admission()
    assert [door.enter("ada"), door.enter("ada")] == [None, None]
    third, fourth = door.enter("ada"), door.enter("ada")
    assert third is not None
    assert fourth is not None
    assert door.enter("bob") is None
    assert not third.done()
    door.leave("ada")
    assert third.done()
    assert not fourth.done()
    door.leave("ada", third)
    assert fourth.done()


async def test_one_that_goes_away_while_it_waits_takes_nobodys_turn() -> None:
    door = admission(user_concurrency=1)
    door.enter("ada")
    gone, next_one = door.enter("ada"), door.enter("ada")
    assert gone is not None
    assert next_one is not None
    gone.cancel()
    door.leave("ada", gone)
    assert not next_one.done()
    door.leave("ada")
    assert next_one.done()
    door.leave("ada", next_one)
    assert door.enter("ada") is None


@pytest.mark.parametrize(("turn_s", "deadline_s"), [(0.05, 60.0), (60.0, 0.1)])
async def test_a_request_waits_for_its_turn_within_its_deadline_and_loses_nobodys(
    turn_s: float, deadline_s: float
) -> None:
    door = admission(user_concurrency=1, turn_s=turn_s)
    assert door.enter("ada") is None
    late = door.enter("ada")
    assert late is not None
    with pytest.raises(RefusalError) as refused:
        await door.turn(late, deadline_s)
    door.leave("ada", late)
    assert (refused.value.status_code, refused.value.code) == (429, "too_many_requests")
    assert refused.value.retry_after_s == 1
    waiting = door.enter("ada")
    assert waiting is not None
    door.leave("ada")
    assert await door.turn(waiting, 60.0) < 30
    door.leave("ada", waiting)
    assert door.enter("ada") is None


async def test_what_waits_is_bounded() -> None:
    door = admission(user_concurrency=1, user_requests_per_minute=1000)
    for _ in range(17):
        door.enter("ada")
    with pytest.raises(RefusalError) as refused:
        door.enter("ada")
    assert (refused.value.status_code, refused.value.retry_after_s) == (429, 1)
    full = admission(at_once=3)
    for name in ("ada", "bob", "eve"):
        full.enter(name)
    with pytest.raises(Overloaded):
        full.enter("vera")


def test_users_who_left_are_forgotten() -> None:
    clock = Clock()
    door = admission(clock)
    door.enter("ada")
    for number in range(_REMEMBERED + 50):
        clock.now += 1
        door.enter(f"user-{number}")
        door.leave(f"user-{number}")
    # The oldest is still inside, so that nobody is forgotten before it.
    assert len(door._users) == _REMEMBERED + 51
    door.leave("ada")
    door.enter("one-more")
    assert len(door._users) == _REMEMBERED


@pytest.fixture
def peter_config() -> dict[str, Any]:
    """Narrow limits."""
    return {"user_requests_per_minute": 4, "user_concurrency": 1}


async def test_too_many_requests_are_told_when_to_come_again(ask: Ask) -> None:
    replies = [await ask("GET", "api/v1/auth/me", who="vera") for _ in range(5)]
    assert [reply.status for reply in replies] == [200] * 4 + [429]
    assert replies[-1].json["code"] == "too_many_requests"
    assert 1 <= int(replies[-1].headers["Retry-After"]) <= 15
    assert (await ask("GET", "api/v1/auth/me", who="bob")).status == 200
    assert (await ask("GET", "health", who="vera")).status == 200


async def test_a_wait_for_ones_own_slow_request_ends_with_429(ask: Ask, jp_web_app: Any) -> None:
    pool: PooledPeter = jp_web_app.settings["peter_service"]
    pool.admission._turn_s = 0.2
    running = asyncio.create_task(ask("POST", "api/v1/sql/run", json_body={"sql": SLOW}))
    while not pool._running:
        await asyncio.sleep(0.01)
    waited = await ask("GET", "api/v1/auth/me")
    assert (waited.status, waited.json["code"]) == (429, "too_many_requests")
    assert int(waited.headers["Retry-After"]) == 1
    assert not running.done()
    assert (await ask("GET", "api/v1/auth/me", who="bob")).status == 200
    await pool.drain(0)
    assert (await running).status == 503


async def test_the_time_that_was_waited_is_not_given_again(ask: Ask, jp_web_app: Any) -> None:
    pool: PooledPeter = jp_web_app.settings["peter_service"]
    given: list[float | None] = []
    called = pool.call

    async def noted(work: Any, cancel: CancelToken, *, deadline_s: float | None = None) -> Any:
        given.append(deadline_s)
        return await called(work, cancel, deadline_s=deadline_s)

    pool.call = noted  # type: ignore[method-assign]
    running = asyncio.create_task(ask("POST", "api/v1/sql/run", json_body={"sql": SLOW}))
    while not pool._running:
        await asyncio.sleep(0.01)
    waiting = asyncio.create_task(ask("GET", "api/v1/cache/stats"))
    while not pool.admission._users["alice"].waiting:
        await asyncio.sleep(0.01)
    await asyncio.sleep(0.2)
    next(iter(pool._running)).cancel()
    assert (await running).status == 503
    assert (await waiting).status == 200
    assert given[0] == pool.deadline_s
    assert given[1] is not None and given[1] <= pool.deadline_s - 0.2


async def test_a_drain_lets_requests_end_and_takes_no_more(
    ask: Ask, jp_web_app: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    pool: PooledPeter = jp_web_app.settings["peter_service"]
    looked, work = threading.Event(), pool._work

    def held(asked: Any, cancel: CancelToken) -> Any:
        answer = work(asked, cancel)
        assert looked.wait(60)
        return answer

    monkeypatch.setattr(pool, "_work", held)
    running = asyncio.create_task(ask("POST", "api/v1/sql/run", json_body={"sql": "SELECT 1 AS n"}))
    while not pool._running:
        await asyncio.sleep(0.01)
    draining = asyncio.create_task(pool.drain(120))
    await asyncio.sleep(0)
    ready = await ask("GET", "ready", who=None)
    assert (ready.status, ready.json["status"]) == (503, "draining")
    refused = await ask("GET", "api/v1/auth/me", who="bob")
    assert (refused.status, refused.json["code"]) == (503, "draining")
    assert refused.headers["Connection"] == "close"
    assert refused.headers["Retry-After"]
    assert (await ask("GET", "health", who=None)).status == 200
    assert not running.done()
    assert not draining.done()
    looked.set()
    assert (await running).status == 200
    assert await draining is True
    assert pool._peter is None


async def test_a_drain_cancels_what_does_not_end(ask: Ask, jp_web_app: Any) -> None:
    pool: PooledPeter = jp_web_app.settings["peter_service"]
    running = asyncio.create_task(ask("POST", "api/v1/sql/run", json_body={"sql": SLOW}))
    while not pool._running:
        await asyncio.sleep(0.01)
    assert await pool.drain(0.3) is False
    reply = await running
    assert (reply.status, reply.json["code"]) == (503, "query_cancelled")


async def test_work_that_cannot_be_stopped_does_not_hold_up_a_drain() -> None:
    pool = PooledPeter(lambda: None)  # type: ignore[arg-type,return-value]
    begun, released = threading.Event(), threading.Event()

    def stick(_: object) -> None:
        begun.set()
        assert released.wait(120)

    stuck = asyncio.create_task(pool.call(stick, CancelToken()))
    pool.admission.enter("ada")
    while not begun.is_set():
        await asyncio.sleep(0.01)
    assert await pool.drain(0.1) is False
    assert not stuck.done()
    released.set()
    await stuck
