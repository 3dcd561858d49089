"""A live JupyterHub with Peter as its service: `deploy/jupyterhub_config.py` as it is."""

from __future__ import annotations

import contextlib
import os
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path

import httpx
import pytest

from tests.servers.gcs import free_port
from tests.servers.google import Google

ROOT = Path(__file__).resolve().parents[2]
CONFIG = ROOT / "deploy" / "jupyterhub_config.py"
SCRIPT_TOKEN = "script-token-" + "0123456789abcdef" * 2
"""The token of the hub's service for scripts."""
_START_S = 150.0
_PASSED = ("PATH", "LANG", "LC_ALL", "TMPDIR")


@dataclass
class Hub:
    """A hub behind its proxy, with its files in a folder; its processes end by their ids."""

    folder: Path
    google: Google
    more: dict[str, str] = field(default_factory=dict)
    port: int = field(default_factory=free_port)
    api_port: int = field(default_factory=free_port)
    proxy_port: int = field(default_factory=free_port)
    peter_port: int = field(default_factory=free_port)
    process: subprocess.Popen[bytes] | None = None
    browsers: list[httpx.Client] = field(default_factory=list)

    @property
    def url(self) -> str:
        """Where people find it."""
        return f"http://127.0.0.1:{self.port}"

    @property
    def peter(self) -> str:
        """Where they find Peter, with a slash at its end."""
        return f"{self.url}/services/peter/"

    def environment(self) -> dict[str, str]:
        """All that the configuration is told."""
        kept = {name: os.environ[name] for name in _PASSED if name in os.environ}
        return kept | {
            "HOME": str(self.folder),
            "ALLOWED_EMAILS": "ada@example.com,ann@example.com,vera@example.com",
            "PETER_AUTHORS": "ann@example.com",
            "PETER_ADMINS": "ada@example.com",
            "PETER_HOSTED_DOMAIN": "example.com",
            "HUB_EMAILS_WITHOUT_PETER": "nora@example.com",
            "HUB_ADMINS": "root@example.com",
            "GOOGLE_OAUTH_CLIENT_ID": "peter-tests",
            "GOOGLE_OAUTH_CLIENT_SECRET": "not-a-secret",
            "HUB_GOOGLE_AUTHORIZE_URL": f"{self.google.url}/oauth2/authorize",
            "HUB_GOOGLE_TOKEN_URL": f"{self.google.url}/oauth2/token",
            "HUB_GOOGLE_USERDATA_URL": f"{self.google.url}/userinfo",
            "HUB_URL": self.url,
            "HUB_API_PORT": str(self.api_port),
            "HUB_PROXY_API_PORT": str(self.proxy_port),
            "HUB_PETER_PORT": str(self.peter_port),
            "HUB_DATA": str(self.folder / "hub"),
            "HUB_SCRIPT_TOKEN": SCRIPT_TOKEN,
            "HUB_IDENTITY_TTL": "0.5",
            "PETER_LOGIN_REQUESTS_PER_MINUTE": "100000",
            "PETER_FOLDER": str(self.folder / "workspace"),
            **self.more,
        }

    def start(self) -> None:
        """Start it, and wait until the service answers through the proxy."""
        with (self.folder / "hub.log").open("ab") as log:
            self.process = subprocess.Popen(
                [sys.executable, "-m", "jupyterhub", "--config", str(CONFIG)],
                cwd=self.folder, env=self.environment(), stdout=log, stderr=log,
            )  # fmt: skip
        wait_for(lambda: _is_up(f"{self.peter}health"), _START_S, self.said)

    def stop(self) -> None:
        """End the hub, and what it may have left behind."""
        started = self.children()
        process, self.process = self.process, None
        if process is not None and process.poll() is None:
            process.send_signal(signal.SIGTERM)
            try:
                process.wait(25)
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait(30)
        for pid in started:
            with contextlib.suppress(ProcessLookupError):
                os.kill(pid, signal.SIGKILL)

    def kill(self) -> None:
        """End the hub alone, at once; its proxy and the service stay."""
        assert self.process is not None
        self.left = self.children()
        self.process.kill()
        self.process.wait(30)

    left: list[int] = field(default_factory=list)
    """Processes whose hub was killed."""

    def children(self) -> list[int]:
        """The ids of the proxy, the service and the users' servers."""
        if self.process is None or self.process.poll() is not None:
            return self.left
        found, waiting = [], [self.process.pid]
        while waiting:
            pid = waiting.pop()
            with contextlib.suppress(OSError):
                for task in Path(f"/proc/{pid}/task").iterdir():
                    waiting += map(int, (task / "children").read_text().split())
            found.append(pid)
        return found[1:]

    def said(self) -> str:
        """The end of its log."""
        lines = (self.folder / "hub.log").read_text(errors="replace").splitlines()
        return "\n".join(line[:300] for line in lines if " 302 GET" not in line)[-6000:]

    def browser(self) -> httpx.Client:
        """A browser of its own: cookies, redirects."""
        self.browsers.append(httpx.Client(follow_redirects=True, timeout=60))
        return self.browsers[-1]

    def log_in(self, email: str, page: str = "dashboards") -> tuple[httpx.Client, httpx.Response]:
        """A browser in which somebody logged in on the way to a page, and what came of it."""
        browser = self.browser()
        response = browser.get(f"{self.peter}{page}")
        return browser, self.google.choose(browser, response, email)


def wait_for(ready: Callable[[], bool], seconds: float, said: Callable[[], str]) -> None:
    """Wait until it is so; what was said is told when it never is."""
    deadline = time.monotonic() + seconds
    while not ready():
        if time.monotonic() > deadline:
            raise AssertionError(f"Not after {seconds:g} s:\n{said()}")
        time.sleep(0.1)


def require_proxy() -> None:
    """Skip where the hub's proxy is not installed."""
    packaged = ROOT / "deploy" / "proxy" / "node_modules" / ".bin" / "configurable-http-proxy"
    if not packaged.exists() and shutil.which("configurable-http-proxy") is None:
        pytest.skip("configurable-http-proxy is not installed: npm ci --prefix deploy/proxy")


@contextlib.contextmanager
def running_hub(folder: Path, google: Google, **more: str) -> Iterator[Hub]:
    """A hub, ended at the end whatever state it is in."""
    require_proxy()
    hub = Hub(folder, google, more)
    try:
        hub.start()
        yield hub
    finally:
        for browser in hub.browsers:
            browser.close()
        hub.stop()


def _is_up(address: str) -> bool:
    with contextlib.suppress(httpx.HTTPError):
        return httpx.get(address, timeout=20).status_code == 200
    return False
