"""Wildcard tables: ``d.events_*`` as the rows of every table of the schema that it matches.

Source: https://cloud.google.com/bigquery/docs/querying-wildcard-tables
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from sqlglot import exp

from peter_core.sql.duckdb_nodes import Untranslatable, text
from peter_core.sql.tables import is_named_table, table_name

if TYPE_CHECKING:
    from collections.abc import Mapping

    from peter_core.sql.schema import SchemaMapping

_SUFFIX = "_table_suffix"
_MAX_TABLES = 1_000


def expand_wildcards(tree: exp.Expr, schema: SchemaMapping) -> None:
    """Replace wildcard tables by a union, in place; ``_TABLE_SUFFIX`` is a column of it.

    Raises
    ------
    Untranslatable
        No table of the schema matches, too many do, or their columns are not the same: BigQuery
        would take those of the newest, which a schema does not tell.
    """
    found: list[tuple[exp.Expr, str]] = []
    for node in list(tree.find_all(exp.Table)):
        if not is_named_table(node) or not node.name.endswith("*"):
            continue
        tables = _matching(node, schema)
        if not tables or len(tables) > _MAX_TABLES:
            found.append((node, f"The wildcard table `{table_name(node)}`"))
        elif len({_columns(columns) for columns in tables.values()}) > 1:
            found.append((node, f"The wildcard table `{table_name(node)}` of unlike tables"))
        else:
            node.replace(_union(node, tables, with_suffix=_reads_suffix(tree)))
    if found:
        raise Untranslatable(found)


def _matching(node: exp.Table, schema: SchemaMapping) -> dict[str, Mapping[str, str]]:
    """The tables by their name after the dataset, in order."""
    # Only the parts that were written: the others are placeholders.
    written = node.meta_get("written_parts", len(node.parts))
    wanted = [part.name for part in node.parts[-written:-1]]
    prefix = node.name[:-1]
    tables = {}
    for id_, columns in schema.items():
        *path, name = id_.replace("`", "").split(".")
        shared = min(len(path), len(wanted))
        if name.startswith(prefix) and (not shared or path[-shared:] == wanted[-shared:]):
            tables[name] = columns
    return dict(sorted(tables.items()))


def _columns(columns: Mapping[str, str]) -> frozenset[tuple[str, str]]:
    return frozenset((name.lower(), kind.upper()) for name, kind in columns.items())


def _reads_suffix(tree: exp.Expr) -> bool:
    return any(column.name.lower() == _SUFFIX for column in tree.find_all(exp.Column))


def _union(
    node: exp.Table, tables: Mapping[str, Mapping[str, str]], *, with_suffix: bool
) -> exp.Subquery:
    first = next(iter(tables.values()))
    parts: list[exp.Expr] = []
    for name in tables:
        outputs: list[exp.Expr] = [exp.column(one.lower(), name, quoted=True) for one in first]
        if with_suffix:
            suffix = text(name[len(node.name) - 1 :])
            outputs.append(exp.alias_(suffix, _SUFFIX, quoted=True))
        table = exp.Table(
            this=exp.to_identifier(name, quoted=True),
            db=node.args["db"].copy(),
            catalog=node.args["catalog"].copy(),
        )
        table.meta["bare"] = node.meta_get("bare")
        parts.append(exp.Select(expressions=outputs, from_=exp.From(this=table)))
    return exp.Subquery(this=_balanced(parts), alias=node.args["alias"].copy())


def _balanced(parts: list[exp.Expr]) -> exp.Expr:
    """A union as a shallow tree: a thousand in a row would be nested a thousand deep."""
    if len(parts) == 1:
        return parts[0]
    middle = len(parts) // 2
    return exp.Union(
        this=_balanced(parts[:middle]), expression=_balanced(parts[middle:]), distinct=False
    )
