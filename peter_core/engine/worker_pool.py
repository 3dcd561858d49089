"""A few warm DuckDB workers, handed to one statement each."""

from __future__ import annotations

import atexit
import os
import threading
import time
import weakref
from collections import deque
from concurrent.futures import Future, ThreadPoolExecutor
from typing import TYPE_CHECKING, Any, TypeVar

from peter_core.engine.worker_frames import DeadlineError
from peter_core.engine.worker_process import (
    Answer,
    WorkerDiedError,
    WorkerError,
    WorkerProcess,
    WorkerStartError,
    WorkerStartingError,
)
from peter_core.errors import EngineError, EngineUnavailable, QueryCancelled, QueryTimeout
from peter_core.telemetry import observe

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable
    from pathlib import Path

    from peter_core.engine.port import CancelToken

T = TypeVar("T")
MAX_RESULT_BYTES = 256 * 2**20
_MAX_WAITING = 256


class WorkerCrashError(Exception):
    """The worker's process ended while it ran the statement."""

    def __init__(self, exit_code: int) -> None:
        super().__init__(f"exit code {exit_code}")
        self.exit_code = exit_code


class WorkerPool:
    """At most ``workers`` child processes; a statement waits its turn, first come, first served.

    Safe from any thread, and in a forked child, which starts workers of its own.
    """

    def __init__(self, *, workers: int, memory_limit_bytes: int, threads: int) -> None:
        self._workers = workers
        self._memory_limit_bytes = memory_limit_bytes
        self._threads = threads
        self._closed = False
        self._reset()
        _POOLS.add(self)
        observe("peter.engine.queue", self.waiting)

    def _reset(self) -> None:
        self._state = threading.Condition()
        self._waiting: deque[object] = deque()
        self._idle: list[WorkerProcess] = []
        self._busy: set[WorkerProcess] = set()
        self._taken = 0
        # The kernel ends a worker when the thread that started it ends: one thread starts all.
        self._spawner = ThreadPoolExecutor(1, thread_name_prefix="peter-duckdb-spawner")

    def warm(self, database: Path) -> None:
        """Start a worker for the database in the background, unless one is there."""
        with self._state:
            if self._closed or self._taken or any(w.database == database for w in self._idle):
                return
            self._spawner.submit(self._start_idle, database)

    def execute(
        self,
        sql: str,
        *,
        database: Path,
        deadline: float,
        parameters: Iterable[dict[str, object]] = (),
        max_rows: int = 100_000,
        max_bytes: int = MAX_RESULT_BYTES,
        cancel: CancelToken | None = None,
    ) -> Answer:
        """Run one DuckDB statement in a worker.

        Parameters
        ----------
        deadline
            A moment of ``time.monotonic``; the worker is killed then.
        parameters
            Name, BigQuery type and JSON value of each (``worker_parameters``).
        max_rows, max_bytes
            What of the result is kept; the rest is counted.

        Raises
        ------
        QueryTimeout, QueryCancelled, EngineUnavailable
        WorkerError
            DuckDB refused the statement or failed in it.
        WorkerStartError
            The database could not be opened.
        WorkerCrashError
            The process ended by itself.
        """
        request = {
            "sql": sql,
            "parameters": list(parameters),
            "max_rows": max_rows,
            "max_bytes": max_bytes,
        }
        return self._served(database, deadline, cancel, lambda w: w.query(request, deadline))

    def bind(self, request: dict[str, Any], *, database: Path, deadline: float) -> None:
        """Bind one statement against the empty tables of the request; raises as `execute` does.

        ``request`` is what ``EmptyTables.bind`` takes; the database is not looked at.
        """
        self._served(database, deadline, None, lambda w: w.bind(request, deadline))

    def facts(self) -> dict[str, Any]:
        """How many workers are idle and busy, and how many statements wait."""
        with self._state:
            return {
                "workers": self._workers,
                "idle": len(self._idle),
                "busy": self._taken,
                "waiting": len(self._waiting),
            }

    def waiting(self) -> int:
        """How many statements wait."""
        with self._state:
            return len(self._waiting)

    def pids(self) -> tuple[int, ...]:
        """The process ids of all workers."""
        with self._state:
            return tuple(w.pid for w in (*self._idle, *self._busy))

    def close(self) -> None:
        """Kill every worker; statements that run end with ``EngineUnavailable``."""
        with self._state:
            self._closed = True
            idle, self._idle = self._idle, []
            for worker in self._busy:
                worker.kill()
            self._state.notify_all()
        for worker in idle:
            worker.close()
        self._spawner.shutdown(wait=True)

    def _served(
        self,
        database: Path,
        deadline: float,
        cancel: CancelToken | None,
        ask: Callable[[WorkerProcess], T],
    ) -> T:
        self._take_turn(deadline, cancel)
        try:
            return self._asked(self._worker(database), cancel, ask)
        finally:
            with self._state:
                self._taken -= 1
                self._state.notify_all()

    def _take_turn(self, deadline: float, cancel: CancelToken | None) -> None:
        ticket = object()
        forget = cancel.on_cancel(self._wake) if cancel else None
        try:
            with self._state:
                if len(self._waiting) >= _MAX_WAITING:
                    raise EngineUnavailable(
                        f"The embedded engine is busy: {_MAX_WAITING} statements wait already.",
                        hint="Try again in a moment.",
                    )
                self._waiting.append(ticket)
                try:
                    self._wait_for_turn(ticket, deadline, cancel)
                    self._taken += 1
                finally:
                    self._waiting.remove(ticket)
                    self._state.notify_all()
        finally:
            if forget:
                forget()

    def _wait_for_turn(self, ticket: object, deadline: float, cancel: CancelToken | None) -> None:
        while True:
            self._raise_if_closed()
            if cancel:
                cancel.raise_if_cancelled()
            if self._waiting[0] is ticket and self._taken < self._workers:
                return
            left = deadline - time.monotonic()
            if left <= 0:
                raise QueryTimeout("The query waited for a free worker until its time was over.")
            self._state.wait(left)

    def _wake(self) -> None:
        with self._state:
            self._state.notify_all()

    def _raise_if_closed(self) -> None:
        if self._closed:
            raise EngineUnavailable("The embedded engine is closed.")

    def _worker(self, database: Path) -> WorkerProcess:
        stale = []
        found = None
        with self._state:
            self._raise_if_closed()
            while self._idle and found is None:
                worker = self._idle.pop()
                if worker.database == database and worker.usable:
                    found = worker
                    self._busy.add(found)
                else:
                    stale.append(worker)
        for worker in stale:
            worker.close()
        if found is not None:
            return found
        try:
            starting = self._spawner.submit(self._start_busy, database)
        except RuntimeError as error:  # the executor was shut down by close() meanwhile
            raise EngineUnavailable("The embedded engine is closed.") from error
        try:
            return starting.result()
        except BaseException:  # an interrupt: the worker is for whoever comes next
            starting.add_done_callback(self._park_started)
            raise

    def _park_started(self, starting: Future[WorkerProcess]) -> None:
        if starting.exception() is None:
            self._give_back(starting.result(), reusable=True)

    def _start(self, database: Path) -> WorkerProcess:
        return WorkerProcess(
            database, memory_limit_bytes=self._memory_limit_bytes, threads=self._threads
        )

    def _start_busy(self, database: Path) -> WorkerProcess:
        worker = self._start(database)
        with self._state:
            self._busy.add(worker)
        return worker

    def _start_idle(self, database: Path) -> None:
        with self._state:
            spare = any(worker.database == database for worker in self._idle)
            if self._closed or spare or len(self._idle) + self._taken >= self._workers:
                return
        self._park(self._start(database))

    def _asked(
        self,
        worker: WorkerProcess,
        cancel: CancelToken | None,
        ask: Callable[[WorkerProcess], T],
    ) -> T:
        forget = cancel.on_cancel(worker.kill) if cancel else None
        reusable = False
        try:
            answer = ask(worker)
            reusable = True
            return answer
        except WorkerError as error:
            # After an allocation failed, a fresh process is the only one to trust.
            reusable = error.kind != "OutOfMemoryException"
            raise
        except WorkerStartingError as error:
            reusable = True
            raise _timeout() from error
        except DeadlineError as error:
            raise _timeout() from error
        except (WorkerDiedError, WorkerStartError) as error:
            raise self._why_it_ended(worker, error, cancel) from error
        finally:
            if forget:
                forget()
            self._give_back(worker, reusable=reusable and not (cancel and cancel.cancelled))

    def _why_it_ended(
        self, worker: WorkerProcess, error: Exception, cancel: CancelToken | None
    ) -> Exception:
        code, complaint = worker.end()
        if cancel and cancel.cancelled:
            return QueryCancelled("The query was cancelled.")
        if self._closed:
            return EngineUnavailable("The embedded engine was closed while the query ran.")
        if isinstance(error, WorkerStartError):
            return WorkerStartError(complaint)
        return WorkerCrashError(code)

    def _give_back(self, worker: WorkerProcess, *, reusable: bool) -> None:
        with self._state:
            self._busy.discard(worker)
        if reusable:
            self._park(worker)
            return
        worker.close()
        with self._state:
            if not self._closed:
                self._spawner.submit(self._start_idle_after_loss, worker.database)

    def _start_idle_after_loss(self, database: Path) -> None:
        if database.exists():
            self._start_idle(database)

    def _park(self, worker: WorkerProcess) -> None:
        with self._state:
            if not self._closed and worker.usable:
                self._idle.append(worker)
                return
        worker.close()

    def _abandon(self) -> None:
        for worker in (*self._idle, *self._busy):
            worker.abandon()
        self._reset()


def _timeout() -> EngineError:
    return QueryTimeout(
        "The query was stopped at its time limit.",
        hint="Read fewer rows or raise the limit.",
    )


_POOLS: weakref.WeakSet[WorkerPool] = weakref.WeakSet()


def _abandon_all() -> None:
    for pool in list(_POOLS):
        pool._abandon()


def _close_all() -> None:
    for pool in list(_POOLS):
        pool.close()


os.register_at_fork(after_in_child=_abandon_all)
atexit.register(_close_all)
