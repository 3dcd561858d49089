"""Logging in through a live hub with Google's stand-in, and logging out."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from urllib.parse import parse_qs, parse_qsl, quote, urlencode, urljoin, urlsplit

import httpx
import pytest

from tests.hosts.hub.people import People, bearer, who, xsrf_of
from tests.servers.google import Google
from tests.servers.hub import Hub, wait_for

ME = "api/v1/auth/me"
Brought = Callable[["Begun", "Begun"], httpx.Response]
"""What comes of it when a browser brings something to its callback, another login being begun."""


def test_a_person_on_the_list_comes_back_to_the_page_they_asked_for(hub: Hub) -> None:
    browser, response = hub.log_in("vera@example.com", "dashboards/none?day=2013-01-01&x=%C3%A4")
    assert str(response.url) == f"{hub.peter}dashboards/none?day=2013-01-01&x=%C3%A4"
    me = browser.get(hub.peter + ME).json()
    assert (me["email"], me["roles"], me["host"]) == ("vera@example.com", ["viewer"], "hub")


@pytest.mark.parametrize(
    ("name", "roles"),
    [("vera", ["viewer"]), ("ann", ["viewer", "author"]), ("ada", ["viewer", "author", "admin"])],
)
def test_roles_come_from_the_hubs_scopes(
    hub: Hub, people: People, name: str, roles: list[str]
) -> None:
    assert people.browser(name).get(hub.peter + ME).json()["roles"] == roles
    told = httpx.get(hub.peter + ME, headers=bearer(people.token(name))).json()
    assert told["roles"] == roles


def test_the_way_to_the_hub_carries_a_challenge_and_a_state(hub: Hub) -> None:
    response = httpx.get(f"{hub.peter}dashboards")
    assert response.status_code == 302
    asked = parse_qs(urlsplit(response.headers["location"]).query)
    assert asked["code_challenge_method"] == ["S256"]
    assert len(asked["code_challenge"][0]) == 43
    assert len(asked["state"][0]) >= 22
    cookie = response.headers["set-cookie"]
    assert "HttpOnly" in cookie
    assert "Path=/services/peter/" in cookie


@pytest.mark.parametrize(
    ("email", "claims"),
    [
        ("ulf@example.com", {}),
        ("ann@example.com", {"verified": False}),
        ("ann@example.com", {"hd": "example.com.evil.test"}),
        ("ann@example.com", {"hd": None}),
        ("ann@example.com.evil.test", {}),
        ("ann@EXAMPLE.com.test", {"hd": "example.com"}),
    ],
)
def test_who_is_not_let_in_gets_no_session(
    hub: Hub, google: Google, email: str, claims: dict[str, object]
) -> None:
    google.knows(email, **claims)  # type: ignore[arg-type]
    try:
        browser, response = hub.log_in(email)
        assert response.status_code == 403
        assert browser.get(hub.peter + ME).status_code == 401
        assert not [c for c in browser.cookies.jar if c.name == "service-peter"]
    finally:
        google.knows("ann@example.com")


def test_a_user_of_the_hub_without_the_scope_is_refused_at_the_login(
    hub: Hub, people: People
) -> None:
    browser, response = hub.log_in("nora@example.com")
    assert response.status_code == 403
    assert urlsplit(str(response.url)).path == "/hub/api/oauth2/authorize"
    assert browser.get(hub.peter + ME).status_code == 401
    assert browser.get(f"{hub.url}/hub/home").status_code == 200


def test_a_user_without_the_scope_is_told_so_when_a_token_names_them(
    hub: Hub, people: People
) -> None:
    response = httpx.get(hub.peter + ME, headers=bearer(people.token("nora")))
    assert response.status_code == 403
    assert response.json()["code"] == "forbidden"
    assert "access:services!service=peter" in response.json()["hint"]


def test_logout_ends_the_session_and_its_cookie_is_worth_nothing(hub: Hub) -> None:
    browser, _ = hub.log_in("vera@example.com")
    old = {c.name: c.value or "" for c in browser.cookies.jar if not c.path.startswith("/hub")}
    assert browser.post(f"{hub.peter}api/v1/auth/logout").status_code == 403
    assert browser.get(hub.peter + ME).status_code == 200
    response = browser.post(f"{hub.peter}api/v1/auth/logout", headers=xsrf_of(browser))
    assert response.status_code == 204
    assert '/hub/logout>; rel="logout"' in response.headers["link"]
    assert browser.get(hub.peter + ME).status_code == 401
    assert httpx.get(hub.peter + ME, cookies=old).status_code == 401


def test_the_hubs_logout_ends_the_session_with_peter(hub: Hub) -> None:
    browser, _ = hub.log_in("vera@example.com")
    old = {c.name: c.value or "" for c in browser.cookies.jar if c.path == "/services/peter/"}
    browser.get(f"{hub.url}/hub/logout")
    assert browser.get(hub.peter + ME).status_code == 401
    wait_for(lambda: httpx.get(hub.peter + ME, cookies=old).status_code == 401, 5, hub.said)


def test_a_revoked_token_is_refused_as_soon_as_the_hub_is_asked_again(
    hub: Hub, people: People
) -> None:
    made = people.make_token("vera", note="short")
    headers = bearer(made["token"])
    assert httpx.get(hub.peter + ME, headers=headers).status_code == 200
    ended = people.at_hub("vera", "DELETE", f"users/{who('vera')}/tokens/{made['id']}")
    assert ended.status_code == 204
    wait_for(lambda: httpx.get(hub.peter + ME, headers=headers).status_code == 401, 3, hub.said)


def test_an_expired_token_is_refused(hub: Hub, people: People) -> None:
    headers = bearer(people.make_token("vera", expires_in=1)["token"])
    assert httpx.get(hub.peter + ME, headers=headers).status_code == 200
    wait_for(lambda: httpx.get(hub.peter + ME, headers=headers).status_code == 401, 6, hub.said)


def test_a_token_in_an_address_opens_nothing(hub: Hub, people: People) -> None:
    token = people.token("ada")
    for headers in ({}, {"Sec-Fetch-Mode": "websocket"}):
        response = httpx.get(hub.peter + ME, params={"token": token}, headers=headers)
        assert response.status_code == 401


CALLBACKS = {
    "nothing": "",
    "no state": "?code=abc",
    "an empty state": "?code=abc&state=",
    "a made-up state": "?code=abc&state=made-up-0123456789abcdef",
    "an error": "?error=access_denied&error_description=%3Cscript%3E",
    "two states": "?code=abc&state=one&state=two",
    "a state that is no text": "?code=abc&state=%ff%fe",
    "a long state": "?code=abc&state=" + "a" * 5000,
    "a line break": "?code=abc&state=a%0d%0aSet-Cookie:%20x=1",
}


@pytest.mark.parametrize("path", ["oauth_callback", "api/v1/auth/callback"])
@pytest.mark.parametrize("query", CALLBACKS.values(), ids=CALLBACKS.keys())
def test_a_callback_that_was_not_asked_for_makes_no_session(
    hub: Hub, path: str, query: str
) -> None:
    response = httpx.get(f"{hub.peter}{path}{query}")
    assert response.status_code in (400, 403)
    assert "service-peter=" not in response.headers.get("set-cookie", "").replace('""', "")
    assert "<script>" not in response.text


@dataclass
class Begun:
    """A browser that the hub knows, on its way back to Peter's callback with a good code."""

    browser: httpx.Client
    address: str
    """The whole address of its callback."""

    @property
    def given(self) -> dict[str, str]:
        """What the hub sends along."""
        return dict(parse_qsl(urlsplit(self.address).query))

    @property
    def state_cookie(self) -> str:
        """The name of the cookie that binds the login to this browser."""
        return next(c.name for c in self.browser.cookies.jar if "oauth-state" in c.name)

    def come_back(self, **changes: str | list[str] | None) -> httpx.Response:
        """Call the callback with something else; ``None`` leaves an argument out."""
        given = {**self.given, **changes}
        query = urlencode({k: v for k, v in given.items() if v is not None}, doseq=True)
        return self.browser.get(f"{self.address.partition('?')[0]}?{query}")

    def keep(self, value: str | None, *, name: str | None = None) -> None:
        """Another value of the cookie, or none at all."""
        kept = name or self.state_cookie
        self.browser.cookies.delete(self.state_cookie, "127.0.0.1", "/services/peter/")
        if value is not None:
            self.browser.cookies.set(kept, value, domain="127.0.0.1", path="/services/peter/")

    @property
    def kept(self) -> str:
        """The cookie's value."""
        return next(c.value or "" for c in self.browser.cookies.jar if c.name == self.state_cookie)


def begun(hub: Hub, people: People) -> Begun:
    """A browser of Vera's that begins a login with Peter."""
    browser = hub.browser()
    for cookie in people.browser("vera").cookies.jar:
        if cookie.path != "/services/peter/":
            browser.cookies.set(cookie.name, cookie.value or "", "127.0.0.1", cookie.path)
    browser.follow_redirects = False
    to_hub = browser.get(f"{hub.peter}dashboards").headers["location"]
    back = urljoin(hub.url, browser.get(urljoin(hub.url, to_hub)).headers["location"])
    assert back.startswith(f"{hub.peter}oauth_callback?code=")
    return Begun(browser, back)


def require_no_session(hub: Hub, browser: httpx.Client, answer: httpx.Response) -> None:
    assert "location" not in answer.headers
    assert not any(
        line.startswith("service-peter=") and not line.startswith('service-peter="";')
        for line in answer.headers.get_list("set-cookie")
    )
    assert "<script>" not in answer.text
    assert "Traceback" not in answer.text
    assert browser.get(hub.peter + ME).status_code == 401


def _with_anothers(name: str) -> Brought:
    def brought(mine: Begun, other: Begun) -> httpx.Response:
        return mine.come_back(**{name: other.given[name]})

    return brought


def _with_cookie(changed: Callable[[Begun, Begun], str | None]) -> Brought:
    def brought(mine: Begun, other: Begun) -> httpx.Response:
        address = mine.address
        mine.keep(changed(mine, other))
        return mine.browser.get(address)

    return brought


def _with_the_sessions_cookie(mine: Begun, other: Begun) -> httpx.Response:
    assert other.browser.get(other.address).status_code == 302
    session = next(c.value for c in other.browser.cookies.jar if c.name == "service-peter")
    mine.keep(session)
    return mine.browser.get(mine.address)


def _with_a_used_code(mine: Begun, other: Begun) -> httpx.Response:
    assert other.browser.get(other.address).status_code == 302
    return mine.come_back(code=other.given["code"])


BROUGHT: dict[str, Brought] = {
    "no code": lambda mine, _: mine.come_back(code=None),
    "an empty code": lambda mine, _: mine.come_back(code=""),
    "a made-up code": lambda mine, _: mine.come_back(code="made-up"),
    "a code with more": lambda mine, _: mine.come_back(code="x" + mine.given["code"]),
    "a code that is cut": lambda mine, _: mine.come_back(code=mine.given["code"][:-1]),
    "a long code": lambda mine, _: mine.come_back(code="c" * 4000),
    "two codes": lambda mine, _: mine.come_back(code=[mine.given["code"], "another"]),
    "a code with a line break": lambda mine, _: mine.come_back(code="a\r\nX: y"),
    "an error beside a code": lambda mine, _: mine.come_back(error="<script>alert(1)</script>"),
    "no state": lambda mine, _: mine.come_back(state=None),
    "a state with more": lambda mine, _: mine.come_back(state=mine.given["state"] + "="),
    "a state that is cut": lambda mine, _: mine.come_back(state=mine.given["state"][:-8]),
    "two states": lambda mine, _: mine.come_back(state=[mine.given["state"], "another"]),
    "another browser's state": _with_anothers("state"),
    "another browser's code": _with_anothers("code"),
    "a used code": _with_a_used_code,
    "another browser's address": lambda mine, other: mine.browser.get(other.address),
    "no cookie": _with_cookie(lambda mine, _: None),
    "a changed cookie": _with_cookie(lambda mine, _: mine.kept[:-4] + "0000"),
    "a cookie that nobody signed": _with_cookie(lambda mine, _: mine.given["state"]),
    "another browser's cookie": _with_cookie(lambda _, other: other.kept),
    "the session as the cookie": _with_the_sessions_cookie,
}


@pytest.mark.parametrize("case", BROUGHT)
def test_what_a_browser_brings_back_wrong_is_no_login(hub: Hub, people: People, case: str) -> None:
    mine, other = begun(hub, people), begun(hub, people)
    answer = BROUGHT[case](mine, other)
    assert answer.status_code in (400, 403)
    require_no_session(hub, mine.browser, answer)


def test_what_was_changed_in_these_cases_is_all_that_was_wrong(hub: Hub, people: People) -> None:
    mine = begun(hub, people)
    mine.keep(mine.kept)
    assert mine.come_back().status_code == 302
    assert mine.browser.get(hub.peter + ME).status_code == 200


def test_a_state_works_once(hub: Hub, people: People) -> None:
    mine = begun(hub, people)
    states = {mine.state_cookie: mine.kept}
    assert mine.browser.get(mine.address).status_code == 302
    assert mine.browser.get(hub.peter + ME).status_code == 200
    again = httpx.get(mine.address, cookies=states)
    assert again.status_code == 403
    assert "set-cookie" not in again.headers


def test_looking_at_a_callback_uses_nothing_up(hub: Hub, people: People) -> None:
    mine = begun(hub, people)
    assert mine.browser.head(mine.address).status_code == 405
    assert mine.browser.get(mine.address).status_code == 302


def test_a_login_gives_the_browser_a_new_session(hub: Hub) -> None:
    browser, _ = hub.log_in("vera@example.com")
    first = [c.value for c in browser.cookies.jar if c.name == "service-peter"]
    browser.cookies.delete("service-peter", "127.0.0.1", "/services/peter/")
    browser.get(f"{hub.peter}dashboards")
    second = [c.value for c in browser.cookies.jar if c.name == "service-peter"]
    assert first and second and first != second


ELSEWHERE = [
    "https://evil.test/", "//evil.test/", "///evil.test", "/\\evil.test", "\\\\evil.test",
    "/services/peter/../../evil", "/services/peter//evil.test", "http:evil.test",
    "javascript:alert(1)", "data:text/html,x", "/services/peter/%2e%2e/%2e%2e/hub/logout",
    "/services/peter/dashboards\r\nLocation: https://evil.test", "/services/peter/\t//evil.test",
    "/services/peter@evil.test/", "https:/evil.test", "https:///evil.test", "/%2f%2fevil.test",
    "/%5cevil.test", "/hub/logout", "/user/ann/", "dashboards", "", "?next=//evil.test",
    "#//evil.test", "/services/peter/api/v1/auth/login?next=//evil.test",
    "/services/peter/dashboards\x00", "/services/peterevil/", "/services/peter/x/%5c..%5c..",
]  # fmt: skip


@pytest.mark.parametrize("next_url", ELSEWHERE)
def test_a_login_leads_nowhere_else(hub: Hub, people: People, next_url: str) -> None:
    browser = people.browser("vera")
    address = f"{hub.peter}api/v1/auth/login?next={quote(next_url, safe='')}"
    response = browser.get(address)
    assert [h.status_code for h in response.history] == [302, 302, 302]
    assert str(response.url) == f"{hub.peter}dashboards"


@pytest.mark.parametrize("address", ["/services/peter", "/services/peter/"])
def test_the_hubs_list_of_services_leads_to_the_dashboards(
    hub: Hub, people: People, address: str
) -> None:
    response = people.browser("vera").get(hub.url + address)
    assert (response.status_code, str(response.url)) == (200, f"{hub.peter}dashboards")


def test_a_login_leads_to_a_page_of_peters(hub: Hub, people: People) -> None:
    response = people.browser("vera").get(
        f"{hub.peter}api/v1/auth/login", params={"next": "/services/peter/dashboards/none?q=a%20b"}
    )
    assert str(response.url) == f"{hub.peter}dashboards/none?q=a%20b"
