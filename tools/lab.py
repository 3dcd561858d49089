"""JupyterLab on loopback, for the demo, the pictures and the browser test."""

from __future__ import annotations

import json
import os
import socket
import subprocess
import sys
import time
import urllib.request
from contextlib import contextmanager
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

START_S = 60


def lab_command(root: Path, port: int, token: str, *more: str) -> list[str]:
    """The command that serves ``root`` in JupyterLab on a loopback port."""
    command = [
        *(sys.executable, "-m", "jupyterlab", "--ip=127.0.0.1", f"--port={port}"),
        *(f"--IdentityProvider.token={token}", f"--ServerApp.root_dir={root}"),
        *("--ServerApp.port_retries=0", *more),
    ]
    return [*command, "--allow-root"] if os.geteuid() == 0 else command


@contextmanager
def running_lab(root: Path, workspace: Path, home: Path, token: str) -> Iterator[str]:
    """JupyterLab without a window, with folders of its own under ``home``; gives its address.

    Raises
    ------
    RuntimeError
        When it does not answer within a minute, with the end of its log.
    """
    settings = home / "settings"
    quiet = settings / "@jupyterlab" / "apputils-extension" / "notification.jupyterlab-settings"
    quiet.parent.mkdir(parents=True, exist_ok=True)
    quiet.write_text(json.dumps({"fetchNews": "false", "checkForUpdates": False}))
    environment = {
        **os.environ,
        "PETER_FOLDER": str(workspace),
        "JUPYTER_CONFIG_DIR": str(home / "config"),
        "JUPYTER_RUNTIME_DIR": str(home / "runtime"),
        "JUPYTERLAB_SETTINGS_DIR": str(settings),
        "JUPYTERLAB_WORKSPACES_DIR": str(home / "workspaces"),
    }
    port = free_port()
    url = f"http://127.0.0.1:{port}"
    log = home / "lab.log"
    with log.open("w") as out:
        command = lab_command(root, port, token, "--no-browser")
        server = subprocess.Popen(command, env=environment, stdout=out, stderr=subprocess.STDOUT)
        try:
            if not _answers(f"{url}/peter/health"):
                raise RuntimeError(f"JupyterLab did not start:\n{log.read_text()[-4000:]}")
            yield url
        finally:
            server.terminate()
            server.wait(timeout=30)


def free_port() -> int:
    """A port of loopback that nobody listens on."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def _answers(url: str) -> bool:
    deadline = time.monotonic() + START_S
    while time.monotonic() < deadline:
        try:
            with urllib.request.urlopen(url, timeout=2) as answer:  # noqa: S310 (loopback)
                return bool(answer.status == 200)
        except OSError:
            time.sleep(0.25)
    return False
