"""What a reviewer would raise: each rule where it must speak and where it must be silent."""

from __future__ import annotations

import pyarrow as pa
import pytest

from peter_core.engine.port import Column, TableInfo
from peter_core.sql.statement import parse
from peter_core.verify.findings import findings, statement_findings
from peter_core.verify.profile import profile_table
from peter_core.verify.verification import Finding

EVENTS = TableInfo(
    "local.web.events",
    (Column("day", "DATE"), Column("user", "STRING"), Column("n", "INT64")),
    rows=4,
    partition_column="day",
)
USERS = TableInfo("local.web.users", (Column("user", "STRING"), Column("name", "STRING")), rows=3)


def of_statement(sql: str) -> list[Finding]:
    statement = parse(sql)
    read = [t for t in (EVENTS, USERS) if any(t.id.endswith(f".{n}") for n in statement.tables)]
    return list(statement_findings(statement, read))


def of_result(
    sql: str, table: pa.Table, *types: str, row_count: int | None = None,
    tables: tuple[TableInfo, ...] = (),
) -> list[Finding]:  # fmt: skip
    columns = [Column(*pair) for pair in zip(table.column_names, types, strict=True)]
    count = table.num_rows if row_count is None else row_count
    return list(
        findings(
            parse(sql), tables, table, columns, row_count=count,
            truncated=count > table.num_rows, profile=profile_table(table, columns),
        )
    )  # fmt: skip


def places(found: list[Finding], rule: str) -> list[tuple[int | None, int | None]]:
    return [(each.line, each.column) for each in found if each.rule == rule]


# Of the statement ---------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("sql", "rule", "place"),
    [
        ("SELECT * FROM web.users", "select-star", (1, 8)),
        ("SELECT 1 AS a,\n  u.* EXCEPT (name)\nFROM web.users u", "select-star", (2, 3)),
        ("WITH a AS (SELECT * FROM web.users) SELECT name FROM a", "select-star", (1, 19)),
        ("SELECT name FROM web.users UNION ALL SELECT * FROM web.users", "select-star", (1, 45)),
        ("WITH a AS (SELECT 1 AS x), b AS (SELECT 2 AS x)\nSELECT x FROM b", "unused-cte",
         (1, 6)),
        ("WITH RECURSIVE r AS (SELECT 1 AS n UNION ALL SELECT n + 1 FROM r WHERE n < 3)\n"
         "SELECT 1 AS x", "unused-cte", (1, 16)),
        ("WITH a AS (\n  SELECT name FROM web.users\n  ORDER BY name\n)\nSELECT name FROM a",
         "needless-order-by", (3, 3)),
        ("SELECT name FROM (SELECT name FROM web.users ORDER BY name) AS s",
         "needless-order-by", (1, 46)),
        ("SELECT name FROM web.users WHERE user IN (SELECT user FROM web.users ORDER BY 1)",
         "needless-order-by", (1, 70)),
        ("SELECT u.name FROM web.users u, web.users v", "join-multiplies", (1, 33)),
        ("SELECT u.name FROM web.users u CROSS JOIN web.users v", "join-multiplies", (1, 43)),
        ("SELECT u.name FROM web.users u JOIN web.users v ON v.name = 'x'", "join-multiplies",
         (1, 37)),
        ("SELECT u.name FROM web.users u JOIN web.users v ON TRUE", "join-multiplies", (1, 37)),
        ("SELECT user\nFROM web.events", "no-partition-filter", (2, 6)),
        ("SELECT e.user FROM web.events e JOIN (SELECT DATE '2020-01-01' AS x) d ON TRUE "
         "WHERE e.n > 1", "no-partition-filter", (1, 20)),
    ],
)  # fmt: skip
def test_a_reviewer_would_raise_it(sql: str, rule: str, place: tuple[int, int]) -> None:
    assert places(of_statement(sql), rule) == [place]


@pytest.mark.parametrize(
    ("sql", "rule"),
    [
        ("SELECT COUNT(*) AS n FROM web.users", "select-star"),
        ("SELECT name FROM web.users u WHERE EXISTS (SELECT * FROM web.users v "
         "WHERE v.user = u.user)", "select-star"),
        ("WITH a AS (SELECT name FROM web.users) SELECT * FROM a", "select-star"),
        ("SELECT * FROM (SELECT name FROM web.users) AS s", "select-star"),
        ("SELECT * FROM UNNEST([1, 2]) AS x", "select-star"),
        ("WITH a AS (SELECT 1 AS x), b AS (SELECT x FROM a) SELECT x FROM B", "unused-cte"),
        ("WITH a AS (SELECT 1 AS x) SELECT (SELECT MAX(x) FROM a) AS m", "unused-cte"),
        ("SELECT x FROM (WITH a AS (SELECT 1 AS x) SELECT x FROM a) AS s", "unused-cte"),
        ("SELECT name FROM web.users ORDER BY name", "needless-order-by"),
        ("(SELECT name FROM web.users ORDER BY name)", "needless-order-by"),
        ("WITH a AS (SELECT name FROM web.users ORDER BY name LIMIT 3) SELECT name FROM a",
         "needless-order-by"),
        ("SELECT ARRAY(SELECT name FROM web.users ORDER BY name) AS names", "needless-order-by"),
        ("SELECT ARRAY_AGG(name ORDER BY name LIMIT 3) AS names FROM web.users",
         "needless-order-by"),
        ("SELECT ROW_NUMBER() OVER (ORDER BY name) AS n FROM web.users", "needless-order-by"),
        ("SELECT name FROM web.users UNION ALL SELECT name FROM web.users ORDER BY name",
         "needless-order-by"),
        ("SELECT u.name FROM web.users u JOIN web.users v ON u.user = v.user", "join-multiplies"),
        ("SELECT name FROM web.users JOIN web.events USING (user)", "join-multiplies"),
        ("SELECT u.name FROM web.users u, web.users v WHERE u.user = v.user", "join-multiplies"),
        ("SELECT name FROM web.users, web.events WHERE user = user_id", "join-multiplies"),
        ("SELECT name, x FROM web.users, UNNEST([1, 2]) AS x", "join-multiplies"),
        ("SELECT name, total FROM web.users CROSS JOIN (SELECT SUM(n) AS total FROM web.events)",
         "join-multiplies"),
        ("WITH t AS (SELECT MAX(day) AS last FROM web.events) "
         "SELECT u.name, t.last FROM t CROSS JOIN web.users u", "join-multiplies"),
        ("SELECT u.name FROM web.users u JOIN web.events e "
         "ON u.user = e.user AND e.day BETWEEN @a AND @b", "join-multiplies"),
        ("SELECT u.name FROM web.users u JOIN web.places p ON ST_INTERSECTS(u.at, p.area)",
         "join-multiplies"),
        ("SELECT u.name FROM web.users u JOIN web.jobs j ON u.project = target.project",
         "join-multiplies"),
        ("SELECT u.name FROM web.users u, web.jobs j WHERE (u.id = j.id AND j.n > 1)",
         "join-multiplies"),
        ("WITH t AS (SELECT AVG(n) AS mean FROM web.events WHERE day = @d) "
         "SELECT name FROM web.users, (SELECT mean FROM t) AS m", "join-multiplies"),
        ("SELECT user FROM web.events WHERE day >= '2020-01-01'", "no-partition-filter"),
        ("SELECT e.user FROM web.events e WHERE DATE(e.Day) = @d", "no-partition-filter"),
        ("WITH a AS (SELECT user, day FROM web.events) SELECT user FROM a WHERE a.day = @d",
         "no-partition-filter"),
        ("SELECT user FROM web.events WHERE _PARTITIONDATE = @d", "no-partition-filter"),
        ("SELECT user FROM web.users", "no-partition-filter"),
    ],
)  # fmt: skip
def test_a_reviewer_would_let_it_pass(sql: str, rule: str) -> None:
    assert places(of_statement(sql), rule) == []


def test_a_filter_on_another_tables_column_is_no_partition_filter() -> None:
    sql = "SELECT e.n FROM web.events e JOIN web.users u ON e.user = u.user WHERE u.day = @d"
    assert places(of_statement(sql), "no-partition-filter") == [(1, 17)]


def test_a_star_over_the_result_is_worse_than_one_inside() -> None:
    inner = of_statement("WITH a AS (SELECT * FROM web.users) SELECT name FROM a")
    outer = of_statement("SELECT * FROM web.users")
    assert [each.severity for each in (*inner, *outer)] == ["info", "warning"]


# Of the result ------------------------------------------------------------------------------


def test_zero_rows_are_raised_and_nothing_else_about_values() -> None:
    found = of_result("SELECT name FROM web.users", pa.table({"name": pa.array([], pa.string())}),
                      "STRING")  # fmt: skip
    assert [each.rule for each in found] == ["zero-rows"]


def test_a_column_of_nulls_and_one_of_one_value_are_raised_at_their_place() -> None:
    table = pa.table({"a": pa.array([None, None], pa.int64()), "b": [7, 7], "c": [1, 2]})
    found = of_result("SELECT\n  a,\n  x + 1 AS b,\n  c FROM t", table, "INT64", "INT64", "INT64")
    assert places(found, "column-all-null") == [(2, 3)]
    assert places(found, "column-constant") == [(3, 3)]
    assert [each.message for each in found] == [
        "Every value of a is null.", "b has the same value in all 2 rows: 7.",
    ]  # fmt: skip


@pytest.mark.parametrize(
    "sql",
    [
        "SELECT 7 AS b, c FROM t",
        "SELECT @b AS b, c FROM t",
        "SELECT CAST('7' AS INT64) AS b, c FROM t",
        "SELECT b, c FROM t WHERE b = 7",
        "SELECT b, c FROM t WHERE (@b IS NULL OR b = @b)",
    ],
)
def test_a_column_that_the_statement_fixes_is_no_finding(sql: str) -> None:
    table = pa.table({"b": [7, 7], "c": [1, 2]})
    assert places(of_result(sql, table, "INT64", "INT64"), "column-constant") == []


def test_one_row_is_not_called_constant() -> None:
    table = pa.table({"b": [7]})
    assert of_result("SELECT SUM(x) AS b FROM t", table, "INT64") == []


def test_values_with_gaps_are_not_called_constant() -> None:
    table = pa.table({"b": [7, None, 7]})
    assert places(of_result("SELECT b FROM t", table, "INT64"), "column-constant") == []


def test_exact_copies_of_rows_are_counted() -> None:
    table = pa.table({"a": [1, 2, 1, 1], "b": ["x", None, "x", "x"]})
    (found,) = of_result("SELECT a, b FROM t", table, "INT64", "STRING")
    assert found.rule == "duplicate-rows"
    assert found.message == ("2 of 4 rows are exact copies of another row, such as rows 1, 3, 4.")


def test_copies_are_found_among_lists_too() -> None:
    table = pa.table({"a": [[1], [2], [1]]})
    found = of_result("SELECT a FROM t", table, "ARRAY<INT64>")
    assert [each.rule for each in found] == ["duplicate-rows"]


def test_rows_that_differ_somewhere_are_no_copies() -> None:
    table = pa.table({"a": [1, 1, 2], "b": ["x", "y", "x"]})
    assert of_result("SELECT a, b FROM t", table, "INT64", "STRING") == []


@pytest.mark.parametrize("name", ["amount", "revenue_eur", "unitPrice", "total_cost", "tax"])
def test_money_in_floats_is_raised(name: str) -> None:
    table = pa.table({name: [1.5, 2.5]})
    found = of_result(f"SELECT {name} FROM t", table, "FLOAT64")
    assert places(found, "float-money") == [(1, 8)]


@pytest.mark.parametrize(
    ("name", "kind"),
    [("amount", "NUMERIC"), ("price_index", "FLOAT64"), ("discount_rate", "FLOAT64"),
     ("costume", "FLOAT64"), ("dep_delay", "FLOAT64"), ("cost_share", "FLOAT64")],
)  # fmt: skip
def test_other_numbers_in_floats_are_not(name: str, kind: str) -> None:
    table = pa.table({name: [1.5, 2.5]})
    assert of_result(f"SELECT {name} FROM t", table, kind) == []


def test_a_limit_that_cut_is_worse_without_an_order() -> None:
    table = pa.table({"a": [1, 2]})
    (cut,) = of_result("SELECT a\nFROM t\nLIMIT 2", table, "INT64")
    (top,) = of_result("SELECT a FROM t ORDER BY a LIMIT 2", table, "INT64")
    assert (cut.rule, cut.severity, cut.line, cut.column) == ("limit-cut", "warning", 3, 1)
    assert (top.rule, top.severity) == ("limit-cut", "info")


@pytest.mark.parametrize(
    "sql",
    [
        "SELECT a FROM t LIMIT 3",
        "SELECT a FROM t",
        "SELECT a FROM (SELECT a FROM t LIMIT 2) AS s",
        "SELECT a FROM t LIMIT @n",
    ],
)
def test_a_limit_that_did_not_cut_is_no_finding(sql: str) -> None:
    assert places(of_result(sql, pa.table({"a": [1, 2]}), "INT64"), "limit-cut") == []


def test_a_limit_on_a_total_is_no_finding() -> None:
    assert of_result("SELECT MAX(a) AS a FROM t LIMIT 1", pa.table({"a": [1]}), "INT64") == []


def test_a_cut_result_is_raised() -> None:
    found = of_result("SELECT a FROM t", pa.table({"a": [1, 2]}), "INT64", row_count=9_000)
    assert [each.rule for each in found] == ["result-truncated"]
    assert "the first 2 of 9,000 rows" in found[0].message


def test_two_columns_of_one_name_are_an_error_on_bigquery() -> None:
    table = pa.Table.from_arrays([pa.array([1, 2]), pa.array([3, 4])], names=["a", "A"])
    (found,) = of_result("SELECT x AS a, y AS A FROM t", table, "INT64", "INT64")
    assert (found.rule, found.severity) == ("duplicate-column", "error")


def test_a_join_that_gives_more_rows_than_its_largest_table_is_raised() -> None:
    sql = (
        "SELECT e.n, u.name FROM web.events e JOIN web.users u ON e.user = u.user WHERE e.day > @d"
    )
    table = pa.table({"n": range(5), "name": list("abcde")})
    found = of_result(sql, table, "INT64", "STRING", tables=(EVENTS, USERS))
    assert places(found, "join-multiplies") == [(1, 43)]
    assert "gives 5 rows, more than its largest table web.events has (4)" in found[0].message
    fewer = of_result(sql, table.slice(0, 4), "INT64", "STRING", tables=(EVENTS, USERS))
    assert fewer == []


def test_a_grouped_join_is_not_judged_by_its_rows() -> None:
    sql = "SELECT u.name, SUM(e.n) AS n FROM web.events e JOIN web.users u USING (user) GROUP BY 1"
    table = pa.table({"name": list("abcde"), "n": range(5)})
    found = of_result(sql, table, "STRING", "INT64", tables=(USERS,))
    assert places(found, "join-multiplies") == []


def test_findings_come_in_the_order_of_the_text() -> None:
    sql = "WITH z AS (SELECT 1 AS x)\nSELECT *\nFROM web.users\nLIMIT 1"
    found = of_result(sql, pa.table({"user": ["a"], "name": ["b"]}), "STRING", "STRING")
    assert [each.line for each in found] == [1, 2, 4]
    assert all(each.hint for each in found)


def test_every_finding_is_a_full_sentence_with_a_hint() -> None:
    found = of_result("SELECT * FROM web.users LIMIT 2", pa.table({"a": [1, 1]}), "INT64")
    assert len(found) == 4
    for each in found:
        assert each.message.endswith((".", ": 1."))
        assert each.hint
        assert each.hint.endswith(".")


def test_a_sum_over_an_unnested_row_is_told_with_what_to_do() -> None:
    found = of_statement("SELECT SUM(e.n) AS n\nFROM web.events AS e, UNNEST(e.tags) AS t")
    (told,) = [one for one in found if one.rule == "join-multiplies"]
    assert (told.severity, told.line) == ("warning", 2)
    assert "e.n is summed" in told.message
    assert told.hint is not None


def test_a_sum_of_the_smaller_table_says_only_that_it_may_multiply() -> None:
    sql = "SELECT SUM(u.credit) AS c FROM web.users AS u JOIN web.events AS e ON e.user = u.user"
    (told,) = [one for one in of_statement(sql) if one.rule == "join-multiplies"]
    assert told.severity == "info"
    assert "may multiply" in told.message
    other = sql.replace("u.credit", "e.n")
    assert places(of_statement(other), "join-multiplies") == []
