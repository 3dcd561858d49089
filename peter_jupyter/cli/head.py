"""What is published now, for the commands that change it."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from peter_core.errors import NotFound, PeterError
from peter_jupyter.revisions import SHOWN, full_revision, precondition

if TYPE_CHECKING:
    from peter_core.service import Peter
    from peter_core.store.port import Document

__all__ = [
    "SHOWN", "earlier_revision", "full_revision", "head", "managed_place", "precondition",
]  # fmt: skip

_NUMBER = re.compile(r"[0-9]{1,6}")


def earlier_revision(peter: Peter, slug: str, given: str) -> str:
    """The revision meant by its first digits, or by its number in ``peter history``.

    Raises
    ------
    InvalidRequest
        When several begin so.
    NotFound
        When no publication has that number.
    """
    # A revision's first digits are seven or more: fewer are a number.
    if not _NUMBER.fullmatch(given):
        return full_revision(peter, slug, given)
    for entry in peter.history(slug):
        if entry.number == int(given):
            return entry.revision
    raise NotFound(
        f"{slug} has no publication with the number {given}.", hint=f"See `peter history {slug}`."
    )


def head(peter: Peter, slug: str) -> Document | None:
    """What is published under a slug now, ``None`` when nothing is."""
    try:
        return peter.get(slug)
    except NotFound:
        return None


def managed_place(peter: Peter, slug: str) -> str | None:
    """Where the file of what is published is kept, ``None`` for here and for what is not known."""
    from peter_core.service.managed import managed_at

    try:
        return managed_at(peter.get(slug).text)
    except PeterError:
        return None
