"""What spans and metrics may carry: names on a list, values that are short and plain."""

from __future__ import annotations

import hashlib
import hmac
import re
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping

    Value = str | bool | int | float

LENGTH = 200
"""Characters kept of a text."""

SPAN_NAMES = {
    "slug": "peter.slug",
    "fingerprint": "peter.query.fingerprint",
    "engine": "peter.engine",
    "code": "peter.code",
    "bytes_scanned": "peter.bytes_scanned",
    "bytes_billed": "peter.bytes_billed",
    "rows": "peter.rows",
    "steps": "peter.steps",
    "hits": "peter.cache.hits",
    "misses": "peter.cache.misses",
    "cache_hit": "peter.cache_hit",
    "method": "http.request.method",
    "route": "http.route",
    "status": "http.response.status_code",
    "request_id": "peter.request_id",
}
"""Attributes of spans, by the name they are given under; ``principal`` is hashed besides."""

METRIC_NAMES = {name: SPAN_NAMES[name] for name in ("engine", "code", "method", "route", "status")}
"""Attributes of metrics: only what has few values."""

_CONTROL = re.compile(r"[\x00-\x1f\x7f-\x9f\u2028\u2029]")


def span_attributes(given: Mapping[str, object], salt: bytes) -> dict[str, Value]:
    """The attributes a span may carry; the principal's e-mail becomes its hash."""
    found = _listed(given, SPAN_NAMES)
    principal = given.get("principal")
    if isinstance(principal, str):
        found["peter.principal"] = hashed(principal, salt)
    return found


def metric_attributes(given: Mapping[str, object]) -> dict[str, Value]:
    """The attributes a metric may carry."""
    return _listed(given, METRIC_NAMES)


def hashed(email: str, salt: bytes) -> str:
    """What stands for a person: 16 digits of the HMAC-SHA256 of the address."""
    return hmac.digest(salt, email.casefold().encode(), hashlib.sha256).hex()[:16]


def plain(value: object) -> Value | None:
    """A number or a short text without control characters; ``None`` for anything else."""
    if isinstance(value, bool | int | float):
        return value
    if isinstance(value, str):
        return _CONTROL.sub(" ", value[:LENGTH])
    return None


def _listed(given: Mapping[str, object], names: Mapping[str, str]) -> dict[str, Value]:
    known = ((names[name], plain(value)) for name, value in given.items() if name in names)
    return {name: value for name, value in known if value is not None}
