"""Entity tags as RFC 9110 writes them in If-Match and If-None-Match."""

from __future__ import annotations

import re

from peter_core.errors import InvalidRequest

_TAG = re.compile(r'\s*(W/)?"([\x21\x23-\x7e\x80-\xff]*)"\s*(?:,|$)')
ANY = "*"


def strong(revision: str) -> str:
    """The tag of a revision."""
    return f'"{revision}"'


def weak(tag: str) -> str:
    """A tag of what means the same, byte for byte or not."""
    return f'W/"{tag}"'


def matching_revision(header: str | None, current: str | None) -> str | None:
    """The revision that an If-Match header names: ``current`` when it is one of several.

    ``"*"`` stands for any, ``None`` for a missing header. Weak tags never match (RFC 9110
    section 13.1.1), so that one of them is given back only to be told as no match.

    Raises
    ------
    InvalidRequest
        The header is no list of entity tags.
    """
    if header is None or header.strip() == ANY:
        return header and ANY
    tags, end = [], 0
    for found in _TAG.finditer(header):
        if found.start() != end:
            break
        tags.append((found[1] or "") + found[2])
        end = found.end()
    if not tags or end != len(header):
        raise InvalidRequest(
            "If-Match is no entity tag.", hint='Send the ETag as it came, in quotes: "4f2c…".'
        )
    return current if current in tags else tags[0]
