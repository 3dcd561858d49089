"""Each of the servers gone under load: cached dashboards are served, and nothing is lost."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path

import pytest

from peter_core import Peter
from peter_core.errors import PeterError
from peter_core.principal import Principal
from tests.cloud.houses import BUCKET, Cloud, House, cloud_house, migrate
from tests.fakes.bigquery import FakeBigQuery, FakeTable, Fault
from tests.servers.gcs import gcs_server
from tests.servers.http_proxy import FaultyProxy
from tests.servers.postgres import postgres_server
from tests.servers.redis import running_redis

BOARD = """\
version: 1
slug: orders
title: Orders
description: Draft {n}
queries:
  total: {{sql: SELECT SUM(amount) AS amount FROM nyc.orders}}
charts:
  total: {{type: kpi, query: total, value: amount, title: Amount}}
"""
ADA = Principal(email="ada@example.com", roles=frozenset({"author"}))
RECOVERY_S = 60.0
"""Long, for a busy machine: what does not come back at all never does."""

READERS = 4

Outage = Callable[[], None]


@pytest.fixture(scope="module")
def parts(tmp_path_factory: pytest.TempPathFactory) -> Iterator[dict[str, tuple[Outage, Outage]]]:
    """A house, and how each of its servers goes away and comes back."""
    orders = FakeTable([{"amount": n} for n in range(100)])
    with (
        FakeBigQuery({"nyc.orders": orders}, project="acme") as bigquery,
        gcs_server() as storage,
        running_redis(tmp_path_factory.mktemp("redis")) as redis,
        postgres_server("18") as postgres,
    ):
        storage.make_bucket(BUCKET)
        database = postgres.create("ledger")
        migrate(database)
        proxy = FaultyProxy(storage.port)
        proxy.start()
        cloud = Cloud(bigquery, replace(storage, port=proxy.port), redis, database)
        with cloud_house(cloud, tmp_path_factory.mktemp("house")) as house:
            house.peter.publish(BOARD.format(n=0), create=True, principal=ADA)
            house.peter.data("orders", principal=ADA)
            yield {
                "house": house,
                "bigquery": (
                    lambda: bigquery.script(Fault(on="*", kind="reset", times=None)),
                    bigquery.heal,
                ),
                "cloud-storage": (proxy.stop, proxy.start),
                "redis": (redis.pause, redis.resume),
                "postgresql": (postgres.stop, postgres.start),
            }  # type: ignore[dict-item]
        proxy.stop()


@pytest.mark.parametrize(
    "seconds", [2.0, pytest.param(20.0, marks=pytest.mark.slow)], ids=["short", "long"]
)
@pytest.mark.parametrize("part", ["redis", "postgresql", "cloud-storage", "bigquery"])
def test_a_server_that_is_gone_stops_no_reader_and_loses_nothing(
    parts: dict[str, tuple[Outage, Outage]], part: str, seconds: float
) -> None:
    house: House = parts["house"]  # type: ignore[assignment]
    leave, come_back = parts[part]
    with _readers(house.peter) as reading, _writer(house.peter) as acknowledged:
        assert _eventually(lambda: bool(acknowledged) and reading.count > 0)
        leave()
        before = reading.count
        try:
            time.sleep(seconds)
            # Those that were under way may have been answered before.
            during = _eventually(lambda: reading.count > before + READERS)
        finally:
            come_back()
        _recover(house.peter)
    assert reading.errors == []
    assert during
    kept = {entry.revision for entry in house.peter.history("orders")}
    assert set(acknowledged) <= kept
    house.peter.invalidate(slug="orders")
    assert _eventually(lambda: _state(house.peter) == "ready")


class _Reading:
    """How often the dashboard was read, and what went wrong."""

    def __init__(self) -> None:
        self.count = 0
        self.errors: list[str] = []

    def read(self, peter: Peter) -> None:
        try:
            artifact = peter.data("orders", patience_s=0, principal=ADA).payload
            chart = artifact["charts"]["total"]
            if chart["state"] != "ready":
                self.errors.append(str(chart["problem"]))
        except PeterError as error:
            self.errors.append(str(error))
        self.count += 1


@contextmanager
def _readers(peter: Peter) -> Iterator[_Reading]:
    reading, done = _Reading(), threading.Event()

    def go_on() -> None:
        while not done.wait(0.02):
            reading.read(peter)

    threads = [threading.Thread(target=go_on) for _ in range(READERS)]
    for thread in threads:
        thread.start()
    try:
        yield reading
    finally:
        done.set()
        for thread in threads:
            thread.join(100)


@contextmanager
def _writer(peter: Peter) -> Iterator[list[str]]:
    """Publishes draft after draft; keeps the revisions that were acknowledged."""
    acknowledged: list[str] = []
    done = threading.Event()

    def go_on() -> None:
        number = time.monotonic_ns()
        while not done.wait(0.2):
            number += 1
            try:
                made = peter.publish(BOARD.format(n=number), if_match="*", principal=ADA)
            except PeterError:
                continue
            acknowledged.append(made.revision)

    thread = threading.Thread(target=go_on)
    thread.start()
    try:
        yield acknowledged
    finally:
        done.set()
        thread.join(60)
    assert acknowledged


def _eventually(true: Callable[[], bool]) -> bool:
    until = time.monotonic() + RECOVERY_S
    while not true():
        if time.monotonic() > until:
            return False
        time.sleep(0.05)
    return True


def _recover(peter: Peter) -> None:
    """Wait until a publication with everything in it works again."""
    began = time.monotonic()
    while True:
        number = time.monotonic_ns()
        try:
            peter.publish(BOARD.format(n=number), if_match="*", principal=ADA)
        except PeterError:
            if time.monotonic() - began > RECOVERY_S:
                raise
            time.sleep(0.05)
        else:
            return


def _state(peter: Peter) -> object:
    """Of the chart, computed again when the cache has it no longer."""
    return peter.data("orders", principal=ADA).payload["charts"]["total"]["state"]


def test_the_house_is_ready_again(parts: dict[str, tuple[Outage, Outage]], tmp_path: Path) -> None:
    house: House = parts["house"]  # type: ignore[assignment]
    until = time.monotonic() + 60
    while not all(found["ok"] for found in house.peter.ready().values()):
        assert time.monotonic() < until, house.peter.ready()
        time.sleep(0.2)
