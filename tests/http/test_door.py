"""Who gets in, and with what: authentication, roles, sites, media types, sizes, headers."""

from __future__ import annotations

import logging
from types import SimpleNamespace
from typing import Any
from urllib.parse import parse_qsl, urlsplit

import pytest
from jupyter_server.serverapp import _has_tornado_web_authenticated

from peter_core import telemetry
from peter_core.service import Peter
from peter_jupyter.hosts.jupyter_server import OWN_ROUTES, JupyterHost
from peter_jupyter.http import build_handlers
from peter_jupyter.http.access import METHODS, access_of, needs
from peter_jupyter.http.resource import Resource
from peter_jupyter.http.routes import ROUTES, _handler
from peter_jupyter.http.statuses import STATUSES
from tests.http.conftest import DOCUMENT, Ask

BOARD = "api/v1/dashboards/small-flights"
PUBLIC = {
    ("health", "get"), ("ready", "get"), ("docs", "get"), ("api/v1/openapi.json", "get"),
    ("api/v1/auth/login", "get"),
}  # fmt: skip
PAGES = ("dashboards",)
MOUNTED = (*OWN_ROUTES, *ROUTES)
AUTHORS = {
    ("api/v1/dashboards/validate", "post"), ("api/v1/dashboards/compile", "post"),
    ("api/v1/dashboards/preview", "post"), ("api/v1/dashboards/verify", "post"),
    ("api/v1/dashboards/diff", "post"), ("api/v1/sql/complete", "post"),
    ("api/v1/dashboards", "post"), (BOARD, "put"), (BOARD, "delete"),
    (f"{BOARD}/restore", "post"), (f"{BOARD}/precompute", "post"),
    ("api/v1/sql/run", "post"), ("api/v1/sql/validate", "post"), ("api/v1/sql/explain", "post"),
    ("api/v1/cache", "delete"), ("api/v1/analytics/costs", "get"),
    ("api/v1/hub/dashboards", "get"), ("api/v1/lineage/draft", "post"),
}  # fmt: skip
NO_RIGHT_NEEDED = ("api/none", "api/v1/lineage/impact", "api/v1/auth/logout")
"""What a viewer may although it is no GET: to ask what does not fit into an address, to log out."""
VERBS = [
    (pattern, method)
    for pattern, resource in MOUNTED
    for method in METHODS
    if access_of(getattr(resource, method)) is not None
]
XSRF = "0123456789abcdef"


def path_of(pattern: str) -> str:
    """An address that a pattern matches."""
    return (
        pattern.replace("dashboards/([^/]+)", "dashboards/small-flights")
        .replace("charts/([^/]+)", "charts/delay")
        .replace("(upstream|downstream)/(.+)", "upstream/table:local.nyc.flights")
        .replace("([A-Za-z0-9._-]+)", "page.js")
        .replace("api/.*", "api/none")
    )


def cookies(name: str, xsrf: str | None = XSRF) -> str:
    return f"test-login={name}; _xsrf={XSRF}" if xsrf else f"test-login={name}"


def test_every_verb_but_health_stands_behind_authentication_and_authorization() -> None:
    handlers = build_handlers(JupyterHost, "peter", OWN_ROUTES)
    seen = set()
    for (pattern, resource), (_, handler, _) in zip(MOUNTED, handlers, strict=True):
        for method in METHODS:
            verb = getattr(handler, method)
            if access_of(getattr(resource, method)) is None:
                assert verb in (getattr(Resource, method), getattr(JupyterHost, method))
                continue
            seen.add((pattern, method))
            if (pattern, method) in PUBLIC:
                assert getattr(verb, "__allow_unauthenticated", False)
                continue
            assert _has_tornado_web_authenticated(verb), (pattern, method)
            assert verb.__wrapped__.__code__.co_qualname.startswith("authorized"), (pattern, method)
    assert seen == set(VERBS)


def test_a_verb_that_says_nothing_of_access_cannot_be_mounted() -> None:
    class Open(Resource):
        async def get(self) -> None:
            self.finish()

    with pytest.raises(TypeError, match=r"Open\.get"):
        _handler(Open, JupyterHost)


async def test_nobody_gets_in_without_a_login(ask: Ask) -> None:
    for pattern, method in VERBS:
        path = path_of(pattern)
        reply = await ask(method.upper(), path, who=None)
        if (pattern, method) in PUBLIC:
            assert reply.status == (302 if path.endswith("login") else 200), path
        elif path == "" or path.startswith(PAGES):
            assert reply.status == 302, path
            assert "/login?next=" in reply.headers["Location"]
        else:
            assert (reply.status, reply.json["code"]) == (401, "unauthenticated"), (path, method)
            assert "WWW-Authenticate" in reply.headers


async def test_the_authorizer_of_the_server_has_the_last_word(ask: Ask) -> None:
    for pattern, method in VERBS:
        if (pattern, method) in PUBLIC:
            continue
        reply = await ask(method.upper(), path_of(pattern), who="mallory")
        assert reply.status == 403, (pattern, method)


async def test_a_viewer_reads_and_changes_nothing(ask: Ask, published: str) -> None:
    for pattern, method in VERBS:
        path = path_of(pattern)
        reply = await ask(method.upper(), path, who="vera")
        if (path, method) in AUTHORS:
            assert (reply.status, reply.json["code"]) == (403, "forbidden"), (path, method)
        else:
            assert method == "get" or path in NO_RIGHT_NEEDED, (path, method)
            assert reply.status in (200, 302, 400, 404, 415), (path, reply.body)
    assert (await ask("GET", BOARD)).json["revision"] == published


async def test_a_token_that_nobody_has_is_401(ask: Ask) -> None:
    headers = {"Authorization": "token token-eve"}
    reply = await ask("GET", "api/v1/auth/me", who=None, headers=headers)
    assert (reply.status, reply.json["code"]) == (401, "unauthenticated")


@pytest.mark.parametrize(
    ("headers", "status"),
    [
        ({"Cookie": cookies("alice", None)}, 403),
        ({"Cookie": cookies("alice")}, 403),
        ({"Cookie": cookies("alice"), "X-XSRFToken": "fedcba9876543210"}, 403),
        ({"Cookie": cookies("alice"), "X-XSRFToken": XSRF}, 200),
        ({"Cookie": cookies("alice"), "X-XSRFToken": XSRF, "Sec-Fetch-Site": "same-origin"}, 200),
        ({"Cookie": cookies("alice"), "X-XSRFToken": XSRF, "Sec-Fetch-Site": "cross-site"}, 403),
        ({"Cookie": cookies("alice"), "X-XSRFToken": XSRF, "Sec-Fetch-Site": "same-site"}, 403),
        ({"Cookie": cookies("alice"), "X-XSRFToken": XSRF, "Origin": "https://evil.test"}, 403),
        ({"Cookie": cookies("alice"), "X-XSRFToken": XSRF, "Origin": "null"}, 403),
        ({"Authorization": "token token-alice", "Sec-Fetch-Site": "cross-site"}, 200),
    ],
)
async def test_a_browser_changes_something_only_from_our_own_pages(
    ask: Ask, headers: dict[str, str], status: int
) -> None:
    body = {"sql": "SELECT 1 AS n"}
    reply = await ask("POST", "api/v1/sql/validate", who=None, json_body=body, headers=headers)
    assert reply.status == status, reply.body
    if status == 403:
        assert reply.json["code"] == "cross_site_request"


async def test_reading_with_a_cookie_needs_no_xsrf_token(ask: Ask) -> None:
    reply = await ask("GET", "api/v1/auth/me", who=None, headers={"Cookie": cookies("vera")})
    assert (reply.status, reply.json["email"]) == (200, "vera")


@pytest.mark.parametrize(
    ("asked", "led_to"),
    [
        (None, "dashboards"),
        ("{root}dashboards/small-flights?carrier=AA", "dashboards/small-flights?carrier=AA"),
        ("https://evil.test/", "dashboards"),
        ("//evil.test", "dashboards"),
        ("/lab", "dashboards"),
        ("{root}api/v1/auth/login", "dashboards"),
    ],
)
async def test_the_login_is_the_servers_own_and_leads_back_to_peters_pages(
    ask: Ask, jp_base_url: str, asked: str | None, led_to: str
) -> None:
    root = f"{jp_base_url}peter/"
    query = {} if asked is None else {"next": asked.format(root=root)}
    reply = await ask("GET", "api/v1/auth/login", who=None, **query)
    place = urlsplit(reply.headers["Location"])
    assert (reply.status, place.netloc, place.path) == (302, "", f"{jp_base_url}login")
    assert dict(parse_qsl(place.query)) == {"next": f"{root}{led_to}"}


async def test_whoever_is_logged_in_is_led_on_at_once(ask: Ask, jp_base_url: str) -> None:
    page = f"{jp_base_url}peter/dashboards/small-flights"
    reply = await ask("GET", "api/v1/auth/login", who="vera", next=page)
    assert (reply.status, reply.headers["Location"]) == (302, page)


async def test_a_log_out_makes_a_browser_forget_its_login(ask: Ask) -> None:
    own = {"Cookie": cookies("vera"), "X-XSRFToken": XSRF}
    reply = await ask("POST", "api/v1/auth/logout", who=None, headers=own)
    assert reply.status == 204
    told = reply.headers.get_list("Set-Cookie")
    assert [line for line in told if line.startswith("username-") and '=""' in line]
    assert (await ask("POST", "api/v1/auth/logout", who="vera")).status == 400
    without = {"Cookie": cookies("vera", None)}
    assert (await ask("POST", "api/v1/auth/logout", who=None, headers=without)).status == 403


@pytest.mark.parametrize(
    ("path", "kind"),
    [
        ("api/v1/dashboards", "text/plain"),
        ("api/v1/dashboards", "application/x-www-form-urlencoded"),
        ("api/v1/dashboards", "multipart/form-data; boundary=x"),
        ("api/v1/dashboards", ""),
        ("api/v1/sql/run", "application/yaml"),
        ("api/v1/sql/run", "text/plain"),
        (f"{BOARD}/precompute", "text/plain"),
    ],
)
async def test_other_media_types_are_415(ask: Ask, path: str, kind: str) -> None:
    reply = await ask("POST", path, body=b"a=b", headers={"Content-Type": kind})
    assert (reply.status, reply.json["code"]) == (415, "unsupported_media_type")


async def test_compressed_bodies_are_415(ask: Ask) -> None:
    headers = {"Content-Encoding": "gzip"}
    reply = await ask("POST", "api/v1/dashboards", yaml=DOCUMENT, headers=headers)
    assert reply.status == 415


@pytest.mark.parametrize("size", [2**20 + 1, 8 * 2**20])
async def test_a_body_beyond_1_mb_is_413(ask: Ask, size: int) -> None:
    kind = {"Content-Type": "application/yaml"}
    reply = await ask("POST", "api/v1/dashboards", body=b"#" * size, headers=kind)
    assert (reply.status, reply.json["code"]) == (413, "body_too_large")


async def test_the_largest_body_is_what_the_settings_say(ask: Ask, jp_web_app: Any) -> None:
    jp_web_app.settings["peter_service"].max_body = 2_000
    for size, status in ((2_000, 200), (2_001, 413)):
        body = b'{"sql": "SELECT 1 AS n"}'.ljust(size)
        reply = await ask(
            "POST", "api/v1/sql/validate", body=body, headers={"Content-Type": "application/json"}
        )
        assert reply.status == status, reply.body
    assert "2,000 bytes" in reply.json["detail"]


async def test_a_body_that_does_not_tell_its_size_is_counted(
    jp_serverapp: Any, jp_base_url: str, http_server_client: Any
) -> None:
    async def pour(write: Any) -> None:
        for _ in range(40):
            await write(b"#" * 2**16)

    response = await http_server_client.fetch(
        f"{jp_base_url}peter/api/v1/dashboards/validate", method="POST", body_producer=pour,
        headers={"Authorization": "token token-alice", "Content-Type": "application/yaml"},
        raise_error=False,
    )  # fmt: skip
    assert response.code == 413


def test_no_more_of_a_body_is_held_than_tells_that_it_is_too_large() -> None:
    reading = SimpleNamespace(_body=bytearray(), pool=SimpleNamespace(max_body=1_000))
    for _ in range(100):
        Resource.data_received(reading, b"#" * 300)  # type: ignore[arg-type]
    assert 1_000 < len(reading._body) <= 1_300


async def test_a_document_beyond_its_own_limit_is_a_problem_of_the_document(ask: Ask) -> None:
    reply = await ask("POST", "api/v1/dashboards", yaml=DOCUMENT + "#" * 300_000)
    assert (reply.status, reply.json["code"]) == (422, "document_invalid")


async def test_an_unknown_method_is_405_and_names_the_known(ask: Ask) -> None:
    reply = await ask("DELETE", "api/v1/dashboards")
    assert (reply.status, reply.json["code"]) == (405, "method_not_allowed")
    assert reply.headers["Allow"] == "GET, HEAD, OPTIONS, POST"


async def test_an_unknown_address_of_the_api_is_a_problem(ask: Ask) -> None:
    reply = await ask("GET", "api/v1/dashbords")
    assert (reply.status, reply.json["code"]) == (404, "not_found")


async def test_a_problem_has_every_member_of_its_kind(ask: Ask) -> None:
    reply = await ask("GET", BOARD, headers={"X-Request-Id": "abc-123"})
    assert reply.headers["Content-Type"] == "application/problem+json"
    assert reply.headers["X-Request-Id"] == "abc-123"
    problem = reply.json
    assert problem["type"] == "urn:peter:problem:not_found"
    assert (problem["status"], problem["title"], problem["code"]) == (404, "Not found", "not_found")
    assert (problem["trace_id"], problem["problems"]) == ("abc-123", [])
    assert "small-flights" in problem["detail"]


@pytest.mark.parametrize("asked", ["a b", "x" * 65, "<script>", "a;b"])
async def test_a_request_id_that_is_none_is_replaced(ask: Ask, asked: str) -> None:
    reply = await ask("GET", "health", headers={"X-Request-Id": asked})
    assert reply.headers["X-Request-Id"] != asked
    assert len(reply.headers["X-Request-Id"]) == 16


async def test_the_id_of_a_request_follows_its_work_into_the_threads(
    ask: Ask, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    seen: list[str | None] = []
    listed = Peter.list

    def noted(self: Peter, **more: Any) -> Any:
        seen.append(telemetry.request_id())
        return listed(self, **more)

    monkeypatch.setattr(Peter, "list", noted)
    with caplog.at_level(logging.INFO, logger="peter.http"):
        await ask("GET", "api/v1/dashboards", headers={"X-Request-Id": "trace-me"}, q="canary")
    assert seen == ["trace-me"]
    told = next(r for r in caplog.records if "request=trace-me" in r.getMessage())
    assert (told.route, told.status) == ("/api/v1/dashboards", 200)  # type: ignore[attr-defined]
    assert telemetry.request_id() is None


async def test_no_log_of_the_host_holds_the_arguments_of_an_address(
    ask: Ask, caplog: pytest.LogCaptureFixture
) -> None:
    with caplog.at_level(logging.DEBUG):
        await ask("GET", "api/v1/dashboards", q="canary-argument")
        await ask("GET", "api/v1/dashbords", q="canary-argument")
    ours = [r.getMessage() for r in caplog.records if r.name != "tornado.curl_httpclient"]
    assert not any("canary-argument" in line for line in ours)


async def test_a_script_that_sends_its_token_is_given_no_login_cookie(ask: Ask) -> None:
    reply = await ask("GET", "api/v1/auth/me")
    assert "Set-Cookie" not in reply.headers


async def test_every_answer_is_told_not_to_be_sniffed_framed_or_kept(ask: Ask) -> None:
    for reply in (await ask("GET", "api/v1/auth/me"), await ask("GET", BOARD)):
        assert reply.headers["X-Content-Type-Options"] == "nosniff"
        assert reply.headers["Referrer-Policy"] == "no-referrer"
        assert reply.headers["Cache-Control"] == "no-store"
        assert "default-src 'none'" in reply.headers["Content-Security-Policy"]
        assert "Server" not in reply.headers


async def test_what_nobody_meant_is_500_without_details(
    ask: Ask, jp_web_app: Any, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    def broken(*_: object, **__: object) -> object:
        raise RuntimeError("hunter2 was the password")

    monkeypatch.setattr("peter_core.service.Peter.list", broken)
    with caplog.at_level(logging.DEBUG):
        reply = await ask("GET", "api/v1/dashboards", headers={"X-Request-Id": "find-me"})
    assert (reply.status, reply.json["code"]) == (500, "internal_error")
    assert reply.json["trace_id"] == "find-me"
    assert b"hunter2" not in reply.body
    assert "RuntimeError" not in reply.body.decode()
    assert "hunter2" not in caplog.text
    told = next(r.getMessage() for r in caplog.records if "failed with RuntimeError" in r.message)
    assert "request=find-me" in told


async def test_the_log_holds_no_text_of_a_request(
    ask: Ask, published: str, caplog: pytest.LogCaptureFixture
) -> None:
    with caplog.at_level(logging.DEBUG, logger="peter.http"):
        await ask("POST", "api/v1/sql/run", json_body={"sql": "SELECT 'canary-1' AS x"})
        await ask("GET", f"{BOARD}/data", carrier="canary-2")
    lines = [r.getMessage() for r in caplog.records if r.name.startswith("peter")]
    assert any("RunResource status=200" in line for line in lines)
    assert not any("canary" in line for line in lines)


def test_every_error_of_the_core_has_a_status() -> None:
    from peter_core import errors

    kinds = [kind for kind in vars(errors).values()
             if isinstance(kind, type) and issubclass(kind, errors.PeterError)]  # fmt: skip
    assert len(kinds) > 15
    assert {kind.code for kind in kinds} <= set(STATUSES)


def test_a_role_includes_the_ones_below_it() -> None:
    async def verb(self: object) -> None:
        return None

    assert access_of(needs("admin")(verb)) == "admin"
    assert access_of(verb) is None
