"""Servers in processes of their own, as the tests start and end them."""

from __future__ import annotations

import contextlib
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path


class Server:
    """One process of `redis_server_process`."""

    def __init__(self, folder: Path, url: str, journal: Path) -> None:
        folder.mkdir(exist_ok=True)
        self._process = subprocess.Popen(
            [sys.executable, "-m", "tests.core.cache.redis_server_process",
             str(folder), url, str(journal)],
            stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True,
        )  # fmt: skip

    def tell(self, line: str) -> None:
        """Give it something to do."""
        assert self._process.stdin is not None
        self._process.stdin.write(f"{line}\n")
        self._process.stdin.flush()

    def answer(self) -> str:
        """What it answers."""
        assert self._process.stdout is not None
        return self._process.stdout.readline().strip()

    def ask(self, line: str) -> str:
        """Tell it and wait for the answer."""
        self.tell(line)
        return self.answer()

    def signal(self, number: signal.Signals) -> None:
        """Stop, continue or kill it."""
        self._process.send_signal(number)

    def end(self) -> None:
        """End it, whatever state it is in."""
        with contextlib.suppress(ProcessLookupError):
            self._process.kill()
        with self._process:
            pass


@contextlib.contextmanager
def servers(folder: Path, url: str, count: int) -> Iterator[list[Server]]:
    """So many servers that are ready, with the file ``folder/journal`` in common."""
    started = [Server(folder / f"server-{n}", url, folder / "journal") for n in range(count)]
    try:
        for server in started:
            assert server.answer() == "ready"
        yield started
    finally:
        for server in started:
            server.end()
