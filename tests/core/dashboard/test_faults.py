"""Schema faults: one problem each, with the nearest name and what was expected."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from peter_core.dashboard.loading import load_dashboard

if TYPE_CHECKING:
    from peter_core.dashboard.problems import Problem

DOCUMENT = """version: 1
slug: departures
title: Departures
filters:
  origin: {type: select, options: [EWR, JFK], default: null}
queries:
  daily:
    sql: SELECT 1 AS day, 2 AS flights
charts:
  flights: {type: kpi, query: daily, title: Flights, value: flights, format: compact}
  delay:
    type: line
    query: daily
    title: Delay
    x: day
    y: [flights, day]
layout:
  - [flights, {chart: delay, width: 8}]
"""


def fault(old: str, new: str) -> Problem:
    assert old in DOCUMENT
    problems = load_dashboard(DOCUMENT.replace(old, new, 1)).problems
    assert len(problems) == 1, problems
    return problems[0]


def test_the_document_itself_is_fine() -> None:
    assert load_dashboard(DOCUMENT).problems == ()


@pytest.mark.parametrize(
    ("old", "new", "path", "meant"),
    [
        ("title: Departures", "titel: Departures", "titel", "title"),
        ("type: line", "typ: line", "charts.delay.typ", "type"),
        ("x: day", "X: day", "charts.delay.X", "x"),
        ("y: [", "yy: [", "charts.delay.yy", "y"),
        ("sql: S", "sqll: S", "queries.daily.sqll", "sql"),
        ("options: [EWR, JFK]", "option: [EWR, JFK]", "filters.origin.option", "options"),
        ("width: 8", "with: 8", "layout[0][1].with", "width"),
    ],
)
def test_a_typo_in_a_key_is_one_problem_that_names_the_key_meant(
    old: str, new: str, path: str, meant: str
) -> None:
    problem = fault(old, new)
    assert problem.rule == "unknown-key"
    assert problem.path == path
    assert problem.hint == f"Did you mean '{meant}'?"


def test_an_unknown_key_without_a_likeness_lists_the_known_ones() -> None:
    problem = fault("width: 8", ["wide: 8", "colspan: 2"][1])
    assert problem.hint == "Known here: chart, width, height."


@pytest.mark.parametrize(
    ("old", "new", "hint"),
    [
        ("type: line", "type: lien", "Did you mean 'line'?"),
        ("type: select", "type: selct", "Did you mean 'select'?"),
        ("format: compact", "format: compat", "Did you mean 'compact'?"),
        ("value: flights", "value: flights, aggregate: summ", "Did you mean 'sum'?"),
        ("slug:", "timezone: Europe/Viena\nslug:", "Did you mean 'Europe/Vienna'?"),
    ],
)
def test_a_typo_in_a_value_names_the_value_meant(old: str, new: str, hint: str) -> None:
    problem = fault(old, new)
    assert problem.rule == "wrong-value"
    assert problem.hint == hint


@pytest.mark.parametrize(
    ("old", "new", "path", "message"),
    [
        ("y: [flights, day]", "y: {field: flights}", "charts.delay.y", "a text, not a mapping"),
        ("y: [flights, day]", "y: 7", "charts.delay.y", "a text, not a number"),
        ("y: [flights, day]", "y: [flights, 7]", "charts.delay.y[1]", "a text, not a number"),
        ("format: compact", "format: [compact]", "charts.flights.format", "a text, not a list"),
        ("format: compact", "format: 3", "charts.flights.format", "a text, not a number"),
        ("format: compact", "format: {date: 3}", "charts.flights.format.date", "not a number"),
        ("options: [EWR, JFK]", "options: EWR", "filters.origin.options", "a list, not a text"),
        ("default: null", "default: 5", "filters.origin.default", "a text, not a number"),
        ("default: null", "default: {a: 1}", "filters.origin.default", "a text, not a mapping"),
        ("[flights, {", "[5, {", "layout[0][0]", "a mapping, not a number"),
        ("  - [flights, {chart: delay, width: 8}]", "  5", "layout", "a list, not a number"),
        ("x: day", "x: day\n    sort: 3", "charts.delay.sort", "cannot be 3"),
        ("x: day", "x: day\n    limit: true", "charts.delay.limit", "a whole number, not true"),
        ("x: day", "x: day\n    limit: 1.5", "charts.delay.limit", "a whole number, not a number"),
        ("x: day", "x: day\n    limit: 0", "charts.delay.limit", "must be at least 1."),
        ("x: day", "x: day\n    reference: [{y: ten}]", "charts.delay.reference[0].y", "a number"),
        ("y: [flights, day]", "y: []", "charts.delay.y", "needs at least 1 entry."),
        ("title: Delay", 'title: ""', "charts.delay.title", "must not be empty."),
        ("title: Delay", "title: " + "x" * 201, "charts.delay.title", "longer than 200"),
    ],
)
def test_a_wrong_shape_is_one_problem_at_the_value_whatever_the_union(
    old: str, new: str, path: str, message: str
) -> None:
    problem = fault(old, new)
    assert problem.path == path
    assert message in problem.message


@pytest.mark.parametrize(
    ("check", "words"),
    [
        ("{rows: {min: 3, max: 1}}", "'min' must not be more than 'max'"),
        ("{range: {column: day}}", "needs 'min' or 'max'"),
        ("{range: {column: day, min: 1, max: '2013'}}", "both be numbers or both be texts"),
        ("{range: {column: day, min: [1]}}", "a bound is a number"),
        ("{accepted: {column: day, values: [{a: 1}]}}", "a text, a number or a boolean"),
        ("{accepted: {column: day, values: []}}", "needs at least 1 entry"),
        ("{max_age: {column: day, age: 999999999w}}", "at most ten years"),
        ("{}", "exactly one of"),
    ],
)
def test_a_check_that_cannot_be_meant_is_one_problem(check: str, words: str) -> None:
    sql = "    sql: SELECT 1 AS day, 2 AS flights\n"
    problem = fault(sql, f"{sql}    checks: [{check}]\n")
    assert problem.rule == "wrong-value"
    assert words in problem.message.lower().replace("a bound", "a bound")


@pytest.mark.parametrize(
    "size", ["9" * 400 + "MB", "1e3MB", "-1MB", "１MB", "1 M B", "1mb", "1MB\n"]
)
def test_a_size_that_is_none_is_a_problem_and_never_a_crash(size: str) -> None:
    problem = fault("version: 1", f"version: 1\ndefaults: {{max_bytes: {size!r}}}")
    assert problem.path == "defaults.max_bytes"


@pytest.mark.parametrize(
    "zone", ["../../etc/passwd", "/etc/localtime", "America", "", "x" * 5000, "UTC\\0"]
)
def test_a_time_zone_that_is_none_is_a_problem_and_never_a_crash(zone: str) -> None:
    problem = fault("version: 1", f'version: 1\ntimezone: "{zone}"')
    assert problem.path == "timezone"


@pytest.mark.parametrize(
    "file", ["/etc/passwd", "../a.sql", "a/../../b.sql", "a\\\\b.sql", "C:x.sql", "a//b", "", "."]
)
def test_a_file_outside_the_folder_is_a_problem(file: str) -> None:
    problem = fault("sql: SELECT 1 AS day, 2 AS flights", f'file: "{file}"')
    assert problem.path == "queries.daily.file"


@pytest.mark.parametrize(
    "slug",
    ["a", "A-b", "a_b", "-ab", "ab-", "a--b", "../ab", "ab/c", "ab.yaml", "é1", "ab ", "%2e%2e",
     "a" * 65, "null", "api", "ab\\n", "ab\\0"],
)  # fmt: skip
def test_a_slug_that_is_none_is_refused(slug: str) -> None:
    assert fault("slug: departures", f'slug: "{slug}"').rule == "bad-slug"


def test_all_problems_come_at_once_in_the_order_of_the_text() -> None:
    text = DOCUMENT.replace("slug: dep", "slug: Dep").replace("type: line", "type: lien")
    problems = load_dashboard(text.replace("width: 8", "width: 80")).problems
    assert [p.rule for p in problems] == ["bad-slug", "wrong-value", "wrong-value"]
    assert [p.line for p in problems] == [2, 12, 18]


def test_messages_hold_foreign_text_on_one_printable_line() -> None:
    problem = fault("title: Delay", '"a\\nb\\e[31m' + "x" * 500 + '": 1\n    title: Delay')
    assert "\n" not in problem.message
    assert "\x1b" not in problem.message
    assert len(problem.message) < 200
    assert len(problem.path) < 200


@pytest.mark.parametrize("key", ["version", "slug", "title", "queries", "charts"])
def test_a_key_that_every_dashboard_has_comes_with_what_to_write(key: str) -> None:
    whole = {
        "version": "1", "slug": "shop-orders", "title": "Orders",
        "queries": "{daily: {sql: SELECT 1 AS n}}",
        "charts": "{n: {type: kpi, query: daily, title: N, value: n}}",
    }  # fmt: skip
    text = "".join(f"{name}: {value}\n" for name, value in whole.items() if name != key)
    (problem,) = load_dashboard(text).problems
    assert problem.rule == "missing-key"
    assert f"'{key}: " in str(problem.hint)
