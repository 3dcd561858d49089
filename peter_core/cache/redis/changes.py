"""Invalidations as Redis tells them, and whoever keeps copies of values and follows them."""

from __future__ import annotations

import threading
from dataclasses import dataclass
from typing import TYPE_CHECKING, Protocol

import orjson

from peter_core.cache.redis.scripts import ALL_TAG, EVICT, LOG_LENGTH

if TYPE_CHECKING:
    from collections.abc import Iterable

    from peter_core.cache.redis.wire import Command

_MOST_OWED = 1000


@dataclass(frozen=True, slots=True)
class Change:
    """One invalidation: of a key, or of the values that have a tag of each of the groups."""

    key: str | None = None
    groups: tuple[tuple[str, ...], ...] = ()

    @classmethod
    def of_tags(cls, alternatives: Iterable[Iterable[str]]) -> Change:
        """Of every value that has a tag of each of the sets."""
        return cls(groups=tuple(tuple(sorted(choice)) for choice in alternatives))

    def to_json(self) -> bytes:
        """As it stands in the log."""
        return orjson.dumps({"key": self.key} if self.key is not None else {"groups": self.groups})

    @classmethod
    def from_json(cls, text: bytes) -> Change | None:
        """The change that `to_json` wrote, ``None`` for anything else."""
        try:
            fields = orjson.loads(text)
        except orjson.JSONDecodeError:
            return None
        match fields:
            case {"key": str(key)}:
                return cls(key=key)
            case {"groups": [_, *_] as groups} if all(_is_group(group) for group in groups):
                return cls(groups=tuple(tuple(group) for group in groups))
        return None


EVERYTHING = Change(groups=((ALL_TAG,),))


@dataclass(frozen=True, slots=True)
class Position:
    """How far copies are in step: every invalidation of the epoch up to ``seq`` was applied."""

    epoch: str
    seq: int


class Follower(Protocol):
    """Keeps copies of values beside Redis. No method raises."""

    def position(self) -> Position | None:
        """Where the copies are in step, ``None`` when nobody knows."""
        ...

    def follow(self, change: Change) -> None:
        """Forget what the change forgets."""
        ...

    def start_over(self) -> None:
        """Forget everything: invalidations may have been missed."""
        ...

    def reached(self, position: Position) -> None:
        """The copies are in step with the position."""
        ...


class Owed:
    """Invalidations that Redis did not acknowledge, in their order; safe from any thread."""

    def __init__(self) -> None:
        self._changes: list[Change] = []
        self._lock = threading.Lock()

    def add(self, change: Change) -> None:
        """One more; past a thousand they become one of everything."""
        with self._lock:
            self._changes.append(change)
            if len(self._changes) > _MOST_OWED:
                self._changes = [EVERYTHING]

    def first(self) -> Change | None:
        """The oldest, ``None`` when there are none."""
        with self._lock:
            return self._changes[0] if self._changes else None

    def paid(self, change: Change) -> None:
        """Redis acknowledged what `first` gave."""
        with self._lock:
            # It may have become part of everything meanwhile, which is still owed.
            if self._changes and self._changes[0] is change:
                del self._changes[0]


def evict_command(head: str, epoch: str, prefix: str, channel: str, change: Change) -> Command:
    """The command that forgets what the change says, everywhere."""
    return ("EVAL", EVICT, 1, head, epoch, prefix, channel, change.to_json(), LOG_LENGTH)


def _is_group(group: object) -> bool:
    return isinstance(group, list) and bool(group) and all(isinstance(tag, str) for tag in group)
