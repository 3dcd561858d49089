"""A dashboard's history on disk: numbered entries, of which the pointer names the last."""

from __future__ import annotations

import datetime as dt
import hashlib
from dataclasses import dataclass
from typing import TYPE_CHECKING

import orjson

from peter_core.errors import StorageError
from peter_core.store.files import read_whole
from peter_core.store.port import Publication

if TYPE_CHECKING:
    from pathlib import Path

POINTER = "HEAD"


@dataclass(frozen=True, slots=True)
class Entry:
    """A publication and its file: name and SHA-256 of the text, ``None`` for a deletion."""

    publication: Publication
    file: str | None
    sha256: str | None

    @property
    def name(self) -> str:
        """The entry's own file name; sorted names are in the order of publication."""
        kind = "deleted" if self.publication.deleted else self.publication.revision
        return f"{self.publication.number:08d}-{kind}.json"

    def to_bytes(self, **more: str) -> bytes:
        """The entry as JSON, with more fields that reading passes over."""
        publication = self.publication
        fields = more | {
            "slug": publication.slug,
            "number": publication.number,
            "revision": publication.revision,
            "published_at": publication.published_at.astimezone(dt.UTC).isoformat(),
            "published_by": publication.published_by,
            "message": publication.message,
            "deleted": publication.deleted,
            "file": self.file,
            "sha256": self.sha256,
        }
        return orjson.dumps(fields, option=orjson.OPT_INDENT_2 | orjson.OPT_APPEND_NEWLINE)


def text_sha256(data: bytes) -> str:
    """What an entry holds of its text."""
    return hashlib.sha256(data).hexdigest()


def parse_entry(data: bytes, name: str, slug: str) -> Entry:
    """The entry of its JSON.

    Parameters
    ----------
    name
        What the message calls the record.

    Raises
    ------
    StorageError
        It is damaged.
    """
    try:
        fields = orjson.loads(data)
        publication = Publication(
            slug=slug,
            number=int(fields["number"]),
            revision=str(fields["revision"]),
            published_at=dt.datetime.fromisoformat(fields["published_at"]),
            published_by=str(fields["published_by"]),
            message=fields["message"],
            deleted=bool(fields["deleted"]),
        )
        return Entry(publication, fields["file"], fields["sha256"])
    except (ValueError, KeyError, TypeError) as error:
        raise StorageError(
            f"The record {name} of dashboard {slug} is damaged.",
            hint="Restore it from a backup; the texts under revisions/ are untouched.",
        ) from error


def read_pointer(folder: Path) -> Entry | None:
    """The last publication, ``None`` when there is none.

    Raises
    ------
    StorageError
        The pointer is damaged.
    OSError
        It cannot be read.
    """
    try:
        return _read(folder / POINTER, folder.name)
    except (FileNotFoundError, NotADirectoryError):
        return None


def read_entries(folder: Path, last: Entry) -> list[Entry]:
    """Every publication up to the last one, the newest first.

    An entry past the pointer belongs to a publication that was never finished.
    """
    paths = sorted((folder / "history").glob("*.json"), reverse=True)
    entries = (_read(path, folder.name) for path in paths if _number(path) is not None)
    return [e for e in entries if e.publication.number <= last.publication.number]


def remove_unfinished(folder: Path, last: int) -> None:
    """Delete the entries past the last number; only under the dashboard's lock."""
    for path in (folder / "history").glob("*.json"):
        number = _number(path)
        if number is not None and number > last:
            path.unlink()


def _number(path: Path) -> int | None:
    digits = path.name.partition("-")[0]
    return int(digits) if digits.isascii() and digits.isdigit() else None


def _read(path: Path, slug: str) -> Entry:
    return parse_entry(read_whole(path), path.name, slug)
