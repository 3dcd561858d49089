"""Files that are named on the command line."""

from __future__ import annotations

import shutil
import sys
from pathlib import Path

from peter_core.errors import InvalidRequest
from peter_jupyter.session import nearest_document

STDIN = "-"
# One byte more than a document may have, so that the loader says what is wrong with it.
_MOST = 256 * 1024 + 1


def read_bytes(name: str) -> bytes:
    """What a file holds, or standard input for ``-``; of a larger file only its beginning.

    Raises
    ------
    InvalidRequest
        When there is no such file (naming the nearest) or it cannot be read.
    """
    if name == STDIN:
        return sys.stdin.buffer.read(_MOST)
    try:
        with Path(name).expanduser().open("rb") as file:
            return file.read(_MOST)
    except FileNotFoundError:
        raise InvalidRequest(
            f"There is no file {name}.", hint=nearest_document(Path(name))
        ) from None
    except IsADirectoryError:
        raise InvalidRequest(
            f"{name} is a folder.", hint=f"Name its files: {Path(name) / '*.peter.yaml'}"
        ) from None
    except OSError as error:
        raise InvalidRequest(f"{name} cannot be read: {error.strerror}.") from None


def read_document(name: str) -> bytes:
    """A dashboard file with the SQL of its queries' files put in; raises as `read_bytes`."""
    from peter_core.dashboard.files import inline_files

    folder = Path() if name == STDIN else Path(name).expanduser().parent
    text = inline_files(read_bytes(name), folder)
    return text.encode() if isinstance(text, str) else text


def shown_name(name: str) -> str:
    """How a file is called in messages."""
    return "<stdin>" if name == STDIN else name


def rewrite(name: str, text: str) -> None:
    """Replace a file's text, whole or not at all; its mode stays, and a link stays a link.

    Raises
    ------
    InvalidRequest
        When it cannot be written.
    """
    path = Path(name).expanduser().resolve()
    part = path.with_name(f".{path.name}.part")
    try:
        part.write_text(text, encoding="utf-8", newline="\n")
        shutil.copymode(path, part)
        part.replace(path)
    except OSError as error:
        part.unlink(missing_ok=True)
        raise InvalidRequest(f"{name} cannot be written: {error.strerror}.") from None


def write_new(path: Path, text: str) -> None:
    """Write a file that must not be there yet.

    Raises
    ------
    InvalidRequest
        When it is there, or cannot be written.
    """
    try:
        with path.open("x", encoding="utf-8", newline="\n") as file:
            file.write(text)
    except FileExistsError:
        raise InvalidRequest(
            f"{path} is already there and was left as it is.", hint="Choose another slug."
        ) from None
    except OSError as error:
        raise InvalidRequest(f"{path} cannot be written: {error.strerror}.") from None
