"""Where published documents live."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    import datetime as dt

FORCE = "*"
"""The precondition that always holds: overwrite whatever is there."""


@dataclass(frozen=True, slots=True)
class Publication:
    """One entry of a dashboard's history; ``number`` counts from 1 and never jumps.

    A deletion is an entry too, with ``deleted`` and the revision that it took away.
    """

    slug: str
    number: int
    revision: str
    published_at: dt.datetime
    published_by: str
    message: str | None = None
    deleted: bool = False


@dataclass(frozen=True, slots=True)
class Document:
    """A published text, exactly as it was written; ``published_at`` is UTC."""

    slug: str
    revision: str
    text: str
    published_at: dt.datetime
    published_by: str
    message: str | None = None


class DocumentStore(Protocol):
    """Keeps every revision of every document, and says which one is published.

    A publication is all or nothing: whoever reads meanwhile, and whoever reads after the writer
    was killed, finds the old document or the new one, whole.
    """

    believed_s: float
    """Seconds a document that was read counts as the published one; zero where asking is cheap."""

    def publish(
        self,
        slug: str,
        text: str,
        revision: str,
        *,
        if_match: str | None = None,
        by: str,
        at: dt.datetime,
        message: str | None = None,
        create: bool = False,
    ) -> Document:
        """Make the text the published document.

        The revision that is published already is no conflict, whatever ``if_match`` says.

        Parameters
        ----------
        revision
            The SHA-256 of the canonical document, in hexadecimal.
        if_match
            The revision that the change was made from, or ``"*"`` to overwrite any.
        create
            Whether the slug must be new.

        Raises
        ------
        AlreadyExists
            ``create`` was asked for and the slug is published.
        PreconditionRequired
            The slug is published and ``if_match`` is missing.
        PreconditionFailed
            Another revision than ``if_match`` is published; the message names both.
        InvalidRequest
            The slug or the revision is none.
        StorageFull, StorageError
            Nothing was published.
        """
        ...

    def require(
        self, slug: str, revision: str, *, if_match: str | None = None, create: bool = False
    ) -> None:
        """Raise what `publish` would raise now, before the work that leads to it is done."""
        ...

    def get(self, slug: str, revision: str | None = None) -> Document:
        """The published document, or one of its earlier revisions (of a deleted one, too).

        Raises
        ------
        NotFound, StorageError
        """
        ...

    def list(self) -> tuple[Publication, ...]:
        """What is published now, by slug."""
        ...

    def rebuild_index(self) -> tuple[Publication, ...]:
        """Make anew whatever `list` is made quick by, from the documents; gives what it would."""
        ...

    def history(self, slug: str) -> tuple[Publication, ...]:
        """Everything that was ever published under the slug, the newest first.

        Raises
        ------
        NotFound
            Nothing ever was.
        """
        ...

    def delete(self, slug: str, *, if_match: str | None, by: str, at: dt.datetime) -> None:
        """Take the document away; its history stays, and `publish` can restore any of it.

        Raises
        ------
        NotFound, PreconditionRequired, PreconditionFailed, StorageError
        """
        ...

    def check(self) -> None:
        """Raise ``StorageError`` when the store cannot serve."""
        ...

    def close(self) -> None:
        """Release connections."""
        ...
