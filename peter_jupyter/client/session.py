"""A browser's login, used by a script: its cookies, and the token that changes need with them."""

from __future__ import annotations

import re
import threading
from http.cookies import CookieError, SimpleCookie
from typing import TYPE_CHECKING
from urllib.parse import unquote

from peter_core.errors import Forbidden, InvalidRequest

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    import httpx

XSRF = "_xsrf"
_PAIR = re.compile(r"""[!#$%&'*+.^_`|~0-9A-Za-z-]+=("?)[!#-+\--:<-\[\]-~]*\1""")
"""A cookie as a browser sends it (RFC 6265 section 4.2.1)."""
_ID = re.compile(r"[A-Za-z0-9_-]{43}")
"""What `peter serve` leaves in its session's cookie."""


class Session:
    """The cookies of a login; safe from any thread.

    Parameters
    ----------
    text
        The Cookie header of a browser that is logged in, or the session's id alone where
        `peter serve` gave it.
    secure
        Whether the server is reached by TLS, which the cookie's name depends on.

    Raises
    ------
    InvalidRequest
        It is neither.
    """

    def __init__(self, text: str, *, secure: bool) -> None:
        self._cookies = _cookies(text.strip(), secure=secure)
        self._lock = threading.Lock()

    def headers(self) -> dict[str, str]:
        """What goes with a request that changes nothing."""
        return {"Cookie": "; ".join(f"{name}={value}" for name, value in self._cookies.items())}

    def change_headers(self, ask: Callable[[], httpx.Response]) -> dict[str, str]:
        """What goes with a request that changes something.

        Parameters
        ----------
        ask
            Asks the server for something by a GET; it gives the token that is missing.

        Raises
        ------
        Forbidden
            The server gave none.
        """
        with self._lock:
            if XSRF not in self._cookies:
                self._learn(ask())
            headers = self.headers()
        return headers | {"X-XSRFToken": unquote(self._cookies[XSRF].strip('"'))}

    def _learn(self, response: httpx.Response) -> None:
        for line in response.headers.get_list("Set-Cookie"):
            try:
                found: Mapping[str, object] = SimpleCookie(line)
            except CookieError:
                continue
            if XSRF in found:
                self._cookies = {**self._cookies, XSRF: SimpleCookie(line)[XSRF].coded_value}
                return
        raise Forbidden(
            "The server gave no XSRF token, which a change by a session needs.",
            hint="Copy the whole Cookie header of the browser, or use a token.",
        )


def _cookies(text: str, *, secure: bool) -> dict[str, str]:
    if _ID.fullmatch(text):
        return {"__Host-peter-session" if secure else "peter-session": text}
    pairs = [pair.strip() for pair in text.removeprefix("Cookie:").split(";") if pair.strip()]
    if not pairs or not all(_PAIR.fullmatch(pair) for pair in pairs):
        # What is no cookie may be a secret in the wrong place: it is not repeated.
        raise InvalidRequest(
            "The session is none.",
            hint="Write it as a browser's Cookie header: name=value; name=value.",
        )
    return dict(pair.split("=", 1) for pair in pairs)
