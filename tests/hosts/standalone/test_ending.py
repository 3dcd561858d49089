"""SIGTERM under load: what was acknowledged is kept, and the process ends by itself in time."""

from __future__ import annotations

import datetime as dt
import random
import signal
import threading
import time
from dataclasses import dataclass, field
from pathlib import Path

import httpx
import pytest

from peter_core import Peter
from peter_core.store.database import Database
from peter_core.store.sessions import TokenStore
from tests.hosts.standalone.house import House, start
from tests.http.conftest import SLOW
from tests.servers.openid import OpenIdProvider
from tests.small_flights import write_tables

DOCUMENT = """\
version: 1
slug: {slug}
title: Board {slug}
queries:
  carriers: {{sql: "SELECT carrier, name FROM nyc.airlines ORDER BY name"}}
charts:
  airlines: {{type: table, query: carriers, title: "Airlines {number}"}}
"""
LIMIT_S = 12.0


@dataclass
class Writer:
    """Publishes boards of its own until the server is gone; ``kept`` is what it was told."""

    url: str
    headers: dict[str, str]
    name: str
    kept: dict[str, str] = field(default_factory=dict)
    refused: list[int] = field(default_factory=list)
    odd: list[str] = field(default_factory=list)

    def run(self) -> None:
        with httpx.Client(base_url=self.url, timeout=30, verify=False) as client:  # noqa: S501
            for number in range(10_000):
                try:
                    if not self._write(client, number):
                        return
                except httpx.HTTPError:
                    # The connection was closed: nothing was promised.
                    return

    def _write(self, client: httpx.Client, number: int) -> bool:
        slug = f"{self.name}-{number // 3}"
        path, headers = "/api/v1/dashboards", dict(self.headers)
        send = client.post
        if slug in self.kept:
            path, headers["If-Match"], send = f"{path}/{slug}", f'"{self.kept[slug]}"', client.put
        answer = send(path, headers=headers, content=DOCUMENT.format(slug=slug, number=number))
        if answer.status_code in (200, 201):
            self.kept[slug] = answer.json()["revision"]
            return True
        self.refused.append(answer.status_code)
        if answer.status_code != 503 or "Retry-After" not in answer.headers:
            self.odd.append(f"{answer.status_code} {answer.text[:900]}")
        return False


def _author(house: House) -> dict[str, str]:
    """The headers of a script with a token of Alice's."""
    database = Database(f"sqlite:///{house.ledger}")
    secret, _ = TokenStore(database).create(
        "load", owner="alice@example.com", roles={"author"}, at=dt.datetime.now(dt.UTC)
    )
    database.close()
    return {"Authorization": f"Bearer {secret}", "Content-Type": "application/yaml"}


def _ready(house: House) -> None:
    deadline = time.monotonic() + 30
    while httpx.get(f"{house.url}/ready", verify=False).status_code != 200:  # noqa: S501
        assert time.monotonic() < deadline, "\n".join(house.lines)


def _end_under_load(house: House, after_s: float) -> tuple[list[Writer], float, int]:
    """Writers at work, SIGTERM in the middle; who was told what, the seconds, the exit code."""
    _ready(house)
    headers = _author(house)
    writers = [Writer(house.url, headers, f"w{n}") for n in range(4)]
    threads = [threading.Thread(target=writer.run) for writer in writers]
    for thread in threads:
        thread.start()
    time.sleep(after_s)
    began = time.monotonic()
    code = house.terminate(LIMIT_S + 3)
    took = time.monotonic() - began
    for thread in threads:
        thread.join(30)
    return writers, took, code


def _require_kept(folder: Path, writers: list[Writer]) -> int:
    """Every acknowledged revision is the board's head, or one that a later one came upon."""
    count = 0
    with Peter.local(folder) as peter:
        for writer in writers:
            assert not writer.odd, writer.odd
            for slug, revision in writer.kept.items():
                known = [entry.revision for entry in peter.history(slug)]
                assert revision in known, (slug, revision, known)
                count += 1
    return count


def _rounds(tmp_path: Path, google: OpenIdProvider, rounds: int, *options: str) -> None:
    folder = tmp_path / "house"
    write_tables(folder / "workspace")
    chance = random.Random(5)  # noqa: S311
    kept = 0
    for number in range(rounds):
        house = start(folder, google, *options)
        writers, took, code = _end_under_load(house, 0.3 + chance.random() * 1.2)
        assert code == 0, "\n".join(house.lines[-20:])
        assert took < LIMIT_S
        assert not [line for line in house.lines if "Traceback" in line or " ERROR " in line]
        for writer in writers:
            writer.name = f"r{number}{writer.name}"
        kept += _require_kept(folder / "workspace", writers)
        for board in list((folder / "workspace" / "dashboards").iterdir()):
            if board.is_dir():
                _remove(board)
    assert kept > rounds


def _remove(folder: Path) -> None:
    for path in sorted(folder.rglob("*"), reverse=True):
        path.rmdir() if path.is_dir() else path.unlink()
    folder.rmdir()


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
    headers = {**_author(house), "Content-Type": "application/json"}
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
