"""The ledger's database: connections, transactions, and its schema brought up to date."""

from __future__ import annotations

import threading
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

import sqlalchemy as sa
from sqlalchemy.engine import make_url
from sqlalchemy.exc import ArgumentError, DBAPIError, SQLAlchemyError, StatementError

from peter_core.errors import ConfigError, StorageError, StorageFull
from peter_core.locks import file_lock
from peter_core.store.files import storage_errors
from peter_core.store.migrations import HEAD

if TYPE_CHECKING:
    from collections.abc import Iterator

    from sqlalchemy.engine import Connection, Engine

_BUSY_S = 1.0
_MIGRATION_WAIT_S = 30.0


class Database:
    """Transactions on a database by its URL; connects at the first one.

    A SQLite file is made and migrated by itself, safely with several processes at once. Any other
    database is migrated by its operator; an older schema is refused.

    Raises
    ------
    ConfigError
        The URL is none, or its driver is not installed.
    """

    def __init__(self, url: str) -> None:
        try:
            self._engine = _make_engine(url)
        except (ArgumentError, ModuleNotFoundError) as error:
            raise ConfigError(
                "The ledger's database URL cannot be used.",
                hint="Write it as sqlite:///path/ledger.db or postgresql+psycopg://host/name.",
            ) from error
        self._lock = threading.Lock()
        self._ready = False

    @contextmanager
    def reading(self) -> Iterator[Connection]:
        """A transaction that only reads.

        Raises
        ------
        StorageError
        """
        with self._transaction("read the ledger", writes=False) as connection:
            yield connection

    @contextmanager
    def writing(self) -> Iterator[Connection]:
        """A transaction that is committed when the block ends, and undone when it raises.

        Raises
        ------
        StorageError
            Another writer held the database for more than a second: "try again".
        StorageFull
        """
        with self._transaction("write to the ledger", writes=True) as connection:
            yield connection

    def close(self) -> None:
        """Close every connection."""
        self._engine.dispose()

    @contextmanager
    def _transaction(self, doing: str, *, writes: bool) -> Iterator[Connection]:
        with _database_errors(doing), storage_errors(doing):
            self._prepare()
            with _options(self._engine, writes).connect() as connection, connection.begin():
                yield connection

    def _prepare(self) -> None:
        if self._ready:
            return
        with self._lock:
            if self._ready:
                return
            file = _sqlite_file(self._engine)
            if file is not None:
                file.parent.mkdir(parents=True, exist_ok=True)
            if self._revision() != HEAD:
                self._migrate(file)
            self._ready = True

    def _migrate(self, file: Path | None) -> None:
        if file is None:
            if self._engine.dialect.name != "sqlite":
                raise StorageError(
                    f"The ledger's database is not at schema {HEAD}.",
                    hint="Let its operator migrate it with this version of Peter.",
                )
            self._upgrade()
            return
        lock = file.with_name(f"{file.name}.lock")
        with file_lock(lock, timeout_s=_MIGRATION_WAIT_S, doing="migrate the ledger"):
            if self._revision() != HEAD:
                self._upgrade()

    def _upgrade(self) -> None:
        from alembic import command
        from alembic.config import Config
        from alembic.util import CommandError

        config = Config()
        config.set_main_option("script_location", "peter_core.store:migrations")
        try:
            with _options(self._engine, writes=True).begin() as connection:
                config.attributes["connection"] = connection
                command.upgrade(config, HEAD)
        except CommandError as error:
            raise StorageError(
                "The ledger was written by another version of Peter.",
                hint="Use the newest version that was ever run on this folder.",
            ) from error

    def _revision(self) -> str | None:
        with self._engine.connect() as connection:
            if not sa.inspect(connection).has_table("alembic_version"):
                return None
            query = sa.text("SELECT version_num FROM alembic_version")
            revision: str | None = connection.execute(query).scalar()
            return revision


def _make_engine(url: str) -> Engine:
    parsed = make_url(url)
    if parsed.get_backend_name() != "sqlite":
        return sa.create_engine(parsed, pool_pre_ping=True)
    engine = sa.create_engine(parsed, connect_args={"timeout": _BUSY_S})
    sa.event.listen(engine, "connect", _configure_sqlite)
    sa.event.listen(engine, "begin", _begin_sqlite)
    return engine


def _configure_sqlite(connection: Any, record: object) -> None:
    # Without this the driver begins transactions by itself, and late.
    connection.isolation_level = None
    for pragma in ("journal_mode=WAL", "synchronous=NORMAL", "foreign_keys=ON"):
        connection.execute(f"PRAGMA {pragma}").close()


def _begin_sqlite(connection: Connection) -> None:
    # A writer takes its lock at once: a reader that turns writer could only fail.
    writes = connection.get_execution_options().get("peter_writes")
    connection.exec_driver_sql("BEGIN IMMEDIATE" if writes else "BEGIN")


def _options(engine: Engine, writes: bool) -> Engine:
    return engine.execution_options(peter_writes=True) if writes else engine


def _sqlite_file(engine: Engine) -> Path | None:
    name = engine.url.database
    if engine.dialect.name != "sqlite" or not name or name == ":memory:":
        return None
    return Path(name)


@contextmanager
def _database_errors(doing: str) -> Iterator[None]:
    try:
        yield
    except DBAPIError as error:
        raise _storage_error(doing, str(error.orig).lower()) from error
    except StatementError as error:
        # A value that no column takes is the caller's mistake, not the database's failure.
        raise (error.orig or error) from None
    except SQLAlchemyError as error:
        raise StorageError(f"Peter could not {doing}: {type(error).__name__}.") from error


def _storage_error(doing: str, text: str) -> StorageError:
    if "locked" in text or "busy" in text:
        return StorageError(
            f"Peter could not {doing}: another process holds it.", hint="Try again in a moment."
        )
    if "full" in text:
        return StorageFull(
            f"Peter could not {doing}: no room is left on the device.",
            hint="Free some room and try again; nothing was changed.",
        )
    if "malformed" in text or "not a database" in text:
        return StorageError(
            f"Peter could not {doing}: its file is damaged.",
            hint="Move the file away: Peter makes a new one, and publishing again refills it.",
        )
    return StorageError(f"Peter could not {doing}: the database failed.")
