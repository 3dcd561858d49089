"""Views by their SQL: what stands under them, down to the tables that hold rows."""

from __future__ import annotations

from typing import TYPE_CHECKING

from peter_core.errors import SqlError
from peter_core.sql.data_types import data_type
from peter_core.sql.relations import UNKNOWN, Field, Relation, Scope, Traced
from peter_core.sql.schema import Schema
from peter_core.sql.statement import parse

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from peter_core.sql.resolution import Resolver
    from peter_core.sql.schema import KnownTable
    from peter_core.sql.statement import Statement

MAX_DEPTH = 16
"""Views over views; BigQuery allows as many."""


class Views:
    """The SQL of views, found by one, two or three part names as tables are."""

    def __init__(self, views: Mapping[str, str]) -> None:
        self._sql = dict(views)
        self._names = Schema({name: {} for name in views})
        self._read: dict[str, Statement | None] = {}

    def find(self, name: str) -> tuple[str, Statement] | None:
        """The name of a view as it was given, and its query; ``None`` for what is none."""
        known = self._names.find(name)
        if known is None:
            return None
        if known.id not in self._read:
            self._read[known.id] = _statement(self._sql[known.id])
        statement = self._read[known.id]
        return (known.id, statement) if statement is not None else None

    def under(self, names: Iterable[str]) -> tuple[str, ...]:
        """The names with every view replaced by what it reads, each once."""
        found: dict[str, None] = {}
        seen: set[str] = set()
        waiting = list(names)[::-1]
        while waiting:
            name = waiting.pop()
            view = self.find(name)
            if view is None:
                found[name] = None
            elif view[0] not in seen:
                seen.add(view[0])
                waiting.extend(reversed(view[1].tables))
        return tuple(found)


def view_relation(resolver: Resolver, name: str, known: KnownTable | None) -> Relation | None:
    """The columns of a view with their sources in its tables; ``None`` for what is no view."""
    found = resolver.views.find(name) if resolver.views is not None else None
    if found is None or found[0] in resolver.inside or len(resolver.inside) >= MAX_DEPTH:
        return None
    id_, statement = found
    if id_ not in resolver.resolved_views:
        inner = resolver.within(id_, statement.text)
        relation = inner.query(statement.tree, Scope())
        resolver.resolved_views[id_] = (relation, frozenset(inner.side))
    relation, side = resolver.resolved_views[id_]
    resolver.side |= side
    return relation if known is None else _declared(relation, known)


def _declared(relation: Relation, known: KnownTable) -> Relation:
    """The view's own columns, by their names, or by their places where it gives others."""
    columns = list(known.columns.values())
    by_place = not relation.open and len(columns) == len(relation.fields)
    fields = []
    for place, (name, kind) in enumerate(columns):
        value = relation.find(name)
        if value is None:
            value = relation.fields[place].value if by_place else UNKNOWN
        typed = Traced(value.sources, value.known, type=data_type(kind), parts=value.parts)
        fields.append(Field(name, typed))
    return Relation(tuple(fields), known.id, known)


def _statement(sql: str) -> Statement | None:
    try:
        statement = parse(sql)
    except SqlError:
        return None
    return statement if statement.kind == "SELECT" else None
