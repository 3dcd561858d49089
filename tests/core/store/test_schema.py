"""The schema goes up and down on every database, once, and another one is refused."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest
import sqlalchemy as sa
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext

from peter_core.errors import InvalidRequest, StorageError
from peter_core.store.database import Database
from peter_core.store.ledger import Ledger
from peter_core.store.migrations import HEAD
from peter_core.store.schema import Moved
from peter_core.store.tables import metadata
from tests.core.store.conftest import KINDS
from tests.core.store.test_ledger import entry, run
from tests.servers.postgres import Servers


@pytest.fixture(params=KINDS)
def url(request: pytest.FixtureRequest, tmp_path: Path, postgres: Servers) -> str:
    """An empty database of each kind."""
    kind, _, version = request.param.partition("-")
    return f"sqlite:///{tmp_path}/ledger.db" if kind == "sqlite" else postgres.database(version)


@pytest.fixture
def database(url: str) -> Iterator[Database]:
    opened = Database(url)
    yield opened
    opened.close()


def test_the_migrations_give_the_tables_of_the_program(database: Database) -> None:
    assert database.migrate() == Moved(None, HEAD, ("0001", "0002", "0003"))
    with database.reading() as connection:
        context = MigrationContext.configure(connection, opts={"compare_type": True})
        assert compare_metadata(context, metadata) == []


def test_what_was_kept_is_there_after_the_way_up(database: Database, url: str) -> None:
    database.migrate("0001")
    columns = "id, at, day, fingerprint, principal, engine, status, bytes_scanned, bytes_billed"
    with database._engine.begin() as connection:
        connection.exec_driver_sql(
            f"INSERT INTO runs ({columns}, cost_usd, cache_hit, duration_ms) VALUES ('a',"
            " '2026-11-23T03:00:00.000000Z', '2026-11-23', 'f', 'ann', 'bigquery', 'succeeded',"
            " 1, 2, 3, false, 0.5)"
        )
        connection.exec_driver_sql(
            "INSERT INTO dashboards (slug, title, revision, published_at, published_by, search)"
            " VALUES ('s', 'Title', 'r', '2026-11-23T03:00:00.000000Z', 'ann', 'title')"
        )
    database.migrate()
    ledger = Ledger(url)
    (kept,) = ledger.last_runs()
    assert (kept.id, kept.slot_ms, kept.saved_usd, kept.estimated_bytes) == ("a", 0, 0, None)
    assert [found.title for found in ledger.dashboards()[0]] == ["Title"]
    ledger.close()


def test_the_way_down_leaves_what_the_earlier_schema_holds(database: Database, url: str) -> None:
    database.migrate()
    ledger = Ledger(url)
    ledger.record_run(run(id="kept", slot_ms=5))
    ledger.index(entry())
    ledger.close()
    assert database.migrate("0001", up=False) == Moved("0003", "0001", ("0003", "0002"))
    with database._engine.begin() as connection:
        assert connection.exec_driver_sql("SELECT id FROM runs").scalars().all() == ["kept"]
    assert database.migrate("base", up=False) == Moved("0001", None, ("0001",))
    with database._engine.begin() as connection:
        assert sa.inspect(connection).get_table_names() == ["alembic_version"]
    assert database.migrate() == Moved(None, HEAD, ("0001", "0002", "0003"))


def test_a_migration_that_fails_changes_nothing(database: Database, url: str) -> None:
    database.migrate("0001")
    with database._engine.begin() as connection:
        connection.exec_driver_sql("CREATE TABLE sessions (x int)")
    with pytest.raises(StorageError, match="could not migrate the ledger"):
        database.migrate()
    with database._engine.begin() as connection:
        names = {column["name"] for column in sa.inspect(connection).get_columns("runs")}
    assert "slot_ms" not in names
    assert [step.applied for step in database.migrations()] == [True, False, False]


def test_those_who_migrate_at_once_migrate_once(url: str) -> None:
    moved: list[Moved] = []
    failed: list[Exception] = []

    def work() -> None:
        database = Database(url)
        try:
            moved.append(database.migrate())
        except Exception as error:
            failed.append(error)
        database.close()

    threads = [threading.Thread(target=work) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert failed == []
    assert sorted(len(one.steps) for one in moved) == [0, 0, 0, 3]


def test_another_schema_is_refused_with_what_to_do(database: Database, url: str) -> None:
    if database.kind == "postgresql":
        with (
            closing(Ledger(url)) as none,
            pytest.raises(StorageError, match=r"has no tables yet.*peter db upgrade"),
        ):
            none.check()
        database.migrate("0001")
        with (
            closing(Ledger(url)) as older,
            pytest.raises(StorageError, match=r"at schema 0001, an older one.*peter db upgrade"),
        ):
            older.check()
    database.migrate()
    with database._engine.begin() as connection:
        connection.exec_driver_sql("UPDATE alembic_version SET version_num = '9999'")
    newer = Ledger(url)
    for call in (newer.check, database.migrate, database.migrations, database.migration_sql):
        with pytest.raises(StorageError, match=r"its schema is 9999.*newest version of Peter"):
            call()
    newer.close()


def test_a_ledger_that_waited_for_its_operator_goes_on(database: Database, url: str) -> None:
    ledger = Ledger(url)
    if database.kind == "postgresql":
        with pytest.raises(StorageError):
            ledger.check()
        database.migrate()
    ledger.record_run(run())
    assert len(ledger.last_runs()) == 1
    ledger.close()


def test_a_revision_that_is_none_is_refused(database: Database) -> None:
    for call in (database.migrate, database.migration_sql):
        with pytest.raises(InvalidRequest, match="no schema revision '0x'"):
            call("0x")
    with pytest.raises(InvalidRequest, match="is before 0001"):
        database.migrate("0001", up=False)
    database.migrate()
    with pytest.raises(InvalidRequest, match=r"past 0001. Use: peter db downgrade 0001"):
        database.migrate("0001")


def test_the_printed_statements_do_what_the_migration_does(
    database: Database, tmp_path: Path
) -> None:
    script = database.migration_sql()
    assert [step.applied for step in database.migrations()] == [False, False, False]
    with database._engine.connect() as connection:
        driver = connection.connection.driver_connection
        assert driver is not None
        if database.kind == "sqlite":
            driver.executescript(script)
        else:
            driver.autocommit = True
            driver.execute(script)
            driver.autocommit = False
    assert [step.applied for step in database.migrations()] == [True, True, True]
    with database.reading() as connection:
        context = MigrationContext.configure(connection, opts={"compare_type": True})
        assert compare_metadata(context, metadata) == []
