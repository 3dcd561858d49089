"""Facts a reviewer reads off a statement, each at its place in the text."""

from __future__ import annotations

import pytest

from peter_core.sql.inspection import (
    RowLimit,
    filters_on,
    joined_tables,
    loose_joins,
    outputs,
    row_limit,
    same_table,
    stars,
    table_place,
    unused_ctes,
)
from peter_core.sql.statement import parse
from peter_core.sql.structure import Place


def test_outputs_have_the_place_of_their_expression() -> None:
    found = outputs(parse("SELECT\n  t.a,\n  SUM(b) / 2 AS share,\n  1 AS one\nFROM t GROUP BY 1"))
    assert {name: each.place for name, each in found.items()} == {
        "a": Place(2, 3), "share": Place(3, 3), "one": Place(4, 3),
    }  # fmt: skip
    assert [name for name, each in found.items() if each.fixed] == ["one"]


def test_outputs_of_a_union_are_named_by_its_first_select() -> None:
    found = outputs(parse("(SELECT a FROM t) UNION ALL (SELECT b FROM t)"))
    assert list(found) == ["a"]


def test_places_count_characters_in_any_script() -> None:
    (star,) = stars(parse("SELECT 'é日本' AS x,\n\t* FROM `p-1.d.t`"))
    assert star.place == Place(2, 2)
    assert star.name == "p-1.d.t"


def test_a_comment_before_a_clause_does_not_move_its_place() -> None:
    sql = (
        "WITH a AS (\n  SELECT x FROM t ORDER BY -- the newest\n  x DESC\n) SELECT x FROM a LIMIT 5"
    )
    limit = row_limit(parse(sql))
    assert limit == RowLimit(rows=5, ordered=False, single=False, place=Place(4, 19))


@pytest.mark.parametrize(
    ("sql", "limit"),
    [
        ("SELECT a FROM t ORDER BY a LIMIT 3", (3, True, False)),
        ("SELECT a FROM t UNION ALL SELECT b FROM u LIMIT 3", (3, False, False)),
        ("SELECT MAX(a) AS m FROM t LIMIT 1", (1, False, True)),
        ("SELECT 1 AS a LIMIT 1", (1, False, True)),
        ("SELECT MAX(a) OVER () AS m FROM t LIMIT 1", (1, False, False)),
        ("SELECT (SELECT MAX(a) FROM t) AS m FROM t LIMIT 1", (1, False, False)),
    ],
)
def test_the_outermost_limit_is_read(sql: str, limit: tuple[int, bool, bool]) -> None:
    found = row_limit(parse(sql))
    assert found is not None
    assert (found.rows, found.ordered, found.single) == limit


@pytest.mark.parametrize(
    ("sql", "tables"),
    [
        ("SELECT a FROM d.t JOIN d.u USING (k)", ("d.t", "d.u")),
        ("SELECT a FROM d.t JOIN d.u USING (k) GROUP BY a", ()),
        ("SELECT DISTINCT a FROM d.t JOIN d.u USING (k)", ()),
        ("SELECT COUNT(*) AS n FROM d.t JOIN d.u USING (k)", ()),
        ("SELECT a FROM d.t JOIN UNNEST([1]) AS x", ()),
        ("WITH u AS (SELECT 1 AS k) SELECT a FROM d.t JOIN u USING (k)", ()),
        ("SELECT a FROM d.t", ()),
    ],
)
def test_only_a_plain_join_of_tables_is_judged_by_its_rows(
    sql: str, tables: tuple[str, ...]
) -> None:
    assert joined_tables(parse(sql)) == tables


def test_an_array_of_a_joined_table_is_no_loose_join() -> None:
    assert loose_joins(parse("SELECT i.sku FROM d.orders AS o, o.items AS i")) == ()


def test_a_cte_of_an_inner_query_is_judged_there() -> None:
    sql = "SELECT x FROM (WITH a AS (SELECT 1 AS x), b AS (SELECT 2 AS x) SELECT x FROM a) AS s"
    assert [each.name for each in unused_ctes(parse(sql))] == ["b"]


def test_pipe_syntax_leaves_no_ctes_that_nobody_wrote() -> None:
    assert unused_ctes(parse("FROM d.t |> WHERE a > 1 |> SELECT a")) == ()


def test_a_condition_of_a_join_is_a_filter() -> None:
    sql = "SELECT t.a FROM d.t JOIN d.u ON t.day = u.day"
    assert filters_on(parse(sql), "p.d.t", "day")
    assert filters_on(parse("SELECT a FROM d.t JOIN d.u USING (day)"), "p.d.t", "day")
    assert not filters_on(parse(sql), "p.d.t", "hour")


def test_a_table_is_found_by_any_of_its_names() -> None:
    assert table_place(parse("SELECT a\nFROM `p.d.t`"), "p.d.t") == Place(2, 6)
    assert table_place(parse("SELECT a FROM d.t"), "p.d.t") == Place(1, 15)
    assert table_place(parse("WITH t AS (SELECT 1 AS a) SELECT a FROM t"), "p.d.t") is None
    assert not same_table("other.t", "p.d.t")


@pytest.mark.parametrize(
    "sql",
    [
        "SELECT 1 AS a",
        "(SELECT a FROM t)",
        "SELECT a FROM t PIVOT (SUM(x) FOR k IN ('a', 'b'))",
        "SELECT a FROM t, UNNEST(t.xs) AS x WITH OFFSET AS o",
        "SELECT AS STRUCT a, b FROM t",
        "SELECT a FROM t QUALIFY ROW_NUMBER() OVER (PARTITION BY a) = 1",
        "SELECT a FROM t TABLESAMPLE SYSTEM (10 PERCENT)",
        "SELECT a FROM t WINDOW w AS (ORDER BY a)",
        "WITH RECURSIVE r AS (SELECT 1 AS n UNION ALL SELECT n + 1 FROM r) SELECT n FROM r",
        "SELECT t.* REPLACE (1 AS a) FROM t",
        "SELECT a FROM t LEFT JOIN u ON TRUE CROSS JOIN (SELECT 1)",
    ],
)
def test_no_shape_of_a_query_makes_it_fail(sql: str) -> None:
    statement = parse(sql)
    assert isinstance(outputs(statement), dict)
    assert row_limit(statement) is None
    for inspect in (stars, unused_ctes, loose_joins, joined_tables):
        assert isinstance(inspect(statement), tuple | list)
    assert isinstance(filters_on(statement, "p.d.t", "day"), bool)
