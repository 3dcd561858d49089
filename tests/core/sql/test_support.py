"""The page of supported SQL says what the code does."""

from __future__ import annotations

import re
from pathlib import Path

from peter_core.sql.functions import FUNCTIONS
from peter_core.sql.support import NOT_IN_DUCKDB

PAGE = (Path(__file__).parents[3] / "docs" / "sql-support.md").read_text(encoding="utf-8")


def _listed(heading: str) -> list[str]:
    section = PAGE.split(f"## {heading}\n", 1)[1].split("\n## ", 1)[0]
    block = section.split("```text\n", 1)[1].split("```", 1)[0]
    return block.split()


def test_the_page_lists_every_function_that_both_engines_run() -> None:
    assert _listed("Functions of both engines") == sorted(FUNCTIONS - NOT_IN_DUCKDB)


def test_the_page_lists_every_function_of_bigquery_alone() -> None:
    assert _listed("Functions of BigQuery alone") == sorted(NOT_IN_DUCKDB)


def test_what_has_no_translation_is_a_function_of_the_guard() -> None:
    assert sorted(NOT_IN_DUCKDB - FUNCTIONS) == []


def test_the_lists_hold_names_only() -> None:
    names = _listed("Functions of both engines") + _listed("Functions of BigQuery alone")
    assert [name for name in names if not re.fullmatch(r"[A-Z0-9_.]+", name)] == []
