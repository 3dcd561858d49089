"""The ledger's database: connections, transactions, and the schema they need."""

from __future__ import annotations

import threading
import time
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

from peter_core.errors import StorageError
from peter_core.locks import file_lock
from peter_core.store.connecting import STATEMENT_S, make_engine
from peter_core.store.failures import (
    database_errors,
    is_held,
    is_unreachable,
    lost_connection,
    unreachable,
)
from peter_core.store.files import storage_errors
from peter_core.store.migrations import HEAD
from peter_core.store.schema import Schema

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    import sqlalchemy as sa
    from sqlalchemy.engine import Connection, Engine

    from peter_core.store.schema import Migration, Moved

T = TypeVar("T")

_MIGRATION_WAIT_S = 30.0
_SLOW_S = 0.5
_REST_S = 1.0
_QUEUE_MS = f"{(STATEMENT_S - 0.5) * 1000:.0f}"


class Database:
    """Transactions on a database by its URL; connects at the first one. Safe from any thread.

    A SQLite file is made and migrated by itself, safely with several processes at once. Any other
    database is migrated by its operator with ``peter db upgrade``; another schema is refused.

    Raises
    ------
    ConfigError
        The URL is none, or its driver is not installed.
    """

    def __init__(self, url: str) -> None:
        self._engine = make_engine(url)
        self._reader = _reading_options(self._engine)
        self._writer = self._engine.execution_options(peter_writes=True)
        self._lock = threading.Lock()
        self._ready = False
        self._rests_until = 0.0
        self.schema = Schema(self._writer)

    @property
    def kind(self) -> str:
        """``sqlite`` or ``postgresql``."""
        return self._engine.dialect.name

    @property
    def shown(self) -> str:
        """The URL without its password and options, for people."""
        return self._engine.url.set(query={}).render_as_string(hide_password=True)

    def read(self, work: Callable[[Connection], T]) -> T:
        """What ``work`` gives in a transaction that only reads.

        It is asked once more when its connection breaks: the database was restarted.

        Raises
        ------
        StorageError
        """
        try:
            return self._read_once(work)
        except StorageError as error:
            if not lost_connection(error):
                raise
        return self._read_once(work)

    def write_idempotent(self, work: Callable[[Connection], T], *, tries: int = 1) -> T:
        """What ``work`` gives in a writing transaction; asked once more after a broken connection.

        ``work`` must do nothing the second time when the first was committed after all. A database
        that another writer holds is asked ``tries`` times.

        Raises
        ------
        StorageError, StorageFull
        """
        for _ in range(tries - 1):
            try:
                return self._write_again(work)
            except StorageError as error:
                if not is_held(error):
                    raise
        return self._write_again(work)

    @contextmanager
    def reading(self) -> Iterator[Connection]:
        """A transaction that only reads, all of it at one moment.

        Raises
        ------
        StorageError
        """
        with self._transaction(self._reader, "read the ledger") as connection:
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
        with self._transaction(self._writer, "write to the ledger") as connection:
            yield connection

    def migrate(self, target: str = HEAD, *, up: bool = True) -> Moved:
        """Move the schema to a revision, as `Schema.upgrade` and `Schema.downgrade` do.

        Raises
        ------
        InvalidRequest, StorageError
        """
        with self._about_schema("migrate the ledger"):
            self._ready = False
            return self.schema.upgrade(target) if up else self.schema.downgrade(target)

    def migration_sql(self, target: str = HEAD, *, up: bool = True) -> str:
        """The statements of `migrate`, which are not run.

        Raises
        ------
        InvalidRequest, StorageError
        """
        with self._about_schema("read the ledger's schema"):
            return self.schema.sql(target, up=up)

    def migrations(self) -> tuple[Migration, ...]:
        """Every revision of the schema this version knows, and whether it is applied.

        Raises
        ------
        StorageError
            It cannot be read, or is another version's.
        """
        with self._about_schema("read the ledger's schema"):
            return self.schema.history()

    def close(self) -> None:
        """Close every connection."""
        self._engine.dispose()

    def _write_again(self, work: Callable[[Connection], T]) -> T:
        try:
            with self.writing() as connection:
                return work(connection)
        except StorageError as error:
            if not lost_connection(error):
                raise
        with self.writing() as connection:
            return work(connection)

    def _read_once(self, work: Callable[[Connection], T]) -> T:
        with self.reading() as connection:
            return work(connection)

    @contextmanager
    def _about_schema(self, doing: str) -> Iterator[None]:
        with database_errors(doing), storage_errors(doing):
            file = _sqlite_file(self._engine)
            if file is not None:
                file.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
            yield

    @contextmanager
    def _transaction(self, engine: Engine, doing: str) -> Iterator[Connection]:
        if time.monotonic() < self._rests_until:
            raise unreachable(doing)
        began = time.monotonic()
        try:
            with database_errors(doing), storage_errors(doing):
                self._prepare()
                with engine.connect() as connection, connection.begin():
                    yield connection
        except StorageError as error:
            # Who comes next does not wait for a server that kept this one waiting.
            if is_unreachable(error) and time.monotonic() - began > _SLOW_S:
                self._rests_until = time.monotonic() + _REST_S
            raise

    def _prepare(self) -> None:
        if self._ready:
            return
        if self.kind != "sqlite":
            # Without the lock: nobody waits for another's slow connection.
            self.schema.require()
            self._ready = True
            return
        with self._lock:
            if not self._ready:
                self._make()
                self._ready = True

    def _make(self) -> None:
        file = _sqlite_file(self._engine)
        if file is None:
            self.schema.upgrade()
            return
        file.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        if self.schema.is_current():
            return
        lock = file.with_name(f"{file.name}.lock")
        with file_lock(lock, timeout_s=_MIGRATION_WAIT_S, doing="migrate the ledger"):
            self.schema.upgrade()


def insert_into(connection: Connection, table: sa.Table) -> Any:
    """An insert that can say what to do about a row that is there already."""
    if connection.dialect.name == "postgresql":
        from sqlalchemy.dialects.postgresql import insert as postgresql_insert

        return postgresql_insert(table)
    from sqlalchemy.dialects.sqlite import insert as sqlite_insert

    return sqlite_insert(table)


def hold(connection: Connection, name: str) -> None:
    """Let one transaction at a time past this line, by name, until it ends.

    It is a queue, so that those in it are given longer than a second. SQLite has one writer anyway.
    """
    if connection.dialect.name == "postgresql":
        from sqlalchemy import func, select

        longer = func.set_config("lock_timeout", _QUEUE_MS, True)
        lock = func.pg_advisory_xact_lock(func.hashtextextended(name, 0))
        connection.execute(select(longer, lock))


def _reading_options(engine: Engine) -> Engine:
    if engine.dialect.name == "sqlite":
        return engine
    return engine.execution_options(isolation_level="REPEATABLE READ", postgresql_readonly=True)


def _sqlite_file(engine: Engine) -> Path | None:
    name = engine.url.database
    if engine.dialect.name != "sqlite" or not name or name == ":memory:":
        return None
    return Path(name)
