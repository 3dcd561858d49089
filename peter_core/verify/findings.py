"""What a reviewer would raise about a statement and its result."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Literal

from peter_core.sql import inspection
from peter_core.sql.multiplying import multiplications
from peter_core.verify.comparison import duplicates
from peter_core.verify.profile import typed_columns
from peter_core.verify.verification import Finding

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    import pyarrow as pa

    from peter_core.engine.port import Column, ColumnProfile, TableInfo
    from peter_core.sql.multiplying import Why
    from peter_core.sql.statement import Statement
    from peter_core.sql.structure import Place

Severity = Literal["error", "warning", "info"]

_MONEY = frozenset(
    {"amount", "balance", "budget", "charge", "cost", "costs", "discount", "earnings", "expense",
     "expenses", "fare", "fee", "fees", "gmv", "income", "margin", "paid", "payment", "payments",
     "payout", "price", "prices", "profit", "refund", "refunds", "revenue", "salary", "sales",
     "spend", "subtotal", "tax", "turnover", "wage"}
)  # fmt: skip
_RATIOS = frozenset(
    {"change", "count", "factor", "growth", "id", "index", "pct", "percent", "percentage",
     "quantile", "rank", "rate", "ratio", "score", "share", "stddev", "variance", "weight"}
)  # fmt: skip
_AGGREGATE_FIRST = "Aggregate that side to one row a key before joining, or sum before the join."
_MULTIPLIES: dict[Why, tuple[str, Severity, str]] = {
    "array": (
        "{joined} unnests an array of the very rows whose {summed} is summed, so each is added "
        "once for every element.",
        "warning",
        "Sum a column of the elements, or sum before unnesting.",
    ),
    "grouped": (
        "{joined} has several rows a key, as it is grouped by more columns than the join compares, "
        "so {summed} is added several times.",
        "warning",
        _AGGREGATE_FIRST,
    ),
    "both": (
        "Columns of both sides of the join with {joined} are summed, so one of the sums may "
        "multiply: {summed} is added once for every row of {joined} that has its key.",
        "warning",
        _AGGREGATE_FIRST,
    ),
    "larger": (
        "{joined} has more rows than the table whose {summed} is summed, so the join may multiply "
        "them.",
        "info",
        _AGGREGATE_FIRST,
    ),
}
_WORD = re.compile(r"[A-Z]?[a-z]+|[A-Z]+(?![a-z])|\d+")


def findings(
    statement: Statement,
    tables: Sequence[TableInfo],
    table: pa.Table,
    columns: Sequence[Column],
    *,
    row_count: int,
    truncated: bool,
    profile: Sequence[ColumnProfile],
) -> tuple[Finding, ...]:
    """Everything a reviewer would raise, in the order of the statement; none of it is a verdict.

    Parameters
    ----------
    tables
        The tables that were read, as the engine describes them.
    row_count
        All rows of the result, of which ``table`` may hold the first.
    """
    found = [
        *statement_findings(statement, tables),
        *_size(statement, table, row_count, truncated),
        *_limit(statement, row_count),
        *_fan_out(statement, tables, row_count),
        *_columns(statement, columns, profile, table.num_rows),
        *_duplicate_rows(table, columns, profile),
    ]
    return tuple(sorted(found, key=_order))


def statement_findings(statement: Statement, tables: Sequence[TableInfo]) -> tuple[Finding, ...]:
    """What can be raised without a result: also after a dry run."""
    found = [
        *_stars(statement),
        *_unused_ctes(statement),
        *_orders(statement),
        *_joins(statement),
        *_summed_joins(statement, tables),
        *_partitions(statement, tables),
    ]
    return tuple(sorted(found, key=_order))


def float_money(statement: Statement, columns: Sequence[Column]) -> tuple[Finding, ...]:
    """Columns named for money that are FLOAT64, which holds no exact cents."""
    known = inspection.outputs(statement)
    return tuple(
        _finding(
            "float-money",
            "warning",
            f"{column.name} looks like money and is {column.type}, whose sums drift by cents.",
            _output_place(known, column.name),
            f"Cast it to NUMERIC before it is summed: CAST({column.name} AS NUMERIC).",
        )
        for column in columns
        if column.type.upper() in ("FLOAT64", "FLOAT") and _is_money(column.name)
    )


def _stars(statement: Statement) -> Iterator[Finding]:
    for star in inspection.stars(statement):
        yield _finding(
            "select-star",
            "warning" if star.outermost else "info",
            f"SELECT * takes every column of {star.name}, also those that are added later.",
            star.place,
            "Name the columns that are needed; on BigQuery each one that is read is billed.",
        )


def _unused_ctes(statement: Statement) -> Iterator[Finding]:
    for cte in inspection.unused_ctes(statement):
        yield _finding(
            "unused-cte", "warning", f"Nothing reads the CTE {cte.name}.", cte.place,
            "Remove it, or join it where it was meant to be used.",
        )  # fmt: skip


def _orders(statement: Statement) -> Iterator[Finding]:
    for place in inspection.needless_orders(statement):
        yield _finding(
            "needless-order-by", "info",
            "This ORDER BY is inside a CTE or subquery without LIMIT, so its order is lost.",
            place, "Move it to the outermost SELECT, or remove it.",
        )  # fmt: skip


def _joins(statement: Statement) -> Iterator[Finding]:
    for join in inspection.loose_joins(statement):
        yield _finding(
            "join-multiplies", "warning",
            f"No condition ties {join.name} to the other side of the join, so each row meets "
            "each row.",
            join.place, "Join ON the key that both sides share.",
        )  # fmt: skip


def _summed_joins(statement: Statement, tables: Sequence[TableInfo]) -> Iterator[Finding]:
    rows = {
        name: table.rows
        for name in statement.tables
        for table in tables
        if table.rows is not None and inspection.same_table(name, table.id)
    }
    for found in multiplications(statement, rows):
        summed, joined = found.summed, found.joined
        said, severity, hint = _MULTIPLIES[found.why]
        message = said.format(summed=summed, joined=joined)
        yield _finding("join-multiplies", severity, message, found.place, hint)


def _partitions(statement: Statement, tables: Sequence[TableInfo]) -> Iterator[Finding]:
    for table in tables:
        column = table.partition_column
        if column and not inspection.filters_on(statement, table.id, column):
            yield _finding(
                "no-partition-filter", "warning",
                f"{table.id} is partitioned by {column}, and no condition looks at it: every "
                "partition is read and billed.",
                inspection.table_place(statement, table.id), f"Add a condition on {column}.",
            )  # fmt: skip


def _size(
    statement: Statement, table: pa.Table, row_count: int, truncated: bool
) -> Iterator[Finding]:
    if row_count == 0:
        yield _finding(
            "zero-rows", "warning", "The statement gives no rows.", None,
            "Look at the conditions and parameter values, and whether a join drops every row.",
        )  # fmt: skip
    if truncated:
        yield _finding(
            "result-truncated", "warning",
            f"Only the first {table.num_rows:,} of {row_count:,} rows were kept; profile and "
            "checks speak of those.",
            None, "Aggregate further, or filter, so that the whole result fits.",
        )  # fmt: skip
    names = [name.casefold() for name in table.column_names]
    known = inspection.outputs(statement)
    for name in dict.fromkeys(name for name in names if names.count(name) > 1):
        yield _finding(
            "duplicate-column", "error",
            f"{names.count(name)} columns are called {name}; BigQuery refuses such a result.",
            _output_place(known, name), "Give each column an alias of its own.",
        )  # fmt: skip


def _limit(statement: Statement, row_count: int) -> Iterator[Finding]:
    limit = inspection.row_limit(statement)
    if limit is None or limit.rows == 0 or row_count != limit.rows or limit.single:
        return
    kept = f"LIMIT {limit.rows:,} cut the result, or just fits it"
    if limit.ordered:
        yield _finding("limit-cut", "info", f"{kept}; there may be more rows.", limit.place,
                       "Raise it by one to see whether more rows exist.")  # fmt: skip
    else:
        yield _finding("limit-cut", "warning", f"{kept}; without ORDER BY the rows kept are "
                       "arbitrary and change from run to run.", limit.place,
                       "Add an ORDER BY, or remove the LIMIT.")  # fmt: skip


def _fan_out(
    statement: Statement, tables: Sequence[TableInfo], row_count: int
) -> Iterator[Finding]:
    joined = inspection.joined_tables(statement)
    known = {
        name: table.rows
        for name in joined
        for table in tables
        if table.rows is not None and inspection.same_table(name, table.id)
    }
    if not joined or len(known) < len(set(joined)):
        return
    largest = max(known, key=lambda name: known[name])
    if row_count > known[largest]:
        yield _finding(
            "join-multiplies", "warning",
            f"The join gives {row_count:,} rows, more than its largest table {largest} has "
            f"({known[largest]:,}): a key occurs several times on both sides.",
            inspection.table_place(statement, joined[-1]),
            "Aggregate one side to one row a key before joining.",
        )  # fmt: skip


def _columns(
    statement: Statement,
    columns: Sequence[Column],
    profile: Sequence[ColumnProfile],
    rows: int,
) -> Iterator[Finding]:
    yield from float_money(statement, columns)
    if rows == 0:
        return
    known = inspection.outputs(statement)
    for column in profile:
        output = known.get(column.name.casefold())
        if output is not None and output.fixed:
            continue
        place = output.place if output else None
        if column.nulls == rows:
            yield _finding("column-all-null", "warning",
                           f"Every value of {column.name} is null.", place,
                           "Look at the join or the expression it comes from.")  # fmt: skip
        elif column.distinct == 1 and column.nulls == 0 and rows > 1:
            value = "" if column.min is None else f": {column.min}"
            yield _finding("column-constant", "info",
                           f"{column.name} has the same value in all {rows:,} rows{value}.",
                           place, "Drop it, or check the filter that fixed it.")  # fmt: skip


def _duplicate_rows(
    table: pa.Table, columns: Sequence[Column], profile: Sequence[ColumnProfile]
) -> Iterator[Finding]:
    rows = table.num_rows
    # A column of distinct values settles it without comparing rows.
    if rows < 2 or any(p.distinct == rows for p in profile):
        return
    repeats = duplicates([data for _, _, data in typed_columns(table, columns)])
    if repeats:
        extra = sum(len(where) - 1 for where in repeats)
        shown = ", ".join(f"{i + 1:,}" for i in repeats[0][:5])
        yield _finding(
            "duplicate-rows", "warning",
            f"{extra:,} of {rows:,} rows {'is an exact copy' if extra == 1 else 'are exact copies'}"
            f" of another row, such as rows {shown}.",
            None, "Look for a join that multiplies rows, or use SELECT DISTINCT or GROUP BY.",
        )  # fmt: skip


def _is_money(name: str) -> bool:
    words = [word.lower() for word in _WORD.findall(name)]
    return any(word in _MONEY for word in words) and not any(word in _RATIOS for word in words)


def _output_place(known: dict[str, inspection.Output], name: str) -> Place | None:
    output = known.get(name.casefold())
    return output.place if output else None


def _finding(
    rule: str, severity: Severity, message: str, place: Place | None, hint: str
) -> Finding:
    line, column = (place.line, place.column) if place else (None, None)
    return Finding(rule, severity, message, line, column, hint)


def _order(finding: Finding) -> tuple[float, float, str]:
    return (finding.line or 1e9, finding.column or 1e9, finding.rule)
