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
from dataclasses import dataclass, field
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


@dataclass
class Lab:
    """A JupyterLab that can be ended and started again at its address."""

    url: str
    log: Path
    _command: list[str]
    _environment: dict[str, str]
    _process: subprocess.Popen[bytes] | None = field(default=None, init=False)

    def start(self) -> None:
        """Start it and wait until it answers.

        Raises
        ------
        RuntimeError
            When it does not answer within a minute, with the end of its log.
        """
        with self.log.open("a") as out:
            self._process = subprocess.Popen(
                self._command, env=self._environment, stdout=out, stderr=subprocess.STDOUT
            )
        if not _answers(f"{self.url}/peter/health"):
            raise RuntimeError(f"JupyterLab did not start:\n{self.log.read_text()[-4000:]}")

    def stop(self) -> None:
        """End it and wait until it is gone."""
        if self._process is not None:
            self._process.terminate()
            self._process.wait(timeout=30)
            self._process = None


@contextmanager
def running_lab(
    root: Path, workspace: Path, home: Path, token: str, **environment: str
) -> Iterator[str]:
    """JupyterLab without a window, with folders of its own under ``home``; gives its address.

    Raises
    ------
    RuntimeError
        When it does not answer within a minute, with the end of its log.
    """
    with lab_process(root, workspace, home, token, **environment) as lab:
        yield lab.url


@contextmanager
def lab_process(
    root: Path, workspace: Path, home: Path, token: str, **environment: str
) -> Iterator[Lab]:
    """The same, as a server that may be ended and started again; ``environment`` is its own.

    Raises
    ------
    RuntimeError
        When it does not answer within a minute, with the end of its log.
    """
    settings = home / "settings"
    quiet = settings / "@jupyterlab" / "apputils-extension" / "notification.jupyterlab-settings"
    quiet.parent.mkdir(parents=True, exist_ok=True)
    quiet.write_text(json.dumps({"fetchNews": "false", "checkForUpdates": False}))
    known = {
        **os.environ,
        "PETER_FOLDER": str(workspace),
        "JUPYTER_CONFIG_DIR": str(home / "config"),
        "JUPYTER_RUNTIME_DIR": str(home / "runtime"),
        "JUPYTERLAB_SETTINGS_DIR": str(settings),
        "JUPYTERLAB_WORKSPACES_DIR": str(home / "workspaces"),
        **environment,
    }
    port = free_port()
    command = lab_command(root, port, token, "--no-browser")
    lab = Lab(f"http://127.0.0.1:{port}", home / "lab.log", command, known)
    try:
        lab.start()
        yield lab
    finally:
        lab.stop()


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
