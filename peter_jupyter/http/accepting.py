"""Content negotiation: which of the offered media types a client likes best."""

from __future__ import annotations

import re
from functools import lru_cache
from typing import TYPE_CHECKING, Literal

from peter_jupyter.http.statuses import RefusalError

if TYPE_CHECKING:
    from collections.abc import Sequence

JSON = "application/json"
PROBLEM = "application/problem+json"
YAML = "application/yaml"
HTML = "text/html"
CSV = "text/csv"
ARROW = "application/vnd.apache.arrow.stream"
NDJSON = "application/x-ndjson"

Coding = Literal["br", "gzip", "identity"]
_CODINGS: tuple[Coding, ...] = ("br", "gzip")
_MOST = 64
"""Ranges of a header that are read."""


def preferred(accept: str | None, offers: Sequence[str]) -> str:
    """The offer of the highest quality, the first one among equals (RFC 9110 section 12.5.1).

    Raises
    ------
    RefusalError
        406: none of the offers is acceptable.
    """
    if not accept or not accept.strip():
        return offers[0]
    ranges = [_range(part) for part in accept.split(",")[:_MOST] if part.strip()]
    best = max(offers, key=lambda offer: _quality(offer, ranges))
    if _quality(best, ranges) <= 0:
        raise RefusalError(
            "not_acceptable",
            "There is no representation of the media types that were asked for.",
            hint=f"Accept one of {', '.join(offers)}.",
        )
    return best


@lru_cache(256)
def preferred_coding(accept: str | None) -> Coding:
    """The coding that an Accept-Encoding likes best (RFC 9110 section 12.5.3).

    Among equals the one with the fewest bytes; plain bytes are what everybody can read.
    """
    ranges = dict(_range(part) for part in (accept or "").split(",")[:_MOST] if part.strip())
    any_other = ranges.get("*", 0.0)
    best = max(_CODINGS, key=lambda coding: ranges.get(coding, any_other))
    quality = ranges.get(best, any_other)
    return best if quality > 0 and quality >= ranges.get("identity", 0.0) else "identity"


def wait_preference(prefer: Sequence[str]) -> float | None:
    """The seconds of ``Prefer: wait=N`` (RFC 7240 section 4.3); ``None`` when there is none."""
    preferences = (item for line in prefer for item in re.split("[,;]", line))
    for name, _, value in (item.partition("=") for item in preferences):
        if name.strip().lower() == "wait" and re.fullmatch(r"\d{1,4}", value.strip(' "')):
            return float(value.strip(' "'))
    return None


def _range(part: str) -> tuple[str, float]:
    name, *parameters = (item.strip().lower() for item in part.split(";"))
    quality = next((p[2:] for p in parameters if p.startswith("q=")), "1")
    try:
        return name, min(max(float(quality), 0.0), 1.0)
    except ValueError:
        return name, 0.0


def _quality(offer: str, ranges: Sequence[tuple[str, float]]) -> float:
    """The quality of the most specific range that takes the offer in."""
    for wanted in (offer, f"{offer.partition('/')[0]}/*", "*/*"):
        found = [quality for name, quality in ranges if name == wanted]
        if found:
            return max(found)
    return 0.0
