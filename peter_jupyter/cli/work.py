"""The workspace a command works in, and long work that Ctrl-C cancels."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING, TypeVar

from peter_jupyter.cli.terminal import harmless, note
from peter_jupyter.interruption import run_interruptibly

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from rich.status import Status

    from peter_core.engine.port import CancelToken
    from peter_core.service import Peter

T = TypeVar("T")


def open_peter(folder: Path | None) -> Peter:
    """The service over a folder, else over what the settings say; close it after use.

    Raises
    ------
    ConfigError
        When the folder or a setting cannot be used.
    """
    from peter_core.service import Peter

    return Peter.open(folder=folder)


class Progress:
    """A spinner with the seconds so far, on a terminal only, from the first second on."""

    def __init__(self, doing: str) -> None:
        self._doing = harmless(doing)
        self._status: Status | None = None

    def waited(self, seconds: float) -> None:
        """Say how long it has been."""
        if not sys.stderr.isatty():
            return
        from rich.markup import escape

        text = escape(f"{self._doing} · {seconds:.0f} s · Ctrl-C cancels")
        if self._status is None:
            from rich.console import Console

            self._status = Console(stderr=True, highlight=False).status(text)
            self._status.start()
        self._status.update(text)

    def line(self, text: str) -> None:
        """Write a line on standard error, above the spinner."""
        if self._status is None:
            note(text)
        else:
            self._status.console.print(harmless(text), markup=False)

    def end(self) -> None:
        """Take the spinner away."""
        if self._status is not None:
            self._status.stop()


def run(doing: str, call: Callable[[CancelToken, Progress], T]) -> T:
    """What ``call`` gives; Ctrl-C cancels it.

    Raises
    ------
    QueryCancelled
        After Ctrl-C. Whatever ``call`` raises is raised as it is.
    """
    progress = Progress(doing)
    try:
        return run_interruptibly(lambda cancel: call(cancel, progress), on_wait=progress.waited)
    finally:
        progress.end()
