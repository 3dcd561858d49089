"""Answers kept for a while, and longer when BigQuery cannot be reached."""

from __future__ import annotations

import threading
import time
from collections import OrderedDict
from typing import TYPE_CHECKING, Generic, TypeVar

from peter_core.errors import EngineUnavailable, Overloaded

if TYPE_CHECKING:
    from collections.abc import Callable

T = TypeVar("T")

FETCH_S = 5.0
RENEW_S = 1.5
UNREACHED_S = 3.0
"""Seconds old answers serve on after BigQuery could not be reached."""


class _Entry(Generic[T]):
    def __init__(self) -> None:
        self.lock = threading.Lock()
        self.value: T | None = None
        self.until = 0.0


class Remembered(Generic[T]):
    """Values by name with an age; safe from any thread.

    One caller renews an old value; the others are given the old one meanwhile. Values that cannot
    be renewed, because BigQuery is out of reach, are served as they are. A fetch is told the
    seconds it may take: fewer where an old value is at hand.
    """

    def __init__(self, ttl_s: float, *, most: int = 20_000) -> None:
        self._ttl_s = ttl_s
        self._most = most
        self._lock = threading.Lock()
        self._unreached_until = 0.0
        self._entries: OrderedDict[str, _Entry[T]] = OrderedDict()

    def get(
        self,
        name: str,
        fetch: Callable[[float], T],
        *,
        renew: bool = False,
        within_s: float = FETCH_S,
    ) -> T:
        """The value, fetched when there is none or it is old; ``renew`` fetches it anyway.

        Raises
        ------
        EngineUnavailable
            It did not come within ``within_s``, and there is no old one.
        """
        entry = self._entry(name)
        value = entry.value
        if value is not None and not renew and self._serves(entry):
            return value
        # Where there is an old value, nobody waits for the one who renews it.
        patience = within_s if value is None or renew else 0.0
        if not entry.lock.acquire(timeout=max(0.0, patience)):
            if value is None or renew:
                raise EngineUnavailable("BigQuery's metadata did not come in time.")
            return value
        try:
            if entry.value is not None and not renew and self._serves(entry):
                return entry.value
            return self._fetch(name, entry, fetch, within_s=within_s, keep=not renew)
        finally:
            entry.lock.release()

    def known(self, name: str) -> T | None:
        """The value as far as it was fetched before, however old."""
        with self._lock:
            entry = self._entries.get(name)
        return entry.value if entry is not None else None

    def fresh(self, name: str) -> T | None:
        """The value, when it is at hand and counts."""
        with self._lock:
            entry = self._entries.get(name)
        return entry.value if entry is not None and self._serves(entry) else None

    def _fetch(
        self,
        name: str,
        entry: _Entry[T],
        fetch: Callable[[float], T],
        *,
        within_s: float,
        keep: bool,
    ) -> T:
        try:
            entry.value = fetch(within_s if entry.value is None else min(within_s, RENEW_S))
        except (EngineUnavailable, Overloaded):
            if entry.value is None or not keep:
                raise
            self._unreached_until = time.monotonic() + UNREACHED_S
            return entry.value
        except BaseException:
            with self._lock:
                self._entries.pop(name, None)
            raise
        entry.until = time.monotonic() + self._ttl_s
        return entry.value

    def _serves(self, entry: _Entry[T]) -> bool:
        return time.monotonic() < max(entry.until, self._unreached_until)

    def _entry(self, name: str) -> _Entry[T]:
        with self._lock:
            entry = self._entries.setdefault(name, _Entry())
            self._entries.move_to_end(name)
            while len(self._entries) > self._most:
                self._entries.popitem(last=False)
            return entry
