"""One rule for database URLs, and no secret in what is said of them."""

from __future__ import annotations

import traceback
from decimal import Decimal
from pathlib import Path

import pytest
import sqlalchemy as sa

from peter_core.config import load_settings
from peter_core.errors import ConfigError, StorageError
from peter_core.store.connecting import ledger_url, make_engine
from peter_core.store.database import Database
from peter_core.store.ledger import Ledger
from peter_core.store.tables import budget_windows
from tests.servers.postgres import Servers


@pytest.mark.parametrize(
    "url",
    [
        "postgresql://ann:hunter2@host:5433/peter",
        "postgres://ann:hunter2@host:5433/peter",
        "postgresql+psycopg://ann:hunter2@host:5433/peter",
        "postgresql+psycopg2://ann:hunter2@host:5433/peter",
        "postgresql+asyncpg://ann:hunter2@host:5433/peter?prepared_statement_cache_size=0",
        "postgresql+pg8000://ann:hunter2@host:5433/peter",
    ],
)
def test_every_postgresql_url_is_driven_by_psycopg(url: str) -> None:
    engine = make_engine(url)
    assert engine.url.drivername == "postgresql+psycopg"
    _, options = engine.dialect.create_connect_args(engine.url)
    assert (options["host"], options["port"], options["user"]) == ("host", 5433, "ann")
    assert (options["password"], options["dbname"]) == ("hunter2", "peter")
    assert (options["application_name"], options["connect_timeout"]) == ("peter", "2")
    assert "statement_timeout=5000" in options["options"]
    assert "prepared_statement_cache_size" not in options


def test_what_the_url_says_wins_over_what_is_usual() -> None:
    engine = make_engine(
        "postgresql+asyncpg://h/d?ssl=require&connect_timeout=9&application_name=other"
        "&options=-csearch_path%3Dpeter"
    )
    _, options = engine.dialect.create_connect_args(engine.url)
    assert options["sslmode"] == "require"
    assert (options["connect_timeout"], options["application_name"]) == ("9", "other")
    assert options["options"].endswith("-csearch_path=peter")
    assert options["options"].startswith("-c statement_timeout")


@pytest.mark.parametrize("url", ["sqlite:///x.db", "sqlite+aiosqlite:///x.db"])
def test_sqlite_is_driven_by_pythons_own(url: str) -> None:
    assert make_engine(url).url.drivername == "sqlite"


@pytest.mark.parametrize(
    "url",
    [
        "mysql://ann:hunter2@host/d",
        "sqlite+none:///hunter2",
        "postgresql://ann:hunter2@host/d?nonsense=1",
        "postgresql://ann:hunter2@host:port/d",
        "hunter2",
    ],
)
def test_a_url_that_cannot_be_used_is_not_repeated(url: str) -> None:
    with pytest.raises(ConfigError, match="cannot be used") as caught:
        make_engine(url)
    assert "hunter2" not in repr((caught.value, caught.value.__cause__, caught.value.hint))


def test_the_ledger_is_where_the_settings_say(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert ledger_url(load_settings(folder=tmp_path)) == f"sqlite:///{tmp_path}/.peter/ledger.db"
    monkeypatch.setenv("DATABASE_URL", "postgresql+asyncpg://ann:pw@host/peter")
    assert ledger_url(load_settings(folder=tmp_path)) == "postgresql+asyncpg://ann:pw@host/peter"


def test_a_password_is_never_told(postgres: Servers) -> None:
    url = postgres.server("15").url("peter_none").replace("postgres@", "postgres:hunter2@")
    database = Database(url)
    assert "hunter2" not in database.shown
    with pytest.raises(StorageError, match="there is no such database") as caught:
        database.read(lambda _: None)
    database.close()
    assert "hunter2" not in repr(caught.value) + str(caught.value.__cause__)


def test_a_server_that_is_not_there_and_one_that_refuses_are_told_apart(
    postgres: Servers,
) -> None:
    server = postgres.server("15")
    nobody = Database("postgresql://127.0.0.1:1/peter")
    with pytest.raises(StorageError, match=r"cannot be reached\. Is it running"):
        nobody.read(lambda _: None)
    stranger = Database(server.url().replace("postgres@", "stranger@"))
    with pytest.raises(StorageError, match="refused the login"):
        stranger.read(lambda _: None)
    nobody.close()
    stranger.close()


def test_an_error_carries_no_parameters(ledger: Ledger) -> None:
    with (
        pytest.raises(StorageError) as caught,
        ledger.database.writing() as connection,
    ):
        row = {"scope": "user", "subject": "hunter2", "period": "day", "begins": "x"}
        for _ in range(2):
            connection.execute(sa.insert(budget_windows), {**row, "spent_usd": Decimal(1)})
    told = "".join(traceback.format_exception(caught.value))
    assert "budget_windows" in told
    assert "[parameters: " not in told
    assert "SQL parameters hidden" in told
