"""What is said of a document before anything runs, with the tables and without."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from peter_core.config import load_settings
from peter_core.errors import DocumentError
from peter_core.service import Peter
from peter_core.service.validation import validate_offline
from tests.small_flights import write_tables

BOARD = """\
version: 1
slug: twice
title: Twice
queries:
  daily:
    sql: |
      SELECT flight_date,
             {columns}
      FROM nyc.flights AS f, nyc.airlines AS a
  spare: {{sql: "SELECT 1 AS n"}}
charts:
  all: {{type: table, query: daily, title: All}}
  n: {{type: kpi, query: spare, title: N, value: n}}
"""
TWICE = BOARD.format(columns="f.carrier, a.carrier")


@pytest.fixture
def peter(tmp_path: Path) -> Iterator[Peter]:
    with Peter.local(write_tables(tmp_path)) as opened:
        yield opened


def test_two_columns_of_one_name_are_a_problem_without_a_workspace() -> None:
    found = validate_offline(TWICE, load_settings())
    (problem,) = found.problems
    assert (found.valid, problem.rule) == (False, "duplicate-column")
    assert (problem.path, problem.line) == ("queries.daily.sql", 8)
    assert problem.column == 27


def test_with_the_tables_it_is_the_same_problem_once(peter: Peter) -> None:
    assert peter.validate(TWICE).problems == peter.validate(TWICE, mode="offline").problems
    with pytest.raises(DocumentError, match="2 columns are called `carrier`"):
        peter.publish(TWICE)


def test_a_star_is_judged_where_the_tables_are_known(peter: Peter) -> None:
    starred = BOARD.format(columns="f.carrier, a.*")
    assert peter.validate(starred, mode="offline").problems == ()
    (problem,) = peter.validate(starred).problems
    assert (problem.rule, problem.line) == ("duplicate-column", 8)


def test_a_query_that_no_chart_shows_is_judged_too() -> None:
    text = BOARD.format(columns="a.name").replace("SELECT 1 AS n", "SELECT 1 AS n, 2 AS n")
    text = text.replace("  n: {type: kpi, query: spare, title: N, value: n}\n", "")
    found = validate_offline(text, load_settings())
    assert "duplicate-column" in {problem.rule for problem in found.problems}
