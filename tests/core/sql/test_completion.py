"""Help for a statement that is being written; ``|`` is the cursor."""

from __future__ import annotations

import random

import pytest

from peter_core.sql.completion import MOST, Completion, complete

SCHEMA = {
    "local.nyc.flights": {"carrier": "STRING", "dep_delay": "INT64", "flight date": "DATE"},
    "local.nyc.airlines": {"carrier": "STRING", "name": "STRING"},
    "my-project.shop.orders": {"id": "INT64", "total": "NUMERIC"},
    "local.web.visits": {
        "ship": "STRUCT<city STRING, geo STRUCT<lat FLOAT64, `far away` INT64>>",
        "items": "ARRAY<STRUCT<sku STRING, price NUMERIC, tags ARRAY<STRING>>>",
        "words": "ARRAY<STRING>",
    },
}


def at(marked: str, parameters: tuple[str, ...] = ("day", "dayshift")) -> tuple[Completion, ...]:
    offset = marked.index("|")
    sql = marked[:offset] + marked[offset + 1 :]
    return complete(sql, offset, schema=SCHEMA, parameters=parameters)


def labels(marked: str, kind: str | None = None) -> list[str]:
    return [one.label for one in at(marked) if kind in (None, one.kind)]


def written(marked: str, label: str) -> str:
    """The statement after a completion was taken."""
    sql = marked.replace("|", "", 1)
    one = next(one for one in at(marked) if one.label == label)
    return sql[: one.start] + one.label + sql[one.end :]


FLIGHTS = ["carrier", "dep_delay", "`flight date`"]


@pytest.mark.parametrize(("marked", "expected"), [
    ("SELECT f.| FROM nyc.flights f", FLIGHTS),
    ("SELECT f.|\nFROM nyc.flights AS f", FLIGHTS),
    ("SELECT * FROM nyc.flights f WHERE f.dep|", ["dep_delay"]),
    ("SELECT * FROM local.nyc.flights JOIN nyc.airlines b ON flights.carrier = b.|",
     ["carrier", "name"]),
    ("SELECT o.| FROM my-project.shop.orders o", ["id", "total"]),
    ("SELECT o.| FROM `my-project.shop.orders` o", ["id", "total"]),
    ("SELECT l.| FROM late l", []),
    ("WITH l AS (SELECT carrier, a + 1 AS b, COUNT(*) n FROM nyc.flights) SELECT l.| FROM l",
     ["carrier", "b", "n"]),
    ("WITH late AS (SELECT * FROM nyc.flights), b AS (SELECT l.* FROM late l) SELECT b.| FROM b",
     FLIGHTS),
    ("SELECT x.| FROM (SELECT a.carrier, a.dep_delay + 1 AS p FROM nyc.flights a) x",
     ["carrier", "p"]),
    ("SELECT (SELECT MAX(b.|) FROM nyc.airlines b) FROM nyc.flights a", ["carrier", "name"]),
    ("SELECT (SELECT 1 FROM nyc.airlines b WHERE b.name = a.|) FROM nyc.flights a", FLIGHTS),
    ("SELECT NET.REG|", ["REG_DOMAIN"]),
    ("SELECT SAFE.PARSE_DATE|", ["PARSE_DATE", "PARSE_DATETIME"]),
])  # fmt: skip
def test_behind_a_dot_stand_the_columns_of_what_is_before_it(
    marked: str, expected: list[str]
) -> None:
    assert labels(marked) == expected


@pytest.mark.parametrize(("marked", "expected"), [
    ("SELECT * FROM |",
     ["nyc.flights", "nyc.airlines", "shop.orders", "web.visits", "UNNEST"]),
    ("SELECT * FROM ny|", ["nyc.flights", "nyc.airlines"]),
    ("SELECT * FROM nyc.fl|", ["nyc.flights"]),
    ("SELECT * FROM local.nyc.a|", ["local.nyc.airlines"]),
    ("SELECT * FROM my-project.shop.|", ["my-project.shop.orders"]),
    ("SELECT * FROM `my-project.s|", ["my-project.shop.orders"]),
    ("SELECT * FROM `local.nyc.fl|`", ["local.nyc.flights"]),
    ("SELECT * FROM ord|", ["shop.orders"]),
    ("SELECT * FROM nyc.flights a, nyc.air|", ["nyc.airlines"]),
    ("SELECT * FROM nyc.flights a JOIN nyc.air|", ["nyc.airlines"]),
    ("WITH late AS (SELECT 1 AS x) SELECT * FROM la|", ["late"]),
])  # fmt: skip
def test_behind_from_and_join_stand_tables(marked: str, expected: list[str]) -> None:
    assert labels(marked) == expected


def test_the_from_of_extract_takes_no_table() -> None:
    assert labels("SELECT EXTRACT(YEAR FROM ny|) FROM nyc.flights", "table") == []
    assert labels("SELECT EXTRACT(YEAR FROM dep|) FROM nyc.flights") == ["dep_delay"]


def test_columns_of_the_query_come_before_functions_and_keywords() -> None:
    kinds = [one.kind for one in at("SELECT | FROM nyc.flights")]
    assert kinds[:3] == ["column"] * 3
    assert kinds == sorted(kinds, key=["column", "table", "parameter", "function"].index)
    first = at("SELECT | FROM nyc.flights f")[0]
    assert (first.label, first.detail) == ("carrier", "STRING · f")


def test_a_set_operation_separates_the_columns() -> None:
    assert labels("SELECT carrier FROM nyc.flights UNION ALL SELECT na| FROM nyc.airlines") == [
        "name", "IS_NAN"
    ]  # fmt: skip
    assert "name" not in labels("SELECT | FROM nyc.flights UNION ALL SELECT 1 FROM nyc.airlines")


def test_a_part_of_a_longer_name_is_enough() -> None:
    assert labels("SELECT delay| FROM nyc.flights") == ["dep_delay"]


@pytest.mark.parametrize(("marked", "expected"), [
    ("SELECT ship.| FROM web.visits", ["city", "geo"]),
    ("SELECT v.ship.| FROM web.visits v", ["city", "geo"]),
    ("SELECT v.SHIP.geo.| FROM web.visits v", ["lat", "`far away`"]),
    ("SELECT ship.geo.l| FROM web.visits", ["lat"]),
    ("SELECT visits.ship.geo.| FROM web.visits", ["lat", "`far away`"]),
    ("SELECT ship.city.| FROM web.visits", []),
    ("SELECT ship.nothing.| FROM web.visits", []),
    ("SELECT v.items.| FROM web.visits v", []),
    ("SELECT i.| FROM web.visits v, UNNEST(v.items) AS i", ["sku", "price", "tags"]),
    ("SELECT i.| FROM web.visits, UNNEST(items) i WITH OFFSET", ["sku", "price", "tags"]),
    ("SELECT i.| FROM web.visits v, v.items AS i", ["sku", "price", "tags"]),
    ("SELECT t| FROM web.visits v, UNNEST(v.items) i, UNNEST(i.tags) AS tag",
     ["tags", "tag"]),
    ("SELECT x.ship.| FROM (SELECT ship FROM web.visits) x", ["city", "geo"]),
    ("WITH w AS (SELECT ship.geo AS place FROM web.visits) SELECT w.| FROM w", ["place"]),
    ("SELECT x.| FROM UNNEST([STRUCT(1 AS a)]) AS x", []),
    ("SELECT x.| FROM UNNEST( AS x", []),
])  # fmt: skip
def test_behind_a_struct_stand_its_fields(marked: str, expected: list[str]) -> None:
    found = [one.label for one in at(marked) if one.kind == "column"]
    assert found[: len(expected) or None] == expected


def test_a_field_says_its_type_and_where_it_is() -> None:
    (city, geo) = at("SELECT v.ship.| FROM web.visits v")
    assert city.detail == "STRING · v.ship"
    assert geo.detail.startswith("STRUCT<lat FLOAT64, ")


def test_parameters_follow_the_at_sign() -> None:
    assert labels("SELECT 1 AS a WHERE x = @days|") == ["@dayshift"]
    assert labels("SELECT @|") == ["@day", "@dayshift"]
    assert labels("SELECT @@|") == []
    assert written("SELECT @d| + 1", "@day") == "SELECT @day + 1"


def test_the_whole_word_is_replaced() -> None:
    assert written("SELECT dep|artures FROM nyc.flights", "dep_delay") == (
        "SELECT dep_delay FROM nyc.flights"
    )
    assert written("SELECT * FROM `local.nyc.f|oo`", "local.nyc.flights") == (
        "SELECT * FROM `local.nyc.flights`"
    )
    assert written("SELECT `flight d|` FROM nyc.flights", "flight date") == (
        "SELECT `flight date` FROM nyc.flights"
    )


@pytest.mark.parametrize("marked", [
    "SELECT 'f.|' FROM nyc.flights f", "SELECT 1 -- f.|", "SELECT /* | */ 1", "SELECT 'open |",
    "SELECT '''a\n|", "# |",
])  # fmt: skip
def test_strings_and_comments_are_left_alone(marked: str) -> None:
    assert at(marked) == ()


def test_a_statement_begins_with_its_first_keyword() -> None:
    assert labels("|") == ["SELECT", "WITH", "FROM"]
    assert labels("se|") == ["SELECT"]
    assert labels("SELECT f.carrier FROM nyc.flights f GROUP|") == ["GROUPING", "GROUP BY"]


def test_any_text_and_any_offset_give_an_answer() -> None:
    draw = random.Random(7)  # noqa: S311 - a fixed draw, no secret
    words = ("SELECT", "FROM", "JOIN", "WITH", "a", "AS", "(", ")", ",", ".", "`", "'", "@", "-- x",
             "*", "UNION", "nyc", "flights", "\n", "/*", "*/", "ON", ";", "\x00", "é", "-",
             "1")  # fmt: skip
    for _ in range(1_500):
        sql = " ".join(draw.choice(words) for _ in range(draw.randint(0, 25)))
        sql = sql.replace(" ", "") if draw.random() < 0.3 else sql
        for one in complete(sql, draw.randint(-3, len(sql) + 3), schema=SCHEMA, parameters=("p",)):
            assert 0 <= one.start <= one.end <= len(sql)
            assert one.label
    assert complete("SELECT " + "(" * 90_000, 40_000, schema=SCHEMA) is not None
    assert complete("x" * 200_000, 3) == ()


def test_a_long_statement_has_the_columns_of_its_last_scope() -> None:
    tables = {f"d.t{n}": {f"c{m}": "INT64" for m in range(20)} for n in range(300)}
    steps = ",\n".join(
        f"s{n} AS (SELECT *, c{n % 20} + 1 AS x{n} FROM {f's{n - 1}' if n else 'd.t1'})"
        for n in range(60)
    )
    sql = f"WITH {steps} SELECT  FROM s5 AS a JOIN d.t7 AS b USING (c1) WHERE a.c1 > 3"
    offset = sql.index("SELECT  FROM") + 7
    found = complete(sql, offset, schema=tables)
    assert 0 < len(found) <= MOST
    assert {"c1", "x5"} <= {completion.label for completion in found}
