"""Peter as a laptop has it and as a company has it, over the same real flights."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from unittest.mock import patch

import pyarrow.parquet as pq

from peter_core import Peter
from peter_core.config import read_settings
from peter_core.store.ledger import Ledger
from tests.fakes.bigquery import FakeBigQuery, FakeTable
from tests.servers.gcs import GcsServer
from tests.servers.redis import RedisServer
from tools.flights import TABLES

BUCKET = "peter-dashboards"
SECRET = "a session secret of the tests, long enough"  # noqa: S105  # nobody's
EARLIER = dt.datetime(2026, 3, 1, 12, tzinfo=dt.UTC)


@dataclass(frozen=True)
class House:
    """One Peter: ``touch`` lets a table change, ``again`` opens another server beside it."""

    name: str
    peter: Peter
    touch: Callable[[str], None]
    again: Callable[[], Peter]


@dataclass(frozen=True)
class Cloud:
    """The servers behind a Peter of a company."""

    bigquery: FakeBigQuery
    storage: GcsServer
    redis: RedisServer
    database: str

    def environment(self, **more: str) -> dict[str, str]:
        """What an operator sets: the seed's names and Peter's own."""
        return {
            "GCP_PROJECT_ID": self.bigquery.project,
            "BIGQUERY_DATASET": "nyc",
            "DATABASE_URL": self.database,
            "REDIS_URL": self.redis.url,
            "SESSION_SECRET_KEY": SECRET,
            "PETER_BIGQUERY_ENDPOINT": self.bigquery.url,
            "PETER_BUCKET": BUCKET,
            "PETER_TABLE_TTL": "1s",
            **more,
        }

    def open(self, folder: Path, **more: str) -> Peter:
        """A server over them with a folder of its own."""
        folder.mkdir(exist_ok=True)
        reading = read_settings({"folder": folder}, environment=self.environment(**more))
        with patch.dict("os.environ", {"STORAGE_EMULATOR_HOST": self.storage.url}):
            return Peter.open(reading.require())


def flights_tables(folder: Path) -> Mapping[str, FakeTable]:
    """The workspace's tables as BigQuery has them."""
    data = folder / "data" / "nyc"
    return {
        f"nyc.{name}": FakeTable(pq.read_table(data / f"{name}.parquet"), modified=EARLIER)
        for name in TABLES
    }


def migrate(url: str) -> None:
    """What ``peter db upgrade`` does."""
    ledger = Ledger(url)
    ledger.database.schema.upgrade()
    ledger.close()


@contextmanager
def cloud_house(cloud: Cloud, folder: Path) -> Iterator[House]:
    """A company's Peter, and further servers beside it."""
    opened: list[Peter] = []

    def again() -> Peter:
        opened.append(cloud.open(folder / f"server-{len(opened)}"))
        return opened[-1]

    folder.mkdir(exist_ok=True)
    first = again()
    try:
        yield House("cloud", first, lambda name: cloud.bigquery.touch(name, _now()), again)
    finally:
        for peter in opened:
            peter.close()


@contextmanager
def local_house(folder: Path) -> Iterator[House]:
    """A laptop's Peter."""
    import os

    opened: list[Peter] = []

    def again() -> Peter:
        opened.append(Peter.local(folder))
        return opened[-1]

    def touch(name: str) -> None:
        os.utime(folder / "data" / f"{name.replace('.', '/')}.parquet")

    first = again()
    try:
        yield House("local", first, touch, again)
    finally:
        for peter in opened:
            peter.close()


def _now() -> dt.datetime:
    return dt.datetime.now(dt.UTC)


def shown(artifact: Any) -> dict[str, Any]:
    """What a reader sees of every chart: its view and words, without stamps and projects."""
    return {
        name: {part: chart[part] for part in ("state", "view", "summary", "row_count", "note")}
        for name, chart in artifact.payload["charts"].items()
    }
