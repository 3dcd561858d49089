"""A wildcard table is the union of the schema's tables that it matches."""

from __future__ import annotations

import duckdb
import pytest

from peter_core.sql.dialect import to_duckdb

DAY = {"id": "INT64", "Name": "STRING"}
SCHEMA = {"p.d.ev_20200101": DAY, "p.d.ev_20200102": DAY, "p.d.other": {"id": "INT64"}}


def _rows(sql: str) -> list[tuple[object, ...]]:
    translation = to_duckdb(sql, schema=SCHEMA)
    assert translation.problems == ()
    with duckdb.connect() as connection:
        connection.execute("CREATE SCHEMA d; CREATE TABLE d.other AS SELECT 2 AS id")
        connection.execute("CREATE TABLE d.ev_20200101 AS SELECT 1 AS id, 'a' AS name")
        connection.execute("CREATE TABLE d.ev_20200102 AS SELECT 2 AS id, 'b' AS name")
        return connection.execute(translation.sql).fetchall()


def test_every_matching_table_gives_its_rows() -> None:
    assert _rows("SELECT id, name FROM `p.d.ev_*` ORDER BY id") == [(1, "a"), (2, "b")]


def test_the_suffix_is_what_the_star_stands_for() -> None:
    sql = "SELECT id, _TABLE_SUFFIX AS s FROM `d.ev_2020*` WHERE _TABLE_SUFFIX > '0101'"
    assert _rows(sql) == [(2, "0102")]
    sql = "SELECT COUNT(*) AS n, _table_suffix AS s FROM `d.ev_*` AS e GROUP BY s ORDER BY s"
    assert _rows(sql) == [(1, "20200101"), (1, "20200102")]


def test_a_star_leaves_the_suffix_out() -> None:
    assert _rows("SELECT * FROM `d.ev_*` WHERE _TABLE_SUFFIX = '20200102'") == [(2, "b")]


def test_a_suffix_is_read_through_the_alias_and_has_a_type() -> None:
    sql = "SELECT e._TABLE_SUFFIX FROM `d.ev_*` AS e JOIN d.other AS o ON e.id = o.id"
    assert _rows(sql) == [("20200102",)]
    columns = to_duckdb(sql, schema=SCHEMA).columns
    assert [(column.name, column.type) for column in columns] == [("_TABLE_SUFFIX", "STRING")]


@pytest.mark.parametrize(
    ("table", "said"),
    [("d.*", "of unlike tables"), ("d.nope_*", "No table is called"), ("x.ev_*", "No table")],
)
def test_tables_that_are_unlike_or_missing_are_said(table: str, said: str) -> None:
    translation = to_duckdb(f"SELECT id FROM `{table}`", schema=SCHEMA)
    assert translation.sql == ""
    assert said in translation.problems[0].message


def test_without_a_schema_a_wildcard_cannot_be_expanded() -> None:
    problem = to_duckdb("SELECT id FROM `d.ev_*`").problems[0]
    assert problem.rule == "sql-untranslatable"
    assert "ev_*" in problem.message


def test_the_columns_that_only_bigquery_adds_are_said() -> None:
    problem = to_duckdb("SELECT _PARTITIONTIME AS p FROM d.other", schema=SCHEMA).problems[0]
    assert problem.message.startswith("_PARTITIONTIME has no translation")


@pytest.mark.parametrize("written", ["logs.day_*", "acme.logs.day_*"])
@pytest.mark.parametrize("known", ["logs.day_1", "acme.logs.day_1"])
def test_a_wildcard_is_found_by_two_parts_and_by_three(written: str, known: str) -> None:
    made = to_duckdb(f"SELECT n FROM `{written}`", schema={known: {"n": "INT64"}})
    assert made.problems == ()
    assert '"logs"."day_1"' in made.sql


def test_a_wildcard_of_another_project_is_not_this_one() -> None:
    made = to_duckdb("SELECT n FROM `other.logs.day_*`", schema={"acme.logs.day_1": {"n": "INT64"}})
    assert made.problems
