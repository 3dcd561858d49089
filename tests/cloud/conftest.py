"""The servers of a company, and a house on each side."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.cloud.houses import (
    BUCKET,
    Cloud,
    House,
    cloud_house,
    flights_tables,
    local_house,
    migrate,
)
from tests.fakes.bigquery import FakeBigQuery
from tests.servers.gcs import gcs_server
from tests.servers.postgres import Servers
from tests.servers.redis import running_redis


@pytest.fixture(scope="module")
def cloud(tmp_path_factory: pytest.TempPathFactory, flights_folder: Path) -> Iterator[Cloud]:
    """BigQuery, Cloud Storage, PostgreSQL and Redis, with the real flights."""
    servers = Servers()
    database = servers.database("18")
    migrate(database)
    with (
        FakeBigQuery(flights_tables(flights_folder), project="acme") as bigquery,
        gcs_server() as storage,
        running_redis(tmp_path_factory.mktemp("redis")) as redis,
    ):
        storage.make_bucket(BUCKET)
        yield Cloud(bigquery, storage, redis, database)
    servers.close()


@pytest.fixture(scope="module", params=["local", "cloud"])
def house(
    request: pytest.FixtureRequest,
    tmp_path_factory: pytest.TempPathFactory,
    flights_folder: Path,
) -> Iterator[House]:
    """The same Peter on a laptop and in a company."""
    folder = tmp_path_factory.mktemp("house")
    if request.param == "cloud":
        with cloud_house(request.getfixturevalue("cloud"), folder) as found:
            yield found
        return
    shutil.copytree(flights_folder / "data", folder / "data")
    with local_house(folder) as found:
        yield found
