"""What is published now, for the commands that change it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from peter_core.errors import NotFound
from peter_jupyter.revisions import SHOWN, full_revision, precondition

if TYPE_CHECKING:
    from peter_core.service import Peter
    from peter_core.store.port import Document

__all__ = ["SHOWN", "full_revision", "head", "precondition"]


def head(peter: Peter, slug: str) -> Document | None:
    """What is published under a slug now, ``None`` when nothing is."""
    try:
        return peter.get(slug)
    except NotFound:
        return None
