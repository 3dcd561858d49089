"""A live Jupyter Server with Peter's extension, in a process of its own."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from tests.servers.people import ROLES

ROOT = Path(__file__).resolve().parents[2]
_START_S = 150.0


@dataclass(frozen=True)
class JupyterServer:
    """A running server; ``url`` is Peter's address on it."""

    url: str
    pid: int
    runtime: Path


@contextmanager
def jupyter_server(
    folder: Path, *, base_url: str = "/", token: str | None = None, **settings: Any
) -> Iterator[JupyterServer]:
    """Run a server over a workspace until the block ends.

    ``token`` makes it a server of one person, as it is by default; without it people come in by
    tokens of their own. ``settings`` are the extension's.
    """
    runtime = folder / ".runtime"
    runtime.mkdir(parents=True, exist_ok=True)
    server: dict[str, Any] = {
        "jpserver_extensions": {"peter_jupyter": True, "jupyter_server_terminals": False},
        "allow_unauthenticated_access": False,
        "allow_root": True, "open_browser": False, "ip": "127.0.0.1", "port": 0,
        "base_url": base_url, "root_dir": str(folder),
    }  # fmt: skip
    provider = {"token": token} if token is not None else {}
    if token is None:
        server["identity_provider_class"] = "tests.servers.people.People"
    roles = {} if token is not None else {"roles": ROLES}
    config = folder / ".runtime" / "config.json"
    config.write_text(
        json.dumps(
            {
                "ServerApp": server,
                "IdentityProvider": provider,
                "PeterServerApp": {"folder": str(folder), **roles, **settings},
            }
        )
    )
    clean = {name: value for name, value in os.environ.items() if not name.startswith("PETER_")}
    with (runtime / "log").open("wb") as log:
        process = subprocess.Popen(
            [sys.executable, "-m", "jupyter_server", f"--config={config}"],
            env=clean | {
                "JUPYTER_RUNTIME_DIR": str(runtime), "PYTHONPATH": str(ROOT),
                "JUPYTER_CONFIG_DIR": str(runtime), "JUPYTER_NO_CONFIG": "1",
            },
            stdout=log, stderr=log, cwd=folder,
        )  # fmt: skip
    try:
        yield _started(process, runtime)
    finally:
        process.terminate()
        try:
            process.wait(60)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait(60)


def _started(process: subprocess.Popen[bytes], runtime: Path) -> JupyterServer:
    told = runtime / f"jpserver-{process.pid}.json"
    deadline = time.monotonic() + _START_S
    while time.monotonic() < deadline and process.poll() is None:
        try:
            url = json.loads(told.read_text())["url"]
        except (FileNotFoundError, ValueError):
            time.sleep(0.05)
            continue
        return JupyterServer(f"{url.rstrip('/')}/peter", process.pid, runtime)
    raise RuntimeError(f"The server did not start:\n{(runtime / 'log').read_text()[-2000:]}")
