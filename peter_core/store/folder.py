"""Documents in a folder: immutable revisions, and a pointer that is swapped in one step.

::

    <root>/<slug>/revisions/<revision>.yaml    texts, each written once
    <root>/<slug>/history/<number>-….json      publications, each written once
    <root>/<slug>/HEAD                         the last publication
"""

from __future__ import annotations

import datetime as dt
from contextlib import contextmanager
from difflib import get_close_matches
from typing import TYPE_CHECKING

from peter_core.errors import NotFound, StorageError
from peter_core.locks import file_lock
from peter_core.store.files import (
    make_folder,
    read_whole,
    remove_drafts,
    storage_errors,
    sync_folder,
    write_whole,
)
from peter_core.store.history import (
    POINTER,
    Entry,
    read_entries,
    read_pointer,
    remove_unfinished,
    text_sha256,
)
from peter_core.store.port import Document, Publication
from peter_core.store.preconditions import (
    check_precondition,
    check_publication,
    encoded,
    live,
    short,
    to_document,
)
from peter_core.store.slugs import check_revision, check_slug, folder_of, is_slug

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

_LOCK_WAIT_S = 10.0
_NEAR = 3
"""Slugs looked at for one that is near a missing one and published."""


class FolderStore:
    """Satisfies `DocumentStore` with plain files; several processes may use one folder.

    Parameters
    ----------
    root
        Made, with its parents, at the first publication.
    """

    believed_s = 0.0

    def __init__(self, root: Path) -> None:
        self._root = root

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
        with self._changing(slug, "publish") as folder:
            last = read_pointer(folder)
            head = live(last)
            check_publication(slug, head, revision, if_match=if_match, create=create)
            if head is not None and head.sha256 == text_sha256(data):
                return self._document(folder, head)
            number = last.publication.number + 1 if last else 1
            self._clear(folder, number - 1)
            entry = Entry(
                Publication(slug, number, revision, at.astimezone(dt.UTC), by, message),
                self._keep_text(folder, revision, data),
                text_sha256(data),
            )
            _append(folder, entry)
            return to_document(entry, text)

    def require(
        self, slug: str, revision: str, *, if_match: str | None = None, create: bool = False
    ) -> None:
        """As `DocumentStore.require`."""
        check_revision(revision)
        head = live(read_pointer(folder_of(self._root, slug)))
        check_publication(slug, head, revision, if_match=if_match, create=create)

    def get(self, slug: str, revision: str | None = None) -> Document:
        """As `DocumentStore.get`."""
        with storage_errors(f"read dashboard {slug}"):
            folder = folder_of(self._root, slug)
            last = read_pointer(folder)
            if revision is None:
                head = live(last)
                if head is None:
                    raise self._none(slug)
                return self._document(folder, head)
            check_revision(revision)
            for entry in read_entries(folder, last) if last else ():
                if entry.publication.revision == revision and not entry.publication.deleted:
                    return self._document(folder, entry)
        raise NotFound(f"Dashboard {slug} has no revision {revision[:12]}.")

    def _none(self, slug: str) -> NotFound:
        folders = self._root.iterdir() if self._root.is_dir() else ()
        names = [folder.name for folder in folders if not folder.is_symlink()]
        near = [
            name
            for name in get_close_matches(slug, filter(is_slug, names), _NEAR)
            if live(read_pointer(self._root / name)) is not None
        ]
        hint = f"Did you mean {near[0]}?" if near else None
        return NotFound(f"There is no dashboard {slug}.", hint=hint)

    def list(self) -> tuple[Publication, ...]:
        """As `DocumentStore.list`."""
        with storage_errors("list the dashboards"):
            folders = sorted(self._root.iterdir()) if self._root.is_dir() else []
            heads = (read_pointer(f) for f in folders if is_slug(f.name) and not f.is_symlink())
            published = (live(head) for head in heads)
            return tuple(head.publication for head in published if head is not None)

    def rebuild_index(self) -> tuple[Publication, ...]:
        """As `DocumentStore.rebuild_index`: a folder lists itself."""
        return self.list()

    def history(self, slug: str) -> tuple[Publication, ...]:
        """As `DocumentStore.history`."""
        with storage_errors(f"read the history of dashboard {slug}"):
            folder = folder_of(self._root, slug)
            last = read_pointer(folder)
            if last is None:
                raise self._none(slug)
            return tuple(entry.publication for entry in read_entries(folder, last))

    def delete(self, slug: str, *, if_match: str | None, by: str, at: dt.datetime) -> None:
        """As `DocumentStore.delete`."""
        with storage_errors(f"read dashboard {slug}"):
            if live(read_pointer(folder_of(self._root, slug))) is None:
                raise self._none(slug)
        with self._changing(slug, "delete") as folder:
            head = live(read_pointer(folder))
            if head is None:
                raise self._none(slug)
            check_precondition(slug, head, if_match)
            number = head.publication.number + 1
            self._clear(folder, number - 1)
            revision = head.publication.revision
            gone = Publication(slug, number, revision, at.astimezone(dt.UTC), by, deleted=True)
            _append(folder, Entry(gone, None, None))

    def check(self) -> None:
        """As `DocumentStore.check`: the folder can be read, and written to where it exists."""
        with storage_errors("reach the store"):
            if self._root.exists():
                sync_folder(self._root)
                next(self._root.iterdir(), None)

    def close(self) -> None:
        """As `DocumentStore.close`: nothing is held open."""

    @contextmanager
    def _changing(self, slug: str, verb: str) -> Iterator[Path]:
        doing = f"{verb} dashboard {slug}"
        with storage_errors(doing):
            check_slug(slug)
            self._root.mkdir(parents=True, exist_ok=True)
            folder = folder_of(self._root, slug)
            make_folder(folder)
            with file_lock(folder / ".lock", timeout_s=_LOCK_WAIT_S, doing=doing):
                yield folder

    def _clear(self, folder: Path, last: int) -> None:
        """Make the folders, and take away what a killed writer left in them."""
        for inner in (folder / "revisions", folder / "history"):
            if inner.is_symlink():
                raise StorageError(
                    f"The folder {inner.name} of dashboard {folder.name} is a link,"
                    " which Peter does not follow."
                )
            make_folder(inner)
            remove_drafts(inner)
        remove_drafts(folder)
        remove_unfinished(folder, last)

    def _keep_text(self, folder: Path, revision: str, data: bytes) -> str:
        """Write the text unless it is there; gives its file's name.

        Texts of one revision may differ in comments: the later ones carry their own hash too.
        """
        for name in (f"{revision}.yaml", f"{revision}-{text_sha256(data)}.yaml"):
            path = folder / "revisions" / name
            if not path.exists():
                write_whole(path, data)
                return name
            if read_whole(path) == data:
                return name
        raise StorageError(
            f"A text of revision {revision[:12]} of dashboard {folder.name} was changed on disk.",
            hint="Restore the file from a backup.",
        )

    def _document(self, folder: Path, entry: Entry) -> Document:
        data = read_whole(folder / "revisions" / str(entry.file))
        if text_sha256(data) != entry.sha256:
            raise StorageError(
                f"The text of dashboard {folder.name} at revision {short(entry)} was changed on"
                " disk after it was published.",
                hint="Restore the file from a backup, or publish the dashboard again.",
            )
        return to_document(entry, data.decode())


def _append(folder: Path, entry: Entry) -> None:
    """Write the history entry, then point to it: the swap is the moment of publication."""
    data = entry.to_bytes()
    write_whole(folder / "history" / entry.name, data)
    write_whole(folder / POINTER, data)
