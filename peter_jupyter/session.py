"""The Peter a notebook works with, and what the notebook has seen of published dashboards."""

from __future__ import annotations

from difflib import get_close_matches
from pathlib import Path
from typing import TYPE_CHECKING

from peter_core.errors import InvalidRequest

if TYPE_CHECKING:
    from peter_core.service import Peter

_LARGEST = 256 * 1024


class Session:
    """One notebook's workspace, opened at its first use and closed with the extension."""

    def __init__(self) -> None:
        self._peter: Peter | None = None
        self.seen: dict[str, str] = {}
        """Slug to the revision this notebook opened or published last: what it edits from."""
        self.seen_at: dict[tuple[str, str], str] = {}
        """The same of servers, by their address and slug."""

    @property
    def peter(self) -> Peter:
        """The service: of the folder in use, else of the settings in force."""
        if self._peter is None:
            from peter_core.service import Peter

            self._peter = Peter.open()
        return self._peter

    @property
    def opened(self) -> Peter | None:
        """The service as far as it was used already."""
        return self._peter

    def use(self, folder: str) -> Path:
        """Work with a folder from now on; its full path.

        Raises
        ------
        InvalidRequest
            When there is no such folder.
        """
        path = Path(folder).expanduser()
        if not path.is_dir():
            raise InvalidRequest(
                f"There is no folder {folder}.",
                hint="A workspace is a folder with tables in data/<dataset>/<table>.parquet.",
            )
        from peter_core.service import Peter

        opened = Peter.open(folder=path)
        self.close()
        self._peter = opened
        return path.resolve()

    def close(self) -> None:
        """Stop the engine and forget what was seen; the next use opens anew."""
        peter, self._peter = self._peter, None
        self.seen.clear()
        if peter is not None:
            peter.close()


def read_document(name: str) -> str:
    """The text of a dashboard file, with the SQL of its queries' files put in.

    Raises
    ------
    InvalidRequest
        When there is no such file (naming the nearest), or it is no text of at most 256 KB.
    """
    from peter_core.dashboard.files import inline_files

    path = Path(name).expanduser()
    try:
        if path.stat().st_size > _LARGEST:
            raise InvalidRequest(f"{name} is larger than 256 KB, more than a dashboard may be.")
        return str(inline_files(path.read_text(encoding="utf-8"), path.parent))
    except FileNotFoundError:
        raise InvalidRequest(f"There is no file {name}.", hint=nearest_document(path)) from None
    except UnicodeDecodeError as error:
        raise InvalidRequest(f"{name} is not UTF-8 text (byte {error.start}).") from None
    except OSError as error:
        raise InvalidRequest(f"{name} cannot be read: {error.strerror}.") from error


def file_or_published(peter: Peter, name: str) -> str:
    """The text of a dashboard file, else of what is published under that name.

    Raises
    ------
    InvalidRequest
        As `read_document`, where the name can be no slug.
    NotFound
        When nothing is published under it.
    """
    from peter_core.store.slugs import is_slug

    if is_slug(name) and not Path(name).expanduser().is_file():
        return peter.get(name).text
    return read_document(name)


def write_document(name: str, text: str) -> Path:
    """Save a dashboard file, whole or not at all; its path.

    Raises
    ------
    InvalidRequest
        When it cannot be written there.
    """
    path = Path(name).expanduser()
    part = path.with_name(f".{path.name}.part")
    try:
        part.write_text(text, encoding="utf-8")
        part.replace(path)
    except OSError as error:
        part.unlink(missing_ok=True)
        raise InvalidRequest(f"{name} cannot be written: {error.strerror}.") from error
    return path


def nearest_document(path: Path) -> str | None:
    """A hint that names the dashboard file most like one that is missing."""
    folder = path.parent
    names = [file.name for file in folder.glob("*.y*ml")] if folder.is_dir() else []
    close = get_close_matches(path.name, names, n=1, cutoff=0.4)
    return f"Did you mean {folder / close[0]}?" if close else None
