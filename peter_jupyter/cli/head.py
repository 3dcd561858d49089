"""Revisions as people give them: the first digits are enough."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from peter_core.errors import InvalidRequest, NotFound

if TYPE_CHECKING:
    from peter_core.service import Peter
    from peter_core.store.port import Document

ANY = "*"
SHOWN = 12
"""Digits of a revision in lists."""
_SHORT = re.compile(r"[0-9a-f]{7,63}")


def full_revision(peter: Peter, slug: str, given: str) -> str:
    """The one revision of a dashboard that begins so; what matches none is given back as it is.

    Raises
    ------
    InvalidRequest
        When several begin so.
    """
    if not _SHORT.fullmatch(given):
        return given
    try:
        known = {entry.revision for entry in peter.history(slug)}
    except NotFound:
        return given
    found = sorted(revision for revision in known if revision.startswith(given))
    if len(found) > 1:
        raise InvalidRequest(f"{len(found)} revisions of {slug} begin with {given}.")
    return found[0] if found else given


def precondition(peter: Peter, slug: str, if_match: str | None, *, force: bool) -> str | None:
    """What a change of a published dashboard is made from.

    Raises
    ------
    InvalidRequest
        When both a revision and force were given.
    """
    if force and if_match is not None:
        raise InvalidRequest("Give --if-match or --force, not both.")
    return ANY if force else full_revision(peter, slug, if_match) if if_match else None


def head(peter: Peter, slug: str) -> Document | None:
    """What is published under a slug now, ``None`` when nothing is."""
    try:
        return peter.get(slug)
    except NotFound:
        return None
