"""The server's own identity, and how the extension comes and goes with it."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from peter_core.principal import LOCAL
from peter_jupyter import _jupyter_server_extension_points
from peter_jupyter.hosts.jupyter_server import PeterServerApp
from tests.http.conftest import DOCUMENT

ROOT = Path(__file__).resolve().parents[2]


@pytest.fixture
def jp_server_config(workspace: Path) -> dict[str, Any]:
    """A server as `jupyter lab` starts it: one token, no authorizer of its own."""
    return {
        "ServerApp": {
            "jpserver_extensions": {"peter_jupyter": True, "jupyter_server_terminals": False},
            "allow_unauthenticated_access": False,
        },
        "PeterServerApp": {"folder": str(workspace)},
    }


async def test_whoever_holds_the_servers_token_is_its_one_author(jp_fetch: Any) -> None:
    first = await jp_fetch("peter", "api", "v1", "auth", "me")
    second = await jp_fetch("peter", "api", "v1", "auth", "me")
    assert json.loads(first.body) == json.loads(second.body) == {
        "email": LOCAL.email, "name": LOCAL.name, "roles": ["viewer", "author"],
        "host": "jupyter", "expires_at": None,
    }  # fmt: skip


async def test_what_is_published_here_is_published_by_the_same_person_as_in_a_notebook(
    jp_fetch: Any,
) -> None:
    made = await jp_fetch(
        "peter", "api", "v1", "dashboards", method="POST", body=DOCUMENT,
        headers={"Content-Type": "application/yaml"},
    )  # fmt: skip
    assert made.code == 201
    history = await jp_fetch("peter", "api", "v1", "dashboards", "small-flights", "revisions")
    assert json.loads(history.body)["revisions"][0]["published_by"] == LOCAL.email


async def test_the_server_hears_of_activity_and_stops_the_engine(
    jp_fetch: Any, jp_serverapp: Any, jp_web_app: Any
) -> None:
    await jp_fetch("peter", "api", "v1", "cache", "stats")
    assert jp_web_app.settings["api_last_activity"] > jp_web_app.settings["started"]
    pool = jp_web_app.settings["peter_service"]
    assert pool._peter is not None
    await jp_serverapp.cleanup_extensions()
    assert pool._peter is None


def test_an_install_enables_the_extension() -> None:
    (point,) = _jupyter_server_extension_points()
    assert point["app"] is PeterServerApp
    config = json.loads((ROOT / "jupyter-config" / "peter_jupyter.json").read_text("utf-8"))
    assert config["ServerApp"]["jpserver_extensions"] == {"peter_jupyter": True}
