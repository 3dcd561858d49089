"""The guard lets one read-only query of known parts through, and nothing else."""

from __future__ import annotations

from pathlib import Path

import pytest

from peter_core.sql.checking import check_sql
from peter_core.sql.dialect import to_duckdb
from peter_core.sql.guard import guard
from peter_core.sql.statement import parse

FIXTURES = Path(__file__).parents[2] / "fixtures" / "sql"


def _files(folder: str) -> list[Path]:
    return sorted((FIXTURES / folder).glob("*.sql"))


@pytest.mark.parametrize("path", _files("refused"), ids=lambda path: path.stem)
def test_a_hostile_statement_is_refused_with_a_place(path: Path) -> None:
    sql = path.read_text(encoding="utf-8")
    problems = check_sql(sql)
    assert problems
    assert all(problem.is_error and problem.line and problem.column for problem in problems)
    assert to_duckdb(sql).sql == ""


@pytest.mark.parametrize("path", _files("accepted"), ids=lambda path: path.stem)
def test_an_ordinary_statement_passes(path: Path) -> None:
    assert check_sql(path.read_text(encoding="utf-8")) == ()


@pytest.mark.parametrize("path", _files("refused"), ids=lambda path: path.stem)
def test_wrapping_case_and_comments_do_not_help_a_hostile_statement(path: Path) -> None:
    sql = path.read_text(encoding="utf-8")
    for disguised in (
        "".join(c.swapcase() if c.isascii() else c for c in sql),
        f"/* SELECT */ {sql}",
        f"{sql}\n-- SELECT 1",
        f"\n\t {sql}",
    ):
        assert to_duckdb(disguised).sql == "" or disguised.strip().startswith("--")


def test_the_refused_function_is_named_where_it_stands() -> None:
    (problem,) = check_sql("SELECT carrier,\n  FROBNICATE(carrier) AS f\nFROM nyc.flights")
    assert problem.rule == "sql-refused"
    assert "FROBNICATE" in problem.message
    assert (problem.line, problem.column, problem.end_column) == (2, 3, 13)


def test_a_misspelled_function_names_the_nearest() -> None:
    (problem,) = check_sql("SELECT COALESCEE(a, b) AS c FROM d.t")
    assert problem.hint == "Did you mean COALESCE?"


def test_two_faults_give_two_problems_in_the_order_of_the_text() -> None:
    problems = check_sql("SELECT FOO(1) AS a, BAR(2) AS b")
    assert [(p.line, p.column) for p in problems] == [(1, 8), (1, 21)]


def test_a_statement_that_is_no_query_says_what_it_is() -> None:
    (problem,) = check_sql("DELETE FROM nyc.flights WHERE TRUE")
    assert problem.message.startswith("DELETE is not allowed")
    assert (problem.line, problem.column, problem.end_column) == (1, 1, 7)


def test_only_allowed_datasets_may_be_read() -> None:
    statement = parse("SELECT 1 AS a FROM nyc.flights JOIN `other.secret.pay` USING (id)")
    assert guard(statement, allowed_datasets=frozenset({"nyc", "other.secret"})) == ()
    (problem,) = guard(statement, allowed_datasets=frozenset({"nyc"}))
    assert "`other.secret.pay` is outside the allowed datasets" in problem.message
    assert problem.column == 37


def test_a_cte_is_not_outside_the_allowed_datasets() -> None:
    statement = parse("WITH a AS (SELECT 1 AS x) SELECT x FROM A")
    assert guard(statement, allowed_datasets=frozenset({"nyc"})) == ()


def test_a_cte_name_does_not_hide_a_table_of_another_scope() -> None:
    statement = parse("SELECT * FROM (WITH pay AS (SELECT 1 AS x) SELECT x FROM pay), pay")
    assert statement.tables == ("pay",)
    assert guard(statement, allowed_datasets=frozenset({"nyc"}))


def test_a_table_without_a_dataset_is_outside() -> None:
    assert guard(parse("SELECT * FROM flights"), allowed_datasets=frozenset({"nyc"}))


@pytest.mark.parametrize(
    "name",
    [
        "d.INFORMATION_SCHEMA.TABLES",
        "`p.d.information_schema.COLUMNS`",
        "`region-eu`.INFORMATION_SCHEMA.JOBS",
        "INFORMATION_SCHEMA.SCHEMATA",
    ],
)
def test_information_schema_is_refused_unless_it_is_allowed(name: str) -> None:
    sql = f"SELECT table_name FROM {name} WHERE table_name LIKE 'x%'"
    (problem,) = check_sql(sql)
    assert problem.rule == "sql-refused"
    assert "is metadata and cannot be read" in problem.message
    assert check_sql(sql, allow_information_schema=True) == ()
    assert check_sql(sql, schema={"d.t": {"a": "INT64"}}, allow_information_schema=True) == ()


@pytest.mark.parametrize(
    "name",
    [
        "d.__TABLES__",
        "d.INFORMATION_SCHEMA",
        "INFORMATION_SCHEMA.__TABLES__",
        "d.INFORMATION_SCHEMA.TABLES.more",
        '"INFORMATION_SCHEMA.TABLES"',
    ],
)
def test_other_metadata_stays_refused_where_information_schema_is_allowed(name: str) -> None:
    (problem,) = check_sql(f"SELECT * FROM {name}", allow_information_schema=True)[:1]
    assert problem.rule == "sql-refused"


def test_information_schema_of_another_dataset_or_region_stays_outside() -> None:
    def refused(name: str) -> bool:
        return bool(
            check_sql(
                f"SELECT 1 AS a FROM {name}",
                allowed_datasets=frozenset({"d"}),
                allow_information_schema=True,
            )
        )

    assert not refused("d.INFORMATION_SCHEMA.TABLES")
    assert not refused("p.d.INFORMATION_SCHEMA.TABLES")
    assert refused("e.INFORMATION_SCHEMA.TABLES")
    assert refused("`region-us`.INFORMATION_SCHEMA.JOBS")
    assert refused("INFORMATION_SCHEMA.SCHEMATA")


def test_the_embedded_engine_is_never_given_metadata() -> None:
    assert to_duckdb("SELECT table_name FROM d.INFORMATION_SCHEMA.TABLES").sql == ""
