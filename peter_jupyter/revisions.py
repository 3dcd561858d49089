"""Revisions as people give them: the first digits are enough."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Protocol

from peter_core.errors import InvalidRequest, NotFound

if TYPE_CHECKING:
    from collections.abc import Iterable

ANY = "*"
SHOWN = 12
"""Digits of a revision in lists."""
_SHORT = re.compile(r"[0-9a-f]{7,63}")


class Entry(Protocol):
    """One publication."""

    @property
    def revision(self) -> str:
        """Its revision, whole."""
        ...


class Histories(Protocol):
    """Whoever knows what was published: Peter here or on a server."""

    def history(self, slug: str) -> Iterable[Entry]:
        """Everything that was published under a slug."""
        ...


def full_revision(peter: Histories, slug: str, given: str) -> str:
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


def precondition(peter: Histories, slug: str, if_match: str | None, *, force: bool) -> str | None:
    """What a change of a published dashboard is made from.

    Raises
    ------
    InvalidRequest
        When both a revision and force were given.
    """
    if force and if_match is not None:
        raise InvalidRequest("Give --if-match or --force, not both.")
    return ANY if force else full_revision(peter, slug, if_match) if if_match else None
