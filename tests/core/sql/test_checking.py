"""Wrong names and types are found before running, one problem a fault, with a place."""

from __future__ import annotations

import pytest

from peter_core.sql.checking import check_sql, check_statement

SCHEMA = {
    "local.nyc.flights": {
        "day": "DATE", "carrier": "STRING", "dep_delay": "FLOAT64", "Tailnum": "STRING",
        "flight": "INT64", "sched": "TIMESTAMP", "ok": "BOOL",
    },
    "local.nyc.airlines": {"carrier": "STRING", "name": "STRING"},
    "local.shop.orders": {"id": "INT64", "items": "ARRAY<STRUCT<sku STRING, price NUMERIC>>",
                          "ship": "STRUCT<city STRING>"},
}  # fmt: skip


@pytest.mark.parametrize(
    ("sql", "rule", "place", "words", "hint"),
    [
        ("SELECT dep_dealy FROM nyc.flights", "unknown-column", (1, 8, 17),
         "No column `dep_dealy` in `local.nyc.flights`", "Did you mean `dep_delay`?"),
        ("SELECT f.dep_dealy FROM nyc.flights AS f", "unknown-column", (1, 10, 19),
         "in `local.nyc.flights`", "Did you mean `dep_delay`?"),
        ("SELECT carrier\nFROM nyc.flight", "unknown-table", (2, 6, 9), "`nyc.flight`",
         "Did you mean `nyc.flights`?"),
        ("SELECT g.carrier FROM nyc.flights AS f", "unknown-column", (1, 8, 9), "`g`", None),
        ("SELECT carrier FROM nyc.flights WHERE delay_ > 1", "unknown-column", (1, 39, 45),
         "`delay_`", "Did you mean `dep_delay`?"),
        ("SELECT carrier FROM nyc.flights GROUP BY carier", "unknown-column", (1, 42, 48),
         "`carier`", "Did you mean `carrier`?"),
        ("WITH d AS (SELECT carrier AS c FROM nyc.flights) SELECT d.x FROM d", "unknown-column",
         (1, 59, 60), "in `d`", None),
        ("SELECT name FROM nyc.flights JOIN nyc.airlines ON flights.carrier = airlines.code",
         "unknown-column", (1, 78, 82), "`code`", None),
        ("SELECT (SELECT MAX(nope) FROM nyc.airlines) AS m FROM nyc.flights", "unknown-column",
         (1, 20, 24), "`nope`", None),
        ("SELECT i.prize FROM shop.orders AS o, o.items AS i", "unknown-column", (1, 10, 15),
         "`prize`", "Did you mean `price`?"),
        ("SELECT items[OFFSET(0)].sku, ship.cty FROM shop.orders", "unknown-column", (1, 35, 38),
         "`cty`", "Did you mean `city`?"),
        ("SELECT 1 AS a UNION ALL SELECT carier FROM nyc.flights", "unknown-column",
         (1, 32, 38), "`carier`", "Did you mean `carrier`?"),
        ("SELECT carrier FROM nyc.FLIGHTS", "unknown-table", (1, 21, 24), "`nyc.FLIGHTS`",
         "Did you mean `nyc.flights`?"),
        ("SELECT carrier FROM nyc.flights WHERE day = @dya", "unknown-parameter", (1, 45, 49),
         "@dya", "Did you mean @day?"),
        ("SELECT carrier FROM nyc.flights WHERE flight = @day", "parameter-type", (1, 48, 52),
         "@day is DATE and is compared with `flight`, which is INT64", None),
        ("SELECT carrier FROM nyc.flights WHERE flight BETWEEN 1 AND @day", "parameter-type",
         (1, 60, 64), "INT64", None),
        ("SELECT carrier FROM nyc.flights WHERE flight IN UNNEST(@carriers)", "parameter-type",
         (1, 56, 65), "STRING", None),
        ("SELECT carrier FROM nyc.flights WHERE sched >= @day", "parameter-type", (1, 48, 52),
         "TIMESTAMP", None),
    ],
)  # fmt: skip
def test_one_fault_is_one_problem_with_its_place(
    sql: str, rule: str, place: tuple[int, int, int], words: str,
    hint: str | None,
) -> None:  # fmt: skip
    declared = {"day": "DATE", "carriers": "ARRAY<STRING>", "minutes": "FLOAT64"}
    problems = check_sql(sql, schema=SCHEMA, parameters=declared)
    (problem,) = problems
    assert problem.rule == rule
    assert (problem.line, problem.column, problem.end_column) == place
    assert words in problem.message
    if hint is not None:
        assert problem.hint == hint


@pytest.mark.parametrize(
    "sql",
    [
        "SELECT Carrier, DEP_DELAY FROM nyc.flights",
        "SELECT carrier FROM local.nyc.flights",
        "SELECT carrier FROM `local.nyc.flights`",
        "SELECT flights.carrier FROM nyc.flights",
        "SELECT carrier AS c FROM nyc.flights GROUP BY c HAVING COUNT(*) > 1 ORDER BY c",
        "SELECT f.carrier, a.name FROM nyc.flights f JOIN nyc.airlines a USING (carrier)",
        "SELECT carrier FROM nyc.flights JOIN nyc.airlines USING (carrier)",
        "SELECT x.tailnum FROM (SELECT * EXCEPT (day) FROM nyc.flights) AS x",
        "SELECT o.id, i.price, sku FROM shop.orders AS o, o.items AS i",
        "SELECT o.id, i.price FROM shop.orders AS o, UNNEST(o.items) AS i WITH OFFSET AS n",
        "SELECT items[OFFSET(0)].sku FROM shop.orders",
        "SELECT ARRAY(SELECT price FROM UNNEST(items) ORDER BY price) AS p FROM shop.orders",
        "SELECT f FROM nyc.flights AS f",
        "SELECT COUNT(*) AS n FROM nyc.flights WHERE day >= '2024-01-01'",
        "SELECT carrier FROM nyc.flights WHERE dep_delay > @minutes AND flight > @minutes",
        "SELECT carrier FROM nyc.flights WHERE @day IS NULL OR day = @DAY",
        "SELECT carrier FROM nyc.flights WHERE day = @text AND sched > @text",
        "SELECT DATE_TRUNC(day, MONTH), DATE_DIFF(day, day, WEEK(MONDAY)) FROM nyc.flights",
        "WITH a AS (SELECT carrier AS k FROM nyc.flights), b AS (SELECT K FROM A) SELECT k FROM B",
        "SELECT SUM(flight) OVER w AS s FROM nyc.flights WINDOW w AS (PARTITION BY carrier)",
        "SELECT carrier FROM nyc.flights QUALIFY ROW_NUMBER() OVER (ORDER BY day) = 1",
        "SELECT name FROM nyc.airlines AS a WHERE EXISTS"
        " (SELECT 1 FROM nyc.flights AS f WHERE f.carrier = a.carrier)",
    ],
)
def test_a_right_statement_raises_no_false_alarm(sql: str) -> None:
    declared = {"day": "DATE", "minutes": "FLOAT64", "text": "STRING"}
    assert check_sql(sql, schema=SCHEMA, parameters=declared) == ()


def test_an_unknown_table_does_not_make_its_columns_unknown_too() -> None:
    problems = check_sql("SELECT a, b, t.c FROM nyc.nothing AS t WHERE d = 1", schema=SCHEMA)
    assert [problem.rule for problem in problems] == ["unknown-table"]


def test_two_faults_are_two_problems_in_order() -> None:
    problems = check_sql("SELECT carier, dya FROM nyc.flights", schema=SCHEMA)
    assert [problem.column for problem in problems] == [8, 16]


def test_without_a_schema_no_name_is_wrong() -> None:
    assert check_sql("SELECT a, t.b FROM stats.thing AS t WHERE c = @d") == ()


def test_a_syntax_error_hides_no_second_problem() -> None:
    assert len(check_sql("SELECT carier FROM nyc.flights WHERE", schema=SCHEMA)) == 1


@pytest.mark.parametrize(
    ("sql", "schema", "tiers"),
    [
        ("SELECT FROM WHERE", SCHEMA, ("syntax",)),
        ("DELETE FROM nyc.flights WHERE TRUE", SCHEMA, ("syntax", "guard")),
        ("SELECT carier FROM nyc.flights", SCHEMA, ("syntax", "guard", "names")),
        ("SELECT carier FROM nyc.flights", None, ("syntax", "guard")),
    ],
)
def test_the_answer_names_the_tiers_that_spoke(
    sql: str, schema: dict[str, dict[str, str]] | None, tiers: tuple[str, ...]
) -> None:
    found = check_statement(sql, schema=schema)
    assert found.tiers == tiers
    assert found.problems == check_sql(sql, schema=schema)
    assert found.valid is (not found.problems)
