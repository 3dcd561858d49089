"""Every route, every method, every kind of caller: each has a stated answer, and none is left out.

What is stated here is written by hand: a route that is new, or that opens up, fails a test.
"""

from __future__ import annotations

import datetime as dt
import hashlib
from collections.abc import Iterator
from dataclasses import dataclass, field

import httpx
import pytest

from peter_core.principal import Principal, Role
from peter_core.store.database import Database
from peter_core.store.sessions import SessionStore, TokenStore
from peter_jupyter.hosts.standalone.app import LOGIN_ROUTES
from peter_jupyter.http.routes import ROUTES
from tests.hosts.standalone.house import LOGOUT, ME, House, xsrf

SLUG = "([^/]+)"
BOARD = f"api/v1/dashboards/{SLUG}"
READ, WRITE = {"GET": "viewer"}, {"POST": "author"}

STATED: dict[str, dict[str, str]] = {
    "health": {"GET": "anybody"},
    "ready": {"GET": "anybody"},
    "docs": {"GET": "anybody"},
    "api/v1/openapi.json": {"GET": "anybody"},
    "api/v1/auth/login": {"GET": "anybody"},
    "api/v1/auth/callback": {"GET": "anybody"},
    "api/v1/auth/logout": {"POST": "viewer"},
    "api/v1/auth/me": READ,
    "api/v1/dashboards/validate": WRITE,
    "api/v1/dashboards/compile": WRITE,
    "api/v1/dashboards/preview": WRITE,
    "api/v1/dashboards/verify": WRITE,
    "api/v1/dashboards/diff": WRITE,
    "api/v1/dashboards": {"GET": "viewer", "POST": "author"},
    BOARD: {"GET": "viewer", "PUT": "author", "DELETE": "author"},
    f"{BOARD}/revisions": READ,
    f"{BOARD}/restore": WRITE,
    f"{BOARD}/diff": READ,
    f"{BOARD}/data": READ,
    f"{BOARD}/charts/([^/]+)/data": READ,
    f"{BOARD}/freshness": READ,
    f"{BOARD}/precompute": WRITE,
    f"{BOARD}/lineage": READ,
    "api/v1/sql/run": WRITE,
    "api/v1/sql/validate": WRITE,
    "api/v1/sql/explain": WRITE,
    "api/v1/sql/complete": WRITE,
    "api/v1/cache": {"DELETE": "author"},
    "api/v1/cache/stats": READ,
    "api/v1/lineage/(upstream|downstream)/(.+)": READ,
    "api/v1/lineage/impact": {"POST": "viewer"},
    "api/v1/lineage/draft": WRITE,
    "api/v1/analytics/costs": {"GET": "author"},
    "": READ,
    "dashboards": READ,
    f"dashboards/{SLUG}": READ,
    f"dashboards/{SLUG}/export": READ,
    f"dashboards/{SLUG}/lineage": READ,
    "static/([A-Za-z0-9._-]+)": READ,
    "api/.*": {"GET": "viewer", "POST": "viewer", "PUT": "viewer", "DELETE": "viewer"},
}
"""Pattern to method to the role it needs. Every other method is 405 for everybody."""

PAGES = (
    "", "dashboards", f"dashboards/{SLUG}", f"dashboards/{SLUG}/export",
    f"dashboards/{SLUG}/lineage",
)  # fmt: skip
METHODS = ("GET", "HEAD", "OPTIONS", "POST", "PUT", "DELETE", "PATCH")
ORDER: tuple[Role, ...] = ("viewer", "author", "admin")


@dataclass(frozen=True)
class Kind:
    """One kind of caller: its role, when it has one, and what it sends."""

    role: Role | None
    client: httpx.Client
    headers: dict[str, str] = field(default_factory=dict)


@pytest.fixture(scope="module")
def callers(house: House) -> Iterator[dict[str, Kind]]:
    """A caller of each kind, with credentials that were all real once."""
    database = Database(f"sqlite:///{house.ledger}")
    sessions, tokens = SessionStore(database), TokenStore(database)
    now = dt.datetime.now(dt.UTC)
    clients: list[httpx.Client] = []

    def browser(cookie: str | None = None) -> httpx.Client:
        made = httpx.Client(base_url=house.url, timeout=60, verify=False)  # noqa: S501
        if cookie is not None:
            made.cookies.set("peter-session", cookie, domain="127.0.0.1", path="/")
        clients.append(made)
        return made

    def session(email: str, role: Role, age: dt.timedelta = dt.timedelta()) -> str:
        who = Principal(email, "", frozenset({role}), "standalone")
        return sessions.create(who, at=now - age, lifetime=dt.timedelta(days=7))[0]

    def token(owner: str, role: Role, **more: dt.datetime) -> tuple[dict[str, str], str]:
        secret, made = tokens.create("t", owner=owner, roles={role}, at=now, **more)
        return {"Authorization": f"Bearer {secret}"}, made.id

    def logged_in(email: str, role: Role) -> Kind:
        client = browser(session(email, role))
        return Kind(role, client, xsrf(client))

    revoked = session("ada@example.com", "admin")
    sessions.revoke(revoked)
    revoked_token, token_id = token("ada@example.com", "admin")
    tokens.revoke(token_id, at=now)
    ended_token, token_id = token("ada@example.com", "admin")
    ended = f"{now - dt.timedelta(days=1):%Y-%m-%dT%H:%M:%S.%fZ}"
    house.change_ledger("UPDATE api_tokens SET expires_at = ? WHERE id = ?", ended, token_id)
    idle = browser(session("ada@example.com", "admin"))
    digest = hashlib.sha256(idle.cookies["peter-session"].encode()).hexdigest()
    house.change_ledger("UPDATE sessions SET seen_at = ? WHERE hash = ?", ended, digest)
    yield {
        "anonymous": Kind(None, browser()),
        "viewer": logged_in("vera@example.com", "viewer"),
        "author": logged_in("alice@example.com", "author"),
        "admin": logged_in("ada@example.com", "admin"),
        "expired": Kind(None, browser(session("ada@example.com", "admin", dt.timedelta(days=8)))),
        "idle": Kind(None, idle),
        "revoked": Kind(None, browser(revoked)),
        "unlisted": Kind(None, browser(session("eve@example.com", "admin"))),
        "admins_viewer_token": Kind("viewer", browser(), token("ada@example.com", "viewer")[0]),
        "viewers_admin_token": Kind("viewer", browser(), token("vera@example.com", "admin")[0]),
        "author_token": Kind("author", browser(), token("alice@example.com", "author")[0]),
        "unlisted_token": Kind(None, browser(), token("eve@example.com", "admin")[0]),
        "revoked_token": Kind(None, browser(), revoked_token),
        "expired_token": Kind(None, browser(), ended_token),
    }
    for client in clients:
        client.close()
    database.close()


def _place(pattern: str) -> str:
    for part, value in (
        (SLUG, "nothing-here"), ("(upstream|downstream)", "upstream"), ("(.+)", "table:local.a.b"),
        ("([A-Za-z0-9._-]+)", "page.js"), (".*", "nowhere"),
    ):  # fmt: skip
        pattern = pattern.replace(part, value)
    return f"/{pattern}"


def _stated(pattern: str, method: str) -> str | None:
    if method == "OPTIONS":
        return "anybody"
    if (pattern, method) == ("api/v1/auth/callback", "HEAD"):
        return None
    return STATED[pattern].get("GET" if method == "HEAD" else method)


def _wrong(pattern: str, method: str, kind: Kind, answer: httpx.Response) -> str | None:
    """What is wrong with an answer."""
    needed, status = _stated(pattern, method), answer.status_code
    if needed is None:
        return None if status == 405 else "must be 405"
    if needed == "anybody":
        # The callback itself answers 400 to whoever brings nothing.
        return "must be open" if status in (401, 403, 405) or status >= 500 else None
    if kind.role is None:
        if pattern in PAGES:
            sent = answer.headers.get("Location", "")
            return None if status == 302 and sent.startswith("/api/v1/auth/login?next=") \
                else "must lead to the login"  # fmt: skip
        return None if status == 401 and "Location" not in answer.headers else "must be 401"
    if ORDER.index(kind.role) < ORDER.index(needed):  # type: ignore[arg-type]
        return None if status == 403 else "must be 403"
    return "must be let through" if status in (401, 403, 405) or status >= 500 else None


def test_no_route_is_unlisted_and_none_is_listed_that_is_gone() -> None:
    assert {pattern for pattern, _ in (*ROUTES, *LOGIN_ROUTES)} == set(STATED)


@pytest.mark.parametrize("pattern", [p for p in STATED if p != "api/v1/auth/logout"])
def test_each_caller_gets_what_is_stated_of_a_route(
    house: House, callers: dict[str, Kind], pattern: str
) -> None:
    faults = []
    for method in METHODS:
        for name, kind in callers.items():
            answer = kind.client.request(method, _place(pattern), headers=kind.headers)
            fault = _wrong(pattern, method, kind, answer)
            if fault:
                faults.append(f"{method} by {name}: {answer.status_code}, {fault}")
    assert not faults, f"/{pattern}: " + "; ".join(faults)
    # Nobody's session went with it.
    assert callers["admin"].client.get(ME).status_code == 200


def test_a_logout_is_for_whoever_is_logged_in(house: House, callers: dict[str, Kind]) -> None:
    for kind in callers.values():
        for method in ("GET", "HEAD", "PUT", "DELETE", "PATCH"):
            answer = kind.client.request(method, LOGOUT, headers=kind.headers)
            assert answer.status_code == 405
    for name, kind in callers.items():
        answer = kind.client.post(LOGOUT, headers=kind.headers)
        ends = 204 if "Authorization" not in kind.headers else 400
        assert answer.status_code == (401 if kind.role is None else ends), name


def test_every_answer_carries_the_headers_of_safety(house: House) -> None:
    browser = house.logged_in()
    for pattern in (*STATED, "nowhere"):
        if pattern == "api/v1/auth/logout":
            continue
        answer = browser.get(_place(pattern))
        policy = answer.headers["Content-Security-Policy"]
        assert "default-src 'none'" in policy and "unsafe-eval" not in policy, pattern
        assert answer.headers["X-Content-Type-Options"] == "nosniff"
        assert answer.headers["Referrer-Policy"] == "no-referrer"
        assert "Server" not in answer.headers
        assert answer.headers["Cache-Control"].startswith(("no-store", "private", "no-cache")), (
            pattern
        )


def test_only_the_servers_own_name_is_answered_to(house: House) -> None:
    for host in ("evil.example", "127.0.0.1.evil.example", "127.0.0.1"):
        for place in ("/", "/api/v1/auth/me", "/health"):
            answer = house.browser().get(place, headers={"Host": host})
            assert answer.status_code == 403, (host, place)


def test_headers_beyond_their_limit_end_the_connection(house: House) -> None:
    browser = house.browser()
    assert browser.get("/health", headers={"X-Long": "x" * 20_000}).status_code == 200
    with pytest.raises(httpx.TransportError):
        browser.get("/health", headers={"X-Long": "x" * 40_000})
    assert browser.get("/health").status_code == 200
