"""References, layout and columns."""

from __future__ import annotations

import pytest

from peter_core.dashboard.loading import Loaded, load_dashboard
from peter_core.dashboard.model import RESERVED_ARGUMENTS
from peter_core.dashboard.problems import Problem
from peter_core.dashboard.rules import check_columns, check_rules, place_problems
from peter_core.engine.port import Column

DOCUMENT = """version: 1
slug: departures
title: Departures
filters:
  period: {type: date_range}
  origin: {type: select, options: {query: airports, value: faa, label: name}}
queries:
  daily:
    sql: SELECT * FROM t
    checks:
      - unique: [flight_date]
      - range: {column: delay, min: 0}
      - max_age: {column: flight_date, age: 1d}
      - equals: {query: airports, column: flights}
  airports: {sql: SELECT * FROM u}
charts:
  flights:
    type: kpi
    query: daily
    title: Flights
    value: flights
    aggregate: sum
    comparison: {to: field, field: delay}
    sparkline: {x: flight_date}
  delay: {type: line, query: daily, title: Delay, x: flight_date, y: [delay, flights]}
  days:
    type: table
    query: daily
    title: Days
    columns: [flight_date, {field: delay, bar: true}]
    sort: {field: flights}
"""
DAILY = (Column("flight_date", "DATE"), Column("flights", "INT64"), Column("delay", "FLOAT64"))
AIRPORTS = (Column("faa", "STRING"), Column("name", "STRING"), Column("flights", "INT64"))


def load(text: str) -> Loaded:
    loaded = load_dashboard(text)
    assert loaded.dashboard is not None, loaded.problems
    return loaded


def columns_of(text: str, **columns: tuple[Column, ...]) -> tuple[Problem, ...]:
    loaded = load(text)
    assert loaded.dashboard is not None
    known = {"daily": DAILY, "airports": AIRPORTS} | columns
    return place_problems(check_columns(loaded.dashboard, known), loaded)


def test_a_document_whose_references_hold_has_no_problem() -> None:
    loaded = load(DOCUMENT)
    assert loaded.dashboard is not None
    assert check_rules(loaded.dashboard) == ()
    assert columns_of(DOCUMENT) == ()


def test_a_typo_names_the_nearest_column() -> None:
    (problem,) = columns_of(DOCUMENT.replace("y: [delay, flights]", "y: [dealy, flights]"))
    assert problem.rule == "unknown-field"
    assert problem.path == "charts.delay.y[0]"
    assert (problem.line, problem.column) == (25, 71)
    assert problem.message == (
        "No column 'dealy' in query 'daily' (columns: flight_date, flights, delay)."
    )
    assert problem.hint == "Did you mean 'delay'?"


def test_columns_are_compared_without_case_as_bigquery_does() -> None:
    assert columns_of(DOCUMENT.replace("value: flights", "value: FLIGHTS")) == ()


def test_a_query_whose_columns_are_not_known_is_not_checked() -> None:
    loaded = load(DOCUMENT.replace("value: flights", "value: nothing"))
    assert loaded.dashboard is not None
    assert check_columns(loaded.dashboard, {}) == ()


@pytest.mark.parametrize(
    ("old", "new", "path"),
    [
        ("value: flights", "value: x1", "charts.flights.value"),
        ("field: delay}", "field: x1}", "charts.flights.comparison.field"),
        ("{x: flight_date}", "{x: x1}", "charts.flights.sparkline.x"),
        ("{x: flight_date}", "{x: flight_date, y: x1}", "charts.flights.sparkline.y"),
        ("x: flight_date,", "x: x1,", "charts.delay.x"),
        ("x: flight_date,", "x: flight_date, series: x1,", "charts.delay.series"),
        ("x: flight_date,", "x: flight_date, sort: {field: x1},", "charts.delay.sort.field"),
        ("columns: [flight_date", "columns: [x1", "charts.days.columns[0].field"),
        ("bar: true", "link: x1", "charts.days.columns[1].link"),
        ("sort: {field: flights}", "sort: {field: x1}", "charts.days.sort.field"),
        ("unique: [flight_date]", "unique: [x1]", "queries.daily.checks[0].unique[0]"),
        ("range: {column: delay", "range: {column: x1", "queries.daily.checks[1].range.column"),
        ("max_age: {column: flight_date", "max_age: {column: x1",
         "queries.daily.checks[2].max_age.column"),
        ("value: faa", "value: x1", "filters.origin.options.value"),
        ("label: name", "label: x1", "filters.origin.options.label"),
    ],
)  # fmt: skip
def test_every_place_that_names_a_column_is_checked(old: str, new: str, path: str) -> None:
    (problem,) = columns_of(DOCUMENT.replace(old, new, 1))
    assert (problem.rule, problem.path) == ("unknown-field", path)
    text = DOCUMENT.replace(old, new, 1).split("\n")
    assert problem.line is not None
    assert problem.column is not None
    assert text[problem.line - 1][problem.column - 1 :].startswith("x1")


def test_a_column_of_both_queries_of_an_equals_check_is_told_once_for_each() -> None:
    problems = columns_of(DOCUMENT.replace("column: flights}", "column: x1}"))
    assert [p.message[:34] for p in problems] == [
        "No column 'x1' in query 'daily' (c", "No column 'x1' in query 'airports'",
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("kind", "mode", "rules"),
    [
        ("INT64", "NULLABLE", []),
        ("NUMERIC(10, 2)", "NULLABLE", []),
        ("BIGNUMERIC", "REQUIRED", []),
        ("UNKNOWN", "NULLABLE", []),
        ("STRING", "NULLABLE", ["wrong-column-type"] * 2),
        ("INT64", "REPEATED", ["wrong-column-type"] * 3),
        ("STRUCT<a INT64>", "NULLABLE", ["wrong-column-type"] * 3),
    ],
)
def test_a_number_is_asked_for_where_one_is_drawn(kind: str, mode: str, rules: list[str]) -> None:
    text = DOCUMENT.replace("      - equals: {query: airports, column: flights}\n", "")
    flights = Column("flights", kind, mode)  # type: ignore[arg-type]
    problems = columns_of(text, daily=(DAILY[0], flights, DAILY[2]))
    assert [problem.rule for problem in problems] == rules


def test_a_text_where_a_number_is_drawn_tells_how_to_cast_it() -> None:
    delay = Column("delay", "STRING")
    problem = columns_of(DOCUMENT, daily=(*DAILY[:2], delay))[-1]
    assert problem.hint == "Cast it in the query: SAFE_CAST(... AS FLOAT64)."


def test_a_long_list_of_columns_is_cut_and_counted() -> None:
    many = tuple(Column(f"column_{i}", "INT64") for i in range(500))
    problem = columns_of(DOCUMENT, airports=(*many, AIRPORTS[2]))[0]
    assert "and 489 more" in problem.message
    assert len(problem.message) < 300


def rules_in(text: str) -> list[tuple[str, str]]:
    loaded = load(text)
    assert loaded.dashboard is not None
    return [(p.rule, p.path) for p in place_problems(check_rules(loaded.dashboard), loaded)]


def test_widths_left_out_share_what_remains_and_need_something_to_share() -> None:
    fits = DOCUMENT + "layout: [[{chart: flights, width: 10}, delay, days]]\n"
    assert rules_in(fits) == []
    over = DOCUMENT + "layout: [[{chart: flights, width: 11}, delay, days]]\n"
    assert rules_in(over) == [("row-too-wide", "layout[0]")]


def test_a_chart_is_placed_once_over_all_tabs() -> None:
    tabs = (
        "layout: {tabs: [{title: A, rows: [[flights, delay]]}, {title: B, rows: [[days, delay]]}]}"
    )
    assert rules_in(DOCUMENT + tabs) == [("chart-twice", "layout.tabs[1].rows[0][1].chart")]


def test_parameter_names_clash_without_case() -> None:
    text = DOCUMENT.replace("  origin:", "  PERIOD_end: {type: date}\n  origin:")
    assert rules_in(text) == [("parameter-clash", "filters.PERIOD_end")]


@pytest.mark.parametrize("name", sorted(RESERVED_ARGUMENTS))
def test_a_filter_cannot_take_a_word_of_the_address(name: str) -> None:
    text = DOCUMENT.replace("  origin:", f"  {name}: {{type: date}}\n  origin:")
    assert rules_in(text) == [("reserved-name", f"filters.{name}")]


def test_a_query_that_only_fills_options_or_a_check_is_used() -> None:
    text = DOCUMENT.replace("options: {query: airports, value: faa, label: name}", "options: [a]")
    assert rules_in(text) == []
    text = text.replace("      - equals: {query: airports, column: flights}\n", "")
    assert rules_in(text) == [("unused-query", "queries.airports")]


def test_a_problem_that_has_its_place_keeps_it() -> None:
    problem = Problem("sql-syntax", "error", "No.", "queries.daily.sql", 77, 5)
    assert place_problems([problem], load(DOCUMENT)) == (problem,)
