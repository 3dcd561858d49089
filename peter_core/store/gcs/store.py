"""Documents in a Cloud Storage bucket: immutable objects, and a pointer swapped in one step.

::

    <prefix>/heads/<slug>.json                        the last publication
    <prefix>/history/<slug>/<number>-<revision>.json  earlier publications, each written once
    <prefix>/revisions/<slug>/<revision>.yaml         texts, each written once
    <prefix>/index.json                               all heads; can be rebuilt

The swap of the head with a generation precondition is the moment of publication. Whoever swaps
next first writes the present head into the history, so that a record is there for everything that
was published and for nothing that was not, wherever a writer dies.
"""

from __future__ import annotations

import datetime as dt
import secrets
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from peter_core.errors import NotFound, StorageError
from peter_core.store.gcs.calls import Conflict, Deadline
from peter_core.store.gcs.client import check_bucket, check_prefix, open_client
from peter_core.store.gcs.index import HeadIndex
from peter_core.store.gcs.objects import NOTHING, Objects
from peter_core.store.history import Entry, parse_entry, text_sha256
from peter_core.store.port import Document, Publication
from peter_core.store.preconditions import (
    check_precondition,
    check_publication,
    encoded,
    live,
    short,
    to_document,
)
from peter_core.store.slugs import check_revision, check_slug

if TYPE_CHECKING:
    from pathlib import Path

# What a swap may take of the time that is left; the rest is for looking at what it did.
_SWAP_SHARE = 0.7


@dataclass(frozen=True, slots=True)
class _Head:
    """A pointer as it was read: its entry, bytes and generation."""

    entry: Entry
    data: bytes
    generation: int


class GcsStore:
    """Satisfies `DocumentStore` with a bucket; any number of servers may use one prefix.

    Parameters
    ----------
    prefix
        What every key begins with, without slashes at its ends; may be empty.
    project
        The Google Cloud project, the credentials' own where it is missing.
    client
        A ``google.cloud.storage.Client`` to use in place of one made here.
    credentials_file
        A service account's key; application-default credentials where it is missing.
    timeout_s
        What one call of the store may take as a whole, retries included.

    Raises
    ------
    ConfigError
        The bucket or the prefix has no such name, or there are no credentials.
    """

    believed_s = 2.0

    def __init__(
        self,
        bucket: str,
        *,
        prefix: str = "dashboards",
        project: str | None = None,
        client: Any = None,
        credentials_file: Path | str | None = None,
        timeout_s: float = 10,
    ) -> None:
        root = f"{check_prefix(prefix)}/" if prefix else ""
        name = check_bucket(bucket)
        self._heads = f"{root}heads/"
        self._history = f"{root}history/"
        self._revisions = f"{root}revisions/"
        self._timeout_s = timeout_s
        self._owned = open_client(project, credentials_file) if client is None else None
        self._objects = Objects(client or self._owned, name)
        self._index = HeadIndex(self._objects, heads=self._heads, key=f"{root}index.json")

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
        """As `DocumentStore.publish`."""
        check_revision(revision)
        data = encoded(text)
        deadline = self._deadline(f"publish dashboard {check_slug(slug)}")
        while True:
            last = self._head(slug, deadline)
            head = _live(last)
            check_publication(slug, head, revision, if_match=if_match, create=create)
            if head is not None and head.sha256 == text_sha256(data):
                return self._document(head, deadline)
            number = last.entry.publication.number + 1 if last else 1
            file = self._keep_text(slug, revision, data, deadline)
            publication = Publication(slug, number, revision, at.astimezone(dt.UTC), by, message)
            entry = Entry(publication, file, text_sha256(data))
            if self._append(last, entry, deadline):
                return to_document(entry, text)

    def require(
        self, slug: str, revision: str, *, if_match: str | None = None, create: bool = False
    ) -> None:
        """As `DocumentStore.require`."""
        check_revision(revision)
        deadline = self._deadline(f"read dashboard {check_slug(slug)}")
        head = _live(self._head(slug, deadline))
        check_publication(slug, head, revision, if_match=if_match, create=create)

    def get(self, slug: str, revision: str | None = None) -> Document:
        """As `DocumentStore.get`."""
        deadline = self._deadline(f"read dashboard {check_slug(slug)}")
        last = self._head(slug, deadline)
        if revision is None:
            head = _live(last)
            if head is None:
                raise self._none(slug, deadline)
            return self._document(head, deadline)
        entry = self._entry_of(last, check_revision(revision), deadline) if last else None
        if entry is None:
            raise NotFound(f"Dashboard {slug} has no revision {revision[:12]}.")
        return self._document(entry, deadline)

    def list(self) -> tuple[Publication, ...]:
        """As `DocumentStore.list`."""
        entries = self._index.entries(self._deadline("list the dashboards"))
        return _published(entries)

    def rebuild_index(self) -> tuple[Publication, ...]:
        """Make the index object anew from the pointers; gives what `list` would.

        Raises
        ------
        StorageError
        """
        entries = self._index.rebuild(self._deadline("rebuild the index of dashboards"))
        return _published(entries)

    def history(self, slug: str) -> tuple[Publication, ...]:
        """As `DocumentStore.history`."""
        deadline = self._deadline(f"read the history of dashboard {check_slug(slug)}")
        last = self._head(slug, deadline)
        if last is None:
            raise self._none(slug, deadline)
        keys = self._record_keys(last, deadline)
        read = self._objects.read_all_final(keys, deadline)
        records = zip(keys, read, strict=True)
        earlier = [_record(key, data, slug).publication for key, data in records]
        return (last.entry.publication, *earlier)

    def delete(self, slug: str, *, if_match: str | None, by: str, at: dt.datetime) -> None:
        """As `DocumentStore.delete`."""
        deadline = self._deadline(f"delete dashboard {check_slug(slug)}")
        while True:
            last = self._head(slug, deadline)
            head = _live(last)
            if last is None or head is None:
                raise self._none(slug, deadline)
            check_precondition(slug, head, if_match)
            number, revision = head.publication.number + 1, head.publication.revision
            gone = Publication(slug, number, revision, at.astimezone(dt.UTC), by, deleted=True)
            if self._append(last, Entry(gone, None, None), deadline):
                return

    def check(self) -> None:
        """As `DocumentStore.check`: the bucket is there and can be listed."""
        self._reach(self._deadline("reach the store"))

    def close(self) -> None:
        """Let go of the connections; the store is not used any more."""
        self._objects.close()
        if self._owned is not None:
            self._owned.close()

    def _deadline(self, doing: str) -> Deadline:
        return Deadline.of(doing, self._timeout_s)

    def _reach(self, deadline: Deadline) -> None:
        self._objects.generations(self._heads, deadline, limit=1)

    def _none(self, slug: str, deadline: Deadline) -> NotFound:
        # A missing bucket answers as a missing object does, and is another matter.
        self._reach(deadline)
        return NotFound(f"There is no dashboard {slug}.")

    def _head(self, slug: str, deadline: Deadline) -> _Head | None:
        found = self._objects.read(self._head_key(slug), deadline)
        if found is None:
            return None
        entry = parse_entry(found.data, f"heads/{slug}.json", slug)
        return _Head(entry, found.data, found.generation)

    def _head_key(self, slug: str) -> str:
        return f"{self._heads}{slug}.json"

    def _record_key(self, entry: Entry) -> str:
        return f"{self._history}{entry.publication.slug}/{entry.name}"

    def _record_keys(self, last: _Head, deadline: Deadline) -> tuple[str, ...]:
        """The keys of what was published before the head, the newest first."""
        prefix = f"{self._history}{last.entry.publication.slug}/"
        before = f"{prefix}{last.entry.publication.number:08d}-"
        keys = self._objects.generations(prefix, deadline)
        return tuple(sorted((key for key in keys if key < before), reverse=True))

    def _entry_of(self, last: _Head, revision: str, deadline: Deadline) -> Entry | None:
        publication = last.entry.publication
        if publication.revision == revision and not publication.deleted:
            return last.entry
        for key in self._record_keys(last, deadline):
            if key.endswith(f"-{revision}.json"):
                return _record(key, self._objects.read_final(key, deadline), publication.slug)
        return None

    def _append(self, last: _Head | None, entry: Entry, deadline: Deadline) -> bool:
        """Make the entry the head in place of ``last``; ``False`` when another one came first."""
        # The attempt tells our own entry from an equal one of somebody else.
        data = entry.to_bytes(attempt=secrets.token_hex(8))
        if last is not None:
            self._objects.write_final(self._record_key(last.entry), last.data, deadline)
        key = self._head_key(entry.publication.slug)
        over = last.generation if last else NOTHING
        try:
            self._objects.write(key, data, deadline.sooner(_SWAP_SHARE), over=over)
        except Conflict:
            # Perhaps with ourselves: an attempt that was carried out but never answered.
            return self._is_published(entry, data, deadline)
        except StorageError as failure:
            if self._is_published_at_last(entry, data, deadline):
                return True
            raise failure from None
        return True

    def _is_published(self, entry: Entry, data: bytes, deadline: Deadline) -> bool:
        """Whether the entry is the head, or was and has a successor."""
        head = self._head(entry.publication.slug, deadline)
        if head is None or head.data == data:
            return head is not None
        if head.entry.publication.number <= entry.publication.number:
            return False
        found = self._objects.read(self._record_key(entry), deadline)
        return found is not None and found.data == data

    def _is_published_at_last(self, entry: Entry, data: bytes, deadline: Deadline) -> bool:
        try:
            return self._is_published(entry, data, deadline)
        except StorageError as error:
            raise StorageError(
                f"{error.message} It is not known whether the change was made.",
                hint="Read the dashboard before you try again.",
            ) from None

    def _keep_text(self, slug: str, revision: str, data: bytes, deadline: Deadline) -> str:
        """Write the text unless it is there; gives its file's name.

        Texts of one revision may differ in comments: the later ones carry their own hash too.
        """
        for name in (f"{revision}.yaml", f"{revision}-{text_sha256(data)}.yaml"):
            if self._objects.write_final(f"{self._revisions}{slug}/{name}", data, deadline):
                return name
        raise StorageError(
            f"A text of revision {revision[:12]} of dashboard {slug} was changed in the bucket.",
            hint="Restore the object from a backup.",
        )

    def _document(self, entry: Entry, deadline: Deadline) -> Document:
        slug = entry.publication.slug
        data = self._objects.read_final(f"{self._revisions}{slug}/{entry.file}", deadline)
        if data is None or text_sha256(data) != entry.sha256:
            raise StorageError(
                f"The text of dashboard {slug} at revision {short(entry)} was changed or deleted"
                " in the bucket after it was published.",
                hint="Restore the object from a backup, or publish the dashboard again.",
            )
        return to_document(entry, data.decode())


def _live(head: _Head | None) -> Entry | None:
    return live(head.entry) if head is not None else None


def _published(entries: dict[str, Entry]) -> tuple[Publication, ...]:
    heads = (live(entry) for entry in entries.values())
    return tuple(head.publication for head in heads if head is not None)


def _record(key: str, data: bytes | None, slug: str) -> Entry:
    # An object of no bytes is as damaged as one that went away between listing and reading.
    return parse_entry(data or b"", key.rpartition("/")[2], slug)
