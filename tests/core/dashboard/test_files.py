"""Queries kept in files become part of the document, and stay where they stood."""

from __future__ import annotations

from pathlib import Path

import pytest

from peter_core import Peter
from peter_core.dashboard.canonical import revision
from peter_core.dashboard.files import inline_files
from peter_core.dashboard.loading import load_dashboard
from tests.small_flights import write_tables

SQL = 'SELECT carrier, COUNT(*) AS flights -- "each"\nFROM nyc.flights\nGROUP BY carrier\n'
TEXT = """\
version: 1
slug: by-carrier
title: By carrier
queries:
  # kept beside the document
  block:
    file: sql/block.sql   # with a comment
    ttl: 1h
  flow: {file: "sql/flow.sql", max_bytes: 200MB}
charts:
  one: {type: bar, query: block, title: One, x: carrier, y: flights}
  two: {type: table, query: flow, title: Two}
"""


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "sql").mkdir()
    (tmp_path / "sql" / "block.sql").write_text(SQL)
    (tmp_path / "sql" / "flow.sql").write_text("SELECT '→ ü 🙂' AS x, r'\\d' AS y")
    return tmp_path


def inlined(text: str, folder: Path) -> str:
    return str(inline_files(text, folder))


def test_the_sql_of_each_file_takes_its_place_on_the_same_line(folder: Path) -> None:
    text = inlined(TEXT, folder)
    loaded = load_dashboard(text)
    assert loaded.dashboard is not None
    assert loaded.dashboard.queries["block"].sql == SQL
    assert loaded.dashboard.queries["flow"].sql == "SELECT '→ ü 🙂' AS x, r'\\d' AS y"
    before, after = TEXT.splitlines(), text.splitlines()
    changed = [i for i, lines in enumerate(zip(before, after, strict=True)) if lines[0] != lines[1]]
    assert changed == [6, 8]
    assert after[6].endswith("# with a comment")


def test_bytes_stay_bytes(folder: Path) -> None:
    assert inline_files(TEXT.encode(), folder) == inlined(TEXT, folder).encode()


def test_the_revision_changes_with_the_sql(folder: Path) -> None:
    first = revision(load_dashboard(inlined(TEXT, folder)))
    (folder / "sql" / "block.sql").write_text(SQL + "LIMIT 3")
    assert revision(load_dashboard(inlined(TEXT, folder))) != first


@pytest.mark.parametrize("spoil", ["missing", "large", "binary", "link"])
def test_what_cannot_be_read_is_one_problem_at_its_place(folder: Path, spoil: str) -> None:
    path = folder / "sql" / "flow.sql"
    path.unlink()
    if spoil == "large":
        path.write_text("SELECT 1 AS x -- " + "x" * 100_001)
    elif spoil == "binary":
        path.write_bytes(b"SELECT '\xff' AS x")
    elif spoil == "link":
        outside = folder.parent / f"{folder.name}-outside.sql"
        outside.write_text("SELECT 1 AS x")
        path.symlink_to(outside)
    write_tables(folder)
    with Peter.local(folder) as peter:
        (problem,) = peter.validate(inlined(TEXT, folder)).problems
    assert (problem.rule, problem.line, problem.column) == ("unread-file", 9, 16)


def test_a_document_with_errors_is_left_to_the_loader(folder: Path) -> None:
    broken = TEXT.replace("title: By carrier\n", "titel: By carrier\n")
    assert inlined(broken, folder) == broken


def test_a_published_document_brings_its_sql_along(folder: Path) -> None:
    write_tables(folder)
    with Peter.local(folder) as peter:
        peter.publish(inlined(TEXT, folder))
        (folder / "sql" / "block.sql").unlink()
        chart = peter.data("by-carrier").payload["charts"]["one"]
    assert chart["state"] == "ready"
    assert chart["sql"] == SQL
