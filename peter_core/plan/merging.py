"""Artifacts in parts: the charts that other filter values touch, and a part put into its whole."""

from __future__ import annotations

import hashlib
from typing import TYPE_CHECKING, Any

import orjson

from peter_core.plan.artifact import Artifact

if TYPE_CHECKING:
    from collections.abc import Mapping

    Charts = Mapping[str, Mapping[str, Any]]


def touched(artifact: Artifact, values: Mapping[str, object]) -> frozenset[str] | None:
    """The charts that show something else at other filter values, which are written as JSON has
    them; ``None`` where it cannot be told, because one is for no filter of the dashboard.
    """
    filters = {item["name"]: item for item in artifact.payload["filters"]}
    if not values.keys() <= filters.keys():
        return None
    changed = {
        name for name, item in filters.items() if values.get(name, item["default"]) != item["value"]
    }
    charts: Charts = artifact.payload["charts"]
    return frozenset(n for n, chart in charts.items() if not changed.isdisjoint(chart["filters"]))


def merged(held: Artifact, newer: Artifact) -> Artifact | None:
    """The newer artifact; where it is a part, with the charts it lacks from the one that is held.

    ``None`` where they do not belong together: of two revisions, or a chart that is not in the
    part depends on a filter whose value has changed.
    """
    part = newer.payload
    if not part.get("partial"):
        return newer
    if (held.slug, held.revision) != (newer.slug, newer.revision):
        return None
    before = {item["name"]: item["value"] for item in held.payload["filters"]}
    now = {item["name"]: item["value"] for item in part["filters"]}
    changed = {name for name, value in now.items() if before.get(name) != value}
    known: Charts = held.payload["charts"]
    left = (chart for name, chart in known.items() if name not in part["charts"])
    if not all(changed.isdisjoint(chart["filters"]) for chart in left):
        return None
    charts = {**known, **part["charts"]}
    whole = {
        **{name: value for name, value in part.items() if name != "partial"},
        "charts": charts,
        "as_of": _oldest(charts, "computed_at"),
        "source_updated_at": _oldest(charts, "source_updated_at"),
        "refreshing": any(chart["refreshing"] for chart in charts.values()),
    }
    etag = hashlib.sha256(f"{held.etag} {newer.etag}".encode()).hexdigest()[:32]
    return Artifact(newer.slug, newer.revision, etag, orjson.dumps(whole))


def _oldest(charts: Charts, stamp: str) -> str | None:
    # RFC 3339 in UTC to the second: the order of the texts is that of the moments.
    return min((chart[stamp] for chart in charts.values() if chart[stamp]), default=None)
