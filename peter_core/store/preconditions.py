"""What must hold before a published document changes; the same words for every store."""

from __future__ import annotations

from typing import TYPE_CHECKING

from peter_core.errors import (
    AlreadyExists,
    InvalidRequest,
    PreconditionFailed,
    PreconditionRequired,
)
from peter_core.store.port import FORCE, Document

if TYPE_CHECKING:
    from peter_core.store.history import Entry


def encoded(text: str) -> bytes:
    """The text's bytes.

    Raises
    ------
    InvalidRequest
        It holds half a surrogate pair.
    """
    try:
        return text.encode()
    except UnicodeEncodeError as error:
        raise InvalidRequest(
            f"The document holds half a character at position {error.start}.",
            hint="Save it as UTF-8.",
        ) from error


def live(entry: Entry | None) -> Entry | None:
    """The entry, unless it is missing or a deletion."""
    return entry if entry is not None and not entry.publication.deleted else None


def check_publication(
    slug: str, head: Entry | None, revision: str, *, if_match: str | None, create: bool
) -> None:
    """Raise what `DocumentStore.publish` raises over the published ``head``, ``None`` for none."""
    if head is not None and create:
        raise AlreadyExists(
            f"A dashboard {slug} is already published, at revision {short(head)}.",
            hint="Publish it as a change of that revision, or choose another slug.",
        )
    if head is None or head.publication.revision != revision:
        check_precondition(slug, head, if_match, theirs=revision)


def check_precondition(
    slug: str, head: Entry | None, if_match: str | None, *, theirs: str | None = None
) -> None:
    """Raise unless the change was made from the head; ``theirs`` is its revision if it has one."""
    if if_match == FORCE or (head is None and if_match is None):
        return
    if head is None:
        raise PreconditionFailed(
            f"Dashboard {slug} is not published, so it cannot be changed from revision"
            f" {str(if_match)[:12]}.",
            hint="It may have been deleted; publish it as a new one.",
        )
    if if_match is None:
        raise PreconditionRequired(
            f"Dashboard {slug} is published at revision {short(head)};"
            " a change must name the revision it was made from.",
            hint="Read the dashboard first and send its revision as If-Match.",
        )
    if if_match != head.publication.revision:
        change = f"; the change to {theirs[:12]}" if theirs else "; the deletion"
        raise PreconditionFailed(
            f"Dashboard {slug} is at revision {short(head)}, published by"
            f" {head.publication.published_by}{change} was made from {if_match[:12]}.",
            hint="Look at what changed in between, then try again.",
        )


def short(entry: Entry) -> str:
    """The revision as messages show it."""
    return entry.publication.revision[:12]


def to_document(entry: Entry, text: str) -> Document:
    """The document of an entry and its text."""
    p = entry.publication
    return Document(p.slug, p.revision, text, p.published_at, p.published_by, p.message)
