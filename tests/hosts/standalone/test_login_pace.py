"""Whoever asks for logins again and again is told to wait, and nobody else is."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.hosts.standalone.house import (
    CALLBACK,
    LOGIN,
    ME,
    House,
    callback,
    come_back,
    leave,
    start,
)
from tests.servers.openid import OpenIdProvider


@pytest.fixture(scope="module")
def slow_door(tmp_path_factory: pytest.TempPathFactory, google: OpenIdProvider) -> Iterator[House]:
    """A server behind a proxy whose login may be asked twice a minute."""
    house = start(
        tmp_path_factory.mktemp("slow"), google, PETER_LOGIN_REQUESTS_PER_MINUTE="2",
        PETER_PUBLIC_URL="http://localhost:8000",
    )  # fmt: skip
    google.redirect_uris.add(f"http://localhost:8000{CALLBACK}")
    yield house
    assert house.terminate() == 0


def test_an_address_that_asks_too_often_is_told_when_to_come_again(
    slow_door: House, google: OpenIdProvider
) -> None:
    attacker = slow_door.browser()
    attacker.headers["X-Forwarded-For"] = "198.51.100.7"
    answers = attacker.get(LOGIN), callback(attacker, state="s", code="c")
    assert [answer.status_code for answer in answers] == [302, 400]
    asked = len(google.asked)
    for refused in (attacker.get(LOGIN), callback(attacker, state="s", code="c")):
        assert refused.status_code == 429
        assert 1 <= int(refused.headers["Retry-After"]) <= 30
        assert "2 times a minute" in refused.text
        assert "Set-Cookie" not in refused.headers
    # An invented address before the real one helps nobody.
    attacker.headers["X-Forwarded-For"] = "203.0.113.50, 198.51.100.7"
    assert attacker.get(LOGIN).status_code == 429
    assert len(google.asked) == asked
    assert attacker.get("/health").status_code == 200
    assert attacker.get(ME).status_code == 401


def test_others_log_in_meanwhile(slow_door: House) -> None:
    attacker = slow_door.browser()
    attacker.headers["X-Forwarded-For"] = "198.51.100.8"
    assert 429 in [attacker.get(LOGIN).status_code for _ in range(12)]
    browser = slow_door.browser()
    browser.headers["X-Forwarded-For"] = "203.0.113.9"
    assert come_back(browser, leave(browser)).status_code == 302
    assert browser.get(ME).status_code == 200
