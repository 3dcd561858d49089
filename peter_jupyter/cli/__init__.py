"""``peter``: the use cases in a terminal, each command one method of the service."""

from __future__ import annotations

import sys

INTERRUPTED = 130
"""The exit code of a command that was stopped with Ctrl-C."""


def main() -> None:
    """Run the command line and end the process with its exit code."""
    try:
        from peter_jupyter.cli.app import app
        from peter_jupyter.cli.terminal import write_any_text

        write_any_text()
        app(prog_name="peter")
    except KeyboardInterrupt:
        sys.exit(INTERRUPTED)
