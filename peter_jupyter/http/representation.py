"""Artifacts as bytes on the wire: made once, sent many times."""

from __future__ import annotations

import gzip
from collections import OrderedDict
from dataclasses import dataclass, field
from threading import Lock
from typing import TYPE_CHECKING, Any

import orjson

from peter_core.plan.words import retold, speaking
from peter_jupyter.http.etags import weak
from peter_jupyter.http.statuses import ENGINE_TEXT, HIDDEN_DETAIL

if TYPE_CHECKING:
    from peter_core.plan.artifact import Artifact
    from peter_jupyter.http.accepting import Coding

_SMALLEST = 1024
# Gzip at level 1 costs 4.5 times less than at 6 for an eighth more bytes.
_GZIP_LEVEL = 1
_BROTLI_QUALITY = 4


@dataclass(frozen=True, slots=True)
class Representation:
    """An artifact as it is sent to authors or to viewers."""

    artifact: Artifact
    etag: str
    plain: bytes
    _made: dict[Coding, bytes] = field(default_factory=dict)

    def coded(self, coding: Coding) -> tuple[Coding, bytes]:
        """The bytes in a coding, made at the first call; what is too small to gain stays plain."""
        if coding == "identity" or len(self.plain) < _SMALLEST:
            return "identity", self.plain
        if coding not in self._made:
            self._made[coding] = _compressed(self.plain, coding)
        return coding, self._made[coding]


@dataclass(frozen=True, slots=True)
class Sent:
    """Bytes on the wire."""

    etag: str
    coding: Coding
    body: bytes


class Representations:
    """The last ``size`` representations; safe from any thread."""

    def __init__(self, size: int = 64) -> None:
        self._size = size
        self._lock = Lock()
        self._kept: OrderedDict[tuple[str, str, bool], Representation] = OrderedDict()

    def of(self, artifact: Artifact, *, author: bool) -> Representation:
        """The artifact's bytes; those for viewers are without the words of an engine."""
        return self.seen(artifact, author=author)[0]

    def seen(self, artifact: Artifact, *, author: bool) -> tuple[Representation, bool]:
        """What `of` gives, and whether this very artifact was given before.

        Only an artifact that came whole from the cache, that is no one person's and whose refresh
        is not under way is given twice.
        """
        key = (artifact.slug, artifact.etag, author)
        with self._lock:
            known = self._kept.get(key)
            if known is not None and known.artifact is artifact:
                self._kept.move_to_end(key)
                return known, True
        made = _represent(artifact, author)
        with self._lock:
            self._kept[key] = made
            while len(self._kept) > self._size:
                self._kept.popitem(last=False)
        return made, False


def for_viewers(payload: dict[str, Any]) -> dict[str, Any]:
    """An artifact's JSON without what an engine said."""
    with speaking(payload.get("locale", "en")):
        charts = {name: _quiet(chart) for name, chart in payload["charts"].items()}
    return {**payload, "charts": charts}


def _represent(artifact: Artifact, author: bool) -> Representation:
    plain = artifact.body if author else orjson.dumps(for_viewers(artifact.payload))
    tag = artifact.etag if author else f"{artifact.etag}-v"
    return Representation(artifact, weak(tag), plain)


def _compressed(plain: bytes, coding: Coding) -> bytes:
    if coding == "gzip":
        return gzip.compress(plain, _GZIP_LEVEL, mtime=0)
    import brotli

    made: bytes = brotli.compress(plain, quality=_BROTLI_QUALITY)
    return made


def _quiet(chart: dict[str, Any]) -> dict[str, Any]:
    problem = chart.get("problem")
    if problem and problem["code"] in ENGINE_TEXT:
        said = {"code": problem["code"], "title": problem["title"]}
        chart = {**chart, "problem": {**said, "detail": retold(HIDDEN_DETAIL), "hint": None}}
    failed = retold("The refresh failed.") or ""
    if (chart.get("freshness_reason") or "").startswith(failed.rstrip(".")):
        chart = {**chart, "freshness_reason": failed}
    return chart
