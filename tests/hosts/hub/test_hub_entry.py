"""``jupyterhub-peter``: what it needs to start, and what it says where that is missing."""

from __future__ import annotations

import os
import subprocess
import sys
from importlib.metadata import entry_points
from pathlib import Path

import pytest

from peter_core.errors import ConfigError
from peter_jupyter.hosts.hub.entry import listening
from tests.servers.gcs import free_port

TOLD = {
    "JUPYTERHUB_API_TOKEN": "token-of-the-service",
    "JUPYTERHUB_API_URL": "http://127.0.0.1:1/hub/api",
    "JUPYTERHUB_CLIENT_ID": "service-peter",
    "JUPYTERHUB_SERVICE_NAME": "peter",
    "JUPYTERHUB_SERVICE_PREFIX": "/services/peter/",
    "JUPYTERHUB_SERVICE_URL": "http://127.0.0.1:10101",
}


def run(folder: Path, *arguments: str, **more: str) -> subprocess.CompletedProcess[str]:
    """The program in a folder of its own, told nothing but this."""
    told = {"PATH": os.environ["PATH"], "HOME": str(folder), **more}
    return subprocess.run(
        [sys.executable, "-m", "peter_jupyter.hosts.hub", *arguments],
        env=told, cwd=folder, capture_output=True, text=True, timeout=150,
    )  # fmt: skip


def test_the_console_entry_is_the_hubs_main() -> None:
    (found,) = entry_points(group="console_scripts", name="jupyterhub-peter")
    assert found.value == "peter_jupyter.hosts.hub:main"


def test_the_environment_says_where_to_listen() -> None:
    assert listening(TOLD) == ("127.0.0.1", 10101)


@pytest.mark.parametrize("name", TOLD)
def test_what_the_hub_did_not_say_is_named(name: str) -> None:
    for without in ({**TOLD, name: ""}, {k: v for k, v in TOLD.items() if k != name}):
        with pytest.raises(ConfigError) as told:
            listening(without)
        assert name in told.value.message
        assert "jupyterhub_config.py" in (told.value.hint or "")


@pytest.mark.parametrize(
    "address",
    ["127.0.0.1:10101", "http://127.0.0.1", "https://127.0.0.1:1", "http://:10101", "http://a:b",
     "http://127.0.0.1:99999", "http+unix:///tmp/peter.sock"],
)  # fmt: skip
def test_an_address_that_cannot_be_listened_at_is_refused(address: str) -> None:
    with pytest.raises(ConfigError) as told:
        listening({**TOLD, "JUPYTERHUB_SERVICE_URL": address})
    assert address in told.value.message


def test_a_start_outside_a_hub_ends_with_2_and_a_sentence(tmp_path: Path) -> None:
    ran = run(tmp_path)
    assert ran.returncode == 2
    assert "JUPYTERHUB_API_TOKEN" in ran.stderr
    assert "Traceback" not in ran.stderr


def test_a_setting_that_cannot_be_used_is_named_and_no_secret_is(tmp_path: Path) -> None:
    wrong = {"PETER_TIMEOUT": "soon", "SESSION_SECRET_KEY": "short-secret"}
    ran = run(tmp_path, **TOLD, **wrong)
    assert ran.returncode == 2
    assert "PETER_TIMEOUT" in ran.stderr
    assert "short-secret" not in ran.stderr
    assert "Traceback" not in ran.stderr


def test_a_port_that_is_taken_is_said(tmp_path: Path) -> None:
    import socket

    with socket.create_server(("127.0.0.1", 0)) as taken:
        address = f"http://127.0.0.1:{taken.getsockname()[1]}"
        ran = run(tmp_path, **{**TOLD, "JUPYTERHUB_SERVICE_URL": address})
    assert ran.returncode == 2
    assert "cannot be listened at" in ran.stderr
    assert "Traceback" not in ran.stderr


@pytest.mark.parametrize("seconds", ["-1", "3601", "a minute", "nan"])
def test_an_age_that_is_none_is_refused(tmp_path: Path, seconds: str) -> None:
    ran = run(tmp_path, f"--identity-ttl={seconds}", **TOLD)
    assert ran.returncode == 2
    assert "--identity-ttl" in ran.stderr


def test_the_token_of_the_service_is_in_no_message(tmp_path: Path) -> None:
    address = f"http://127.0.0.1:{free_port()}/nowhere"
    ran = run(tmp_path, **{**TOLD, "JUPYTERHUB_SERVICE_URL": address, "PETER_TIMEOUT": "x"})
    assert TOLD["JUPYTERHUB_API_TOKEN"] not in ran.stdout + ran.stderr
