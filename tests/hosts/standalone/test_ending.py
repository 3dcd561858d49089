"""SIGTERM under load: what was acknowledged is kept, and the process ends by itself in time."""

from __future__ import annotations

import contextlib
import datetime as dt
import random
import signal
import threading
import time
from collections.abc import Callable
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

LIMIT_S = 60.0


def _author(house: House) -> dict[str, str]:
    """The headers of a script with a token of Alice's."""
    database = Database(f"sqlite:///{house.ledger}")
    secret, _ = TokenStore(database).create(
        "load", owner="alice@example.com", roles={"author"}, at=dt.datetime.now(dt.UTC)
    )
    database.close()
    return {"Authorization": f"Bearer {secret}"}


def _ready(house: House) -> None:
    deadline = time.monotonic() + 60
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
            code = house.terminate(LIMIT_S)
        assert code == 0, "\n".join(house.lines[-20:])
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
        # Longer than anybody waits for the server's end.
        body = {"sql": SLOW.replace("40000", "400000"), "timeout_s": 110}
        told.append(
            httpx.post(f"{house.url}/api/v1/sql/run", json=body, headers=headers, timeout=120,
                       verify=False)  # noqa: S501
        )  # fmt: skip

    asking = threading.Thread(target=ask)
    asking.start()
    _wait_until(lambda: _computes(house))
    house.process.send_signal(signal.SIGTERM)
    with house.browser() as late:
        _wait_until(lambda: late.get("/ready").status_code == 503)
        assert late.get("/ready").json()["status"] == "draining"
        refused = late.get("/api/v1/dashboards", headers=headers)
        assert (refused.status_code, refused.json()["code"]) == (503, "draining")
        assert refused.headers["Connection"] == "close"
        assert late.get("/health").status_code == 200
    assert house.process.wait(LIMIT_S) == 0
    asking.join(60)
    assert told[0].status_code == 503, told[0].text


def _wait_until(true: Callable[[], bool]) -> None:
    deadline = time.monotonic() + 60
    while not true():
        assert time.monotonic() < deadline
        time.sleep(0.05)


def _computes(house: House) -> bool:
    """Whether a worker of the server has computed for half a second."""
    for task in Path(f"/proc/{house.process.pid}/task").iterdir():
        for child in (task / "children").read_text().split():
            with contextlib.suppress(OSError):
                stat = Path(f"/proc/{child}/stat").read_text().rpartition(")")[2].split()
                if int(stat[11]) > 50 and "duckdb_worker" in _command(child):
                    return True
    return False


def _command(pid: str) -> str:
    return Path(f"/proc/{pid}/cmdline").read_text().replace("\0", " ")


def test_ctrl_c_ends_it_as_well(tmp_path: Path) -> None:
    house = start(tmp_path, None, "--no-auth", toml=None)
    house.process.send_signal(signal.SIGINT)
    assert house.process.wait(LIMIT_S) == 0
    house.reader.join(60)
    assert not [line for line in house.lines if "Traceback" in line or "Interrupt" in line]
