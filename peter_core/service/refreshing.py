"""Refreshes behind the answer: a stale result is shown while it is computed anew."""

from __future__ import annotations

import contextvars
import datetime as dt
from collections import OrderedDict
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass
from threading import Lock
from typing import TYPE_CHECKING

from peter_core.engine.port import CancelToken
from peter_core.errors import EngineUnavailable, PeterError

if TYPE_CHECKING:
    from collections.abc import Callable

    from peter_core.plan.plan import StepAnswer

PAUSE_S = 30.0
"""Seconds after a failed refresh before the next viewer starts one; doubled at each failure."""
LONGEST_PAUSE_S = 600.0
AWAY_PAUSE_S = 10.0
"""The same while the engine is away: a refresh costs nothing then, and ends when it is back."""
_REMEMBERED = 1024


@dataclass(frozen=True, slots=True)
class FailedRefresh:
    """When a refresh failed (UTC), why, and how many seconds no viewer starts another."""

    at: dt.datetime
    error: PeterError
    pause_s: float

    def sentence(self) -> str:
        """For the reader of the older result."""
        return f"The refresh at {self.at:%H:%M} UTC failed: {self.error.message}"


class Refreshing:
    """One refresh at a time of each key, in threads of their own.

    A refresh does not end when the viewer who caused it leaves: the next one gains by it, and the
    statement's cap and time limit hold for it as for any other.
    """

    def __init__(self, *, workers: int = 4) -> None:
        self._pool = ThreadPoolExecutor(workers, thread_name_prefix="peter-refresh")
        self._cancel = CancelToken()
        self._lock = Lock()
        self._running: dict[str, Future[StepAnswer]] = {}
        self._failures: OrderedDict[str, FailedRefresh] = OrderedDict()

    def start(
        self, key: str, answer: Callable[[CancelToken], StepAnswer]
    ) -> Future[StepAnswer] | None:
        """Begin to answer ``key``, or join who does; ``None`` soon after a failure."""
        with self._lock:
            running = self._running.get(key)
            if running is not None:
                return running
            failed = self._failures.get(key)
            if failed and _since(failed.at) < failed.pause_s:
                return None
            context = contextvars.copy_context()
            future = self._pool.submit(context.run, answer, self._cancel)
            self._running[key] = future
        future.add_done_callback(lambda _: self._ended(key))
        return future

    def failure(self, key: str) -> FailedRefresh | None:
        """What became of the last refresh, when it failed."""
        with self._lock:
            return self._failures.get(key)

    def note(self, key: str, error: PeterError | None) -> None:
        """Remember how a computation of ``key`` ended; ``None`` for well."""
        with self._lock:
            before = self._failures.pop(key, None)
            if error is None:
                return
            pause_s = _pause_after(error, before)
            self._failures[key] = FailedRefresh(dt.datetime.now(dt.UTC), error, pause_s)
            while len(self._failures) > _REMEMBERED:
                self._failures.popitem(last=False)

    def close(self) -> None:
        """Cancel what runs and take no more."""
        self._cancel.cancel()
        self._pool.shutdown(wait=True, cancel_futures=True)

    def _ended(self, key: str) -> None:
        with self._lock:
            self._running.pop(key, None)


def _pause_after(error: PeterError, before: FailedRefresh | None) -> float:
    if isinstance(error, EngineUnavailable):
        return AWAY_PAUSE_S
    if before is None or isinstance(before.error, EngineUnavailable):
        return PAUSE_S
    return min(before.pause_s * 2, LONGEST_PAUSE_S)


def _since(moment: dt.datetime) -> float:
    return (dt.datetime.now(dt.UTC) - moment).total_seconds()
