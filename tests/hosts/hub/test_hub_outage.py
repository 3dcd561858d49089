"""What people meet while the hub is away, and how the service goes down."""

from __future__ import annotations

import contextlib
import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import httpx
import pytest

from tests.hosts.hub.people import People, bearer
from tests.hosts.writers import require_kept, writing
from tests.servers.gcs import free_port
from tests.servers.google import Google
from tests.servers.hub import SCRIPT_TOKEN, Hub, running_hub, wait_for
from tests.small_flights import write_tables

ME = "api/v1/auth/me"
GRACE_S = 8.0


@dataclass
class Service:
    """A service of our own beside the hub's: the same environment, another port."""

    process: subprocess.Popen[bytes]
    url: str
    log: Path

    def said(self) -> str:
        return self.log.read_text(errors="replace")[-3000:]


def _environment_of(hub: Hub) -> dict[str, str]:
    """What the hub tells its service."""
    for pid in hub.children():
        with contextlib.suppress(OSError):
            held = Path(f"/proc/{pid}/environ").read_bytes().decode().split("\0")
            told = dict(pair.partition("=")[::2] for pair in held if pair)
            if told.get("JUPYTERHUB_SERVICE_NAME") == "peter":
                return told
    raise AssertionError("the hub runs no service: " + hub.said())


@contextlib.contextmanager
def own_service(hub: Hub, folder: Path, *arguments: str, **more: str) -> Iterator[Service]:
    """A service at a port of its own, ended at the end."""
    port = free_port()
    told = _environment_of(hub) | {
        "JUPYTERHUB_SERVICE_URL": f"http://127.0.0.1:{port}", "PETER_FOLDER": str(folder), **more
    }  # fmt: skip
    log = folder / "service.log"
    with log.open("wb") as said:
        process = subprocess.Popen(
            [sys.executable, "-m", "peter_jupyter.hosts.hub", *arguments],
            env=told, cwd=folder, stdout=said, stderr=said,
        )  # fmt: skip
    service = Service(process, f"http://127.0.0.1:{port}/services/peter/", log)
    try:
        wait_for(lambda: _status(f"{service.url}health") == 200, 120, service.said)
        yield service
    finally:
        process.kill()
        process.wait(30)


def _status(address: str, **more: object) -> int:
    try:
        return httpx.get(address, timeout=60, **more).status_code  # type: ignore[arg-type]
    except httpx.HTTPError:
        return 0


@pytest.fixture(scope="module")
def outage_hub(tmp_path_factory: pytest.TempPathFactory, google: Google) -> Iterator[Hub]:
    """A hub that a test may kill."""
    folder = tmp_path_factory.mktemp("outage")
    write_tables(folder / "workspace")
    with running_hub(folder, google, HUB_IDENTITY_GRACE=str(GRACE_S)) as hub:
        yield hub


def test_sigterm_ends_the_service_with_0_and_loses_no_acknowledged_write(
    outage_hub: Hub, tmp_path: Path
) -> None:
    _go_down_under_load(outage_hub, write_tables(tmp_path / "workspace"), signal.SIGTERM)


@pytest.mark.slow
@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
@pytest.mark.parametrize("turn", range(5))
def test_every_way_down_under_load_is_a_clean_one(
    outage_hub: Hub, tmp_path: Path, number: signal.Signals, turn: int
) -> None:
    _go_down_under_load(outage_hub, write_tables(tmp_path / "workspace"), number, 0.4 * turn)


def _go_down_under_load(
    hub: Hub, folder: Path, number: signal.Signals, after_s: float = 0.5
) -> None:
    with own_service(hub, folder, PETER_USER_REQUESTS_PER_MINUTE="100000") as service:
        with writing(service.url.rstrip("/"), bearer(SCRIPT_TOKEN)) as writers:
            time.sleep(after_s)
            service.process.send_signal(number)
            code = service.process.wait(60)
        assert code == 0, service.said()
        assert "Traceback" not in service.said()
    assert require_kept(folder, writers) >= len(writers)


def test_a_service_whose_hub_is_away_lets_nobody_in(outage_hub: Hub, tmp_path: Path) -> None:
    gone = f"http://127.0.0.1:{free_port()}/hub/api"
    folder = write_tables(tmp_path / "workspace")
    with own_service(outage_hub, folder, JUPYTERHUB_API_URL=gone) as service:
        assert _status(f"{service.url}health") == 200
        asked = httpx.get(service.url + ME, headers=bearer(SCRIPT_TOKEN))
        assert (asked.status_code, asked.json()["code"]) == (503, "login_unavailable")
        assert int(asked.headers["retry-after"]) > 0
        assert _status(service.url + ME) == 401
        for path in ("dashboards", "api/v1/auth/login"):
            page = httpx.get(service.url + path)
            assert page.status_code == 503
            assert page.headers["content-type"].startswith("text/html")
            assert "does not answer" in page.text
            assert "set-cookie" not in page.headers


@pytest.mark.slow
def test_who_is_taken_off_the_list_is_out_when_the_hub_starts_again(
    tmp_path: Path, google: Google
) -> None:
    write_tables(tmp_path / "workspace")
    with running_hub(tmp_path, google) as hub:
        people = People(hub)
        headers = bearer(people.token("vera"))
        browser = people.browser("vera")
        assert httpx.get(hub.peter + ME, headers=headers).status_code == 200
        hub.stop()
        hub.more["ALLOWED_EMAILS"] = "ada@example.com,ann@example.com"
        hub.start()
        assert httpx.get(hub.peter + ME, headers=headers).status_code == 403
        assert browser.get(f"{hub.peter}dashboards").status_code == 403
        assert browser.get(hub.peter + ME).status_code in (401, 403)
        assert hub.log_in("vera@example.com")[1].status_code == 403


@pytest.mark.skipif(not hasattr(os, "kill"), reason="needs signals")
def test_sessions_go_on_while_the_hub_is_down_and_end_with_their_grace(outage_hub: Hub) -> None:
    """The last of this file: the hub is dead afterwards."""
    hub = outage_hub
    browser, response = hub.log_in("vera@example.com")
    assert response.status_code == 200, (response.url, response.text, hub.said())
    assert httpx.get(hub.peter + ME, headers=bearer(SCRIPT_TOKEN)).status_code == 200
    assert browser.get(hub.peter + ME).status_code == 200
    known_at = time.monotonic()
    hub.kill()
    # All of the grace but for what a busy machine needs to answer.
    served = 0
    while time.monotonic() < known_at + GRACE_S / 3 or not served:
        assert browser.get(hub.peter + ME).status_code == 200
        assert httpx.get(hub.peter + ME, headers=bearer(SCRIPT_TOKEN)).status_code == 200
        served += 1
        time.sleep(0.2)
    wait_for(lambda: browser.get(hub.peter + ME).status_code == 503, GRACE_S + 60, hub.said)
    wait_for(lambda: _status(f"{hub.peter}dashboards") == 503, 60, hub.said)
    assert httpx.get(hub.peter + ME, headers=bearer("another-token")).status_code == 503
    assert httpx.get(f"{hub.peter}health").status_code == 200
