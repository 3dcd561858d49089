"""Two columns of one name in a result: told before anything runs, at the second one's place."""

from __future__ import annotations

import pytest

from peter_core.sql.checking import check_sql
from peter_core.sql.repeated import repeated_columns
from peter_core.sql.statement import parse

SCHEMA = {
    "p.nyc.flights": {"carrier": "STRING", "delay": "FLOAT64"},
    "p.nyc.airlines": {"carrier": "STRING", "name": "STRING"},
}


@pytest.mark.parametrize(
    ("sql", "name", "place"),
    [
        ("SELECT 1 AS n,\n  2 AS n", "n", (2, 8)),
        ("SELECT 1 AS n, 2 AS `N`, 3 AS m", "n", (1, 21)),
        ("SELECT f.carrier, a.carrier FROM nyc.flights f, nyc.airlines a", "carrier", (1, 21)),
        ("SELECT s.a, t.x.a FROM nyc.s, nyc.t", "a", (1, 17)),
        ("(SELECT 1 AS n, 2 AS n) ORDER BY 1", "n", (1, 22)),
        ("SELECT 1 AS n, 2 AS n UNION ALL SELECT 3, 4", "n", (1, 21)),
        ("WITH t AS (SELECT 1 AS n) SELECT t.n, u.* FROM t, t AS u", "n", (1, 36)),
        ("SELECT * FROM (SELECT 1 AS n, 2 AS n)", "n", (1, 8)),
    ],
)
def test_it_is_seen_without_a_table(sql: str, name: str, place: tuple[int, int]) -> None:
    (problem,) = repeated_columns(parse(sql))
    assert (problem.rule, problem.is_error) == ("duplicate-column", True)
    assert problem.message == f"2 columns are called `{name}`; BigQuery refuses such a result."
    assert problem.hint is not None
    assert "alias" in problem.hint
    assert problem.line is not None
    assert problem.column is not None
    assert place[0] == problem.line
    assert problem.column <= place[1] < (problem.end_column or 0)


@pytest.mark.parametrize(
    ("sql", "column"),
    [
        ("SELECT * FROM nyc.flights CROSS JOIN nyc.airlines", 8),
        ("SELECT f.*, a.* FROM nyc.flights AS f, nyc.airlines AS a", 15),
        ("SELECT carrier, * FROM nyc.flights", 8),
    ],
)
def test_what_a_star_gives_once_more_is_seen_with_the_tables(sql: str, column: int) -> None:
    assert repeated_columns(parse(sql)) == ()
    (problem,) = check_sql(sql, schema=SCHEMA)
    assert (problem.rule, problem.line) == ("duplicate-column", 1)
    assert abs((problem.column or 0) - column) <= 2
    assert "`carrier`" in problem.message


@pytest.mark.parametrize(
    "sql",
    [
        "SELECT COUNT(*), SUM(1), 2 AS f1_ FROM nyc.flights",
        "SELECT n FROM (SELECT 1 AS n, 2 AS m)",
        "SELECT * FROM nyc.flights JOIN nyc.airlines USING (carrier)",
        "SELECT f.*, a.* EXCEPT (carrier) FROM nyc.flights AS f, nyc.airlines AS a",
        "SELECT f.*, a.* EXCEPT (carrier), a.carrier AS k FROM nyc.flights f, nyc.airlines a",
        "WITH t AS (SELECT 1 AS n, 2 AS n) SELECT 3 AS m FROM t",
        "SELECT 1 AS n, 2 AS m UNION ALL SELECT 1 AS x, 2 AS x",
        "SELECT STRUCT(carrier, delay AS d) AS carrier FROM nyc.flights",
        "SELECT carrier, ARRAY(SELECT AS STRUCT carrier, 1 AS one) AS more FROM nyc.flights",
    ],
)
def test_names_that_differ_raise_no_alarm(sql: str) -> None:
    assert repeated_columns(parse(sql)) == ()
    assert check_sql(sql, schema=SCHEMA) == ()


def test_each_name_is_told_once() -> None:
    found = repeated_columns(parse("SELECT 1 AS a, 2 AS b, 3 AS a, 4 AS b, 5 AS a"))
    assert [problem.message[:23] for problem in found] == [
        "3 columns are called `a`"[:23], "2 columns are called `b`"[:23],
    ]  # fmt: skip


def test_a_name_that_does_not_exist_is_told_first() -> None:
    problems = check_sql("SELECT carier, 1 AS n, 2 AS n FROM nyc.flights", schema=SCHEMA)
    assert [problem.rule for problem in problems] == ["unknown-column"]
