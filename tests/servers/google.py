"""A stand-in for Google's login: oidc-provider-mock, as a process of its own."""

from __future__ import annotations

import contextlib
import subprocess
import sys
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import httpx

from tests.servers.gcs import free_port

_START_S = 60.0


@dataclass(frozen=True)
class Google:
    """A provider at a port of this machine that knows some accounts."""

    port: int

    @property
    def url(self) -> str:
        """Where it answers."""
        return f"http://127.0.0.1:{self.port}"

    def knows(self, email: str, *, verified: bool = True, hd: str | None = "example.com") -> None:
        """Let somebody have an account; ``hd`` is the Workspace domain Google vouches for."""
        claims = {"email": email, "email_verified": verified, "verified_email": verified}
        httpx.put(f"{self.url}/users/{email}", json=claims | ({"hd": hd} if hd else {}))

    def choose(self, browser: httpx.Client, page: httpx.Response, email: str) -> httpx.Response:
        """What the browser gets when a person picks an account on the login page."""
        assert "/oauth2/authorize" in str(page.url), page.url
        return browser.post(page.url, data={"sub": email, "action": "authorize"})


@contextlib.contextmanager
def running_google(folder: Path) -> Iterator[Google]:
    """A provider without accounts, ended at the end."""
    google = Google(free_port())
    program = Path(sys.executable).with_name("oidc-provider-mock")
    with (folder / "google.log").open("wb") as log:
        process = subprocess.Popen(
            [str(program), "--host", "127.0.0.1", "--port", str(google.port)],
            stdout=log, stderr=log,
        )  # fmt: skip
    try:
        _wait(google, process, folder)
        yield google
    finally:
        process.terminate()
        process.wait(60)


def _wait(google: Google, process: subprocess.Popen[bytes], folder: Path) -> None:
    deadline = time.monotonic() + _START_S
    while time.monotonic() < deadline and process.poll() is None:
        with contextlib.suppress(httpx.HTTPError):
            if httpx.get(f"{google.url}/.well-known/openid-configuration").status_code == 200:
                return
        time.sleep(0.1)
    raise RuntimeError("Google's stand-in did not start: " + (folder / "google.log").read_text())
