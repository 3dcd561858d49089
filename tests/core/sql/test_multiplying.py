"""Joins that repeat rows which are then summed: where it must be said, and where it must not."""

from __future__ import annotations

import pytest

from peter_core.sql.multiplying import multiplications
from peter_core.sql.statement import parse

BY_DAY = "WITH p AS (SELECT carrier, day, SUM(x) AS x FROM d.f GROUP BY carrier, day)\n"
BY_CARRIER = "WITH p AS (SELECT carrier, SUM(x) AS x FROM d.f GROUP BY 1)\n"
ROWS = {"d.customers": 10, "d.orders": 100}


@pytest.mark.parametrize(
    ("sql", "said"),
    [
        ("SELECT SUM(o.total) AS t FROM d.orders o, UNNEST(o.items) AS i",
         ("o.total", "i", "array", 1)),
        ("SELECT SUM(o.total) AS t FROM d.orders o\nCROSS JOIN o.items AS i",
         ("o.total", "i", "array", 2)),
        (BY_DAY + "SELECT SUM(a.seats) AS s FROM d.a AS a\nJOIN p ON p.carrier = a.carrier",
         ("a.seats", "p", "grouped", 3)),
        (BY_DAY + "SELECT SUM(a.seats) AS s FROM d.a AS a JOIN p USING (carrier)",
         ("a.seats", "p", "grouped", 2)),
        ("SELECT SUM(a.seats) AS s FROM d.a AS a JOIN (SELECT DISTINCT carrier, day FROM d.f) AS p "
         "ON p.carrier = a.carrier", ("a.seats", "p", "grouped", 1)),
        ("SELECT c.name, SUM(c.credit) AS c, SUM(o.amount) AS o FROM d.customers AS c\n"
         "LEFT JOIN d.orders AS o ON o.customer = c.id GROUP BY c.name",
         ("c.credit", "o", "both", 2)),
        ("SELECT SUM(c.credit) AS c FROM d.customers AS c JOIN d.orders AS o ON o.customer = c.id",
         ("c.credit", "o", "larger", 1)),
    ],
)  # fmt: skip
def test_a_sum_over_repeated_rows_is_told_at_the_join(sql: str, said: tuple[object, ...]) -> None:
    (found,) = multiplications(parse(sql), ROWS)
    assert found.place is not None
    assert (found.summed, found.joined, found.why, found.place.line) == said


@pytest.mark.parametrize(
    "sql",
    [
        # The many side is summed, the usual join of facts with what describes them.
        "SELECT c.name, SUM(o.amount) AS a FROM d.orders AS o JOIN d.customers AS c "
        "ON c.id = o.customer GROUP BY c.name",
        "SELECT SUM(i.price) AS p FROM d.orders AS o, UNNEST(o.items) AS i",
        # What is looked up for each row is summed over the rows.
        "SELECT SUM(c.credit) AS c FROM d.orders AS o JOIN d.customers AS c ON c.id = o.customer",
        "SELECT SUM(o.amount) AS a, SUM(c.credit) AS c FROM d.orders AS o "
        "JOIN d.customers AS c ON c.id = o.customer",
        # One element is picked.
        "SELECT SUM(o.total) AS t FROM d.orders AS o, UNNEST(o.items) AS i WHERE i.kind = 'x'",
        # The other side has one row a key, or one row.
        BY_CARRIER + "SELECT SUM(a.seats) AS s FROM d.a AS a JOIN p ON p.carrier = a.carrier",
        BY_CARRIER + "SELECT SUM(a.seats) AS s FROM d.a AS a JOIN p USING (carrier)",
        BY_DAY + "SELECT SUM(a.seats) AS s FROM d.a AS a JOIN p USING (carrier, day)",
        BY_DAY + "SELECT SUM(a.seats) AS s FROM d.a AS a JOIN p ON p.carrier = a.carrier "
        "WHERE p.day = @day",
        "WITH t AS (SELECT MAX(day) AS last FROM d.f) "
        "SELECT SUM(a.seats) AS s FROM d.a AS a CROSS JOIN t",
        # How many rows meet cannot be told.
        BY_DAY + "SELECT SUM(a.seats) AS s FROM d.a AS a JOIN p ON p.carrier = a.carrier "
        "AND p.day BETWEEN a.start AND a.end_",
        # Not sums of one side alone.
        "SELECT SUM(o.amount * c.rate) AS a FROM d.customers AS c JOIN d.orders AS o "
        "ON o.customer = c.id",
        "SELECT COUNT(DISTINCT c.id) AS n, MAX(c.credit) AS m FROM d.customers AS c "
        "JOIN d.orders AS o ON o.customer = c.id",
        "SELECT SUM(DISTINCT c.credit) AS s FROM d.customers AS c JOIN d.orders AS o "
        "ON o.customer = c.id",
        "SELECT SUM(c.credit) OVER () AS s FROM d.customers AS c JOIN d.orders AS o "
        "ON o.customer = c.id",
    ],
)
def test_an_ordinary_join_is_left_alone(sql: str) -> None:
    assert multiplications(parse(sql), ROWS) == ()


def test_without_row_counts_sums_of_both_sides_are_told_still() -> None:
    sql = (
        "SELECT SUM(o.amount) AS a, SUM(c.credit) AS c FROM d.orders AS o "
        "JOIN d.customers AS c ON c.id = o.customer"
    )
    assert [one.why for one in multiplications(parse(sql), {})] == ["both"]


def test_without_row_counts_a_plain_join_is_left_alone() -> None:
    sql = "SELECT SUM(c.credit) AS s FROM d.customers AS c JOIN d.orders AS o ON o.customer = c.id"
    assert multiplications(parse(sql), {}) == ()
