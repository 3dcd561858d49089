"""The ledger's schema: where it is, and how it moves to another revision."""

from __future__ import annotations

import io
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import sqlalchemy as sa

from peter_core.errors import InvalidRequest, StorageError
from peter_core.store.migrations import HEAD

if TYPE_CHECKING:
    from alembic.config import Config
    from alembic.script import ScriptDirectory
    from sqlalchemy.engine import Connection, Engine

BASE = "base"
"""The revision of an empty database."""
_LOCK = 5_743_250_114_877
_WAITS = ("SET LOCAL statement_timeout = 0", "SET LOCAL lock_timeout = '30s'")


@dataclass(frozen=True, slots=True)
class Migration:
    """One step of the schema's history."""

    revision: str
    title: str
    applied: bool


@dataclass(frozen=True, slots=True)
class Moved:
    """What a migration did; ``None`` is the empty database, ``steps`` the revisions passed."""

    before: str | None
    after: str | None
    steps: tuple[str, ...]


class Schema:
    """The schema of one database. Several may migrate at once: one does, the others wait.

    Every method raises SQLAlchemy's errors as they come.
    """

    def __init__(self, engine: Engine) -> None:
        self._engine = engine

    def current(self) -> str | None:
        """The revision the database is at, ``None`` for an empty one."""
        with self._engine.connect() as connection:
            return _revision(connection)

    def is_current(self) -> bool:
        """Whether it is the revision of this version of Peter."""
        return self.current() == HEAD

    def require(self) -> None:
        """Refuse any revision but this version's.

        Raises
        ------
        StorageError
            Saying whether the database or Peter is behind, and what to do.
        """
        found = self.current()
        if found == HEAD:
            return
        if found is None or found in _revisions():
            at = "has no tables yet" if found is None else f"is at schema {found}, an older one"
            raise StorageError(
                f"The ledger's database {at}; this version of Peter needs {HEAD}.",
                hint="Let its operator run: peter db upgrade.",
            )
        raise _from_elsewhere(found)

    def history(self) -> tuple[Migration, ...]:
        """Every revision this version knows, the oldest first."""
        found = self.current()
        known = _revisions()
        if found is not None and found not in known:
            raise _from_elsewhere(found)
        done = known.index(found) + 1 if found else 0
        titles = {script.revision: script.doc for script in _scripts().walk_revisions()}
        return tuple(
            Migration(revision, titles[revision], n < done) for n, revision in enumerate(known)
        )

    def upgrade(self, target: str = HEAD) -> Moved:
        """Bring the database up to a revision; one that is there already stays as it is.

        Raises
        ------
        InvalidRequest
            There is no such revision, or the database is past it.
        StorageError
            The database is at a revision of another version of Peter.
        """
        return self._move(target, up=True)

    def downgrade(self, target: str) -> Moved:
        """Bring the database back to a revision, ``base`` for none at all; its data goes with it.

        Raises
        ------
        InvalidRequest, StorageError
        """
        return self._move(target, up=False)

    def sql(self, target: str, *, up: bool = True) -> str:
        """The statements that would bring the database there, without running them."""
        from alembic import command

        found = self.current()
        _steps(found, target, up=up)
        written = io.StringIO()
        config = _config(written)
        config.attributes["dialect"] = self._engine.dialect.name
        way = f"{found or BASE}:{target}"
        if up:
            command.upgrade(config, way, sql=True)
        else:
            command.downgrade(config, way, sql=True)
        return written.getvalue()

    def _move(self, target: str, *, up: bool) -> Moved:
        from alembic import command

        config = _config()
        with self._engine.begin() as connection:
            if connection.dialect.name == "postgresql":
                _take_time(connection)
            found = _revision(connection)
            steps = _steps(found, target, up=up)
            if steps:
                config.attributes["connection"] = connection
                (command.upgrade if up else command.downgrade)(config, target)
            return Moved(found, _revision(connection), steps)


def _take_time(connection: Connection) -> None:
    """Let a migration take what it takes, one at a time."""
    bounded: Any = connection.connection.dbapi_connection
    bounded.limit_s = None
    for statement in _WAITS:
        connection.exec_driver_sql(statement)
    connection.execute(sa.select(sa.func.pg_advisory_xact_lock(_LOCK)))


def _steps(found: str | None, target: str, *, up: bool) -> tuple[str, ...]:
    known = _revisions()
    if target != BASE and target not in known:
        raise InvalidRequest(
            f"There is no schema revision {target[:40]!r}.",
            hint=f"The revisions are {BASE}, {', '.join(known)}.",
        )
    if found is not None and found not in known:
        raise _from_elsewhere(found)
    at = known.index(found) + 1 if found else 0
    to = 0 if target == BASE else known.index(target) + 1
    if (to < at) if up else (to > at):
        other = "downgrade" if up else "upgrade"
        raise InvalidRequest(
            f"The database is at schema {found or BASE}, which is"
            f" {'past' if up else 'before'} {target}.",
            hint=f"Use: peter db {other} {target}.",
        )
    return known[at:to] if up else tuple(reversed(known[to:at]))


def _from_elsewhere(found: str) -> StorageError:
    return StorageError(
        f"The ledger was written by another version of Peter: its schema is {found[:32]},"
        f" and this one knows up to {HEAD}.",
        hint="Use the newest version of Peter that was ever run on it.",
    )


def _revision(connection: Connection) -> str | None:
    if not sa.inspect(connection).has_table("alembic_version"):
        return None
    query = sa.text("SELECT version_num FROM alembic_version")
    revision: str | None = connection.execute(query).scalar()
    return revision


def _config(written: io.StringIO | None = None) -> Config:
    from alembic.config import Config

    config = Config(output_buffer=written) if written else Config()
    config.set_main_option("script_location", "peter_core.store:migrations")
    return config


def _scripts() -> ScriptDirectory:
    from alembic.script import ScriptDirectory

    return ScriptDirectory.from_config(_config())


def _revisions() -> tuple[str, ...]:
    """The oldest first; they are one line."""
    return tuple(script.revision for script in _scripts().walk_revisions())[::-1]
