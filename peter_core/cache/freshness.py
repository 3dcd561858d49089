"""How much a kept result still says: fresh, stale or unknown."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

if TYPE_CHECKING:
    import datetime as dt
    from collections.abc import Mapping

Status = Literal["fresh", "stale", "unknown"]


@dataclass(frozen=True, slots=True)
class Freshness:
    """A judgement and its reason, a sentence for people; ``None`` when there is nothing to say.

    ``changed`` tells a source that changed from a result that is merely old; ``age_s`` is seconds.
    """

    status: Status
    reason: str | None
    age_s: float = 0.0
    changed: bool = False


def judge(
    computed_at: dt.datetime,
    ttl_s: float,
    fresh_for_s: float | None,
    stamps_then: Mapping[str, dt.datetime | None],
    stamps_now: Mapping[str, dt.datetime | None],
    now: dt.datetime,
) -> Freshness:
    """Whether a result still stands for its sources.

    Stale: a source changed since, or the age reached the ttl. Fresh: every source says that it
    did not change, or the result is younger than the document's ``fresh_for``. Unknown: some
    source does not say when it changed.

    Parameters
    ----------
    ttl_s
        Seconds; the ceiling whatever the sources say.
    fresh_for_s
        Seconds for which the author accepts a result whose sources cannot be asked.
    stamps_then, stamps_now
        Table id to its last change, ``None`` where it cannot be told.
    """
    age_s = max(0.0, (now - computed_at).total_seconds())
    changed = _changed(stamps_then, stamps_now)
    if changed is not None:
        return Freshness("stale", changed, age_s, changed=True)
    if age_s >= ttl_s:
        reason = f"It was computed {_span(age_s)} ago; it counts for {_span(ttl_s)}."
        return Freshness("stale", reason, age_s)
    silent = sorted(i for i in stamps_then if stamps_then[i] is None or stamps_now.get(i) is None)
    if silent and (fresh_for_s is None or age_s >= fresh_for_s):
        reason = f"It cannot be told when {_listed(silent)} last changed."
        return Freshness("unknown", reason, age_s)
    return Freshness("fresh", None, age_s)


def _changed(
    then: Mapping[str, dt.datetime | None], now: Mapping[str, dt.datetime | None]
) -> str | None:
    for table in sorted(then):
        before, after = then[table], now.get(table)
        # A table restored from an older state has an earlier stamp and is as much another one.
        if before is not None and after is not None and before != after:
            return f"{table} changed at {after:%Y-%m-%d %H:%M:%S} UTC, after it was computed."
    return None


def _listed(tables: list[str]) -> str:
    if len(tables) <= 2:
        return " and ".join(tables)
    return f"{tables[0]}, {tables[1]} and {len(tables) - 2} more"


def _span(seconds: float) -> str:
    for size, unit in ((86400, "d"), (3600, "h"), (60, "min")):
        if seconds >= size:
            value = seconds / size
            return (
                f"{value:.0f} {unit}" if value >= 10 or value % 1 < 0.05 else f"{value:.1f} {unit}"
            )
    return f"{seconds:.0f} s"
