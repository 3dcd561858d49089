"""The formatter orders keys and leaves every comment and text as it was."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from peter_core.dashboard.canonical import revision
from peter_core.dashboard.formatting import format_document
from peter_core.dashboard.loading import load_dashboard
from peter_core.errors import DocumentError

FOLDER = Path(__file__).parents[2] / "fixtures" / "documents"


def test_formatting_keeps_the_revision_and_every_word(valid_text: str) -> None:
    formatted = format_document(valid_text)
    assert revision(load_dashboard(formatted)) == revision(load_dashboard(valid_text))
    words = re.compile(r"[^\s{},\[\]]+")
    assert sorted(words.findall(formatted)) == sorted(words.findall(valid_text))


def test_formatting_twice_changes_nothing(valid_text: str) -> None:
    once = format_document(valid_text)
    assert format_document(once) == once


def test_comments_stay_with_what_they_speak_of() -> None:
    formatted = format_document((FOLDER / "valid" / "comments-everywhere.yaml").read_text())
    assert formatted == (FOLDER / "formatted" / "comments-everywhere.yaml").read_text()


def test_a_document_in_order_stays_as_it_is() -> None:
    text = (FOLDER / "valid" / "flight-operations.yaml").read_text()
    assert format_document(text) == text


def test_line_ends_and_trailing_blanks_go_but_not_those_of_a_text() -> None:
    text = (
        "version: 1  \r\nslug: ab\r\ntitle: T\t# x  \r\nqueries:\r\n  q:\r\n    sql: |\r\n"
        "      SELECT 1 AS a,  \r\n      2 AS b\r\ncharts:\r\n"
        "  t: {type: table, query: q, title: T}\r\n\r\n\r\n"
    )
    assert format_document(text) == (
        "version: 1\nslug: ab\ntitle: T\t# x\nqueries:\n  q:\n    sql: |\n"
        "      SELECT 1 AS a,  \n      2 AS b\ncharts:\n"
        "  t: {type: table, query: q, title: T}\n"
    )


def test_a_document_with_errors_is_not_touched() -> None:
    with pytest.raises(DocumentError) as caught:
        format_document("version: 1\nslug: ab\n")
    assert {problem.rule for problem in caught.value.problems} == {"missing-key"}


CHART = (
    "    type: bar\n",
    "    query: q\n",
    "    title: T\n",
    "    x: a\n",
    "    y:\n      - b\n",
    "    sort:\n      order: descending\n      field: a\n",
)
QUERY = """queries:
  q:
    ttl: 1h
    sql: |
      SELECT 1 AS a,

        # no key: 1
        2 AS b
"""


@settings(max_examples=150, deadline=None)
@given(st.permutations(CHART), st.permutations(range(5)), st.booleans())
def test_entries_in_any_order_come_back_to_one_form(
    parts: list[str], places: list[int], commented: bool
) -> None:
    if commented:
        parts = [f"    # on {part.split(':')[0].strip()}\n{part}" for part in parts]
    blocks = ["version: 1\n", "slug: ab\n", "title: T\n", QUERY, f"charts:\n  t:\n{''.join(parts)}"]
    formatted = format_document("".join(blocks[place] for place in places))
    assert format_document(formatted) == formatted
    keys = re.findall(r"^(\w+):", formatted, re.MULTILINE)
    assert keys == ["version", "slug", "title", "queries", "charts"]
    chart = formatted[formatted.index("charts:") :]
    keys = re.findall(r"^    (\w+):", chart, re.MULTILINE)
    assert keys == ["type", "query", "title", "x", "y", "sort"]
    if commented:
        pairs = re.findall(r"^    # on (\w+)\n    (\w+):", chart, re.MULTILINE)
        assert pairs == [(name, name) for name in keys]
