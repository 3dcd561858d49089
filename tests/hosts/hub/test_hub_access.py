"""Who may do what on a hub: every route and method, for everybody who may come by."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass

import httpx
import pytest

from peter_jupyter.hosts.hub.resources import OWN_ROUTES
from peter_jupyter.http.access import METHODS, access_of
from peter_jupyter.http.pages import Page
from peter_jupyter.http.resource import Resource
from peter_jupyter.http.routes import ROUTES
from tests.hosts.hub.people import People, bearer, who, xsrf_of
from tests.servers.hub import SCRIPT_TOKEN, Hub, wait_for

ORDER = ("viewer", "author", "admin")
SAMPLES = {
    r"([^/]+)": "missing",
    r"([A-Za-z0-9._-]+)": "missing.js",
    r"(upstream|downstream)/(.+)": "upstream/table:local.nyc.none",
    r".*": "nowhere",
}
"""What stands for a pattern's variable parts."""

NOT_LET_IN = {"expired": 401, "revoked": 401, "nobody's": 401, "unlisted": 403,
              "another service's": 403, "wrong scope": 403}  # fmt: skip


@dataclass(frozen=True)
class Verb:
    """A method of a route, and the role that it needs; ``None`` when the route has it not."""

    method: str
    path: str
    access: str | None
    page: bool

    def __str__(self) -> str:
        return f"{self.method} {self.path}"


def verbs() -> Iterator[Verb]:
    """Every method of every route of the host."""
    for pattern, resource in (*OWN_ROUTES, *ROUTES):
        path = pattern
        for part, sample in SAMPLES.items():
            path = path.replace(part, sample)
        assert re.fullmatch(pattern, path), pattern
        for name in METHODS:
            verb = getattr(resource, name)
            access = None if verb is getattr(Resource, name) else access_of(verb)
            yield Verb(name.upper(), path, access, issubclass(resource, Page))


VERBS = tuple(verbs())


def ask(browser: httpx.Client, hub: Hub, verb: Verb, headers: dict[str, str]) -> httpx.Response:
    return browser.request(verb.method, hub.peter + verb.path, headers=headers)


@pytest.fixture(scope="module")
def tokens(hub: Hub, people: People) -> dict[str, str]:
    """A token of everybody, good or not."""
    revoked = people.make_token("ann", note="revoked")
    people.at_hub("ann", "DELETE", f"users/{who('ann')}/tokens/{revoked['id']}")
    expired = people.make_token("ann", expires_in=1)["token"]
    made = {
        "viewer": people.token("vera"),
        "author": people.token("ann"),
        "admin": people.token("ada"),
        "a script's": SCRIPT_TOKEN,
        "expired": expired,
        "revoked": revoked["token"],
        "nobody's": "0123456789abcdef0123456789abcdef",
        "unlisted": people.token("nora"),
        "wrong scope": people.make_token("ann", scopes=["read:users:name!user"])["token"],
        "another service's": people.make_token(
            "ann", scopes=["access:servers!user", "custom:peter:author"]
        )["token"],
    }
    me = f"{hub.peter}api/v1/auth/me"
    wait_for(lambda: httpx.get(me, headers=bearer(expired)).status_code == 401, 6, hub.said)
    return made


def test_every_route_of_the_host_is_in_the_matrix() -> None:
    assert {verb.access for verb in VERBS} >= {None, "anybody", "viewer", "author"}
    assert len(VERBS) == len(METHODS) * (len(ROUTES) + len(OWN_ROUTES))
    known = {verb.path for verb in VERBS if verb.access is not None}
    assert known == {verb.path for verb in VERBS}


@pytest.mark.parametrize("role", ["viewer", "author", "admin", "a script's"])
def test_a_role_opens_what_it_may_and_nothing_else(
    hub: Hub, tokens: dict[str, str], role: str
) -> None:
    holds = ORDER.index("author" if role == "a script's" else role)
    wrong = []
    with httpx.Client(headers=bearer(tokens[role]), timeout=60) as client:
        for verb in VERBS:
            status = ask(client, hub, verb, {}).status_code
            if verb.access is None:
                good = status == 405
            elif verb.access == "anybody":
                good = status != 401
            elif ORDER.index(verb.access) > holds:
                good = status == 403
            else:
                good = status not in (401, 403, 405) and status < 500
            if not good:
                wrong.append(f"{verb}: {status}")
    assert not wrong


def test_nobody_is_told_to_log_in_and_only_pages_lead_there(hub: Hub) -> None:
    wrong = []
    with httpx.Client(timeout=60) as client:
        for verb in VERBS:
            response = ask(client, hub, verb, {})
            said = (
                response.status_code,
                response.headers["content-type"] if response.content else "",
            )
            if verb.access is None:
                good = response.status_code == 405
            elif verb.access == "anybody":
                good = response.status_code != 401
            elif verb.page:
                to_hub = response.headers.get("location", "")
                good = response.status_code == 302 and to_hub.startswith(
                    f"{hub.url}/hub/api/oauth2/authorize?"
                )
            else:
                good = said == (401, "application/problem+json")
            if not good:
                wrong.append(f"{verb}: {said}")
    assert not wrong


@pytest.mark.parametrize("kind", NOT_LET_IN)
def test_a_token_that_is_not_for_peter_opens_nothing(
    hub: Hub, tokens: dict[str, str], kind: str
) -> None:
    wrong = []
    with httpx.Client(headers=bearer(tokens[kind]), timeout=60) as client:
        for verb in VERBS:
            if verb.access in (None, "anybody"):
                continue
            response = ask(client, hub, verb, {})
            expected = NOT_LET_IN[kind]
            if verb.page and expected == 401:
                expected = 302
            if response.status_code != expected:
                wrong.append(f"{verb}: {response.status_code}, not {expected}")
    assert not wrong


def test_a_browser_changes_nothing_without_the_xsrf_token(hub: Hub, people: People) -> None:
    browser = people.browser("ada")
    browser.get(f"{hub.peter}dashboards")
    changing = [v for v in VERBS if v.access in ORDER and v.method != "GET"]
    assert len(changing) > 10
    other = {"X-XSRFToken": xsrf_of(people.browser("ann"))["X-XSRFToken"]}
    for verb in changing:
        for headers in ({}, {"X-XSRFToken": "x"}, other):
            response = ask(browser, hub, verb, headers)
            assert (response.status_code, response.json()["code"]) == (403, "cross_site_request")
        assert ask(browser, hub, verb, xsrf_of(browser)).status_code not in (401, 403)


@pytest.mark.parametrize(
    "origin", ["https://evil.test", "http://127.0.0.1:1", "null", "http://127.0.0.1.evil.test"]
)
def test_another_sites_page_changes_nothing(hub: Hub, people: People, origin: str) -> None:
    browser = people.browser("ada")
    browser.get(f"{hub.peter}dashboards")
    headers = {"Origin": origin, **xsrf_of(browser)}
    response = browser.post(f"{hub.peter}api/v1/sql/run", headers=headers)
    assert (response.status_code, response.json()["code"]) == (403, "cross_site_request")
    headers["Origin"] = hub.url
    assert browser.post(f"{hub.peter}api/v1/sql/run", headers=headers).status_code == 415


def test_a_script_in_another_users_page_reads_nothing(hub: Hub, people: People) -> None:
    """Pages of users' servers share the hub's origin, but not the path of Peter's cookie."""
    browser = people.browser("vera")
    browser.get(f"{hub.peter}dashboards")
    fetched = {"Sec-Fetch-Mode": "cors", "Sec-Fetch-Site": "same-origin"}
    address = f"{hub.peter}api/v1/dashboards"
    assert browser.get(address, headers=fetched).status_code == 403
    assert browser.get(address, headers={**fetched, **xsrf_of(browser)}).status_code == 200
    policy = browser.get(f"{hub.peter}dashboards").headers["content-security-policy"]
    assert "frame-ancestors 'none'" in policy


def test_a_program_needs_no_xsrf_token(hub: Hub, tokens: dict[str, str]) -> None:
    for scheme in ("Bearer", "token", "bearer"):
        headers = {"Authorization": f"{scheme} {SCRIPT_TOKEN}", "Content-Type": "application/json"}
        body = b'{"sql": "SELECT COUNT(*) AS n FROM nyc.flights"}'
        response = httpx.post(f"{hub.peter}api/v1/sql/run", headers=headers, content=body)
        assert response.status_code == 200, response.text
        assert response.json()["verdict"] == "passed"


def test_a_service_of_the_hub_is_no_user(hub: Hub) -> None:
    me = httpx.get(f"{hub.peter}api/v1/auth/me", headers=bearer(SCRIPT_TOKEN)).json()
    assert (me["email"], me["roles"]) == ("service:peter-scripts", ["viewer", "author"])


def test_a_group_of_the_hub_makes_authors_and_unmakes_them(hub: Hub, people: People) -> None:
    headers, me = bearer(people.token("vera")), f"{hub.peter}api/v1/auth/me"
    members = {"users": ["vera@example.com"]}

    def roles() -> list[str]:
        found: list[str] = httpx.get(me, headers=headers).json()["roles"]
        return found

    assert roles() == ["viewer"]
    added = people.at_hub("root", "POST", "groups/peter-authors/users", members)
    assert added.status_code == 200, added.text
    try:
        wait_for(lambda: roles() == ["viewer", "author"], 5, hub.said)
    finally:
        people.at_hub("root", "DELETE", "groups/peter-authors/users", members)
    wait_for(lambda: roles() == ["viewer"], 5, hub.said)


def test_who_runs_the_hub_is_no_admin_of_peter(hub: Hub, people: People) -> None:
    me = httpx.get(f"{hub.peter}api/v1/auth/me", headers=bearer(people.token("root"))).json()
    assert "admin" not in me["roles"]


def test_a_wrong_token_is_not_made_good_by_a_cookie(hub: Hub, people: People) -> None:
    browser = people.browser("ada")
    response = browser.get(f"{hub.peter}api/v1/auth/me", headers=bearer("wrong"))
    assert response.status_code == 401


@pytest.mark.parametrize("token", ["a b", "a\tb", "x" * 5000, "{}", "..", "é"])
def test_a_token_that_cannot_be_one_is_refused(hub: Hub, token: str) -> None:
    headers = {"Authorization": f"Bearer {token}".encode()}
    response = httpx.get(f"{hub.peter}api/v1/auth/me", headers=headers)
    assert response.status_code == 401


def test_headers_beyond_their_limit_end_the_connection(hub: Hub) -> None:
    # The hub's proxy has a limit of its own: this is the service's.
    health = f"http://127.0.0.1:{hub.peter_port}/services/peter/health"
    assert httpx.get(health, headers={"X-Long": "x" * 20_000}).status_code == 200
    with pytest.raises(httpx.TransportError):
        httpx.get(health, headers={"X-Long": "x" * 40_000})
    assert httpx.get(health).status_code == 200


def test_what_is_outside_the_routes_is_told_as_a_problem(hub: Hub, people: People) -> None:
    response = people.browser("vera").get(f"{hub.peter}no/such/page")
    assert (response.status_code, response.json()["code"]) == (404, "not_found")
    assert httpx.get(f"{hub.peter}no/such/page").status_code == 401


def test_the_secrets_of_the_logins_are_in_no_log(hub: Hub, people: People) -> None:
    browser = people.browser("ada")
    log = (hub.folder / "hub.log").read_text(errors="replace")
    assert "GET ListPage" in log
    session = next(c.value for c in browser.cookies.jar if c.name == "jupyterhub-session-id")
    for secret in (people.token("ada"), SCRIPT_TOKEN, "not-a-secret"):
        assert secret not in log
    ours = "\n".join(line for line in log.splitlines() if not line.startswith("["))
    assert str(session) not in ours
