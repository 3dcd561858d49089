"""Slugs as names of folders: the identity that a hostile request may not turn into a path."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from peter_core.dashboard.model import RESERVED_SLUGS, SLUG_PATTERN
from peter_core.errors import InvalidRequest, StorageError

if TYPE_CHECKING:
    from pathlib import Path

_SLUG = re.compile(SLUG_PATTERN)
_REVISION = re.compile(r"[0-9a-f]{8,64}")
_LONGEST = 64
_SHORTEST = 2


def check_slug(slug: str) -> str:
    """The slug itself.

    Raises
    ------
    InvalidRequest
        It is none, or a reserved word.
    """
    if not (_SHORTEST <= len(slug) <= _LONGEST and _SLUG.fullmatch(slug)):
        raise InvalidRequest(
            f"{slug[:80]!r} is no slug.",
            hint="A slug has 2 to 64 characters: small letters, digits and single hyphens.",
        )
    if slug in RESERVED_SLUGS:
        raise InvalidRequest(f"The slug {slug} is reserved.", hint="Choose another one.")
    return slug


def is_slug(name: str) -> bool:
    """Whether the name is a slug that may be used."""
    try:
        check_slug(name)
    except InvalidRequest:
        return False
    return True


def check_revision(revision: str) -> str:
    """The revision itself.

    Raises
    ------
    InvalidRequest
        It is none.
    """
    if not _REVISION.fullmatch(revision):
        raise InvalidRequest(
            f"{revision[:80]!r} is no revision.",
            hint="A revision is 8 to 64 hexadecimal digits.",
        )
    return revision


def folder_of(root: Path, slug: str) -> Path:
    """The slug's folder, which may be missing.

    Raises
    ------
    InvalidRequest
        The slug is none.
    StorageError
        The folder is a link, or lies outside the root.
    """
    folder = root / check_slug(slug)
    inside = folder.resolve().is_relative_to(root.resolve())
    if not inside or folder.is_symlink():
        raise StorageError(
            f"The folder of dashboard {slug} is a link, which Peter does not follow.",
            hint="Put a plain folder in its place.",
        )
    return folder
