"""Values are bound with their types; a wrong one is named."""

from __future__ import annotations

import datetime as dt
from decimal import Decimal
from types import SimpleNamespace

import duckdb
import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import TypeAdapter

from peter_core.dashboard.model import Filter
from peter_core.errors import InvalidRequest, SqlError
from peter_core.sql.dialect import to_duckdb
from peter_core.sql.parameters import Parameter, bind_parameters, filter_parameters
from peter_core.sql.statement import parse


def _bound(kind: str, value: object) -> object:
    (parameter,) = bind_parameters(("p",), {"p": kind}, {"p": value})
    assert parameter.type == kind
    return parameter.value


@pytest.mark.parametrize(
    ("kind", "value", "expected"),
    [
        ("DATE", "2024-01-31", dt.date(2024, 1, 31)),
        ("DATE", "2024-1-3", dt.date(2024, 1, 3)),
        ("DATE", dt.date(2024, 1, 31), dt.date(2024, 1, 31)),
        ("DATETIME", "2024-01-31 09:30:00", dt.datetime.fromisoformat("2024-01-31 09:30")),
        ("DATETIME", dt.date(2024, 1, 31), dt.datetime.fromisoformat("2024-01-31")),
        ("TIMESTAMP", "2024-01-31T09:30:00+02:00",
         dt.datetime(2024, 1, 31, 7, 30, tzinfo=dt.UTC)),
        ("TIMESTAMP", "2024-01-31", dt.datetime(2024, 1, 31, tzinfo=dt.UTC)),
        ("TIME", "09:30:00", dt.time(9, 30)),
        ("INT64", "42", 42),
        ("INT64", 42.0, 42),
        ("INT64", 2**63 - 1, 2**63 - 1),
        ("FLOAT64", "2.5", 2.5),
        ("FLOAT64", 3, 3.0),
        ("NUMERIC", "1.10", Decimal("1.10")),
        ("BIGNUMERIC", 7, Decimal(7)),
        ("BOOL", "false", False),
        ("BOOL", True, True),
        ("STRING", "'; DROP TABLE x; --", "'; DROP TABLE x; --"),
        ("BYTES", "YWJj", b"abc"),
        ("ARRAY<STRING>", ["a", "b"], ("a", "b")),
        ("ARRAY<DATE>", ["2024-01-31"], (dt.date(2024, 1, 31),)),
        ("ARRAY<INT64>", [], ()),
        ("DATE", None, None),
    ],
)  # fmt: skip
def test_a_value_gets_its_declared_type(kind: str, value: object, expected: object) -> None:
    got = _bound(kind, value)
    assert got == expected
    assert type(got) is type(expected)


@pytest.mark.parametrize(
    ("kind", "value", "words"),
    [
        ("DATE", "31/01/2024", "A date such as"),
        ("DATE", "2024-02-30", "No such day"),
        ("DATE", dt.datetime.fromisoformat("2024-01-01"), "without a time"),
        ("DATE", 20240131, "A date such as"),
        ("INT64", "1.5", "whole number"),
        ("INT64", 1.5, "whole number"),
        ("INT64", True, "whole number"),
        ("INT64", float("nan"), "whole number"),
        ("INT64", 2**63, "64 bits"),
        ("FLOAT64", "abc", "A number"),
        ("FLOAT64", [1], "A number"),
        ("NUMERIC", "NaN", "finite"),
        ("BOOL", "maybe", "true or false"),
        ("BOOL", 1, "true or false"),
        ("STRING", 5, "A text"),
        ("BYTES", "%%%", "base64"),
        ("TIME", "25:00", "A time"),
        ("DATETIME", "2024-01-31T00:00:00+02:00", "no time zone"),
        ("TIMESTAMP", "yesterday", "A moment"),
        ("ARRAY<STRING>", "a", "A list"),
        ("ARRAY<STRING>", ["a", None], "NULL"),
        ("ARRAY<INT64>", ["a"], "whole number"),
    ],
)
def test_a_value_that_does_not_fit_is_named(kind: str, value: object, words: str) -> None:
    with pytest.raises(InvalidRequest) as caught:
        _bound(kind, value)
    assert "@p" in caught.value.message
    assert kind in caught.value.message
    assert words in (caught.value.hint or "")
    assert [problem.rule for problem in caught.value.problems] == ["parameter-type"]


@pytest.mark.parametrize(
    ("value", "kind"),
    [
        ("2024-01-31", "STRING"), (1, "INT64"), (True, "BOOL"), (1.5, "FLOAT64"),
        (Decimal("1"), "NUMERIC"), (b"x", "BYTES"), (dt.date(2024, 1, 1), "DATE"),
        (dt.datetime.fromisoformat("2024-01-01"), "DATETIME"),
        (dt.time(1), "TIME"), (None, "STRING"),
        (dt.datetime(2024, 1, 1, tzinfo=dt.UTC), "TIMESTAMP"), (["a"], "ARRAY<STRING>"),
        ([1, 2.5], "ARRAY<FLOAT64>"), ([], "ARRAY<STRING>"),
    ],
)  # fmt: skip
def test_an_undeclared_type_is_that_of_the_value(value: object, kind: str) -> None:
    (parameter,) = bind_parameters(("p",), None, {"p": value})
    assert parameter.type == kind


def test_a_value_without_a_bigquery_type_is_refused() -> None:
    for value in ({"a": 1}, [[1]], [1, "a"], object()):
        with pytest.raises(InvalidRequest, match="@p cannot be bound"):
            bind_parameters(("p",), None, {"p": value})
    with pytest.raises(InvalidRequest, match="the type GEOGRAPHY"):
        bind_parameters(("p",), {"p": "GEOGRAPHY"}, {"p": "x"})


def test_an_unknown_parameter_is_placed_and_names_the_nearest() -> None:
    sql = "SELECT a\nFROM d.t WHERE a = @cariers"
    with pytest.raises(SqlError) as caught:
        bind_parameters(parse(sql).parameters, {"carriers": "STRING"}, {}, text=sql)
    (problem,) = caught.value.problems
    assert problem.rule == "unknown-parameter"
    assert (problem.line, problem.column, problem.end_column) == (2, 20, 28)
    assert problem.hint == "Did you mean @carriers?"


def test_a_declared_parameter_without_a_value_is_a_typed_null() -> None:
    assert bind_parameters(("P",), {"p": "DATE"}, {}) == (Parameter("P", "DATE", None),)


def test_values_nobody_asked_for_are_left_out() -> None:
    assert bind_parameters((), {"a": "STRING"}, {"a": "x", "b": 1}) == ()


def test_every_filter_declares_what_it_binds() -> None:
    adapter: TypeAdapter[Filter] = TypeAdapter(Filter)
    filters = {
        "period": {"type": "date_range"},
        "day": {"type": "date"},
        "carrier": {"type": "select", "options": ("AA", "UA")},
        "origins": {"type": "select", "options": ("JFK",), "multiple": True},
        "minutes": {"type": "number"},
        "word": {"type": "text"},
        "late": {"type": "boolean"},
    }
    dashboard = SimpleNamespace(
        filters={name: adapter.validate_python(one) for name, one in filters.items()}
    )
    assert filter_parameters(dashboard) == {  # type: ignore[arg-type]
        "period_start": "DATE", "period_end": "DATE", "day": "DATE", "carrier": "STRING",
        "origins": "ARRAY<STRING>", "minutes": "FLOAT64", "word": "STRING", "late": "BOOL",
    }  # fmt: skip


@given(st.text().filter(lambda text: "\x00" not in text and text.isprintable()))
def test_no_text_value_changes_the_statement(value: str) -> None:
    sql = "SELECT x FROM UNNEST(['a', 'b']) AS x WHERE x = @p"
    bound = bind_parameters(("p",), {"p": "STRING"}, {"p": value})
    translation = to_duckdb(sql, parameters=bound)
    assert translation.sql == to_duckdb(sql, parameters={"p": "STRING"}).sql
    rows = duckdb.execute(translation.sql, {"p": value}).fetchall()
    assert rows == ([(value,)] if value in ("a", "b") else [])


@pytest.mark.parametrize(
    ("where", "parameters", "expected"),
    [
        ("@p IS NULL OR x = @p", {"p": None}, ["a", "b"]),
        ("@p IS NULL OR x = @p", {"p": "b"}, ["b"]),
        ("@q IS NULL OR x IN UNNEST(@q)", {"q": None}, ["a", "b"]),
        ("x IN UNNEST(@q)", {"q": ["a", "c"]}, ["a"]),
        ("x IN UNNEST(@q)", {"q": []}, []),
        ("@d IS NULL OR DATE '2024-01-02' >= @d", {"d": None}, ["a", "b"]),
        ("DATE '2024-01-02' BETWEEN @d AND @d", {"d": dt.date(2024, 1, 2)}, ["a", "b"]),
        ("@n < 2", {"n": 1.5}, ["a", "b"]),
        ("@t", {"t": False}, []),
    ],
)
def test_a_bound_parameter_filters(
    where: str, parameters: dict[str, object], expected: list[str],
    memory: duckdb.DuckDBPyConnection,
) -> None:  # fmt: skip
    types = {"p": "STRING", "q": "ARRAY<STRING>", "d": "DATE", "n": "FLOAT64", "t": "BOOL"}
    sql = f"SELECT x FROM UNNEST(['a', 'b']) AS x WHERE {where} ORDER BY x"
    translation = to_duckdb(sql, parameters=types)
    assert translation.problems == ()
    rows = memory.execute(translation.sql, parameters).fetchall()
    assert [row[0] for row in rows] == expected
