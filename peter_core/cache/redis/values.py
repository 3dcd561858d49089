"""What is said of one value in Redis: found, stored, and in which order its writers began."""

from __future__ import annotations

import enum
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Fence:
    """When a writer began, in the order of all writers and invalidations of an epoch."""

    epoch: str
    number: int


UNFENCED = Fence("", 0)
"""Of a writer that had no lease because Redis was away: any other writer is newer."""


class Stored(enum.Enum):
    """What became of a value."""

    KEPT = "kept"
    SUPERSEDED = "superseded"
    """A newer value is there, or an invalidation came after the writer began."""
    AWAY = "away"


@dataclass(frozen=True, slots=True)
class Found:
    """What Redis says of a key; all ``None``: it has nothing.

    ``code`` without ``value`` is that of the seal of a value too large for Redis.
    """

    value: bytes | None = None
    code: bytes | None = None
