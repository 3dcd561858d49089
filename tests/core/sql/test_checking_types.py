"""What BigQuery refuses for its types, groups and arguments is found before running, and where."""

from __future__ import annotations

from pathlib import Path

import pytest

from peter_core.sql.arguments import ARGUMENT_COUNTS
from peter_core.sql.checking import check_sql
from peter_core.sql.functions import FUNCTIONS

FIXTURES = Path(__file__).parents[2] / "fixtures" / "sql"
SCHEMA = {
    "shop.orders": {
        "id": "INT64", "buyer": "STRING", "placed": "TIMESTAMP", "due": "DATE",
        "local_at": "DATETIME", "clock": "TIME", "amount": "NUMERIC", "weight": "FLOAT64",
        "paid": "BOOL", "raw": "BYTES", "doc": "JSON", "spot": "GEOGRAPHY",
        "tags": "ARRAY<STRING>", "ship": "STRUCT<city STRING, zip INT64>",
        "items": "ARRAY<STRUCT<sku STRING, price NUMERIC, n INT64>>",
    },
    "shop.buyers": {"id": "INT64", "name": "STRING", "joined": "DATE", "vip": "BOOL"},
    "shop.day_*": {"a": "INT64"},
}  # fmt: skip
INVALID = sorted((FIXTURES / "invalid").glob("*.sql"))
VALID = (FIXTURES / "valid" / "statements.sql").read_text().splitlines()[1:]


@pytest.mark.parametrize("path", INVALID, ids=lambda path: path.stem)
def test_a_fault_is_one_problem_at_its_place(path: Path) -> None:
    told, sql = path.read_text().removeprefix("-- ").split("\n", 1)
    (problem,) = check_sql(sql, schema=SCHEMA)
    assert problem.line == problem.end_line == 1
    assert problem.column is not None
    assert problem.end_column is not None
    place = sql[problem.column - 1 : problem.end_column - 1]
    assert f"{problem.rule}: {place}" == told
    assert problem.is_error
    assert problem.message.endswith(".")


@pytest.mark.parametrize("sql", VALID)
def test_a_right_statement_is_left_alone(sql: str) -> None:
    assert check_sql(sql, schema=SCHEMA) == ()


@pytest.mark.parametrize("sql", VALID)
def test_a_right_statement_is_left_alone_when_nothing_is_known_of_its_tables(sql: str) -> None:
    assert check_sql(sql) == ()


def test_what_needs_no_schema_is_found_without_one() -> None:
    (problem,) = check_sql("SELECT buyer, COUNT(*) FROM shop.orders GROUP BY paid")
    assert (problem.rule, problem.message) == (
        "not-grouped", "`buyer` is neither grouped nor aggregated.",
    )  # fmt: skip
    (problem,) = check_sql("SELECT SUM('a') FROM shop.orders")
    assert problem.rule == "type-mismatch"


@pytest.mark.parametrize(
    ("sql", "message", "hint"),
    [
        ("SELECT SUM(buyer) FROM shop.orders", "SUM needs a number, not STRING.", "SAFE_CAST"),
        ("SELECT id FROM shop.orders WHERE amount", "WHERE needs a condition (BOOL), not NUMERIC.",
         "Compare it"),
        ("SELECT id FROM shop.orders WHERE buyer = 5",
         "`buyer` is STRING and is compared with a value, which is INT64.", "CAST(… AS STRING)"),
        ("SELECT buyer + 1 FROM shop.orders", "`+` does not work on STRING and INT64.", "||"),
        ("SELECT IF(paid, id, buyer) FROM shop.orders", "IF has values of INT64 and of STRING.",
         "same type"),
        ("SELECT LENGTH(buyer, 2) FROM shop.orders", "LENGTH takes 1 argument, not 2.", None),
        ("SELECT buyer FROM shop.orders WHERE COUNT(*) > 1",
         "COUNT is an aggregate and cannot stand in WHERE.", "Use HAVING."),
        ("SELECT id FROM shop.orders AS o, shop.buyers AS b",
         "`id` is ambiguous: `o` and `b` have a column of that name.", "`o.id`"),
    ],
)  # fmt: skip
def test_the_words_say_what_to_do(sql: str, message: str, hint: str | None) -> None:
    (problem,) = check_sql(sql, schema=SCHEMA)
    assert problem.message == message
    assert (problem.hint is None) if hint is None else hint in (problem.hint or "")


def test_a_wrong_type_hides_behind_no_cte() -> None:
    sql = (
        "WITH a AS (SELECT buyer AS who, COUNT(*) AS n FROM shop.orders GROUP BY buyer),\n"
        "b AS (SELECT who, n FROM a UNION ALL SELECT name, 1 FROM shop.buyers)\n"
        "SELECT AVG(n), AVG(who) FROM b"
    )
    (problem,) = check_sql(sql, schema=SCHEMA)
    assert (problem.rule, problem.line, problem.column) == ("type-mismatch", 3, 20)


def test_two_wrong_types_are_two_problems() -> None:
    problems = check_sql("SELECT SUM(buyer), AVG(due) FROM shop.orders", schema=SCHEMA)
    assert [problem.column for problem in problems] == [12, 24]


def test_an_unknown_name_is_said_before_any_type() -> None:
    problems = check_sql("SELECT SUM(buyer), nope FROM shop.orders", schema=SCHEMA)
    assert [problem.rule for problem in problems] == ["unknown-column"]


def test_a_parameter_of_the_wrong_type_for_a_function_is_named_at_its_place() -> None:
    sql = "SELECT SUM(amount * @by) FROM shop.orders WHERE LENGTH(@n) > 1"
    declared = {"by": "FLOAT64", "n": "INT64"}
    (problem,) = check_sql(sql, schema=SCHEMA, parameters=declared)
    assert problem.rule == "parameter-type"
    assert sql[(problem.column or 0) - 1 : (problem.end_column or 0) - 1] == "@n"


def test_a_shard_of_a_wildcard_table_ends_with_its_date() -> None:
    assert check_sql("SELECT a FROM shop.day_20240101", schema=SCHEMA) == ()
    assert check_sql("SELECT a FROM `shop.day_2024*`", schema=SCHEMA) == ()
    (problem,) = check_sql("SELECT a FROM shop.day_copy", schema=SCHEMA)
    assert problem.rule == "unknown-table"


def test_a_long_chain_of_conditions_is_typed_without_going_deep() -> None:
    chain = " OR ".join(f"id = {number}" for number in range(900))
    assert check_sql(f"SELECT id FROM shop.orders WHERE {chain}", schema=SCHEMA) == ()
    problems = check_sql(f"SELECT id FROM shop.orders WHERE {chain} OR buyer", schema=SCHEMA)
    assert [problem.rule for problem in problems] == ["type-mismatch"]


def test_only_allowed_functions_have_a_number_of_arguments() -> None:
    unknown = {name for name in ARGUMENT_COUNTS if name not in FUNCTIONS}
    assert unknown == set()


def test_an_aggregate_of_nothing_is_no_crash() -> None:
    problems = check_sql("SELECT SUM(DISTINCT) FROM shop.orders", schema=SCHEMA)
    assert all(problem.rule != "type-mismatch" for problem in problems)


def test_many_faults_of_parameters_are_placed_quickly() -> None:
    sql = "SELECT " + ", ".join(["LENGTH(@n)"] * 1_000) + " FROM shop.orders"
    problems = check_sql(sql, schema=SCHEMA, parameters={"n": "INT64"})
    assert [problem.rule for problem in problems] == ["parameter-type"] * 1_000
