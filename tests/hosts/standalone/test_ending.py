"""SIGTERM under load: what was acknowledged is kept, and the process ends by itself in time."""

from __future__ import annotations

import datetime as dt
import random
import signal
import threading
import time
from pathlib import Path

import httpx
import pytest

from peter_core.store.database import Database
from peter_core.store.sessions import TokenStore
from tests.hosts.standalone.house import House, start
from tests.hosts.writers import forget_boards, require_kept, writing
from tests.http.conftest import SLOW
from tests.servers.openid import OpenIdProvider
from tests.small_flights import write_tables

LIMIT_S = 12.0


def _author(house: House) -> dict[str, str]:
    """The headers of a script with a token of Alice's."""
    database = Database(f"sqlite:///{house.ledger}")
    secret, _ = TokenStore(database).create(
        "load", owner="alice@example.com", roles={"author"}, at=dt.datetime.now(dt.UTC)
    )
    database.close()
    return {"Authorization": f"Bearer {secret}"}


def _ready(house: House) -> None:
    deadline = time.monotonic() + 30
    while httpx.get(f"{house.url}/ready", verify=False).status_code != 200:  # noqa: S501
        assert time.monotonic() < deadline, "\n".join(house.lines)


def _rounds(tmp_path: Path, google: OpenIdProvider, rounds: int, *options: str) -> None:
    folder = tmp_path / "house"
    write_tables(folder / "workspace")
    chance = random.Random(5)  # noqa: S311
    kept = 0
    for _ in range(rounds):
        house = start(folder, google, *options)
        _ready(house)
        with writing(house.url, _author(house)) as writers:
            time.sleep(chance.random())
            began = time.monotonic()
            code = house.terminate(LIMIT_S + 3)
            took = time.monotonic() - began
        assert code == 0, "\n".join(house.lines[-20:])
        assert took < LIMIT_S
        assert not [line for line in house.lines if "Traceback" in line or " ERROR " in line]
        kept += require_kept(folder / "workspace", writers)
        forget_boards(folder / "workspace")
    assert kept > rounds


def test_no_acknowledged_write_is_lost_when_the_server_is_told_to_end(
    tmp_path: Path, google: OpenIdProvider
) -> None:
    _rounds(tmp_path, google, 2)


def test_nor_with_two_workers(tmp_path: Path, google: OpenIdProvider) -> None:
    _rounds(tmp_path, google, 2, "--workers", "2")


@pytest.mark.slow
def test_nor_in_fifty_rounds(tmp_path: Path, google: OpenIdProvider) -> None:
    _rounds(tmp_path, google, 50)


def test_a_query_that_does_not_end_is_cancelled_and_told_so(
    tmp_path: Path, google: OpenIdProvider
) -> None:
    write_tables(tmp_path / "workspace")
    house = start(tmp_path, google)
    _ready(house)
    headers = _author(house)
    told: list[httpx.Response] = []

    def ask() -> None:
        body = {"sql": SLOW, "timeout_s": 50}
        told.append(
            httpx.post(f"{house.url}/api/v1/sql/run", json=body, headers=headers, timeout=40,
                       verify=False)  # noqa: S501
        )  # fmt: skip

    asking = threading.Thread(target=ask)
    asking.start()
    time.sleep(1.5)
    began = time.monotonic()
    house.process.send_signal(signal.SIGTERM)
    time.sleep(0.5)
    with house.browser() as late:
        ready = late.get("/ready")
        assert (ready.status_code, ready.json()["status"]) == (503, "draining")
        refused = late.get("/api/v1/dashboards", headers=headers)
        assert (refused.status_code, refused.json()["code"]) == (503, "draining")
        assert refused.headers["Connection"] == "close"
        assert late.get("/health").status_code == 200
    assert house.terminate(LIMIT_S + 3) == 0
    assert time.monotonic() - began < LIMIT_S
    asking.join(10)
    assert told[0].status_code == 503, told[0].text


def test_ctrl_c_ends_it_as_well(tmp_path: Path) -> None:
    house = start(tmp_path, None, "--no-auth", toml=None)
    house.process.send_signal(signal.SIGINT)
    assert house.process.wait(LIMIT_S) == 0
    house.reader.join(5)
    assert not [line for line in house.lines if "Traceback" in line or "Interrupt" in line]
