"""Declared checks: each kind where it holds, where it does not, and with what evidence."""

from __future__ import annotations

import datetime as dt
import math
from decimal import Decimal
from typing import Any

import pyarrow as pa
import pytest

from peter_core.dashboard.model import Check
from peter_core.engine.port import Column
from peter_core.plan.words import speaking
from peter_core.verify.checks import run_checks
from peter_core.verify.verification import CheckOutcome

NOW = dt.datetime(2013, 7, 1, 15, 0, tzinfo=dt.UTC)
COLUMNS = (
    Column("flight_date", "DATE"),
    Column("carrier", "STRING"),
    Column("flights", "INT64"),
    Column("delay", "FLOAT64"),
    Column("revenue", "NUMERIC"),
    Column("at", "TIMESTAMP"),
    Column("on_time", "BOOL"),
)
TABLE = pa.table(
    {
        "flight_date": [dt.date(2013, 6, 28), dt.date(2013, 6, 29), dt.date(2013, 6, 30)],
        "carrier": ["UA", "AA", None],
        "flights": pa.array([10, 20, 30], pa.int64()),
        "delay": [1.5, None, 3.5],
        "revenue": pa.array([Decimal("1.10"), Decimal("2.20"), Decimal("3.30")]),
        "at": pa.array(["2013-07-01T12:00:00Z"] * 3).cast(pa.timestamp("us", "UTC")),
        "on_time": [True, True, False],
    }
)


def check(
    document: dict[str, Any], table: pa.Table = TABLE, columns: tuple[Column, ...] = COLUMNS,
    **given: Any,
) -> CheckOutcome:  # fmt: skip
    options: dict[str, Any] = {"row_count": table.num_rows, "others": {}, "now": NOW, **given}
    (outcome,) = run_checks([Check.model_validate(document)], table, columns, **options)
    return outcome


@pytest.mark.parametrize(
    "document",
    [
        {"rows": {"min": 1, "max": 3}},
        {"not_null": ("flight_date", "flights")},
        {"unique": ("flight_date",)},
        {"unique": ("carrier", "on_time")},
        {"accepted": {"column": "carrier", "values": ("UA", "AA")}},
        {"accepted": {"column": "flights", "values": (10, 20.0, 30)}},
        {"accepted": {"column": "revenue", "values": (1.1, "2.2", "3.3")}},
        {"accepted": {"column": "on_time", "values": (True, False)}},
        {"accepted": {"column": "flight_date", "values": ("2013-06-28", "2013-06-29",
                                                          "2013-06-30")}},
        {"range": {"column": "delay", "min": 1.5, "max": 3.5}},
        {"range": {"column": "revenue", "min": "1.10"}},
        {"range": {"column": "flight_date", "min": "2013-06-28", "max": "2013-06-30"}},
        {"range": {"column": "at", "max": "2013-07-01T12:00:00Z"}},
        {"range": {"column": "carrier", "min": "AA", "max": "UA"}},
        {"max_age": {"column": "flight_date", "age": "1d"}},
        {"max_age": {"column": "at", "age": "3h"}},
        {"not_null": ("FLIGHT_DATE",)},
    ],
    ids=str,
)  # fmt: skip
def test_a_check_that_holds_passes(document: dict[str, Any]) -> None:
    outcome = check(document)
    assert outcome.passed, outcome.detail
    assert outcome.severity == "error"


@pytest.mark.parametrize(
    ("document", "sentence", "evidence"),
    [
        ({"rows": {"min": 5}}, "At least 5 rows", "The result has 3 rows."),
        ({"rows": {"max": 2}}, "At most 2 rows", "The result has 3 rows."),
        ({"rows": {"min": 1, "max": 1}}, "Exactly 1 row", "The result has 3 rows."),
        ({"not_null": ("carrier", "delay")}, "No nulls in carrier, delay",
         "carrier: 1 of 3 rows is null: row 3. delay: 1 of 3 rows is null: row 2."),
        ({"unique": ("on_time",)}, "on_time is unique",
         "2 of 3 rows share a key: True in rows 1, 2."),
        ({"unique": ("at", "on_time")}, "at, on_time are unique together",
         "2 of 3 rows share a key: (2013-07-01T12:00:00Z, True) in rows 1, 2."),
        ({"accepted": {"column": "carrier", "values": ("UA",)}}, "carrier is one of UA",
         "1 of 3 rows hold other values: AA: row 2."),
        ({"range": {"column": "flights", "min": 15}}, "flights is at least 15",
         "1 of 3 rows is outside: 10: row 1."),
        ({"range": {"column": "flights", "min": 0, "max": 15}}, "flights is between 0 and 15",
         "2 of 3 rows are outside: 20, 30: rows 2, 3."),
        ({"range": {"column": "revenue", "max": 2.2}}, "revenue is at most 2.2",
         "1 of 3 rows is outside: 3.3: row 3."),
        ({"max_age": {"column": "flight_date", "age": "6h"}},
         "The newest flight_date is at most 6 hours old",
         "The newest flight_date is 2013-06-30, 1 day old."),
        ({"max_age": {"column": "at", "age": "2h"}}, "The newest at is at most 2 hours old",
         "The newest at is 2013-07-01T12:00:00Z, 3 hours old."),
    ],
    ids=str,
)  # fmt: skip
def test_a_check_that_fails_shows_the_evidence(
    document: dict[str, Any], sentence: str, evidence: str
) -> None:
    outcome = check(document)
    assert not outcome.passed
    assert (outcome.check, outcome.detail) == (sentence, evidence)


def test_much_evidence_is_counted_not_listed() -> None:
    table = pa.table({"x": pa.array([None] * 1200 + [1], pa.int64())})
    outcome = check({"not_null": ("x",)}, table, (Column("x", "INT64"),))
    assert outcome.detail == ("x: 1,200 of 1,201 rows are null: rows 1, 2, 3, 4, 5 and 1,195 more.")


def test_many_wrong_values_are_shown_by_the_first() -> None:
    table = pa.table({"x": [f"v{i}" for i in range(9)] + ["w" * 99]})
    outcome = check({"accepted": {"column": "x", "values": ("v0",)}}, table, ())
    assert outcome.detail == (
        "9 of 10 rows hold other values: v1, v2, v3, v4, v5, …: rows 2, 3, 4, 5, 6 and 4 more."
    )


def test_a_warning_keeps_its_severity() -> None:
    assert check({"rows": {"min": 9}, "severity": "warning"}).severity == "warning"


def test_a_missing_column_fails_with_the_nearest_name() -> None:
    outcome = check({"not_null": ("fligths",)})
    assert not outcome.passed
    assert outcome.detail.startswith("No column fligths in the result (columns: flight_date, ")
    assert outcome.detail.endswith("did you mean flights?")


@pytest.mark.parametrize(
    ("document", "reason"),
    [
        ({"range": {"column": "carrier", "min": 3}}, "3 cannot be compared with a STRING column."),
        ({"range": {"column": "flight_date", "min": "June"}},
         "'June' cannot be compared with a DATE column."),
        ({"range": {"column": "flights", "max": "many"}},
         "'many' cannot be compared with an INT64 column."),
        ({"accepted": {"column": "flights", "values": (True,)}},
         "True cannot be compared with an INT64 column."),
        ({"max_age": {"column": "carrier", "age": "1d"}},
         "An age needs a DATE, DATETIME or TIMESTAMP column."),
        ({"equals": {"query": "other", "column": "flights"}},
         "Query other was not run, so there is nothing to compare with; verify the whole "
         "dashboard."),
    ],
    ids=str,
)  # fmt: skip
def test_a_check_that_cannot_be_answered_has_not_passed(
    document: dict[str, Any], reason: str
) -> None:
    outcome = check(document)
    assert not outcome.passed
    assert outcome.detail == reason


def test_a_cut_result_says_what_was_looked_at() -> None:
    outcome = check({"not_null": ("flights",)}, row_count=1_000)
    assert outcome.passed
    assert outcome.detail == ("No nulls in 3 rows. Only the first 3 of 1,000 rows were looked at.")


def test_the_number_of_rows_is_that_of_the_whole_result() -> None:
    assert not check({"rows": {"max": 3}}, row_count=1_000).passed


def test_a_sum_of_a_cut_result_is_not_compared() -> None:
    document = {"equals": {"query": "other", "column": "flights"}}
    outcome = check(document, row_count=1_000, others={"other": TABLE})
    assert not outcome.passed
    assert "cannot be told from a result that was cut" in outcome.detail


def test_nan_is_outside_every_range() -> None:
    table = pa.table({"x": [1.0, math.nan]})
    outcome = check({"range": {"column": "x", "min": 0}}, table, (Column("x", "FLOAT64"),))
    assert outcome.detail == "1 of 2 rows is outside: NaN: row 2."


def test_nulls_are_one_value_to_unique() -> None:
    table = pa.table({"x": pa.array([None, 1, None], pa.int64())})
    outcome = check({"unique": ("x",)}, table, (Column("x", "INT64"),))
    assert outcome.detail == "2 of 3 rows share a key: null in rows 1, 3."


def test_keys_of_lists_and_structs_can_be_unique() -> None:
    table = pa.table({"x": [[1], [2], [1]]})
    outcome = check({"unique": ("x",)}, table, (Column("x", "INT64", "REPEATED"),))
    assert outcome.detail == "2 of 3 rows share a key: [1] in rows 1, 3."


def test_a_column_without_values_has_no_age() -> None:
    table = pa.table({"d": pa.array([None], pa.date32())})
    outcome = check({"max_age": {"column": "d", "age": "1d"}}, table, (Column("d", "DATE"),))
    assert not outcome.passed
    assert outcome.detail == "d has no values, so its age cannot be told."


def test_a_date_to_come_is_said() -> None:
    table = pa.table({"d": [dt.date(2013, 7, 3)]})
    outcome = check({"max_age": {"column": "d", "age": "1d"}}, table, (Column("d", "DATE"),))
    assert outcome.passed
    assert outcome.detail == "The newest d is 2013-07-03, 2 days in the future."


def test_the_day_of_a_date_is_that_of_the_given_zone() -> None:
    tokyo = NOW.astimezone(dt.timezone(dt.timedelta(hours=9)))  # already the 2nd of July
    document = {"max_age": {"column": "flight_date", "age": "1d"}}
    assert check(document).passed
    assert not check(document, now=tokyo).passed


@pytest.mark.parametrize("aggregate", ["sum", "mean", "min", "max", "count"])
def test_equal_aggregates_of_two_queries_pass(aggregate: str) -> None:
    document = {"equals": {"query": "other", "column": "revenue", "aggregate": aggregate}}
    assert check(document, others={"other": TABLE.select(["revenue"])}).passed


def test_unequal_aggregates_say_how_far_they_are_apart() -> None:
    document = {"equals": {"query": "other", "column": "revenue"}}
    outcome = check(document, others={"other": TABLE.slice(0, 2)})
    assert outcome.check == "The sum of revenue equals that of query other"
    assert outcome.detail == "6.6 here, 3.3 in other, 3.3 apart."
    document["equals"]["tolerance"] = 3.3
    assert check(document, others={"other": TABLE.slice(0, 2)}).passed


def test_exact_sums_differ_by_the_last_digit() -> None:
    one = pa.table({"x": pa.array([2**62, 2**62], pa.int64())})
    two = pa.table({"x": pa.array([2**62, 2**62 + 1], pa.int64())})
    document = {"equals": {"query": "other", "column": "x"}}
    outcome = check(document, one, (Column("x", "INT64"),), others={"other": two})
    assert not outcome.passed
    assert outcome.detail.endswith(", 1 apart.")


def test_float_sums_may_differ_by_the_order_of_summation() -> None:
    values = [0.1, 0.2, 0.3, 1e6, 1e-6]
    one, two = pa.table({"x": [sum(values)]}), pa.table({"x": [sum(reversed(values))]})
    document = {"equals": {"query": "other", "column": "x"}}
    assert check(document, one, (Column("x", "FLOAT64"),), others={"other": two}).passed
    three = pa.table({"x": [sum(values) * (1 + 1e-6)]})
    assert not check(document, one, (Column("x", "FLOAT64"),), others={"other": three}).passed


def test_a_missing_column_of_the_other_query_is_named() -> None:
    document = {"equals": {"query": "other", "column": "flights"}}
    outcome = check(document, others={"other": pa.table({"flight": [1]})})
    assert outcome.detail == (
        "No column flights in query other (columns: flight); did you mean flight?"
    )


def test_a_sum_of_text_is_not_defined() -> None:
    document = {"equals": {"query": "other", "column": "carrier"}}
    outcome = check(document, others={"other": TABLE})
    assert outcome.detail == "The sum of a STRING column is not defined."


@pytest.mark.parametrize(
    "document",
    [{"unique": ("x",)}, {"not_null": ("x",)}, {"accepted": {"column": "x", "values": (1,)}},
     {"range": {"column": "x", "min": 1}}],
    ids=str,
)  # fmt: skip
def test_an_empty_result_breaks_no_rule_about_its_rows(document: dict[str, Any]) -> None:
    assert check(document, pa.table({"x": pa.array([], pa.int64())}), ()).passed


@pytest.mark.parametrize(
    ("document", "promise", "detail"),
    [
        ({"rows": {"min": 4}}, "Mindestens 4 Zeilen", "Das Ergebnis hat 3 Zeilen."),
        ({"not_null": ("carrier",)}, "Keine Nullwerte in carrier",
         "carrier: 1 von 3 Zeilen ist leer (null): Zeile 3."),
        ({"unique": ("on_time",)}, "on_time ist eindeutig",
         "2 von 3 Zeilen haben denselben Schlüssel wie eine andere: True (Zeilen 1, 2)."),
        ({"range": {"column": "flights", "max": 15}}, "flights ist höchstens 15",
         "2 von 3 Zeilen liegen außerhalb: 20, 30: Zeilen 2, 3."),
        ({"max_age": {"column": "at", "age": "2h"}},
         "Der neueste Wert von at ist höchstens 2 Stunden alt",
         "Der neueste Wert von at ist 2013-07-01T12:00:00Z und 3 Stunden alt."),
    ],
)  # fmt: skip
def test_a_check_is_told_in_the_language_that_is_spoken(
    document: dict[str, Any], promise: str, detail: str
) -> None:
    with speaking("de-DE"):
        outcome = check(document)
    assert (outcome.check, outcome.detail) == (promise, detail)
    assert check(document).check != promise
