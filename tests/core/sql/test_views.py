"""Lineage goes through views whose SQL is given."""

from __future__ import annotations

from peter_core.sql.columns import ColumnRef, sql_lineage

SCHEMA = {
    "nyc.flights": {"day": "DATE", "carrier": "STRING", "delay": "FLOAT64"},
    "nyc.airlines": {"carrier": "STRING", "name": "STRING"},
}
VIEWS = {
    "nyc.late": "SELECT carrier, delay / 60 AS hours FROM nyc.flights WHERE day > '2013-01-01'",
    "nyc.named": "SELECT l.hours, a.name FROM nyc.late AS l JOIN nyc.airlines AS a USING (carrier)",
    "nyc.all": "SELECT * FROM nyc.flights",
    "nyc.loop": "SELECT x FROM nyc.pool",
    "nyc.pool": "SELECT x FROM nyc.loop",
    "nyc.broken": "SELECT FROM WHERE",
}


def ref(text: str) -> ColumnRef:
    table, _, column = text.rpartition(".")
    return ColumnRef(table, column)


def test_a_column_of_a_view_comes_from_the_table_under_it() -> None:
    found = sql_lineage("SELECT hours * 2 AS h FROM nyc.late", schema=SCHEMA, views=VIEWS)
    assert found.columns == {"h": (ref("nyc.flights.delay"),)}
    assert found.side_inputs == (ref("nyc.flights.day"),)
    assert found.tables == ("nyc.flights",)
    assert found.unresolved == ()


def test_views_over_views_are_followed_to_the_end() -> None:
    sql = "SELECT name, MAX(hours) AS worst FROM nyc.named GROUP BY name"
    found = sql_lineage(sql, schema=SCHEMA, views=VIEWS)
    assert found.columns == {
        "name": (ref("nyc.airlines.name"),),
        "worst": (ref("nyc.flights.delay"),),
    }
    assert found.tables == ("nyc.flights", "nyc.airlines")
    assert ref("nyc.flights.carrier") in found.side_inputs


def test_a_star_over_a_star_has_every_column() -> None:
    found = sql_lineage("SELECT * FROM nyc.all", schema=SCHEMA, views=VIEWS)
    assert found.columns == {
        name: (ColumnRef("nyc.flights", name),) for name in SCHEMA["nyc.flights"]
    }


def test_without_a_schema_named_columns_still_pass_through() -> None:
    found = sql_lineage("SELECT hours FROM `p.nyc.late`", views={"p.nyc.late": VIEWS["nyc.late"]})
    assert found.columns == {"hours": (ref("nyc.flights.delay"),)}


def test_a_views_own_column_names_count_by_their_place() -> None:
    schema = {**SCHEMA, "nyc.pairs": {"who": "STRING", "long": "FLOAT64"}}
    views = {"nyc.pairs": "SELECT carrier, delay FROM nyc.flights"}
    found = sql_lineage("SELECT long, who FROM nyc.pairs", schema=schema, views=views)
    assert found.columns == {
        "long": (ref("nyc.flights.delay"),),
        "who": (ref("nyc.flights.carrier"),),
    }


def test_a_column_the_views_query_does_not_tell_is_unresolved() -> None:
    schema = {"nyc.wide": {"a": "INT64"}}
    views = {"nyc.wide": "SELECT * FROM other.table_of_unknown_columns"}
    found = sql_lineage("SELECT a FROM nyc.wide", schema=schema, views=views)
    assert found.unresolved == ("a",)


def test_views_in_a_circle_and_views_that_cannot_be_read_count_as_tables() -> None:
    round_ = sql_lineage("SELECT x FROM nyc.loop", views=VIEWS)
    assert list(round_.columns) == ["x"]
    broken = sql_lineage("SELECT x FROM nyc.broken", views=VIEWS)
    assert broken.columns == {"x": (ref("nyc.broken.x"),)}
    assert broken.tables == ("nyc.broken",)


def test_a_cte_hides_a_view_of_its_name() -> None:
    views = {"late": VIEWS["nyc.late"]}
    sql = "WITH late AS (SELECT name AS hours FROM nyc.airlines) SELECT hours FROM late"
    found = sql_lineage(sql, schema=SCHEMA, views=views)
    assert found.columns == {"hours": (ref("nyc.airlines.name"),)}
    assert found.tables == ("nyc.airlines",)


def test_views_that_double_at_each_step_are_each_read_once() -> None:
    views = {"d.v0": "SELECT delay AS x FROM nyc.flights"}
    for step in range(1, 15):
        before = f"d.v{step - 1}"
        views[f"d.v{step}"] = f"SELECT a.x + b.x AS x FROM {before} AS a, {before} AS b"
    found = sql_lineage("SELECT x FROM d.v14", schema=SCHEMA, views=views)
    assert found.columns == {"x": (ref("nyc.flights.delay"),)}


def test_without_views_nothing_changes() -> None:
    schema = {**SCHEMA, "nyc.late": {"hours": "FLOAT64"}}
    found = sql_lineage("SELECT hours FROM nyc.late", schema=schema)
    assert found.columns == {"hours": (ref("nyc.late.hours"),)}
    assert found.tables == ("nyc.late",)
