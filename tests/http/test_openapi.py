"""The API's description: complete, valid, true to what is served, and enough to make a client."""

from __future__ import annotations

import importlib
import json
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from openapi_spec_validator import validate
from pydantic import BaseModel

from peter_core.dashboard.model import RESERVED_ARGUMENTS
from peter_jupyter.hosts.hub.resources import OWN_ROUTES as HUB_ROUTES
from peter_jupyter.hosts.jupyter_server import OWN_ROUTES as JUPYTER_ROUTES
from peter_jupyter.hosts.jupyter_server import JupyterHost
from peter_jupyter.hosts.standalone.app import LOGIN_ROUTES
from peter_jupyter.http.accepting import JSON
from peter_jupyter.http.access import METHODS, access_of
from peter_jupyter.http.host import HostName
from peter_jupyter.http.models.artifact import ArtifactAnswer
from peter_jupyter.http.openapi import openapi_document, reference_page
from peter_jupyter.http.openapi.examples import EXAMPLES
from peter_jupyter.http.openapi.paths import operations_of
from peter_jupyter.http.operations import Operation
from peter_jupyter.http.resource import SECRET_ARGUMENTS, Missing
from peter_jupyter.http.routes import ROUTES
from peter_jupyter.http.statuses import STATUSES
from tests.http.conftest import DOCUMENT, Ask
from tests.http.test_door import path_of

BOARD = "api/v1/dashboards/small-flights"
MOUNTED: dict[HostName, Any] = {
    "jupyter": (*JUPYTER_ROUTES, *ROUTES),
    "hub": (*HUB_ROUTES, *ROUTES),
    "standalone": (*LOGIN_ROUTES, *ROUTES),
}
LOGIN = ("/api/v1/auth/login", "/api/v1/auth/callback", "/api/v1/auth/logout")


def said() -> Iterator[tuple[str, str, Operation]]:
    """Pattern, method and operation of everything that is documented."""
    for pattern, resource in MOUNTED["jupyter"]:
        for method, known in operations_of(resource).items():
            yield pattern, method, known


def described(host: HostName = "jupyter") -> dict[str, Any]:
    """The document as a program reads it."""
    made: dict[str, Any] = json.loads(json.dumps(openapi_document(MOUNTED[host], host, "/peter/")))
    return made


@pytest.mark.parametrize("host", MOUNTED)
def test_the_document_is_valid_openapi(host: HostName) -> None:
    made = described(host)
    validate(made)
    assert made["openapi"].startswith("3.1.")
    assert set(made["components"]["securitySchemes"]) == {"token", "login", "xsrf"}


@pytest.mark.parametrize("host", MOUNTED)
def test_every_route_and_method_is_in_the_document_and_nothing_else(host: HostName) -> None:
    mounted = {
        (resource, method)
        for _, resource in MOUNTED[host]
        for method in METHODS
        if access_of(getattr(resource, method)) and resource is not Missing
    }
    known = {
        (resource, method)
        for _, resource in MOUNTED[host]
        for method in operations_of(resource)
    }  # fmt: skip
    assert mounted == known
    told = [each for methods in described(host)["paths"].values() for each in methods.values()]
    names = {each["operationId"] for each in told}
    assert len(names) == len(told) == len(mounted)


@pytest.mark.parametrize("host", ["hub", "standalone"])
def test_a_login_is_described_where_the_host_has_one(host: HostName) -> None:
    paths = described(host)["paths"]
    login, callback, logout = (paths[path] for path in LOGIN)
    for part in (login["get"], callback["get"]):
        assert part["security"] == []
        assert set(part["responses"]) >= {"302", "400", "429", "503"}
        assert "Location" in part["responses"]["302"]["headers"]
    assert {given["name"] for given in callback["get"]["parameters"]} >= {"state", "code"}
    assert set(logout["post"]["responses"]) >= {"204", "403"}
    assert not paths.keys() & {"/oauth_callback"}


def test_a_jupyter_server_logs_in_by_its_own_pages_and_nobody_comes_back_to_peter() -> None:
    login, callback, logout = LOGIN
    paths = described("jupyter")["paths"]
    assert "302" in paths[login]["get"]["responses"]
    assert "204" in paths[logout]["post"]["responses"]
    assert callback not in paths


def test_every_operation_says_its_role_and_only_open_ones_need_no_login() -> None:
    open_to_all = {
        path
        for path, methods in described()["paths"].items()
        for method in methods.values()
        if method["security"] == []
    }
    assert open_to_all == {
        "/health", "/ready", "/docs", "/api/v1/openapi.json", "/api/v1/auth/login"
    }  # fmt: skip
    for path, methods in described()["paths"].items():
        for method, told in methods.items():
            if path not in open_to_all:
                assert "Needs the role" in told["description"], (path, method)
                assert ("xsrf" in told["security"][1]) is (method != "get")


def test_every_code_is_a_documented_answer_of_something() -> None:
    used = json.dumps(described()["components"]["responses"])
    # `error` stands for the whole tree, the others are told by the login pages of hosts.
    unused = {code for code in STATUSES if f'"{code}"' not in used}
    assert unused <= {"error", "login_unavailable"}


def test_every_example_fits_its_model() -> None:
    seen = set()
    for _, _, known in said():
        found = EXAMPLES.get(known.name, {})
        seen.add(known.name)
        if "body" in found:
            assert known.body is not None
            known.body.model_validate_json(json.dumps(found["body"]))
        if "answer" in found:
            model = next(iter(known.answers.values()))[JSON]
            assert model is not None
            assert issubclass(model, BaseModel)
            again = model.model_validate_json(json.dumps(found["answer"]))
            assert set(again.model_dump(by_alias=True)) == set(found["answer"])  # type: ignore[call-overload]
    assert set(EXAMPLES) <= seen


def test_every_body_has_an_example() -> None:
    for _, _, known in said():
        if known.body:
            assert "body" in EXAMPLES[known.name], known.name


async def test_the_document_is_served_to_anybody_and_names_its_server(
    ask: Ask, jp_base_url: str
) -> None:
    reply = await ask("GET", "api/v1/openapi.json", who=None)
    assert (reply.status, reply.headers["Content-Type"]) == (200, "application/json")
    assert reply.json["servers"] == [{"url": f"{jp_base_url}peter"}]
    again = await ask(
        "GET", "api/v1/openapi.json", who=None, headers={"If-None-Match": reply.headers["ETag"]}
    )
    assert again.status == 304


async def test_the_docs_page_needs_no_login_no_script_and_no_other_server(ask: Ask) -> None:
    reply = await ask("GET", "docs", who=None)
    page = reply.body.decode()
    assert reply.status == 200
    assert "script-src" not in reply.headers["Content-Security-Policy"]
    assert "default-src 'none'" in reply.headers["Content-Security-Policy"]
    assert "<script" not in page
    assert "http://" not in page.replace("http://json-schema.org", "")
    for _, _, known in said():
        assert f'<details id="{known.name}">' in page


def test_texts_of_the_document_are_escaped_on_the_page() -> None:
    made = described()
    made["info"]["description"] = "<script>alert(1)</script>"
    made["paths"]["/health"]["get"]["summary"] = '"><img src=x onerror=alert(1)>'
    page = reference_page(made, "x")
    assert "<script" not in page
    assert "<img" not in page


async def test_no_address_takes_an_argument_that_is_not_documented(
    ask: Ask, published: str
) -> None:
    for pattern, method, known in said():
        body = b"{}" if known.body else None
        kind = {"Content-Type": JSON} if body else {}
        reply = await ask(
            method.upper(), path_of(pattern), who="ada", body=body, headers=kind, no_such=1
        )
        told = reply.json if reply.headers["Content-Type"].endswith("json") else {}
        if known.filters and method == "get" and "dashboards/" in pattern and "api" not in pattern:
            # A page shows the wrong filter where the reader can change it.
            assert reply.status in (200, 400), pattern
        elif known.filters and method == "post":
            assert reply.status in (400, 422), (pattern, reply.body)
        else:
            assert reply.status == 400, (pattern, method, reply.status, reply.body)
            assert not told or "no_such" in told["detail"], (pattern, told)


def test_no_filter_can_have_the_name_of_an_argument_that_stands_beside_it() -> None:
    beside = {name for _, _, known in said() if known.filters for name in known.arguments}
    assert beside >= {"charts", "refresh", "revision"}
    assert beside | SECRET_ARGUMENTS | JupyterHost.host_arguments <= RESERVED_ARGUMENTS


@pytest.mark.parametrize("name", ["access_token", "api_key", "_xsrf"])
async def test_a_token_in_an_address_is_refused(ask: Ask, published: str, name: str) -> None:
    for path in ("api/v1/auth/me", f"{BOARD}/data"):
        reply = await ask("GET", path, **{name: "canary-secret"})
        assert (reply.status, reply.json["code"]) == (400, "invalid_request")
        assert "canary" not in reply.body.decode()
        assert "Authorization" in reply.json["hint"]


async def test_the_artifact_is_what_the_document_says(ask: Ask, published: str) -> None:
    for query in ({}, {"carrier": "AA"}, {"carrier": "nobody"}):
        reply = await ask("GET", f"{BOARD}/data", **query)
        ArtifactAnswer.model_validate_json(reply.body)


async def test_head_answers_like_get_without_a_body(ask: Ask, published: str) -> None:
    for path in ("health", "api/v1/dashboards", BOARD, f"{BOARD}/data", "dashboards", "docs"):
        got, head = await ask("GET", path), await ask("HEAD", path)
        assert (head.status, head.body) == (got.status, b""), path
        assert head.headers["Content-Type"] == got.headers["Content-Type"]
        assert head.headers["Content-Length"] == got.headers["Content-Length"]
    assert (await ask("HEAD", "api/v1/auth/me", who=None)).status == 401


async def test_options_names_the_methods_and_opens_nothing_to_other_sites(ask: Ask) -> None:
    reply = await ask("OPTIONS", BOARD, who=None, headers={"Origin": "https://evil.test"})
    assert (reply.status, reply.body) == (204, b"")
    assert reply.headers["Allow"] == "GET, HEAD, OPTIONS, PUT, DELETE"
    assert not any(name.startswith("Access-Control") for name in reply.headers)


@pytest.fixture
def client_package(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> str:
    """A client made from the document by openapi-python-client."""
    document = tmp_path / "openapi.json"
    document.write_text(json.dumps(described()))
    maker = Path(sys.executable).with_name("openapi-python-client")
    made = subprocess.run(
        [maker, "generate", "--path", document, "--output-path", tmp_path / "made_client",
         "--meta", "none"],
        capture_output=True, text=True, timeout=120, check=False,
    )  # fmt: skip
    assert made.returncode == 0, made.stdout + made.stderr
    monkeypatch.syspath_prepend(str(tmp_path))
    return "made_client"


async def test_a_client_made_from_the_document_works(
    client_package: str, ask: Ask, jp_base_url: str, http_server_port: Any
) -> None:
    def part(name: str) -> Any:
        return importlib.import_module(f"{client_package}.{name}")

    client = part("client").AuthenticatedClient(
        base_url=f"http://127.0.0.1:{http_server_port[1]}{jp_base_url}peter",
        token="token-alice",  # noqa: S106
        prefix="token",
    )
    models = part("models")
    made = await part("api.dashboards.create_dashboard").asyncio_detailed(
        client=client, body=models.DocumentBody(yaml=DOCUMENT)
    )
    assert made.status_code == 201, made.content
    listed = await part("api.dashboards.list_dashboards").asyncio(client=client, q="flights")
    assert [entry.slug for entry in listed.dashboards] == ["small-flights"]
    data = await part("api.data.get_data").asyncio("small-flights", client=client)
    assert isinstance(data, models.ArtifactAnswer)
    assert data.charts["flights"].view.value.raw == 5
    run = await part("api.statements.run_statement").asyncio(
        client=client, body=models.RunBody(sql="SELECT 1 AS n")
    )
    assert (run.verdict, run.row_count) == ("passed", 1)
    refused = await part("api.dashboards.delete_dashboard").asyncio_detailed(
        "small-flights", client=client
    )
    assert (refused.status_code, refused.parsed.code) == (428, "precondition_required")
    await client.get_async_httpx_client().aclose()
