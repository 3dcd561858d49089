"""The index and the lineage can be lost: the store gives them back."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa

from peter_core import Peter
from peter_core.config import load_settings
from peter_core.errors import StorageError
from peter_core.service.parts import open_parts
from peter_core.store import tables
from tests.small_flights import write_tables

BOARD = """\
version: 1
slug: {slug}
title: {title}
owner: ops@example.com
tags: [daily, {slug}]
queries:
  count: {{sql: "SELECT carrier, COUNT(*) AS n FROM nyc.flights GROUP BY carrier"}}
charts:
  by_carrier: {{type: bar, query: count, title: By carrier, x: carrier, y: n}}
"""


def board(slug: str, title: str = "Flights") -> str:
    return BOARD.format(slug=slug, title=title)


@pytest.fixture
def peter(tmp_path: Path) -> Iterator[Peter]:
    with Peter.local(write_tables(tmp_path)) as opened:
        for slug in ("aa", "bb", "cc"):
            opened.publish(board(slug))
        yield opened


def everything(peter: Peter) -> dict[str, list[object]]:
    """What lists and lineage are made of."""
    kept = (tables.dashboards, tables.tags, tables.nodes, tables.edges, tables.receipts)
    with peter._ledger.database.reading() as connection:
        return {
            table.name: [tuple(row) for row in connection.execute(sa.select(table))]
            for table in kept
        }


def forget(peter: Peter, *slugs: str) -> None:
    for slug in slugs:
        peter._ledger.unindex(slug)


def test_a_lost_index_comes_back_as_it_was(peter: Peter) -> None:
    before = everything(peter)
    forget(peter, "aa", "bb", "cc")
    assert peter.list().total == 0
    told: list[str] = []
    done = peter.reindex(told.append)
    assert (done.count, done.removed, done.problems) == (3, (), ())
    assert told == ["aa", "bb", "cc"]
    after = everything(peter)
    assert {name: sorted(map(repr, rows)) for name, rows in after.items()} == {
        name: sorted(map(repr, rows)) for name, rows in before.items()
    }
    assert len(after["receipts"]) == 3
    assert peter.impact(drop="nyc.flights/carrier").charts


def test_an_index_that_is_right_stays(peter: Peter) -> None:
    before = everything(peter)
    peter.reindex()
    assert everything(peter) == before


def test_what_is_not_published_any_more_is_taken_out(peter: Peter) -> None:
    peter._store.delete("bb", if_match="*", by="x", at=peter.get("bb").published_at)
    assert peter.list().total == 3
    done = peter.reindex()
    assert (done.count, done.removed) == (2, ("bb",))
    assert [entry.slug for entry in peter.list().dashboards] == ["aa", "cc"]
    assert len(everything(peter)["receipts"]) == 3


def test_one_broken_dashboard_stops_no_other(peter: Peter, tmp_path: Path) -> None:
    when = peter.get("bb").published_at
    peter._store.publish("bb", "version: 9\n", "ab" * 32, if_match="*", by="x", at=when)
    forget(peter, "aa", "cc")
    done = peter.reindex()
    assert (done.count, [problem.slug for problem in done.problems]) == (2, ["bb"])
    assert done.problems[0].code == "document_invalid"
    assert peter.list().total == 3


def test_a_table_that_is_gone_is_told_and_the_dashboard_stays_listed(
    peter: Peter, tmp_path: Path
) -> None:
    (tmp_path / "data" / "nyc" / "flights.csv").unlink()
    forget(peter, "aa", "bb", "cc")
    with Peter.local(tmp_path) as later:
        done = later.reindex()
        assert done.count == 3
        assert {problem.slug for problem in done.problems} == {"aa", "bb", "cc"}
        assert "nyc.flights" in done.problems[0].message
        assert later.list().total == 3


def test_what_is_published_meanwhile_comes_out_right(peter: Peter) -> None:
    def meddle(slug: str) -> None:
        if slug == "bb":
            peter.publish(board("dd"))
            peter.publish(board("aa", "Newer"), if_match="*")
            peter.delete("cc", if_match="*")

    done = peter.reindex(meddle)
    assert done.problems == ()
    found = {entry.slug: entry.title for entry in peter.list().dashboards}
    assert found == {"aa": "Newer", "bb": "Flights", "dd": "Flights"}


def test_a_store_that_is_gone_changes_nothing(peter: Peter, tmp_path: Path) -> None:
    (tmp_path / "dashboards").rename(tmp_path / "elsewhere")
    (tmp_path / "dashboards").touch()
    with pytest.raises(StorageError):
        peter.reindex()
    assert peter.list().total == 3


class MeddledStore:
    """A store after whose first publication or deletion somebody else is quicker to index."""

    def __init__(self, store: Any) -> None:
        self._store = store
        self.then: Callable[[], object] | None = None

    def __getattr__(self, name: str) -> Any:
        return getattr(self._store, name)

    def publish(self, *args: Any, **options: Any) -> Any:
        done = self._store.publish(*args, **options)
        self._meddle()
        return done

    def delete(self, *args: Any, **options: Any) -> None:
        self._store.delete(*args, **options)
        self._meddle()

    def _meddle(self) -> None:
        then, self.then = self.then, None
        if then is not None:
            then()


def test_the_last_publisher_of_several_is_the_one_in_the_list(tmp_path: Path) -> None:
    settings = load_settings(folder=write_tables(tmp_path))
    parts = open_parts(settings)
    store = MeddledStore(parts.store)
    with Peter(replace(parts, store=store), settings) as peter:
        store.then = lambda: peter.publish(board("aa", "Second"), if_match="*")
        peter.publish(board("aa", "First"))
        assert peter.get("aa").text == board("aa", "Second")
        assert [entry.title for entry in peter.list().dashboards] == ["Second"]
        store.then = lambda: peter.publish(board("aa", "Third"))
        peter.delete("aa", if_match="*")
        assert [entry.title for entry in peter.list().dashboards] == ["Third"]
        store.then = lambda: peter.delete("aa", if_match="*")
        peter.publish(board("aa", "Fourth"), if_match="*")
        assert peter.list().total == 0
        assert peter.whole_lineage().nodes == ()
