"""Ledgers on every database that Peter serves."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import psycopg
import pytest

from peter_core.store.ledger import Ledger
from tests.servers.postgres import VERSIONS, Servers

KINDS = ("sqlite", *(f"postgresql-{version}" for version in VERSIONS))


@pytest.fixture(scope="session")
def postgres() -> Iterator[Servers]:
    """PostgreSQL servers, each started once."""
    servers = Servers()
    yield servers
    servers.close()


@pytest.fixture(scope="session")
def migrated(postgres: Servers) -> dict[str, str]:
    """The URLs of migrated databases, by version, filled when first asked for."""
    return {}


@pytest.fixture(params=KINDS)
def ledger_url(
    request: pytest.FixtureRequest, tmp_path: Path, postgres: Servers, migrated: dict[str, str]
) -> str:
    """An empty, migrated ledger on each database."""
    kind, _, version = request.param.partition("-")
    if kind == "sqlite":
        return f"sqlite:///{tmp_path}/ledger.db"
    if version not in migrated:
        migrated[version] = postgres.database(version)
        migrate(migrated[version])
    empty(migrated[version])
    return migrated[version]


@pytest.fixture
def ledger(ledger_url: str) -> Iterator[Ledger]:
    """A ledger on each database."""
    opened = Ledger(ledger_url)
    yield opened
    opened.close()


def migrate(url: str) -> None:
    """Bring a database to this version's schema, as its operator does."""
    ledger = Ledger(url)
    ledger.database.schema.upgrade()
    ledger.close()


def empty(url: str) -> None:
    """Take every row out of every table."""
    from peter_core.store.tables import metadata

    names = ", ".join(table.name for table in metadata.sorted_tables)
    with psycopg.connect(url, autocommit=True) as connection:
        connection.execute(f"TRUNCATE {names}")
