"""Whose a token is: how often the hub is asked, and what happens when it does not answer."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Mapping
from typing import Any

import pytest
from tornado.web import HTTPError

from peter_jupyter.hosts.hub.identities import Identities, principal_of
from peter_jupyter.http.statuses import RefusalError

ANN = {"kind": "user", "name": "ann@example.com", "scopes": ["peter", "custom:peter:author"]}
Model = Mapping[str, Any]


class Asked:
    """A hub that knows some tokens, may be down, and counts who asks."""

    def __init__(self, **models: Model) -> None:
        self.models: dict[str, Model] = dict(models)
        self.count = 0
        self.down: BaseException | None = None
        self.gate: asyncio.Event | None = None
        self.now = 0.0

    async def __call__(self, token: str) -> Model | None:
        self.count += 1
        if self.gate is not None:
            await self.gate.wait()
        if self.down is not None:
            raise self.down
        return self.models.get(token)

    def identities(self, **more: Any) -> Identities:
        return Identities(
            self, lambda model: "peter" in model["scopes"], clock=lambda: self.now, **more
        )


def run(scenario: Callable[[], Awaitable[None]]) -> None:
    asyncio.run(scenario())  # type: ignore[arg-type]


def test_the_hub_is_asked_once_while_its_answer_is_fresh() -> None:
    async def scenario() -> None:
        hub = Asked(good=ANN)
        known = hub.identities(fresh_s=60)
        for at in (0, 30, 59.9):
            hub.now = at
            found = await known.of("good")
            assert found and found.principal and found.principal.email == "ann@example.com"
        assert hub.count == 1
        hub.now = 60
        await known.of("good")
        assert hub.count == 2

    run(scenario)


def test_a_hundred_requests_at_once_ask_once() -> None:
    async def scenario() -> None:
        hub = Asked(good=ANN)
        hub.gate = asyncio.Event()
        known = hub.identities()
        waiting = [asyncio.ensure_future(known.of("good")) for _ in range(100)]
        await asyncio.sleep(0)
        waiting[0].cancel()
        hub.gate.set()
        found = await asyncio.gather(*waiting, return_exceptions=True)
        assert isinstance(found[0], asyncio.CancelledError)
        assert {one.name for one in found[1:]} == {"ann@example.com"}  # type: ignore[union-attr]
        assert hub.count == 1

    run(scenario)


def test_a_revoked_token_is_out_when_its_answer_is_no_longer_fresh() -> None:
    async def scenario() -> None:
        hub = Asked(good=ANN)
        known = hub.identities(fresh_s=60, grace_s=300)
        assert await known.of("good")
        del hub.models["good"]
        hub.now = 61
        assert await known.of("good") is None
        hub.down = HTTPError(500)
        hub.now = 400
        with pytest.raises(RefusalError):
            await known.of("good")

    run(scenario)


@pytest.mark.parametrize("fault", [HTTPError(500), HTTPError(502), OSError("no route")])
def test_known_people_go_on_while_the_hub_is_down_but_not_for_ever(fault: Exception) -> None:
    async def scenario() -> None:
        hub = Asked(good=ANN)
        known = hub.identities(fresh_s=60, grace_s=300)
        await known.of("good")
        hub.down = fault
        for at in (61, 150, 299):
            hub.now = at
            assert await known.of("good")
        hub.now = 301
        with pytest.raises(RefusalError) as refused:
            await known.of("good")
        assert (refused.value.status_code, refused.value.code) == (503, "login_unavailable")
        hub.down = None
        assert await known.of("good")

    run(scenario)


def test_a_hub_that_is_down_is_left_alone_for_a_while() -> None:
    async def scenario() -> None:
        hub = Asked(good=ANN)
        known = hub.identities(fresh_s=60, grace_s=300)
        await known.of("good")
        hub.down, hub.now = HTTPError(500), 61
        for _ in range(50):
            assert await known.of("good")
        assert hub.count == 2

    run(scenario)


def test_nobody_comes_in_while_the_hub_is_down() -> None:
    async def scenario() -> None:
        hub = Asked(good=ANN)
        hub.down = HTTPError(500)
        known = hub.identities()
        for token in ("good", "bad"):
            with pytest.raises(RefusalError):
                await known.of(token)

    run(scenario)


def test_a_hub_that_hangs_is_not_waited_for() -> None:
    async def scenario() -> None:
        hub = Asked(good=ANN)
        hub.gate = asyncio.Event()
        known = hub.identities(timeout_s=0.05)
        with pytest.raises(RefusalError):
            await asyncio.wait_for(known.of("good"), 60)

    run(scenario)


def test_a_logout_outlives_what_the_hub_says() -> None:
    async def scenario() -> None:
        hub = Asked(good=ANN)
        known = hub.identities()
        assert await known.of("good", "session")
        known.end("good")
        assert await known.of("good", "session") is None
        assert await known.of("good", "another") is None

    run(scenario)


def test_a_session_that_is_over_is_asked_of_anew() -> None:
    async def scenario() -> None:
        hub = Asked(good=ANN)
        known = hub.identities()
        assert await known.of("good", "session")
        del hub.models["good"]
        assert await known.of("good", "") is None

    run(scenario)


def test_a_token_that_cannot_be_one_is_asked_of_nobody() -> None:
    async def scenario() -> None:
        hub = Asked(good=ANN)
        known = hub.identities()
        for token in ("", "a b", "a\r\nX: y", "ä", "x" * 513, "\x00"):
            assert await known.of(token) is None
        assert hub.count == 0

    run(scenario)


def test_tokens_that_are_made_up_fill_no_memory() -> None:
    async def scenario() -> None:
        hub = Asked()
        known = hub.identities()
        for number in range(10_500):
            assert await known.of(f"made-up-{number}") is None
            known.end(f"ended-{number}")
        assert len(known._known) == len(known._ended) == 10_000
        assert not known._asked

    run(scenario)


def test_who_may_not_use_peter_is_known_without_being_a_principal() -> None:
    async def scenario() -> None:
        hub = Asked(other={"kind": "user", "name": "nora", "scopes": ["custom:peter:admin"]})
        found = await hub.identities().of("other")
        assert found and found.name == "nora" and found.principal is None

    run(scenario)


@pytest.mark.parametrize(
    ("scopes", "role"),
    [
        ([], "viewer"),
        (["custom:peter:author"], "author"),
        (["custom:peter:admin"], "admin"),
        (["custom:peter:author!user=ann", "custom:peter:administrator", "admin:users"], "viewer"),
        (None, "viewer"),
    ],
)
def test_only_whole_scopes_give_a_role(scopes: list[str] | None, role: str) -> None:
    who = principal_of({"kind": "user", "name": "ann@example.com", "scopes": scopes})
    order = ("viewer", "author", "admin")
    assert [r for r in order if who.may(r)] == list(order[: order.index(role) + 1])
    assert (who.email, who.host) == ("ann@example.com", "hub")


def test_a_service_cannot_be_taken_for_a_user() -> None:
    who = principal_of({"kind": "service", "name": "ann@example.com", "scopes": []})
    assert who.email == "service:ann@example.com"
