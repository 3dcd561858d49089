"""What is written where: answers on standard output, everything else on standard error."""

from __future__ import annotations

import os
import re
import sys
from io import TextIOWrapper
from typing import TYPE_CHECKING, Literal, TextIO

import typer

from peter_core.errors import StorageError

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from peter_core.errors import PeterError

Tone = Literal["good", "bad", "warn", "quiet"]

_COLORS: dict[Tone, str] = {
    "good": "green",
    "bad": "red",
    "warn": "yellow",
    "quiet": "bright_black",
}
# Everything that could steer a terminal or turn text around: C0 but tab and line feed, DEL, C1,
# and the bidirectional controls.
_CONTROL = re.compile("[\x00-\x08\x0b-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069]")


def harmless(text: str) -> str:
    r"""The text with control characters spelled out, ``\u001b``: data never steers a terminal."""
    return _CONTROL.sub(lambda found: f"\\u{ord(found[0]):04x}", text)


def write_any_text() -> None:
    """Let a terminal that lacks a character show a question mark for it."""
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, TextIOWrapper):
            stream.reconfigure(errors="replace")


def give(text: str) -> None:
    """Write a text to standard output as it is.

    Raises
    ------
    StorageError
        When it cannot be written there: a full disk. A reader that went away is no error.
    """
    try:
        typer.echo(text, nl=False)
    except BrokenPipeError:
        raise
    except OSError as error:
        raise StorageError(f"The answer cannot be written: {error.strerror}.") from None


def say(text: str, tone: Tone | None = None) -> None:
    """Print a text as an answer; the tone colours it on a terminal."""
    give(_styled(sys.stdout, harmless(text), tone) + "\n")


def note(text: str, tone: Tone | None = None) -> None:
    """Print a text beside the answer, on standard error."""
    typer.echo(_styled(sys.stderr, harmless(text), tone), err=True)


def print_error(error: PeterError) -> None:
    """Print an error as one line with its place, and its hint below."""
    from peter_jupyter.failure import one_line

    line = one_line(error)
    label = _styled(sys.stderr, "Error:", "bad")
    typer.echo(f"{label} {harmless(line.message)}", err=True)
    if line.hint:
        note(f"  {line.hint}")


def print_json(value: object) -> None:
    """Print a value as JSON, for programs."""
    from peter_jupyter.cli.json_values import json_text

    give(harmless(json_text(value)) + "\n")


def print_table(headings: Sequence[str], rows: Iterable[Sequence[str]], *, right: str = "") -> None:
    """Print rows under their headings in aligned columns.

    Parameters
    ----------
    right
        The headings, separated by commas, whose columns are aligned to the right.
    """
    from rich.cells import cell_len

    cells = [[harmless(" ".join(cell.split())) for cell in row] for row in (headings, *rows)]
    widths = [max(cell_len(cell) for cell in column) for column in zip(*cells, strict=True)]
    numeric = [heading in right.split(",") for heading in headings]
    for number, row in enumerate(cells):
        parts = []
        for cell, width, to_right in zip(row, widths, numeric, strict=True):
            room = " " * (width - cell_len(cell))
            parts.append(room + cell if to_right else cell + room)
        say("  ".join(parts).rstrip(), "quiet" if number == 0 else None)


def colours(stream: TextIO) -> bool:
    """Whether a stream is a terminal that wants colours (https://no-color.org)."""
    wanted = not os.environ.get("NO_COLOR") and os.environ.get("TERM") != "dumb"
    return wanted and stream.isatty()


def _styled(stream: TextIO, text: str, tone: Tone | None) -> str:
    if tone is None or not text or not colours(stream):
        return text
    return typer.style(text, fg=_COLORS[tone])
