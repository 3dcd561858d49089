"""What a statement reads and gives, column by column."""

from __future__ import annotations

import pytest

from peter_core.engine.port import Column
from peter_core.sql.columns import ColumnRef, output_columns, sql_lineage, used_columns
from peter_core.sql.parameters import Parameter
from peter_core.sql.statement import parse

SCHEMA = {
    "local.nyc.flights": {"day": "DATE", "carrier": "STRING", "Delay": "FLOAT64", "n": "INT64"},
    "local.nyc.airlines": {"carrier": "STRING", "name": "STRING"},
    "local.shop.orders": {
        "id": "INT64", "total": "NUMERIC", "items": "ARRAY<STRUCT<sku STRING, price NUMERIC>>",
        "ship": "STRUCT<city STRING, at TIMESTAMP>",
    },
}  # fmt: skip
F, A, O = "local.nyc.flights", "local.nyc.airlines", "local.shop.orders"  # noqa: E741


def _sources(sql: str) -> dict[str, list[str]]:
    lineage = sql_lineage(sql, schema=SCHEMA)
    assert lineage.unresolved == ()
    return {
        name: [f"{ref.table.split('.')[-1]}.{ref.column}" for ref in refs]
        for name, refs in lineage.columns.items()
    }


@pytest.mark.parametrize(
    ("sql", "expected"),
    [
        ("SELECT carrier, delay FROM nyc.flights",
         {"carrier": ["flights.carrier"], "delay": ["flights.Delay"]}),
        ("SELECT * FROM nyc.airlines",
         {"carrier": ["airlines.carrier"], "name": ["airlines.name"]}),
        ("SELECT COUNT(*) AS n, 1 AS one FROM nyc.flights", {"n": [], "one": []}),
        ("WITH d AS (SELECT day AS k, SUM(delay * n) AS s FROM nyc.flights GROUP BY day) "
         "SELECT K, s / 2 AS half FROM D", {"K": ["flights.day"],
                                           "half": ["flights.Delay", "flights.n"]}),
        ("SELECT carrier, name FROM nyc.flights JOIN nyc.airlines USING (carrier)",
         {"carrier": ["airlines.carrier", "flights.carrier"], "name": ["airlines.name"]}),
        ("SELECT carrier AS c FROM nyc.flights UNION ALL SELECT name FROM nyc.airlines",
         {"c": ["airlines.name", "flights.carrier"]}),
        ("SELECT i.price AS p FROM shop.orders AS o, o.items AS i", {"p": ["orders.items"]}),
        ("SELECT (SELECT MAX(i.price) FROM UNNEST(o.items) AS i) AS top FROM shop.orders AS o",
         {"top": ["orders.items"]}),
        ("SELECT ship.city AS city FROM shop.orders", {"city": ["orders.ship"]}),
        ("SELECT s.b AS b FROM (SELECT STRUCT(day AS a, n AS b) AS s FROM nyc.flights)",
         {"b": ["flights.n"]}),
        ("SELECT SUM(n) OVER (PARTITION BY carrier ORDER BY day) AS s FROM nyc.flights",
         {"s": ["flights.n"]}),
        ("SELECT * EXCEPT (n, day) REPLACE (UPPER(carrier) AS carrier) FROM nyc.flights",
         {"carrier": ["flights.carrier"], "Delay": ["flights.Delay"]}),
        ("SELECT * FROM (SELECT carrier, day, n FROM nyc.flights) "
         "PIVOT (SUM(n) FOR carrier IN ('AA' AS aa))", {"day": ["flights.day"],
                                                       "aa": ["flights.n"]}),
        ("SELECT v, k FROM nyc.airlines UNPIVOT (v FOR k IN (carrier, name))",
         {"v": ["airlines.carrier", "airlines.name"], "k": []}),
        ("SELECT day, n + 1 FROM nyc.flights", {"day": ["flights.day"], "f0_": ["flights.n"]}),
        ("CREATE TABLE d.x AS SELECT carrier FROM nyc.airlines",
         {"carrier": ["airlines.carrier"]}),
    ],
)  # fmt: skip
def test_an_output_column_knows_its_sources(sql: str, expected: dict[str, list[str]]) -> None:
    assert _sources(sql) == expected


def test_filters_joins_groups_and_windows_are_side_inputs() -> None:
    lineage = sql_lineage(
        "SELECT a.name AS x, MAX(f.delay) AS m FROM nyc.flights AS f"
        " JOIN nyc.airlines AS a ON f.carrier = a.carrier WHERE f.n > 1 GROUP BY a.name",
        schema=SCHEMA,
    )
    assert set(lineage.side_inputs) == {
        ColumnRef(F, "carrier"), ColumnRef(A, "carrier"), ColumnRef(F, "n"), ColumnRef(A, "name")
    }  # fmt: skip
    assert lineage.tables == (F, A)


def test_what_cannot_be_told_is_marked_and_never_empty() -> None:
    lineage = sql_lineage("SELECT * FROM nyc.flights")
    assert lineage.unresolved == ("*",)
    lineage = sql_lineage("SELECT x, t.y FROM d.t JOIN d.u ON TRUE")
    assert lineage.unresolved == ("x",)
    assert lineage.columns["y"] == (ColumnRef("d.t", "y"),)


def test_a_guarded_against_function_does_not_stop_lineage() -> None:
    assert sql_lineage("SELECT d.f(carrier) AS x FROM nyc.airlines", schema=SCHEMA).columns == {
        "x": (ColumnRef(A, "carrier"),)
    }


@pytest.mark.parametrize(
    ("sql", "expected"),
    [
        ("SELECT carrier FROM nyc.flights", {F: {"carrier"}}),
        ("SELECT * FROM nyc.airlines", {A: {"carrier", "name"}}),
        ("SELECT COUNT(*) AS c FROM nyc.flights", {F: set()}),
        ("SELECT COUNT(*) AS c FROM nyc.flights WHERE DELAY > 1", {F: {"Delay"}}),
        ("SELECT x.carrier FROM (SELECT * FROM nyc.flights) AS x", {F: {"carrier"}}),
        ("SELECT name FROM nyc.airlines AS a WHERE EXISTS "
         "(SELECT 1 FROM nyc.flights AS f WHERE f.carrier = a.carrier)",
         {F: {"carrier"}, A: {"carrier", "name"}}),
        ("SELECT id FROM shop.orders, UNNEST(items) AS i WHERE i.price > 1", {O: {"id", "items"}}),
        ("SELECT TO_JSON_STRING(a) AS j FROM nyc.airlines AS a", {A: {"carrier", "name"}}),
    ],
)  # fmt: skip
def test_only_columns_that_matter_are_read(sql: str, expected: dict[str, set[str]]) -> None:
    assert used_columns(parse(sql), SCHEMA) == {k: frozenset(v) for k, v in expected.items()}


@pytest.mark.parametrize(
    ("sql", "expected"),
    [
        ("SELECT day, carrier AS Who, delay FROM nyc.flights",
         [("day", "DATE"), ("Who", "STRING"), ("delay", "FLOAT64")]),
        ("SELECT * FROM nyc.flights",
         [("day", "DATE"), ("carrier", "STRING"), ("Delay", "FLOAT64"), ("n", "INT64")]),
        ("SELECT n / 2, COUNT(*) AS c, n + 1, AVG(n), SUM(total) AS t "
         "FROM nyc.flights, shop.orders GROUP BY n",
         [("f0_", "FLOAT64"), ("c", "INT64"), ("f1_", "INT64"), ("f2_", "FLOAT64"),
          ("t", "NUMERIC")]),
        ("SELECT DATE_TRUNC(day, WEEK) AS w, TIMESTAMP(day) AS t, n > 1 AS big, "
         "FORMAT_DATE('%Y', day) AS y FROM nyc.flights",
         [("w", "DATE"), ("t", "TIMESTAMP"), ("big", "BOOL"), ("y", "STRING")]),
        ("SELECT ship.city, ship, i.price FROM shop.orders, UNNEST(items) AS i",
         [("city", "STRING"), ("ship", "STRUCT<city STRING, at TIMESTAMP>"), ("price", "NUMERIC")]),
        ("SELECT @d AS d, @n * 2 AS m", [("d", "DATE"), ("m", "FLOAT64")]),
        ("WITH a AS (SELECT MAX(day) AS Last FROM nyc.flights) SELECT last FROM a",
         [("last", "DATE")]),
    ],
)  # fmt: skip
def test_output_columns_have_bigquerys_names_and_types(
    sql: str, expected: list[tuple[str, str]]
) -> None:
    parameters = (Parameter("d", "DATE", None), Parameter("n", "FLOAT64", 1.0))
    columns = output_columns(parse(sql), SCHEMA, parameters)
    assert columns == tuple(Column(name, kind) for name, kind in expected)


def test_an_array_is_a_repeated_column() -> None:
    (tags,) = output_columns(parse("SELECT ARRAY_AGG(day) AS days FROM nyc.flights"), SCHEMA)
    assert tags == Column("days", "DATE", "REPEATED")


def test_a_repeated_call_is_answered_from_memory() -> None:
    sql = "SELECT carrier FROM nyc.airlines"
    assert sql_lineage(sql, schema=SCHEMA) is sql_lineage(sql, schema=dict(SCHEMA))
