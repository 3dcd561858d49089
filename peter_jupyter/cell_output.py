"""The one output of a cell: a progress line while it runs, then the result in its place."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from peter_jupyter.display.values import seconds_text

if TYPE_CHECKING:
    from IPython.core.interactiveshell import InteractiveShell
    from IPython.display import DisplayHandle

Bundle = dict[str, Any]


class CellOutput:
    """What a cell shows: ``progress`` may be called any number of times, ``show`` ends it."""

    def __init__(self, shell: InteractiveShell, doing: str) -> None:
        # A terminal cannot replace what it printed; only a kernel's front end shows progress.
        self._live = getattr(shell, "kernel", None) is not None
        self._shell, self._cell = shell, shell.execution_count
        self._doing = doing
        self._handle: DisplayHandle | None = None

    def then(self, doing: str) -> CellOutput:
        """The same place for what is done next; in another cell, a place of its own."""
        if self._cell != self._shell.execution_count:
            return CellOutput(self._shell, doing)
        self._doing = doing
        return self

    def progress(self, seconds: float) -> None:
        """Say how long it has been; interrupt the kernel to cancel."""
        if not self._live:
            return
        text = f"{self._doing} · {seconds_text(max(1, int(seconds)) * 1000)} · interrupt to cancel"
        self._publish({"text/plain": text, "text/html": f"<em>{text}</em>"})

    def show(self, shown: object) -> None:
        """Show a bundle, or an object that displays itself, in the progress line's place.

        A tuple is several of them, one below the other.
        """
        for one in shown if isinstance(shown, tuple) else (shown,):
            self._publish(one)
            self._handle = None

    def clear(self) -> None:
        """Take the progress line away when nothing follows it."""
        if self._handle is not None:
            self._publish({"text/plain": ""})
            self._handle = None

    def _publish(self, shown: object) -> None:
        import IPython.display

        # IPython's display functions carry no types.
        display: Any = IPython.display
        raw = isinstance(shown, dict)
        if self._handle is not None:
            display.update_display(shown, raw=raw, display_id=self._handle.display_id)
        elif self._live and raw:
            self._handle = display.display(shown, raw=True, display_id=True)
        else:
            display.display(shown, raw=raw)
