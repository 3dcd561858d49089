"""GoogleSQL's own analyzer, where it is installed: at the place, in a process of its own."""

from __future__ import annotations

import os
import signal
from collections.abc import Iterator
from pathlib import Path

import pytest

from peter_core.engine import googlesql_worker
from peter_core.engine.googlesql import GoogleSql, is_installed
from peter_core.sql.statement import parse

SCHEMA = {
    "p.nyc.flights": {
        "id": "INT64", "carrier": "STRING", "day": "DATE", "fare": "NUMERIC(10, 2)",
        "area": "GEOGRAPHY", "seen": "ARRAY<STRUCT<at TIMESTAMP, by STRING>>", "extra": "JSON",
    },
}  # fmt: skip
FIRST_LOAD_S = 600.0

needs_it = pytest.mark.skipif(not is_installed(), reason="the extra googlesql is not installed")


@pytest.fixture(scope="module")
def google() -> Iterator[GoogleSql]:
    made = GoogleSql()
    assert made.problems(parse("SELECT 1 AS a"), {}, {}, patience_s=FIRST_LOAD_S) == ()
    yield made
    made.close()


def said(google: GoogleSql, sql: str, **parameters: str) -> list[tuple[object, ...]] | None:
    found = google.problems(parse(sql), SCHEMA, parameters, patience_s=30)
    if found is None:
        return None
    return [(one.severity, one.message, one.line, one.column, one.hint) for one in found]


@needs_it
@pytest.mark.parametrize(
    "sql",
    [
        "SELECT id, carrier, area, extra FROM nyc.flights",
        "SELECT carrier, SUM(fare) AS paid FROM `p.nyc.flights` GROUP BY carrier",
        "SELECT carrier FROM `p.nyc`.flights AS f, f.seen AS s WHERE s.at > TIMESTAMP '2024-01-01'",
        "SELECT id FROM p.nyc.flights WHERE _PARTITIONDATE = DATE '2024-01-01'",
        "SELECT id FROM nyc.flights WHERE day >= @since AND carrier IN UNNEST(@carriers)",
        "SELECT TIMESTAMP('2024-01-01', 'Europe/Berlin') AS t",
    ],
)
def test_a_right_statement_is_right(google: GoogleSql, sql: str) -> None:
    assert said(google, sql, since="DATE", carriers="ARRAY<STRING>") == []


@needs_it
def test_a_complaint_stands_at_its_place_with_its_hint(google: GoogleSql) -> None:
    assert said(google, "SELECT id,\n  carier\nFROM nyc.flights") == [
        ("error", "Unrecognized name: carier.", 2, 3, "Did you mean carrier?")
    ]


@needs_it
def test_a_tab_is_one_column_and_the_signatures_are_left_out(google: GoogleSql) -> None:
    found = said(google, "SELECT\n\tid + carrier AS x FROM nyc.flights")
    message = "No matching signature for operator +; Argument types: INT64, STRING."
    assert found == [("error", message, 2, 2, None)]


@needs_it
def test_a_function_it_does_not_know_is_a_warning(google: GoogleSql) -> None:
    found = said(google, "SELECT MAX_BY(carrier, fare) AS m FROM nyc.flights")
    assert found is not None
    assert [one[0] for one in found] == ["warning"]


@needs_it
def test_a_table_that_the_schema_lacks_is_not_spoken_of(google: GoogleSql) -> None:
    assert said(google, "SELECT a FROM nyc.other") is None
    assert (
        google.problems(parse("SELECT a FROM d.t"), {"d.t": {"a": "WORD"}}, {}, patience_s=30)
        is None
    )


@needs_it
def test_a_child_that_was_killed_is_started_again(google: GoogleSql) -> None:
    child = google._child
    assert child is not None
    assert child._process is not None
    os.kill(child._process.pid, signal.SIGKILL)
    child._process.wait(60)
    assert said(google, "SELECT id FROM nyc.flights") == []


@needs_it
def test_nobody_waits_longer_than_they_want(tmp_path: Path) -> None:
    slow = GoogleSql(tmp_path)
    # With more patience there is an answer.
    assert slow.problems(parse("SELECT 1 AS a"), {}, {}, patience_s=0.05) is None
    assert not slow.loaded
    child = slow._child
    slow.close()
    assert child is not None
    child.join(60)
    assert not child.is_alive()


def test_machine_code_that_others_may_write_is_not_run(tmp_path: Path) -> None:
    kept = tmp_path / "kept.cwasm"
    kept.write_bytes(b"code")
    kept.chmod(0o600)
    assert googlesql_worker._is_ours(kept)
    kept.chmod(0o620)
    assert not googlesql_worker._is_ours(kept)
    link = tmp_path / "link.cwasm"
    link.symlink_to(kept)
    assert not googlesql_worker._is_ours(link)
    assert not googlesql_worker._is_ours(tmp_path / "missing")


def test_a_name_is_found_however_its_parts_are_quoted() -> None:
    assert sorted(googlesql_worker._paths("p.d.t")) == [
        ["p", "d", "t"], ["p", "d.t"], ["p.d", "t"], ["p.d.t"],
    ]  # fmt: skip
