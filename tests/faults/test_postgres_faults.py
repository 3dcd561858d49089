"""PostgreSQL restarts, goes away and stops answering: Peter says so quickly, and comes back."""

from __future__ import annotations

import os
import signal
import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any

import pytest
import sqlalchemy as sa

from peter_core.errors import PeterError, StorageError
from peter_core.lineage.graph import Edge
from peter_core.store import database
from peter_core.store.bounded import BoundedConnection
from peter_core.store.budgets import Budget, Budgets
from peter_core.store.ledger import Ledger
from tests.core.store.test_budgets import AT
from tests.core.store.test_ledger import NOW, entry, run
from tests.servers.postgres import PostgresServer, postgres_server

QUICK_S = 30.0
"""For a busy machine: a server that is stopped here stays so until this was looked at."""
BACK_S = 60.0


@pytest.fixture(scope="module")
def server() -> Iterator[PostgresServer]:
    # Durable, as an operator's is: what was committed must be there after a crash.
    with postgres_server("15", fsync="on") as opened:
        yield opened


@pytest.fixture
def ledger(server: PostgresServer) -> Iterator[Ledger]:
    opened = Ledger(server.create(f"peter_{time.monotonic_ns()}"))
    opened.database.schema.upgrade()
    opened.index(entry(), [Edge("a", "b", "reads")])
    yield opened
    opened.close()


@dataclass
class Load:
    """Threads that call again and again; what they got is kept with how long it took."""

    stop: threading.Event = field(default_factory=threading.Event)
    done: list[float] = field(default_factory=list)
    failed: list[tuple[float, float, Exception]] = field(default_factory=list)
    threads: list[threading.Thread] = field(default_factory=list)

    def start(self, call: Callable[[], object], times: int) -> None:
        def work() -> None:
            while not self.stop.is_set():
                began = time.monotonic()
                try:
                    call()
                    self.done.append(time.monotonic())
                except Exception as error:
                    self.failed.append((began, time.monotonic() - began, error))
                    time.sleep(0.05)

        for _ in range(times):
            thread = threading.Thread(target=work)
            thread.start()
            self.threads.append(thread)

    def end(self) -> None:
        self.stop.set()
        for thread in self.threads:
            thread.join(100)
            assert not thread.is_alive()


def wait_for(call: Callable[[], object], seconds: float = BACK_S) -> None:
    """Wait until the call succeeds; fails the test after so many seconds."""
    began = time.monotonic()
    while True:
        try:
            call()
            return
        except PeterError:
            assert time.monotonic() - began < seconds
            time.sleep(0.05)


def until(true: Callable[[], bool]) -> None:
    """Wait until it is so."""
    deadline = time.monotonic() + BACK_S
    while not true():
        assert time.monotonic() < deadline
        time.sleep(0.02)


def test_a_restart_costs_no_acknowledged_run_and_writes_none_twice(
    server: PostgresServer, ledger: Ledger
) -> None:
    told: list[str] = []

    def write() -> None:
        made = run()
        ledger.record_run(made)
        told.append(made.id)

    load = Load()
    load.start(write, 3)
    load.start(ledger.dashboards, 3)
    until(lambda: len(told) > 10)
    for _ in range(2):
        server.restart("immediate")
        wait_for(ledger.check)
        before = len(told)
        until(lambda before=before: len(told) > before + 10)  # type: ignore[misc]
    load.end()
    assert all(isinstance(error, StorageError) for _, _, error in load.failed)
    assert max((took for _, took, _ in load.failed), default=0) < QUICK_S
    with ledger.database.reading() as connection:
        rows = connection.exec_driver_sql("SELECT id FROM runs").scalars().all()
    assert set(told) <= set(rows)
    assert len(rows) == len(set(rows))


def test_a_connection_that_broke_unseen_is_made_anew_without_an_error(
    server: PostgresServer, ledger: Ledger
) -> None:
    ledger.check()
    server.restart("fast")
    assert ledger.entry("flights") is not None
    server.restart("immediate")
    ledger.record_run(run())


def test_a_read_whose_connection_breaks_is_asked_once_more(
    server: PostgresServer, ledger: Ledger
) -> None:
    calls = []

    def read(connection) -> str:  # type: ignore[no-untyped-def]
        calls.append(connection.exec_driver_sql("SELECT pg_backend_pid()").scalar())
        if len(calls) == 1:
            _terminate(ledger, calls[0])
        return str(connection.exec_driver_sql("SELECT 'answer'").scalar())

    assert ledger.database.read(read) == "answer"
    assert len(calls) == 2

    def always(connection) -> None:  # type: ignore[no-untyped-def]
        calls.append(connection.exec_driver_sql("SELECT pg_backend_pid()").scalar())
        _terminate(ledger, calls[-1])
        connection.exec_driver_sql("SELECT 1")

    with pytest.raises(StorageError, match="cannot be reached"):
        ledger.database.read(always)
    assert len(calls) == 4


def _terminate(ledger: Ledger, pid: int) -> None:
    with ledger.database.reading() as other:
        other.exec_driver_sql(f"SELECT pg_terminate_backend({pid})")


def test_a_write_whose_commit_is_not_answered_is_sent_again_and_written_once(
    server: PostgresServer, ledger: Ledger
) -> None:
    sent = []

    def lose_the_answer(connection: sa.Connection) -> None:
        if not connection.get_execution_options().get("peter_writes"):
            return
        sent.append(connection)
        if len(sent) == 1:
            driver = connection.connection.dbapi_connection
            assert driver is not None
            driver.commit()
            pid = driver.execute("SELECT pg_backend_pid()").fetchone()[0]  # type: ignore[attr-defined]
            _terminate(ledger, pid)

    sa.event.listen(ledger.database._engine, "commit", lose_the_answer)
    ledger.record_run(run())
    assert len(sent) == 2
    assert len(ledger.last_runs()) == 1


def test_a_server_that_is_down_is_told_quickly_and_missed_for_no_longer_than_it_is(
    server: PostgresServer, ledger: Ledger
) -> None:
    load = Load()
    load.start(ledger.dashboards, 4)
    load.start(lambda: ledger.record_run(run()), 2)
    until(lambda: len(load.done) > 10)
    server.stop()
    try:
        for _ in range(5):
            began = time.monotonic()
            with pytest.raises(StorageError, match="cannot be reached") as caught:
                ledger.entry("flights")
            assert time.monotonic() - began < QUICK_S
            assert "127.0.0.1" not in str(caught.value)
            time.sleep(0.4)
    finally:
        server.start()
    wait_for(ledger.check)
    load.end()
    assert all(isinstance(error, StorageError) for _, _, error in load.failed)
    assert max(took for _, took, _ in load.failed) < QUICK_S


def test_a_server_that_stops_answering_holds_nobody_for_long(
    server: PostgresServer, ledger: Ledger, monkeypatch: pytest.MonkeyPatch
) -> None:
    ledger.check()
    monkeypatch.setattr(database, "_REST_S", 300)
    connected: list[object] = []
    connect = BoundedConnection.connect

    def counted(*words: Any, **options: Any) -> BoundedConnection:
        connected.append(words)
        return connect(*words, **options)

    monkeypatch.setattr(BoundedConnection, "connect", counted)
    processes = _processes(server)
    for process in processes:
        os.kill(process, signal.SIGSTOP)
    try:
        began = time.monotonic()
        # The first finds out by a ping and a new connection, the next ones are told.
        for _ in range(4):
            with pytest.raises(StorageError, match="cannot be reached"):
                ledger.entry("flights")
        assert time.monotonic() - began < QUICK_S
        assert len(connected) == 1
    finally:
        for process in processes:
            os.kill(process, signal.SIGCONT)
    ledger.database._rests_until = 0
    wait_for(ledger.check)


def _processes(server: PostgresServer) -> list[int]:
    parent = int((server.folder / "data" / "postmaster.pid").read_text().splitlines()[0])
    with open(f"/proc/{parent}/task/{parent}/children") as children:  # noqa: PTH123
        return [parent, *map(int, children.read().split())]


def test_a_budget_survives_a_crash_of_its_server(server: PostgresServer, ledger: Ledger) -> None:
    budgets, whole = Budgets(ledger.database), Budget("whole", "day", Decimal(1))
    asked = {"user": "ann", "slug": None, "at": AT, "budgets": [whole]}
    held = budgets.reserve("a", cost_usd=Decimal("0.5"), **asked)  # type: ignore[arg-type]
    server.restart("immediate")
    assert budgets.settle(held, Decimal("0.4"))
    server.restart("immediate")
    (state,) = budgets.states([whole], user="ann", slug=None, at=AT)
    assert state.spent_usd == Decimal("0.4")
    assert not budgets.settle(held, Decimal("0.4"))


def test_a_queue_for_one_dashboard_is_longer_than_a_second(ledger: Ledger) -> None:
    def slow() -> bool:
        time.sleep(0.3)
        return True

    failed: list[Exception] = []

    def work() -> None:
        try:
            ledger.index(entry(), published=slow)
        except Exception as error:
            failed.append(error)

    threads = [threading.Thread(target=work) for _ in range(5)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert failed == []


def test_writers_of_one_dashboard_wait_for_each_other(ledger: Ledger) -> None:
    failed: list[Exception] = []

    def work(n: int) -> None:
        for turn in range(10):
            try:
                edges = [Edge(f"{n}", f"{turn}", "reads"), Edge(f"{n}", f"{turn}+", "reads")]
                ledger.index(entry(title=f"{n} {turn}", tags=(f"{n}",)), edges)
            except Exception as error:
                failed.append(error)

    threads = [threading.Thread(target=work, args=(n,)) for n in range(10)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert failed == []
    found = ledger.entry("flights")
    assert found is not None
    # All of it is one writer's.
    n, turn = found.title.split()
    assert found.tags == (n,)
    assert {(edge.source, edge.target.rstrip("+")) for edge in ledger.edges()} == {(n, turn)}
    assert ledger.cost_report(NOW, NOW.replace(year=2027)).query_count == 0
