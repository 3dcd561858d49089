"""A Jupyter Server with Peter's extension over a small workspace, and people with tokens."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

import pytest
from jupyter_server.auth import Authorizer, IdentityProvider, User
from pytest_jupyter.jupyter_server import *  # noqa: F403  # its fixtures, for this folder only
from tornado.httpclient import AsyncHTTPClient, HTTPResponse

from tests.small_flights import AIRLINES, write_tables

HOSTILE_AIRLINES = AIRLINES + "XX,=HYPERLINK(1)\n"

DOCUMENT = """\
# Departures
version: 1
slug: small-flights
title: Small flights
description: Departures of three days.
owner: ops@example.com
tags: [operations]
refresh: {every: 1d}
filters:
  carrier: {type: select, options: {query: carriers, value: carrier, label: name}, default: null}
queries:
  daily:
    sql: |
      SELECT flight_date, COUNT(*) AS flights, AVG(dep_delay) AS delay
      FROM nyc.flights
      WHERE @carrier IS NULL OR carrier = @carrier
      GROUP BY flight_date ORDER BY flight_date
    checks:
      - rows: {min: 1}
  carriers: {sql: "SELECT carrier, name FROM nyc.airlines ORDER BY name"}
charts:
  flights: {type: kpi, query: daily, title: Departures, value: flights, aggregate: sum}
  delay: {type: line, query: daily, title: Average delay, x: flight_date, y: delay}
  airlines: {type: table, query: carriers, title: Airlines}
  about: {type: text, markdown: "What this is."}
"""

PEOPLE = {"alice": "author", "bob": "author", "vera": "viewer", "ada": "admin", "mallory": "author"}
"""Username to role; a user's token is ``token-`` and the name. The authorizer refuses Mallory."""

SLOW = "SELECT SUM(MOD(a * b, 7)) AS n FROM UNNEST(GENERATE_ARRAY(1, 40000)) AS a, " \
    "UNNEST(GENERATE_ARRAY(1, 40000)) AS b"  # fmt: skip


class Tokens(IdentityProvider):
    """Knows people by their tokens; a cookie carries a name, as a login would leave it."""

    async def get_user(self, handler: Any) -> User | None:
        given = handler.request.headers.get("Authorization", "").removeprefix("token token-")
        if given in PEOPLE:
            handler._token_authenticated = True
            return User(given, given.title(), given.title())
        cookie = handler.get_cookie("test-login")
        return User(cookie, cookie.title(), cookie.title()) if cookie in PEOPLE else None

    def is_token_authenticated(self, handler: Any) -> bool:
        return getattr(handler, "_token_authenticated", False)


class Careful(Authorizer):
    """Lets everybody in but Mallory, and only to Peter."""

    def is_authorized(self, handler: Any, user: User, action: str, resource: str) -> bool:
        return user.username != "mallory" and resource == "peter"


@dataclass
class Reply:
    """An answer that is not raised, whatever its status."""

    response: HTTPResponse

    @property
    def status(self) -> int:
        return self.response.code

    @property
    def headers(self) -> Any:
        return self.response.headers

    @property
    def body(self) -> bytes:
        return self.response.body or b""

    @property
    def json(self) -> Any:
        return json.loads(self.body)


Ask = Callable[..., Awaitable[Reply]]


@pytest.fixture
def workspace(tmp_path: Path) -> Path:
    """A folder with two small tables."""
    return write_tables(tmp_path / "workspace", airlines=HOSTILE_AIRLINES)


@pytest.fixture
def peter_config() -> dict[str, Any]:
    """Settings of the extension that a test module may change."""
    return {}


@pytest.fixture
def jp_server_config(workspace: Path, peter_config: dict[str, Any]) -> dict[str, Any]:
    """The extension enabled, nothing open to the unauthenticated."""
    return {
        "ServerApp": {
            "jpserver_extensions": {"peter_jupyter": True, "jupyter_server_terminals": False},
            "allow_unauthenticated_access": False,
            "identity_provider_class": Tokens,
            "authorizer_class": Careful,
        },
        "PeterServerApp": {"folder": str(workspace), "roles": PEOPLE, **peter_config},
    }


@pytest.fixture
def ask(jp_serverapp: Any, jp_base_url: str, http_server_client: AsyncHTTPClient) -> Ask:
    """Send a request below ``peter/``; ``who`` is the person whose token it carries."""

    async def asked(
        method: str,
        path: str,
        *,
        who: str | None = "alice",
        json_body: object = None,
        yaml: str | None = None,
        body: bytes | None = None,
        headers: dict[str, str] | None = None,
        **query: object,
    ) -> Reply:
        sent = dict(headers or {})
        if who is not None:
            sent.setdefault("Authorization", f"token token-{who}")
        if json_body is not None:
            body, sent["Content-Type"] = json.dumps(json_body).encode(), "application/json"
        if yaml is not None:
            body, sent["Content-Type"] = yaml.encode(), "application/yaml"
        url = f"{jp_base_url}peter/{path}"
        if query:
            url += "?" + urlencode(query, doseq=True)
        response = await http_server_client.fetch(
            url, method=method, headers=sent, body=body, raise_error=False,
            allow_nonstandard_methods=True, follow_redirects=False, request_timeout=120,
            decompress_response=False,
        )  # fmt: skip
        return Reply(response)

    return asked


@pytest.fixture
def published(ask: Ask, jp_asyncio_loop: asyncio.AbstractEventLoop) -> str:
    """The revision of the document, published by Alice."""
    reply = jp_asyncio_loop.run_until_complete(ask("POST", "api/v1/dashboards", yaml=DOCUMENT))
    assert reply.status == 201, reply.body
    revision: str = reply.json["revision"]
    return revision
