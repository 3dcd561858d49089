"""Translation reads tables, keeps names, and says what it cannot do."""

from __future__ import annotations

import subprocess
import sys

import pytest

from peter_core.sql.dialect import to_duckdb

SCHEMA = {"local.nyc.flights": {"day": "DATE", "carrier": "STRING", "Delay": "FLOAT64"}}


@pytest.mark.parametrize(
    "table", ["nyc.flights", "local.nyc.flights", "`local.nyc.flights`", "`local`.nyc.flights"]
)
def test_a_table_loses_its_project(table: str) -> None:
    sql = to_duckdb(f"SELECT carrier FROM {table}", schema=SCHEMA).sql
    assert 'FROM "nyc"."flights" AS "flights"' in sql


def test_a_bare_table_stays_bare() -> None:
    assert 'FROM "flights" AS "flights"' in to_duckdb("SELECT carrier FROM flights").sql


def test_the_result_keeps_the_spelling_of_the_author_and_of_the_schema() -> None:
    translation = to_duckdb("SELECT *, carrier AS `Who Flew` FROM nyc.flights", schema=SCHEMA)
    assert [column.name for column in translation.columns] == [
        "day", "carrier", "Delay", "Who Flew"
    ]  # fmt: skip
    assert 'AS "Delay"' in translation.sql
    assert 'AS "Who Flew"' in translation.sql


def test_a_star_over_elements_of_an_untold_type_invents_no_column() -> None:
    sql = "SELECT * FROM UNNEST(GENERATE_DATE_ARRAY('2020-01-01', '2020-01-03')) AS day"
    columns = to_duckdb(sql).columns
    assert [(column.name, column.type) for column in columns] == [("day", "DATE")]


def test_a_parameter_becomes_a_typed_prepared_one() -> None:
    sql = to_duckdb("SELECT @a AS a, @b AS b", parameters={"a": "DATE", "b": "ARRAY<STRING>"}).sql
    assert "CAST($a AS DATE)" in sql
    assert "CAST($b AS TEXT[])" in sql


@pytest.mark.parametrize(
    ("sql", "name", "place"),
    [
        ("SELECT 1 AS a,\n  NET.PUBLIC_SUFFIX('x') AS f", "NET.PUBLIC_SUFFIX", (2, 7)),
        ("SELECT NET.REG_DOMAIN(url) AS h FROM d.t", "NET.REG_DOMAIN", (1, 12)),
        ("SELECT APPROX_TOP_SUM(a, b, 1) AS s FROM d.t", "APPROX_TOP_SUM", (1, 8)),
        ("SELECT JSON_OBJECT('a') AS s", "JSON_OBJECT", (1, 8)),
        ("SELECT JSON_KEYS(a, mode => 'lax') AS s FROM d.t", "JSON_KEYS", (1, 8)),
        ("SELECT ST_AREA(a) AS s FROM d.t", "ST_AREA", (1, 8)),
        ("SELECT HLL_COUNT.MERGE(a) AS s FROM d.t", "HLL_COUNT.MERGE", (1, 8)),
        ("SELECT a FROM d.t TABLESAMPLE SYSTEM (10 PERCENT)", "TABLESAMPLE", (1, 17)),
        ("SELECT a FROM d.t FOR SYSTEM_TIME AS OF CURRENT_TIMESTAMP()", "FOR SYSTEM_TIME", (1, 17)),
        ("SELECT GENERATE_ARRAY(1, 2, 0.5) AS s", "GENERATE_ARRAY of other", (1, 8)),
        ("SELECT INSTR(b'axb', b'x', -1) AS s", "INSTR", (1, 8)),
        ("SELECT REGEXP_INSTR(a, '(x)y') AS s FROM d.t", "REGEXP_INSTR", (1, 8)),
        ("SELECT TO_JSON_STRING(MAKE_INTERVAL(1)) AS s", "JSON of INTERVAL", (1, 8)),
        (
            "SELECT PERCENTILE_CONT(a, 0.5 RESPECT NULLS) OVER () AS s FROM d.t",
            "RESPECT NULLS",
            (1, 8),
        ),
        ("SELECT a FROM `d.events_*`", "events_*", (1, 15)),
        ("SELECT FORMAT(a, 1) AS s FROM d.t", "FORMAT", (1, 8)),
        ("SELECT FORMAT_DATE('%+', a) AS s FROM d.t", "%+", (1, 8)),
        ("SELECT CAST(a AS STRING FORMAT 'YYYY') AS s FROM d.t", "FORMAT", (1, 8)),
        ("SELECT CAST(1.5 AS STRING FORMAT '9.99') AS s", "FORMAT of this type", (1, 8)),
        ("SELECT CAST('1' AS DATE FORMAT 'MM-DD') AS s", "without a year", (1, 8)),
        ("SELECT CAST('1' AS TIME FORMAT 'HH:MI') AS s", "without AM or PM", (1, 8)),
        ("SELECT CAST(DATE '2020-01-01' AS STRING FORMAT 'Y,YYY') AS s", "FORMAT", (1, 8)),
        ("SELECT CAST(DATE '2020-01-01' AS STRING FORMAT 'HH24') AS s", "of this type", (1, 8)),
        ("SELECT CAST(DATE '2020-01-01' AS STRING FORMAT @f) AS s", "no literal", (1, 8)),
    ],
)
def test_what_has_no_translation_is_named_with_its_place(
    sql: str, name: str, place: tuple[int, int]
) -> None:
    translation = to_duckdb(sql)
    assert translation.sql == ""
    problem = translation.problems[0]
    assert problem.rule == "sql-untranslatable"
    assert name in problem.message
    assert (problem.line, problem.column) == place


def test_a_refused_statement_is_never_translated() -> None:
    translation = to_duckdb("SELECT * FROM read_csv('/etc/passwd')")
    assert translation.sql == ""
    assert translation.problems[0].rule == "sql-refused"


def test_an_unread_text_gives_its_problem() -> None:
    assert to_duckdb("SELECT 'x").problems[0].rule == "sql-syntax"


def test_a_repeated_translation_comes_from_memory() -> None:
    sql = "SELECT carrier FROM nyc.flights"
    assert to_duckdb(sql, schema=SCHEMA) is to_duckdb(sql, schema=dict(SCHEMA))
    assert to_duckdb(sql, schema=SCHEMA) is not to_duckdb(sql)


@pytest.mark.parametrize(
    "table",
    ["sqlite_master", "duckdb_settings", "pg_catalog.pg_tables", "main.sqlite_master",
     "`x.system.duckdb_tables`", "pragma_database_list"],
)  # fmt: skip
def test_duckdbs_own_catalog_is_out_of_reach(table: str) -> None:
    translation = to_duckdb(f"SELECT * FROM {table}")
    assert translation.sql == ""
    assert translation.problems[0].rule == "sql-untranslatable"


def test_with_a_schema_only_its_tables_and_columns_are_translated() -> None:
    assert to_duckdb("SELECT a FROM nyc.secret", schema=SCHEMA).problems[0].rule == "unknown-table"
    translation = to_duckdb("SELECT carier FROM nyc.flights", schema=SCHEMA)
    assert translation.sql == ""
    assert translation.problems[0].hint == "Did you mean `carrier`?"
    assert to_duckdb("SELECT a FROM nyc.secret", schema={}).problems[0].rule == "unknown-table"


def test_reading_a_statement_does_not_load_the_qualifier() -> None:
    code = (
        "import sys\n"
        "from peter_core.sql.checking import check_sql\n"
        "from peter_core.sql.columns import sql_lineage\n"
        "import peter_core.sql.dialect\n"
        "assert check_sql('SELECT a FROM d.t', schema={'d.t': {'a': 'INT64'}}) == ()\n"
        "assert sql_lineage('SELECT a FROM d.t').columns\n"
        "assert 'sqlglot.optimizer.qualify' not in sys.modules\n"
    )
    subprocess.run([sys.executable, "-c", code], check=True)
