"""Who waits for which lease to be released."""

from __future__ import annotations

import threading
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable


class Releases:
    """Events to set when another server released a lease; safe from any thread."""

    def __init__(self) -> None:
        self._waiting: dict[str, set[threading.Event]] = {}
        self._lock = threading.Lock()

    def await_release(self, key: str, woken: threading.Event) -> Callable[[], None]:
        """Set the event when the key's lease is released; returns how to take it back."""
        with self._lock:
            self._waiting.setdefault(key, set()).add(woken)

        def forget() -> None:
            with self._lock:
                waiting = self._waiting.get(key, set())
                waiting.discard(woken)
                if not waiting:
                    self._waiting.pop(key, None)

        return forget

    def tell(self, key: str) -> None:
        """The key's lease was released."""
        with self._lock:
            waiting = list(self._waiting.get(key, ()))
        for woken in waiting:
            woken.set()

    @property
    def waiting(self) -> int:
        """For how many keys somebody waits."""
        with self._lock:
            return len(self._waiting)
