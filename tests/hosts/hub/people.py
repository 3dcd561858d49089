"""People with a browser each, and the tokens they make at the hub."""

from __future__ import annotations

from typing import Any
from urllib.parse import quote

import httpx

from tests.servers.hub import Hub


class People:
    """The hub's users by their first names; each logs in once."""

    def __init__(self, hub: Hub) -> None:
        self._hub = hub
        self._browsers: dict[str, httpx.Client] = {}
        self._tokens: dict[str, str] = {}

    def browser(self, name: str) -> httpx.Client:
        """The browser somebody is logged in with, at the hub and at Peter."""
        if name not in self._browsers:
            browser, response = self._hub.log_in(f"{name}@example.com")
            assert response.status_code in (200, 403), response.text
            self._browsers[name] = browser
        return self._browsers[name]

    def token(self, name: str) -> str:
        """A token with all that somebody may do."""
        if name not in self._tokens:
            self._tokens[name] = self.make_token(name)["token"]
        return self._tokens[name]

    def make_token(self, name: str, **wanted: Any) -> dict[str, Any]:
        """A new token as the hub's own page makes it: ``expires_in`` seconds, ``scopes``."""
        response = self.at_hub(name, "POST", f"users/{who(name)}/tokens", wanted or {"note": "t"})
        assert response.status_code == 201, response.text
        made: dict[str, Any] = response.json()
        return made

    def at_hub(
        self, name: str, method: str, path: str, body: dict[str, Any] | None = None
    ) -> httpx.Response:
        """What the hub's own API answers to somebody's browser."""
        browser = self.browser(name)
        browser.get(f"{self._hub.url}/hub/home")
        xsrf = next(c.value for c in browser.cookies.jar if c.name == "_xsrf" and c.path == "/hub/")
        return browser.request(
            method,
            f"{self._hub.url}/hub/api/{path}",
            json=body,
            headers={"X-XSRFToken": xsrf or ""},
        )


def who(name: str) -> str:
    """A user's name in an address of the hub."""
    return quote(f"{name}@example.com")


def xsrf_of(browser: httpx.Client) -> dict[str, str]:
    """The header that Peter's own pages send."""
    found = [c.value for c in browser.cookies.jar
             if c.name == "_xsrf" and c.path == "/services/peter/"]  # fmt: skip
    return {"X-XSRFToken": str(found[-1])} if found else {}


def bearer(token: str) -> dict[str, str]:
    """The header that scripts send."""
    return {"Authorization": f"Bearer {token}"}
