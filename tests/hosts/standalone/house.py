"""A standalone server in a process of its own, and clients that behave like browsers."""

from __future__ import annotations

import io
import os
import re
import signal
import sqlite3
import subprocess
import sys
import threading
import time
from dataclasses import dataclass, field
from pathlib import Path
from urllib.parse import urlencode, urlsplit

import httpx

from tests.servers.openid import ADA, CLIENT, SECRET, OpenIdProvider

ROOT = Path(__file__).resolve().parents[3]
KEY = "5b1f0c7e9d3a48266e0f5a7c1b9d4e83a6c2f8107d5e4b39"
TOML = """\
allowed_emails = "ada@example.com, alice@example.com, vera@example.com, @corp.example"
authors = "alice@example.com"
admins = "ada@example.com"
"""
LOGIN, CALLBACK, LOGOUT = (f"/api/v1/auth/{name}" for name in ("login", "callback", "logout"))
ME = "/api/v1/auth/me"
START_S = 150.0
BROWSERS: list[httpx.Client] = []
"""Those that are open; the fixtures close them after each test."""


@dataclass
class House:
    """One running server. ``lines`` is what it wrote."""

    process: subprocess.Popen[str]
    url: str
    folder: Path
    provider: OpenIdProvider | None
    lines: list[str] = field(default_factory=list)

    def __post_init__(self) -> None:
        # A pipe that nobody reads would stop the server in the middle of a line.
        self.reader = threading.Thread(target=self._read, daemon=True)
        self.reader.start()

    def _read(self) -> None:
        with self.process.stdout or io.StringIO() as stdout:
            for line in stdout:
                self.lines.append(line.rstrip())

    @property
    def ledger(self) -> Path:
        return self.folder / "workspace" / ".peter" / "ledger.db"

    @property
    def toml(self) -> Path:
        return self.folder / "peter.toml"

    def browser(self, *, follow: bool = False) -> httpx.Client:
        """A client with a cookie jar of its own."""
        made = httpx.Client(base_url=self.url, follow_redirects=follow, timeout=60, verify=False)  # noqa: S501
        BROWSERS.append(made)
        return made

    def logged_in(self, email: str = "ada@example.com") -> httpx.Client:
        """A browser after a login as somebody."""
        assert self.provider is not None
        before = self.provider.account
        self.provider.account = account(email)
        browser = self.browser()
        answer = come_back(browser, leave(browser))
        self.provider.account = before
        assert answer.status_code == 302, answer.text
        return browser

    def sessions(self) -> int:
        """How many sessions the ledger holds."""
        if not self.ledger.exists():
            return 0
        with sqlite3.connect(f"file:{self.ledger}?mode=ro", uri=True) as connection:
            row = connection.execute("SELECT COUNT(*) FROM sessions").fetchone()
        return int(row[0])

    def why(self, answer: httpx.Response) -> str:
        """The reason that the log gives for a login that failed with an answer."""
        mark, deadline = answer.headers["X-Request-Id"], time.monotonic() + 60
        while not (ends := [n for n, line in enumerate(self.lines)
                            if mark in line and "status" in line]):  # fmt: skip
            assert time.monotonic() < deadline, "the log does not know the request"
            time.sleep(0.01)
        told = re.findall(r"a login failed: (\w+)", "\n".join(self.lines[: ends[0]]))
        return str(told[-1])

    def change_ledger(self, statement: str, *values: object) -> None:
        """Write to the ledger behind the server's back."""
        with sqlite3.connect(self.ledger, timeout=60) as connection:
            connection.execute(statement, values)

    def rewrite(self, text: str) -> None:
        """Another ``peter.toml``, by a new file in its place as editors do."""
        new = self.toml.with_name("new.toml")
        new.write_text(text, "utf-8")
        new.chmod(0o600)
        new.replace(self.toml)

    def terminate(self, within_s: float = 60.0) -> int:
        """SIGTERM; the exit code."""
        if self.process.poll() is None:
            self.process.send_signal(signal.SIGTERM)
        try:
            code = self.process.wait(within_s)
        except subprocess.TimeoutExpired:
            # The abort makes it write where each of its threads stands.
            self.process.send_signal(signal.SIGABRT)
            self.process.wait(60)
            self.reader.join(60)
            raise AssertionError("it does not end:\n" + "\n".join(self.lines[-200:])) from None
        self.reader.join(60)
        return code


def account(email: str, **more: object) -> dict[str, object]:
    """What the provider knows of somebody."""
    return {**ADA, "sub": email, "email": email, "name": email.partition("@")[0].title(), **more}


def environment(**more: str) -> dict[str, str]:
    """Of a server: nothing of this process's own settings."""
    kept = {name: value for name, value in os.environ.items()
            if name in ("PATH", "HOME", "LANG", "TMPDIR")}  # fmt: skip
    return {**kept, "PYTHONPATH": str(ROOT), "PYTHONFAULTHANDLER": "1", **more}


def login_environment(provider: OpenIdProvider) -> dict[str, str]:
    """Settings of a server with a login."""
    return environment(
        SESSION_SECRET_KEY=KEY,
        GOOGLE_OAUTH_CLIENT_ID=CLIENT,
        GOOGLE_OAUTH_CLIENT_SECRET=SECRET,
        PETER_OPENID_ISSUER=provider.issuer,
        PETER_USER_REQUESTS_PER_MINUTE="100000",
        PETER_LOGIN_REQUESTS_PER_MINUTE="100000",
    )


def start(
    folder: Path,
    provider: OpenIdProvider | None,
    *options: str,
    toml: str | None = TOML,
    **more: str,
) -> House:
    """A server over a workspace in the folder, once it answers."""
    (folder / "workspace").mkdir(exist_ok=True, parents=True)
    if toml is not None:
        (folder / "peter.toml").write_text(toml, "utf-8")
        (folder / "peter.toml").chmod(0o600)
    known = login_environment(provider) if provider else environment()
    process = subprocess.Popen(
        [sys.executable, "-m", "peter_jupyter.cli", "serve", "--port", "0", "--folder",
         "workspace", *options],
        cwd=folder, env={**known, **more}, text=True,
        stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
    )  # fmt: skip
    house = House(process, "", folder, provider)
    try:
        house.url = _address(house, proxied="PETER_PUBLIC_URL" in more)
    except BaseException:
        process.kill()
        process.wait()
        raise
    if provider is not None:
        provider.redirect_uris.add(f"{house.url}{CALLBACK}")
    return house


def _address(house: House, *, proxied: bool) -> str:
    deadline = time.monotonic() + START_S
    while time.monotonic() < deadline and house.process.poll() is None:
        for line in house.lines:
            found = re.match(r"Peter serves (http://[^/]+)/", line)
            if found and not proxied:
                return found[1]
            behind = re.match(r"It listens at ([0-9.]+), port (\d+)", line)
            if behind:
                return f"http://{behind[1]}:{behind[2]}"
        time.sleep(0.05)
    raise AssertionError("the server did not start:\n" + "\n".join(house.lines))


def leave(browser: httpx.Client, next: str | None = None) -> str:
    """Begin a login; the provider's address the browser is sent to."""
    answer = browser.get(LOGIN, params={} if next is None else {"next": next})
    assert answer.status_code == 302, answer.text
    return answer.headers["Location"]


def approve(place: str) -> str:
    """What the provider sends the browser back with: the callback's query."""
    with httpx.Client(verify=False) as client:  # noqa: S501  # without certificates it is quick
        answer = client.get(place)
    assert answer.status_code == 302, answer.text
    return urlsplit(answer.headers["Location"]).query


def come_back(browser: httpx.Client, place: str) -> httpx.Response:
    """Log in at the provider and follow its redirect to the callback."""
    return browser.get(f"{CALLBACK}?{approve(place)}")


def callback(browser: httpx.Client, **arguments: object) -> httpx.Response:
    """Call the callback by hand."""
    return browser.get(f"{CALLBACK}?{urlencode(arguments, doseq=True)}")


def xsrf(browser: httpx.Client) -> dict[str, str]:
    """The header that a page of the server sends with a change."""
    if "_xsrf" not in browser.cookies:
        browser.get(ME)
    return {"X-XSRFToken": browser.cookies["_xsrf"]}
