"""Health, readiness and identity."""

from __future__ import annotations

from typing import Any

from peter_core import __version__
from tests.http.conftest import Ask


async def test_health_needs_no_login_and_opens_nothing(ask: Ask, jp_web_app: Any) -> None:
    reply = await ask("GET", "health", who=None)
    assert (reply.status, reply.json) == (200, {"status": "ok", "version": __version__})
    assert jp_web_app.settings["peter_service"]._peter is None


async def test_ready_names_every_part_with_its_latency(ask: Ask) -> None:
    reply = await ask("GET", "ready", who=None)
    assert reply.status == 200
    assert reply.json["ready"] is True
    assert set(reply.json["parts"]) == {"engine", "store", "database", "cache"}
    assert all(part["latency_ms"] >= 0 for part in reply.json["parts"].values())


async def test_me_says_who_asks_and_what_they_may(ask: Ask) -> None:
    reply = await ask("GET", "api/v1/auth/me", who="ada")
    assert reply.json == {
        "email": "ada", "name": "Ada", "roles": ["viewer", "author", "admin"],
        "host": "jupyter", "expires_at": None,
    }  # fmt: skip
