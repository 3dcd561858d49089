"""Two questions share a key exactly when they have the same answer."""

from __future__ import annotations

import datetime as dt
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from peter_core.cache.keys import cacheable, clock_reading, result_key, user_dependent
from peter_core.sql.parameters import Parameter
from peter_core.sql.statement import parse

NOON = dt.datetime(2026, 3, 1, 12, 0, tzinfo=dt.UTC)


def key(sql: str = "SELECT a FROM d.t WHERE b = @b", **changed: object) -> str:
    parts: dict[str, object] = {
        "engine": "duckdb",
        "project": "local",
        "location": "local",
        "parameters": (Parameter("b", "INT64", 1),),
        "schema_version": "1",
        "principal": "ann@example.com",
    }
    return result_key(statement=parse(sql), **(parts | changed))  # type: ignore[arg-type]


def test_a_key_is_64_hexadecimal_digits() -> None:
    assert len(key()) == 64
    assert int(key(), 16) >= 0


def test_comments_and_layout_do_not_count() -> None:
    assert key() == key("select a -- the a\nfrom d.t\n  where b = @b")


@pytest.mark.parametrize(
    "changed",
    [
        {"sql": "SELECT a FROM d.u WHERE b = @b"},
        {"engine": "bigquery"},
        {"project": "other"},
        {"location": "EU"},
        {"schema_version": "2"},
        {"parameters": (Parameter("b", "INT64", 2),)},
        {"parameters": (Parameter("b", "STRING", 1),)},
        {"parameters": (Parameter("b", "INT64", "1"),)},
        {"parameters": (Parameter("b", "INT64", None),)},
        {"parameters": (Parameter("b", "BOOL", True),)},
        {"parameters": ()},
        {"limits": (10, 1000)},
    ],
)
def test_whatever_changes_the_answer_changes_the_key(changed: dict[str, object]) -> None:
    assert key(**changed) != key()  # type: ignore[arg-type]


def test_the_order_of_parameters_does_not_count() -> None:
    one, two = Parameter("b", "INT64", 1), Parameter("c", "STRING", "x")
    assert key(parameters=(one, two)) == key(parameters=(two, one))


def test_people_share_what_does_not_depend_on_them() -> None:
    assert key(principal="bob@example.com") == key()


def test_people_never_share_what_depends_on_them() -> None:
    sql = "SELECT a FROM d.t WHERE owner = SESSION_USER()"
    assert user_dependent(parse(sql))
    assert key(sql, principal="bob@example.com") != key(sql)
    with pytest.raises(ValueError, match="principal"):
        key(sql, principal=None)


def test_what_is_random_is_not_cacheable() -> None:
    assert not cacheable(parse("SELECT RAND() AS r FROM d.t"))
    assert not cacheable(parse("SELECT GENERATE_UUID() AS r FROM d.t"))
    assert cacheable(parse("SELECT a FROM d.t WHERE day = CURRENT_DATE()"))


def test_a_statement_without_a_clock_is_the_same_every_day() -> None:
    assert clock_reading(parse("SELECT a FROM d.t"), zone="UTC", now=NOON) is None
    assert key(day="2026-03-01") == key(day="2026-03-02")


def test_a_clock_without_its_day_is_refused() -> None:
    with pytest.raises(ValueError, match="clock"):
        key("SELECT a FROM d.t WHERE day = CURRENT_DATE()")


def reading(sql: str, now: dt.datetime, zone: str = "America/New_York") -> str | None:
    return clock_reading(parse(sql), zone=zone, now=now)


def test_today_changes_at_midnight_of_utc_and_of_the_dashboards_zone() -> None:
    sql = "SELECT a FROM d.t WHERE day = CURRENT_DATE('America/New_York')"
    before = reading(sql, dt.datetime(2026, 3, 1, 4, 59, tzinfo=dt.UTC))
    assert before == reading(sql, dt.datetime(2026, 3, 1, 0, 1, tzinfo=dt.UTC))
    assert before != reading(sql, dt.datetime(2026, 3, 1, 5, 1, tzinfo=dt.UTC))
    assert before != reading(sql, dt.datetime(2026, 2, 28, 23, 59, tzinfo=dt.UTC))


def test_a_zone_in_the_statement_has_its_own_midnight() -> None:
    sql = "SELECT a FROM d.t WHERE day = CURRENT_DATE('Asia/Kathmandu')"
    midnight = dt.datetime(2026, 3, 1, 18, 15, tzinfo=dt.UTC)
    assert reading(sql, midnight - dt.timedelta(seconds=1)) != reading(sql, midnight)


@pytest.mark.parametrize("zone", ["@zone", "CONCAT('Asia/', 'Kathmandu')", "(@zone)"])
def test_a_zone_that_is_computed_is_never_a_day_late(zone: str) -> None:
    sql = f"SELECT a FROM d.t WHERE day = CURRENT_DATE({zone})"
    midnight = dt.datetime(2026, 3, 1, 18, 15, tzinfo=dt.UTC)
    assert reading(sql, midnight - dt.timedelta(seconds=1)) != reading(sql, midnight)


def test_a_finer_clock_is_read_every_hour() -> None:
    sql = "SELECT a FROM d.t WHERE t > TIMESTAMP_SUB(CURRENT_TIMESTAMP(), INTERVAL 1 DAY)"
    assert reading(sql, NOON) == reading(sql, NOON + dt.timedelta(minutes=59))
    assert reading(sql, NOON) != reading(sql, NOON + dt.timedelta(minutes=60))


VALUES = st.one_of(
    st.none(),
    st.booleans(),
    st.integers(),
    st.text(),
    st.floats(),
    st.binary(),
    st.decimals(allow_nan=False).map(Decimal),
    st.dates(),
    st.datetimes(),
    st.lists(st.text(), max_size=3).map(tuple),
)


@given(VALUES, VALUES)
def test_only_equal_values_share_a_key(one: object, other: object) -> None:
    keys = {repr(v): key(parameters=(Parameter("b", "STRING", v),)) for v in (one, other)}
    assert len(set(keys.values())) == len(keys)
