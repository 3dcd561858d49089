"""Database URLs, and engines whose connections wait for nothing for long."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import sqlalchemy as sa
from sqlalchemy.engine import make_url
from sqlalchemy.exc import ArgumentError, SQLAlchemyError

from peter_core.errors import ConfigError

if TYPE_CHECKING:
    from sqlalchemy.engine import URL, Connection, Engine

    from peter_core.config import Settings

BUSY_S = 1.0
"""Seconds a writer waits for another one."""
STATEMENT_S = 5.0
"""Seconds a statement may take on a server."""
CONNECT_S = 2
"""Seconds a new connection may take; libpq takes no less."""
_POOL_WAIT_S = 1.5
_POOL_SIZE = 5
_POOL_EXTRA = 10
_RECYCLE_S = 1800
_PING_S = 1.0

_SETTINGS = (
    f"-c statement_timeout={int(STATEMENT_S * 1000)} -c lock_timeout={int(BUSY_S * 1000)}"
    " -c idle_in_transaction_session_timeout=60000 -c timezone=UTC"
)
_POSTGRESQL = frozenset({"postgresql", "postgres"})
_SQLITE = frozenset({"sqlite", "sqlite+pysqlite", "sqlite+aiosqlite"})
# What asyncpg's URLs say in words that libpq does not know.
_NOT_LIBPQ = ("prepared_statement_cache_size", "prepared_statement_name_func", "async_fallback")


def ledger_url(settings: Settings) -> str:
    """The configured database's URL, else that of a file in the workspace; holds its password."""
    if settings.database_url is not None:
        return settings.database_url.get_secret_value()
    return f"sqlite:///{settings.folder.expanduser().resolve() / '.peter' / 'ledger.db'}"


def make_engine(url: str) -> Engine:
    """An engine that has not connected yet.

    One rule for drivers: every PostgreSQL URL is driven by psycopg, whatever driver it names, and
    SQLite by Python's own; ``ssl=`` in it is libpq's ``sslmode=``.

    Raises
    ------
    ConfigError
        The URL is none, is of another database, or its driver is not installed; it is not
        repeated, for it may hold a password.
    """
    try:
        parsed = make_url(url)
        if parsed.drivername in _SQLITE:
            return _sqlite(parsed.set(drivername="sqlite"))
        if parsed.drivername.partition("+")[0] in _POSTGRESQL:
            return _postgresql(parsed)
    except ModuleNotFoundError:
        raise ConfigError(
            "The driver of the ledger's database URL is not installed.",
            hint="Install it with: pip install 'peter[postgres]'.",
        ) from None
    except (ArgumentError, ValueError, TypeError, SQLAlchemyError):
        pass
    # The cause is dropped: it would repeat the URL.
    raise ConfigError(
        "The ledger's database URL cannot be used.",
        hint="Write it as sqlite:///path/ledger.db or postgresql://user@host/name.",
    ) from None


def _sqlite(url: URL) -> Engine:
    # Without parameters in errors: they are e-mails and titles.
    engine = sa.create_engine(url, connect_args={"timeout": BUSY_S}, hide_parameters=True)
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


def _postgresql(url: URL) -> Engine:
    query = {name: value for name, value in url.query.items() if name not in _NOT_LIBPQ}
    if "ssl" in query:
        query.setdefault("sslmode", _sslmode(query.pop("ssl")))
    own = query.pop("options", "")
    own = " ".join(own) if isinstance(own, tuple) else own
    defaults: dict[str, Any] = {
        "connect_timeout": str(CONNECT_S),
        "application_name": "peter",
        "keepalives_idle": "30",
        "tcp_user_timeout": "10000",
    }
    url = url.set(
        drivername="postgresql+psycopg",
        query=defaults | query | {"options": f"{_SETTINGS} {own}".strip()},
    )
    engine = sa.create_engine(
        url,
        pool_pre_ping=True,
        pool_size=_POOL_SIZE,
        max_overflow=_POOL_EXTRA,
        pool_timeout=_POOL_WAIT_S,
        pool_recycle=_RECYCLE_S,
        pool_use_lifo=True,
        hide_parameters=True,
    )
    _refuse_unknown_options(engine)
    _never_wait_for_ever(engine)
    return engine


def _never_wait_for_ever(engine: Engine) -> None:
    from peter_core.store.bounded import BoundedConnection

    def connect(dialect: Any, record: Any, words: Any, options: Any) -> BoundedConnection:
        made = BoundedConnection.connect(*words, **options)
        made.limit_s = _PING_S
        return made

    def check_out(connection: BoundedConnection, record: Any, proxy: Any) -> None:
        connection.limit_s = STATEMENT_S + 1

    def check_in(connection: BoundedConnection | None, record: Any) -> None:
        # The next thing on it is a ping.
        if connection is not None:
            connection.limit_s = _PING_S

    sa.event.listen(engine, "do_connect", connect)
    sa.event.listen(engine, "checkout", check_out)
    sa.event.listen(engine, "checkin", check_in)


def _sslmode(value: str | tuple[str, ...]) -> str:
    said = value if isinstance(value, str) else value[-1]
    return {"true": "require", "false": "disable"}.get(said.lower(), said)


def _refuse_unknown_options(engine: Engine) -> None:
    from psycopg import ProgrammingError
    from psycopg.conninfo import make_conninfo

    _, options = engine.dialect.create_connect_args(engine.url)
    options.pop("context", None)
    try:
        make_conninfo("", **options)
    except ProgrammingError:
        raise ArgumentError("unknown option") from None
