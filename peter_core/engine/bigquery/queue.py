"""Turns to run a job: so many at once for the project, so many for a user, the others in line."""

from __future__ import annotations

import threading
import time
from collections import Counter, OrderedDict, deque
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

from peter_core.errors import EngineUnavailable, Overloaded
from peter_core.telemetry import observe

if TYPE_CHECKING:
    from peter_core.engine.port import CancelToken


class _Ticket:
    """One waiting job; its event is set when its turn has come."""

    def __init__(self, user: str) -> None:
        self.user = user
        self.called = threading.Event()
        self.granted = False


class JobQueue:
    """A bounded queue that is fair to users: their first waiting jobs take turns.

    Parameters
    ----------
    project_jobs, user_jobs
        Jobs that run at once, in all and of one user; a job of nobody counts in all only.
    waiting
        Jobs that may wait; one more is refused.
    """

    def __init__(self, *, project_jobs: int, user_jobs: int, waiting: int) -> None:
        self._project_jobs = project_jobs
        self._user_jobs = user_jobs
        self._most_waiting = waiting
        self._lock = threading.Lock()
        self._running: Counter[str] = Counter()
        self._lines: OrderedDict[str, deque[_Ticket]] = OrderedDict()
        self._closed = False
        observe("peter.engine.queue", self.waiting)

    @contextmanager
    def turn(self, user: str, deadline: float, cancel: CancelToken | None = None) -> Iterator[None]:
        """Hold a place among the running jobs, when its turn comes.

        Raises
        ------
        Overloaded
            The line is full, or the deadline (``time.monotonic``) came first.
        QueryCancelled, EngineUnavailable
        """
        ticket = self._enter(user)
        try:
            self._wait(ticket, deadline, cancel)
            yield
        finally:
            self._leave(ticket)

    def close(self) -> None:
        """Send everybody away who waits."""
        with self._lock:
            self._closed = True
            for line in self._lines.values():
                for ticket in line:
                    ticket.called.set()

    def facts(self) -> dict[str, int]:
        """How many jobs run and wait."""
        with self._lock:
            return {"running": self._running.total(), "waiting": self._waiting()}

    def waiting(self) -> int:
        """How many jobs wait."""
        return self.facts()["waiting"]

    def _enter(self, user: str) -> _Ticket:
        ticket = _Ticket(user)
        with self._lock:
            if self._closed:
                raise EngineUnavailable("The engine is closed.")
            self._lines.setdefault(user, deque()).append(ticket)
            self._call_next()
            if not ticket.granted and self._waiting() > self._most_waiting:
                self._forget(ticket)
                raise Overloaded(
                    f"{self._most_waiting} queries wait already, and no more may.",
                    hint="Try again in a few seconds.",
                )
        return ticket

    def _wait(self, ticket: _Ticket, deadline: float, cancel: CancelToken | None) -> None:
        forget = cancel.on_cancel(ticket.called.set) if cancel is not None else None
        try:
            ticket.called.wait(max(0.0, deadline - time.monotonic()))
        finally:
            if forget is not None:
                forget()
        if cancel is not None:
            cancel.raise_if_cancelled()
        if ticket.granted:
            return
        if self._closed:
            raise EngineUnavailable("The engine was closed while the query waited.")
        raise Overloaded(
            "The query waited for its turn until its time was over.",
            hint="Try again when fewer queries run.",
        )

    def _leave(self, ticket: _Ticket) -> None:
        with self._lock:
            if ticket.granted:
                self._running[ticket.user] -= 1
                if not self._running[ticket.user]:
                    del self._running[ticket.user]
            else:
                self._forget(ticket)
            self._call_next()

    def _call_next(self) -> None:
        """Give every free place to the user whose last turn is longest ago."""
        for user in list(self._lines):
            if self._running.total() >= self._project_jobs:
                return
            if user and self._running[user] >= self._user_jobs:
                continue
            line = self._lines[user]
            ticket = line.popleft()
            if line:
                self._lines.move_to_end(user)
            else:
                del self._lines[user]
            self._running[user] += 1
            ticket.granted = True
            ticket.called.set()

    def _forget(self, ticket: _Ticket) -> None:
        line = self._lines.get(ticket.user)
        if line and ticket in line:
            line.remove(ticket)
            if not line:
                del self._lines[ticket.user]

    def _waiting(self) -> int:
        return sum(len(line) for line in self._lines.values())
