"""The dashboards of the server that a Jupyter Server knows by its environment."""

from __future__ import annotations

import json
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest

from tests.http.conftest import Ask

SHARED = "api/v1/hub/dashboards"


@pytest.fixture(autouse=True)
def _no_server(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("PETER_URL", "PETER_TOKEN", "JUPYTERHUB_API_TOKEN"):
        monkeypatch.delenv(name, raising=False)


async def test_without_a_shared_server_there_is_none(ask: Ask) -> None:
    reply = await ask("GET", SHARED)
    assert (reply.status, reply.json["url"], reply.json["problem"]) == (200, None, None)


async def test_an_address_that_is_none_is_told(ask: Ask, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PETER_URL", "ftp://peter")
    reply = await ask("GET", SHARED)
    assert (reply.status, reply.json["url"], reply.json["dashboards"]) == (200, None, [])
    assert "Write it whole" in reply.json["problem"]


@pytest.fixture
def elsewhere() -> Iterator[str]:
    """Another server with one dashboard, for whoever has its token; its address."""
    entry = {
        "slug": "sales", "title": "Sales", "revision": "4f2c91a1", "published_by": "ada@x.org",
        "published_at": "2026-11-23T03:00:00Z", "description": None, "owner": None, "tags": [],
    }  # fmt: skip
    listed = {"dashboards": [entry], "total": 1, "page": 1, "page_size": 200}

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            known = self.headers["Authorization"] == "Bearer its-token"
            asked = self.path.startswith("/services/peter/api/v1/dashboards?")
            body = json.dumps(listed if known else {"code": "unauthenticated"}).encode()
            self.send_response(200 if known and asked else 401)
            self.send_header("Content-Type", "application/json")
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, format: str, *args: object) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    yield f"http://127.0.0.1:{server.server_address[1]}/services/peter"
    server.shutdown()
    server.server_close()
    thread.join()


async def test_the_dashboards_of_the_shared_server_are_listed_with_its_address(
    ask: Ask, elsewhere: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PETER_URL", elsewhere)
    monkeypatch.setenv("PETER_TOKEN", "its-token")
    reply = await ask("GET", SHARED)
    assert reply.status == 200, reply.body
    assert (reply.json["url"], reply.json["problem"]) == (elsewhere, None)
    assert [entry["slug"] for entry in reply.json["dashboards"]] == ["sales"]


@pytest.mark.parametrize("reachable", [True, False])
async def test_a_shared_server_that_gives_no_list_is_told_in_words_without_its_token(
    ask: Ask, elsewhere: str, monkeypatch: pytest.MonkeyPatch, reachable: bool
) -> None:
    monkeypatch.setenv("PETER_URL", elsewhere if reachable else "http://127.0.0.1:9/peter")
    monkeypatch.setenv("PETER_TOKEN", "wrong-token")
    reply = await ask("GET", SHARED)
    assert (reply.status, reply.json["dashboards"]) == (200, [])
    assert reply.json["problem"]
    assert "wrong-token" not in reply.body.decode()


async def test_why_there_is_no_list_is_told_in_the_language_of_whoever_asks(
    ask: Ask, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PETER_URL", "http://127.0.0.1:9/peter")
    reply = await ask("GET", SHARED, headers={"Accept-Language": "fr-CH"})
    assert reply.json["problem"] == (
        "http://127.0.0.1:9/peter est injoignable. Vérifiez l’adresse et que le serveur tourne."
    )


async def test_who_only_looks_does_not_use_the_servers_token(ask: Ask) -> None:
    assert (await ask("GET", SHARED, who="vera")).status == 403
