"""PIVOT as an aggregation and UNPIVOT as rows, with BigQuery's column names."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sqlglot import exp

from peter_core.sql.duckdb_nodes import refuse

if TYPE_CHECKING:
    from collections.abc import Iterator

_SIGNS = {"-": "minus_", ".": "_point_"}


def lower_pivots(tree: exp.Expr) -> None:
    """Replace every FROM item that is pivoted by a subquery, in place.

    Raises
    ------
    Untranslatable
        A pivot whose column names or values cannot be told.
    """
    for item in reversed(list(tree.find_all(exp.Table, exp.Subquery))):
        pivots = item.args.get("pivots")
        if not pivots:
            continue
        source: exp.Expr = item.copy()
        source.set("pivots", None)
        joins = source.args.get("joins")
        source.set("joins", None)
        for pivot in pivots:
            source = _unpivoted(source, pivot) if pivot.args.get("unpivot") else _pivoted(
                source, pivot
            )  # fmt: skip
        if joins:
            source.set("joins", joins)
        item.replace(source)


def pivot_column(value: exp.Expr, aggregate: exp.Expr) -> str | None:
    """The name of one column that PIVOT makes; ``None`` when it cannot be told.

    Source: https://cloud.google.com/bigquery/docs/reference/standard-sql/query-syntax#pivot_operator
    """
    if isinstance(value, exp.PivotAlias | exp.Alias):
        label: str | None = value.alias
    else:
        label = _value_label(value)
        if label and label.startswith("_") and aggregate.alias:
            return None
    return f"{aggregate.alias}_{label}" if label and aggregate.alias else label


def _value_label(value: exp.Expr) -> str | None:
    if isinstance(value, exp.Null):
        return "NULL"
    if isinstance(value, exp.Boolean):
        return "TRUE" if value.this else "FALSE"
    if isinstance(value, exp.Neg) and isinstance(value.this, exp.Literal):
        return _number_label(f"-{value.this.this}")
    if isinstance(value, exp.Literal):
        return str(value.this) if value.is_string else _number_label(str(value.this))
    if isinstance(value, exp.Cast) and value.to.is_type(exp.DType.DATE):
        return f"_{value.this.name.replace('-', '_')}"
    return None


def _number_label(written: str) -> str | None:
    if not set(written) <= set("-.0123456789"):
        return None
    for sign, word in _SIGNS.items():
        written = written.replace(sign, word)
    return f"_{written}"


def _pivoted(source: exp.Expr, pivot: exp.Pivot) -> exp.Subquery:
    made: list[exp.Expr] = []
    for field in pivot.args.get("fields") or ():
        for value in field.expressions:
            for aggregate in pivot.expressions:
                name = pivot_column(value, aggregate)
                if name is None:
                    refuse(pivot, "PIVOT with a value that needs an alias")
                made.append(_filtered(field.this, value, aggregate, name))
    used = dict.fromkeys(_used(pivot, source))
    star = exp.Star(except_=[exp.to_identifier(name) for name in used])
    select = exp.Select(expressions=[star, *made], from_=exp.From(this=source))
    select.set("group", exp.Group(all=True))
    return _named(select, pivot, source)


def _filtered(by: exp.Expr, value: exp.Expr, aggregate: exp.Expr, name: str) -> exp.Expr:
    wanted = value.this if isinstance(value, exp.PivotAlias | exp.Alias) else value
    counted = aggregate.this if isinstance(aggregate, exp.Alias) else aggregate
    if isinstance(wanted, exp.Null):
        same: exp.Expr = exp.Is(this=by.copy(), expression=exp.Null())
    else:
        same = exp.EQ(this=by.copy(), expression=wanted.copy())
    picked = exp.Filter(this=counted.copy(), expression=exp.Where(this=same))
    return exp.alias_(picked, name, quoted=True)


def _used(pivot: exp.Pivot, source: exp.Expr) -> Iterator[str]:
    """The columns that PIVOT uses up; the others are its groups."""
    for column in pivot.find_all(exp.Column):
        parts = column.parts
        first = parts[1] if len(parts) > 1 and parts[0].name == source.alias_or_name else parts[0]
        yield first.name.lower()


def _named(select: exp.Select, pivot: exp.Pivot, source: exp.Expr) -> exp.Subquery:
    alias = pivot.args.get("alias")
    name = alias.this.copy() if alias and alias.this else None
    if name is None and source.alias_or_name:
        name = exp.to_identifier(source.alias_or_name, quoted=True)
    return exp.Subquery(this=select, alias=exp.TableAlias(this=name) if name else None)


def _unpivoted(source: exp.Expr, pivot: exp.Pivot) -> exp.Subquery:
    """A row for each entry of the list: ``SELECT * EXCEPT (...), e.* FROM ..., UNNEST([...])``."""
    values = pivot.expressions[0]
    names = [one.name for one in values.expressions] if isinstance(values, exp.Tuple) else [
        values.name
    ]  # fmt: skip
    field = pivot.args["fields"][0]
    entries: list[tuple[list[exp.Expr], exp.Expr]] = []
    for entry in field.expressions:
        aliased = isinstance(entry, exp.PivotAlias)
        inner = entry.this if aliased else entry
        columns = inner.expressions if isinstance(inner, exp.Tuple) else [inner]
        label = entry.args["alias"] if aliased else exp.Literal.string(
            "_".join(column.name for column in columns)
        )  # fmt: skip
        if len(columns) != len(names):
            refuse(pivot, "UNPIVOT whose lists differ in length")
        entries.append((columns, label))
    return _entry_rows(source, pivot, [*names, field.this.name], entries)


def _entry_rows(
    source: exp.Expr,
    pivot: exp.Pivot,
    names: list[str],
    entries: list[tuple[list[exp.Expr], exp.Expr]],
) -> exp.Subquery:
    rows = exp.Array(
        expressions=[
            exp.Struct(
                expressions=[
                    exp.PropertyEQ(this=exp.to_identifier(name), expression=value.copy())
                    for name, value in zip(names, [*columns, label], strict=True)
                ]
            )
            for columns, label in entries
        ]
    )
    element = exp.to_identifier("unpivoted_entry")
    unnest = exp.Unnest(expressions=[rows], alias=exp.TableAlias(columns=[element]))
    used = dict.fromkeys(column.name for columns, _ in entries for column in columns)
    if not source.alias_or_name:
        source.set("alias", exp.TableAlias(this=exp.to_identifier("unpivoted")))
    star = exp.Star(except_=[exp.to_identifier(name) for name in used])
    kept = exp.Column(this=star, table=exp.to_identifier(source.alias_or_name, quoted=True))
    made = [exp.alias_(exp.column(name, element.name), name) for name in names]
    select = exp.Select(expressions=[kept, *made], from_=exp.From(this=source))
    select.set("joins", [exp.Join(this=unnest, kind="CROSS")])
    if not pivot.args.get("include_nulls"):
        present = [
            exp.Not(this=exp.Is(this=exp.column(name, element.name), expression=exp.Null()))
            for name in names[:-1]
        ]
        select.set("where", exp.Where(this=exp.or_(*present)))
    return _named(select, pivot, source)
