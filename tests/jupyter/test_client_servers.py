"""Which server and which token an environment means."""

from __future__ import annotations

import json
import os
from pathlib import Path

import pytest

from peter_core.errors import ConfigError, InvalidRequest
from peter_jupyter.client import PeterClient
from peter_jupyter.client.servers import Server, default_server, known_server, origin
from tests.servers.jupyter import jupyter_server
from tests.small_flights import write_tables

HUB = {
    "JUPYTERHUB_API_TOKEN": "hub-token",
    "JUPYTERHUB_API_URL": "http://10.0.0.1:8081/hub/api",
    "JUPYTERHUB_PUBLIC_HUB_URL": "https://hub.example.com/base/hub/",
}


@pytest.fixture(autouse=True)
def runtime(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """No server of this machine is seen."""
    folder = tmp_path / "runtime"
    folder.mkdir()
    monkeypatch.setenv("JUPYTER_RUNTIME_DIR", str(folder))
    monkeypatch.delenv("JPY_PARENT_PID", raising=False)
    return folder


def running(runtime: Path, name: str, url: str, token: str, pid: int | None = None) -> None:
    told = {"url": url, "token": token, "pid": os.getpid() if pid is None else pid}
    (runtime / f"jpserver-{name}.json").write_text(json.dumps(told))


def test_what_a_notebook_shows_of_a_server_holds_no_secret() -> None:
    for server in (Server("https://h", "hub-token"), Server("https://h", None, "cookie")):
        assert repr(server) == str(server) == "Server(url='https://h')"
    with PeterClient("https://h", token="hub-token") as client:  # noqa: S106 (of this test)
        assert repr(client) == str(client) == "PeterClient('https://h')"


def test_the_named_server_comes_first(runtime: Path) -> None:
    running(runtime, "1", "http://127.0.0.1:8888/", "local-token")
    env = {"PETER_URL": "https://peter.example.com/", "PETER_TOKEN": "mine"} | HUB
    assert default_server(env) == Server("https://peter.example.com", "mine")


def test_a_server_that_the_hub_started_uses_the_hubs_peter(runtime: Path) -> None:
    running(runtime, "1", "http://127.0.0.1:8888/user/a/", "")
    found = default_server(HUB)
    assert found == Server("https://hub.example.com/base/services/peter", "hub-token")


def test_a_hub_that_does_not_say_where_it_is_says_what_to_set() -> None:
    with pytest.raises(ConfigError, match="public_url"):
        default_server({"JUPYTERHUB_API_TOKEN": "hub-token"})


def test_the_jupyter_server_that_runs_here_is_found(runtime: Path) -> None:
    running(runtime, "1", "http://127.0.0.1:8888/", "local-token")
    assert default_server({}) == Server("http://127.0.0.1:8888/peter", "local-token")


def test_of_several_the_kernels_own_is_meant(runtime: Path) -> None:
    running(runtime, "1", "http://127.0.0.1:8888/", "one", pid=os.getppid())
    running(runtime, "2", "http://127.0.0.1:8889/", "two")
    with pytest.raises(ConfigError, match="Several Jupyter Servers") as raised:
        default_server({})
    assert "one" not in str(raised.value)
    own = default_server({"JPY_PARENT_PID": str(os.getpid())})
    assert own == Server("http://127.0.0.1:8889/peter", "two")


def test_without_any_server_it_says_what_to_set() -> None:
    with pytest.raises(ConfigError, match="PETER_URL"):
        default_server({})


@pytest.mark.parametrize(
    ("url", "token"),
    [
        ("https://hub.example.com/base/services/peter", "hub-token"),
        ("https://hub.example.com:443/base/services/other", "hub-token"),
        ("http://hub.example.com/base/services/peter", None),
        ("https://hub.example.com.evil.com/services/peter", None),
        ("https://hub.example.com:8443/services/peter", None),
        ("https://evil.com/hub.example.com/services/peter", None),
        ("https://peter.example.com", None),
    ],
)
def test_the_hubs_token_goes_to_the_hub_only(url: str, token: str | None) -> None:
    assert known_server(url, HUB).token == token


def test_a_token_of_one_server_is_not_sent_to_another() -> None:
    env = {"PETER_URL": "https://peter.example.com", "PETER_TOKEN": "mine"}
    assert known_server("https://peter.example.com/x", env).token == "mine"  # noqa: S105
    assert known_server("https://other.example.com", env).token is None
    assert known_server("https://other.example.com", {"PETER_TOKEN": "mine"}).token == "mine"  # noqa: S105


def test_a_local_servers_token_goes_to_that_server_only(runtime: Path) -> None:
    running(runtime, "1", "http://127.0.0.1:8888/", "local-token")
    assert known_server("http://127.0.0.1:8888/peter/", {}).token == "local-token"  # noqa: S105
    assert known_server("http://127.0.0.1:9999/peter", {}).token is None


def test_origins_are_compared_as_browsers_do() -> None:
    assert origin("https://Host/x") == origin("https://host:443")
    assert origin("http://host") != origin("https://host")


def test_a_wrong_address_in_the_environment_is_refused() -> None:
    with pytest.raises(InvalidRequest):
        default_server({"PETER_URL": "peter.example.com"})


def test_settings_know_that_the_clients_variables_are_not_theirs(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    from peter_core.config import load_settings

    monkeypatch.setenv("PETER_URL", "https://peter.example.com")
    monkeypatch.setenv("PETER_TOKEN", "mine")
    load_settings()


def test_a_script_beside_a_jupyter_server_needs_no_token_typed(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("PETER_URL", "PETER_TOKEN", "JUPYTERHUB_API_TOKEN"):
        monkeypatch.delenv(name, raising=False)
    folder = write_tables(tmp_path / "workspace")
    with jupyter_server(folder, token="only-this-server") as server:  # noqa: S106
        monkeypatch.setenv("JUPYTER_RUNTIME_DIR", str(server.runtime))
        with PeterClient.from_env() as client:
            assert client.url == server.url
            assert client.me().roles == ("viewer", "author")
            assert client.verify("SELECT 1 AS n").verdict == "passed"
