"""A statement qualified and typed against a schema: every column with its table, every
expression with its BigQuery type."""

from __future__ import annotations

from collections import OrderedDict
from dataclasses import dataclass
from threading import Lock
from typing import TYPE_CHECKING, Any

from sqlglot import exp

from peter_core.engine.port import Column
from peter_core.sql.data_types import data_type
from peter_core.sql.limits import RULE as LIMIT
from peter_core.sql.reading import BIGQUERY
from peter_core.sql.resolution import resolve
from peter_core.sql.schema import Schema
from peter_core.sql.tables import table_uses
from peter_core.sql.trees import copy_of

if TYPE_CHECKING:
    from collections.abc import Mapping

    from peter_core.dashboard.problems import Problem
    from peter_core.sql.schema import KnownTable, SchemaMapping
    from peter_core.sql.statement import Statement

UNKNOWN_TYPE = "UNKNOWN"
_PROJECT = "p"
_DATASET = "d"


@dataclass(frozen=True, slots=True)
class Typed:
    """The qualified tree (yours to change) and the columns of the result.

    ``problems`` are names that do not exist. ``failed`` says why the tree could not be
    qualified; it is then the statement's own.
    """

    tree: exp.Expr
    columns: tuple[Column, ...]
    problems: tuple[Problem, ...] = ()
    failed: str | None = None


def typed(statement: Statement, schema: SchemaMapping, parameters: Mapping[str, str]) -> Typed:
    """Qualify and type a copy of the statement.

    Parameters
    ----------
    statement
        A query; its own tree stays as it is.
    schema
        Table to column to BigQuery type.
    parameters
        Name to BigQuery type; they stand in the tree as typed casts.
    """
    known = Schema(schema)
    resolved = resolve(statement.text, statement.tree, known)
    tree = copy_of(statement.tree)
    if any(problem.rule == LIMIT for problem in resolved.problems):
        return Typed(tree, (), resolved.problems, LIMIT)
    _type_parameters(tree, parameters)
    mapping = _name_tables(tree, known)
    failed = None
    try:
        tree = _qualified(tree, mapping)
    except Exception as error:
        # The optimizer raises many kinds; whatever it is, the names were checked by ours.
        failed = type(error).__name__
        tree = copy_of(statement.tree)
        _type_parameters(tree, parameters)
    names = [one.name for one in resolved.relation.fields]
    return Typed(tree, _columns(tree, names), resolved.problems, failed)


def _type_parameters(tree: exp.Expr, parameters: Mapping[str, str]) -> None:
    kinds = {name.lower(): kind for name, kind in parameters.items()}
    for node in list(tree.find_all(exp.Parameter)):
        kind = data_type(kinds.get(node.name.lower(), ""))
        if kind is not None:
            node.replace(exp.Cast(this=node.copy(), to=kind.copy()))


def _name_tables(tree: exp.Expr, known: Schema) -> dict[str, Any]:
    """Give every table three parts, so that names of any depth meet one schema."""
    mapping: dict[str, Any] = {}
    for use in table_uses(tree):
        table = known.find(use.name)
        parts = _written(use.name, table)
        project, dataset, name = [_PROJECT, _DATASET, *parts][-3:]
        if len(parts) == 2:
            project = _PROJECT
        node = use.node
        if not node.alias:
            node.set("alias", exp.TableAlias(this=exp.to_identifier(parts[-1], quoted=True)))
        named = exp.to_identifier(name, quoted=True)
        node.set("this", named.update_positions(node.this))
        node.set("db", exp.to_identifier(dataset, quoted=True))
        node.set("catalog", exp.to_identifier(project, quoted=True))
        node.meta["bare"] = len(parts) == 1
        node.meta["written_parts"] = len(parts)
        if table is not None:
            columns = {key: kind for key, (_, kind) in table.columns.items()}
            mapping.setdefault(project, {}).setdefault(dataset, {})[name] = columns
    return mapping


def _written(name: str, table: KnownTable | None) -> list[str]:
    """The parts of a table's name, with the dataset that a bare one was found in."""
    parts = name.split(".")
    path = table.id.replace("`", "").split(".") if table is not None else []
    return [path[-2], *parts] if len(parts) == 1 and len(path) > 1 else parts


def _qualified(tree: exp.Expr, mapping: dict[str, Any]) -> exp.Expr:
    # The optimizer takes a tenth of a second to import; reading a statement does not need it.
    from sqlglot.optimizer.annotate_types import annotate_types
    from sqlglot.optimizer.qualify import qualify
    from sqlglot.schema import MappingSchema

    schema = MappingSchema(mapping, dialect=BIGQUERY, normalize=False) if mapping else None
    qualified = qualify(
        tree,
        dialect=BIGQUERY,
        schema=schema,
        validate_qualify_columns=False,
        allow_partial_qualification=True,
        identify=True,
    )
    return annotate_types(qualified, schema=schema, dialect=BIGQUERY)


def _columns(tree: exp.Expr, names: list[str]) -> tuple[Column, ...]:
    query = tree
    while isinstance(query, exp.Subquery | exp.Paren | exp.SetOperation) and query.this:
        query = query.this
    selects = query.selects if isinstance(query, exp.Query) else []
    if len(selects) > len(names) and isinstance(query, exp.Select):
        # A star over UNNEST gives an element's fields, not the element besides.
        kept = {name.lower() for name in names}
        selects = [one for one in selects if one.alias_or_name.lower() in kept]
        if len(selects) == len(names):
            query.set("expressions", selects)
    if len(selects) < len(names):
        # What a star over elements of an untold type might hold besides.
        names = [name for name in names if name != "*"]
    selects = _in_order(query, selects, names)
    if len(selects) == len(names):
        kinds = [_kind(one) for one in selects]
    else:
        by_name = {one.alias_or_name.lower(): _kind(one) for one in selects}
        kinds = [by_name.get(name.lower()) for name in names]
    return tuple(_column(name, kind) for name, kind in zip(names, kinds, strict=True))


def _in_order(query: exp.Expr, selects: list[exp.Expr], names: list[str]) -> list[exp.Expr]:
    """A star over UNNEST gives the offset first; BigQuery gives it last."""
    by_name = {one.alias_or_name.lower(): one for one in selects}
    wanted = [by_name[name.lower()] for name in names if name.lower() in by_name]
    if len(wanted) != len(selects) or len(by_name) != len(selects):
        return selects
    query.set("expressions", wanted)
    return wanted


# What the optimizer's typing leaves open.
_KINDS: dict[type[exp.Expr], str] = {
    exp.Trunc: "FLOAT64", exp.Datetime: "DATETIME", exp.Date: "DATE", exp.Timestamp: "TIMESTAMP",
    exp.ApproxDistinct: "INT64", exp.RangeBucket: "INT64",
}  # fmt: skip


def _kind(node: exp.Expr) -> exp.DataType | None:
    if node.type is not None and not node.type.is_type(exp.DType.UNKNOWN):
        return node.type
    inner = node.this if isinstance(node, exp.Alias) else node
    name = _KINDS.get(type(inner))
    return data_type(name) if name else node.type


def _column(name: str, kind: exp.DataType | None) -> Column:
    if kind is not None and kind.is_type(exp.DType.ARRAY):
        element = kind.expressions[0] if kind.expressions else None
        return Column(name, type_name(element), "REPEATED")
    return Column(name, type_name(kind))


def type_name(kind: exp.Expr | None) -> str:
    """A type as BigQuery writes it, ``UNKNOWN`` when it could not be told."""
    if not isinstance(kind, exp.DataType) or kind.is_type(exp.DType.UNKNOWN, exp.DType.NULL):
        return UNKNOWN_TYPE
    return str(kind.sql(dialect=BIGQUERY)).replace("`", "")


class TypedCache:
    """A few typed statements by their text, schema and parameter types; safe in threads."""

    def __init__(self, size: int = 256) -> None:
        self._size = size
        self._lock = Lock()
        self._kept: OrderedDict[object, object] = OrderedDict()

    def get(self, key: object) -> object | None:
        """What is kept under the key."""
        with self._lock:
            if key in self._kept:
                self._kept.move_to_end(key)
            return self._kept.get(key)

    def put(self, key: object, value: object) -> None:
        """Keep a value; the one unused for longest makes room."""
        with self._lock:
            self._kept[key] = value
            while len(self._kept) > self._size:
                self._kept.popitem(last=False)
