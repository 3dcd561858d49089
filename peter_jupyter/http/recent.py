"""Answers of a moment ago, sent again on the event loop without asking anybody."""

from __future__ import annotations

import time
from collections import OrderedDict
from typing import TYPE_CHECKING, Generic, TypeVar

if TYPE_CHECKING:
    from collections.abc import Callable, Hashable

V = TypeVar("V")

LIFE_S = 0.25
"""Seconds for which an answer is believed: what another process publishes is seen after them."""


class Recent(Generic[V]):
    """The last ``size`` answers, each for `LIFE_S` seconds. Used on the event loop only.

    Every change through this server forgets all of them, so that whoever makes one sees it. Many
    readers of one dashboard together then cost one look at the store, the cache and the tables
    four times a second; those readings are what the ledger counts.
    """

    def __init__(self, *, size: int = 256, clock: Callable[[], float] = time.monotonic) -> None:
        self._size = size
        self._clock = clock
        self._kept: OrderedDict[Hashable, tuple[float, V]] = OrderedDict()
        self.generation = 0

    def find(self, key: Hashable) -> V | None:
        """The answer of a moment ago."""
        found = self._kept.get(key)
        return found[1] if found is not None and self._clock() < found[0] else None

    def keep(self, key: Hashable, answer: V, *, began: int, at: float) -> None:
        """Believe an answer that was asked for at ``at``, in the generation ``began``."""
        if began != self.generation:
            return
        self._kept[key] = at + LIFE_S, answer
        self._kept.move_to_end(key)
        while len(self._kept) > self._size:
            self._kept.popitem(last=False)

    def forget(self) -> None:
        """Something changed; an answer that is under way is not kept either."""
        self.generation += 1
        self._kept.clear()

    def now(self) -> float:
        """The moment, on the clock that answers live by."""
        return self._clock()
