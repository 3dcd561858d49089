"""Labels of a job: what it is for, never who asked in clear."""

from __future__ import annotations

import hashlib
import hmac
import re
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping

LONGEST = 63
_FOREIGN = re.compile(r"[^a-z0-9_-]")


def job_labels(given: Mapping[str, str], *, user: str, salt: bytes) -> dict[str, str]:
    """A job's labels by BigQuery's rules, with ``peter_user`` as a keyed hash.

    Keys and values are lower case letters, digits, ``_`` and ``-``, at most 63; a key starts with
    a letter. What does not fit is written with ``_``; an empty key is left out.

    See https://cloud.google.com/bigquery/docs/labels-intro#requirements
    """
    labels = {}
    for name, value in given.items():
        key = _fitting(name).lstrip("0123456789_-")
        if key:
            labels[key] = _fitting(value)
    if user:
        labels["peter_user"] = user_hash(user, salt)
    return labels


def user_hash(user: str, salt: bytes) -> str:
    """Sixteen hex digits that tell users apart and name none of them."""
    return hmac.new(salt, user.casefold().encode(), hashlib.sha256).hexdigest()[:16]


def _fitting(text: str) -> str:
    return _FOREIGN.sub("_", text.lower())[:LONGEST]
