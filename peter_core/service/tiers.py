"""The tiers that speak of a statement before it runs, beyond its own text and names."""

from __future__ import annotations

import threading
from functools import partial
from typing import TYPE_CHECKING

from peter_core.engine.binding import Binder
from peter_core.engine.duckdb import DuckDBEngine
from peter_core.engine.googlesql import GoogleSql, is_installed
from peter_core.engine.port import Job
from peter_core.errors import EngineError, SqlError, TableNotFound
from peter_core.sql.checking import TIERS, StatementCheck, check_statement
from peter_core.sql.statement import parse
from peter_core.sql.tables import is_information_schema

if TYPE_CHECKING:
    from collections.abc import Mapping

    from peter_core.dashboard.problems import Problem
    from peter_core.engine.port import Engine
    from peter_core.sql.checking import Tier
    from peter_core.sql.schema import SchemaMapping
    from peter_core.sql.statement import Statement

_LOADED_S = 1.0
"""Seconds that an analyzer is waited for which is loaded already."""


class Tiers:
    """Asks one tier after another, the dearer only while nothing is wrong. Safe from any thread.

    Parameters
    ----------
    engine
        Whose dry run is asked, and over whose tables statements are bound.
    max_bytes
        The cap of a dry run in billed bytes.
    googlesql_patience_s
        Seconds that validations and verifications wait for GoogleSQL's analyzer; with ``None``
        it is asked only when it is loaded already.
    """

    def __init__(
        self, engine: Engine, *, max_bytes: int, googlesql_patience_s: float | None = None
    ) -> None:
        self._engine = engine
        self._max_bytes = max_bytes
        self._patience_s = googlesql_patience_s
        self._binder = engine.binder if isinstance(engine, DuckDBEngine) else None
        self._own: Binder | None = None
        self._googlesql = GoogleSql() if is_installed() else None
        self._lock = threading.Lock()

    @property
    def embedded(self) -> bool:
        """Whether the engine is the embedded one, whose dry run looks at names and types."""
        return self._binder is not None

    def check(
        self,
        sql: str,
        *,
        allowed_datasets: frozenset[str] | None,
        allow_information_schema: bool,
        patience_s: float,
    ) -> StatementCheck:
        """What every tier says of a statement over the engine's tables.

        The dry run is asked of a statement without parameters, whose values are not known here.
        Where BigQuery's dry run has spoken, nobody knows better and nobody else is asked.
        GoogleSQL's analyzer is waited for ``patience_s`` seconds.
        """
        ask = partial(
            check_statement,
            sql,
            allowed_datasets=allowed_datasets,
            allow_information_schema=allow_information_schema,
        )
        found = ask()
        if not found.valid:
            return found
        statement = parse(sql)
        schema = self._schema(statement)
        found = ask(schema=schema)
        return self._beyond_names(statement, schema, found, patience_s) if found.valid else found

    def bind(
        self, statement: Statement, schema: SchemaMapping, parameters: Mapping[str, str]
    ) -> tuple[Problem, ...] | None:
        """What does not bind over empty tables, as warnings; ``None`` where it cannot be told."""
        return self._bound_by().bind(statement, schema, parameters)

    def analyze(
        self, statement: Statement, schema: SchemaMapping, parameters: Mapping[str, str]
    ) -> tuple[Problem, ...] | None:
        """What GoogleSQL's analyzer says; ``None`` where it is not installed or does not answer."""
        google, patience_s = self._googlesql, self._patience_s
        if google is None or (patience_s is None and not google.loaded):
            return None
        return google.problems(statement, schema, parameters, patience_s=patience_s or _LOADED_S)

    def close(self) -> None:
        """End the processes that only look at statements, where there are any."""
        if self._googlesql is not None:
            self._googlesql.close()
        with self._lock:
            own, self._own = self._own, None
        if own is not None:
            own.close()

    def _beyond_names(
        self,
        statement: Statement,
        schema: SchemaMapping | None,
        found: StatementCheck,
        patience_s: float,
    ) -> StatementCheck:
        asked = self._dry_run(statement)
        if asked is not None:
            found = with_tier(found, "dry_run", asked)
            if not found.valid or not self.embedded:
                return found
        if schema is None:
            return found
        if self._googlesql is not None:
            said = self._googlesql.problems(statement, schema, {}, patience_s=patience_s)
            found = found if said is None else with_tier(found, "googlesql", said)
        if not found.valid:
            return found
        bound = self.bind(statement, schema, {})
        return found if bound is None else with_tier(found, "binding", bound)

    def _schema(self, statement: Statement) -> SchemaMapping | None:
        """The tables a statement is read against; ``None`` where they cannot all be looked up."""
        if self.embedded:
            return {table.id: table.schema for table in self._engine.tables()}
        found: dict[str, dict[str, str]] = {}
        missing = False
        for name in statement.tables:
            if name.endswith("*"):
                return None
            if is_information_schema(name):
                continue
            try:
                table = self._engine.table(name)
            except TableNotFound:
                missing = True
            else:
                found[table.id] = table.schema
        if missing:
            # The others, for the nearest name; a large warehouse tells no columns in its list.
            found = {t.id: t.schema for t in self._engine.tables() if t.columns} | found
        return found

    def _dry_run(self, statement: Statement) -> tuple[Problem, ...] | None:
        if statement.parameters:
            return None
        try:
            self._engine.dry_run(Job(statement, max_bytes=self._max_bytes))
        except SqlError as error:
            return error.problems
        except EngineError:
            return None
        return ()

    def _bound_by(self) -> Binder:
        if self._binder is not None:
            return self._binder
        with self._lock:
            if self._own is None:
                self._own = Binder.of_its_own()
            return self._own


def with_tier(found: StatementCheck, tier: Tier, said: tuple[Problem, ...]) -> StatementCheck:
    """The answer with what one more tier said; the same fault at one place is told once."""
    places = {(one.line, one.column) for one in found.problems if one.is_error}
    new = [one for one in said if (one.line, one.column) not in places]
    tiers = tuple(one for one in TIERS if one == tier or one in found.tiers)
    return StatementCheck((*found.problems, *new), tiers)
