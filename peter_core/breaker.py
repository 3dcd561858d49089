"""A circuit breaker: after some failures nothing is asked until somebody saw it answer again."""

from __future__ import annotations

import threading
import time
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable

_MEMORY_S = 10.0


class Breaker:
    """Counts failures and opens; safe from any thread. It starts open, which is not counted.

    It never closes on its own: whoever probes says `close`, so that no request is a probe.

    Parameters
    ----------
    failures_in_a_row
        So many open it.
    failures_in_all
        So many within ten seconds open it too, though calls between them worked.
    """

    def __init__(self, *, failures_in_a_row: int = 3, failures_in_all: int = 8) -> None:
        self._in_a_row_limit = failures_in_a_row
        self._in_all_limit = failures_in_all
        self._lock = threading.Lock()
        self._in_a_row = 0
        self._moments: list[float] = []
        self.closed = False
        self.closed_at = 0.0
        self.opened = 0
        self.failures = 0
        self.on_open: Callable[[], None] | None = None

    def worked(self) -> None:
        """A call was answered in time."""
        # Read without the lock: a call that worked is the common case.
        if self._in_a_row:
            with self._lock:
                self._in_a_row = 0

    def failed(self) -> None:
        """A call was not answered in time."""
        with self._lock:
            now = time.monotonic()
            self.failures += 1
            self._in_a_row += 1
            self._moments = [at for at in self._moments if at > now - _MEMORY_S]
            self._moments.append(now)
            if self._in_a_row >= self._in_a_row_limit or len(self._moments) >= self._in_all_limit:
                self._open()

    def trip(self) -> None:
        """Nobody is there at all: open at once."""
        with self._lock:
            self.failures += 1
            self._open()

    def close(self) -> None:
        """It answers again."""
        with self._lock:
            self._in_a_row = 0
            self._moments = []
            self.closed_at = time.monotonic()
            self.closed = True

    def _open(self) -> None:
        if self.closed:
            self.closed = False
            self.opened += 1
            if self.on_open is not None:
                self.on_open()
