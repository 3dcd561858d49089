"""What a part of a query gives to the part around it: named fields and where they come from."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator

    from sqlglot import exp

    from peter_core.sql.schema import KnownTable


@dataclass(frozen=True, slots=True, order=True)
class ColumnRef:
    """A column of a table; the table is named as the schema names it, else as written."""

    table: str
    column: str


NO_SOURCES: frozenset[ColumnRef] = frozenset()


@dataclass(frozen=True, slots=True)
class Traced:
    """Where a value comes from; ``known`` is false when a part of it could not be told.

    ``type`` is the type of a column that is passed on unchanged; ``parts`` are the fields of a
    struct that the statement itself builds.
    """

    sources: frozenset[ColumnRef] = NO_SOURCES
    known: bool = True
    type: exp.DataType | None = None
    parts: tuple[Field, ...] = ()

    def __or__(self, other: Traced) -> Traced:
        return Traced(self.sources | other.sources, self.known and other.known)


NOTHING = Traced()
UNKNOWN = Traced(known=False)


@dataclass(frozen=True, slots=True)
class Field:
    """A named output of a relation."""

    name: str
    value: Traced

    @property
    def key(self) -> str:
        """The name as BigQuery compares it."""
        return self.name.lower()


@dataclass(frozen=True, slots=True)
class Relation:
    """Fields of one item of a FROM clause, or of a whole query.

    An ``open`` relation has fields that nobody listed: a table without a schema (``table`` names
    it), or an array element of unknown type (``element`` is where it comes from).
    """

    fields: tuple[Field, ...] = ()
    table: str | None = None
    known_table: KnownTable | None = None
    element: Traced | None = None
    open: bool = False
    _by_key: dict[str, Traced] = field(init=False, repr=False, compare=False, hash=False)

    def __post_init__(self) -> None:
        index = {one.key: one.value for one in reversed(self.fields)}
        object.__setattr__(self, "_by_key", index)

    def find(self, name: str) -> Traced | None:
        """The field of that name, ``None`` when it is not listed."""
        return self._by_key.get(name.lower())

    def guess(self, name: str) -> Traced:
        """A field of an open relation, taken at its word."""
        if self.element is not None:
            return Traced(self.element.sources, self.element.known)
        if self.table is None:
            return UNKNOWN
        return Traced(frozenset({ColumnRef(self.table, name)}))

    @property
    def row(self) -> Traced:
        """The whole row as one value."""
        if self.element is not None:
            return self.element
        parts = tuple(self.fields)
        total = Traced(known=not self.open)
        for one in parts:
            total = total | one.value
        return Traced(total.sources, total.known, parts=parts)


@dataclass(slots=True)
class Scope:
    """The names an expression may use: the sources of its FROM, then those around it."""

    sources: dict[str, Relation] = field(default_factory=dict)
    ctes: dict[str, Relation] = field(default_factory=dict)
    using: set[str] = field(default_factory=set)
    aliases: dict[str, Traced] = field(default_factory=dict)
    outer: Scope | None = None

    def chain(self) -> Iterator[Scope]:
        """This scope and those around it, from inside out."""
        scope: Scope | None = self
        while scope is not None:
            yield scope
            scope = scope.outer

    def source(self, alias: str) -> Relation | None:
        """The FROM item of that alias, in this scope or around it."""
        key = alias.lower()
        return next((s.sources[key] for s in self.chain() if key in s.sources), None)

    def column(self, name: str) -> Traced | None:
        """The column of an unqualified name, ``None`` when there is none."""
        key = name.lower()
        for scope in self.chain():
            found = scope._own_column(key, name)
            if found is not None:
                return found
        return None

    def names(self) -> list[str]:
        """Every column and alias that could have been meant."""
        return [
            name
            for scope in self.chain()
            for alias, relation in scope.sources.items()
            for name in (*(one.name for one in relation.fields), alias)
        ]

    def _own_column(self, key: str, name: str) -> Traced | None:
        values = [value for r in self.sources.values() if (value := r.find(name)) is not None]
        if len(values) == 1:
            return values[0]
        if values:
            merged = Traced(known=True)
            for value in values:
                merged = merged | value
            return merged
        if key in self.aliases:
            return self.aliases[key]
        if key in self.sources:
            return self.sources[key].row
        open_ = [relation for relation in self.sources.values() if relation.open]
        if len(open_) == 1:
            return open_[0].guess(name)
        return UNKNOWN if open_ else None
