"""A session begins under a new id, and ends for every copy of its cookie."""

from __future__ import annotations

import datetime as dt
import hashlib

import httpx
import pytest

from tests.hosts.standalone.house import (
    LOGOUT,
    ME,
    TOML,
    House,
    come_back,
    leave,
    start,
    xsrf,
)
from tests.servers.openid import OpenIdProvider

COOKIE = "peter-session"


def _holding(house: House, secret: str) -> httpx.Client:
    """Another browser with a copy of a cookie."""
    browser = house.browser()
    browser.cookies.set(COOKIE, secret, domain="127.0.0.1", path="/")
    return browser


def _moment(back: dt.timedelta) -> str:
    return f"{dt.datetime.now(dt.UTC) - back:%Y-%m-%dT%H:%M:%S.%fZ}"


def test_a_planted_id_is_not_the_one_after_the_login(house: House) -> None:
    planted = "A" * 43
    browser = _holding(house, planted)
    come_back(browser, leave(browser))
    assert browser.get(ME).status_code == 200
    assert browser.cookies[COOKIE] != planted
    assert _holding(house, planted).get(ME).status_code == 401


def test_a_login_ends_the_session_the_browser_had(house: House) -> None:
    browser = house.logged_in()
    before = browser.cookies[COOKIE]
    come_back(browser, leave(browser))
    assert browser.cookies[COOKIE] != before
    assert browser.get(ME).status_code == 200
    assert _holding(house, before).get(ME).status_code == 401


def test_a_failed_login_ends_nothing(house: House, google: OpenIdProvider) -> None:
    browser = house.logged_in()
    google.account["email"] = "eve@example.com"
    assert come_back(browser, leave(browser)).status_code == 403
    assert browser.get(ME).json()["email"] == "ada@example.com"


def test_a_logout_ends_every_copy_of_the_cookie(house: House) -> None:
    browser = house.logged_in()
    copy = _holding(house, browser.cookies[COOKIE])
    assert copy.get(ME).status_code == 200
    answer = browser.post(LOGOUT, headers=xsrf(browser))
    assert answer.status_code == 204
    assert COOKIE not in browser.cookies
    assert copy.get(ME).status_code == 401
    assert copy.get("/dashboards").status_code == 302


def test_a_logout_leaves_other_sessions_unless_it_is_everywhere(house: House) -> None:
    first, second, third = (house.logged_in() for _ in range(3))
    other = house.logged_in("vera@example.com")
    assert first.post(LOGOUT, headers=xsrf(first)).status_code == 204
    assert second.get(ME).status_code == 200
    answer = second.post(f"{LOGOUT}?everywhere=true", headers=xsrf(second))
    assert answer.status_code == 204
    assert third.get(ME).status_code == 401
    assert other.get(ME).status_code == 200


@pytest.mark.parametrize("query", ["everywhere=yes", "everywhere=true&everywhere=true", "all=true"])
def test_a_logout_that_is_not_understood_ends_nothing(house: House, query: str) -> None:
    browser = house.logged_in()
    assert browser.post(f"{LOGOUT}?{query}", headers=xsrf(browser)).status_code == 400
    assert browser.get(ME).status_code == 200


def test_no_other_page_logs_anybody_out(house: House) -> None:
    browser = house.logged_in()
    right = xsrf(browser)
    foreign = {"Origin": "https://evil.example", "Sec-Fetch-Site": "cross-site"}
    for headers in ({}, {"X-XSRFToken": "2|guess"}, {**right, **foreign}):
        answer = browser.post(LOGOUT, headers=headers)
        assert answer.status_code == 403
        assert answer.json()["code"] == "cross_site_request"
    token = browser.cookies["_xsrf"]
    assert browser.post(f"{LOGOUT}?_xsrf={token}").status_code == 403
    assert browser.get(LOGOUT).status_code == 405
    assert browser.get(ME).status_code == 200


def test_a_change_needs_the_pages_token_and_its_own_origin(house: House) -> None:
    browser = house.logged_in()
    right = xsrf(browser)
    body = {"yaml": "version: 1"}
    path = "/api/v1/dashboards/validate?mode=offline"
    assert browser.post(path, json=body).status_code == 403
    assert browser.post(path, json=body, headers=right).status_code == 200
    own = {**right, "Origin": house.url, "Sec-Fetch-Site": "same-origin"}
    assert browser.post(path, json=body, headers=own).status_code == 200
    for origin in (
        "https://evil.example",
        "null",
        house.url + "0",
        house.url.replace("http", "https"),
    ):
        other = _holding(house, browser.cookies[COOKIE])
        other.cookies.set("_xsrf", browser.cookies["_xsrf"], domain="127.0.0.1", path="/")
        answer = other.post(path, headers={**right, "Origin": origin})
        assert answer.status_code == 403, origin


def test_a_session_ends_when_it_is_idle(house: House) -> None:
    browser = house.logged_in()
    digest = hashlib.sha256(browser.cookies[COOKIE].encode()).hexdigest()
    for hours, status in ((11, 200), (12, 401)):
        seen = _moment(dt.timedelta(hours=hours))
        house.change_ledger("UPDATE sessions SET seen_at = ? WHERE hash = ?", seen, digest)
        assert browser.get(ME).status_code == status


def test_a_request_keeps_a_session_from_being_idle(house: House) -> None:
    browser = house.logged_in()
    digest = hashlib.sha256(browser.cookies[COOKIE].encode()).hexdigest()
    old = _moment(dt.timedelta(hours=11))
    house.change_ledger("UPDATE sessions SET seen_at = ? WHERE hash = ?", old, digest)
    until = dt.datetime.fromisoformat(browser.get(ME).json()["expires_at"])
    assert until - dt.datetime.now(dt.UTC) > dt.timedelta(hours=11, minutes=59)
    house.change_ledger(
        "UPDATE sessions SET expires_at = ? WHERE hash = ? AND seen_at > ?",
        _moment(dt.timedelta(seconds=1)), digest, old,
    )  # fmt: skip
    # The row was touched, or the statement above would have changed nothing.
    assert browser.get(ME).status_code == 401


def test_only_the_hash_of_an_id_is_kept(house: House) -> None:
    secret = house.logged_in().cookies[COOKIE]
    for file in house.ledger.parent.glob("ledger.db*"):
        assert secret.encode() not in file.read_bytes()


def test_who_is_taken_off_the_list_is_out_at_the_next_request(house: House) -> None:
    browser = house.logged_in("vera@example.com")
    assert browser.get(ME).status_code == 200
    try:
        house.rewrite(TOML.replace("vera@example.com, ", ""))
        assert browser.get(ME).status_code == 401
        assert browser.get("/dashboards").status_code == 302
    finally:
        house.rewrite(TOML)
    assert browser.get(ME).status_code == 200


def test_who_loses_a_role_loses_it_at_the_next_request(house: House) -> None:
    browser = house.logged_in("alice@example.com")
    assert browser.get(ME).json()["roles"] == ["viewer", "author"]
    try:
        house.rewrite(TOML.replace('authors = "alice@example.com"', 'authors = ""'))
        assert browser.get(ME).json()["roles"] == ["viewer"]
    finally:
        house.rewrite(TOML)


def test_a_slip_in_the_file_neither_opens_nor_empties_the_house(house: House) -> None:
    browser = house.logged_in("vera@example.com")
    try:
        for broken in ("allowed_emails = [", 'allowed_emails = "everybody"', "\x00"):
            house.rewrite(broken)
            assert browser.get(ME).status_code == 200
            assert house.browser().get(ME).status_code == 401
    finally:
        house.rewrite(TOML)


def test_a_session_of_another_host_is_none_here(house: House) -> None:
    browser = house.logged_in()
    digest = hashlib.sha256(browser.cookies[COOKIE].encode()).hexdigest()
    house.change_ledger("UPDATE sessions SET host = 'hub' WHERE hash = ?", digest)
    assert browser.get(ME).status_code == 401


@pytest.mark.parametrize(
    "secret", ["", "a", "A" * 43, "A" * 5000, "%00", "é", "' OR 1=1 --", "=" * 43]
)
def test_a_cookie_that_is_no_id_is_nobodys(house: House, secret: str) -> None:
    answer = house.browser().get(ME, headers={"Cookie": f"{COOKIE}={secret}".encode()})
    assert answer.status_code == 401


def test_the_provider_may_be_away_while_people_work(house: House, google: OpenIdProvider) -> None:
    browser, stranger = house.logged_in(), house.browser()
    place = leave(stranger)
    google.down = True
    assert browser.get(ME).status_code == 200
    # Discovery is known: people still leave, and the provider itself tells them.
    query = place.partition("?")[2]
    assert "state=" in query
    state = dict(part.split("=") for part in query.split("&"))["state"]
    answer = stranger.get(f"/api/v1/auth/callback?state={state}&code=c")
    assert answer.status_code == 503
    assert answer.headers["Retry-After"] == "30"
    assert "cannot be reached" in answer.text
    assert COOKIE not in stranger.cookies


def test_a_server_that_never_reached_the_provider_says_so_and_is_not_open(
    tmp_path_factory: pytest.TempPathFactory, google: OpenIdProvider
) -> None:
    google.down = True
    alone = start(tmp_path_factory.mktemp("alone"), google)
    try:
        browser = alone.browser()
        answer = browser.get("/api/v1/auth/login")
        assert answer.status_code == 503
        assert "cannot be reached" in answer.text and "Set-Cookie" not in answer.headers
        assert browser.get(ME).status_code == 401
        assert browser.get("/health").status_code == 200
        google.down = False
        assert come_back(browser, leave(browser)).status_code == 302
    finally:
        assert alone.terminate() == 0
