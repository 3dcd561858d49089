"""What a cached dashboard costs over HTTP, beside a minimal authenticated handler.

    python -m tests.benchmarks.http [--seconds 3] [--rounds 4]

One Jupyter Server serves both; each round asks one and then the other, over the same number of
kept connections. Printed are CPU µs a request of the server's process (medians) and their ratio.
"""

from __future__ import annotations

import argparse
import asyncio
import os
import socket
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

TICKS = os.sysconf("SC_CLK_TCK")
TOKEN = "benchmark"  # noqa: S105  # of a server that lives for seconds
SLUG = "small-flights"


def serve(folder: str, port: int) -> None:
    """A Jupyter Server with Peter, and a handler that only authenticates and writes bytes."""
    from jupyter_server.base.handlers import APIHandler
    from jupyter_server.serverapp import ServerApp
    from tornado import web

    body = Path(folder, "body.json").read_bytes() if Path(folder, "body.json").is_file() else b"{}"

    class Minimal(APIHandler):
        auth_resource = "minimal"

        @web.authenticated
        async def get(self) -> None:
            self.set_header("Content-Type", "application/json")
            self.finish(body)

        def compute_etag(self) -> None:
            return None

    app: Any = ServerApp.instance()
    app.initialize(
        [
            f"--port={port}", f"--IdentityProvider.token={TOKEN}", "--no-browser",
            "--allow-root", f"--ServerApp.root_dir={folder}", "--log-level=WARN",
            "--ServerApp.jpserver_extensions={'peter_jupyter': True}",
            f"--PeterServerApp.folder={folder}",
            "--PeterServerApp.user_requests_per_minute=100000000",
        ]
    )  # fmt: skip
    app.web_app.add_handlers(".*$", [(r"/minimal", Minimal)])
    app.start()


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--serve", nargs=2)
    parser.add_argument("--seconds", type=float, default=3.0)
    parser.add_argument("--rounds", type=int, default=4)
    parser.add_argument("--connections", type=int, default=8)
    asked = parser.parse_args()
    if asked.serve:
        serve(asked.serve[0], int(asked.serve[1]))
        return
    with tempfile.TemporaryDirectory() as made:
        folder = Path(made)
        prepare(folder)
        measure(folder, asked)


def prepare(folder: Path) -> None:
    """Publish a small dashboard, and keep its artifact as the bytes of the other handler."""
    from peter_core.service import Peter
    from peter_jupyter.http.representation import Representations
    from tests.http.conftest import DOCUMENT
    from tests.small_flights import write_tables

    write_tables(folder)
    with Peter.local(folder) as peter:
        peter.publish(DOCUMENT, create=True)
        peter.data(SLUG)
        made = Representations().of(peter.data(SLUG), author=True)
    (folder / "body.json").write_bytes(made.coded("gzip")[1])


def measure(folder: Path, asked: argparse.Namespace) -> None:
    """Ask in turns."""
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    server = subprocess.Popen(
        [sys.executable, "-m", "tests.benchmarks.http", "--serve", str(folder), str(port)],
        stdout=subprocess.DEVNULL,
    )
    try:
        wait_for(port)
        paths = {"minimal": "/minimal", "peter": f"/peter/api/v1/dashboards/{SLUG}/data"}
        spent: dict[str, list[float]] = {name: [] for name in paths}
        for path in paths.values():
            asyncio.run(ask_for(port, path, 1.0, asked.connections))
        for _ in range(asked.rounds):
            for name, path in paths.items():
                before = cpu_s(server.pid)
                done = asyncio.run(ask_for(port, path, asked.seconds, asked.connections))
                spent[name].append((cpu_s(server.pid) - before) / done * 1e6)
        medians = {name: statistics.median(found) for name, found in spent.items()}
        for name, found in medians.items():
            print(f"{name:8} {found:8.0f} µs CPU a request")
        print(f"ratio    {medians['peter'] / medians['minimal']:8.2f}")
    finally:
        server.terminate()
        server.wait(20)


def wait_for(port: int) -> None:
    """Until the server listens."""
    for _ in range(1500):
        try:
            socket.create_connection(("127.0.0.1", port), 1).close()
            return
        except OSError:
            time.sleep(0.1)
    raise SystemExit("The server did not start.")


def cpu_s(pid: int) -> float:
    """CPU seconds of a process so far."""
    fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / TICKS


async def ask_for(port: int, path: str, seconds: float, connections: int) -> int:
    """Requests answered with 200 in so many seconds."""
    until = time.monotonic() + seconds
    request = (
        f"GET {path} HTTP/1.1\r\nHost: 127.0.0.1:{port}\r\nAccept-Encoding: gzip\r\n"
        f"Authorization: token {TOKEN}\r\n\r\n"
    ).encode()

    async def ask() -> int:
        reader, writer = await asyncio.open_connection("127.0.0.1", port)
        done = 0
        while time.monotonic() < until:
            writer.write(request)
            head = await reader.readuntil(b"\r\n\r\n")
            if not head.startswith(b"HTTP/1.1 200"):
                raise SystemExit(head.decode())
            size = head.lower().partition(b"content-length: ")[2].partition(b"\r\n")[0]
            await reader.readexactly(int(size))
            done += 1
        writer.close()
        return done

    return sum(await asyncio.gather(*(ask() for _ in range(connections))))


if __name__ == "__main__":
    main()
