"""Twenty writers of one dashboard: what was accepted is there, once, in one unbroken chain."""

from __future__ import annotations

import datetime as dt
import hashlib
import subprocess
import sys
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest

from peter_core.errors import AlreadyExists
from tests.faults.racing_writers import SHARED, open_store
from tests.servers.gcs import gcs_server

AT = dt.datetime(2026, 11, 23, tzinfo=dt.UTC)
PROCESSES, THREADS = 4, 5
WRITERS = PROCESSES * THREADS
ROOT = Path(__file__).resolve().parents[2]


@pytest.fixture(params=["folder", "gcs"])
def spec(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[str]:
    if request.param == "folder":
        yield str(tmp_path / "dashboards")
    else:
        with gcs_server() as server:
            yield f"{server.url}#race"


def publish_first(spec: str) -> str:
    text = "writer: nobody\n"
    revision = hashlib.sha256(text.encode()).hexdigest()
    open_store(spec).publish(SHARED, text, revision, by="nobody", at=AT)
    return revision


def race(spec: str, each: int) -> list[str]:
    """The revisions that writers in several processes were told are published."""
    command = [sys.executable, "-m", "tests.faults.racing_writers", spec]
    writers = [
        subprocess.Popen(
            [*command, str(n * THREADS), str(THREADS), str(each)],
            stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, cwd=ROOT,
        )
        for n in range(PROCESSES)
    ]  # fmt: skip
    accepted: list[str] = []
    for writer in writers:
        out, err = writer.communicate(timeout=600)
        assert writer.returncode == 0, err
        accepted += out.split()
    return accepted


def check_race(spec: str, each: int) -> None:
    first = publish_first(spec)
    accepted = race(spec, each)
    store = open_store(spec)
    history = list(reversed(store.history(SHARED)))
    assert len(accepted) == len(set(accepted)) == WRITERS * each
    assert [p.number for p in history] == list(range(1, WRITERS * each + 2))
    assert {p.revision for p in history[1:]} == set(accepted)
    # Each publication was made from the one before it: its message names that one.
    assert [p.message for p in history[1:]] == [first, *(p.revision for p in history[1:-1])]
    by_writer = {name: [p for p in history if p.published_by == name] for name in names()}
    assert {len(mine) for mine in by_writer.values()} == {each}
    last = store.get(SHARED)
    assert (last.revision, last.published_by) == (history[-1].revision, history[-1].published_by)
    assert [p.revision for p in store.list()] == [last.revision]
    for publication in history[:: max(1, len(history) // 20)]:
        assert store.get(SHARED, publication.revision).revision == publication.revision


def names() -> list[str]:
    return [f"w{n}" for n in range(WRITERS)]


def test_twenty_writers_of_one_dashboard_lose_nothing(spec: str) -> None:
    check_race(spec, each=3)


@pytest.mark.slow
def test_twenty_writers_of_fifty_publications_each_lose_nothing(spec: str) -> None:
    check_race(spec, each=50)


def test_of_twenty_creators_one_is_told_that_it_created(spec: str) -> None:
    text = "title: one\n"
    revision = hashlib.sha256(text.encode()).hexdigest()
    store, start = open_store(spec), threading.Barrier(WRITERS)
    outcomes: list[str] = []

    def create() -> None:
        start.wait()
        try:
            store.publish(SHARED, text, revision, by="ann", at=AT, create=True)
        except AlreadyExists:
            outcomes.append("exists")
        else:
            outcomes.append("created")

    creators = [threading.Thread(target=create) for _ in range(WRITERS)]
    for creator in creators:
        creator.start()
    for creator in creators:
        creator.join()
    assert sorted(outcomes) == ["created", *["exists"] * (WRITERS - 1)]
    assert [p.number for p in store.history(SHARED)] == [1]


def test_twenty_forced_publications_are_all_kept_in_an_order(spec: str) -> None:
    publish_first(spec)
    store, start = open_store(spec), threading.Barrier(WRITERS)
    failures: list[Exception] = []

    def force(name: str) -> None:
        text = f"writer: {name}\n"
        revision = hashlib.sha256(text.encode()).hexdigest()
        start.wait()
        try:
            store.publish(SHARED, text, revision, if_match="*", by=name, at=AT)
        except Exception as error:
            failures.append(error)

    writers = [threading.Thread(target=force, args=(name,)) for name in names()]
    for writer in writers:
        writer.start()
    for writer in writers:
        writer.join()
    assert failures == []
    history = store.history(SHARED)
    assert [p.number for p in history] == list(range(WRITERS + 1, 0, -1))
    assert {p.published_by for p in history[:-1]} == set(names())
